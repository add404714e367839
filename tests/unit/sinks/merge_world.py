"""A clinic that merges charts, in memory: its rows, the real hold, the real sender, a Twenty with a trash.

Topics are lists. Hold and sender read, commit and die at any point: what they had not committed comes again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from processors.holding import Group, Hold
from processors.obligations import Obligation, changelog, decode_state
from processors.outbox import Term
from processors.transform import MappingTransform
from schemas.control import Epochs
from schemas.edits import EditPolicies
from schemas.keys import twenty_id
from schemas.mapping import load_mapping
from schemas.mapping.language import SystemMapping
from schemas.records import Operation, RecordChange, Unit
from sinks.catalogue import TargetObject
from sinks.pending import Lane
from tests.unit.sinks.merge_twenty import Twenty, Values
from tests.unit.sinks.sender_fakes import TOPICS, Bench, FakeKafka

CHARTS = "abcd"
OBJECTS = {
    "person": TargetObject(
        "person",
        "people",
        {"emails": "EMAILS", "jobTitle": "TEXT", "extId": "TEXT", "sourceSystemId": "TEXT"},
        frozenset({"emails"}),
        columns={"guarantor": "guarantorId", "helper": "helperId"},
    ),
    "card": TargetObject(
        "card", "cards", {"number": "TEXT", "sourceSystemId": "TEXT"}, columns={"patient": "patientId"}
    ),
    "task": TargetObject(
        "task",
        "tasks",
        {"title": "TEXT", "sourceSystemId": "TEXT"},
        columns={"patient": "patientId", "other": "otherId", "named": "namedId"},
    ),
    "note": TargetObject(
        "note", "notes", {"title": "TEXT", "sourceSystemId": "TEXT"}, columns={"patient": "patientId"}
    ),
}
COLUMNS = {
    "patient": ("id", "title", "email", "guarantor", "nick", "card1", "card2", "into"),
    "visit": ("id", "title", "patient", "other", "nick"),
    "note": ("id", "title", "patient"),
    "contact": ("id", "patient", "ext", "helper"),
    "merge": ("id", "loser", "survivor"),
}


class DiedError(Exception):
    """The process ends here, and with it what it had not committed."""


@cache
def mapping() -> SystemMapping:
    return load_mapping(str(Path(__file__).with_name("merge_mapping.yaml")))


def patient(name: str) -> str:
    return f"s/patient/{name}"


class Kafka(FakeKafka):
    """Now and then the process dies instead of committing."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.deaths = 0.0
        self.moved: list[Any] = []

    def begin_transaction(self) -> None:
        super().begin_transaction()
        self.moved = []

    def send_offsets_to_transaction(self, offsets: list[Any], group: object, timeout: float) -> None:
        self.moved = offsets

    def commit_transaction(self, timeout: float) -> None:
        if self.chance.random() < self.deaths:
            raise DiedError
        super().send_offsets_to_transaction(self.moved, None, timeout)
        super().commit_transaction(timeout)


@dataclass(frozen=True, slots=True)
class Message:
    offset: int
    key: bytes | None
    value: bytes | None


class HoldWorker:
    """The real hold with its topics as lists. What it says to the sink lies in the lanes of ``kafka``."""

    def __init__(self, kafka: Kafka, chance: random.Random) -> None:
        self._kafka = kafka
        self._chance = chance
        self._logs: dict[str, list[Message]] = {}
        self._committed: dict[str, int] = {}
        self._positions: dict[str, int] = {}
        self._collected = 0
        self._generation = 0
        self.now = 1000.0
        self.restart()

    def append(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        log = self._logs.setdefault(topic, [])
        log.append(Message(len(log), key, value))

    def restart(self, *, afresh: bool = False) -> None:
        """A new worker, from what the last one had made durable; ``afresh`` reads the changes from the beginning."""
        self._generation += 1
        transform = MappingTransform(mapping(), workspace_url="https://crm")
        epochs = Epochs(1, dict.fromkeys(TOPICS.changes, ("id", 1)))
        self._hold = Hold(TOPICS, self._kafka.codec, transform, epochs, grace_seconds=2.0)
        self._collect()
        for topic in (*TOPICS.changes, TOPICS.returns):
            self._positions[topic] = 0 if afresh else self._committed.get(topic, 0)
        for topic in (TOPICS.wants, TOPICS.answers):
            self._positions[topic] = len(self._log(topic))
        self._positions[TOPICS.identities] = 0
        self._goal: int | None = len(self._log(TOPICS.identities))
        state = [decode_state(key, value) for key, value in self._state().items()]
        self._hold.assign({0: state}, Term(self._generation, len(self._log(TOPICS.answers))), self.now)
        self._finish(0.0)

    def step(self, *, everything: bool = False, deaths: float = 0.0) -> None:
        """Some of what there is to read, or all of it; a death leaves some of what was to be sent unsaid."""
        self._collect()
        groups = []
        for topic, position in self._positions.items():
            ready = self._log(topic)[position:]
            if ready and (everything or self._chance.random() < 0.6):
                count = len(ready) if everything else self._chance.randint(1, len(ready))
                groups.append(Group(topic, 0, ready[:count]))
        self._hold.batch(groups, self.now)
        for group in groups:
            self._positions[group.topic] += len(group.records)
        self._hold.tick(self.now)
        self._finish(deaths)
        self.now += 0.5
        if everything or self._chance.random() < 0.5:
            self._committed.update(self._positions)

    def _finish(self, deaths: float) -> None:
        if self._goal is not None and self._positions[TOPICS.identities] >= self._goal:
            self._goal = None
            self._hold.caught_up(0)
        effects = self._hold.drain()
        for (topic, _), messages in effects.sends.items():
            for message in messages:
                self._live_on(deaths)
                if topic in (TOPICS.live, TOPICS.bulk):
                    lane = Lane.LIVE if topic == TOPICS.live else Lane.BULK
                    self._kafka.lanes[lane].append(((message.key or b"").decode(), message.value or b""))
                else:
                    self.append(topic, message.key, message.value)
        for phase in effects.state:
            for key, value in (change for changes in phase.values() for change in changes):
                self._live_on(deaths)
                self.append(changelog(TOPICS), key, value)

    def _live_on(self, deaths: float) -> None:
        if self._chance.random() < deaths:
            raise DiedError

    def _collect(self) -> None:
        for topic, key, value in self._kafka.messages[self._collected :]:
            if topic in (TOPICS.identities, TOPICS.returns):
                self.append(topic, key.encode(), value)
        self._collected = len(self._kafka.messages)

    def _log(self, topic: str) -> list[Message]:
        return self._logs.get(topic, [])

    def _state(self) -> dict[bytes, bytes]:
        state: dict[bytes, bytes] = {}
        for message in self._log(changelog(TOPICS)):
            if message.value is None:
                state.pop(message.key or b"", None)
            else:
                state[message.key or b""] = message.value
        return state

    def obligations(self) -> list[Obligation]:
        entries = (decode_state(key, value) for key, value in self._state().items())
        return [entry for entry in entries if isinstance(entry, Obligation)]

    def units(self) -> list[Unit]:
        """All changes that there ever were."""
        return [Unit(topic, 0, message.offset) for topic in TOPICS.changes for message in self._log(topic)]

    def size(self) -> int:
        return sum(map(len, self._logs.values()))


class World:
    """``source``: object -> id -> row, as the clinic's system has them now. ``edits_seconds``: how often the sender
    looks for what somebody else has edited. ``policies``: who wins then."""

    def __init__(
        self,
        chance: random.Random,
        *,
        dying: bool = False,
        edits_seconds: float = float("inf"),
        policies: EditPolicies | None = None,
    ) -> None:
        self.chance = chance
        self.policies = policies
        self.edits_seconds = edits_seconds
        self.dying = dying
        self.source: dict[str, dict[str, Values]] = {name: {} for name in COLUMNS}
        self.twenty = Twenty()
        self.kafka = Kafka(chance)
        self.hold = HoldWorker(self.kafka, chance)
        self.restart_sink()

    # --- the clinic

    def put(self, name: str, record: str, **row: str | None) -> None:
        """A row is new or other than before, and its change is captured."""
        self.found(name, record, **row)
        self._capture(name, record, Operation.UPSERT)

    def found(self, name: str, record: str, **row: str | None) -> None:
        """A row that only a snapshot of its table captures, so by the bulk lane."""
        self.source[name][record] = {**dict.fromkeys(COLUMNS[name]), "id": record, **row}

    def change(self, name: str, record: str, **values: str | None) -> None:
        """Some columns of a row change; None empties one."""
        self.put(name, record, **{**self.source[name][record], **values})

    def delete(self, name: str, record: str) -> None:
        if self.source[name].pop(record, None) is not None:
            self._capture(name, record, Operation.DELETE)

    def snapshot(self, *names: str) -> None:
        """Reads whole tables once more."""
        for name in names:
            for record in self.source[name]:
                self._capture(name, record, Operation.SNAPSHOT)

    def _capture(self, name: str, record: str, operation: Operation) -> None:
        row = self.source[name].get(record, {})
        change = RecordChange("s", name, record, operation, row, datetime(2026, 1, 1, tzinfo=UTC), None, 1)
        self.hold.append(TOPICS.cdc(name), change.key.encode(), self.kafka.codec.encode(change))

    # --- the run

    def restart_sink(self) -> None:
        batch = self.chance.randint(1, 4)
        self.bench = Bench(
            OBJECTS, twenty=self.twenty, kafka=self.kafka, batch=batch, edits_seconds=self.edits_seconds,
            policies=self.policies,
        )  # fmt: skip

    def act(self) -> None:
        """A little of everything; where the world is one of dying, either may die."""
        try:
            self.hold.step(deaths=self.chance.choice((0.0, 0.0, 0.0, 0.05)) if self.dying else 0.0)
        except DiedError:
            self.hold.restart()
        self.kafka.deaths = self.chance.choice((0.0, 0.0, 0.3)) if self.dying else 0.0
        try:
            self.bench.turn(self.chance.randint(0, 3))
        except DiedError:
            self.restart_sink()

    def die_unheard(self) -> None:
        """The sender does what there is to do, and dies before Kafka knows of it."""
        self.kafka.deaths = 1.0
        try:
            self.bench.turn(8)
        except DiedError:
            self.restart_sink()
        self.kafka.deaths = 0.0

    def settle(self) -> None:
        """No more faults: until nothing moves."""
        self.kafka.deaths = 0.0
        still = 0
        for _ in range(400):
            before = self._size()
            self.hold.step(everything=True)
            self.bench.turn(6)
            self.hold.now += 1.0
            still = still + 1 if before == self._size() else 0
            if still > 4:
                return
        raise AssertionError("the world does not come to rest: something is sent for ever")

    def _size(self) -> tuple[int, ...]:
        lanes = (len(lane) for lane in self.kafka.lanes.values())
        return (len(self.kafka.messages), *lanes, self.twenty.writes, self.hold.size())

    # --- Twenty, as one looks at it

    def row(self, name: str, record: str, part: str = "") -> Values | None:
        return self.twenty.rows.get(twenty_id(f"s/{name}/{record}", part))

    def living(self, name: str) -> bool:
        return self.row("patient", name) is not None

    def leads(self, name: str, record: str, relation: str = "patient") -> str:
        """The chart that a living row's relation leads to, ``""`` where to none; in brackets one in the trash."""
        row = self.row(name, record)
        assert row is not None, f"{name} {record} is not in Twenty"
        return self._named(row.get(f"{relation}Id"))

    def view(self) -> dict[str, Values]:
        """Source key -> what its living row says, without what nobody would miss."""
        return {row["sourceSystemId"]: dict(self._said(row)) for row in self.twenty.rows.values()}

    def _said(self, row: Values) -> Iterator[tuple[str, Any]]:
        for name, value in row.items():
            if name not in ("id", "createdAt", "updatedAt") and value not in (None, ""):
                yield name, self._named(value) if name.endswith("Id") and value in _ROWS else value

    def _named(self, row: str | None) -> str:
        name = _ROWS.get(row or "", "")
        return name if not name or row in self.twenty.rows else f"({name})"


_ROWS = {twenty_id(patient(name), ""): name for name in CHARTS}
