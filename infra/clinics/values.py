"""How Twenty 1.10 holds what a clinic's tables say, and how an expectation speaks of what only Twenty knows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

STANDARD = {
    "person": "people",
    "company": "companies",
    "task": "tasks",
    "note": "notes",
    "taskTarget": "taskTargets",
    "noteTarget": "noteTargets",
    "attachment": "attachments",
    "workspaceMember": "workspaceMembers",
}
"""Twenty's own objects that clinics use -> their plurals."""


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
class Unique:
    """A value of a unique field: of the rows that should have it exactly one does, and it is empty in the others."""

    text: str


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
    """system: the name that source keys begin with. plurals: every Twenty object that is looked at -> its plural.
    ours_alone: those that exist only for the clinic's records: every row must say where it comes from.
    rows: Twenty object -> key -> row. The key is ``sourceSystemId``; for members the e-mail; for targets the two
        ``sourceSystemId`` joined by `` -> ``; for attachments the note's and the file name, likewise.
    flagged: (record key, field) that must be flagged.
    unresolved: (record key, relation) of optional references that lead nowhere.
    parked: record keys whose parent never existed: they must wait, and be absent from Twenty.
    orphans: record keys without a parent now, ``parked`` among them. One that lost its parent may still be in Twenty.
    skipped: staff without an account. oversize: documents for the manual list.
    """

    system: str
    plurals: Mapping[str, str]
    ours_alone: frozenset[str]
    rows: dict[str, dict[str, ExpectedRow]] = field(default_factory=lambda: defaultdict(dict))
    flagged: set[tuple[str, str]] = field(default_factory=set)
    unresolved: set[tuple[str, str]] = field(default_factory=set)
    parked: set[str] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    oversize: set[str] = field(default_factory=set)


def natural(written: str | None) -> str:
    return " ".join((written or "").casefold().split())


def digits(written: str | None) -> str | None:
    """The ten digits of a number of North America; None where it is none."""
    if not re.fullmatch(r"[\d\s().+-]+", written or ""):
        return None
    found = re.sub(r"\D", "", written or "")
    found = found.removeprefix("1") if len(found) == 11 else found
    return found if len(found) == 10 else None


def amount(units: Decimal, currency: str) -> dict[str, Any]:
    return {"amountMicros": int(units * 1_000_000), "currencyCode": currency}


def instant(wall_clock: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The instant of a naive time at the clinic, and whether a clock change left it in doubt.

    Of two hours of the same name it is the first; an hour that never was moves forward by what the clock skipped.
    """
    first, second = wall_clock.replace(tzinfo=zone, fold=0), wall_clock.replace(tzinfo=zone, fold=1)
    return first.astimezone(UTC), first.utcoffset() != second.utcoffset()
