"""One row of each source table, as clinic staff would have typed it: mostly well, sometimes not.

Everything is a function of the random source, so a clinic is the same for the same seed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from infra.clinics import words as common
from infra.clinics.clinic import Row
from infra.clinics.clinic_place import words
from infra.clinics.clinic_place.words import Location
from infra.clinics.handwriting import email, mistyped, phone, sloppy, text, wall_clock

NEVER_ISSUED = 900_000
"""Patients from this number on never existed; a row that names one is an orphan from the beginning."""
OVERSIZE_BYTES = 27 * 1024 * 1024
"""More than the 25 MB that Twenty takes in one upload."""

_FOREIGN_CURRENCY_EVERY = 97


def patient_id(number: int) -> str:
    return f"P-{number:06d}"


def physician_id(number: int) -> str:
    return f"D-{number:05d}"


def staff_id(number: int) -> str:
    return f"S-{number:03d}"


def currency(patient: str) -> str:
    """One currency per patient, so that a patient's balance is one amount."""
    return "CAD" if int(patient[2:]) % _FOREIGN_CURRENCY_EVERY == 13 else "USD"


def patient(random: Random, number: int) -> Row:
    """A patient who shares nothing with anybody. Absent values are NULL or empty, as the old forms left them."""
    first, last = random.choice(common.FIRST_NAMES), random.choice(common.LAST_NAMES)
    city, state, postcode = random.choice(common.CITIES)
    born = datetime.fromisoformat("1935-01-01") + timedelta(days=random.randrange(31_000))
    row: Row = {
        "patient_id": patient_id(number),
        "first_name": mistyped(random, 0.03, first, f"{first} ", f" {first}"),
        "last_name": mistyped(random, 0.02, last, f"{last}  ", last.upper()),
        "email": email(random, first, last, number),
        "phone": mistyped(random, 0.08, phone(random, number), "call front desk", "unknown", "", None),
        "street": mistyped(random, 0.03, f"{random.randint(1, 999)} {random.choice(common.STREETS)}", "", None),
        "city": mistyped(random, 0.03, city, f"{city} ", None),
        "state": state,
        "postcode": postcode,
        "country": mistyped(random, 0.01, random.choice(words.COUNTRIES), "Narnia", None),
        "date_of_birth": mistyped(random, 0.03, f"{born:%Y-%m-%d}", "2023-02-30", "1968-00-00", "unknown", "", None),
        "billing_status": mistyped(
            random, 0.05, random.choice(words.BILLING_STATUSES), "collections", "Paid ", "", None
        ),
        **insurance(random),
        **located(random, random.choice(words.LOCATIONS)),
        "referring_physician_id": None,
        "created_at": wall_clock(random),
    }
    if random.random() < 0.02:
        row.update(dict.fromkeys(name for name in row if name.startswith("location_")))
    return row


def insurance(random: Random) -> Row:
    """None, one or two insurers, never the same twice."""
    row: Row = {f"{name}_{place}": None for place in (1, 2) for name in ("insurer", "plan", "policy")}
    carriers = random.sample(common.CARRIERS, 2)
    count = random.choices((0, 1, 2), (25, 55, 20))[0]
    for place, carrier in enumerate(carriers[:count], 1):
        row[f"insurer_{place}"] = sloppy(random, carrier) if random.random() < 0.2 else carrier
        row[f"plan_{place}"] = random.choice(words.PLANS)
        row[f"policy_{place}"] = f"{random.randrange(10**8):08d}-{place:02d}"
    row["primary_insurer"] = random.choice((*range(1, count + 1), 1)) if count and random.random() > 0.1 else None
    return row


def located(random: Random, location: Location) -> Row:
    """The location's columns; some rows still carry old hours or somebody's spelling of the name."""
    name, hours = location.name, location.hours
    return {
        "location_name": mistyped(random, 0.15, name, sloppy(random, name)),
        "location_street": location.street,
        "location_city": location.city,
        "location_state": location.state,
        "location_postcode": location.postcode,
        "location_phone": mistyped(random, 0.02, location.phone, "see website"),
        "location_hours": mistyped(random, 0.05, hours, "9-5", ""),
        "location_is_hq": location.is_hq,
    }


def physician(random: Random, number: int) -> Row:
    first, last = random.choice(common.FIRST_NAMES), random.choice(common.LAST_NAMES)
    return {
        "physician_id": physician_id(number),
        "first_name": first,
        "last_name": last,
        "practice": random.choice(words.PRACTICES),
        "email": mistyped(random, 0.2, f"dr.{number}@practice.example.org", f"Dr.{number}@Practice.Example.org", None),
        "phone": mistyped(random, 0.05, phone(random, 150_000 + number), "ask for Jo"),
    }


def staff(random: Random, number: int) -> Row:
    role, specialty = random.choice(words.ROLES)
    address = f"staff.{number}@clinic.example.com"
    return {
        "staff_id": staff_id(number),
        "first_name": random.choice(common.FIRST_NAMES),
        "last_name": random.choice(common.LAST_NAMES),
        "email": mistyped(random, 0.3, address, address.title(), f" {address.upper()} "),
        "role": role,
        "specialty": specialty,
        "licence_number": f"NY-{random.randrange(10**6):06d}" if role == "doctor" else None,
        "location_name": random.choice(words.LOCATIONS).name,
    }


def appointment(random: Random, number: int, patient: str, staff: str) -> Row:
    return {
        "appointment_id": number,
        "patient_id": patient,
        "staff_id": mistyped(random, 0.05, staff, None, "S-999"),
        "type": mistyped(random, 0.02, random.choice(words.APPOINTMENT_TYPES), "walk-in", ""),
        "starts_at": wall_clock(random),
        "duration_minutes": mistyped(random, 0.02, 15 * random.randint(1, 6), None),
        "status": mistyped(random, 0.01, random.choice(words.APPOINTMENT_STATUSES), "rescheduled"),
        "note": mistyped(random, 0.3, text(random), "", None),
    }


def clinical_note(random: Random, number: int, patient: str) -> Row:
    kind = random.choice(words.NOTE_KINDS)
    return {
        "note_id": number,
        "patient_id": patient,
        "kind": mistyped(random, 0.01, kind, "referral letter"),
        "title": mistyped(random, 0.05, f"{kind.capitalize()} {number}", "", f"{kind} “{number}” "),
        "body": mistyped(random, 0.02, text(random), "", None),
        "written_at": wall_clock(random) + timedelta(microseconds=random.randrange(10**6)),
        "author": f"Dr. {random.choice(common.LAST_NAMES)}",
    }


def invoice(random: Random, number: int, patient: str) -> Row:
    billed = Decimal(random.randrange(1_000, 900_000)) / 100
    status = random.choice(words.BILLING_STATUSES)
    paid = billed if status == "paid" else billed * random.choice((0, 0, 1)) / 2
    return {
        "invoice_id": number,
        "patient_id": patient,
        "invoice_number": f"INV-{number:07d}",
        "amount_billed": billed,
        "amount_paid": paid.quantize(Decimal("0.01")),
        "currency": currency(patient),
        "payment_date": wall_clock(random).date() if paid else None,
        "payment_method": random.choice(words.PAYMENT_METHODS) if paid else None,
        "status": status,
    }


def emergency_contact(random: Random, number: int, patient: str, contact: Row | None) -> Row:
    """``contact``: the patients row of the person who is called, if that is a patient; else somebody unknown here."""
    if contact is not None:
        name = f"{contact['first_name']} {contact['last_name']}"
        called = mistyped(random, 0.3, name, sloppy(random, name)), contact["phone"]
    else:
        name = f"{random.choice(common.FIRST_NAMES)} {random.choice(common.LAST_NAMES)}"
        called = name, mistyped(random, 0.05, phone(random, 100_000 + number), "same as mine", None)
    return {
        "contact_id": number,
        "patient_id": patient,
        "name": called[0],
        "phone": called[1],
        "relation": random.choice(words.RELATIONS),
    }


def activity(random: Random, number: int, patient: str) -> Row:
    return {
        "activity_id": number,
        "patient_id": patient,
        "kind": random.choice(words.ACTIVITY_KINDS),
        "direction": mistyped(random, 0.02, random.choice(words.DIRECTIONS), "internal", None),
        "subject": mistyped(random, 0.03, random.choice(common.SUBJECTS), ""),
        "body": text(random),
        "happened_at": wall_clock(random),
    }


def document(random: Random, number: int, patient: str, size: int) -> Row:
    kind = random.choice(words.DOCUMENT_KINDS)
    return {
        "document_id": number,
        "patient_id": patient,
        "kind": kind,
        "file_name": random.choice(
            (f"{kind} {number}.pdf", f"Röntgen #{number}.pdf", f"{kind}.pdf", f"it's {number}.txt")
        ),
        "path": f"{patient}/{number}.bin",
        "size_bytes": size,
        "uploaded_at": wall_clock(random),
    }
