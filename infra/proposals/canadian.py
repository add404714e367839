"""A made-up Canadian family practice in somebody else's schema: cut words, flags as letters, zero for nobody.

Table and column names are those of the public schema of a well-known open-source records system; rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from infra.proposals import canadian_chart
from infra.proposals.canadian_chart import doctor
from infra.proposals.scribe import LAST, Row, Scribe, written

_TOWNS = (("Hamilton", "L8P 4S6"), ("Dundas", "L9H 1V1"), ("Burlington", "L7R 3Y4"), ("Grimsby", "L3M 4E8"))
_SPECIALTIES = ("Cardiology", "Dermatology", "Orthopaedics", "Physiotherapy", "Psychiatry", "Urology", "ENT")
_BILLED = (("A007A", "Intermediate assessment"), ("A003A", "General assessment"), ("G590A", "Influenza injection"))
_DOCTORS = ("Adeyemi,Tola", "Brandt,Uwe", "Chowdhury,Mina", "Desjardins,Luc")
KEYS = {
    "demographic": "demographic_no",
    "provider": "provider_no",
    "clinic": "clinic_no",
    "professionalSpecialists": "specId",
    "appointment": "appointment_no",
    "billing": "billing_no",
    "billingdetail": "billing_dt_no",
    "tickler": "tickler_no",
    "casemgmt_note": "note_id",
    "security": "security_no",
    "drugs": "drugid",
    "allergies": "allergyid",
    "consultationServices": "serviceId",
    "consultationRequests": "requestId",
    "document": "document_no",
    "demographicExt": "id",
    "relationships": "id",
}
"""Primary keys; ctl_document, whose key is three columns, is read as if it had none. No references are declared."""


def tables(patients: int = 150, seed: int = 53) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **canadian_chart.MADE}, patients, seed)


def _tel(scribe: Scribe) -> str:
    return f"{scribe.choice([905, 289])}-{scribe.randint(200, 999)}-{scribe.randint(0, 9999):04}"


def _demographic(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), born, joined = scribe.name(), scribe.birth(), scribe.past(5000).date()
        town, postal = scribe.choice(_TOWNS)
        rostered = scribe.choice(["RO", "RO", "RO", "NR", "TE", ""])
        left = joined + timedelta(days=400) if rostered == "TE" else None
        yield {
            "demographic_no": number,
            "title": scribe.choice(["MR", "MRS", "MS", "", ""]),
            "last_name": last.upper(),
            "first_name": first.upper(),
            "address": scribe.street(),
            "city": scribe.choice([town, town, town.upper()]),
            "province": "ON",
            "postal": scribe.choice([postal, postal.replace(" ", "")]),
            "phone": scribe.some(0.9, _tel(scribe)),
            "phone2": scribe.some(0.35, _tel(scribe)),
            "email": scribe.email(first, last, number),
            "myOscarUserName": scribe.some(0.1, f"{first.lower()}{number}", None),
            "year_of_birth": f"{born:%Y}",
            "month_of_birth": f"{born:%m}",
            "date_of_birth": f"{born:%d}",
            "hin": scribe.some(0.93, scribe.digits(10)),
            "ver": scribe.some(0.8, scribe.choice(["AB", "CK", "MT", "XW", "ZP"])),
            "roster_status": rostered,
            "roster_date": joined if rostered == "RO" else None,
            "roster_termination_date": left,
            "roster_termination_reason": None,
            "patient_status": scribe.choice(["AC", "AC", "AC", "AC", "IN", "DE", "MO"]),
            "patient_status_date": scribe.some(0.6, scribe.past().date(), None),
            "date_joined": joined,
            "chart_no": scribe.some(0.7, scribe.digits(5)),
            "official_lang": scribe.choice(["English", "English", "French"]),
            "spoken_lang": scribe.some(0.2, scribe.choice(["Punjabi", "Italian", "Polish"])),
            "provider_no": scribe.some(0.95, doctor(scribe)),
            "sex": scribe.choice("MF"),
            "end_date": left,
            "eff_date": scribe.some(0.5, joined, None),
            "pcn_indicator": "",
            "hc_type": scribe.choice(["ON", "ON", "ON", "ON", "QC", "BC"]),
            "hc_renew_date": scribe.some(0.3, (LAST + timedelta(days=scribe.randrange(-400, 900))).date(), None),
            "family_doctor": f"<rdohip>{scribe.digits(6)}</rdohip><rd>{scribe.choice(_DOCTORS)}</rd>",
            "alias": scribe.some(0.08, first[:3]),
            "previousAddress": None,
            "children": None,
            "sourceOfIncome": None,
            "citizenship": scribe.some(0.06, scribe.choice(["Canadian", "Landed immigrant"])),
            "sin": scribe.some(0.25, scribe.digits(9)),
            "country_of_origin": scribe.some(0.04, scribe.choice(["CA", "IN", "IT"]), "-1"),
            "newsletter": scribe.choice(["Unknown", "Unknown", "Electronic", "No"]),
            "anonymous": None,
            "lastUpdateUser": doctor(scribe),
            "lastUpdateDate": scribe.past(),
        }


def _provider(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, 11):
        first, last = scribe.name()
        doctor = number < 9
        yield {
            "provider_no": str(100 + number) if doctor else "-1" if number == 9 else "999998",
            "last_name": last if doctor else "system",
            "first_name": first if doctor else "",
            "provider_type": scribe.choice(["doctor", "doctor", "nurse"]) if doctor else "admin",
            "specialty": scribe.choice(["General practice", "Paediatrics", ""]) if doctor else "",
            "team": scribe.choice(["A", "B"]) if doctor else "",
            "sex": scribe.choice("MF") if doctor else "",
            "dob": scribe.birth() if number == 1 else None,
            "address": scribe.street() if doctor else "",
            "phone": _tel(scribe) if doctor else "",
            "work_phone": _tel(scribe) if doctor else "",
            "ohip_no": scribe.digits(6) if doctor else "",
            "rma_no": "",
            "billing_no": scribe.digits(6) if doctor else "",
            "hso_no": "",
            "status": "0" if number == 8 else "1",
            "comments": "<xml_p_specialty_code>00</xml_p_specialty_code><xml_p_group_no></xml_p_group_no>",
            "provider_activity": "",
            "practitionerNo": scribe.digits(5) if doctor else "",
            "init": None,
            "job_title": scribe.choice(["Physician", "Nurse practitioner", "RN"]) if doctor else None,
            "email": f"{last[:5]}{number}@dundurnfht.example".lower().replace("'", "") if doctor else None,
            "title": scribe.choice(["Dr.", ""]) if doctor else None,
            "lastUpdateUser": "101",
            "lastUpdateDate": scribe.past(),
            "signed_confidentiality": scribe.past() if doctor else None,
        }


def _clinic(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(("Dundurn Family Health Team", "Escarpment Medical Centre"), 1):
        phone, fax = _tel(scribe), _tel(scribe)
        yield {
            "clinic_no": number,
            "clinic_name": name,
            "clinic_address": scribe.street(),
            "clinic_city": _TOWNS[number][0],
            "clinic_postal": _TOWNS[number][1],
            "clinic_phone": phone,
            "clinic_fax": fax,
            "clinic_location_code": scribe.digits(4),
            "status": "A",
            "clinic_province": "ON",
            "clinic_delim_phone": f"{phone}|{_tel(scribe)}",
            "clinic_delim_fax": f"{fax}|",
        }


def _specialists(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, 61):
        first, last = scribe.name()
        yield {
            "specId": number,
            "fName": first,
            "lName": last,
            "proLetters": scribe.choice(["MD", "MD, FRCPC", ""]),
            "address": f"{scribe.street()}, {scribe.choice(_TOWNS)[0]} ON",
            "phone": _tel(scribe),
            "fax": scribe.some(0.9, _tel(scribe)),
            "website": scribe.some(0.1, f"https://clinic{number}.example"),
            "email": scribe.some(0.3, f"office{number}@specialists.example"),
            "specType": scribe.choice(_SPECIALTIES),
            "eDataUrl": None,
            "eDataOscarKey": None,
            "eDataServiceKey": None,
            "eDataServiceName": None,
            "lastUpdated": scribe.past(),
            "annotation": scribe.some(0.15, "Will not see patients without an ECG"),
            "referralNo": scribe.digits(6),
            "institutionId": 0,
            "departmentId": 0,
            "privatePhoneNumber": scribe.some(0.1, _tel(scribe)),
            "cellPhoneNumber": scribe.some(0.15, _tel(scribe)),
            "pagerNumber": scribe.some(0.1, _tel(scribe)),
            "salutation": scribe.choice(["Dr.", "Dr.", "Ms."]),
            "hideFromView": scribe.some(0.05, 1, 0),
            "eformId": None,
        }


def _appointment(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        begin, block = scribe.slot(), scribe.random() < 0.06
        first, last = scribe.name()
        yield {
            "appointment_no": number,
            "provider_no": doctor(scribe),
            "appointment_date": begin.date(),
            "start_time": f"{begin:%H:%M}:00",
            "end_time": f"{begin + timedelta(minutes=14):%H:%M}:00",
            "name": "." if block else f"{last.upper()}, {first.upper()}",
            "demographic_no": 0 if block else scribe.of(patients, patients + 700, share=0.01),
            "program_id": scribe.choice([0, 10034]),
            "notes": "lunch" if block else scribe.some(0.2, scribe.text()),
            "reasonCode": None,
            "reason": ""
            if block
            else scribe.choice(["cpx", "f/u BP", "Rx renewal", "cough x 2/52", "well baby", "flu shot"]),
            "location": scribe.choice(["", "", "Room 2", "Room 4"]),
            "resources": "",
            "type": scribe.choice(["", "", "Physical", "Phone", "Procedure"]),
            "style": "",
            "billing": "",
            "status": scribe.choice(["t", "H", "P", "B", "B", "B", "C", "N"]),
            "imported_status": None,
            "createdatetime": begin - timedelta(days=scribe.randrange(1, 60)),
            "updatedatetime": begin - timedelta(hours=scribe.randrange(1, 24)),
            "creator": scribe.choice(_DOCTORS).replace(",", ", "),
            "lastupdateuser": doctor(scribe),
            "remarks": scribe.some(0.05, "bring pills"),
            "urgency": scribe.some(0.02, "critical"),
            "creatorSecurityId": scribe.of(8),
            "bookingSource": scribe.some(0.03, "MYOSCAR_SELF_BOOKING", None),
        }


def _billing(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        seen, billed, (first, last) = scribe.past(), scribe.past(900), scribe.name()
        yield {
            "billing_no": number,
            "clinic_no": scribe.of(2),
            "demographic_no": scribe.of(patients),
            "provider_no": doctor(scribe),
            "appointment_no": scribe.of(patients * 4 - 1, 0, share=0.2),
            "organization_spec_code": "V03G",
            "demographic_name": f"{last.upper()},{first.upper()}",
            "hin": f"{scribe.digits(10)}AB",
            "update_date": billed.date(),
            "update_time": f"{billed:%H:%M:%S}",
            "billing_date": billed.date(),
            "billing_time": f"{billed:%H:%M:%S}",
            "clinic_ref_code": scribe.choice(["3821", "3866", ""]),
            "content": f"<rdohip>{scribe.digits(6)}</rdohip><xml_location>0000|Office</xml_location>",
            "total": f"{scribe.randrange(1500, 19000) / 100:.2f}",
            "status": scribe.choice("OBSD"),
            "dob": f"{scribe.birth():%Y%m%d}",
            "visitdate": seen.date(),
            "visittype": scribe.choice(["00", "00", "01", "02"]),
            "provider_ohip_no": scribe.digits(6),
            "provider_rma_no": "",
            "apptProvider_no": doctor(scribe),
            "asstProvider_no": "",
            "creator": doctor(scribe),
            "billingtype": scribe.choice(["ODP", "ODP", "WCB", "PAT"]),
        }


def _billingdetail(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        code, what = scribe.choice(_BILLED)
        yield {
            "billing_dt_no": number,
            "billing_no": scribe.of(patients * 2 - 1, 90_000 + number, share=0.01),
            "service_code": code,
            "service_desc": what,
            "billing_amount": f"{scribe.randrange(450, 8000) / 100:.2f}",
            "diagnostic_code": scribe.choice(["401", "250", "460", "917", "781"]),
            "appointment_date": scribe.past().date(),
            "status": scribe.choice("OBSD"),
            "billingunit": scribe.choice(["1", "1", "1", "2"]),
        }


def _tickler(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        made = scribe.past()
        yield {
            "tickler_no": number,
            "demographic_no": scribe.of(patients, 0, share=0.03),
            "program_id": scribe.choice([None, 10034]),
            "message": scribe.choice(["Call re: FIT result", "Book DEXA", "Chase consult letter", scribe.text()]),
            "status": scribe.choice("ACD"),
            "update_date": made + timedelta(days=scribe.randrange(20)),
            "service_date": made + timedelta(days=scribe.randrange(90)),
            "creator": doctor(scribe),
            "priority": scribe.choice(["Normal", "Normal", "High", "Low"]),
            "task_assigned_to": doctor(scribe),
            "category_id": scribe.some(0.02, 3, None),
        }


def _note(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        seen, author = scribe.past(), doctor(scribe)
        signed = scribe.random() < 0.9
        yield {
            "note_id": number,
            "update_date": seen + timedelta(minutes=scribe.randrange(600)),
            "observation_date": seen,
            "demographic_no": scribe.of(patients),
            "provider_no": author,
            "note": f"[{seen:%d-%b-%Y} .: ]\n{scribe.text(5)}",
            "signed": int(signed),
            "include_issue_innote": 1,
            "signing_provider_no": author if signed else "",
            "encounter_type": scribe.choice(["", "face to face encounter with client", "telephone encounter"]),
            "billing_code": "",
            "program_no": "10034",
            "reporter_caisi_role": scribe.choice(["1", "2"]),
            "reporter_program_team": "0",
            "history": "",
            "password": None,
            "locked": scribe.choice(["0", "0", "0", "1"]),
            "archived": scribe.some(0.03, 1, 0),
            "position": 0,
            "uuid": f"{scribe.getrandbits(128):032x}",
            "appointmentNo": scribe.of(patients * 4 - 1, 0, share=0.4),
            "hourOfEncounterTime": None,
            "minuteOfEncounterTime": None,
        }


def _security(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, 9):
        yield {
            "security_no": number,
            "user_name": f"{scribe.name()[0].lower()}{number}",
            "password": f"-{scribe.randint(10, 99)}-{scribe.randint(10, 99)}{scribe.randint(10, 99)}-117",
            "provider_no": str(100 + number),
            "pin": scribe.digits(4),
            "b_ExpireSet": 0,
            "date_ExpireDate": None,
            "b_LocalLockSet": 1,
            "b_RemoteLockSet": 1,
            "forcePasswordReset": 0,
            "storageVersion": 2,
            "passwordUpdateDate": scribe.past(),
            "pinUpdateDate": scribe.past(),
            "lastUpdateUser": "101",
            "lastUpdateDate": scribe.past(),
        }


_MADE = {
    "demographic": _demographic,
    "provider": _provider,
    "clinic": _clinic,
    "professionalSpecialists": _specialists,
    "appointment": _appointment,
    "billing": _billing,
    "billingdetail": _billingdetail,
    "tickler": _tickler,
    "casemgmt_note": _note,
    "security": _security,
}
