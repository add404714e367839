"""The chain shows what is missing or altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.records import AuditEvent, Outcome, Unit
from sinks.audit import Chains, verify
from tests.unit.sinks.values import version

CODEC = Codec()


def event(number: int, **more: object) -> AuditEvent:
    at = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5))) + timedelta(seconds=number)
    made = AuditEvent(
        Unit("cdc", 0, number), "s/patient/1", "", ("",), version(number), Outcome.CREATED, at,
        after={"b": 1.5, "a": {"x": None}}, source_changed_at=at,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def chain(count: int, chains: Chains | None = None) -> list[AuditEvent]:
    """Events as they are read back from the topic."""
    chains = chains or Chains()
    return [CODEC.decode(CODEC.encode(chains.add(0, event(n)))) for n in range(count)]  # type: ignore[misc]


def test_an_untouched_chain_holds_also_across_the_codec() -> None:
    assert verify(chain(5)) == []


def test_a_chain_goes_on_from_the_head_that_was_read() -> None:
    first = chain(3)
    second = chain(2, Chains({0: first[-1].digest}))
    assert verify([*first, *second]) == []
    assert verify(second, first[-1].digest) == []
    assert verify(second)


def test_partitions_have_chains_of_their_own() -> None:
    chains = Chains()
    zero, one = chains.add(0, event(1)), chains.add(1, event(1))
    assert zero.previous == one.previous == ""


@given(st.integers(1, 8), st.data())
def test_a_missing_event_shows(count: int, data: st.DataObject) -> None:
    events = chain(count + 1)
    del events[data.draw(st.integers(0, count - 1))]
    assert verify(events)


@given(st.integers(0, 4), st.sampled_from(["reason", "key", "twenty_id", "outcome", "after", "decided_at"]))
def test_an_altered_event_shows(index: int, name: str) -> None:
    events = chain(5)
    value: dict[str, Any] = {
        "outcome": Outcome.UPDATED,
        "after": {"b": 2},
        "decided_at": datetime(2020, 1, 1, tzinfo=UTC),
    }
    events[index] = replace(events[index], **{name: value.get(name, "forged")})
    assert [found.index for found in verify(events)] == [index]
