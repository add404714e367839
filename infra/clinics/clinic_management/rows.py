"""One row of each source table, as staff would have typed it into twenty years of releases."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from infra.clinics import words as common
from infra.clinics.clinic import Row
from infra.clinics.clinic_management import words
from infra.clinics.handwriting import email, mistyped, phone, text, wall_clock

NEVER_ISSUED = 900_000
"""Patients from this number on never existed; a row that names one is an orphan from the beginning."""
OVERSIZE_BYTES = 40 * 1024 * 1024
"""A scan of the whole file; Twenty takes 25 MB in one upload."""
ACTIVE_DAYS = 500
"""Who was seen within this time is active; two years are the limit."""

_TIME = "%m/%d/%Y %I:%M %p"
_DAY = "%m/%d/%Y"


def patient(random: Random, number: int, today: date) -> Row:
    """A patient who shares nothing with anybody, seen within the last 500 days or of unknown last visit."""
    first, last = random.choice(common.FIRST_NAMES), random.choice(common.LAST_NAMES)
    city, state, postcode = random.choice(common.CITIES)
    born = date(1935, 1, 1) + timedelta(days=random.randrange(31_000))
    seen = today - timedelta(days=random.randrange(ACTIVE_DAYS))
    return {
        "pt_no": number,
        "nm_first": mistyped(random, 0.03, first, f"{first} ", f" {first}"),
        "nm_last": mistyped(random, 0.03, last, f"{last}  ", last.upper()),
        "email_addr": email(random, first, last, number),
        "tel_home": mistyped(random, 0.08, phone(random, number), "none", "ask daughter", "", None),
        "addr_1": mistyped(random, 0.03, f"{random.randint(1, 999)} {random.choice(common.STREETS)}", "", None),
        "addr_city": mistyped(random, 0.03, city, f"{city} ", None),
        "addr_st": state,
        "addr_zip": postcode,
        "dob_txt": mistyped(random, 0.04, f"{born:{_DAY}}", f"{born:%Y-%m-%d}", "02/30/2023", "unknown", "", None),
        "mrn": mistyped(random, 0.02, f"MRN{number:07d}", "", None),
        "ins_id": mistyped(random, 0.2, f"{random.choice('ABCX')}{random.randrange(10**8):08d}", "", None),
        "consent_yn": random.choice(("Y", "Y", "N", "y ", "", None)),
        "rec_status": "A",
        "merged_to": None,
        "guarantor_no": None,
        "owner_email": None,
        "last_visit_on": mistyped(random, 0.1, seen, None),
        "opened_txt": time(random),
    }


def time(random: Random) -> str | None:
    """A time as the front desk types it, now and then in an hour that a clock change doubles or drops, or no time."""
    written: str | None = mistyped(random, 0.03, f"{wall_clock(random):{_TIME}}", "TBD", "", None)
    return written


def day(random: Random) -> str | None:
    written: str | None = mistyped(random, 0.03, f"{wall_clock(random):{_DAY}}", "13/13/2024", "", None)
    return written


def parsed(written: str | None) -> datetime | None:
    """What ``time`` or ``day`` wrote; None where that is no time."""
    for form in (_TIME, _DAY, "%Y-%m-%d"):
        try:
            return datetime.strptime(written or "", form)  # noqa: DTZ007  # wall clock
        except ValueError:
            continue
    return None


def provider(random: Random, number: int) -> Row:
    address = f"provider.{number}@practice.example.org"
    specialties = random.sample(words.SPECIALTIES, random.randint(0, 3))
    return {
        "prov_id": number,
        "nm_first": random.choice(common.FIRST_NAMES),
        "nm_last": random.choice(common.LAST_NAMES),
        "prov_kind": random.choice(("PHY", "PRV")),
        "npi": mistyped(random, 0.4, f"{1_000_000_000 + number}", "", None, f"{999_999_999 + number}"),
        "specs": mistyped(random, 0.3, ";".join(specialties), f"{';'.join(specialties)}; XRAY", None),
        "email_addr": mistyped(random, 0.3, address, address.title(), None),
    }


def staff(random: Random, number: int) -> Row:
    address = f"desk.{number}@clinic.example.com"
    return {
        "usr_id": number,
        "nm_first": random.choice(common.FIRST_NAMES),
        "nm_last": random.choice(common.LAST_NAMES),
        "email_addr": mistyped(random, 0.3, address, address.title(), f" {address.upper()} "),
    }


def staff_email(random: Random, staff: int) -> str | None:
    """The e-mail of one of the staff, or of somebody who has left, or nobody's."""
    address = f"desk.{random.randint(1, staff)}@clinic.example.com"
    written: str | None = mistyped(random, 0.2, address, address.upper(), "left@clinic.example.com", "", None)
    return written


def appointment(random: Random, number: int, patient: int, provider: int, staff: int) -> Row:
    minutes = 15 * random.randint(1, 6)
    return {
        "appt_id": number,
        "pt_no": patient,
        "prov_id": mistyped(random, 0.1, provider, None, 999),
        "booked_by": mistyped(random, 0.05, staff, None, 999),
        "type_cd": mistyped(random, 0.03, random.choice(tuple(words.APPOINTMENT_TYPES)), "???", ""),
        "reason": mistyped(random, 0.1, random.choice(words.REASONS), "", None),
        "start_txt": time(random),
        "dur_txt": random.choice((f"{minutes} min", f"{minutes}", f"{minutes // 60}:{minutes % 60:02d}", "", "long")),
        "stat_cd": mistyped(random, 0.02, random.choice(words.APPOINTMENT_STATES), "Q"),
        "memo": mistyped(random, 0.3, text(random), "", None),
    }


def minutes(written: str | None) -> int | None:
    """What ``appointment`` wrote as a duration; None where that is none."""
    plain = (written or "").removesuffix(" min")
    hours, colon, rest = plain.partition(":")
    if colon:
        return 60 * int(hours) + int(rest)
    return int(plain) if plain.isdigit() else None


def medical_note(random: Random, number: int, patient: int) -> Row:
    """HTML since the editor came; older ones are plain text, where line breaks count."""
    html = "\n".join(random.sample(tuple(words.HTML), random.randint(1, 4)))
    return {
        "note_no": number,
        "pt_no": patient,
        "head": mistyped(random, 0.05, f"Encounter {number}", ""),
        "body": mistyped(random, 0.05, html if random.random() < 0.6 else text(random), "", None),
        "enc_txt": time(random),
        "clinician": f"Dr. {random.choice(common.LAST_NAMES)}",
    }


def policy(random: Random, number: int, patient: int) -> Row:
    return {
        "pol_id": number,
        "pt_no": patient,
        "rank": random.randint(1, 3),
        "carrier": random.choice(common.CARRIERS),
        "policy_no": f"{random.randrange(10**8):08d}",
        "group_no": mistyped(random, 0.2, f"G-{random.randrange(1000)}", "", None),
        "cov_cd": mistyped(random, 0.04, random.choice(words.COVERAGES), "VIP", ""),
    }


def claim(random: Random, number: int, patient: int, entered_by: str | None) -> Row:
    billed = Decimal(random.randrange(1_000, 900_000)) / 100
    return {
        "claim_no": number,
        "pt_no": patient,
        "billed": billed,
        "paid": mistyped(random, 0.2, (billed * random.randint(0, 4) / 4).quantize(Decimal("0.01")), None),
        "payer": random.choice(common.CARRIERS),
        "stat_cd": mistyped(random, 0.03, random.choice(words.CLAIM_STATES), "ERR"),
        "svc_txt": day(random),
        "entered_by": entered_by,
    }


def referral(random: Random, number: int, patient: int, provider: Row | None) -> Row:
    """By a provider of the clinic's own, or by somebody from outside."""
    if provider:
        name, address = f"{provider['nm_first']} {provider['nm_last']}", provider["email_addr"]
        address = address and random.choice((address, address.upper(), f"{address} "))
    else:
        name, address = random.choice(words.OUTSIDERS), f"office{random.randrange(50)}@example.org"
    return {
        "ref_no": number,
        "pt_no": patient,
        "ref_nm": name,
        "ref_email": mistyped(random, 0.1, address, "fax only", "", None),
        "ref_on": mistyped(random, 0.1, wall_clock(random).date(), None),
    }


def treatment_plan(random: Random, number: int, patient: int) -> Row:
    lines = [
        {
            "no": place,
            "proc": {"code": code, "text": title},
            "from": day(random),
            "to": day(random),
        }
        for place, (code, title) in enumerate(random.sample(words.PROCEDURES, random.randint(0, 3)), 1)
    ]
    return {
        "plan_no": number,
        "pt_no": patient,
        "head": f"Plan {number}",
        "summary": mistyped(random, 0.1, text(random), "", None),
        "lines_json": mistyped(random, 0.1, json.dumps(lines), "see chart", "", None),
        "made_txt": time(random),
    }


def lab_result(random: Random, number: int, patient: int) -> Row:
    test, unit, normal = random.choice(words.TESTS)
    return {
        "lab_no": number,
        "pt_no": patient,
        "test_nm": test,
        "val_txt": mistyped(random, 0.1, f"{random.randrange(1, 3000) / 10}", "hemolyzed", "> 300"),
        "unit": unit,
        "ref_rng": normal,
        "coll_txt": time(random),
        "stat_cd": mistyped(random, 0.03, random.choice(words.LAB_STATES), "U"),
        "narrative": text(random) if random.random() < 0.6 else random.choice(("", None)),
    }


def document(random: Random, number: int, patient: int, size: int) -> Row:
    """Some scans were never finished; the oversize one is blank paper."""
    scan = bytes(size) if size >= OVERSIZE_BYTES else mistyped(random, 0.05, random.randbytes(size), None)
    return {
        "doc_no": number,
        "pt_no": patient,
        "doc_nm": random.choice(words.FILES).format(number),
        "scan": scan,
        "up_txt": time(random),
    }


def activity(random: Random, number: int, patient: int) -> Row:
    return {
        "act_no": number,
        "pt_no": patient,
        "kind_cd": random.choice(words.ACTIVITY_KINDS),
        "dir_cd": mistyped(random, 0.03, random.choice(words.DIRECTIONS), "?", None),
        "subj": mistyped(random, 0.03, random.choice(words.SUBJECTS), ""),
        "body": text(random),
        "at_txt": time(random),
    }
