"""What is committed late or stamped oddly arrives, once, and never makes the poller read everything again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from producers.limits import Limits
from producers.memory import MemoryDatabase, MemorySource
from producers.source import Place, Reading, Row
from schemas.source import SourceObject
from tests.unit.producers.worlds import LIMITS, NOON, PATIENT, World, ids


def test_a_late_commit_arrives(world: World) -> None:
    late = world.database.begin()
    late.put(PATIENT, {"id": "late"})
    world.database.advance(600)
    world.put("early")
    world.settle()
    assert ids(world) == ["early"]
    late.commit()
    world.poll_to_end()
    assert ids(world) == ["early", "late"]


def test_a_cursor_that_ignores_open_transactions_would_lose_it() -> None:
    class Naive(MemorySource):
        def reading(self) -> Reading:
            return replace(super().reading(), horizon=self.database.now)

    database = MemoryDatabase(NOON)
    world = World(database=database, source=Naive(database))
    world.snapshot_to_end()
    late = database.begin()
    late.put(PATIENT, {"id": "late"})
    world.settle()
    late.commit()
    world.settle()
    assert ids(world) == []


@pytest.mark.parametrize("restart", [False, True])
def test_a_prepared_transaction_arrives(world: World, restart: bool) -> None:
    late = world.database.begin()
    late.put(PATIENT, {"id": "late"})
    world.database.advance(600)
    world.poll_to_end()
    world.poller.heartbeat()
    late.prepare("two-phase")
    if restart:
        world.start()
    world.settle()
    late.commit("two-phase")
    world.poll_to_end()
    assert ids(world) == ["late"]


def test_a_prepared_transaction_holds_back_only_until_it_ends(world: World) -> None:
    world.database.begin().prepare("two-phase")
    world.settle()
    cursor = world.poller.position.cursor
    assert cursor is not None
    assert cursor <= NOON
    del world.database.prepared["two-phase"]
    world.settle()
    assert world.poller.position.cursor == world.database.now - timedelta(seconds=LIMITS.margin)


def test_equal_times_across_chunks_arrive_once(world: World) -> None:
    transaction = world.database.begin()
    for number in range(10):
        transaction.put(PATIENT, {"id": f"p{number}"})
    transaction.commit()
    world.poll_to_end()
    world.settle()
    assert ids(world) == [f"p{number}" for number in range(10)]


@pytest.mark.parametrize("digits", [0, 3, 6])
def test_a_time_that_its_column_rounds_down_is_not_passed_by(digits: int) -> None:
    """``timestamp(0)`` or a time that was cut to seconds lies up to a second before the transaction began."""
    world = World(limits=replace(LIMITS, margin=Limits().margin))
    world.snapshot_to_end()
    for number in range(40):
        world.database.advance(0.173)
        late, began_at = world.database.begin(), world.database.now
        cut = began_at.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits)
        late.put(PATIENT, {"id": f"{number:02}", "updated_at": began_at.replace(microsecond=cut)})
        world.poll_to_end()
        world.database.advance(0.911)
        world.poll_to_end()
        late.commit()
    world.settle()
    assert sorted(ids(world)) == [f"{number:02}" for number in range(40)]


def test_rows_beyond_the_bound_are_published_at_once_and_once(world: World) -> None:
    blocker = world.database.begin()
    for number in range(5):
        world.put(f"p{number}")
        world.poll_to_end()
        world.database.advance(10)
    assert sorted(ids(world)) == [f"p{number}" for number in range(5)]
    blocker.commit()
    world.settle()
    assert len(ids(world)) == 5


def test_a_session_open_for_hours_does_not_make_every_poll_read_everything() -> None:
    class Slow(MemorySource):
        def increment(
            self, what: SourceObject, since: datetime, after: Place | None, limit: int
        ) -> Generator[Row, None, None]:
            reads.append(since)
            self.database.advance(0.3)
            return super().increment(what, since, after, limit)

    reads: list[datetime] = []
    database = MemoryDatabase(NOON)
    world = World(database=database, source=Slow(database), limits=replace(LIMITS, chunk_rows=100))
    world.snapshot_to_end()
    blocker = database.begin()
    late = database.begin()
    late.put(PATIENT, {"id": "late"})
    held = database.now
    for number in range(20):
        world.put(f"p{number}")
        database.advance(0.35)
        world.poll_to_end()
    whole = [since for since in reads if since <= held]
    assert len(whole) <= len(reads) / 2
    assert len(ids(world)) == 20
    late.commit()
    for _ in range(10):
        database.advance(0.35)
        world.poll_to_end()
    assert "late" in ids(world)
    blocker.commit()
