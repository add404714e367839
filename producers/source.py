"""What the poller asks of a source system, whatever its kind."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from producers.unreadable import Unreadable
from schemas.records import Value
from schemas.source import SourceObject

Place = tuple[str, ...]
"""Where a read stopped: the texts of the columns that it is ordered by. Only the source that made it can read it."""


class SourceError(RuntimeError):
    """The source is not as expected: what was found, what to do. Never holds a value of a row."""


class Row(NamedTuple):
    """One row as it is now. ``id`` is its record id, ``changed_at`` the instant of its last change, if it tells."""

    id: str
    record: Mapping[str, Value]
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the source says about time, read before the rows of a poll.

    now: the source's clock; every cursor is in its time. ahead: what the source's is ahead, where ``now`` is our clock.
    horizon: every transaction that began earlier has ended, and what it wrote is visible to the next read.
    blocked_since: begin of the oldest transaction that holds the horizon back; how far a replica is.
    untimed: transactions of which nobody tells when they began (prepared for a two-phase commit, or of a session that
        hides it) -> when they were prepared, or when the session did.
    expires_at: when the credential ends that a person has to replace.
    server, log_position: which server this is, and how far its log has come; both show a restore from a backup.
    """

    now: datetime
    horizon: datetime
    blocked_since: datetime | None = None
    untimed: Mapping[str, datetime] = field(default_factory=dict)
    server: str = ""
    log_position: int = 0
    expires_at: datetime | None = None
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Condition:
    """What there is to say of an object besides its rows.

    waiting: why it cannot be read yet; empty where it can.
    concern: what a person should look at although it is read; names files and lines, never values.
    rejected: rows that could not be read as rows, and so are not captured. unreadable: the rows themselves.
    version: another one whenever a scan may give other rows; None where only a scan can tell.
    whole: what a scan does not give is gone. Otherwise (changes alone are delivered) ``present`` tells.
    """

    waiting: str = ""
    concern: str = ""
    rejected: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    version: str | None = None
    whole: bool = True


class Source(Protocol):
    """Reads only. Every method raises SourceError, and is right again once the source is."""

    def reading(self) -> Reading: ...

    def condition(self, what: SourceObject) -> Condition:
        """Costs nothing: it is asked for in every round, after ``reading``."""
        ...

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        """Rows changed at ``since`` or later, by change time and key; those beyond ``after`` where it is given."""
        ...

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        """All rows by key, those beyond ``after`` where it is given."""
        ...

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        """Where a read that stopped at ``row`` goes on: an increment (``by_time``) or a scan."""
        ...

    def resumable(self, what: SourceObject) -> bool:
        """Whether a scan can go on at a place after a failure, or in another process; else it begins again."""
        ...

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        """Which of these records are there now."""
        ...

    def estimate(self, what: SourceObject) -> int | None:
        """About how many rows the object has; None where that costs as much as reading them."""
        ...

    def close(self) -> None: ...


def parents_first(objects: Iterable[SourceObject]) -> tuple[SourceObject, ...]:
    """Snapshots take parents before their children. In a cycle the first one named begins."""
    by_name = {what.name: what for what in objects}
    order: dict[str, SourceObject] = {}

    def visit(name: str, above: frozenset[str]) -> None:
        if name in order or name in above or name not in by_name:
            return
        for parent in by_name[name].parents:
            visit(parent, above | {name})
        order[name] = by_name[name]

    for name in by_name:
        visit(name, frozenset())
    return tuple(order.values())
