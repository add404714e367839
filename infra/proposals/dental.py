"""A made-up dental practice in somebody else's schema: CamelCase names cut short, codes as numbers, zero for no record.

Table and column names are those of the public schema of a well-known open-source dental program; the rows are made
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

Row = dict[str, Any]

NEVER = date(1, 1, 1)
"""What the program writes for no date."""
_LAST = datetime(2025, 5, 30, 17)  # noqa: DTZ001  # the program keeps the clinic's wall clock
_FIRST_NAMES = [
    "Amelia",
    "Bruno",
    "Carla",
    "Dennis",
    "Elif",
    "Farid",
    "Greta",
    "Hanna",
    "Ivo",
    "Joan",
    "Karl",
    "Lena",
    "Malik",
    "Nora",
    "Otis",
    "Petra",
]
_LAST_NAMES = [
    "Abbott",
    "Brandt",
    "Castillo",
    "Dunn",
    "Ekberg",
    "Frost",
    "Garrido",
    "Hoang",
    "Ivers",
    "Jansen",
    "Kowalski",
    "Lund",
    "Moretti",
]
_STREETS = ["Maple St", "Oak Ave", "2nd St", "Harbor Rd", "Mill Ln", "Church St", "Lake Dr"]
_CITIES = (("Salem", "OR", "97301"), ("Albany", "OR", "97321"), ("Keizer", "OR", "97303"), ("Camas", "WA", "98607"))
_CODES = ("D0120", "D0274", "D1110", "D2391", "D2740", "D3330", "D4341")
_WORK = ("Ex, BWX, Pro", "Comp#3-MO", "RCT#19", "Crn#30 Seat", "SRP UR, LR", "Consult")
_WORDS = [
    "patient",
    "reports",
    "sensitivity",
    "on",
    "cold",
    "left",
    "message",
    "will",
    "call",
    "back",
    "needs",
    "premed",
    "prefers",
    "mornings",
    "discussed",
]


def tables(patients: int = 160, seed: int = 7) -> Mapping[str, list[Row]]:
    """All rows by table."""
    return {name: list(make(Random(f"{seed}/{name}"), patients)) for name, make in _MADE.items()}  # noqa: S311


def _sentence(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(3, 11))).capitalize()


def _moment(random: Random, days: int = 900) -> datetime:
    return _LAST - timedelta(days=random.randrange(days), minutes=random.randrange(1440))


def _phone(random: Random) -> str:
    return f"(503){random.randint(200, 999)}-{random.randint(0, 9999):04}"


def _address(random: Random) -> Row:
    city, state, postcode = random.choice(_CITIES)
    street = f"{random.randint(1, 4999)} {random.choice(_STREETS)}"
    return {"Address": street, "City": city, "State": state, "Zip": postcode}


def _patient(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        place = _address(random)
        yield {
            "PatNum": number,
            "LName": last,
            "FName": first,
            "MiddleI": random.choice(["", "", "J", "M", "T"]),
            "Preferred": random.choice(["", "", "", first[:3]]),
            "PatStatus": random.choice([0, 0, 0, 0, 2, 3]),
            "Gender": random.randrange(2),
            "Birthdate": date(1935, 1, 1) + timedelta(days=random.randrange(30_000))
            if random.random() < 0.97
            else NEVER,
            "SSN": f"{random.randint(100, 899)}-{random.randint(10, 99)}-{random.randint(1000, 9999)}",
            "Address": place["Address"],
            "Address2": random.choice(["", "", "", f"Apt {random.randint(1, 40)}"]),
            "City": place["City"],
            "State": place["State"],
            "Zip": place["Zip"],
            "HmPhone": _phone(random) if random.random() < 0.6 else "",
            "WkPhone": _phone(random) if random.random() < 0.3 else "",
            "WirelessPhone": _phone(random) if random.random() < 0.9 else "",
            "Guarantor": number if random.random() < 0.7 else random.randint(1, number),
            "Email": f"{first}.{last}{number}@mail.example".lower() if random.random() < 0.8 else "",
            "PriProv": random.randint(1, 5),
            "ChartNumber": f"{last[:2].upper()}{number:04}",
            "BillingType": random.choice([40, 40, 41, 43]),
            "ClinicNum": random.choice([0, 1, 2, 3]),
            "EstBalance": Decimal(random.randrange(-2000, 90000)) / 100,
            "MedUrgNote": random.choice(["", "", "", "PREMED", _sentence(random)]),
            "DateFirstVisit": _moment(random, 4000).date(),
            "DateTStamp": _moment(random),
        }


def _provider(random: Random, _: int) -> Iterator[Row]:
    for number in range(1, 10):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        yield {
            "ProvNum": number,
            "Abbr": f"{first[0]}{last[:3]}{number}",
            "LName": last,
            "FName": first,
            "Suffix": random.choice(["DMD", "DDS", "RDH"]),
            "Specialty": random.choice([0, 0, 1, 4]),
            "NationalProvID": npi(random),
            "StateLicense": f"D{random.randint(1000, 9999)}",
            "IsHidden": int(number == 9),
            "DateTStamp": _moment(random),
        }


def npi(random: Random) -> str:
    """With the check digit that real numbers have."""
    nine = f"1{random.randrange(10**8):08}"
    total = 24
    for position, digit in enumerate(reversed(nine)):
        value = int(digit) * (1 if position % 2 else 2)
        total += value - 9 if value > 9 else value
    return nine + str(-total % 10)


def _userod(random: Random, _: int) -> Iterator[Row]:
    for number, first in enumerate(_FIRST_NAMES[:11], 1):
        yield {"UserNum": number, "UserName": first.lower(), "EmailAddress": f"{first.lower()}@brightsmile.example"}


def _clinic(random: Random, _: int) -> Iterator[Row]:
    for number, name in enumerate(("Downtown", "Riverside", "North Keizer"), 1):
        yield {"ClinicNum": number, "Description": name, **_address(random), "Phone": _phone(random)}


def _carrier(random: Random, _: int) -> Iterator[Row]:
    names = (
        "Pacific Dental Mutual",
        "Evergreen Smiles",
        "Union Trust 12",
        "Cascade Benefit",
        "Moda Like",
        "Willow Plan",
    )
    for number, name in enumerate(names, 1):
        yield {
            "CarrierNum": number,
            "CarrierName": name,
            **_address(random),
            "Phone": _phone(random),
            "ElectID": f"{random.randint(10000, 99999)}",
        }


def _appointment(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        yield {
            "AptNum": number,
            "PatNum": random.randint(1, patients),
            "AptStatus": random.choice([1, 2, 2, 2, 5]),
            "Pattern": random.choice(["//XX//", "/XXXX/", "//XXXXXX//"]),
            "Note": _sentence(random) if random.random() < 0.4 else "",
            "ProvNum": random.randint(1, 9),
            "AptDateTime": _LAST + timedelta(days=random.randrange(-900, 120), minutes=10 * random.randrange(54)),
            "IsNewPatient": int(random.random() < 0.1),
            "ProcDescript": random.choice(_WORK),
            "ClinicNum": random.choice([0, 1, 2, 3]),
            "DateTStamp": _moment(random),
        }


def _commlog(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        yield {
            "CommlogNum": number,
            "PatNum": random.randint(1, patients),
            "CommDateTime": _moment(random),
            "CommType": random.choice([224, 226, 228]),
            "Note": _sentence(random),
            "SentOrReceived": random.choice([0, 1, 2]),
            "UserNum": random.randint(1, 11),
        }


def _procedurelog(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        yield {
            "ProcNum": number,
            "PatNum": random.randint(1, patients),
            "AptNum": random.choice([0, random.randint(1, patients * 3 - 1)]),
            "ProcDate": _moment(random).date(),
            "ProcFee": Decimal(random.randrange(40, 1800)),
            "ToothNum": random.choice(["", str(random.randint(1, 32))]),
            "ProcStatus": random.choice([1, 2, 2, 2, 6]),
            "ProvNum": random.randint(1, 9),
            "ProcCode": random.choice(_CODES),
            "ClinicNum": random.choice([0, 1, 2, 3]),
            "DateTStamp": _moment(random),
        }


def _claim(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        served = _moment(random).date()
        fee = random.randrange(80, 2400)
        yield {
            "ClaimNum": number,
            "PatNum": random.randint(1, patients),
            "DateService": served,
            "DateSent": served + timedelta(days=random.randrange(9)),
            "ClaimStatus": random.choice(["R", "R", "S", "W"]),
            "DateReceived": random.choice([NEVER, served + timedelta(days=30)]),
            "CarrierNum": random.randint(1, 6),
            "ProvTreat": random.randint(1, 9),
            "ClaimFee": Decimal(fee),
            "InsPayEst": Decimal(fee * 60) / 100,
            "InsPayAmt": Decimal(fee * random.choice([0, 55, 60])) / 100,
            "ClaimNote": _sentence(random) if random.random() < 0.2 else "",
            "ClaimIdentifier": f"{number}/{random.randint(100000, 999999)}",
        }


def _treatplan(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients // 2):
        yield {
            "TreatPlanNum": number,
            "PatNum": random.randint(1, patients),
            "DateTP": _moment(random).date(),
            "Heading": random.choice(["Active Treatment Plan", "Alternate Treatment Plan", "Phase 2"]),
            "Note": _sentence(random),
        }


def _document(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        made = _moment(random)
        yield {
            "DocNum": number,
            "Description": random.choice(["", "Pano", "Medical history", "Consent", "BW left"]),
            "DateCreated": made,
            "DocCategory": random.choice([132, 133, 180]),
            "PatNum": random.randint(1, patients),
            "FileName": f"{random.choice(_LAST_NAMES)}{number}.{random.choice(['jpg', 'pdf', 'dcm'])}",
            "DateTStamp": made,
        }


def _recall(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        yield {
            "RecallNum": number,
            "PatNum": number,
            "DateDue": (_LAST + timedelta(days=random.randrange(-200, 300))).date(),
            "RecallInterval": random.choice(["6m1d", "3m", "4m", "1y1d"]),
            "IsDisabled": int(random.random() < 0.1),
            "Note": random.choice(["", "", _sentence(random)]),
            "RecallStatus": random.choice([0, 0, 285, 286]),
            "DateTStamp": _moment(random),
        }


_MADE = {
    "patient": _patient,
    "provider": _provider,
    "userod": _userod,
    "clinic": _clinic,
    "carrier": _carrier,
    "appointment": _appointment,
    "commlog": _commlog,
    "procedurelog": _procedurelog,
    "claim": _claim,
    "treatplan": _treatplan,
    "document": _document,
    "recall": _recall,
}
