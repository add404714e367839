"""A made-up medical practice in somebody else's schema: lower case, prefixes, patients referred to by a second number.

Table and column names are those of the public schema of a well-known open-source records system; the rows are made
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from infra.proposals.dental import Row, npi

_LAST = datetime(2025, 5, 30, 17)  # noqa: DTZ001  # the system keeps the clinic's wall clock
_FIRST_NAMES = [
    "Alma",
    "Ben",
    "Chloe",
    "Dara",
    "Emil",
    "Faye",
    "Gus",
    "Hope",
    "Ian",
    "Jade",
    "Kofi",
    "Lou",
    "Mina",
    "Ned",
    "Olga",
    "Paz",
    "Quin",
    "Rosa",
    "Sam",
    "Tess",
]
_LAST_NAMES = [
    "Archer",
    "Bishop",
    "Cole",
    "Duarte",
    "Evans",
    "Flores",
    "Gray",
    "Huang",
    "Irwin",
    "Jacobs",
    "Klein",
    "Lopez",
    "Meyer",
    "Novak",
    "Osei",
    "Price",
]
_TOWNS = (("Tulsa", "OK", "74103"), ("Owasso", "OK", "74055"), ("Jenks", "OK", "74037"), ("Joplin", "MO", "64801"))
_DRUGS = ("Lisinopril", "Metformin", "Atorvastatin", "Amoxicillin", "Albuterol", "Sertraline", "Omeprazole")
_ISSUES = ("Hypertension", "Type 2 diabetes", "Penicillin allergy", "Asthma", "Migraine", "Appendectomy")
_WORDS = [
    "called",
    "about",
    "refill",
    "results",
    "discussed",
    "follow",
    "up",
    "in",
    "two",
    "weeks",
    "stable",
    "denies",
    "pain",
    "needs",
    "form",
    "signed",
]


def tables(patients: int = 150, seed: int = 11) -> Mapping[str, list[Row]]:
    """All rows by table."""
    return {name: list(make(Random(f"{seed}/{name}"), patients)) for name, make in _MADE.items()}  # noqa: S311


def _text(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(4, 14))).capitalize()


def _past(random: Random, days: int = 1200) -> datetime:
    return _LAST - timedelta(days=random.randrange(days), minutes=random.randrange(1440))


def _tel(random: Random) -> str:
    return f"918-{random.randint(200, 999)}-{random.randint(0, 9999):04}"


def _pid(number: int) -> int:
    """Charts were numbered anew when two practices merged."""
    return number + 1000


def _patient_data(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        town, state, postcode = random.choice(_TOWNS)
        yield {
            "id": number,
            "pid": _pid(number),
            "pubpid": f"A{number * 7:05}",
            "title": random.choice(["Mr.", "Mrs.", "Ms.", "Dr.", ""]),
            "fname": first,
            "lname": last,
            "mname": random.choice(["", "", random.choice(_FIRST_NAMES)]),
            "DOB": date(1938, 1, 1) + timedelta(days=random.randrange(29_000)),
            "street": f"{random.randint(10, 9999)} {random.choice(['Elm', 'Cherry', 'Boston', 'Utica'])} Ave",
            "postal_code": postcode,
            "city": town,
            "state": state,
            "country_code": random.choice(["USA", "USA", ""]),
            "drivers_license": f"K{random.randint(10**8, 10**9 - 1)}" if random.random() < 0.5 else "",
            "ss": f"{random.randint(100, 899)}{random.randint(10, 99)}{random.randint(1000, 9999)}",
            "phone_home": _tel(random) if random.random() < 0.7 else "",
            "phone_biz": _tel(random) if random.random() < 0.2 else "",
            "phone_cell": _tel(random) if random.random() < 0.8 else "",
            "status": random.choice(["single", "married", "divorced", "widowed"]),
            "sex": random.choice(["Male", "Female"]),
            "email": f"{first[0]}{last}{number}@post.example".lower() if random.random() < 0.75 else "",
            "race": random.choice(["white", "Asian", "black_or_afri_amer", "amer_ind_or_alaska_native"]),
            "ethnicity": random.choice(["hisp_or_latin", "not_hisp_or_latin"]),
            "language": random.choice(["English", "English", "spanish", "vietnamese"]),
            "providerID": random.randint(1, 6),
            "hipaa_mail": random.choice(["YES", "NO"]),
            "date": _past(random),
            "deceased_date": _past(random) if random.random() < 0.03 else None,
            "genericname1": "",
        }


def _users(random: Random, _: int) -> Iterator[Row]:
    for number in range(1, 13):
        first, last = _FIRST_NAMES[number], random.choice(_LAST_NAMES)
        yield {
            "id": number,
            "username": f"{first[0]}{last}".lower(),
            "fname": first,
            "lname": last,
            "email": f"{first}.{last}@tulsafamily.example".lower(),
            "npi": npi(random) if number < 8 else "",
            "specialty": random.choice(["Family Medicine", "Pediatrics", ""]),
            "facility_id": random.randint(1, 3),
            "phonew1": _tel(random),
            "active": int(number != 12),
        }


def _facility(random: Random, _: int) -> Iterator[Row]:
    for number, name in enumerate(("Tulsa Family Clinic", "Owasso Annex", "Jenks Pediatrics"), 1):
        town, state, postcode = _TOWNS[number - 1]
        yield {
            "id": number,
            "name": name,
            "phone": _tel(random),
            "fax": _tel(random),
            "street": f"{number}00 Main St",
            "city": town,
            "state": state,
            "postal_code": postcode,
            "federal_ein": f"73-{random.randint(10**6, 10**7 - 1)}",
            "website": f"https://clinic{number}.example",
            "email": f"desk{number}@tulsafamily.example",
        }


def _insurance_companies(random: Random, _: int) -> Iterator[Row]:
    for number, name in enumerate(
        ("Sooner Health", "Plains Mutual", "Red River Care", "Osage Benefit", "Prairie HMO"), 1
    ):
        yield {"id": number, "name": name, "attn": "Claims dept", "cms_id": f"{random.randint(10000, 99999)}"}


def _events(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        begin = _LAST + timedelta(days=random.randrange(-900, 90))
        yield {
            "pc_eid": number,
            "pc_aid": random.randint(1, 12),
            "pc_pid": _pid(random.randint(1, patients)),
            "pc_title": random.choice(["Office Visit", "Established Patient", "New Patient", "Preventive Care"]),
            "pc_time": _past(random),
            "pc_hometext": _text(random) if random.random() < 0.5 else "",
            "pc_eventDate": begin.date(),
            "pc_duration": random.choice([900, 1800, 2700]),
            "pc_startTime": time(random.randrange(8, 17), random.choice([0, 15, 30, 45])).isoformat(),
            "pc_apptstatus": random.choice(["-", "@", ">", "x", "~"]),
            "pc_facility": random.randint(1, 3),
        }


def _form_encounter(random: Random, patients: int) -> Iterator[Row]:
    names = ("Tulsa Family Clinic", "Owasso Annex", "Jenks Pediatrics")
    for number in range(1, patients * 2):
        place, seen = random.randint(1, 3), _past(random)
        yield {
            "id": number,
            "date": seen,
            "reason": _text(random),
            "facility": names[place - 1],
            "facility_id": place,
            "pid": _pid(random.randint(1, patients)),
            "encounter": 5000 + number,
            "onset_date": (seen - timedelta(days=random.randrange(20))).date() if random.random() < 0.3 else None,
            "sensitivity": random.choice(["normal", "normal", "high"]),
            "provider_id": random.randint(1, 7),
        }


def _pnotes(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        yield {
            "id": number,
            "date": _past(random),
            "body": _text(random),
            "pid": _pid(random.randint(1, patients)),
            "user": random.choice(["dcole", "eklein", "fgray"]),
            "title": random.choice(["Lab Results", "Pharmacy", "Prior Auth", "Unassigned", "Referral"]),
            "assigned_to": random.choice(["dcole", "eklein", ""]),
            "message_status": random.choice(["New", "Done", "Read"]),
            "deleted": int(random.random() < 0.05),
        }


def _documents(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        name = f"{random.choice(['lab', 'scan', 'referral', 'id'])}_{number}.{random.choice(['pdf', 'jpg', 'png'])}"
        made = _past(random)
        yield {
            "id": number,
            "type": "file_url",
            "size": random.randint(10_000, 4_000_000),
            "date": made,
            "url": f"documents/{number % 40}/{name}",
            "mimetype": random.choice(["application/pdf", "image/jpeg", "image/png"]),
            "foreign_id": _pid(random.randint(1, patients)),
            "docdate": made.date(),
            "name": name,
        }


def _prescriptions(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        made = _past(random)
        yield {
            "id": number,
            "patient_id": _pid(random.randint(1, patients)),
            "date_added": made,
            "date_modified": made + timedelta(days=random.randrange(40)),
            "provider_id": random.randint(1, 7),
            "start_date": made.date(),
            "drug": f"{random.choice(_DRUGS)} {random.choice([5, 10, 20, 40, 500])} mg",
            "dosage": random.choice(["1", "2", "1/2"]),
            "quantity": random.choice([30, 60, 90, 10, 14, 20]),
            "unit": random.choice(["mg", "ml", "puff"]),
            "refills": random.choice([0, 1, 2, 3, 5, 11]),
            "note": random.choice(["", "", _text(random)]),
            "active": int(random.random() < 0.7),
        }


def _lists(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        begun = _past(random, 4000)
        yield {
            "id": number,
            "date": begun,
            "type": random.choice(["medical_problem", "allergy", "surgery"]),
            "title": random.choice(_ISSUES),
            "begdate": begun.date(),
            "enddate": (begun + timedelta(days=90)).date() if random.random() < 0.3 else None,
            "diagnosis": random.choice(["ICD10:I10", "ICD10:E11.9", "ICD10:J45.909", "ICD10:G43.909", ""]),
            "comments": random.choice(["", "", _text(random)]),
            "pid": _pid(random.randint(1, patients)),
        }


def _billing(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        made = _past(random)
        yield {
            "id": number,
            "date": made,
            "code_type": random.choice(["CPT4", "CPT4", "ICD10", "COPAY"]),
            "code": random.choice(["99213", "99214", "99203", "90471", "81002", "I10", "E11.9"]),
            "pid": _pid(random.randint(1, patients)),
            "provider_id": random.randint(1, 7),
            "encounter": 5000 + random.randint(1, patients * 2 - 1),
            "code_text": random.choice(["Office visit est", "Immunization admin", "Urinalysis", "Office visit new"]),
            "billed": int(random.random() < 0.6),
            "fee": Decimal(random.randrange(1500, 25_000)) / 100,
            "units": random.choice([1, 1, 1, 2, 3, 4]),
            "bill_date": made + timedelta(days=2) if random.random() < 0.6 else None,
        }


def _insurance_data(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 40):
        yield {
            "id": number,
            "type": "primary" if number <= patients else "secondary",
            "provider": str(random.randint(1, 5)),
            "plan_name": random.choice(["Gold PPO", "Silver HMO", "Basic", "Choice Plus"]),
            "policy_number": f"{random.choice('ABC')}{random.randint(10**7, 10**8 - 1)}",
            "group_number": f"G{random.randint(100, 999)}",
            "subscriber_lname": random.choice(_LAST_NAMES),
            "subscriber_fname": random.choice(_FIRST_NAMES),
            "subscriber_relationship": random.choice(["self", "self", "spouse", "child"]),
            "subscriber_DOB": date(1950, 1, 1) + timedelta(days=random.randrange(18_000)),
            "pid": _pid((number - 1) % patients + 1),
            "date": _past(random).date(),
        }


_MADE = {
    "patient_data": _patient_data,
    "users": _users,
    "facility": _facility,
    "insurance_companies": _insurance_companies,
    "openemr_postcalendar_events": _events,
    "form_encounter": _form_encounter,
    "pnotes": _pnotes,
    "documents": _documents,
    "prescriptions": _prescriptions,
    "lists": _lists,
    "billing": _billing,
    "insurance_data": _insurance_data,
}
