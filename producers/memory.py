"""A source in memory with real transactions: what the poller's tests run against, and anyone's who tests with it."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from producers.columns import key_text
from producers.cursor import instant
from producers.known import UNKNOWN
from producers.publisher import AbortedError, FencedError, UnfitError
from producers.source import Condition, Place, Reading, Row, SourceError
from producers.unreadable import Unreadable
from schemas.records import Changes, Checkpoint, RecordChange, Value
from schemas.source import SourceObject

Key = tuple[str, ...]


class MemoryTransaction:
    """Stamps rows with its beginning, as ``now()`` does, and shows them to others at its commit."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.began_at = database.now
        self._rows: list[tuple[str, Key, dict[str, Value] | None]] = []

    def put(self, what: SourceObject, record: Mapping[str, Value]) -> None:
        """Inserts or updates a row; its change time is this transaction's beginning unless ``record`` has one."""
        stamped = dict(record)
        if what.changed_at:
            stamped.setdefault(what.changed_at, self.began_at)
        self._rows.append((what.name, tuple(key_text(record[name]) for name in what.key), stamped))

    def delete(self, what: SourceObject, *key: str) -> None:
        self._rows.append((what.name, key, None))

    def prepare(self, name: str) -> None:
        """First half of a two-phase commit: from here on nobody can see when it began."""
        self._database.open.remove(self)
        self._database.prepared[name] = self._database.now

    def commit(self, name: str = "") -> None:
        if name:
            del self._database.prepared[name]
        else:
            self._database.open.remove(self)
        for table, key, record in self._rows:
            rows = self._database.tables.setdefault(table, {})
            if record is None:
                rows.pop(key, None)
            else:
                rows[key] = record


@dataclass(slots=True)
class MemoryDatabase:
    now: datetime
    tables: dict[str, dict[Key, dict[str, Value]]] = field(default_factory=dict)
    open: list[MemoryTransaction] = field(default_factory=list)
    prepared: dict[str, datetime] = field(default_factory=dict)
    server: str = "memory"
    log_position: int = 0

    def begin(self) -> MemoryTransaction:
        transaction = MemoryTransaction(self)
        self.open.append(transaction)
        return transaction

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemorySource:
    """See ``producers.source.Source``. An object with a query is read as its own table, whole."""

    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database
        self.conditions: dict[str, Condition] = {}
        self._held: dict[str, list[Row]] = {}

    def reading(self) -> Reading:
        database = self.database
        oldest = min((transaction.began_at for transaction in database.open), default=None)
        return Reading(
            database.now,
            oldest or database.now,
            oldest,
            dict(database.prepared),
            database.server,
            database.log_position,
        )

    def condition(self, what: SourceObject) -> Condition:
        return self.conditions.get(what.name, Condition())

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        def moment(row: Row) -> datetime:
            assert row.changed_at is not None
            return row.changed_at

        rows = [row for row in self._rows(what) if row.changed_at is not None and row.changed_at >= since]
        rows.sort(key=lambda row: (moment(row), self._key(what, row)))
        if after is not None:
            place = (datetime.fromisoformat(after[0]), tuple(after[1:]))
            rows = [row for row in rows if (moment(row), self._key(what, row)) > place]
        yield from rows[:limit]

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        if what.query is not None:
            if after is None:
                self._held[what.name] = self._rows(what)
            if what.name not in self._held:
                raise SourceError(f"{what.name}: the connection was lost in the middle of its query")
            held = self._held[what.name]
            for _ in range(min(limit, len(held))):
                yield held.pop(0)
            return
        rows = sorted(self._rows(what), key=lambda row: self._key(what, row))
        yield from [row for row in rows if after is None or self._key(what, row) > after][:limit]

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        key = self._key(what, row)
        return (row.changed_at.isoformat(), *key) if by_time and row.changed_at else key

    def resumable(self, what: SourceObject) -> bool:
        return what.query is None

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        return {row.id for row in self._rows(what)} & set(ids)

    def estimate(self, what: SourceObject) -> int | None:
        return None if what.query is not None else len(self.database.tables.get(what.name, {}))

    def close(self) -> None:
        self._held.clear()

    def _key(self, what: SourceObject, row: Row) -> Key:
        return tuple(key_text(row.record[name]) for name in what.key)

    def _rows(self, what: SourceObject) -> list[Row]:
        rows = []
        for key, record in self.database.tables.get(what.name, {}).items():
            moment = record.get(what.changed_at) if what.changed_at else None
            changed_at = instant(moment, what.zone) if isinstance(moment, datetime) else None
            rows.append(Row(":".join(key), dict(record), changed_at))
        return rows


@dataclass(slots=True)
class MemoryTopic:
    """One object's topic, dead letters and last checkpoint, and who may write to them."""

    changes: list[RecordChange] = field(default_factory=list)
    letters: list[Unreadable] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    epoch: int = 0


class MemoryPublisher:
    """See ``producers.publisher.Publisher``. ``fail`` aborts the next commit, as a broker may. ``longest``: what the
    columns of a change may have, in characters."""

    def __init__(self, topic: MemoryTopic) -> None:
        topic.epoch += 1
        self.topic = topic
        self.fail = False
        self.longest = 1_000_000
        self._epoch = topic.epoch
        self._pending: list[RecordChange] = []
        self._refused: list[Unreadable] = []

    def publish(self, changes: Changes) -> int:
        sizes = [sum(len(str(value)) for value in record.values()) for record in changes.records]
        unfit = {position: f"{size} characters" for position, size in enumerate(sizes) if size > self.longest}
        if unfit:
            raise UnfitError(unfit)
        self._pending.extend(changes)
        return 100 * len(changes)

    def refuse(self, row: Unreadable, at: datetime) -> None:
        self._refused.append(row)

    def commit(self, checkpoint: Checkpoint) -> None:
        if self._epoch != self.topic.epoch:
            raise FencedError("memory: another poller has taken over")
        if self.fail:
            self.fail = False
            raise AbortedError("memory: the transaction was aborted")
        self.topic.changes.extend(self._pending)
        self.topic.letters.extend(self._refused)
        self.topic.checkpoint = checkpoint
        self.abort()

    def abort(self) -> None:
        self._pending, self._refused = [], []

    def ends(self) -> dict[int, int]:
        return {0: len(self.topic.changes)}


class MemoryKnown:
    """See ``producers.known.Known``."""

    def __init__(self) -> None:
        self._hashes: dict[str, bytes] = {}
        self._unmet: set[str] = set()

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._hashes

    def hashes(self, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        return {record_id: self._hashes[record_id] for record_id in record_ids if record_id in self._hashes}

    def put(self, hashes: Mapping[str, bytes]) -> None:
        self._hashes.update(hashes)
        self._unmet.difference_update(hashes)

    def remove(self, record_ids: Collection[str]) -> None:
        for record_id in record_ids:
            self._hashes.pop(record_id, None)
        self._unmet.difference_update(record_ids)

    def forget(self) -> None:
        self._hashes = dict.fromkeys(self._hashes, UNKNOWN)

    def begin_sweep(self) -> None:
        self._unmet = set(self._hashes)

    def mark(self, record_ids: Sequence[str]) -> None:
        self._unmet.difference_update(record_ids)

    def missing(self) -> Iterator[str]:
        return iter(self._unmet)
