"""What a sweep finds: rows that no poll saw, and rows that are gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records import Operation
from tests.unit.producers.worlds import BALANCE, LIMITS, NOON, PATIENT, World, ids, operations


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


def test_a_row_that_came_back_and_went_again_is_missed_twice_again(world: World) -> None:
    world.put("a")
    world.poll_to_end()
    world.delete("a")
    world.sweep()
    world.sweep()
    world.put("a")
    world.poll_to_end()
    world.delete("a")
    world.sweep()
    assert [operation for _, operation in operations(world)] == [Operation.UPSERT, Operation.DELETE, Operation.UPSERT]
    world.sweep()
    assert operations(world)[-1] == ("a", Operation.DELETE)


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


def test_an_approval_is_acted_upon_at_once() -> None:
    """And not at the next sweep, which may be a day away."""
    world = World(limits=replace(LIMITS, missing_rows=2, missing_ratio=0.2))
    for number in range(10):
        world.put(f"p{number}")
    world.snapshot_to_end()
    world.delete(*(f"p{number}" for number in range(5)))
    world.sweep()
    world.poller.approve()
    reading = world.poller._source.reading()
    while world.poller.sweep(reading):
        pass
    assert sum(operation == Operation.DELETE for _, operation in operations(world)) == 5


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
