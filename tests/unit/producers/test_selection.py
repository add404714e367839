"""Which rows a snapshot by signal takes, and that it overwrites nothing newer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from producers.guards import SNAPSHOT
from producers.selection import Selection, SelectionError, Term, parse
from producers.source import Row
from schemas.records import Operation, Value
from tests.unit.producers.worlds import World


def row(record_id: str, **columns: Value) -> Row:
    return Row(record_id, {"id": record_id, **columns}, None)


@pytest.mark.parametrize(
    ("value", "term", "holds"),
    [
        ("NY", "state = NY", True),
        ("NJ", "state = NY", False),
        ("NJ", "state != NY", True),
        (None, "state != NY", False),
        (9, "state < 10", True),
        ("9", "state < 10", False),
        (Decimal("9.50"), "state = 9.5", True),
        (date(2026, 1, 2), "state >= 2026-01-01", True),
        (datetime(2026, 1, 2, tzinfo=UTC), "state<2026-01-02T00:00:01", True),
        (datetime(2026, 1, 2), "state > 2026-01-01", True),  # noqa: DTZ001
        (datetime(2026, 1, 2), "state >= 2026-01-02T00:00:00Z", True),  # noqa: DTZ001
        (datetime(2026, 1, 2), "state > 2026-01-02T00:00:00Z", False),  # noqa: DTZ001
        (True, "state = true", True),
        (Decimal(1), "state < nan", True),
        (9, "state = nine", False),
    ],
)
def test_conditions_compare_values_of_their_own_kind(value: Value, term: str, holds: bool) -> None:
    selection = parse({"where": [term]})
    assert selection is not None
    assert selection.takes(row("1", state=value), ("id",)) is holds


def test_a_range_of_keys_counts_numbers_as_numbers() -> None:
    selection = Selection("9", "10")
    numbers = [Row(str(number), {"id": number}, None) for number in (8, 9, 10, 11)]
    assert [one.id for one in numbers if selection.takes(one, ("id",))] == ["9", "10"]
    composite = [Row(f"a:{number}", {"site": "a", "number": number}, None) for number in (1, 2)]
    assert [one.id for one in composite if Selection("a:2").takes(one, ("site", "number"))] == ["a:2"]


def test_what_is_no_condition_is_refused() -> None:
    with pytest.raises(SelectionError, match="expected a condition such as 'state = NY'"):
        parse({"where": ["state"]})


def test_nothing_is_selected_by_nothing() -> None:
    assert parse({}) is None
    assert parse({"first": None, "last": None, "where": []}) is None


@pytest.fixture
def world() -> World:
    world = World()
    for number in range(9):
        world.put(f"p{number}", name="Ada", state="NY" if number % 2 else "NJ")
    world.snapshot_to_end()
    world.settle()
    return world


def published(world: World) -> list[tuple[str, Operation]]:
    return [(change.record_id, change.operation) for change in world.published[9:]]


def test_a_part_is_published_again_beside_what_changes(world: World) -> None:
    world.poller.resnapshot(only=Selection("p2", "p6", (Term("state", "=", "NY"),)))
    assert world.poller.snapshot()
    world.put("p5", name="Grace", state="NY")  # between two chunks: read by whichever comes first, never overwritten
    world.database.advance(5)
    world.snapshot_to_end()
    assert [key for key, operation in published(world) if operation == Operation.SNAPSHOT] == ["p3", "p5"]
    assert world.latest()["p5"].record["name"] == "Grace"
    assert world.agrees()
    assert world.poller.position.snapshot.only == ()


def test_it_goes_on_after_a_restart(world: World) -> None:
    world.poller.resnapshot(only=Selection("p1", "p7"))
    world.poller.snapshot()
    world.start()
    world.snapshot_to_end()
    assert [key for key, _ in published(world)] == [f"p{number}" for number in range(1, 8)]


def test_two_that_are_asked_for_are_both_taken(world: World) -> None:
    world.poller.resnapshot(only=Selection(last="p0"))
    world.poller.resnapshot(only=Selection("p8"))
    world.snapshot_to_end()
    assert [key for key, _ in published(world)] == ["p0", "p8"]


def test_one_of_all_rows_takes_the_part_too(world: World) -> None:
    world.poller.resnapshot()
    world.poller.resnapshot(only=Selection(last="p0"))
    world.snapshot_to_end()
    assert [key for key, _ in published(world)] == [f"p{number}" for number in range(9)]


def test_a_snapshot_is_paused_alone(world: World) -> None:
    world.poller.resnapshot()
    world.poller.pause(SNAPSHOT, "its snapshot was paused by an operator")
    assert not world.poller.snapshot()
    world.put("p9", name="Ada", state="NY")
    world.poll_to_end()
    assert published(world) == [("p9", Operation.UPSERT)]
    assert world.poller.health == "its snapshot was paused by an operator"
    world.start()
    world.poller.approve()
    assert not world.poller.snapshot(), "approving is not resuming"
    world.poller.resume(SNAPSHOT)
    world.snapshot_to_end()
    assert len(published(world)) == 10
