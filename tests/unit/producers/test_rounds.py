"""Several objects in turn on one connection."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from producers.checkpoint import Position
from producers.limits import Backlog, Limits
from producers.memory import MemoryDatabase, MemoryKnown, MemoryPublisher, MemorySource, MemoryTopic
from producers.metrics import ProducerMetrics
from producers.poller import Poller
from producers.rounds import Rounds
from producers.source import Place, Reading, Row, SourceError, parents_first
from schemas.broker import BrokerError
from schemas.records import Control, Operation
from schemas.source import SourceObject
from tests.unit.producers.worlds import NOON

PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")
VISIT = SourceObject("visit", ("id",), "visits", changed_at="updated_at", parents=("patient",))
BALANCE = SourceObject("balance", ("id",), query="SELECT …")


class Recorder(MemorySource):
    """Writes down what is read, and fails when told to."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.reads: list[str] = []
        self.down = False
        self.expires_at: datetime | None = None

    def reading(self) -> Reading:
        if self.down:
            raise SourceError("the source is down")
        return replace(super().reading(), expires_at=self.expires_at)

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        self.reads.append(f"+{what.name}")
        return super().increment(what, since, after, limit)

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        self.reads.append(what.name)
        return super().scan(what, after, limit)


@dataclass
class Behind:
    hold: int = 0
    fails: bool = False

    def backlog(self) -> Backlog:
        if self.fails:
            raise BrokerError("no answer")
        return Backlog(self.hold, 0)


@dataclass
class Signalled:
    records: list[Control] = field(default_factory=list)
    read: int = 0

    def new(self) -> Iterable[tuple[int, Control]]:
        while self.read < len(self.records):
            self.read += 1
            yield self.read - 1, self.records[self.read - 1]

    def send(self, kind: str, subject: str, **value: object) -> None:
        self.records.append(Control(kind, subject, value, NOON))


class World:
    def __init__(self, *objects: SourceObject, limits: Limits) -> None:
        self.limits = limits
        self.database = MemoryDatabase(NOON)
        self.source = Recorder(self.database)
        self.behind = Behind()
        self.signals = Signalled()
        self.topics = {what.name: MemoryTopic() for what in objects}
        self.objects = objects
        self.start()

    def start(self) -> None:
        self.registry = CollectorRegistry()
        self.ahead = timedelta(0)
        metrics = ProducerMetrics(self.registry)
        self.pollers = [
            Poller(
                what,
                "clinic",
                self.source,
                MemoryPublisher(self.topics[what.name]),
                MemoryKnown(),
                Position(),
                self.limits,
                metrics,
                clock=lambda: self.database.now,
                monotonic=self.monotonic,
            )
            for what in parents_first(self.objects)
        ]
        self.rounds = Rounds(
            self.pollers,
            self.source,
            self.behind,
            self.signals,
            self.limits,
            metrics,
            system="clinic",
            clock=lambda: self.database.now + self.ahead,
            monotonic=self.monotonic,
        )

    def monotonic(self) -> float:
        return (self.database.now - NOON).total_seconds()

    def fill(self, what: SourceObject, rows: int) -> None:
        transaction = self.database.begin()
        for number in range(rows):
            transaction.put(what, {"id": f"{number:03}", "updated_at": NOON.replace(year=2019)})
        transaction.commit()

    def rounds_of(self, number: int, seconds: float = 0.25) -> list[float]:
        waits = []
        for _ in range(number):
            waits.append(self.rounds.round())
            self.database.advance(seconds)
        return waits


@pytest.fixture
def world() -> World:
    world = World(VISIT, PATIENT, BALANCE, limits=Limits(chunk_rows=4, sweep_interval=5))
    for what in (VISIT, PATIENT):
        world.fill(what, 10)
    return world


def bulk(world: World) -> list[str]:
    return [name for name in world.source.reads if not name.startswith("+")]


def test_parents_first_one_chunk_a_round_between_increments_of_all(world: World) -> None:
    world.rounds_of(3)
    assert world.source.reads == ["+patient", "+visit", "patient"] * 3
    world.rounds_of(4)
    assert bulk(world) == ["patient"] * 3 + ["visit"] * 3 + ["balance"]


def test_no_wait_while_there_is_work_and_the_interval_when_there_is_none(world: World) -> None:
    waits = world.rounds_of(10)
    assert waits[:7] == [0.0] * 7
    assert waits[7:] == [0.25] * 3


def test_snapshots_wait_for_those_behind_and_increments_do_not(world: World) -> None:
    world.behind.hold = world.limits.hold_lag + 1
    world.rounds_of(5)
    assert bulk(world) == []
    assert world.source.reads.count("+patient") == 5
    world.behind.hold = 0
    world.rounds_of(1)
    assert bulk(world) == ["patient"]


def test_a_broker_that_does_not_tell_the_lag_makes_snapshots_wait(world: World) -> None:
    world.behind.fails = True
    world.rounds_of(3)
    assert bulk(world) == []
    world.behind.fails = False
    world.rounds_of(1)
    assert bulk(world) == ["patient"]


def test_sweeps_of_one_object_go_on_beside_the_snapshot_of_another(world: World) -> None:
    world.rounds_of(7)
    world.database.advance(10)
    world.fill(PATIENT, 200)
    world.pollers[0].resnapshot()
    world.source.reads.clear()
    world.rounds_of(8)
    assert bulk(world) == ["visit", "patient", "balance", "patient", *["visit", "patient"] * 2]


def test_a_paused_parent_does_not_stop_its_children(world: World) -> None:
    world.signals.send("pause", "patient")
    world.rounds_of(6)
    assert set(bulk(world)) == {"visit", "balance"}
    assert world.source.reads.count("+patient") == 0
    world.signals.send("resume", "*")
    world.rounds_of(3)
    assert "patient" in bulk(world)


def test_a_source_that_is_down_is_asked_ever_more_slowly(world: World) -> None:
    world.source.down = True
    waits = world.rounds_of(8, 1)
    assert waits == sorted(waits)
    assert waits[-1] == 10
    assert all(topic.checkpoint is not None for topic in world.topics.values()), "heartbeats go on"
    world.source.down = False
    world.rounds_of(1)
    assert world.source.reads[0] == "+patient"


def test_every_signal_is_followed_once(world: World) -> None:
    world.rounds_of(8)
    assert len(world.topics["patient"].changes) == 10
    world.signals.send("resnapshot", "patient")
    world.signals.send("unknown", "*")
    world.rounds_of(8)
    assert len(world.topics["patient"].changes) == 20
    assert len(world.topics["visit"].changes) == 10
    world.signals.read = 0
    world.rounds_of(8)
    assert len(world.topics["patient"].changes) == 20
    assert {poller.position.control for poller in world.pollers} == {2}


def test_a_run_publishes_everything_again_and_an_older_one_nothing(world: World) -> None:
    world.rounds_of(8)
    world.signals.send("run", "", run=3)
    world.rounds_of(8)
    world.signals.send("run", "", run=2)
    world.rounds_of(8)
    for name in ("patient", "visit"):
        assert [change.run for change in world.topics[name].changes] == [1] * 10 + [3] * 10
        assert {change.operation for change in world.topics[name].changes} == {Operation.SNAPSHOT}


def test_a_rate_cap_slows_the_bulk_and_not_the_increments() -> None:
    world = World(PATIENT, limits=Limits(chunk_rows=4, rows_per_second=2))
    world.fill(PATIENT, 12)
    world.rounds_of(16)
    assert len(bulk(world)) == 2
    assert world.source.reads.count("+patient") == 16


def test_sweeps_keep_to_their_hours() -> None:
    limits = Limits(sweep_interval=1, sweep_hours=(20, 6))
    world = World(PATIENT, BALANCE, limits=limits)
    world.rounds_of(5, 2)
    assert bulk(world).count("patient") == 1, "the snapshot"
    assert bulk(world).count("balance") > 2, "it has no other way"
    world.database.now = NOON.replace(hour=21)
    world.rounds_of(2, 2)
    assert bulk(world).count("patient") == 2
    assert replace(limits).sweep_hours == (20, 6)


def test_the_source_clock_is_compared_with_ours_and_no_cursor_follows_ours(world: World) -> None:
    world.ahead = timedelta(seconds=90)
    world.rounds_of(4)
    assert world.registry.get_sample_value("dualrun_source_clock_offset_seconds", {"source": "clinic"}) == -90
    cursor = world.pollers[0].position.cursor
    assert cursor is not None
    assert cursor <= world.database.now


def test_the_end_of_a_credential_is_warned_of_ahead_once_a_day(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.source.expires_at = NOON + timedelta(days=30)
    world.rounds_of(4)
    assert "credential" not in caplog.text
    world.source.expires_at = NOON + timedelta(days=10)
    world.rounds_of(4)
    assert caplog.text.count("clinic: the source's credential ends on 2026-03-12T12:00+00:00") == 1
    left = world.registry.get_sample_value("dualrun_source_credential_expires_seconds", {"source": "clinic"})
    assert left == pytest.approx(864_000, abs=10)
    world.database.advance(86_401)
    world.rounds_of(1)
    assert caplog.text.count("credential ends") == 2
