"""What the loop and the recovery share: what waits for its next try, and what may leave now.

Trouble of the whole server makes everything wait. Trouble with one kind of request (a field that a server process does
not know yet, a permission, a quota) makes only its like wait. Too many dead letters stop a lane; from then on one
record at a time is tried, more and more rarely, until one passes.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from sinks.batch import SINGLY, Group, Work
from sinks.pending import Lane
from sinks.steps import Do
from sinks.timetable import Load

TOO_MANY = "too many dead letters within a minute: look at them; until one record passes only single ones are tried"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_FIRST_STOP, _LONGEST_STOP = 120.0, 600.0


def backoff(attempt: int, first: float, longest: float, chance: random.Random) -> float:
    """Seconds before the next of several attempts, the first being 1: doubled each time, and half of it by chance,
    so that clients that failed together do not come back together.
    """
    most = min(longest, first * 2.0 ** min(attempt - 1, 16))
    return most / 2 + chance.uniform(0, most / 2)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A single record that was refused for no known reason when ``passes`` other writes had passed."""

    work: Work
    passes: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Why something waits, until when (monotonic clock), and how many times in a row it has done so."""

    reason: str
    until: float
    times: int


Kindred = tuple[Do, str]
"""Requests that one refusal speaks of: operation and object."""


@dataclass(slots=True)
class Flow:
    """All times are seconds on the loop's monotonic clock.

    size: records in a request at most; a refusal may name a lower number. closed: the loads that the timetable keeps
    back now. retries: batches to send before others. suspects: by record key. passes: writes that Twenty took.
    failures: refusals in a row. quiet_until: no request before it. trouble: why nothing is sent, empty when all is
    well. commit_first: what was decided must be in Kafka before the next request.
    """

    size: int
    chance: random.Random
    closed: Callable[[], Container[Load]]
    retries: deque[list[Work]] = field(default_factory=deque)
    suspects: dict[str, Suspect] = field(default_factory=dict)
    passes: int = 0
    failures: int = 0
    quiet_until: float = 0.0
    trouble: str = ""
    commit_first: bool = False
    _resting: dict[Kindred, Rest] = field(default_factory=dict)
    _stopped: dict[Lane, Rest] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why something is not sent; empty when all is well."""
        rests = (*self._stopped.values(), *self._resting.values())
        return next((rest.reason for rest in rests), self.trouble)

    @property
    def stopped(self) -> bool:
        """Whether a lane is stopped by its dead letters."""
        return bool(self._stopped)

    def passed(self, works: Iterable[Work] = ()) -> None:
        """Twenty took a write; ``works`` were in it."""
        self.passes += 1
        self.failures = 0
        self.trouble = ""
        for work in works:
            self._resting.pop(_kindred(work.group), None)
            self._stopped.pop(work.pending.lane, None)

    def pause(self, now: float, seconds: float | None = None) -> None:
        """Nothing is sent for a while, longer with each failure in a row."""
        self.failures += 1
        wait = backoff(self.failures, _FIRST_PAUSE, _LONGEST_PAUSE, self.chance) if seconds is None else seconds
        self.quiet_until = max(self.quiet_until, now + wait)

    def rest(self, group: Group, reason: str, now: float) -> None:
        """Requests like this one wait, longer each time in a row; all others go on."""
        kindred = _kindred(group)
        times = self._resting[kindred].times + 1 if kindred in self._resting else 1
        wait = backoff(times, _FIRST_PAUSE, _LONGEST_PAUSE, self.chance)
        self._resting[kindred] = Rest(reason, now + wait, times)

    def stop(self, lane: Lane, now: float) -> None:
        """The lane is left alone for a while, then tried with one record."""
        times = self._stopped[lane].times + 1 if lane in self._stopped else 1
        wait = backoff(times, _FIRST_STOP, _LONGEST_STOP, self.chance)
        self._stopped[lane] = Rest(TOO_MANY, now + wait, times)

    def on_probation(self, lane: Lane) -> bool:
        return lane in self._stopped

    def forget(self, waiting: Iterable[Group]) -> None:
        """Requests of which none waits any more have no trouble either."""
        kept = {_kindred(group) for group in waiting}
        for kindred in self._resting.keys() - kept:
            del self._resting[kindred]

    def most(self, lane: Lane, group: Group, now: float) -> int:
        """How many records a request of this kind may carry now; 0 where none may leave."""
        closed = self.closed()
        if (lane is Lane.BULK and Load.BULK in closed) or (group.do is Do.UPLOAD and Load.UPLOADS in closed):
            return 0
        return self.rides(lane, group, now)

    def rides(self, lane: Lane, group: Group, now: float) -> int:
        """As ``most``, for records that fill up a request which leaves anyway: the timetable does not mind them."""
        rest, stop = self._resting.get(_kindred(group)), self._stopped.get(lane)
        if any(one is not None and now < one.until for one in (rest, stop)):
            return 0
        return 1 if stop is not None or group.do in SINGLY else self.size


def _kindred(group: Group) -> Kindred:
    return group.do, group.target
