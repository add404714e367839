"""How Twenty 1.10 holds what the clinic's tables say, and how an expectation speaks of what only Twenty knows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

SYSTEM = "clinic_place"
ZONE = ZoneInfo("America/New_York")

BILLING = {"paid": "PAID", "pending": "PENDING", "overdue": "OVERDUE", "insurance-pending": "INSURANCE_PENDING"}
TYPES = {
    "new patient": "NEW_PATIENT",
    "follow-up": "FOLLOW_UP",
    "procedure": "PROCEDURE",
    "telehealth": "TELEHEALTH",
    "urgent care": "URGENT_CARE",
}
STATUSES = {"scheduled": "SCHEDULED", "completed": "COMPLETED", "cancelled": "CANCELLED", "no-show": "NO_SHOW"}
TASK_STATES = {"scheduled": "TODO", "completed": "DONE", "cancelled": "DONE", "no-show": "DONE"}
NOTE_TYPES = {"visit": "VISIT_SUMMARY", "prescription": "PRESCRIPTION", "lab": "LAB_RESULT"}
KINDS = {"call": "CALL", "email": "EMAIL", "meeting": "MEETING"}
DIRECTIONS = {"inbound": "INBOUND", "outbound": "OUTBOUND"}
COUNTRIES = {"us": "United States", "usa": "United States", "united states": "United States", "canada": "Canada"}

OWNERS = {
    "person": "owner",
    "company": "accountOwner",
    "coverage": "owner",
    "payment": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A relation to the row of ``target`` that has this key in ``Expected.rows``."""

    target: str
    key: str


@dataclass(frozen=True, slots=True)
class Email:
    """An address that the row holds as primary, or beside it where another row holds it as primary."""

    address: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The address of the row's own page in Twenty: ``prefix`` and the row's id."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes behind an attachment's link."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """``source`` is what a report may show: the record key, and the part where it is not the main one."""

    source: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Expected:
    """rows: Twenty object -> key -> row. The key is ``sourceSystemId``; for members the e-mail; for targets the two
        ``sourceSystemId`` joined by `` -> ``; for attachments the note's and the file name, likewise.
    flagged: (record key, field) that must be flagged.
    unresolved: (record key, relation) of optional references that lead nowhere.
    parked: record keys whose parent never existed: they must wait, and be absent from Twenty.
    orphans: record keys without a parent now, ``parked`` among them. One that lost its parent may still be in Twenty.
    skipped: staff without an account. oversize: documents for the manual list.
    """

    rows: dict[str, dict[str, ExpectedRow]] = field(default_factory=lambda: defaultdict(dict))
    flagged: set[tuple[str, str]] = field(default_factory=set)
    unresolved: set[tuple[str, str]] = field(default_factory=set)
    parked: set[str] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    oversize: set[str] = field(default_factory=set)


def record_key(object_name: str, record_id: object) -> str:
    return f"{SYSTEM}/{object_name}/{record_id}"


def natural(written: str | None) -> str:
    return " ".join((written or "").casefold().split())


def company(kind: str, written: str | None) -> Reference | None:
    name = natural(written)
    return Reference("company", f"{SYSTEM}/~{kind}/{name}") if name else None


def digits(written: str | None) -> str | None:
    """The ten digits of a number of North America; None where it is none."""
    if not re.fullmatch(r"[\d\s().+-]+", written or ""):
        return None
    found = re.sub(r"\D", "", written or "")
    found = found.removeprefix("1") if len(found) == 11 else found
    return found if len(found) == 10 else None


def amount(units: Decimal, currency: str) -> dict[str, Any]:
    return {"amountMicros": int(units * 1_000_000), "currencyCode": currency}


def instant(wall_clock: datetime) -> tuple[datetime, bool]:
    """The instant of a naive time at the clinic, and whether a clock change left it in doubt.

    Of two hours of the same name it is the first; an hour that never was moves forward by what the clock skipped.
    """
    first, second = wall_clock.replace(tzinfo=ZONE, fold=0), wall_clock.replace(tzinfo=ZONE, fold=1)
    return first.astimezone(UTC), first.utcoffset() != second.utcoffset()
