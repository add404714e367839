"""One object's loop, case by case, against a source in memory."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from producers.checkpoint import from_json
from producers.limits import Limits
from producers.memory import MemoryDatabase, MemorySource
from producers.publisher import FencedError
from producers.selection import Selection
from producers.source import Place, Row, SourceError
from schemas.records import Operation
from schemas.source import SourceObject
from tests.unit.producers.worlds import BALANCE, LIMITS, NOON, World, ids, operations


def test_slow_reads_take_half_of_the_time_at_most() -> None:
    class Slow(MemorySource):
        def increment(
            self, what: SourceObject, since: datetime, after: Place | None, limit: int
        ) -> Generator[Row, None, None]:
            reads.append(self.database.now)
            self.database.advance(3)
            return super().increment(what, since, after, limit)

    reads: list[datetime] = []
    database = MemoryDatabase(NOON)
    world = World(database=database, source=Slow(database))
    while database.now < NOON + timedelta(seconds=60):
        world.poll()
        database.advance(0.1)
    assert 9 <= len(reads) <= 11


def test_the_snapshot_does_not_repeat_what_an_increment_published(world: World) -> None:
    world = World()
    world.put("a")
    world.poll_to_end()
    world.database.advance(60)
    world.put("b")
    world.poll_to_end()
    world.snapshot_to_end()
    assert sorted(operations(world)) == [("a", Operation.UPSERT), ("b", Operation.UPSERT)]


def test_a_snapshot_goes_on_where_it_was_killed() -> None:
    world = World()
    for number in range(10):
        world.put(f"p{number}", updated_at=NOON - timedelta(days=1))
    world.poll()
    world.poller.snapshot()
    world.start()
    world.poll()
    assert world.poller.position.snapshot.rows == 3
    world.snapshot_to_end()
    assert operations(world) == [(f"p{number}", Operation.SNAPSHOT) for number in range(10)]


def test_no_snapshot_before_the_position_of_the_increments() -> None:
    world = World()
    world.put("a")
    assert not world.poller.snapshot_pending
    assert world.poller.snapshot() is False
    assert ids(world) == []


def test_a_query_whose_connection_was_lost_is_read_again_from_its_beginning() -> None:
    world = World(BALANCE)
    for number in range(7):
        world.put(f"p{number}")
    world.poll_to_end()
    world.poller.snapshot()
    world.poller._source.close()
    world.poller.snapshot()
    assert "lost" in world.poller.health
    world.database.advance(60)
    world.snapshot_to_end()
    assert sorted(ids(world)) == [f"p{number}" for number in range(7)]
    assert world.poller.health == ""


def test_an_aborted_transaction_is_read_again(world: World) -> None:
    world.put("a", name="old")
    world.publisher.fail = True
    assert world.poll(), "asks to be called again"
    assert ids(world) == []
    world.put("a", name="new")
    world.poll_to_end()
    assert [change.record["name"] for change in world.published] == ["new"]


def test_a_poller_that_wakes_up_late_is_fenced(world: World) -> None:
    zombie = world.poller
    world.put("a", name="old")
    world.start()
    world.put("a", name="new")
    world.poll_to_end()
    with pytest.raises(FencedError):
        zombie.increment(zombie._source.reading(), world.database.now)
    with pytest.raises(FencedError):
        world.database.advance(60)
        zombie.heartbeat()
    assert [change.record["name"] for change in world.published] == ["new"]


@pytest.mark.parametrize("run", [None, 2])
def test_a_new_snapshot_publishes_everything_again_once(world: World, run: int | None) -> None:
    for number in range(7):
        world.put(f"p{number}")
    world.poll_to_end()
    world.poller.resnapshot(run)
    world.poll()
    world.poller.snapshot()
    world.start()
    world.snapshot_to_end()
    again = world.published[7:]
    assert sorted(change.record_id for change in again) == [f"p{number}" for number in range(7)]
    assert {change.run for change in again} == {run or 1}


def test_a_failing_source_is_retried_ever_more_slowly_and_heard_of(world: World) -> None:
    calls: list[object] = []

    class Failing(MemorySource):
        def increment(
            self, what: SourceObject, since: object, after: Place | None, limit: int
        ) -> Generator[Row, None, None]:
            calls.append(since)
            raise SourceError("the table is not permitted")

    database = MemoryDatabase(NOON)
    world = World(database=database, source=Failing(database))
    for _ in range(100):
        world.poll()
        database.advance(1)
    assert 4 < len(calls) < 15
    assert world.poller.health == "the table is not permitted"


def test_rows_with_the_same_key_are_named() -> None:
    class Doubled(MemorySource):
        def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
            yield Row("p1", {"id": "p1", "name": "one"}, None)
            yield Row("p1", {"id": "p1", "name": "other"}, None)

    database = MemoryDatabase(NOON)
    world = World(database=database, source=Doubled(database))
    world.snapshot_to_end()
    assert "several rows have the same key (id)" in world.poller.health
    assert ids(world) == []


def test_a_chunk_ends_at_its_bytes_too() -> None:
    world = World(limits=replace(LIMITS, chunk_rows=100, chunk_bytes=300))
    for number in range(7):
        world.put(f"p{number}", note="x" * 100)
    world.poll()
    assert len(world.published) == 4
    world.poll_to_end()
    assert len(world.published) == 7


def test_a_query_whose_chunk_ends_at_its_bytes_goes_on_with_the_next_row() -> None:
    world = World(what=BALANCE, limits=replace(LIMITS, chunk_rows=100, chunk_bytes=300))
    for number in range(7):
        world.put(f"p{number}", note="x" * 100)
    world.poll()
    assert world.poller.snapshot()
    assert len(world.published) == 3
    world.snapshot_to_end()
    assert ids(world) == [f"p{number}" for number in range(7)]


def test_an_idle_object_is_heard_of(world: World) -> None:
    world.poller.heartbeat()
    first = world.topic.checkpoint
    world.database.advance(LIMITS.heartbeat_interval)
    world.poll_to_end()
    world.poller.heartbeat()
    second = world.topic.checkpoint
    assert first is not None and second is not None
    assert second.at > first.at
    world.poller.heartbeat()
    assert world.topic.checkpoint is second, "not more often than asked"
    assert from_json(second.format, second.position).cursor == world.poller.position.cursor


def test_how_far_an_object_lies_behind_is_shown(world: World) -> None:
    world.database.advance(30)
    assert world.shown("source_lag_seconds") == 30
    world.poll_to_end()
    assert world.shown("source_lag_seconds") == 0


def test_limits_have_room_for_a_chunk() -> None:
    defaults = Limits()
    assert defaults.chunk_rows <= defaults.hold_lag


def test_rows_asked_for_before_any_was_read_are_published_once() -> None:
    world = World()
    world.put("p1", updated_at=NOON - timedelta(days=1))
    world.poll()
    world.poller.resnapshot(only=Selection("p1", "p1"))
    world.snapshot_to_end()
    assert ids(world) == ["p1"]
