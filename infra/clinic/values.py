"""How Twenty 1.10 holds what the clinic's tables say, and how an expectation speaks of what only Twenty knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
