"""What pauses an object, what goes on meanwhile, and what an operator's word sets free."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from producers.guards import SNAPSHOT
from producers.selection import Selection
from schemas.records import Operation
from tests.unit.producers.worlds import BALANCE, LIMITS, NOON, PATIENT, World, ids, operations


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
    assert world.poller.position.approved == frozenset(), "the next restore pauses again"
    assert world.latest()["a"].record["name"] == "older"
    assert world.agrees()


@pytest.mark.parametrize(("behind", "paused"), [(0.9, False), (1.1, True)])
def test_a_clock_that_is_set_right_by_a_moment_is_no_restore(world: World, behind: float, paused: bool) -> None:
    world.settle()
    world.poller.heartbeat()
    world.database.now -= timedelta(seconds=behind)
    world.start()
    world.poll()
    assert ("restored from a backup" in world.poller.health) is paused


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
