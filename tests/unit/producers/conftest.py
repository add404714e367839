from collections.abc import Iterator

import pytest

from tests.unit.producers.drop_world import SOURCES


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Sources of drop worlds, with their databases."""
    yield
    while SOURCES:
        SOURCES.pop().close()
