"""A day of the sink in a minute: the real sender, budget and lanes on one simulated clock, against Twenty's bucket.

``Day`` is what the soak tests turn: an hour or four of it in the unit tests, all of it in the chaos tests.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.standin.bucket import TokenBucket
from schemas.keys import twenty_id
from schemas.records import Part, Write
from sinks.budget import Budget
from sinks.pending import Lane
from sinks.timetable import ALWAYS, Hours, Timetable
from sinks.twenty.errors import Kind, Refusal
from tests.unit.sinks.sender_fakes import Bench
from tests.unit.sinks.values import write

HOUR = 3600.0
LIMIT, WINDOW = 100, 60.0
LATENCY = 0.06
NIGHTS = Timetable(ZoneInfo("UTC"), bulk=(Hours.parse("20:00-06:00"),))
LIVE_PER_MINUTE = 20
"""One in a request here, where a batch carries one record: a fifth of the budget."""


class Day:
    """A workspace with a full bucket, a backlog that outlasts the time, and people at work from eight to six.

    Times are seconds from the ``begin``-th hour of a day. others: requests that another integration sends in a
    minute, two at a time.
    """

    def __init__(self, begin: int, hours: int, *, others: int = 0, timetable: Timetable = ALWAYS) -> None:
        backlog = hours * LIMIT * 60 + 2 * LIMIT
        self.end = hours * HOUR
        self._begin = datetime(2026, 3, 9, begin, tzinfo=UTC)
        self.chance = random.Random(20261121)
        self.bench = Bench(budget=Budget(LIMIT, WINDOW, others, 0.0), batch=1)
        self.bench.hours = lambda: timetable.closed(self._wall(self.bench.now))
        self.bench.kafka.idle = self._idle
        self.bench.twenty.outage, self.bench.twenty.answers = self._arrive, self._answer
        self._arriving = 0.0
        self._bucket = TokenBucket(LIMIT, int(WINDOW * 1000), lambda: self._arriving * 1000)
        self._others = others
        self._others_next = self.chance.uniform(0, 60) if others else float("inf")
        self.others_sent = 0
        self.refused: list[float] = []
        self.sent: list[float] = []
        self._number = backlog
        self._live_next = 0.0
        self._changed: dict[str, float] = {}
        self.waited: list[float] = []
        self.bench.kafka.publish(*[_patient(n) for n in range(backlog)], lane=Lane.BULK)

    def run(self) -> None:
        while self.bench.now < self.end:
            self._people()
            self.bench.sender.turn(1.0)
        self.bench.sender.finish()

    def share(self, begin: float, end: float, granted: float = LIMIT) -> float:
        """How much of the requests granted between two times has left."""
        return sum(begin <= at < end for at in self.sent) / (granted / WINDOW * (end - begin))

    def _wall(self, seconds: float) -> datetime:
        return self._begin + timedelta(seconds=seconds)

    def _people(self) -> None:
        while self._live_next <= self.bench.now:
            if 8 <= self._wall(self._live_next).hour < 18:
                self._number += 1
                change = _patient(self._number)
                self._changed[twenty_id(change.key, "")] = self._live_next
                self.bench.kafka.publish(change)
            self._live_next += self.chance.expovariate(LIVE_PER_MINUTE / 60)

    def _idle(self, seconds: float) -> None:
        self.bench.now = min(self.bench.now + seconds, max(self.bench.now, self._live_next))

    def _arrive(self) -> Refusal | None:
        self.bench.now += LATENCY / 2
        while self._others_next <= self.bench.now:
            self._arriving = self._others_next
            for _ in range(2):
                self.others_sent += 1
                self._take()
            # never more than the reserve within one window
            self._others_next += max(120 / self._others, self.chance.expovariate(self._others / 120))
        self._arriving = self.bench.now
        if self._take():
            self.sent.append(self._arriving)
            return None
        return Refusal(Kind.THROTTLED, "Limit reached", 429, limit=LIMIT, window_ms=int(WINDOW * 1000))

    def _take(self) -> bool:
        taken = self._bucket.take()
        if not taken:
            self.refused.append(self._arriving)
        return taken

    def _answer(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.bench.now += LATENCY / 2
        self.waited += [self.bench.now - self._changed.pop(row["id"]) for row in rows if row["id"] in self._changed]
        return rows


def _patient(number: int) -> Write:
    part = Part("", "person", fields={"jobTitle": "x"}, content_hash=str(number))
    return write(number, part, key=f"s/patient/{number}")
