"""Queries over what was published, for sources that answer none: files, and lists of an API.

A sum over a patient's invoices, or the one row of several that counts, is a ``view`` of the mapping. Its tables are
the other objects, each with the rows that its topic holds now: what is not committed there does not count, a delete
counts, and after a crash everything is read again from the topics. So a total is never added to: it is made anew from
all rows, which makes it exact whatever moves, goes or is repeated.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from producers.columns import jsonable
from producers.known import row_text
from producers.publisher import Publisher
from producers.query import Query, QueryError, read_query, tables_of
from producers.scratch import Scratch, literal, quoted
from producers.source import Condition, Place, Reading, Row, SourceError
from producers.unreadable import Unreadable
from schemas.broker import KafkaSettings, read_to_end
from schemas.codec import Codec, CodecError
from schemas.records import Changes, Checkpoint, Json, Operation, RecordChange, Value
from schemas.source import SourceObject
from schemas.topics import Topics

_N, _ID = '"place of the record"', '"id of the record"'
_PENDING = 10_000
_SHARE = 10.0
"""A query rests this many times as long as it took."""


@dataclass(slots=True)
class _Table:
    """An object that queries read. ``pending``: what is not in the database yet; None: the record is gone."""

    columns: set[str]
    pending: dict[str, Mapping[str, Value] | None] = field(default_factory=dict)
    changes: int = 0
    whole: bool = False


@dataclass(slots=True)
class _View:
    query: Query
    seen: tuple[int, ...] | None = None
    rests_until: float = 0.0
    keyless: int = 0


class Views:
    """See ``producers.source.Source``. ``objects``: all of the mapping; those with a view are the ones it has.

    ``work``: a directory for this process's database. Call ``follow`` for each of ``inputs`` before the first read.
    """

    def __init__(
        self,
        work: Path,
        objects: Sequence[SourceObject],
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._names = {name: what.name for name, what in tables_of(objects).items()}
        self._scratch = Scratch(work)
        self._clock = clock
        self._monotonic = monotonic
        self._process = uuid.uuid4().hex[:8]
        self._views: dict[str, _View] = {}
        self._place: Place = ("0",)
        for what in objects:
            if what.view:
                try:
                    self._views[what.name] = _View(read_query(what.view, self._names))
                except QueryError as error:
                    raise SourceError(f"{what.name}: {error}") from None
        keys = {what.name: set(what.key) for what in objects}
        self._tables = {name: _Table(keys[name]) for name in sorted(self.inputs)}

    @property
    def inputs(self) -> frozenset[str]:
        """The objects that the queries read."""
        return frozenset(self._names[table] for view in self._views.values() for table in view.query.tables)

    # What is published

    def load(self, kafka: KafkaSettings, topics: Topics, codec: Codec, name: str, *, whole: bool) -> None:
        """What an object's topic holds, read committed to its end. ``whole``: its snapshot is done."""
        for message in read_to_end(kafka, topics.cdc(name), range(topics.partitions)):
            try:
                record = codec.decode(message.value() or b"")
            except CodecError:
                continue  # no change of ours, as the poller of the object has said
            if isinstance(record, RecordChange):
                self.follow(name, [record], whole=whole)
        self.follow(name, [], whole=whole)

    def follow(self, name: str, changes: Iterable[RecordChange], *, whole: bool) -> None:
        """These changes of an object are published. ``whole``: so is a whole snapshot of it."""
        table = self._tables[name]
        for change in changes:
            gone = change.operation in (Operation.DELETE, Operation.VANISHED)
            table.pending[change.record_id] = None if gone else change.record
            table.columns.update(change.record)
            table.changes += 1
        table.whole = whole
        if len(table.pending) >= _PENDING:
            with suppress(SourceError):  # what is not stored stays pending, and the next query says why
                self._store(name)

    def _store(self, name: str) -> None:
        """What is pending of an object goes into the database."""
        pending, table = self._tables[name].pending, _stored(name)
        rows = [(key, row_text(record).decode()) for key, record in pending.items() if record is not None]
        try:
            connection = self._scratch.open()
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key VARCHAR, record VARCHAR)")
            if pending:
                connection.execute(f"DELETE FROM {table} WHERE key IN (SELECT unnest(?::VARCHAR[]))", [list(pending)])
                lists = [key for key, _ in rows], [record for _, record in rows]
                connection.execute(f"INSERT INTO {table} SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", lists)
        except duckdb.Error as error:
            raise SourceError(
                f"{name}: its rows cannot be stored ({type(error).__name__}): is the disk full?"
            ) from None
        self._tables[name].pending = {}

    # What is read

    def reading(self) -> Reading:
        now = self._clock()
        return Reading(now, now)

    def condition(self, what: SourceObject) -> Condition:
        view = self._views[what.name]
        tables = [self._tables[self._names[table]] for table in view.query.tables]
        waiting = [self._names[table] for table in view.query.tables if not self._tables[self._names[table]].whole]
        seen = tuple(table.changes for table in tables)
        if view.seen != seen and self._monotonic() >= view.rests_until:
            view.seen = seen
        return Condition(
            waiting=f"the snapshot of {', '.join(waiting)} comes first" if waiting else "",
            concern=f"{view.keyless} rows have no {' or '.join(what.key)} and are not captured" if view.keyless else "",
            rejected=view.keyless,
            version=f"{self._process}:{view.seen}",
        )

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        raise SourceError(f"{what.name}: a query is read whole")

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        if after is None:
            self._run(what)
        start = int(after[0]) if after else 0
        try:
            found = self._scratch.open().execute(
                f"SELECT * FROM {_result(what)} WHERE {_N} > ? ORDER BY {_N} LIMIT {limit}", [start]
            )
            names, rows = [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.Error as error:
            raise SourceError(f"{what.name}: its rows cannot be read ({type(error).__name__})") from None
        for row in rows:
            record = {name: _value(value) for name, value in zip(names, row, strict=True)}
            self._place = (str(record.pop("place of the record")),)
            record_id = str(record.pop("id of the record"))
            yield Row(record_id, {name: value for name, value in record.items() if name not in what.exclude}, None)

    def _run(self, what: SourceObject) -> None:
        """The query's rows as of now, numbered."""
        view, began = self._views[what.name], self._monotonic()
        for table in view.query.tables:
            self._store(self._names[table])
        connection = self._scratch.open()
        try:
            for table in view.query.tables:
                self._offer(connection, table, view.query)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {_result(what)} AS {_numbered(what, view.query)}")
            missing = " OR ".join(f"{quoted(name)} IS NULL" for name in what.key)
            view.keyless = len(
                connection.execute(f"DELETE FROM {_result(what)} WHERE {missing} RETURNING {_N}").fetchall()
            )
        except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
            raise SourceError(f"{what.name}: its query cannot be run: {str(error).splitlines()[0]}") from None
        except duckdb.Error as error:
            raise SourceError(
                f"{what.name}: its query failed ({type(error).__name__}): all columns are texts, so read numbers and"
                " times out of them with try_cast and try_strptime"
            ) from None
        view.rests_until = self._monotonic() + _SHARE * (self._monotonic() - began)

    def _offer(self, connection: duckdb.DuckDBPyConnection, table: str, query: Query) -> None:
        """The object's rows, as a table of texts with the columns that any row has or the query names."""
        name = self._names[table]
        columns: dict[str, str] = {}
        for column in (*sorted(self._tables[name].columns), *sorted(query.columns[table])):
            columns.setdefault(column.lower(), column)
        chosen = ", ".join(f"record ->> {_pointer(column)} AS {quoted(column)}" for column in columns.values())
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(table)} AS SELECT {chosen} FROM {_stored(name)}")

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        return self._place

    def resumable(self, what: SourceObject) -> bool:
        return False

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        self._run(what)
        found = self._scratch.open().execute(
            f"SELECT {_ID} FROM {_result(what)} WHERE {_ID} IN (SELECT unnest(?::VARCHAR[]))",
            [list(ids)],
        )
        return {row[0] for row in found.fetchall()}

    def estimate(self, what: SourceObject) -> int | None:
        return None

    def close(self) -> None:
        self._scratch.close()


class FollowedPublisher:
    """A publisher whose object's rows the views have as soon as they are committed."""

    def __init__(self, inner: Publisher, views: Views, name: str) -> None:
        self._inner = inner
        self._views = views
        self._name = name
        self._pending: list[RecordChange] = []

    def publish(self, changes: Changes) -> int:
        size = self._inner.publish(changes)
        self._pending.extend(changes)
        return size

    def refuse(self, row: Unreadable, at: datetime) -> None:
        self._inner.refuse(row, at)

    def commit(self, checkpoint: Checkpoint) -> None:
        self._inner.commit(checkpoint)
        changes, self._pending = self._pending, []
        self._views.follow(self._name, changes, whole=checkpoint.position["snapshot"]["state"] == "done")

    def abort(self) -> None:
        self._inner.abort()
        self._pending = []

    def ends(self) -> dict[int, int]:
        return self._inner.ends()


def _stored(name: str) -> str:
    return quoted(f"{name} as published")


def _result(what: SourceObject) -> str:
    return quoted(f"{what.name} as found")


def _numbered(what: SourceObject, query: Query) -> str:
    key = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in what.key)
    return f"SELECT row_number() OVER () AS {_N}, concat_ws(':', {key}) AS {_ID}, * FROM ({query.text}\n) AS found"


def _pointer(column: str) -> str:
    return literal("/" + column.replace("~", "~0").replace("/", "~1"))


def _value(value: Any) -> Value:
    """A value of DuckDB's as one that travels."""
    if value is None or isinstance(value, (bool, int, str, bytes, Decimal, date)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return Json(jsonable(value)) if isinstance(value, list) else str(value)
