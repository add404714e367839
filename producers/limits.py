"""What a poller may take from the source and put on those behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds.

    poll_interval: between the beginnings of two polls.
    sweep_interval: between two sweeps of an object; the pace of objects without a change time.
    sweep_hours: local hours ``(from, to)`` in which objects with a change time may be swept, such as ``(20, 6)``.
    heartbeat_interval: an idle object says that it is well at least so often.
    chunk_rows, chunk_bytes: a chunk ends at whichever comes first.
    rows_per_second: cap on snapshot and sweep reads.
    margin: how far cursors stay behind the horizon.
    burst_rows: a poll or a sweep that finds more changed rows pauses its object until a person approves.
    missing_ratio, missing_rows: more rows missing at once than both stop the deletes of the object likewise.
    hold_lag, bulk_backlog: a snapshot waits while more messages lie before hold, or before the sink's bulk lane.
    """

    poll_interval: float = 0.25
    sweep_interval: float = 300.0
    sweep_hours: tuple[int, int] | None = None
    heartbeat_interval: float = 3.0
    chunk_rows: int = 10_000
    chunk_bytes: int = 32 * 1024 * 1024
    rows_per_second: float | None = None
    margin: float = 1.0
    burst_rows: int = 100_000
    missing_ratio: float = 0.05
    missing_rows: int = 20
    hold_lag: int = 10_000
    bulk_backlog: int = 50_000


SLOW = 4.0
"""A read that takes so many times the least seconds per row seen means that the source is busy with other work."""


class Pace:
    """Spaces the reads of snapshots and sweeps. Times are of a monotonic clock."""

    def __init__(self, rows_per_second: float | None) -> None:
        self._rate = rows_per_second
        self._best: float | None = None
        self._free_at = 0.0

    def ready(self, now: float) -> bool:
        return now >= self._free_at

    def took(self, rows: int, seconds: float, now: float) -> None:
        """A chunk of ``rows`` was read and published in ``seconds``, ending ``now``."""
        if not rows:
            return
        each = seconds / rows
        rest = max(0.0, rows / self._rate - seconds) if self._rate else 0.0
        if self._best is not None and each > SLOW * self._best:
            rest = max(rest, seconds)
        # forgets slowly, so that one lucky chunk is not the measure for ever
        self._best = each if self._best is None else min(each, self._best * 1.02)
        self._free_at = now + rest


def within(hours: tuple[int, int] | None, now: datetime, zone: str) -> bool:
    """Whether ``now`` lies in the local hours ``(from, to)``, which may pass midnight."""
    if hours is None:
        return True
    hour = now.astimezone(ZoneInfo(zone)).hour
    first, last = hours
    return first <= hour < last if first <= last else hour >= first or hour < last


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that wait before hold and before the sink's bulk lane."""

    hold: int
    bulk: int

    def room(self, limits: Limits) -> bool:
        return self.hold <= limits.hold_lag and self.bulk <= limits.bulk_backlog
