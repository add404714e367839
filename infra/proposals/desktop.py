"""A made-up American behavioral-health practice on a desktop program of around 2010, whose tables are on SQL.

Its habits are those of such programs: guarantors apart from patients, letters for states, ids into one list of choices,
days stored as midnights, masks left in phone numbers, rows of an older program in capitals. All is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from infra.clinics.words import AREA_CODES, CARRIERS, CITIES
from infra.proposals import desktop_chart
from infra.proposals.dental import npi
from infra.proposals.desktop_chart import (
    CARRIER_COUNT,
    FIRST_PATIENT,
    LOCATIONS,
    PROVIDERS,
    STAFF,
    SUPERVISED,
    chosen,
    day,
    dollars,
    guarantor,
    known,
    minor,
)
from infra.proposals.scribe import Row, Scribe, written

_UNKNOWN, _BIRTHS, _CONVERSION = map(datetime.fromisoformat, ("1900-01-01", "1945-01-01", "2011-07-04T02:13:07"))
_CONVERTED = 50
"""Charts up to this one came from an older program, all in one night."""
_REFERRERS = 34
_LICENSED = (
    ("PhD", "Psychology", "103TC0700X"),
    ("LCSW", "Clinical Social Work", "1041C0700X"),
    ("LMHC", "Mental Health Counseling", "101YM0800X"),
    ("MD", "Psychiatry", "2084P0800X"),
)
KEYS = {
    "Patients": "PatientID",
    "Guarantors": "GuarantorID",
    "InsuranceCompanies": "InsCoID",
    "PatientInsurance": "PatInsID",
    "Providers": "ProviderID",
    "Locations": "LocationID",
    "ReferringDoctors": "RefDrID",
    "Appointments": "ApptID",
    "Transactions": "TransID",
    "ProgressNotes": "NoteID",
    "Documents": "DocID",
    "Recalls": "RecallID",
    "Lookups": "LookupID",
    "AuditTrail": "AuditID",
}
"""Primary keys. No references are declared: the program minds them itself."""


def tables(patients: int = 140, seed: int = 109) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **desktop_chart.MADE}, patients, seed)


def _tel(scribe: Scribe) -> str:
    area, three, four = scribe.choice(AREA_CODES), scribe.randint(200, 999), f"{scribe.randint(0, 9999):04}"
    return scribe.choice([f"({area}) {three}-{four}", f"({area}) {three}-{four}", f"{area}{three}{four}"])


def _place(scribe: Scribe) -> Row:
    city, state, code = scribe.choice(CITIES)
    return {
        "Address1": scribe.street(),
        "Address2": scribe.some(0.2, scribe.choice(["APT 4B", "Unit 12", "P.O. Box 118"])),
        "City": scribe.choice([city, city, city.upper()]),
        "State": state,
        "Zip": scribe.choice([code, code, code, f"{code}{scribe.digits(4)}", f"{code}-{scribe.digits(4)}"]),
    }


def _ssn(scribe: Scribe) -> str:
    number = f"{scribe.digits(3)}-{scribe.digits(2)}-{scribe.digits(4)}"
    return scribe.choice([*[number] * 12, *[""] * 7, "999-99-9999"])


def _email(scribe: Scribe, first: str, last: str, number: int) -> str:
    return str(scribe.some(0.97, scribe.email(first, last, number), "NONE"))


def _called(number: int) -> tuple[str, str]:
    (first, _), (_, last) = Scribe(f"patient {number}").name(), Scribe(f"patient {guarantor(number)}").name()
    return (first.upper(), last.upper()) if number <= _CONVERTED else (first, last)


def _born(number: int) -> datetime:
    scribe = Scribe(f"born {number}")
    return day(_BIRTHS, 23_500 + scribe.randrange(5000) if minor(number) else scribe.randrange(20_000))


def _patients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = _called(number)
        began = _CONVERSION if number <= _CONVERTED else scribe.past(2600)
        left = scribe.random() < 0.35
        yield {
            "PatientID": FIRST_PATIENT + number,
            "ChartNo": f"{last[:3]}{first[:2]}{number % 4:03}".upper(),
            "LastName": last,
            "FirstName": first,
            "MI": scribe.some(0.4, scribe.choice("ABCDEJM")),
            "Suffix": scribe.some(0.04, scribe.choice(["Jr", "Sr", "III"])),
            "NickName": scribe.some(0.1, first[:3]),
            "SoundexLast": f"{last[0].upper()}{scribe.digits(3)}",
            "DOB": scribe.some(0.98, _born(number), _UNKNOWN),
            "Sex": scribe.choice(["M", "F", "F", "U"]),
            "MaritalStatus": "S" if minor(number) else scribe.choice(["S", "M", "M", "D", "W", ""]),
            "SSN": _ssn(scribe),
            **_place(Scribe(f"home {guarantor(number)}")),
            "HomePhone": scribe.some(0.5, _tel(scribe), "(   )    -"),
            "WorkPhone": scribe.some(0.2, _tel(scribe), "(   )    -"),
            "WorkExt": scribe.some(0.08, scribe.digits(3)),
            "CellPhone": scribe.some(0.85, _tel(scribe)),
            "Email": _email(scribe, first, last, number),
            "OkToText": scribe.some(0.7, True, False),
            "OkToLeaveMsg": scribe.some(0.8, True, False),
            "Employer": scribe.some(0.3, scribe.choice(["STATE OF CT", "Stop & Save", "Self-employed", "RETIRED"])),
            "Race": scribe.choice(["W", "W", "B", "A", "H", "U", ""]),
            "Language": scribe.choice(["ENG", "ENG", "ENG", "SPA", "POR", ""]),
            "EmergContact": scribe.some(0.6, " ".join(scribe.name())),
            "EmergPhone": scribe.some(0.6, _tel(scribe)),
            "EmergRelation": scribe.some(0.6, scribe.choice(["SPOUSE", "MOTHER", "FATHER", "FRIEND", "SISTER"])),
            "GuarantorID": guarantor(number),
            "GuarRelation": "CHILD" if minor(number) else "SELF",
            "ProviderID": scribe.of(PROVIDERS),
            "RefDrID": scribe.some(0.6, scribe.of(_REFERRERS, 412, share=0.01), None),
            "LocationID": scribe.of(len(LOCATIONS)),
            "ReferralSourceID": scribe.some(0.7, chosen(scribe, "REFSRC"), None),
            "FinClass": scribe.choice(["COMM", "COMM", "BCBS", "MCR", "MCD", "SELF", "EAP"]),
            "HIPAASigned": scribe.some(0.85, day(began), None),
            "IntakeDate": day(began, -scribe.randrange(700) if number <= _CONVERTED else 0),
            "DischargeDate": day(scribe.past(400)) if left else None,
            "PatientStatus": scribe.choice("IID") if left else "A",
            "Balance": dollars(scribe.some(0.4, scribe.randrange(-4000, 60_000), 0)),
            "AlertMsg": scribe.some(
                0.12, scribe.choice(["COLLECT COPAY", "No voicemail!!", "Custody papers in chart"])
            ),
            "PhotoPath": scribe.some(0.15, rf"\\CLINICSRV\Photos\{FIRST_PATIENT + number}.jpg"),
            "UserField1": scribe.some(0.2, scribe.choice(["SLIDING 40", "SLIDING 60", "VIP"])),
            "UserField2": None,
            "ConvertedID": f"{number * 7:06}" if number <= _CONVERTED else None,
            "CreatedBy": "CONVERT" if number <= _CONVERTED else scribe.choice(STAFF),
            "CreateDate": began,
            "ModifiedBy": scribe.choice(STAFF),
            "LastModified": known(began + timedelta(days=scribe.randrange(900), minutes=scribe.randrange(600))),
            "RowGuid": str(UUID(int=scribe.getrandbits(128), version=4)).upper(),
        }


def _guarantors(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in sorted({guarantor(patient) for patient in range(1, patients + 1)}):
        (first, last), made, paid = _called(number), scribe.past(2600), scribe.random() < 0.6
        yield {
            "GuarantorID": number,
            "LastName": last,
            "FirstName": first,
            "MI": scribe.some(0.3, scribe.choice("ABCDEJM")),
            **_place(Scribe(f"home {guarantor(number)}")),
            "HomePhone": scribe.some(0.6, _tel(scribe), "(   )    -"),
            "WorkPhone": scribe.some(0.2, _tel(scribe), "(   )    -"),
            "Email": _email(scribe, first, last, number),
            "DOB": scribe.some(0.8, _born(number), None),
            "SSN": _ssn(scribe),
            "Employer": scribe.some(0.3, scribe.choice(["STATE OF CT", "Stop & Save", "Yale", "UNEMPLOYED"])),
            "SendStmt": scribe.some(0.9, True, False),
            "InCollections": scribe.some(0.05, True, False),
            "Balance": dollars(scribe.some(0.4, scribe.randrange(-4000, 90_000), 0)),
            "LastStmtDate": scribe.some(0.7, day(scribe.past(60)), None),
            "LastPmtDate": day(scribe.past(500)) if paid else None,
            "LastPmtAmt": dollars(scribe.choice([2000, 2500, 4000, 12_000])) if paid else None,
            "CreateDate": made,
            "LastModified": known(made + timedelta(days=scribe.randrange(200), minutes=scribe.randrange(600))),
        }


def _carriers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, CARRIER_COUNT + 1):
        again, position = divmod(number - 1, len(CARRIERS))
        yield {
            "InsCoID": number,
            "InsCoName": CARRIERS[position].upper() + (" (BEHAVIORAL)" if again else ""),
            "PayerID": scribe.some(0.9, scribe.choice([scribe.digits(5), f"SX{scribe.digits(3)}"])),
            "InsType": scribe.choice(["CI", "CI", "BL", "MB", "MC", "HM"]),
            **_place(scribe),
            "Phone": _tel(scribe),
            "Fax": scribe.some(0.5, _tel(scribe)),
            "ContactName": scribe.some(0.3, scribe.choice(["Provider Relations", " ".join(scribe.name())])),
            "WebSite": scribe.some(0.5, f"www.carrier{number}.example"),
            "ClaimFormat": scribe.choice("EEEP"),
            "AcceptAssign": scribe.some(0.9, True, False),
            "FilingDays": scribe.choice([90, 90, 180, 365]),
            "Comments": scribe.some(0.3, scribe.choice(["Auth after 8 visits", "Call AM only", "new payer id 1/1"])),
            "Inactive": scribe.some(0.1, True, False),
        }


def _providers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, PROVIDERS + 1):
        (first, last), (title, field, taxonomy) = scribe.name(), _LICENSED[(number - 1) % 4]
        yield {
            "ProviderID": number,
            "ProvCode": f"{first[0]}{last[:2]}{number}".upper(),
            "LastName": last,
            "FirstName": first,
            "MI": scribe.some(0.4, scribe.choice("ABCDEJM")),
            "Credentials": title,
            "Specialty": field,
            "TaxonomyCode": taxonomy,
            "NPI": npi(scribe),
            "LicenseNo": f"{scribe.digits(6)}-{scribe.choice([1, 2])}",
            "LicenseExp": day(scribe.slot(), 400),
            "DEANo": f"B{last[0].upper()}{scribe.digits(7)}" if title == "MD" else "",
            "Email": f"provider{number}@lakesidebh.example",
            "CellPhone": scribe.some(0.8, _tel(scribe)),
            "LocationID": scribe.of(len(LOCATIONS)),
            "SupervisorID": number - 2 if number in SUPERVISED else None,
            "HireDate": day(scribe.past(2000), -1200),
            "TermDate": day(scribe.past(300)) if number == PROVIDERS else None,
            "LoginName": f"{first[0]}{last}".upper(),
            "PasswordHash": f"{scribe.getrandbits(128):032X}",
            "ScheduleColor": scribe.randrange(256**3),
            "Inactive": number == PROVIDERS,
        }


def _locations(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (code, name) in enumerate(LOCATIONS.items(), 1):
        yield {
            "LocationID": number,
            "LocCode": code,
            "LocName": name,
            **_place(scribe),
            "Phone": _tel(scribe),
            "Fax": _tel(scribe),
            "PlaceOfService": "02" if code == "TELE" else "11",
            "NPI": npi(scribe),
            "TaxID": f"06-{scribe.digits(7)}",
            "OfficeHours": scribe.choice(["M-F 8-6", "M-Th 9-8, F 9-4", "Tue/Thu only"]),
            "ManagerName": scribe.some(0.8, " ".join(scribe.name())),
            "Inactive": False,
        }


def _referrers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, _REFERRERS + 1):
        (first, last), school = scribe.name(), scribe.random() < 0.1
        yield {
            "RefDrID": number,
            "LastName": scribe.choice(["FAMILY COURT", "Hillhouse High School", "DCF"]) if school else last,
            "FirstName": "" if school else first,
            "Credentials": "" if school else scribe.choice(["MD", "MD", "DO", "APRN", "PhD"]),
            "PracticeName": scribe.some(
                0.6, scribe.choice(["Elm City Pediatrics", "SHORELINE INTERNAL MED", "ProCare"])
            ),
            "Specialty": ""
            if school
            else scribe.choice(["Pediatrics", "Internal Medicine", "Family Practice", "Neurology"]),
            **_place(scribe),
            "Phone": _tel(scribe),
            "Fax": scribe.some(0.8, _tel(scribe), "(   )    -"),
            "Email": scribe.some(0.2, f"office{number}@referrer.example"),
            "NPI": scribe.some(0.7, npi(scribe)),
            "UPIN": scribe.some(0.2, f"{scribe.choice('ABCDEFG')}{scribe.digits(5)}"),
            "Comments": scribe.some(0.2, scribe.choice(["prefers fax", "send thank-you letter", "MOVED"])),
            "Inactive": scribe.some(0.1, True, False),
        }


def _trail(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 5):
        yield {
            "AuditID": number,
            "AuditDate": scribe.past(90),
            "UserName": scribe.choice(STAFF),
            "TableName": scribe.choice(["Patients", "Appointments", "Transactions", "PatientInsurance"]),
            "RecordID": scribe.of(patients * 3),
            "PatientID": scribe.some(0.8, FIRST_PATIENT + scribe.of(patients), None),
            "Action": scribe.choice(["U", "U", "I", "D", "VIEW"]),
        }


_MADE = {
    "Patients": _patients,
    "Guarantors": _guarantors,
    "InsuranceCompanies": _carriers,
    "Providers": _providers,
    "Locations": _locations,
    "ReferringDoctors": _referrers,
    "AuditTrail": _trail,
}
