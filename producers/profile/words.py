"""The words in the names of tables and columns: split, completed, in English.

Practice software names things in several languages and mostly cut short: ``nm_first``, ``GebDat``, ``hmphone``,
``AptDateTime``. Every name becomes a tuple of words of one vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_WRITTEN = """
patient: pat patients patienten paciente pacientes pts pt member members client clients versicherte kunde
person: persons people personen individual individuals
doctor: doctors arzt aerzte dr medecin physician physicians behandler zahnarzt
provider: providers prov prv leistungserbringer practitioner practitioners clinician clinicians prescriber therapist
provider: therapists hygienist hygienists nurse nurses counselor psychologist surgeon optometrist chiropractor
provider: dentist dentists
staff: employee employees user users usr mitarbeiter personal benutzer coordinator coordinators login
organization: organizations organisation organisations org orgs
practice: practices praxis praxen
clinic: clinics klinik
facility: facilities einrichtung site location locations loc standort
company: companies firma firmen
employer: employers arbeitgeber
payer: payers insurer insurers carrier carriers krankenkasse kasse kassen kostentraeger kk assurance
insurance: ins insurances versicherung insured coverage coverages
appointment: event events calendar appointments appt appts apt termin termine cita
appointment: citas rendezvous rdv booking bookings
encounter: encounters enc visit visits besuch konsultation
recall: recalls
reminder: reminders erinnerung
task: tasks aufgabe aufgaben todo todos
item: items position positionen
action: actions
note: notes notiz notizen bemerkung bemerkungen memo memos remark remarks comment comments anmerkung kommentar nota
message: messages msg nachricht nachrichten
letter: letters brief briefe
document: doc documents docs dokument dokumente
file: files datei dateien
attachment: attachments anhang anlage
image: images bild bilder scan scans picture photo imaging
activity: activities activ aktivitaet communication communications kontakt interaction interactions
call: calls anruf
email: mail emails mails courriel correo
phone: tel telefon telephone phones fon fone telefono rufnummer
mobile: mob handy cell wireless mobil celular portable
fax: telefax
home: privat hm private
work: wk wrk business dienst
case: cases fall faelle
opportunity: opportunities deal deals
lead: leads
estimate: estimates est estimated kostenvoranschlag quote quotes
claim: claims
invoice: invoices rechnung rechnungen bill bills inv
billing: abrechnung
payment: payments zahlung zahlungen
transaction: transactions trans buchung
line: lines zeile zeilen
plan: plans
treatment: treatments behandlung behandlungen tx therapie treat
care: pflege
procedure: procedures proc prozedur leistung leistungen eingriff
diagnosis: diagnoses diag diagnose diagnosen dx
condition: conditions problem problems befund
allergy: allergies allergie
medication: medications med meds medikament medikamente drug drugs rx prescription prescriptions rezept
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
owner: besitzer inhaber
handler: bearbeiter
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
number: num nr no nummer numero numb
code: cd codes schluessel kode cod
key: keys
reference: refs
external: extern ext
name: nm names nom nombre bezeichnung bez
first: vor
given: prenom
vorname: firstname fname
middle: mittel
last:
family:
nachname: lastname lname surname zuname familienname apellido
maiden: geburtsname
preferred: rufname nickname
prefix: anrede honorific salutation
title: titel subject betreff subj heading head caption
suffix: namenszusatz
birth: geburt geburts birthday naissance
dob: birthdate gebdat gebdatum geburtsdatum geburtstag dateofbirth
death: tod deceased
place: ort
birthplace: geburtsort
sex: gender geschlecht sexe sexo
race:
ethnicity:
marital: familienstand
status: stat state_of zustand stand
state: bundesland region province kanton
street: strasse str addr1 rue calle line1
address: addr adr adresse adresses direccion
city: town stadt wohnort ville ciudad
zip: plz postcode postal postleitzahl zipcode
county: landkreis
country: land pays pais
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
specialty: speciality specialties specialization specialisation spec specs fachgebiet fachrichtung fach
credential: credentials
role: rolle
job: beruf occupation profession
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
reason: grund anlass
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
date: datum dat fecha
time: zeit uhrzeit ts timestamp
datetime:
stamp: tstamp
day: tag
year: jahr
month: monat months
at:
on: am
from: von
to: bis
due: faellig faelligkeit
start: starts begin begins beginn
stop: stops end ends ended ende
scheduled: geplant schedule
expiration: expires expiry expire ablauf
service: svc serv leistungsdatum
filed: eingereicht
billed: abgerechnet
paid: bezahlt pay pmt
outstanding: offen open
balance: saldo bal
amount: betrag amt summe
total: gesamt gesamtbetrag
cost: costs kosten
fee: fees gebuehr honorar
price: preis
charge: charges
revenue: umsatz
expense: expenses
currency: waehrung
adjustment: adjustments
transfer: transfers
discount: rabatt
tax: steuer
duration: dur dauer length
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
created: erstellt angelegt angelegt_am creation made
registered: registriert register aufgenommen aufnahme opened enrolled
written: geschrieben
occurred: happened
uploaded: upload up hochgeladen stored
updated: update geaendert aenderung aend modified mod changed change modification lastupdate
edited:
deleted: geloescht
archived: archiviert
active: aktiv enabled
inactive: inaktiv disabled
hidden: versteckt
merged:
is: ist
has: hat
new: neu
flag: kz kennzeichen yn
consent: einwilligung einverstaendnis zustimmung
policy: police
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
"""

_SINGLE = {"f": ("first",), "l": ("last",), "m": ("middle",), "i": ("initial",)}
_EXPANDED: Mapping[str, tuple[str, ...]] = {
    "dob": ("birth", "date"),
    "vorname": ("first", "name"),
    "nachname": ("last", "name"),
    "mrn": ("medical", "record", "number"),
    "npi": ("npi",),
    "birthplace": ("birth", "place"),
    "datetime": ("date", "time"),
}


def _vocabulary() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _WRITTEN.strip().splitlines():
        word, _, others = line.partition(":")
        meaning = _EXPANDED.get(word, (word,))
        for written in (word, *others.split()):
            found.setdefault(written, meaning)
    for written, meaning in _EXPANDED.items():
        found[written] = meaning
    return found


_VOCABULARY = _vocabulary()
_LONGEST = max(map(len, _VOCABULARY))
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ñ": "n"})


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """``LastBilledDate1`` -> ``last, billed, date, 1``. What the vocabulary does not have stays as it is written."""
    plain = re.sub(r"[^A-Za-z0-9]+", " ", name.translate(_UMLAUTS))
    # HTMLText, PatNum, dateTP, line2; a lone capital such as the A in AFrom stays with what follows
    pieces = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+", plain)
    found: list[str] = []
    for piece in pieces:
        for word in _segments(piece.lower()):
            if word == "name" and found and found[-1] in _SINGLE:
                found[-1:] = _SINGLE[found[-1]]
            found.append(word)
    return tuple(found)


def _segments(piece: str) -> tuple[str, ...]:
    known = _VOCABULARY.get(piece) or _spelled(piece)
    if known is not None:
        return known
    # a word that nobody knows before several that are known, or the rest of one behind it
    for cut in range(3, len(piece) - 5):
        rest = _spelled(piece[cut:])
        if rest is not None and len(rest) > 1:
            return (piece[:cut], *rest)
    if len(piece) > 4 and piece[1:] in _VOCABULARY:
        return (piece[0], *_VOCABULARY[piece[1:]])
    for cut in range(len(piece) - 1, max(3, len(piece) - 4), -1):
        begin = _VOCABULARY.get(piece[:cut]) or _spelled(piece[:cut])
        if begin is not None:
            return (*begin, piece[cut:])
    return (piece,)


def _spelled(piece: str) -> tuple[str, ...] | None:
    """The words of which it consists, if it does."""
    # the fewest words that together spell it, each of three letters or more
    best: list[tuple[int, tuple[str, ...]] | None] = [(0, ())] + [None] * len(piece)
    for end in range(1, len(piece) + 1):
        for start in range(max(0, end - _LONGEST), end):
            before = best[start]
            part = piece[start:end]
            meaning = _VOCABULARY.get(part)
            if meaning is None and start == 0 and part in _SINGLE and piece[end:] in ("name", "nm"):
                meaning = _SINGLE[part]
            if before is None or meaning is None or (len(part) < 3 and part not in _ENDINGS and part not in _SINGLE):
                continue
            weight = before[0] + 1
            now = best[end]
            if now is None or weight < now[0]:
                best[end] = weight, (*before[1], *meaning)
    whole = best[-1]
    return whole[1] if whole is not None else None


_ENDINGS = frozenset({"id", "no", "nr", "cd", "hm", "wk", "to", "of", "at", "on", "is"})


def singular(word: str) -> str:
    """Good enough for names of tables that the vocabulary does not have."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
