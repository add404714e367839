"""The sink on a real broker and the stand-in: what is written, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.stack.stack import LocalStack
from schemas.keys import twenty_id
from schemas.records import Outcome
from tests.integration.sink_world import Standin, World, make_world, person, standin


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with standin(tmp_path_factory.mktemp("standin")) as server:
        yield server


@pytest.fixture
def world(stack: LocalStack, kafka_bootstrap: str, topic_prefix: str, twenty: Standin, tmp_path: Path) -> World:
    twenty.reset()
    return make_world(kafka_bootstrap, topic_prefix, twenty, tmp_path)


def test_a_record_is_created_updated_deleted_and_restored(world: World) -> None:
    first = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    row = twenty_id(first.key, "")
    with world.sink():
        world.send(first)
        world.settle()
        created = world.twenty.row("person", row)
        assert created is not None and created["name"]["firstName"] == "Ada"
    assert [event.outcome for event in world.events()] == [Outcome.CREATED]
