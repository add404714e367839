"""One row of each table of Core Practice, as a front desk has typed it; all text is of Windows' character set."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from infra.clinics import words as common
from infra.clinics.clinic import Row
from infra.clinics.core_practice import words
from infra.clinics.handwriting import email, mistyped, phone, text, wall_clock

NEVER_ISSUED = 900_000
"""Patients from this number on never existed; a row that names one is an orphan from the beginning."""
FIRST_EXPORT = date(2025, 6, 1)
"""Who was archived before is in no export at all."""
OVERSIZE_BYTES = 40 * 1024 * 1024
"""A scan of the jaw; Twenty takes 25 MB in one upload."""
ENCODING = "cp1252"

_TIME = "%m/%d/%Y %H:%M"
_DAY = "%m/%d/%Y"
_NOTHING = ("", None)


def windows(row: Row) -> Row:
    """The row as the software keeps it: what its character set lacks is a question mark."""
    return {
        name: value.encode(ENCODING, "replace").decode(ENCODING) if isinstance(value, str) else value
        for name, value in row.items()
    }


def practice_id(number: int) -> str:
    return f"PR-{number:02d}"


def doctor_id(number: int) -> str:
    return f"DR-{number:03d}"


def practice(random: Random, number: int) -> Row:
    city, state, postcode = random.choice(common.CITIES)
    name = words.PRACTICE_NAMES[number % len(words.PRACTICE_NAMES)]
    return {
        "practice_id": practice_id(number),
        "practice_name": f"{name} {number}",
        "group_name": words.GROUPS[number % 2] if number % 3 else None,
        "first_address": f"{random.randint(1, 999)} {random.choice(common.STREETS)}",
        "city": city,
        "state": random.choice((state, words.STATES[state])),
        "postal_code": postcode,
        "phone": phone(random, 9000 + number),
    }


def doctor(random: Random, number: int) -> Row:
    address = f"dr.{number}@dental.example.com"
    return {
        "doctor_id": doctor_id(number),
        "first_name": random.choice(common.FIRST_NAMES),
        "last_name": random.choice(common.LAST_NAMES),
        "email": mistyped(random, 0.3, address, address.title(), f" {address.upper()} "),
        "specialization": mistyped(random, 0.1, random.choice(words.SPECIALIZATIONS), "Chiropody", "orthodontics "),
    }


def patient(random: Random, number: int) -> Row:
    """A patient who shares nothing with anybody, at no practice."""
    first, last = random.choice(common.FIRST_NAMES), random.choice(common.LAST_NAMES)
    born = date(1935, 1, 1) + timedelta(days=random.randrange(31_000))
    return {
        "patient_id": number,
        "first_name": mistyped(random, 0.03, first, f"{first} ", f" {first}"),
        "last_name": mistyped(random, 0.03, last, last.upper()),
        "email": email(random, first, last, number),
        "mobile": mistyped(random, 0.08, phone(random, number), "none", "ask mother", *_NOTHING),
        **address(random),
        "dob": mistyped(random, 0.04, f"{born:{_DAY}}", f"{born:%Y-%m-%d}", "02/30/2023", "unknown", *_NOTHING),
        "practice_id": None,
        "responsible_id": None,
        "registered_at": time(random),
        "archived_on": None,
    }


def chart_merge(random: Random, number: int, merged: int, kept: int) -> Row:
    return {"merge_id": number, "merged_patient_id": merged, "kept_patient_id": kept, "merged_at": time(random)}


def address(random: Random) -> Row:
    """Most are of the States, whichever way that and theirs are written; some of the states are none."""
    city, state, postcode = random.choice(common.CITIES)
    country: str | None = random.choice(("USA", "us", "United States", "", None))
    if random.random() < 0.08:
        city, state, postcode, country = random.choice(words.FOREIGNERS)
    else:
        state = mistyped(random, 0.3, state, state.lower(), words.STATES[state], words.STATES[state].upper(), "ZZ")
        postcode = mistyped(random, 0.08, postcode, f"{postcode}-0123", "1234", "n/a")
        country = mistyped(random, 0.03, country, "U.S.", "Narnia")
    return {
        "first_address": mistyped(random, 0.03, f"{random.randint(1, 999)} {random.choice(common.STREETS)}", *_NOTHING),
        "patient_city": city,
        "patient_state": state,
        "patient_postal_code": postcode,
        "patient_country": country,
    }


def time(random: Random) -> str | None:
    """A time as the front desk types it, now and then in an hour that a clock change doubles or drops, or no time."""
    written: str | None = mistyped(random, 0.03, f"{wall_clock(random):{_TIME}}", "TBD", *_NOTHING)
    return written


def day(random: Random) -> str | None:
    written: str | None = mistyped(random, 0.03, f"{wall_clock(random):{_DAY}}", "13/13/2024", *_NOTHING)
    return written


def money(random: Random) -> str | None:
    amount = Decimal(random.randrange(1_000, 900_000)) / 100
    written: str | None = mistyped(random, 0.05, f"{amount:.2f}", f" {amount:.2f}", "see plan", *_NOTHING)
    return written


def parsed(written: str | None) -> datetime | None:
    """What ``time`` or ``day`` wrote; None where that is no time."""
    for form in (_TIME, _DAY, "%Y-%m-%d"):
        try:
            return datetime.strptime(written or "", form)  # noqa: DTZ007  # wall clock
        except ValueError:
            continue
    return None


def appointment(random: Random, number: int, patient: int, doctor: str) -> Row:
    codes = random.sample(tuple(words.PROCEDURES), random.randint(0, 3))
    return {
        "appointment_id": number,
        "patient_id": patient,
        "doctor_id": mistyped(random, 0.1, doctor, None, "DR-999"),
        "appointment_type": mistyped(random, 0.04, random.choice(words.APPOINTMENT_TYPES), "Botox", ""),
        "procedure_codes": mistyped(random, 0.1, ";".join(codes), f"{'; '.join(codes)};D9999", None),
        "starts_at": time(random),
        "status": mistyped(random, 0.05, random.choice(words.APPOINTMENT_STATES), "no-show ", "Moved?"),
        "remarks": mistyped(random, 0.3, text(random), *_NOTHING),
    }


def treatment_plan(random: Random, number: int, patient: int) -> Row:
    return {
        "plan_id": number,
        "patient_id": patient,
        "procedure_name": random.choice(tuple(words.PROCEDURES.values())),
        "status": mistyped(random, 0.05, random.choice(words.PLAN_STATES), "On hold", "PROPOSED"),
        "estimated_cost": money(random),
    }


def invoice(random: Random, number: int, patient: int) -> Row:
    chosen = random.sample(tuple(words.PROCEDURES.items()), random.randint(0, 3))
    lines = [
        {"line": place, "code": code, "description": title, "fee": mistyped(random, 0.1, fee, "")}
        for place, (code, title) in enumerate(chosen, 1)
        for fee in [f"{random.randint(20, 900)}.50"]
    ]
    return {
        "invoice_id": number,
        "invoice_number": f"INV-{number:07d}",
        "patient_id": patient,
        "invoice_date": day(random),
        "total": money(random),
        "status": mistyped(random, 0.05, random.choice(words.INVOICE_STATES), "Written off"),
        "line_items": mistyped(random, 0.1, json.dumps(lines, ensure_ascii=False), "see paper", *_NOTHING),
    }


def billing(random: Random, invoice: int) -> Row:
    return {"invoice_id": invoice, "outstanding": money(random), "last_payment": day(random)}


def claim(random: Random, number: int, patient: int) -> Row:
    return {
        "claim_id": number,
        "patient_id": patient,
        "amount": money(random),
        "claim_date": day(random),
        "provider_name": f"Dr. {random.choice(common.LAST_NAMES)}",
        "service_code": random.choice(tuple(words.PROCEDURES)),
        "payer": random.choice(common.CARRIERS),
        "status": mistyped(random, 0.04, random.choice(words.CLAIM_STATES), "Appealed", ""),
    }


def clinical_note(random: Random, number: int, patient: int, doctor: str) -> Row:
    return {
        "note_id": number,
        "patient_id": patient,
        "doctor_id": mistyped(random, 0.1, doctor, None, "DR-999"),
        "doctor_name": f"Dr. {random.choice(common.LAST_NAMES)}",
        "subject": mistyped(random, 0.05, f"Visit {number}", ""),
        "body": mistyped(random, 0.05, text(random), *_NOTHING),
        "visibility": mistyped(random, 0.05, random.choice(words.VISIBILITIES), "Partners", None),
        "written_at": time(random),
        "edited_at": mistyped(random, 0.5, time(random), None),
    }


def document(random: Random, number: int, patient: int, size: int) -> Row:
    """Large images lie with the imaging software too, which shows them."""
    large = size >= OVERSIZE_BYTES
    return {
        "document_id": number,
        "patient_id": patient,
        "file_name": random.choice(words.FILES).format(number),
        "path": f"{patient}/{number}.bin",
        "size_bytes": size,
        "viewer_url": f"https://imaging.example.com/studies/{number}" if large else None,
        "uploaded_at": time(random),
    }


def activity(random: Random, number: int, patient: int) -> Row:
    return {
        "activity_id": number,
        "patient_id": patient,
        "kind": random.choice(words.ACTIVITY_KINDS),
        "direction": mistyped(random, 0.05, random.choice(words.DIRECTIONS), "?", None),
        "subject": mistyped(random, 0.03, random.choice(words.SUBJECTS), ""),
        "body": text(random),
        "happened_at": time(random),
    }
