"""From bytes to hold: decodes what came in, transforms changes, sets aside what cannot be read or transformed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from processors import metrics
from processors.hold import Children
from processors.obligations import Kind, Obligation, Passed
from processors.outbox import Incoming, Outbox
from processors.ports import Transform, Transformed, TransformError
from processors.register import Register
from processors.slots import Owed, Waiting
from schemas.codec import Codec, CodecError
from schemas.control import Epochs
from schemas.keys import pseudonym
from schemas.records import Operation, Outcome, RecordChange, Unit, Verdict, Version, Write, WriteKind
from schemas.topics import Topics


class Intake:
    """Shared by all partitions of a worker; stateless but for what it is given."""

    def __init__(self, topics: Topics, codec: Codec, transform: Transform, epochs: Epochs, outbox: Outbox) -> None:
        self._topics = topics
        self._codec = codec
        self._transform = transform
        self._epochs = epochs
        self._outbox = outbox
        self._derived = topics.derived
        self._objects = {topics.cdc(name): name for name in topics.objects} | {topics.derived: "~derived"}

    def changes(
        self, topic: str, children: Children, register: Register, records: Iterable[Incoming], now: float
    ) -> None:
        epoch, revision = self._epochs.epoch(topic), self._transform.revision
        decode = self._codec.decode
        partition = children.partition
        for record in records:
            unit = Unit(topic, partition, record.offset)
            try:
                change = decode(record.value or b"")
                if not isinstance(change, RecordChange):
                    raise CodecError(f"a {type(change).__name__} where a RecordChange was expected")
                if record.key is None or change.key.encode() != record.key:
                    raise CodecError("the message's key is not its record's key")
            except CodecError as error:
                version = Version(self._epochs.run, epoch, record.offset, revision)
                self._dead_letter(
                    unit, version, self._foreign_key(topic, record), str(error), record, "unreadable", now
                )
                continue
            version = Version(change.run, epoch, record.offset, revision)
            if topic == self._derived:
                refusal = register.refuses(change, version)
                if refusal is not None:
                    outcome, reason = refusal
                    self._verdict(partition, change, version, unit, outcome, reason)
                    continue
            try:
                made = self._apply(change, version, unit)
            except TransformError as error:
                self._dead_letter(unit, version, change.key, error.reason, record, error.reason, now)
                continue
            for derived in made.derived:
                self._outbox.derived(derived)
            if made.write is None:
                self._verdict(partition, change, version, unit, Outcome.SKIPPED, made.skipped)
                # a row that vanished without a word leaves its last content standing
                children.skip(change.key, version, keep=change.operation is Operation.VANISHED)
                continue
            children.accept(made.write, record.value or b"", change.operation is not Operation.SNAPSHOT, now)

    def returns(self, children: Children, records: Iterable[Incoming], now: float) -> None:
        for record in records:
            write = self._codec.decode(record.value or b"")
            if not isinstance(write, Write):
                raise TypeError(f"{self._topics.returns}: a {type(write).__name__}, expected a Write")
            children.returned(write, record.value or b"", now)

    def _apply(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        try:
            return self._transform(change, version, unit)
        except (TransformError, MemoryError):
            raise
        except Exception as error:
            # the text of an unforeseen error can quote a value, its type cannot
            raise TransformError(f"transform failed: {type(error).__name__}") from None

    def _verdict(
        self, partition: int, change: RecordChange, version: Version, unit: Unit, outcome: Outcome, reason: str
    ) -> None:
        self._outbox.verdict(
            partition,
            Verdict(change.key, unit, version, outcome, reason, source_changed_at=change.source_changed_at),
        )

    def _dead_letter(
        self, unit: Unit, version: Version, key: str, reason: str, record: Incoming, label: str, now: float
    ) -> None:
        """``label`` is the reason as the metrics show it."""
        at = datetime.fromtimestamp(now, UTC).isoformat()
        self._outbox.dead_letter(unit.topic, unit.partition, record, reason, at)
        self._outbox.verdict(unit.partition, Verdict(key, unit, version, Outcome.DEAD_LETTERED, reason))
        metrics.TRANSFORM_FAILURES.labels(self._objects[unit.topic], label).inc()

    def _foreign_key(self, topic: str, record: Incoming) -> str:
        """A record key for what cannot be read: the message's own where it looks like one."""
        try:
            key = (record.key or b"").decode()
            pseudonym(key)
        except ValueError:
            return f"{self._topics.system}/{self._objects[topic]}/?"
        return key

    def restore(self, children: Children, register: Register, state: Iterable[Obligation | Passed], now: float) -> None:
        """Takes the state of a partition over. Held changes go through the mapping of today."""
        waiting: list[tuple[Obligation, Waiting]] = []
        owed: list[tuple[Obligation, Owed]] = []
        for entry in state:
            if isinstance(entry, Passed):
                register.restore(entry)
                continue
            try:
                record = self._codec.decode(entry.payload)
            except CodecError as error:
                raise CodecError(f"an obligation of {entry.unit}: {error}") from None
            if entry.kind is Kind.LINK and isinstance(record, Write):
                owed.append((entry, Owed(record, entry.since)))
            elif isinstance(record, Write):
                waiting.append((entry, _restored(entry, record)))
            elif isinstance(record, RecordChange):
                version = entry.version._replace(revision=self._transform.revision)
                write = self._again(entry, record, version, now)
                if write is None:
                    children.discard(entry)
                else:
                    waiting.append((entry, _restored(entry, write)))
            else:
                raise CodecError(f"an obligation of {entry.unit} that holds a {type(record).__name__}")
        children.restore(waiting, owed)

    def _again(self, entry: Obligation, change: RecordChange, version: Version, now: float) -> Write | None:
        unit = entry.unit
        try:
            made = self._apply(change, version, unit)
        except TransformError as error:
            original = _Stored(unit.offset, change.key.encode(), entry.payload)
            self._dead_letter(unit, version, change.key, error.reason, original, error.reason, now)
            return None
        if made.write is None:
            self._verdict(unit.partition, change, version, unit, Outcome.SKIPPED, made.skipped)
        elif made.write.kind is WriteKind.DELETE:
            # today's mapping leaves the row out, and a delete waits for nothing
            self._outbox.write(unit.partition, made.write, live=True)
            return None
        return made.write


def _restored(entry: Obligation, write: Write) -> Waiting:
    return Waiting(write, entry.payload, entry.since, entry.live, entry.parked, entry.skipped)


@dataclass(frozen=True, slots=True)
class _Stored:
    offset: int
    key: bytes | None
    value: bytes | None
