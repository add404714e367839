"""Follows the topics and keeps account: what was captured, what became of it, what is still owed.

Reading order matters for conservation, because work moves on while it is counted: positions are taken first, then the
topics are read in the direction of the flow. A unit that moves on between two reads is then seen at least once.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from confluent_kafka import Message, TopicPartition

from schemas.broker import (
    KafkaSettings,
    committed_offsets,
    consumer,
    delivered,
    end_offsets,
    headers_of,
    unit_of,
)
from schemas.codec import Codec
from schemas.conservation import Ledger
from schemas.keys import parse_record_key
from schemas.records import AuditEvent, Flag, Outcome, Unit, Verdict, Write
from schemas.topics import Topics

Offsets = dict[tuple[str, int], int]
_LONG_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused change, or a row of the source that is none: where it lies and why. The bytes stay in the topic.

    unit: the change; of what never was one, the letter itself. key: the record; of a row, where it lies in the source.
    """

    unit: Unit
    key: str
    reason: str

    @property
    def object(self) -> str:
        """Source object; empty where the key is none of ours."""
        try:
            return parse_record_key(self.key).object
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of every change at one moment.

    captured, outcomes: counts by object and by (object, outcome); repeats collapse.
    unaccounted: units below hold's position that nothing accounts for; must be empty.
    pending: units in the write lanes that the sink has not committed. lag: changes that hold has not committed.
    """

    captured: Counter[str]
    outcomes: Counter[tuple[str, Outcome]]
    unaccounted: tuple[Unit, ...]
    pending: int
    lag: int
    flagged: int
    dead_letters: tuple[DeadLetter, ...]


@dataclass(slots=True)
class _Lane:
    waiting: deque[tuple[int, Unit]] = field(default_factory=deque)


class Observer:
    """Reads every topic once, from the beginning, and remembers where it was. Not for several threads at once."""

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: Codec) -> None:
        self._kafka, self._topics, self._codec = kafka, topics, codec
        self._position: Offsets = {}
        self._changes = set(topics.changes)
        self._reader = consumer(kafka, f"{topics.prefix}.observer")
        self._ledger = Ledger()
        self._units: dict[str, list[set[int]]] = {
            topic: [set() for _ in range(topics.partitions)] for topic in topics.changes
        }
        self._lanes: dict[tuple[str, int], _Lane] = defaultdict(_Lane)
        self._counted: set[tuple[Unit, str | None, Outcome]] = set()
        self._flags: dict[tuple[str, str], Flag] = {}
        self._dead: dict[Unit, DeadLetter] = {}
        self.outcomes: Counter[tuple[str, Outcome]] = Counter()
        self.first_write_at: datetime | None = None
        self.lags: deque[tuple[datetime, str, float]] = deque(maxlen=5000)
        """(decided at, object, seconds from the source's change to Twenty's answer) of the newest decisions."""

    def close(self) -> None:
        self._reader.close()

    @property
    def captured(self) -> Counter[str]:
        """Committed changes by object; derived ones under ``derived``."""
        counts: Counter[str] = Counter()
        for topic, partitions in self._units.items():
            name = "derived" if topic == self._topics.derived else topic.rpartition(".")[2]
            counts[name] += sum(map(len, partitions))
        return counts

    @property
    def flags(self) -> dict[tuple[str, str], Flag]:
        """(record key, field) -> the newest flag."""
        return self._flags

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        return tuple(self._dead.values())

    def catch_up(self) -> None:
        """Reads everything that is committed now."""
        flow = ((*self._topics.changes,), (self._topics.returns,), (self._topics.live, self._topics.bulk))
        for topics in (*flow, (self._topics.audit, self._topics.dead_letters)):
            self._read(topics)

    def account(self, obligations: Iterable[Unit]) -> Account:
        """The account as of now. ``obligations``: what hold owes, read after hold's position was taken.

        Callers pass a lazy iterable, so that hold's state is read in its place in the flow.
        """
        topics = self._topics
        position = committed_offsets(
            self._kafka, topics.hold_application, (*topics.changes, topics.returns), topics.partitions
        )
        sink = committed_offsets(self._kafka, topics.sink_group, (topics.live, topics.bulk), topics.partitions)
        ends = end_offsets(self._kafka, topics.changes, topics.partitions)
        self._read(topics.changes)
        owed = set(obligations)
        self.catch_up()
        pending = {
            unit
            for place, lane in self._lanes.items()
            for offset, unit in lane.waiting
            if offset >= (sink | position).get(place, 0)
        }
        self._prune(sink | position)
        due = {
            Unit(topic, partition, offset)
            for topic, partitions in self._units.items()
            for partition, offsets in enumerate(partitions)
            for offset in offsets
            if offset < position[topic, partition]
        }
        unaccounted = [unit for unit in self._ledger.unaccounted(due) if unit not in owed and unit not in pending]
        return Account(
            self.captured,
            Counter(self.outcomes),
            tuple(unaccounted),
            len(pending),
            sum(max(0, end - position[place]) for place, end in ends.items()),
            len(self._flags),
            self.dead_letters,
        )

    def _prune(self, committed: Offsets) -> None:
        for place, lane in self._lanes.items():
            while lane.waiting and lane.waiting[0][0] < committed.get(place, 0):
                lane.waiting.popleft()

    def _read(self, names: Iterable[str]) -> None:
        ends = end_offsets(self._kafka, names, self._topics.partitions)
        open_ends = {place: end for place, end in ends.items() if self._position.get(place, 0) < end}
        if not open_ends:
            return
        self._reader.assign([TopicPartition(*place, self._position.get(place, 0)) for place in open_ends])
        while open_ends:
            for message in self._reader.consume(2000, 0.1):
                if delivered(message):
                    unit = unit_of(message)
                    self._position[unit.topic, unit.partition] = unit.offset + 1
                    self._take(unit, message)
            for tp in self._reader.position([TopicPartition(*place) for place in open_ends]):
                place = (tp.topic, tp.partition)
                # transaction markers move the position without a message
                self._position[place] = max(self._position.get(place, 0), tp.offset)
                if self._position[place] >= open_ends[place]:
                    del open_ends[place]

    def _take(self, place: Unit, message: Message) -> None:
        topic, partition, offset = place
        if topic in self._changes:
            self._units[topic][partition].add(offset)
        elif topic == self._topics.audit:
            record = self._codec.decode(bytes(message.value() or b""))
            if isinstance(record, AuditEvent):
                self._audited(record)
        elif topic == self._topics.dead_letters:
            headers = headers_of(message)
            told = "topic" in headers
            unit = Unit(headers["topic"], int(headers["partition"]), int(headers["offset"])) if told else place
            self._dead[unit] = DeadLetter(unit, bytes(message.key() or b"").decode(), headers.get("reason", ""))
        else:
            record = self._codec.decode(bytes(message.value() or b""))
            if isinstance(record, Write | Verdict):
                self._lanes[topic, partition].waiting.append((offset, record.unit))

    def _audited(self, event: AuditEvent) -> None:
        self._ledger.audited(event)
        for flag in event.flags:
            self._flags[event.key, flag.field] = flag
        fact = (event.unit, event.part, event.outcome)
        if fact in self._counted:
            return
        self._counted.add(fact)
        name = parse_record_key(event.key).object
        self.outcomes[name, event.outcome] += 1
        if event.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED, Outcome.ADOPTED):
            self.first_write_at = self.first_write_at or event.decided_at
            changed_at = changed(event)
            if changed_at:
                self.lags.append((event.decided_at, name, (event.decided_at - changed_at).total_seconds()))


def changed(event: AuditEvent) -> datetime | None:
    """When the change that an event is about began to be late.

    A row that a snapshot reads may have changed years ago: it counts from its capture, and so does all else that
    was captured long after its change time (which is then a restored row's, or a wrong clock's).
    """
    changed_at, captured_at = event.source_changed_at, event.captured_at
    if changed_at is None or captured_at is None or captured_at - changed_at < _LONG_BEFORE:
        return changed_at or captured_at
    return captured_at
