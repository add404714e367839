"""One row of each table of the practice suite, as its users would have typed it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from infra.clinics import words as common
from infra.clinics.advance_practice import words
from infra.clinics.clinic import Row
from infra.clinics.handwriting import email, mistyped, phone, text, wall_clock

NEVER_ISSUED = 900_000
"""Patients and organizations from this number on never existed; a row that names one is an orphan from the beginning.
"""
RETIRED = 800_000
"""Patients from this number on were merged into others long ago; there are laboratories that go on naming them."""
OVERSIZE_BYTES = 40 * 1024 * 1024
"""A scan of the whole file; Twenty takes 25 MB in one upload."""

_TIME = "%m/%d/%Y %H:%M"
_DAY = "%d-%b-%Y"
_CONSENT = "%m/%d/%Y"


def time(random: Random) -> str | None:
    """A time as the export writes it, now and then in an hour that a clock change doubles or drops, or no time."""
    written: str | None = mistyped(random, 0.04, f"{wall_clock(random):{_TIME}}", "00/00/0000 00:00", "", None)
    return written


def parsed(written: str | None) -> datetime | None:
    """What ``time``, ``claim`` or a property wrote; None where that is no time."""
    for form in (_TIME, _DAY, _CONSENT):
        try:
            return datetime.strptime(written or "", form)  # noqa: DTZ007  # wall clock
        except ValueError:
            continue
    return None


def organization(random: Random, number: int, parents: int) -> Row:
    """``parents``: its parent is one of so many or a neighbor, at times itself, or none that exists."""
    site = f"practice{number}.example.org"
    parent = random.choice((random.randint(1, parents), max(1, number + random.randint(-1, 1))))
    return {
        "org_id": number,
        "org_name": f"{random.choice(words.ORGANIZATIONS)} {number}",
        "site": mistyped(random, 0.3, f"https://{site}", site, "under construction", "", None),
        "parent_id": mistyped(random, 0.4, parent, None, NEVER_ISSUED + number),
    }


def payer(random: Random, number: int, name: str) -> Row:
    return {
        "payer_id": number,
        "payer_name": name,
        "policy_type": mistyped(random, 0.2, random.choice(words.POLICY_TYPES), "???", ""),
        "coverage": mistyped(random, 0.1, random.choice(words.COVERAGE), None),
    }


def provider(random: Random, number: int, key: int) -> Row:
    address = provider_email(number)
    return {
        "provider_id": key,
        "given": random.choice(common.FIRST_NAMES),
        "family": random.choice(common.LAST_NAMES),
        "email": mistyped(random, 0.3, address, address.title(), f" {address.upper()} ", None),
        "specialty": random.choice(words.SPECIALTIES),
        "credentials": random.choice(words.CREDENTIALS),
    }


def provider_email(number: int) -> str:
    return f"doctor.{number}@advance.example.com"


def handler(random: Random, providers: int) -> str | None:
    """The e-mail of a provider, or of somebody who has left, or nobody's."""
    address = provider_email(random.randint(1, providers))
    written: str | None = mistyped(random, 0.2, address, address.upper(), "left@advance.example.com", "", None)
    return written


def patient(random: Random, number: int) -> Row:
    """A patient who shares nothing with anybody, without a payer."""
    first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
    city, state, postcode = random.choice(common.CITIES)
    return {
        "patient_no": number,
        "first_nm": first,
        "last_nm": mistyped(random, 0.03, last, last.upper()),
        "email": email(random, first, last, number),
        "phone": mistyped(random, 0.08, phone(random, number), "none", "über Tochter", "", None),
        "street": mistyped(random, 0.03, f"{random.randint(1, 999)} {random.choice(common.STREETS)}", "", None),
        "city": mistyped(random, 0.03, city, "", None),
        "state": state,
        "zip": postcode,
        "job_title": mistyped(random, 0.2, random.choice(words.JOB_TITLES), "", None),
        "registered": time(random),
        "owner_email": None,
        "org_id": None,
        "payer_id": None,
        "payer_name": None,
    }


def chart_merge(random: Random, key: int, old: int, new: int) -> Row:
    return {"merge_id": key, "old_no": old, "new_no": new, "merged": time(random)}


def case(random: Random, key: int, patient: int, org: int | None, handler_email: str | None) -> Row:
    kind, status = random.choice(words.CASE_TYPES), random.choice(words.CASE_STATES)
    return {
        "case_id": key,
        "patient_no": patient,
        "org_id": org,
        "title": f"{kind} {key % 1000}",
        "case_type": mistyped(random, 0.05, kind, kind.upper(), "Other"),
        "status": mistyped(random, 0.2, status, status.upper(), f"{status} "),
        "billed": mistyped(random, 0.1, Decimal(random.randrange(1_000, 900_000)) / 100, None, Decimal("0.00")),
        "handler_email": handler_email,
    }


def appointment(random: Random, key: int, patient: int, provider_email: str | None) -> Row:
    return {
        "appt_id": key,
        "patient_no": patient,
        "provider_email": provider_email,
        "kind": mistyped(random, 0.05, random.choice(words.APPOINTMENT_TYPES), "???", ""),
        "subject": mistyped(random, 0.1, f"Visit {key % 1000}", "", None),
        "memo": mistyped(random, 0.3, text(random), "", None),
        "starts": mistyped(random, 0.03, wall_clock(random), None),
        "status": random.choice(words.APPOINTMENT_STATES),
    }


def claim(random: Random, key: int, patient: int, org: int | None) -> Row:
    return {
        "claim_id": key,
        "patient_no": patient,
        "org_id": org,
        "amount": Decimal(random.randrange(1_000, 900_000)) / 100,
        "status": mistyped(random, 0.05, random.choice(words.CLAIM_STATES), "99-REJECTED BY EDI", ""),
        "filed_on": mistyped(random, 0.05, f"{wall_clock(random):{_DAY}}", "31-Feb-2024", "", None),
    }


def note(random: Random, key: int, patient: int | None, org: int | None) -> Row:
    """HTML, at times with pictures in it; older ones are plain text, where line breaks count."""
    html = "\n".join(random.sample(tuple(words.HTML), random.randint(1, 4)))
    written = mistyped(random, 0.05, wall_clock(random), None)
    return {
        "note_id": key,
        "patient_no": patient,
        "org_id": org,
        "heading": mistyped(random, 0.05, f"Note {key % 1000}", ""),
        "html": mistyped(random, 0.05, html if random.random() < 0.7 else text(random), "", None),
        "author": f"Dr. {random.choice(common.LAST_NAMES)}",
        "written": written,
        "edited": written and random.choice((None, written + timedelta(days=2))),
    }


def document(random: Random, key: int, patient: int | None, org: int | None) -> Row:
    """But for its bytes."""
    return {
        "doc_no": key,
        "patient_no": patient,
        "org_id": org,
        "file_name": random.choice(words.FILES).format(key % 1000),
        "path": f"dump/{key % 7}/{key}.bin",
        "bytes": 0,
        "sha256": "",
        "stored": time(random),
    }


def activity(random: Random, key: int, patient: int) -> Row:
    return {
        "activity_id": key,
        "patient_no": patient,
        "kind": random.choice(words.ACTIVITY_KINDS),
        "direction": mistyped(random, 0.05, random.choice(words.DIRECTIONS), "?", None),
        "subject": random.choice(words.SUBJECTS),
        "body": text(random),
        "happened": mistyped(random, 0.03, wall_clock(random), None),
    }


def content(random: Random, label: str) -> str | None:
    """What a custom property holds."""
    wrong: tuple[str | None, ...] = ("", None)
    match label:
        case "Preferred contact":
            right, wrong = random.choice(words.CONTACTS), ("Carrier pigeon", "")
        case "Consent signed":
            right, wrong = f"{wall_clock(random):{_CONSENT}}", ("02/30/2023", "")
        case "Insurance group ID":
            right = f"G-{random.randrange(1000)}"
        case "Referral source":
            right = random.choice(words.REFERRALS)
        case _:
            right = f"{random.randint(36, 47)}"
    written: str | None = mistyped(random, 0.12, right, *wrong)
    return written
