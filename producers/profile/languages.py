"""The vocabulary of practice software in Dutch, Italian, Portuguese and the Scandinavian languages, and more of German,
French and Spanish. Lines as in the vocabulary; what that has already means what it says there.
"""

WRITTEN = """
patient: patiente patientes patientin patientinnen kund kunden klant klanten paziente pazienti cliente clienti clientes
patient: doente doentes utente utentes assistito pasient pasienter patienter potilas usager usagers beneficiaire
person: persoon personne personnes persona personas pessoa pessoas
doctor: artsen medici medica dottore dottori lege laege laekare zahnaerzte docteur docteurs doctora
provider: behandelaar behandelaars zorgverlener zorgverleners therapeute therapeutes intervenant intervenants
provider: profesional profesionales professionista profissional profissionais terapista terapeuta terapeutas tandarts
provider: dentista dentistas odontologo odontologos fisioterapeuta behandlare fisioterapista kine kines psychologue
provider: psychologues psicologo hebamme logopaede fysiotherapeut infirmier infirmiere enfermero enfermera
staff: medewerker medewerkers gebruiker gebruikers utilisateur utilisateurs usuario usuarios utilizador empleado
staff: empleados dipendente dipendenti funcionario funcionarios ansatt anvaendare anwender
practice: praktijk praktijken cabinet cabinets studio consultorio consultorios gabinete
facility: lokatie locatie vestiging vestigingen sede sedi sedes filiale filialen lieu lieux
company: bedrijf bedrijven entreprise entreprises empresa empresas azienda aziende societe foretag
employer: werkgever employeur empleador datore empregador arbeitgebername
payer: verzekeraar verzekeraars assicurazione seguradora seguro seguros krankenversicherung versicherungen caisse
payer: caisses assicuratore aseguradoraid convenio convenios versicherungstraeger
insurance: verzekering assurances forsikring
appointment: afspraak afspraken appuntamento appuntamenti agendamento agendamentos marcacao avtale avtaler bokning
appointment: agenda rendezvouz terminkalender turno turnos
encounter: consulto consulta consultas visita visite visitas bezoek konsultationen seance seances sesion sesiones seduta
encounter: sedute passage
recall: rappel rappels erinnerungstermin richiamo oproep
task: taak taken tache taches tarea tareas compito uppgift oppgave
note: aantekening aantekeningen opmerking opmerkingen appunto appunti anotacao anotacoes observacoes notat osservazioni
note: observacion observ anmerkungen bemerk vermerk vermerke notiztext
message: bericht berichten messaggio messaggi mensagem mensagens meddelande
letter: lettre lettres carta cartas lettera lettere arztbrief arztbriefe brev
document: documenten documenti dokumenter schriftstueck
file: bestand bestanden fichier fichiers archivo archivos ficheiro arquivo fil
image: afbeelding beeld imagen imagenes immagine immagini roentgen radiographie radiographies
call: appel appels llamada llamadas chiamata telefonat
phone: telefoon telefoonnummer telefoonnr tlf tfno telef telefonnummer telefonnr numtel puhelin
mobile: mobiel mobieltelefon handynr handynummer mobiltelefon gsm cellulare telemovel mobilnr telmobile telportable
home: thuis domicile casa prive
work: werk zakelijk travail trabajo lavoro trabalho dienstlich geschaeftlich beruflich
email: emailadres epost emailadresse mailadresse adressemail
fax: telefaxnr faxnummer
plan: behandlungsplan behandlungsplaene plano
treatment: behandeling behandelingen cura cure trattamento trattamenti tratamento tratamentos behandlungsart
procedure: verrichting verrichtingen prestation prestations prestacion prestaciones prestazione prestazioni procedimento
procedure: procedimientos procedimiento ziffer ziffern intervention interventions
diagnosis: diagnostic diagnostico diagnosticos diagnosi diagnosetext
condition: probleem aandoening antecedent antecedents patologia pathologie pathologies
allergy: allergieen alergia alergias allergia allergien unvertraeglichkeit
medication: medicijn medicijnen geneesmiddel farmaco farmaci medicina medicinas remedio verordnung verordnungen recepten
immunization: vaccinatie vacuna vacunas vaccino vaccini vacina vacinas
result: uitslag uitslagen resultado resultados risultato risultati resultat resultats
invoice: rekening rekeningen fattura fatture fatura faturas factuur facturen faktura honorarnote
payment: betaling betalingen pagamento pagamenti pagamentos betalning cobro cobros encaissement encaissements versement
transaction: boeking buchungen mouvement movimiento movimientos ecriture
estimate: offerte devis presupuesto presupuestos preventivo preventivi orcamento heilkostenplan
claim: declaratie declaraties
referral: verwijzing verwijzer verwijzingen derivacion zuweiser ueberweiser
history: geschiedenis historial anamnese anamnesi storico
contact: contacto contactos contatto contatti contactpersoon kontaktperson ansprechpartner
emergency: nood urgence urgencia urgenza emergenza emergencia
relation: relatie parentesco parentela lien relazione
insured: verzekerde assure asegurado
guarantor: versicherter hauptversicherter
owner: eigenaar proprietaire propietario
number: numer nro lfdnr
code: codice codici sleutel schluesselnr
key: cle clave chiave
name: nome naam nominativo nomi denominazione raison denominazioni navn namn
vorname: voornaam voornamen voorn prenoms nombres primeiro fornavn foernamn etunimi rufn vornamen
nachname: achternaam achtern nomfamille cognome cognomi sobrenome apelido apelidos primerapellido efternamn etternavn
nachname: efternavn familiennamen nachn sukunimi
middle: tussenvoegsel tussenv
maiden: meisjesnaam jeunefille
prefix: aanhef titolo anredecode briefanrede
title: titre titulo asunto betreffzeile onderwerp oggetto assunto overskrift ueberschrift
birth: geboorte geb nascita naissan fodsel foedelse naiss nac nasc
dob: geboortedatum datenaissance datenaiss datanascita fechanacimiento fechanac fecnac datanascimento datanasc ddn
dob: fodselsdato foedselsdato foedelsedag gebd geburtsdat gbdatum naissancedate dtnaiss
death: overlijden overleden deces decede sterbe sterbedatum verstorben fallecimiento fallecido decesso obito
sex: geslacht sesso kjonn koen koe kon
marital: civilstand statocivile estadocivil burgerlijke
nationality: nationaliteit nationalitaet nationalite nacionalidad nazionalita
religion: konfession
language: taal langue idioma lingua spraak sprak
job: beroep professione profesion profissao metier yrke
status: stato toestand situacao etat
state: provincia provincie bundeslaender
street: straat straatnaam via endereco gata rua adresszeile voie strassehausnr
address: indirizzo indirizzi adres adressen adr1 anschrift
city: plaats woonplaats citta localita localidad localite poblacion cidade ortschaft stad gemeente gemeinde comune
zip: postnummer postnr cap codepostal codigopostal codpostal cpostal codpost cep plzort postleit
country: landen paese nazione landcode
date: fec datums dato paivays
time: tijd ora ore klokkeslett
start: aanvang inizio anfang ab
stop: einde eind fim slutt eindig
created: aangemaakt creato criado creado criacao alta angelegtam erfassungsdatum erstelltam erstelldatum anlagedatum
created: anlagedat cree ajout inserimento oprettet skapad
updated: gewijzigd modificato modifica modificado alterado alteracao modificacion maj aenderungsdatum geaendertam
updated: aktualisiert letzteaenderung mutatie mutatiedatum bijgewerkt oppdatert endret
deleted: verwijderd supprime eliminado excluido
active: actief actif activo attivo ativo
duration: durata duracao tijdsduur
minute: minuti minutos minuut
description: omschrijving descrizione descricao descripcion bezeichng beskrivelse beschrijving
text: tekst texte testo texto freitext
reason: reden motivazione raisons besuchsgrund
category: categorie categories categorias categoria
kind: soort tipo tipi tipos genre terminart artikelart
amount: bedrag importo montante belop
price: prijs prezzo preco einzelpreis
total: totaal totale totalbetrag
paid: betaald pagato pagado paye
balance: solde
quantity: aantal quantita quantite cantidad quantidade anz stk
discount: korting remise descuento sconto
tax: btw tva iva mwst ust moms
unit: eenheid unidad unita unite
height: lengte altura altezza koerpergroesse
specialty: specialisme specialita especialid fachgruppe
department: afdeling servicio reparto
value: waarde valore valeur valor
ssn: nss numsecu numss nsecu secu versichertennr rentenversicherung
sin: burgerservicenummer ahvnr ahvnummer cpr codfiscale codicefisc niss rijksregister
zip: cp
policy: polis
paid: betaal regle
duration: duur
note: notitie notities
body: contenu contenido contenuto conteudo inhoud
updated: modif
room: salle sala zimmer raum kamer
doctor: huisarts hausarzt traitant generaliste
medication: ordo
finished: geweest
recall: wiedervorstellung
amount: ttc ht
paid: pagada pagado
treatment: tratamiento
patient: pac patientnummer patientennr patientnr
provider: colaborador colaboradores
doctor: fastlege
nachname: nomusage nomnaissance nomusuel
birth: nacim nacto
street: direcc gatuadress domic
house: huis haus
city: poststed postort
state: provin
initial: voorletters
preferred: roepnaam
registered: inschrijfdatum inschrijving inscripcion iscrizione innskrevet
first: erster erste premier premiere primera primero eerste
last: letzter letzte letztes derniere dernier ultima ultimo ult laatste siste senaste
next: naechster naechste prochain prochaine proxima proximo volgende neste naesta
created: opprettet
updated: andrad
deleted: slettet vervallen borttagen
cancelled: anulado anulada annullato afgezegd afgesagt abgesagt avlyst avbokad
note: merknad anteckning
paid: betalt bezahltam
tooth: pieza
surface: flaeche flaechen vlak
room: sprechzimmer behandlungszimmer gabinetes stuhl
reminder: mahnung mahnungen
dunning: mahnstufe
factor: faktor steigerungsfaktor
time: tid klokken
treatment: tto ttos ttosmed
insured: versichert payant
measurement: meting metingen
attachment: bijlage bijlagen vedlegg bilagor
letter: brieven
payer: zorgverzekeraar zorgverzekeraars
treatment: behandling behandlinger behandlingar
note: notater journalnotat journalnotater journaal dossier dossiers
invoice: fakturaer fakturor regning regninger
payment: innbetaling innbetalinger betalinger zahlungseingang zahlungseingaenge
referral: henvisning henvisninger remiss remisser correspondant correspondants
waitlist: warteliste wachtlijst venteliste
chart: kartei karteikarte
history: historia historias
condition: befunde
"""
