"""The vocabulary of practice software: an English word, and what else says the same in tables and columns.

Of dental, medical, behavioral, physiotherapy and chiropractic practices, in English, German, French and Spanish. The
first line that has a word counts.
"""

WRITTEN = """
patient: pat patients patienten paciente pacientes pts pt member members client clients versicherte kunde guest
patient: guests resident residents participant participants consumer consumers customer customers enrollee enrollees
patient: demographic demographics klient klienten
person: persons people personen individual individuals
doctor: doctors arzt aerzte dr medecin physician physicians behandler zahnarzt doctores medecins medico medicos
doctor: aerztin
provider: providers prov prv leistungserbringer practitioner practitioners clinician clinicians prescriber therapist
provider: specialist specialists coach coaches counsellor counsellors counselors injector technician technicians
provider: praticien praticiens praticienne therapeut therapeuten psychologists osteopath osteopaths physiotherapist
provider: physiotherapists acupuncturist optician opticians dermatologist midwife midwives psychiatrist psychiatrists
provider: rendering attending pcp hygieniker soignant surgeons chiropractors optometrists caregiver caregivers
provider: consultant consultants
provider: therapists hygienist hygienists nurse nurses counselor psychologist surgeon optometrist chiropractor
provider: dentist dentists
staff: employee employees user users usr mitarbeiter personal benutzer coordinator coordinators login worker workers
staff: personnel receptionist receptionists assignee assistant assistants operator
organization: organizations organisation organisations org orgs
practice: practices praxis praxen
clinic: clinics klinik
facility: facilities einrichtung site location locations loc standort office offices branch branches centre centres
facility: center centers sucursal
company: companies firma firmen businesses
employer: employers arbeitgeber
payer: payers insurer insurers carrier carriers krankenkasse kasse kassen kostentraeger kk assurance mutuelle
payer: mutuelles aseguradora aseguradoras assureur versicherer
insurance: ins insurances versicherung coverage coverages
appointment: event events calendar appointments appt appts apt termin termine cita rendez kalender
appointment: citas rendezvous rdv booking bookings
encounter: encounters enc visit visits besuch konsultation session sessions consult consults consultation
encounter: consultations sitzung sitzungen attendance attendances
recall: recalls
reminder: reminders erinnerung
task: tasks aufgabe aufgaben todo todos tickler ticklers followup followups
item: items position positionen
action: actions
note: notes notiz notizen bemerkung bemerkungen memo memos remark remarks comment comments anmerkung kommentar nota
note: observaciones remarque remarques commentaire commentaires comentario comentarios notas annotation annotations
note: annot
message: messages msg nachricht nachrichten mensaje mensajes sms texting conversation conversations
letter: letters brief briefe correspondence
document: doc documents docs dokument dokumente documento documentos formulaire
file: files datei dateien
attachment: attachments anhang anlage
image: images bild bilder scan scans picture photo imaging photos photograph xray xrays radiograph radiographs
activity: activities activ aktivitaet communication communications kontakt interaction interactions
call: calls anruf
email: mail emails mails courriel correo
phone: tel telefon telephone phones fon fone telefono rufnummer telefonos landline
mobile: mob handy cell wireless mobil celular portable movil cellphone portables
fax: telefax
home: privat hm private
work: wk wrk business dienst
case: cases fall faelle
opportunity: opportunities deal deals
lead: leads
estimate: estimates est estimated kostenvoranschlag quote quotes
claim: claims
invoice: invoices rechnung rechnungen bill bills inv facture factures factura facturas statement statements
billing: abrechnung
payment: payments zahlung zahlungen pago pagos paiement paiements reglement receipt receipts
transaction: transactions trans buchung
line: lines zeile zeilen
plan: plans
treatment: treatments behandlung behandlungen tx therapie treat tratamiento tratamientos traitement traitements soin
treatment: soins
care: pflege
procedure: procedures proc prozedur leistung leistungen eingriff acte actes acto
diagnosis: diagnoses diag diagnose diagnosen dx
condition: conditions problem problems befund
allergy: allergies allergie
medication: medications med meds medikament medikamente drug drugs rx prescription prescriptions rezept medicament
medication: medicaments medicamento medicamentos ordonnance ordonnances receta recetas
immunization: immunizations vaccine vaccines impfung impfungen
observation: observations obs
lab: labs labor laboratory
result: results res ergebnis ergebnisse outcome
test: tests
device: devices geraet
supply: supplies
study: studies
assessment: assessments
authorization: authorizations auth authorisation genehmigung
referral: referrals ref ueberweisung zuweisung referring referrer refer
property: properties eigenschaft attribute attributes custom
contact: contacts
emergency: notfall emerg
relation: relationship verhaeltnis
guarantor: garant zahlungspflichtiger
responsible: verantwortlich
parent: eltern uebergeordnet super
supervising: supervisor
subscriber: policyholder
insured:
owner: besitzer inhaber
handler: bearbeiter
creator:
author: autor verfasser writer
entered: erfasst
booked: gebucht
workflow: workflows wf automation automations
pathway: pathways
rule: rules regel regeln
definition: definitions def
connection: connections
integration: integrations
history: verlauf
group: groups gruppe grp
id: ids kennung ident
number: num nr no nummer numero numb numeros
code: cd codes schluessel kode cod codigo
key: keys
reference: refs
external: extern ext
name: nm names nom nombre bezeichnung bez libelle intitule denominacion
first: vor
given: prenom
vorname: firstname fname
middle: mittel mi
last:
family:
nachname: lastname lname surname zuname familienname apellido apellidos surnames
maiden: geburtsname
preferred: rufname nickname
prefix: anrede honorific salutation salutations
title: titel subject betreff subj heading head caption
suffix: namenszusatz
birth: geburt geburts birthday naissance nacimiento born
dob: birthdate gebdat gebdatum geburtsdatum geburtstag dateofbirth
death: tod deceased
place: ort
birthplace: geburtsort
sex: gender geschlecht sexe sexo sexes
race:
ethnicity:
marital: familienstand civil
status: stat state_of zustand stand statut estatus
state: bundesland region province kanton estado
street: strasse str addr1 rue calle line1
address: addr adr adresse adresses direccion domicilio
city: town stadt wohnort ville ciudad municipio commune
zip: plz postcode postal postleitzahl zipcode postkode
county: landkreis
country: land pays pais
prefix: civilite
language: sprache lang
latitude: lat
longitude: lon lng
ssn: ss sozialversicherungsnummer svnr
social:
security:
passport: reisepass
driver: drivers fuehrerschein
license: licence licences lizenz licensing licensed
password: passwort pwd kennwort
npi:
national:
specialty: speciality specialties specialization specialisation spec specs fachgebiet fachrichtung fach specialite
specialty: especialidad discipline
credential: credentials
role: rolle rol funktion
job: beruf occupation profession ocupacion
kind: art
type: typ types
class:
category: kategorie cat
tier:
level: stufe
direction: dir richtung
sent:
received:
mode: modus
method: methode
reason: grund anlass motif motivo complaint purpose
description: desc descr descript beschreibung
detail: details
text: txt
body: inhalt content
html:
rtf:
summary: zusammenfassung
narrative:
value: val wert
unit: units einheit
quantity: qty menge anzahl
count: cnt
score:
risk: risiko
priority: prioritaet prio
date: datum dat fecha jour dt dte
time: tm zeit uhrzeit ts heure hora
datetime:
stamp: tstamp timestamp datestamp datetimestamp timestmp
day: tag
week: wks
household: households
depth: tiefe profondeur
year: jahr yrs
month: monat months mos mths
at:
on: am
from: von
to: bis
due: faellig faelligkeit
start: starts begin begins beginn debut inicio comienzo starting started began begun commence
stop: stops end ends ended ende fin ending finish finished
scheduled: geplant schedule
expiration: expires expiry expire ablauf
service: svc serv leistungsdatum
filed: eingereicht
billed: abgerechnet
paid: bezahlt pay pmt
outstanding: offen open
balance: saldo bal
amount: betrag amt summe montant importe sum
total: gesamt gesamtbetrag
cost: costs kosten
fee: fees gebuehr honorar honoraires
price: preis precio prix tarif tarifa
charge: charges
revenue: umsatz
expense: expenses
currency: waehrung
adjustment: adjustments
transfer: transfers
discount: rabatt
tax: steuer
duration: dur dauer length duree duracion
minute: minutes min minuten
hour: hours std stunden
size: groesse
byte: bytes
path: pfad
url: uri link links website web homepage
viewer:
blob:
hash: sha md5
mime: mimetype
created: erstellt angelegt angelegt_am creation made create creacion added inserted
registered: registriert register aufgenommen aufnahme opened enrolled
written: geschrieben
occurred: happened
uploaded: upload up hochgeladen stored
updated: update geaendert aenderung aend modified mod changed change modification lastupdate touched revised amended
updated: mtime actualizado
edited:
deleted: geloescht voided void retired trashed removed purged obsolete
archived: archiviert
active: aktiv enabled
inactive: inaktiv disabled
hidden: versteckt
merged: merge merges merging
is: ist
has: hat
new: neu
flag: kz kennzeichen yn
consent: einwilligung einverstaendnis zustimmung
policy: police poliza
member_id: memberid versichertennummer
mrn: medicalrecordnumber
chart: karte akte
record: rec datensatz
master: stamm stammdaten mstr
data: daten
table: tbl tab
log: protokoll
list: liste
entry: eintrag
info: information
network: netz
affiliation:
current:
primary: haupt prim pri
secondary: zweit sec
medical: medizinisch clinical klinisch
modifier: modifiers
department: abteilung dept
visibility:
of:
tooth: zahn
hospital: hospitals hopital
pharmacy: pharmacies apotheke apotheken pharmacie farmacia
vendor: vendors supplier suppliers lieferant lieferanten fournisseur
school: schools schule
agency: agencies
funder: funders sponsor sponsors
membership: memberships
package: packages
subscription: subscriptions abo
product: products produkt produkte
order: orders
vital: vitals
alert: alerts
form: forms formular formulare
questionnaire: questionnaires survey surveys fragebogen
goal: goals
measurement: measurements measure measures messung
exam: exams examination examinations evaluation evaluations screening screenings
deposit: deposits anzahlung
refund: refunds erstattung
copay: copays copayment copayments coinsurance zuzahlung
deductible: deductibles
premium: premiums
allowed:
owed: owing payable receivable
net: netto
gross: brutto
weight: gewicht poids peso
height: groesse_cm taille talla
percent: pct percentage prozent
stage: stages phase
template: templates vorlage vorlagen
setting: settings preference preferences configuration config einstellungen
audit: audits
migration: migrations
permission: permissions
token: tokens
version: versions
revision: rev revisions
sequence: seq
sort: sortierung
sync: synced
checksum:
tenant:
legacy: alt
billable:
mailing:
arrival: arrived
verified:
assigned: zugewiesen
signed: unterschrieben
completed: erledigt
cancelled: canceled storniert annule
confirmed: bestaetigt
extension: ext_no
area:
source: quelle
interest: interests
timezone: zeitzone
"""
