from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.producers.drop_world import SOURCES, Drops
from tests.unit.producers.worlds import World


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Sources of drop worlds, with their databases."""
    yield
    while SOURCES:
        SOURCES.pop().close()


@pytest.fixture
def world() -> World:
    """A poller whose snapshot of an empty table is done."""
    world = World()
    world.snapshot_to_end()
    return world


@pytest.fixture
def drops(tmp_path: Path) -> Drops:
    return Drops(tmp_path)
