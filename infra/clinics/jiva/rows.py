"""One row of each of Jiva's tables, as its API hands it out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from infra.clinics import words as common
from infra.clinics.clinic import Row
from infra.clinics.handwriting import email, mistyped, phone, text, wall_clock
from infra.clinics.jiva import words

NEVER_ISSUED = 90_000_000
"""Members from this number on never existed, nor did what is numbered after them; a row that names one as its parent is
an orphan from the beginning."""
OVERSIZE_BYTES = 40 * 1024 * 1024
"""An imaging study; Twenty takes 25 MB in one upload."""

_GONE = 999
"""A number that an organization, payer or coordinator had once."""


def identifier(table: str, number: int) -> str:
    """All ids of a table have the same length, so their order is that of the numbers."""
    return f"{words.PREFIXES[table]}{number:09d}"


def number_of(identifier: str) -> int:
    return int(identifier[3:])


def time(random: Random) -> str | None:
    """A time of the clinic's wall clock, now and then in an hour that a clock change doubles or drops, or no time."""
    written: str | None = mistyped(random, 0.03, wall_clock(random).isoformat(), "tbd", "", None)
    return written


def day(random: Random) -> str | None:
    written: str | None = mistyped(random, 0.03, wall_clock(random).date().isoformat(), "2024-13-13", "", None)
    return written


def parsed(written: str | None) -> datetime | None:
    """What ``time`` or ``day`` wrote; None where that is no time."""
    try:
        return datetime.fromisoformat(written or "")
    except ValueError:
        return None


def member(random: Random, number: int, organizations: int, payers: int, coordinators: int) -> Row:
    """A member who shares nothing with anybody."""
    first, last = random.choice(common.FIRST_NAMES), random.choice(common.LAST_NAMES)
    city, state, postcode = random.choice(common.CITIES)
    born = date(1935, 1, 1) + timedelta(days=random.randrange(31_000))
    return {
        "id": identifier("members", number),
        "member_id": mistyped(random, 0.02, f"JV-{number:07d}", "", None),
        "member_type": mistyped(random, 0.03, random.choice(words.MEMBER_TYPES), "Prospect", "MEMBER"),
        "first_name": mistyped(random, 0.03, first, f"{first} "),
        "last_name": mistyped(random, 0.03, last, f"{last}  ", last.upper()),
        "email": email(random, first, last, number),
        "phone": mistyped(random, 0.08, phone(random, number), "none", "ask daughter", "", None),
        "street": mistyped(random, 0.03, f"{random.randint(1, 999)} {random.choice(common.STREETS)}", "", None),
        "city": mistyped(random, 0.03, city, f"{city} ", None),
        "state": state,
        "zip": postcode,
        "birth_date": mistyped(random, 0.04, born.isoformat(), "2023-02-30", "unknown", "", None),
        "language": mistyped(random, 0.2, random.choice(words.LANGUAGES), "", None),
        "coverage_tier": mistyped(random, 0.05, random.choice(words.TIERS), "gold ", "Legacy", ""),
        "enrollment": mistyped(random, 0.03, random.choice(words.ENROLLMENTS), "?", None),
        **coordinated(random, coordinators),
        "payer_id": _one("payers", random, payers),
        "org_id": _one("organizations", random, organizations),
        "enrolled_at": time(random),
        "replaced_by": None,
    }


def coordinated(random: Random, coordinators: int) -> Row:
    """Who coordinates a member's care, by id and by the name of the day when it was typed in."""
    return {
        "coordinator_id": _one("coordinators", random, coordinators),
        "coordinator_name": mistyped(random, 0.1, f"RN {random.choice(common.LAST_NAMES)}", "", None),
    }


def _one(table: str, random: Random, most: int) -> str | None:
    """The id of one of them, or of one that is gone, or none."""
    found: str | None = mistyped(
        random, 0.1, identifier(table, random.randint(1, most)), identifier(table, _GONE), "", None
    )
    return found


def organization(random: Random, number: int, organizations: int) -> Row:
    """Some are their own parent, or their child's."""
    parent = identifier("organizations", max(1, min(organizations, number + random.randint(-1, 1))))
    return {
        "id": identifier("organizations", number),
        "name": f"{random.choice(common.CITIES)[0]} {random.choice(words.PROVIDER_TYPES)} {number}",
        "provider_type": mistyped(random, 0.1, random.choice(words.PROVIDER_TYPES), "Spa", ""),
        "network": mistyped(random, 0.1, random.choice(words.NETWORKS), "", None),
        "licensed_states": mistyped(
            random, 0.2, random.sample(words.STATES, random.randint(0, 3)), [words.STATES[0], "Ontario"], None
        ),
        "phone": mistyped(random, 0.1, phone(random, 9000 + number), "see website", None),
        "parent_id": mistyped(random, 0.3, parent, identifier("organizations", _GONE), "", None),
    }


def payer(random: Random, number: int) -> Row:
    return {
        "id": identifier("payers", number),
        "name": common.CARRIERS[(number - 1) % len(common.CARRIERS)],
        "payer_code": mistyped(random, 0.1, f"P{10_000 + number}", "", None),
        "plans": mistyped(random, 0.2, random.sample(words.PLANS, random.randint(0, 3)), ["PPO", "Gap"], None),
    }


def coordinator(random: Random, number: int) -> Row:
    address = f"coordinator.{number}@care.example.com"
    return {
        "id": identifier("coordinators", number),
        "first_name": random.choice(common.FIRST_NAMES),
        "last_name": random.choice(common.LAST_NAMES),
        "email": mistyped(random, 0.3, address, address.title(), f" {address.upper()} "),
    }


def care_plan(random: Random, key: str, member: str, organizations: int, coordinators: int) -> Row:
    goals = "\n".join(random.sample(words.GOALS, random.randint(1, 3)))
    return {
        "id": key,
        "member_id": member,
        "org_id": identifier("organizations", random.randint(1, organizations)),
        "coordinator_id": _one("coordinators", random, coordinators),
        "title": random.choice(words.PROGRAMS),
        "status": mistyped(random, 0.04, random.choice(words.PLAN_STATES), "Pilot 2019", ""),
        "start_date": day(random),
        "goals": mistyped(random, 0.1, goals, "", None),
    }


def authorization(random: Random, key: str, member: str, payers: int) -> Row:
    return {
        "id": key,
        "member_id": member,
        "payer_id": _one("payers", random, payers),
        "auth_number": f"A{random.randrange(10**8):08d}",
        "status": mistyped(random, 0.03, random.choice(words.AUTH_STATES), "void"),
        "service_type": mistyped(random, 0.03, random.choice(words.SERVICES), "", "Other"),
        "units": mistyped(random, 0.1, random.randint(1, 60), None),
        "expires_on": day(random),
    }


def assessment(random: Random, key: str, member: str) -> Row:
    return {
        "id": key,
        "member_id": member,
        "type": mistyped(random, 0.03, random.choice(words.ASSESSMENTS), "GAD-7"),
        "score": mistyped(random, 0.1, str(random.randint(0, 27)), "refused", "", None),
        "risk": mistyped(random, 0.05, random.choice(words.RISKS), " high", "Extreme", None),
        "assessed_on": day(random),
    }


def encounter(random: Random, key: str, member: str, organizations: int) -> Row:
    return {
        "id": key,
        "member_id": member,
        "org_id": mistyped(random, 0.2, identifier("organizations", random.randint(1, organizations)), None),
        "visit_type": mistyped(random, 0.03, random.choice(words.VISITS), "Drive-through", ""),
        "reason": mistyped(random, 0.1, random.choice(words.REASONS), "", None),
        "provider_name": f"Dr. {random.choice(common.LAST_NAMES)}",
        "outcome": mistyped(random, 0.1, random.choice(words.OUTCOMES), "", None),
        "state": mistyped(random, 0.02, random.choice(words.ENCOUNTER_STATES), "?"),
        "occurred_at": time(random),
    }


def clinical_note(random: Random, key: str, about: tuple[str, str]) -> Row:
    return {
        "id": key,
        "about_type": about[0],
        "about_id": about[1],
        "title": mistyped(random, 0.05, "Care summary", "", None),
        "body": mistyped(random, 0.05, random.choice(tuple(words.NOTES)), "", None),
        "author": f"RN {random.choice(common.LAST_NAMES)}",
        "written_at": time(random),
    }


def action_item(random: Random, key: str, member: str, plan: str | None, coordinators: int) -> Row:
    return {
        "id": key,
        "member_id": member,
        "care_plan_id": plan,
        "coordinator_id": _one("coordinators", random, coordinators),
        "title": random.choice(words.ACTIONS),
        "description": mistyped(random, 0.3, text(random), "", None),
        "status": mistyped(random, 0.03, random.choice(words.ACTION_STATES), "Snoozed"),
        "due_at": time(random),
    }


def attachment(random: Random, key: str, about: tuple[str, str], size: int) -> Row:
    return {
        "id": key,
        "about_type": about[0],
        "about_id": about[1],
        "file_name": random.choice(words.FILES).format(number_of(key)),
        "path": f"jiva/{key}.bin",
        "size_bytes": size,
        "uploaded_at": time(random),
    }


def activity(random: Random, key: str, member: str) -> Row:
    return {
        "id": key,
        "member_id": member,
        "kind": random.choice(words.KINDS),
        "direction": mistyped(random, 0.03, random.choice(words.DIRECTIONS), "?", None),
        "subject": mistyped(random, 0.03, random.choice(common.SUBJECTS), ""),
        "body": text(random),
        "happened_at": time(random),
    }


def connections() -> list[dict[str, Any]]:
    """What is connected to Jiva."""
    made = (
        ("Epic at Lakeside", "Lakeside Hospital", "HL7 v2 over MLLP", ["ADT", "ORU"]),
        ("Claims", "Availity", "X12 over SFTP", ["837", "835", "278"]),
        ("Refills", "Surescripts", "NCPDP SCRIPT", ["RxFill"]),
    )
    return [
        {"id": identifier("connections", number), "name": name, "partner": partner, "protocol": how, "carries": what}
        for number, (name, partner, how, what) in enumerate(made, 1)
    ]


def pathways() -> list[dict[str, Any]]:
    made = (
        ("Discharge", "encounter.discharged", ["call within 48 h", "reconcile meds", "visit within 7 days"]),
        ("Diabetes", "assessment.HRA >= 10", ["enrol", "order HbA1c", "assign coordinator"]),
    )
    return [
        {"id": identifier("pathways", number), "name": name, "starts_when": when, "steps": steps}
        for number, (name, when, steps) in enumerate(made, 1)
    ]
