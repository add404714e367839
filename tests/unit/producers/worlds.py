"""A clinic's table, a topic and a poller between them, all in memory and under one clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from producers.checkpoint import Position, from_json
from producers.cursor import Horizon
from producers.known import fold
from producers.limits import Backlog, Limits
from producers.memory import MemoryDatabase, MemoryKnown, MemoryPublisher, MemorySource, MemoryTopic
from producers.metrics import ProducerMetrics
from producers.poller import Poller
from producers.publisher import Publisher
from producers.source import Source
from producers.unreadable import Letters
from schemas.records import Operation, RecordChange, Value
from schemas.source import SourceObject

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")
BALANCE = SourceObject("balance", ("id",), query="SELECT …")
LIMITS = Limits(chunk_rows=3, margin=0.5, missing_rows=1_000, sweep_interval=10)


class Unhindered:
    """Those behind the poller have done all there is."""

    def backlog(self) -> Backlog:
        return Backlog(0, 0)


@dataclass
class World:
    """``step`` methods do what the rounds of a running service do."""

    what: SourceObject = PATIENT
    limits: Limits = LIMITS
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(NOON))
    topic: MemoryTopic = field(default_factory=MemoryTopic)
    source: Source | None = None
    wrapped: Callable[[Publisher], Publisher] = lambda publisher: publisher

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new process: it knows what the topic says, and nothing else."""
        self.publisher = MemoryPublisher(self.topic)
        checkpoint = self.topic.checkpoint
        position = from_json(checkpoint.format, checkpoint.position) if checkpoint else Position()
        changes = ((0, offset, change) for offset, change in enumerate(self.topic.changes))
        self.horizon = Horizon(timedelta(seconds=self.limits.margin), position.cursor)
        known = MemoryKnown()
        fold(known, changes, position.run, position.snapshot.since)
        self.registry = CollectorRegistry()
        self.poller = Poller(
            self.what,
            "clinic",
            self.source or MemorySource(self.database),
            self.wrapped(self.publisher),
            known,
            position,
            self.limits,
            ProducerMetrics(self.registry),
            Letters(letter.digest for letter in self.topic.letters),
            clock=lambda: self.database.now,
            monotonic=lambda: (self.database.now - NOON).total_seconds(),
        )

    def put(self, record_id: str, **columns: Value) -> None:
        transaction = self.database.begin()
        transaction.put(self.what, {"id": record_id, **columns})
        transaction.commit()

    def delete(self, *record_ids: str) -> None:
        transaction = self.database.begin()
        for record_id in record_ids:
            transaction.delete(self.what, record_id)
        transaction.commit()

    def poll(self) -> bool:
        reading = self.poller._source.reading()
        return self.poller.increment(reading, self.horizon.bound(reading))

    def poll_to_end(self) -> None:
        while self.poll():
            pass

    def snapshot_to_end(self) -> None:
        self.poll_to_end()
        while self.poller.snapshot():
            pass

    def sweep(self) -> None:
        """One complete sweep, and the deletes that it leads to."""
        self.database.advance(self.limits.sweep_interval)
        self.poll_to_end()
        reading = self.poller._source.reading()
        while self.poller.sweep(reading):
            pass

    def settle(self) -> None:
        """Everything that was committed by now has its chance to be read."""
        for _ in range(3):
            self.database.advance(60)
            self.poll_to_end()

    @property
    def published(self) -> list[RecordChange]:
        return self.topic.changes

    def shown(self, metric: str) -> float | None:
        """What a metric says of the object."""
        self.poller.show(self.database.now, waiting=False)
        return self.registry.get_sample_value(f"dualrun_{metric}", {"source": "clinic", "object": self.what.name})

    def latest(self) -> dict[str, RecordChange]:
        """``record id -> last change`` of what the topic holds to be there."""
        found: dict[str, RecordChange] = {}
        for change in self.topic.changes:
            if change.operation in (Operation.DELETE, Operation.VANISHED):
                found.pop(change.record_id, None)
            else:
                found[change.record_id] = change
        return found

    def rows(self) -> dict[str, dict[str, Value]]:
        return {key[0]: record for key, record in self.database.tables.get(self.what.name, {}).items()}

    def agrees(self) -> bool:
        return {record_id: dict(change.record) for record_id, change in self.latest().items()} == self.rows()


def ids(world: World) -> list[str]:
    return [change.record_id for change in world.published]


def operations(world: World) -> list[tuple[str, Operation]]:
    return [(change.record_id, change.operation) for change in world.published]
