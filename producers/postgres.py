"""A PostgreSQL source: one read-only connection, keyset reads, flat memory."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, combinations, pairwise
from typing import Any, cast

import psycopg

from producers.columns import key_text, leave_to_columns
from producers.cursor import local_bound
from producers.row_maker import RowMaker
from producers.session import Connection, Session, quoted
from producers.source import Condition, Place, Reading, Row, SourceError
from schemas.source import SourceObject

log = logging.getLogger("dualrun.postgres")

STATEMENT_SECONDS = 30.0
FETCH_ROWS = 500
BLOB_PIECE = 1 << 20
_SHAPE_SECONDS = 10.0
_SPLITS = 64
_CHANGE_TYPES = ("timestamp with time zone", "timestamp without time zone", "date")

# Autovacuum and senders of the log write no rows; the workers of a parallel query share its begin.
_OTHERS = """pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
        AND backend_type NOT IN ('autovacuum worker', 'walsender', 'parallel worker')"""
_ACTIVITY = f"""
SELECT now(), pg_is_in_recovery(), pg_last_xact_replay_timestamp(),
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn)::bigint,
    (SELECT min(xact_start) FROM {_OTHERS}),
    (SELECT count(*) > 0 FROM {_OTHERS} AND state = 'disabled')
"""  # noqa: S608
# With track_activities off a session does not tell when its transaction began. That it has one shows in its locks.
_HIDDEN = f"""
SELECT pid || ' ' || virtualtransaction, backend_start
FROM (SELECT pid, backend_start FROM {_OTHERS} AND state = 'disabled') AS hidden JOIN pg_locks USING (pid)
WHERE locktype = 'virtualxid' AND mode = 'ExclusiveLock'
"""  # noqa: S608
_PREPARED = (
    "SELECT gid || ':' || transaction::text, prepared FROM pg_prepared_xacts WHERE database = current_database()"
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an object is read: SQL of its rows and columns, key and change time with their types."""

    relation: str
    columns: str
    keys: tuple[str, ...]
    key_types: tuple[str, ...]
    changed_at: str
    changed_type: str
    nullable: bool
    read_at: float


@dataclass(slots=True)
class _Held:
    """A query's result, held on the server, and rows fetched of it but not yet taken."""

    cursor: psycopg.ServerCursor[tuple[Any, ...]]
    rows: deque[Row]


class PostgresSource:
    """See ``producers.source.Source``. Connects at the first read, and again after the connection was lost.

    overlap_seconds: instead of watching open transactions, stay so far behind: for a replica, which cannot see them,
        or where ``pg_read_all_stats`` is not granted. Longer than the longest transaction that writes.
    """

    def __init__(
        self, url: str, *, overlap_seconds: float | None = None, statement_seconds: float = STATEMENT_SECONDS
    ) -> None:
        self._overlap = None if overlap_seconds is None else timedelta(seconds=overlap_seconds)
        self._session = Session(url, watches=self._overlap is None, statement_seconds=statement_seconds)
        self._shapes: dict[str, _Shape] = {}
        self._held: dict[str, _Held] = {}
        self._keyless: dict[str, int] = {}

    def reading(self) -> Reading:
        with self._session.errors("reading its clock and open transactions"):
            connection = self._session.connect()
            found = connection.execute(_ACTIVITY.encode()).fetchone()
            assert found is not None
            now, recovering, replayed, log_position, oldest, hidden = found
            begun: dict[str, datetime] = dict(connection.execute(_HIDDEN.encode()).fetchall()) if hidden else {}
            # after the sessions: one that is being prepared is then seen in one place or in both, never in none
            if self._session.prepares:
                begun |= connection.execute(_PREPARED).fetchall()
        if self._overlap is not None:
            if recovering and replayed is None:
                raise SourceError(
                    "the replica does not tell how far it is: no transaction has reached it since it was started."
                    " Reading goes on with the primary's next one"
                )
            seen = min(now, replayed) if recovering else now
            behind = seen if recovering else None
            return Reading(now, seen - self._overlap, behind, {}, self._session.server, log_position)
        if recovering:
            raise SourceError(
                "the source is a replica, which does not know the open transactions of its primary: read the primary,"
                " or set overlap_seconds to more than the longest transaction"
            )
        return Reading(now, min(now, oldest) if oldest else now, oldest, begun, self._session.server, log_position)

    def condition(self, what: SourceObject) -> Condition:
        return Condition()

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        shape = self._shape(what)
        order = ", ".join((shape.changed_at, *shape.keys))
        parameters: Place
        if after is None:
            where, parameters = f"{shape.changed_at} >= %s::{shape.changed_type}", (self._lower(what, shape, since),)
        else:
            marks = ", ".join(f"%s::{kind}" for kind in (shape.changed_type, *shape.key_types))
            where, parameters = f"({order}) > ({marks})", after
        yield from self._select(what, shape, where, parameters, order, limit)

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        shape = self._shape(what)
        if after is None:
            self._look_for_keyless(what, shape)
        if what.query is not None:
            yield from self._scan_query(what, shape, limit, begin=after is None)
            return
        order = ", ".join(shape.keys)
        where, parameters = "true", after or ()
        if after is not None:
            where = f"({order}) > ({', '.join(f'%s::{kind}' for kind in shape.key_types)})"
        yield from self._select(what, shape, where, parameters, order, limit)

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        names = (what.changed_at, *what.key) if by_time and what.changed_at else what.key
        return tuple(key_text(row.record[name]) for name in names)

    def resumable(self, what: SourceObject) -> bool:
        return what.query is None

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        shape = self._shape(what)
        width = len(shape.keys)
        parts = [split for record_id in ids for split in _splits(record_id, width)]
        exact = len(parts) == len(ids)
        # where an id can be split in several ways, most of them are no key at all: compare as text
        keys = shape.keys if exact else tuple(f"{key}::text" for key in shape.keys)
        kinds = shape.key_types if exact else ("text",) * width
        wanted = ", ".join(f"%s::{kind}[]" for kind in kinds)
        statement = (
            f"SELECT {', '.join(shape.keys)} FROM {shape.relation}"  # noqa: S608
            f" WHERE ({', '.join(keys)}) IN (SELECT * FROM unnest({wanted}))"
        )
        columns = [[split[index] for split in parts] for index in range(width)]
        with self._session.errors(f"looking up records of {what.name}"):
            found = self._session.connect().execute(self._session.sql(statement), columns).fetchall()
        return {":".join(map(key_text, key)) for key in found} & set(ids)

    def estimate(self, what: SourceObject) -> int | None:
        if what.query is not None:
            return None
        shape = self._shape(what)
        with self._session.errors(f"counting {what.name}"):
            connection = self._session.connect()
            found = connection.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", (shape.relation,)
            ).fetchone()
            if found is None or found[0] <= 0:
                found = connection.execute(self._session.sql(f"SELECT count(*) FROM {shape.relation}")).fetchone()  # noqa: S608
        return int(found[0]) if found else None

    def blob(self, what: SourceObject, key: Sequence[str], column: str) -> Generator[bytes, None, None]:
        shape = self._shape(what)
        marks = zip(shape.keys, shape.key_types, strict=True)
        where = " AND ".join(f"{name} = %s::{kind}" for name, kind in marks)
        statement = f"SELECT substring({quoted(column)} FROM %s FOR %s) FROM {shape.relation} WHERE {where}"  # noqa: S608
        start = 1
        while True:
            with self._session.errors(f"reading a file of {what.name}", what):
                found = (
                    self._session.connect().execute(self._session.sql(statement), (start, BLOB_PIECE, *key)).fetchone()
                )
            if found is None or not found[0]:
                return
            yield bytes(found[0])
            start += BLOB_PIECE

    def close(self) -> None:
        for name in tuple(self._held):
            self._drop_held(name)
        self._session.close()

    # Reading rows

    def _select(
        self, what: SourceObject, shape: _Shape, where: str, parameters: Sequence[str], order: str, limit: int
    ) -> Iterator[Row]:
        filled = " AND ".join(f"{key} IS NOT NULL" for key in shape.keys)
        statement = (
            f"SELECT {shape.columns} FROM {shape.relation} WHERE {where} AND {filled}"  # noqa: S608
            f" ORDER BY {order} LIMIT {limit}"
        )
        with self._reading_rows(what):
            while True:
                cursor = self._session.connect().cursor()
                leave_to_columns(cursor.adapters)
                found = cursor.stream(self._session.sql(statement), parameters, size=FETCH_ROWS)
                with closing(cast("Generator[tuple[Any, ...]]", found)) as stream:
                    first = next(stream, None)
                    if first is None:
                        return
                    unknown = self._session.unknown(cursor)
                    if not unknown:
                        maker = RowMaker(what, cursor.description or ())
                        # a file is read over this connection too, so the rows must be through before the first is given
                        rows = list(stream) if what.blobs else stream
                        yield from maker.rows(chain((first,), rows))
                        return
                self._session.learn(unknown)

    def _scan_query(self, what: SourceObject, shape: _Shape, limit: int, *, begin: bool) -> Iterator[Row]:
        with self._reading_rows(what):
            connection = self._session.connect()
            if begin:
                self._drop_held(what.name)
                # held: the server keeps the result, and no transaction stays open between chunks
                cursor = connection.cursor(name=f"dualrun_{what.name}", withhold=True)
                leave_to_columns(cursor.adapters)
                filled = " AND ".join(f"{key} IS NOT NULL" for key in shape.keys)
                self._held[what.name] = _Held(cursor, deque())
                cursor.execute(self._session.sql(f"SELECT {shape.columns} FROM {shape.relation} WHERE {filled}"), ())  # noqa: S608
                self._session.learn(self._session.unknown(cursor))
            held = self._held.get(what.name)
            if held is None or held.cursor.connection is not connection:
                raise SourceError(f"{what.name}: the connection was lost in the middle of its query")
            maker = RowMaker(what, held.cursor.description or ())
            for _ in range(limit):
                if not held.rows:
                    held.rows.extend(maker.rows(held.cursor.fetchmany(FETCH_ROWS)))
                if not held.rows:
                    self._drop_held(what.name)
                    return
                yield held.rows.popleft()

    @contextmanager
    def _reading_rows(self, what: SourceObject) -> Iterator[None]:
        try:
            with self._session.errors(f"reading {what.name}", what):
                yield
        except SourceError:
            self._shapes.pop(what.name, None)  # its columns may have changed
            self._drop_held(what.name)
            raise

    def _look_for_keyless(self, what: SourceObject, shape: _Shape) -> None:
        """Rows without a key cannot be followed: says so whenever there are others than before."""
        if not shape.nullable:
            return
        empty = " OR ".join(f"{key} IS NULL" for key in shape.keys)
        with self._reading_rows(what):
            statement = f"SELECT count(*) FROM {shape.relation} WHERE {empty}"  # noqa: S608
            found = self._session.connect().execute(self._session.sql(statement), ()).fetchone()
        number = int(found[0]) if found else 0
        if number != self._keyless.get(what.name, 0):
            log.warning(
                "%s: %d rows have no %s and are not captured: name a key in the mapping that every row has",
                what.name,
                number,
                " or ".join(what.key),
            )
        self._keyless[what.name] = number

    def _drop_held(self, name: str) -> None:
        held = self._held.pop(name, None)
        if held is not None:
            with suppress(psycopg.Error):  # gone with its connection
                held.cursor.close()

    def _lower(self, what: SourceObject, shape: _Shape, since: datetime) -> str:
        if shape.changed_type == _CHANGE_TYPES[0]:
            return since.isoformat()
        local = local_bound(since, what.zone)
        return local.isoformat() if shape.changed_type == _CHANGE_TYPES[1] else local.date().isoformat()

    # What is there

    def _shape(self, what: SourceObject) -> _Shape:
        shape = self._shapes.get(what.name)
        if shape is None or time.monotonic() - shape.read_at > _SHAPE_SECONDS:
            with self._session.errors(f"looking at {what.name}", what):
                shape = self._shapes[what.name] = self._describe(what)
        return shape

    def _describe(self, what: SourceObject) -> _Shape:
        connection = self._session.connect()
        if what.query is not None:
            relation = f"({what.query.strip().rstrip(';').replace('%', '%%')}) AS rows_of_query"
        elif what.relation is not None:
            relation = ".".join(map(quoted, what.relation.split(".")))
        else:
            raise SourceError(f"{what.name}: neither a relation nor a query is set in the mapping")
        cursor = connection.execute(self._session.sql(f"SELECT * FROM {relation} LIMIT 0"), ())  # noqa: S608
        types = {column.name: column.type_code for column in cursor.description or ()}
        needed = (*what.key, *((what.changed_at,) if what.changed_at else ()))
        for name in needed:
            if name not in types:
                raise SourceError(
                    f"{what.name}: {what.relation or 'its query'} has no column {name}, which the mapping names; it has"
                    f" {', '.join(sorted(types))}"
                )
        named: dict[int, str] = dict(
            connection.execute(
                "SELECT oid, format_type(oid, -1) FROM pg_type WHERE oid = ANY(%s)", ([types[name] for name in needed],)
            ).fetchall()
        )
        changed_type = named[types[what.changed_at]] if what.changed_at else ""
        if what.changed_at and changed_type not in _CHANGE_TYPES:
            raise SourceError(
                f"{what.name}: {what.changed_at} is {changed_type}, a change time must be one of"
                f" {', '.join(_CHANGE_TYPES)}: leave changed_at out, and sweeps will capture the object"
            )
        chosen = [name for name in types if name in needed or name not in what.exclude]
        return _Shape(
            relation,
            ", ".join(_selected(what, name) for name in chosen) if what.exclude or what.blobs else "*",
            tuple(map(quoted, what.key)),
            tuple(named[types[name]] for name in what.key),
            quoted(what.changed_at) if what.changed_at else "",
            changed_type,
            what.query is not None or self._nullable(connection, relation, what.key),
            time.monotonic(),
        )

    def _nullable(self, connection: Connection, relation: str, key: tuple[str, ...]) -> bool:
        """Whether a row may lack a part of its key, as far as the catalogue knows."""
        found = connection.execute(
            "SELECT count(*) FROM pg_attribute WHERE attnotnull AND attname = ANY(%s) AND attrelid = to_regclass(%s)",
            (list(key), relation),
        ).fetchone()
        return found is None or found[0] < len(key)


def _selected(what: SourceObject, name: str) -> str:
    """A column as it is read. Of a file only its size is, and its hash where no change time tells of new bytes."""
    column = quoted(name)
    if name not in what.blobs:
        return column
    told = f"octet_length({column})::text"
    if what.changed_at is None:
        told += f" || ':' || encode(sha256({column}), 'hex')"
    return f"{told} AS {column}"


def _splits(record_id: str, width: int) -> list[tuple[str, ...]]:
    """The keys of ``width`` columns that give this id: several, where values hold the separator themselves."""
    pieces = record_id.split(":")
    found = []
    for cuts in combinations(range(1, len(pieces)), width - 1):
        edges = (0, *cuts, len(pieces))
        found.append(tuple(":".join(pieces[a:b]) for a, b in pairwise(edges)))
        if len(found) == _SPLITS:
            break
    return found
