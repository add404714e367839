"""The Confluent wire format with a schema registry: the same tests on the fake and, where
``DUALRUN_TEST_REGISTRY_URL`` names one (Apicurio's is at ``/apis/ccompat/v7``), on a real registry."""

from __future__ import annotations

import json
import os
import struct
import uuid
from collections.abc import Iterator

import pytest

from schemas.codec import Codec, CodecError, Registry, load
from schemas.freeze import parsed, plain
from schemas.records import Lift
from schemas.registry import SchemaRegistry
from schemas.testing import MemoryRegistry

REAL = os.environ.get("DUALRUN_TEST_REGISTRY_URL")


@pytest.fixture(params=["fake", *(["real"] if REAL else [])])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    if request.param == "fake" or not REAL:
        yield MemoryRegistry()
        return
    real = SchemaRegistry(REAL)
    yield real
    real.close()


@pytest.fixture
def topic() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


def test_two_processes_read_each_other(registry: Registry, topic: str) -> None:
    data = Codec(registry).encode(Lift("clinic/patient/1"), topic)
    magic, schema_id = struct.unpack(">bI", data[:5])
    assert (magic, schema_id > 0) == (0, True)
    assert Codec(registry).decode(data) == Lift("clinic/patient/1")


def test_a_schema_is_registered_once(registry: Registry, topic: str) -> None:
    first, second = (Codec(registry).encode(Lift(key), topic)[:5] for key in ("a", "b"))
    assert first == second


def test_an_incompatible_schema_is_refused_before_anything_is_published(registry: Registry, topic: str) -> None:
    registry.identify(f"{topic}-dualrun.Lift", load("Lift"))
    other = json.loads(json.dumps(plain(load("Lift"))))
    other["fields"][0]["type"], other["fields"][0]["default"] = "int", 0
    with pytest.raises(CodecError, match="refused"):
        registry.identify(f"{topic}-dualrun.Lift", parsed(other))
