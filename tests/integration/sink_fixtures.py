"""Fixtures of the sink's tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.stack.stack import LocalStack
from tests.integration.sink_world import Standin, World, make_world, standin


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with standin(tmp_path_factory.mktemp("standin")) as server:
        yield server


@pytest.fixture
def world(stack: LocalStack, kafka_bootstrap: str, topic_prefix: str, twenty: Standin, tmp_path: Path) -> World:
    twenty.reset()
    return make_world(kafka_bootstrap, topic_prefix, twenty, tmp_path)


@pytest.fixture
def kill() -> Callable[[subprocess.Popen[bytes]], None]:
    """Ends a process at once, as kill -9 does."""

    def end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    return end


__all__ = ["kill", "twenty", "world"]
