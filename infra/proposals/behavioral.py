"""A made-up counselling centre in the style of a web application's database: camelCase, UUIDs, times with a zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from infra.proposals.dental import Row, npi

_LAST = datetime(2025, 5, 30, 17, tzinfo=UTC)
_FIRST_NAMES = [
    "Abel",
    "Bea",
    "Caleb",
    "Dina",
    "Esme",
    "Felix",
    "Gwen",
    "Hal",
    "Ivy",
    "Joel",
    "Kim",
    "Luz",
    "Milo",
    "Nell",
    "Omar",
    "Pru",
    "Rhea",
    "Saul",
    "Tia",
    "Vera",
]
_LAST_NAMES = [
    "Ames",
    "Burke",
    "Cruz",
    "Drake",
    "Eaton",
    "Ford",
    "Gill",
    "Hull",
    "Ives",
    "Joyce",
    "Kerr",
    "Lamb",
    "Moss",
    "Noble",
    "Owens",
    "Parks",
]
_TOWNS = (
    ("Dayton", "OH", "45402"),
    ("Kettering", "OH", "45429"),
    ("Xenia", "OH", "45385"),
    ("Richmond", "IN", "47374"),
)
_WORDS = [
    "client",
    "reports",
    "better",
    "sleep",
    "explored",
    "triggers",
    "practiced",
    "grounding",
    "agreed",
    "to",
    "journal",
    "next",
    "week",
    "mood",
    "stable",
]


def tables(patients: int = 120, seed: int = 41) -> Mapping[str, list[Row]]:
    """All rows by table."""
    return {name: list(make(Random(f"{seed}/{name}"), patients)) for name, make in _MADE.items()}  # noqa: S311


def _uuid(kind: str, number: int) -> str:
    return str(UUID(int=Random(f"{kind}/{number}").getrandbits(128), version=4))  # noqa: S311


def _text(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(5, 18))).capitalize() + "."


def _past(random: Random, days: int = 1000) -> datetime:
    return _LAST - timedelta(days=random.randrange(days), seconds=random.randrange(86_400))


def _place(random: Random) -> Row:
    town, state, postcode = random.choice(_TOWNS)
    street = f"{random.randint(10, 999)} {random.choice(['Wayne', 'Far Hills', 'Brown', 'Third'])} Ave"
    return {"addressLine": street, "addressCity": town, "addressRegion": state, "addressPostalCode": postcode}


def _tel(random: Random) -> str:
    return f"+1 937 {random.randint(200, 999)} {random.randint(0, 9999):04}"


def _clients(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        yield {
            "clientUuid": _uuid("client", number),
            "givenName": first,
            "familyName": last,
            "preferredName": random.choice([None, None, first[:2]]),
            "birthDate": date(1945, 1, 1) + timedelta(days=random.randrange(25_000)),
            "administrativeGender": random.choice(["female", "male", "other"]),
            "pronouns": random.choice(["she/her", "he/him", "they/them", None]),
            "contactEmail": f"{first}.{last}{number}@web.example".lower() if random.random() < 0.85 else None,
            "contactPhone": _tel(random),
            **_place(random),
            "maritalStatus": random.choice(["single", "married", "divorced"]),
            "employerName": random.choice([None, None, "Wright Tools", "Miami Valley Foods", "Gem City Glass"]),
            "primaryCounselorUuid": _uuid("counselor", random.randint(1, 9)),
            "referralSource": random.choice(["Self", "Court", "School", "Primary care"]),
            "intakeDate": _past(random).date(),
            "dischargeDate": _past(random, 300).date() if random.random() < 0.3 else None,
            "riskLevel": random.choice(["low", "moderate", "high"]),
            "socialSecurityNumber": f"{random.randint(100, 899)}-{random.randint(10, 99)}-{random.randint(1000, 9999)}",
            "smsConsent": random.random() < 0.6,
            "lastUpdatedAt": _past(random),
        }


def _counselors(random: Random, _: int) -> Iterator[Row]:
    for number in range(1, 10):
        first, last = _FIRST_NAMES[number], random.choice(_LAST_NAMES)
        yield {
            "counselorUuid": _uuid("counselor", number),
            "givenName": first,
            "familyName": last,
            "workEmail": f"{first}.{last}@gemcitycounseling.example".lower(),
            "licenseNumber": f"E.{random.randint(1_000_000, 9_999_999)}",
            "npi": npi(random),
            "specialties": random.choice(["Trauma", "Addiction", "Family"]),
            "lastUpdatedAt": _past(random),
        }


def _organizations(random: Random, _: int) -> Iterator[Row]:
    for number, name in enumerate(("Montgomery County Board", "Hope Fund", "Buckeye Care", "Wright Aid"), 1):
        yield {
            "orgUuid": _uuid("org", number),
            "displayName": name,
            "websiteUrl": f"https://fund{number}.example",
            "mainPhone": _tel(random),
            **_place(random),
            "contractNumber": f"MC-{random.randint(1000, 9999)}",
            "lastUpdatedAt": _past(random),
        }


def _sessions(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        begin, minutes = _past(random), random.choice([30, 45, 60, 90])
        yield {
            "sessionUuid": _uuid("session", number),
            "clientUuid": _uuid("client", random.randint(1, patients)),
            "counselorUuid": _uuid("counselor", random.randint(1, 9)),
            "scheduledStart": begin,
            "scheduledEnd": begin + timedelta(minutes=minutes),
            "modality": random.choice(["individual", "group", "family", "telehealth"]),
            "sessionStatus": random.choice(["completed", "completed", "scheduled", "no_show", "cancelled"]),
            "durationMinutes": minutes,
            "sessionNotes": _text(random) if random.random() < 0.4 else None,
            "lastUpdatedAt": begin,
        }


def _notes(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        written = _past(random)
        yield {
            "noteUuid": _uuid("note", number),
            "clientUuid": _uuid("client", random.randint(1, patients)),
            "counselorUuid": _uuid("counselor", random.randint(1, 9)),
            "subject": f"{random.choice(['Session', 'Call', 'Review'])} {number}",
            "bodyHtml": f"<p>{_text(random)}</p>",
            "writtenAt": written,
            "noteCategory": random.choice(["progress", "crisis", "collateral"]),
            "lastUpdatedAt": written,
        }


def _plans(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        begun = _past(random).date()
        yield {
            "planUuid": _uuid("plan", number),
            "clientUuid": _uuid("client", random.randint(1, patients)),
            "planTitle": f"Plan {number}: {random.choice(['sobriety', 'anxiety', 'grief'])}",
            "goalSummary": _text(random),
            "startDate": begun,
            "reviewDate": begun + timedelta(days=90),
            "planStatus": random.choice(["draft", "active", "closed"]),
            "lastUpdatedAt": _past(random),
        }


def _charges(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        fee = Decimal(random.choice([9000, 12_550, 15_000, 18_075])) / 100
        yield {
            "chargeUuid": _uuid("charge", number),
            "clientUuid": _uuid("client", random.randint(1, patients)),
            "sessionUuid": _uuid("session", random.randint(1, patients * 4 - 1)),
            "fundingOrgUuid": _uuid("org", random.randint(1, 4)),
            "serviceDate": _past(random).date(),
            "procedureCode": random.choice(["90834", "90837", "90791", "90853"]),
            "chargeAmount": fee,
            "paidAmount": random.choice([Decimal(0), fee]),
            "claimStatus": random.choice(["submitted", "paid", "denied"]),
            "lastUpdatedAt": _past(random),
        }


def _files(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        name = f"{random.choice(['consent', 'intake', 'letter'])}-{number}.pdf"
        made = _past(random)
        yield {
            "fileUuid": _uuid("file", number),
            "clientUuid": _uuid("client", random.randint(1, patients)),
            "fileName": name,
            "storagePath": f"vault/{number % 12}/{name}",
            "sizeBytes": random.randint(20_000, 900_000),
            "uploadedAt": made,
            "documentKind": random.choice(["consent", "assessment", "correspondence"]),
            "lastUpdatedAt": made,
        }


_MADE = {
    "clientRecords": _clients,
    "counselors": _counselors,
    "fundingOrganizations": _organizations,
    "sessions": _sessions,
    "progressNotes": _notes,
    "carePlans": _plans,
    "chargeLines": _charges,
    "uploadedFiles": _files,
}
