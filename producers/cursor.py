"""How far a cursor over change times may advance without ever passing a row that is still to be committed.

``now()`` in PostgreSQL, and in most systems that stamp rows, is the time at which a transaction *began*. A late commit
lies behind a cursor that stands at the greatest time seen, and would be lost for ever. So the cursor advances to the
source's horizon only, whatever rows were read beyond it; those are read again until it passes, and published once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from producers.source import Place, Reading

PREPARED_AGE = timedelta(minutes=1)
"""How old a transaction may have been when it was prepared, if nobody watched it. An older one is left to the sweep."""


class Horizon:
    """The safe bound over successive readings.

    margin: between taking its time and showing it, a session can be put aside by the scheduler.
    floor: the least cursor of an earlier process: transactions that are prepared already began after it.
    """

    def __init__(self, margin: timedelta, floor: datetime | None = None) -> None:
        self._margin = margin
        self._floor = floor
        self._earlier: datetime | None = None
        self._untimed: Mapping[str, datetime] = {}

    def bound(self, reading: Reading) -> datetime:
        """Where cursors may advance to once everything up to the end has been read after this reading.

        Where a transaction tells no begin, it had not begun in the reading before it was first seen, or was one of an
        open session (and prepared since): that reading's horizon lies before it, and holds until it ends.
        """
        horizon = reading.horizon - self._margin
        held = {}
        for name, known_since in reading.untimed.items():
            earlier = self._earlier or self._floor or known_since - PREPARED_AGE
            held[name] = self._untimed.get(name, earlier)
        self._untimed = held
        self._earlier = horizon
        return min((horizon, *held.values()))


@dataclass(frozen=True, slots=True)
class Pass:
    """One read from a cursor to the end, in chunks. ``whole`` passes move the cursor to ``bound`` at their end."""

    since: datetime
    bound: datetime
    began_at: datetime
    whole: bool
    after: Place | None = None
    published: int = 0


_SHARE = 4
"""Slow reads take half of the time at most, and those that begin at the cursor one part in so many (and one): a session
that stays open for hours leaves much to read again, and must not slow down the changes that arrive meanwhile."""


class Passes:
    """When an object's passes begin, and at what. Times are of a monotonic clock, in seconds.

    interval: a pass that took longer is slow. margin: how far a pass begins before the one that it follows.
    """

    def __init__(self, interval: float, margin: timedelta, now: float) -> None:
        self._interval = interval
        self._margin = margin
        self._at = self._whole_at = now
        self._recent: datetime | None = None
        self._spent = 0.0
        self.current: Pass | None = None

    def next(self, cursor: datetime, reading: Reading, bound: datetime, now: float) -> Pass | None:
        """The pass that is running, or that begins now; None while there is time to let go by."""
        if self.current is None and now >= self._at:
            self._spent = 0.0
            whole = self._recent is None or now >= self._whole_at
            since = cursor if whole or self._recent is None else max(cursor, self._recent)
            self.current = Pass(since, bound, reading.now, whole)
        return self.current

    def read(self, seconds: float, goes_on: Pass | None, now: float) -> None:
        """A chunk of the current pass took ``seconds``; it goes on like this, or has ended."""
        self._spent += seconds
        ended, self.current = self.current, goes_on
        if goes_on is None and ended is not None:
            self._recent = ended.began_at - self._margin
            slow = self._spent if self._spent > self._interval else 0.0
            self._at = now + slow
            if ended.whole:
                self._whole_at = now + _SHARE * slow

    def forget(self) -> None:
        """The next pass begins at the cursor."""
        self.current = self._recent = None


def local_bound(bound: datetime, zone: str) -> datetime:
    """The naive local time that no row changed at ``bound`` or later can lie before.

    When clocks go back, the hour before them comes again: the bound stays in front of it from two hours before.
    """
    place = ZoneInfo(zone)
    offsets = []
    for hours in (0, 1, 2):
        offset = (bound + timedelta(hours=hours)).astimezone(place).utcoffset()
        assert offset is not None
        offsets.append(offset)
    return bound.astimezone(UTC).replace(tzinfo=None) + min(offsets)


def instant(moment: datetime, zone: str) -> datetime:
    """The instant of a change time; a naive one is local time in ``zone``, the first where an hour comes twice.

    "Never" and "always" are often written as the last or the first moment there is: those have no other zone.
    """
    if moment.tzinfo:
        return moment
    try:
        return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)
