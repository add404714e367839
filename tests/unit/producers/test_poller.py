"""One object's loop, case by case, against a source in memory."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from producers.checkpoint import from_json
from producers.guards import SNAPSHOT
from producers.limits import Limits
from producers.memory import MemoryDatabase, MemorySource
from producers.publisher import FencedError
from producers.selection import Selection
from producers.source import Place, Reading, Row, SourceError
from schemas.records import Operation
from schemas.source import SourceObject
from tests.unit.producers.worlds import BALANCE, LIMITS, NOON, PATIENT, World


@pytest.fixture
def world() -> World:
    world = World()
    world.snapshot_to_end()
    return world


def ids(world: World) -> list[str]:
    return [change.record_id for change in world.published]


def operations(world: World) -> list[tuple[str, Operation]]:
    return [(change.record_id, change.operation) for change in world.published]


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


@pytest.mark.parametrize("when", [None, NOON - timedelta(days=400)])
def test_a_sweep_finds_restored_rows_and_rows_without_a_time(world: World, when: object) -> None:
    world.put("restored", updated_at=when)  # type: ignore[arg-type]
    world.settle()
    assert ids(world) == []
    world.sweep()
    assert operations(world) == [("restored", Operation.UPSERT)]


def test_a_sweep_finds_an_update_that_did_not_touch_the_time(world: World) -> None:
    world.put("a", name="before")
    world.poll_to_end()
    world.rows()["a"]["name"] = "after"
    world.settle()
    world.sweep()
    assert [change.record["name"] for change in world.published] == ["before", "after"]


def test_a_delete_needs_two_sightings(world: World) -> None:
    world.put("gone")
    world.put("kept")
    world.poll_to_end()
    world.delete("gone")
    world.sweep()
    assert world.poller.position.suspects == {"gone"}
    assert set(ids(world)) == {"gone", "kept"}
    world.sweep()
    assert operations(world)[-1] == ("gone", Operation.DELETE)
    world.sweep()
    assert len(world.published) == 3


def test_a_sighting_survives_a_restart(world: World) -> None:
    world.put("gone")
    world.poll_to_end()
    world.delete("gone")
    world.sweep()
    world.poller.heartbeat()
    world.start()
    world.sweep()
    assert operations(world)[-1] == ("gone", Operation.DELETE)


def test_a_row_that_came_back_before_the_last_look_is_not_deleted(world: World) -> None:
    world.put("back", name="same")
    world.poll_to_end()
    row = dict(world.rows()["back"])
    world.delete("back")
    world.sweep()
    world.database.advance(LIMITS.sweep_interval)
    reading = world.poller._source.reading()
    assert world.poller.sweep(reading), "condemned now, to be looked up in the next step"
    world.put("back", **{name: value for name, value in row.items() if name != "id"})
    world.poller.sweep(reading)
    assert [operation for _, operation in operations(world)] == [Operation.UPSERT]


def test_a_deleted_row_that_is_made_again_is_published_again(world: World) -> None:
    world.put("a", name="same", updated_at=NOON)
    world.sweep()
    world.delete("a")
    world.sweep()
    world.sweep()
    world.put("a", name="same", updated_at=NOON)
    world.sweep()
    assert [operation for _, operation in operations(world)] == [Operation.UPSERT, Operation.DELETE, Operation.UPSERT]


def test_vanished_rows_are_not_deletes() -> None:
    world = World(replace(PATIENT, on_missing="vanished"))
    world.put("archived")
    world.poll_to_end()
    world.snapshot_to_end()
    world.delete("archived")
    world.sweep()
    world.sweep()
    assert operations(world)[-1] == ("archived", Operation.VANISHED)


def test_many_missing_at_once_stop_the_deletes_and_only_those() -> None:
    world = World(limits=replace(LIMITS, missing_rows=2, missing_ratio=0.2))
    for number in range(10):
        world.put(f"p{number}")
    world.snapshot_to_end()
    world.delete(*(f"p{number}" for number in range(5)))
    for _ in range(3):
        world.sweep()
    assert "5 of 10 records are missing" in world.poller.health
    assert Operation.DELETE not in {operation for _, operation in operations(world)}
    world.put("new")
    world.poll_to_end()
    assert "new" in ids(world)
    world.poller.heartbeat()
    world.start()
    world.poller.approve()
    world.sweep()
    assert sum(operation == Operation.DELETE for _, operation in operations(world)) == 5
    assert world.poller.health == ""


def test_missing_rows_that_come_back_lift_the_guard_by_themselves() -> None:
    world = World(limits=replace(LIMITS, missing_rows=2, missing_ratio=0.2))
    for number in range(10):
        world.put(f"p{number}")
    world.snapshot_to_end()
    rows = world.database.tables["patient"]
    world.database.tables["patient"] = {}
    world.sweep()
    assert world.poller.health
    world.database.tables["patient"] = rows
    world.sweep()
    assert world.poller.health == ""
    assert len(world.published) == 10


def test_a_query_is_compared_row_by_row() -> None:
    world = World(BALANCE)
    world.put("p1", due=10)
    world.put("p2", due=20)
    world.poll_to_end()
    world.snapshot_to_end()
    world.put("p2", due=25)
    world.sweep()
    assert [(change.record_id, change.record["due"]) for change in world.published] == [
        ("p1", 10),
        ("p2", 20),
        ("p2", 25),
    ]


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


def test_a_source_restored_from_a_backup_pauses_the_object(world: World) -> None:
    world.put("a", name="lost by the restore")
    world.settle()
    world.poller.heartbeat()
    world.database.now -= timedelta(hours=5)
    world.start()
    world.rows()["a"]["name"] = "older"
    world.poll()
    assert "restored from a backup" in world.poller.health
    assert "s behind" in world.poller.health
    world.put("b")
    world.poll()
    assert ids(world) == ["a"]
    world.poller.approve()
    world.poll_to_end()
    world.sweep()
    assert world.poller.health == ""
    assert world.latest()["a"].record["name"] == "older"
    assert world.agrees()


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [("server", "other", "another database server"), ("log_position", 5, "log is behind")],
)
def test_another_server_or_an_older_log_pauses_the_object(
    world: World, attribute: str, value: object, words: str
) -> None:
    world.database.log_position = 10
    world.poll()
    setattr(world.database, attribute, value)
    world.poll()
    assert words in world.poller.health


def test_a_burst_pauses_the_object_until_it_is_approved() -> None:
    world = World(limits=replace(LIMITS, burst_rows=5))
    world.snapshot_to_end()
    transaction = world.database.begin()
    for number in range(20):
        transaction.put(PATIENT, {"id": f"p{number:02}"})
    transaction.commit()
    world.poll_to_end()
    assert "more than 5 rows changed at once" in world.poller.health
    assert 5 < len(world.published) < 20
    world.poller.heartbeat()
    world.start()
    world.poll_to_end()
    assert "more than 5 rows" in world.poller.health, "a restart is no approval"
    world.poller.approve()
    world.poll_to_end()
    assert world.agrees()
    assert world.poller.position.approved == frozenset()


def test_an_operator_pauses_and_resumes(world: World) -> None:
    world.poller.pause("operator", "paused by an operator")
    world.put("a")
    world.poll_to_end()
    world.poller.heartbeat()
    checkpoint = world.topic.checkpoint
    assert checkpoint is not None
    assert checkpoint.position["paused"] == {"operator": "paused by an operator"}
    assert ids(world) == []
    world.poller.resume()
    world.poll_to_end()
    assert ids(world) == ["a"]


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
    first = world.topic.checkpoint
    world.database.advance(LIMITS.heartbeat_interval)
    world.poll_to_end()
    world.poller.heartbeat()
    second = world.topic.checkpoint
    assert first is None or (second is not None and second.at > first.at)
    world.poller.heartbeat()
    assert world.topic.checkpoint is second, "not more often than asked"
    assert second is not None
    assert from_json(second.format, second.position).cursor == world.poller.position.cursor


def test_gauges(world: World) -> None:
    registry = world.metrics.lag
    world.database.advance(30)
    world.poller.show(world.database.now, waiting=False)
    assert registry.labels("clinic", "patient")._value.get() == 30
    world.poll_to_end()
    world.poller.show(world.database.now, waiting=False)
    assert registry.labels("clinic", "patient")._value.get() == 0


def test_limits_have_room_for_a_chunk() -> None:
    defaults = Limits()
    assert defaults.chunk_rows <= defaults.hold_lag


def test_a_row_that_no_message_holds_stops_no_other() -> None:
    world = World()
    world.publisher.longest = 200
    for number in range(7):
        world.put(f"p{number}", name="Ada" if number != 3 else "A" * 300)
    world.snapshot_to_end()
    assert sorted(ids(world)) == ["p0", "p1", "p2", "p4", "p5", "p6"]
    (letter,) = world.topic.letters
    assert (letter.where, letter.raw.count(b"A")) == ("p3", 300)
    world.sweep()
    world.start()
    world.publisher.longest = 200
    world.sweep()
    assert len(world.topic.letters) == 1, "each once, over restarts too"
    assert world.poller.health.startswith("clinic/patient/p3 is not captured: ")
    world.poller.show(world.database.now, waiting=False)
    assert world.metrics.rejected.labels("clinic", "patient")._value.get() == 1
    world.put("p3", name="Ada")
    world.settle()
    assert world.latest()["p3"].record["name"] == "Ada"
    assert world.poller.health == ""


def test_a_row_that_became_too_long_stays_as_it_was_and_is_not_deleted(world: World) -> None:
    world.publisher.longest = 200
    world.put("p1", name="Ada")
    world.put("p2", name="Ada")
    world.settle()
    world.put("p1", name="A" * 300)
    for _ in range(3):
        world.settle()
        world.sweep()
    assert {key: change.record["name"] for key, change in world.latest().items()} == {"p1": "Ada", "p2": "Ada"}
    world.delete("p1")
    for _ in range(3):
        world.sweep()
    assert list(world.latest()) == ["p2"]
    assert world.poller.health == ""


def test_a_text_that_is_no_text_stops_no_other(world: World) -> None:
    """As a REST API sends a shortened emoji, or a database a byte of no character."""
    world.put("p1", name="Ada \ud83d")
    world.put("p2\udc81", name="Ada")
    world.put("p3", name="Ada 🦷")
    world.settle()
    world.sweep()
    assert ids(world) == ["p3"]
    assert {letter.where for letter in world.topic.letters} == {"p1", "p2\\udc81"}
    assert world.poller.health.startswith("clinic/patient/p1 is not captured (1 more among the dead letters): a text")
    world.put("p1", name="Ada")
    world.settle()
    assert "p1" in world.latest()


def test_a_refusal_that_is_not_committed_is_written_again(world: World) -> None:
    world.publisher.longest = 200
    world.put("p1", name="A" * 300)
    world.publisher.fail = True
    world.poll()
    assert world.topic.letters == []
    world.poll_to_end()
    assert [letter.where for letter in world.topic.letters] == ["p1"]


@pytest.fixture
def stopped() -> World:
    """Six of nine old rows are published; then an operator has paused the snapshot."""
    world = World()
    for number in range(9):
        world.put(f"p{number}", name="old", updated_at=NOON - timedelta(days=1))
    world.poll()
    world.poller.snapshot()
    world.poller.snapshot()
    world.poller.pause(SNAPSHOT, "its snapshot was paused by an operator")
    return world


def test_a_paused_snapshot_keeps_no_sweep_waiting(stopped: World) -> None:
    """What is captured is compared; what is not is left to the snapshot, and to its pace."""
    stopped.rows()["p1"]["name"] = "changed without a time"
    stopped.rows()["p7"]["name"] = "new"
    stopped.delete("p2", "p8")
    for _ in range(3):
        stopped.sweep()
    assert operations(stopped)[6:] == [("p1", Operation.UPSERT), ("p2", Operation.DELETE)]
    stopped.poller.resume(SNAPSHOT)
    stopped.snapshot_to_end()
    assert operations(stopped)[8:] == [("p6", Operation.SNAPSHOT), ("p7", Operation.SNAPSHOT)]
    assert stopped.agrees()


def test_neither_does_one_of_a_few_rows(stopped: World) -> None:
    stopped.poller.resume(SNAPSHOT)
    stopped.snapshot_to_end()
    stopped.poller.resnapshot(only=Selection("p3", "p4"))
    stopped.poller.snapshot()
    stopped.delete("p2")
    for _ in range(2):
        stopped.sweep()
    assert operations(stopped)[-1] == ("p2", Operation.DELETE)
    stopped.snapshot_to_end()
    assert sorted(operations(stopped)[-2:]) == [("p3", Operation.SNAPSHOT), ("p4", Operation.SNAPSHOT)]


@pytest.mark.parametrize("resumed_in_the_middle", [False, True])
def test_a_query_is_swept_beside_its_paused_snapshot_and_both_read_every_row(resumed_in_the_middle: bool) -> None:
    world = World(BALANCE)
    for number in range(9):
        world.put(f"p{number}", due=0)
    world.poll()
    world.poller.snapshot()
    world.poller.pause(SNAPSHOT, "paused")
    world.put("p1", due=5)
    world.delete("p2")
    world.database.advance(LIMITS.sweep_interval)
    world.poll()
    reading = world.poller._source.reading()
    assert world.poller.sweep(reading)
    if resumed_in_the_middle:
        world.poller.resume(SNAPSHOT)
        world.poller.snapshot()
    while world.poller.sweep(reading):
        pass
    world.poller.resume(SNAPSHOT)
    world.snapshot_to_end()
    assert world.latest().keys() >= world.rows().keys(), "no row fell between the two"
    world.sweep()
    world.sweep()
    assert world.agrees()
    assert sorted(ids(world)) == ["p0", "p1", "p1", "p2", "p2", *[f"p{number}" for number in range(3, 9)]]


def test_rows_asked_for_while_all_are_read_are_published_after_them(stopped: World) -> None:
    """They were read already, and may have been the reason to ask: none of it is dropped over a restart either."""
    stopped.poller.resume(SNAPSHOT)
    stopped.poller.resnapshot(only=Selection("p1", "p1"))
    stopped.poller.resnapshot(only=Selection("p8", "p8"))
    stopped.poller.heartbeat()
    stopped.start()
    stopped.snapshot_to_end()
    assert ids(stopped) == [*[f"p{number}" for number in range(9)], "p1", "p8"]
    assert stopped.poller.position.snapshot.done


def test_rows_asked_for_before_any_was_read_are_published_once() -> None:
    world = World()
    world.put("p1", updated_at=NOON - timedelta(days=1))
    world.poll()
    world.poller.resnapshot(only=Selection("p1", "p1"))
    world.snapshot_to_end()
    assert ids(world) == ["p1"]
