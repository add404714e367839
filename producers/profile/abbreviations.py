"""How practice software cuts English words short, and what it has besides those of the vocabulary.

Written down from what practice and hospital systems are seen to write, and guessed where it seemed likely. Lines as in
the vocabulary; what that has already means what it says there.
"""

WRITTEN = """
patient: ptn ptnt patnt inpatient outpatient animal pet
doctor: dctr phy phys md
provider: pvdr prvdr prvd dent dnt hyg clin clinicianid treating performer performing practit practitionerid ordering
provider: dietitian dietitians nutritionist podiatrist podiatrists chiropodist audiologist trainer trainers instructor
provider: instructors therapistid psychotherapist psychotherapists radiologist anesthetist anaesthetist pathologist
provider: pediatrician gynecologist orthodontist orthodontists
staff: employe clerk clerks empid usernm userid username loginid secretary administrator teammember agent agents
payer: insco inscompany insurancecompany insurername payor payors healthfund fund funds underwriter
insurance: cov insur insr insrnc benefit benefits
employer: empl emplr emplyr workplace
facility: facil sitename premises campus ward wards suite
organization: institution institutions institute corporation
company: cmpny
practice: prac surgery surgeries
hospital: hosp hospice
pharmacy: pharm chemist
vendor: laboratories manufacturer mfr
appointment: scheduler scheduling appoint apnt apmt apptmt slot slots diary diaries sitting
encounter: encntr consultn admission admissions
treatment: trt trtmt treatmnt txplan
procedure: px procs operation operations surgical
recall: rcl
task: tsk
note: nt nts cmt cmnt cmnts cmts remks memotext jotting progressnote
message: mesg mssg msgs inbox outbox telegram chat chats
activity: comm comms commlog contactlog logged
call: phonecall phonecalls telephoned
letter: ltr ltrs
document: dcmnt dcmt
image: img imgs pic pics
attachment: attach attachs attachmt
file: fle
condition: disorder disorders illness illnesses disease diseases
allergy: allrgy alg intolerance intolerances
medication: medicine medicines medicn pill pharmaceutical
immunization: immun imm immunisation immunisations vacc vaccination vaccinations
observation: obsv finding findings
result: rslt rslts
claim: clm clms
invoice: invc
payment: pymt pymts pmnt paymt pymnt remittance remittances remit
transaction: trx trxn txn txns ledger ledgers
authorization: authn preauth preauthorization approval approvals
referral: rfrl
estimate: quotation quotations
history: hist hx
charge: chrg chrgs
balance: blnc bals
amount: amnt amts
total: tot ttl
deductible: deduct ded
discount: disc
allowed: allow
group: grpno
policy: pol plcy policyno
number: sno srno slno nbr nmbr nbrs
code: cde
description: descrip descp dscr dsc descriptn descrptn
name: nme namn fullname
first: fst frst fore christian
vorname: forename forenames givenname christianname
nachname: familyname secondname
last: lst
middle: mid mname middlename mdl
maiden: mothersmaiden birthname
prefix: salut nameprefix
preferred: pref prefer knownas nick alias
birth: brth bth bir
dob: bdate bday birthdt dtbirth dobirth
death: dead dod
sex: gndr sx
marital: marstat married
race: ethnic ethn
language: langs
religion: relig denomination
phone: ph phn tele telno phno telnum phonenumber telephoneno telephonenumber phonenum
home: hme resid residential
mobile: mbl cel cellular cellno mobileno
fax: faxno facsimile
email: eml emailaddr emailaddress emailadr mailaddr
street: strt
address: addrs adrs addre addressline
city: cty suburb locality
zip: pcode pcde pstcd postcd postalcd zipcd eircode pincode
state: territory
county: cnty
country: cntry ctry
relation: rel rltn relat reln relationships
emergency: emer emrg
responsible: resp respons rp
guarantor: guar gtor grntr
spouse: husband wife
parent: guardian guardians
subscriber: subscr subs
contact: cntct
extension: extn
status: sts stts
category: catg catgry cats ctg
reason: rsn
priority: prty urgency urgent
day: dow
start: commences
created: crtd createddate createdate createdon createdat datecreated crdate credate createdt entrydate dateentered
created: recorded dateadded
updated: upd updt upded updateddate updatedate updatedon updatedat datemodified dateupdated moddate modifieddate
updated: write lastwrite writedate lstupd
updated: lastmodified lastupdated lastchange lastchanged lastmod chgdate changedate dateupd datemod chgd
entered: keyed
scheduled: sched schd sheduled
expiration: exp expdate expirydate
duration: durat len lengthmin
minute: mins
hour: hrs hr
quantity: qnty qtys
count: cnts
unit: uom
weight: wgt wt
height: hgt ht
flag: flg ind indicator
current: cur curr
add:
deleted: del deletd isdeleted
active: actv isactive
inactive: inactv
hidden: hide
department: dpt
specialty: speclty taxonomy specialism
credential: cred creds degree
license: lic licno
reference: refno
external: extid
identifier: idno
insuree: insuredparty
sin: nino nin nationalinsurance bsn ahv avs nir insee curp cpf dni nif cnp pesel personnummer codicefiscale
driver: dmv driverlic driverlicense drivlic
reviewer: reviewedby
operator: opr oper
chair: operatory operatories
room: rm rms
booked: bookd
refill: refills
repeat: repeats
origin: original orig
copy: copies
page: pages
doctor: gp gps gpid
id: guid uid
mother: moth mum mom
father: fath dad
nachname: sname
insurance: medicare medicaid
transaction: sale sales purchase purchases takings
entered: typed
identity: identities identification
room: rooms resource resources
designation: designations
note: soap soaps progress
money: subtotal
waitlist: waitinglist waiting
pressure: bp sbp dbp systolic diastolic
pulse: heartrate hr bpm
temperature: temp
age: ages
bmi:
day: days
week: wk weeks
dose: dosage
strength:
room: ward
discharge: discharged
marital: mrtl
death: dcsd
created: crt
termination: term terminated
effective: eff
subjective: subj
objective:
account: acct accounts
home: priv
imported: import imports
exported: export exports
tax: gst vat hst
provider: vet vets veterinarian veterinarians
percent: rate ratio
other:
updated: chg
created: insert
job: occ occup
city: village township
party: parties
color: colour colours colors farbe couleur colore
cancelled: cancel cancellation cancellations cancelreason
privacy:
journal: journals
referral: referred
outstanding: residual
net: untaxed
model: models
account: ac
name: nam
nachname: lnam
vorname: fnam
middle: mnam
time: tim
encounter: vis
ssn: ssno
chart: chrt
phone: phon
initial: init
next: nxt
emergency: nok kin nextofkin
skin:
referred: refby referredby
response: responses
reaction: reactions
severity:
substance: substances
allergen: allergens
route:
frequency: freq
surface: surf
quadrant: quad
specimen: specimens
species:
breed:
pronoun: pronouns
interpreter:
cents: cent pence
remaining: remain left
approved: authorised authorized
used:
abnormal:
range:
uploaded: scanned
prescribed:
collected:
reported:
administered:
registration:
folder:
lot:
portion: share
health:
concept:
numeric:
coded:
credit: credits debit
allocation: allocations allocated
episode: episodes
master: mast
lead: enquiry enquiries inquiry inquiries prospect prospects
spent: spend
score: points
charge: surcharge surcharges
requires: require needs
recipient: recipients
voucher: vouchers
course: courses
witness: witnesses
storage:
"""
