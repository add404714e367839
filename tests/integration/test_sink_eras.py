"""The same sink against both generations of Twenty: what differs is found out, not set."""

from __future__ import annotations

import pytest

from schemas.keys import part_key, twenty_id
from schemas.records import Link, Part, Write, WriteKind
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person

__all__ = ["twenty", "world"]


@pytest.fixture(params=["1.10", "newest"])
def era(request: pytest.FixtureRequest, world: World) -> str:
    world.twenty.steer("reset", era=request.param)
    return str(request.param)


def _note(world: World, version: int, patient: str) -> Write:
    """A note on a patient: the target's column has another name in each generation."""
    row = twenty_id(patient, "")
    note = Part(
        "", "note", fields={"title": f"v{version}", "bodyV2": {"markdown": "**x**"}}, content_hash=f"n{version}"
    )
    target = Part(
        "target", "noteTarget", internal={"note": ""}, links=(Link("person", part_key(patient, ""), True, row),),
        content_hash="t",
    )  # fmt: skip
    return world.write("note", "1", note, target, offset=version)


def test_a_life_from_the_first_write_to_the_last(world: World, era: str) -> None:
    patient = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    key, column = patient.key, {"1.10": "personId", "newest": "targetPersonId"}[era]
    with world.sink():
        world.send(patient)
        world.settle()
        world.send(_note(world, 1, key))
        world.settle()
        world.send(world.write("patient", "1", person("Augusta", "ada@x.test"), offset=2), _note(world, 2, key))
        world.settle()
        assert [row["name"]["firstName"] for row in world.twenty.rows("person")] == ["Augusta"]
        assert [row["title"] for row in world.twenty.rows("note")] == ["v2"]
        assert [row[column] for row in world.twenty.rows("noteTarget")] == [twenty_id(key, "")]
        world.send(world.write("note", "1", kind=WriteKind.DELETE, offset=3))
        world.settle()
        assert world.twenty.rows("note") == [] == world.twenty.rows("noteTarget")
        world.send(_note(world, 4, key))
        world.settle()
    assert [row["id"] for row in world.twenty.rows("note")] == [twenty_id("clinic/note/1", "")]
    assert [row[column] for row in world.twenty.rows("noteTarget")] == [twenty_id(key, "")]


def test_an_address_that_two_share_merges_nobody(world: World, era: str) -> None:
    writes = [world.write("patient", str(n), person(f"P{n}", "family@x.test"), offset=n) for n in range(5)]
    with world.sink():
        world.send(*writes)
        world.settle()
        world.send(*[world.write("patient", str(n), person(f"N{n}", "family@x.test"), offset=9 + n) for n in range(5)])
        world.settle()
    rows = world.twenty.rows("person", trashed=True)
    assert sorted(row["name"]["firstName"] for row in rows) == [f"N{n}" for n in range(5)]
    assert sum(row["emails"]["primaryEmail"] == "family@x.test" for row in rows) == 1


def test_a_thousand_records_at_a_limit_that_only_a_refusal_tells(world: World, era: str) -> None:
    world.twenty.limit(20, 2_000)
    with world.sink(limit=1000, window=1.0, batch=20):
        world.send(*[world.write("patient", str(n), person(f"P{n}"), offset=n) for n in range(1000)], bulk=True)
        world.settle()
    assert len(world.twenty.rows("person")) == 1000
    assert 1 <= world.twenty.stats()["refused"] <= 5
