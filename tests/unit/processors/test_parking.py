"""Parking against positions that move while it asks."""

import asyncio
from collections.abc import Iterable, Mapping

import pytest

from processors.outbox import Standing
from processors.parking import Offsets, Parking
from schemas.topics import Topics

TOPICS = Topics("t", "w", ("parent", "child"), 2)
TOKEN = "w/parent/1\0"


class Positions:
    """``lag``: asks after which a group has passed the ends of the topics named first in the question."""

    def __init__(self, *, snapshot: bool = True) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.snapshot = snapshot
        self.lag: dict[str, int] = {}
        self.size = 10

    def ends(self, topics: Iterable[str]) -> Offsets:
        # under load every question finds a later end
        self.size += 5
        return {(topic, n): self.size for topic in topics for n in range(2)}

    def committed(self, group: str, topics: Iterable[str]) -> Offsets:
        names = tuple(topics)
        self.asked.append((group, names))
        left = self.lag.get(names[0], 0)
        self.lag[names[0]] = left - 1
        return {(topic, n): self.size if left <= 0 else self.size - 1 for topic in names for n in range(2)}

    def snapshot_done(self) -> bool:
        return self.snapshot


class Hold:
    def __init__(self, *answers: Standing) -> None:
        self.answers = list(answers)
        self.parked: list[tuple[dict[str, bool], float]] = []
        self._standings: dict[str, Standing] = {}

    def waits(self, before: float) -> bool:
        return before > 0

    def probe(self, before: float) -> frozenset[str]:
        self._standings = {TOKEN: self.answers.pop(0)} if self.answers else {}
        return frozenset({TOKEN})

    def standings(self) -> Mapping[str, Standing]:
        return self._standings

    def park(self, absent: Mapping[str, bool], before: float) -> int:
        self.parked.append((dict(absent), before))
        return len(absent)


class Time:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def park(hold: Hold, positions: Positions, now: float = 1000.0) -> int:
    time = Time(now)
    return asyncio.run(Parking(TOPICS, positions, 30.0, clock=time, sleep=time.sleep).round(hold))


def test_what_was_absent_before_and_after_everything_came_round_is_parked() -> None:
    hold, positions = Hold(Standing.ABSENT, Standing.ABSENT), Positions()
    positions.lag = {TOPICS.cdc("parent"): 3, TOPICS.live: 2}
    assert park(hold, positions) == 1
    assert hold.parked == [({TOKEN: False}, 970.0)]
    passed = [names for _, names in positions.asked]
    order = [TOPICS.cdc("parent"), TOPICS.derived, TOPICS.live, TOPICS.identities, TOPICS.answers]
    assert list(dict.fromkeys(names[0] for names in passed)) == order
    assert {group for group, names in positions.asked if TOPICS.bulk in names} == {TOPICS.sink_group}


@pytest.mark.parametrize(
    "answers",
    [
        (Standing.PENDING, Standing.ABSENT),
        (Standing.ABSENT, Standing.PENDING),
        (Standing.PENDING, Standing.DELETED),
        (Standing.ABSENT,),
        (),
    ],
    ids=["it was on its way", "it came meanwhile", "deleted meanwhile", "no second answer", "no answer"],
)
def test_what_may_still_come_is_not_parked(answers: tuple[Standing, ...]) -> None:
    hold = Hold(*answers)
    assert park(hold, Positions()) == 0
    assert hold.parked == [({}, 970.0)]


def test_the_child_of_a_deleted_record_is_told_apart() -> None:
    hold = Hold(Standing.ABSENT, Standing.DELETED)
    park(hold, Positions())
    assert hold.parked == [({TOKEN: True}, 970.0)]


@pytest.mark.parametrize(("now", "snapshot"), [(1000.0, False), (20.0, True)], ids=["snapshot runs", "all too young"])
def test_no_round_begins_before_its_time(now: float, snapshot: bool) -> None:
    hold, positions = Hold(Standing.ABSENT, Standing.ABSENT), Positions(snapshot=snapshot)
    assert park(hold, positions, now) == 0
    assert positions.asked == []
