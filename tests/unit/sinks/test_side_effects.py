"""What our writes would set off in Twenty, and that nothing is written before it is off or acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Control, Part
from sinks.side_effects import ACKNOWLEDGE, webhooks, workflows
from tests.unit.sinks.sender_fakes import Bench
from tests.unit.sinks.values import write

SYNCED = {"person", "company"}


def active(event: str, kind: str = "DATABASE_EVENT") -> dict[str, Any]:
    return {"workflowId": "w", "name": "v1", "trigger": {"type": kind, "settings": {"eventName": event}}}


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (active("person.created"), True),
        (active("company.updated"), True),
        (active("opportunity.created"), False),
        (active("person.created", "CRON"), False),
        ({"workflowId": "w", "trigger": None}, False),
        (active("person.created") | {"deletedAt": "2026-01-01"}, False),
    ],
)
def test_a_workflow_counts_when_a_synced_object_starts_it(version: dict[str, Any], found: bool) -> None:
    assert bool(workflows([version], SYNCED)) is found


@pytest.mark.parametrize(
    ("operations", "events"),
    [
        (["*.*"], ("*.*",)),
        (["*.deleted", "opportunity.created"], ("*.deleted",)),
        (["person.*"], ("person.*",)),
        (["opportunity.*"], ()),
        (None, ()),
    ],
)
def test_a_webhook_counts_by_its_operations(operations: Any, events: tuple[str, ...]) -> None:
    found = webhooks([{"id": "h", "targetUrl": "http://x", "operations": operations}], SYNCED)
    assert [one.events for one in found] == ([events] if events else [])


def test_a_deleted_webhook_does_not_count() -> None:
    assert webhooks([{"id": "h", "operations": ["*.*"], "deletedAt": "2026-01-01"}], SYNCED) == []


def test_the_sink_writes_once_it_is_acknowledged_and_stops_when_another_comes() -> None:
    bench = Bench(synced=("person",))
    bench.twenty.hooks = [{"id": "h1", "targetUrl": "http://x", "operations": ["*.*"]}]
    bench.kafka.publish(write(1, Part("", "person", fields={"jobTitle": "a"})))
    bench.turn(5)
    assert bench.twenty.rows == {}
    assert "webhook h1" in bench.reasons[-1] and "webhook h1" in bench.sender.trouble
    bench.signals.append(Control(ACKNOWLEDGE, "h1", {}, bench.wall))
    bench.turn(5)
    assert len(bench.twenty.rows) == 1 and bench.reasons[-1] == "" and bench.sender.trouble == ""
    bench.twenty.hooks.append({"id": "h2", "targetUrl": "http://x", "operations": ["person.updated"]})
    bench.turn(70)
    bench.kafka.publish(write(2, Part("", "person", fields={"jobTitle": "b"})))
    bench.turn(5)
    assert [row["jobTitle"] for row in bench.twenty.rows.values()] == ["a"]
    bench.twenty.hooks.clear()
    bench.turn(70)
    assert [row["jobTitle"] for row in bench.twenty.rows.values()] == ["b"]
