"""What was published of each record, in a file of this process alone: memory stays flat however many rows there are.

Every row of it can be read again from the object's own topic, so a process makes it anew, and no crash can leave one
that tells another story than the topic. Only record ids and hashes are in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from producers.known import UNKNOWN
from producers.workdir import WorkDirectory, WorkDirectoryError

_CACHE_KB = 4 * 1024
_LOOKED_UP = 500
# nothing of it is needed after a crash: neither a journal nor waiting for the disk
_SETTINGS = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -{_CACHE_KB};
"""


class KnownTables:
    """The tables of all objects of a process. ``directory``: for their file, and those of killed processes, which are
    removed."""

    def __init__(self, directory: Path) -> None:
        self._work = WorkDirectory(directory, "known")
        self._connection: sqlite3.Connection | None = None
        self._tables = 0

    def table(self) -> KnownTable:
        """An empty one. Raises WorkDirectoryError."""
        with _errors(self._work.directory):
            if self._connection is None:
                self._connection = sqlite3.connect(self._work.open() / "known.sqlite", isolation_level=None)
                self._connection.executescript(_SETTINGS)
            self._tables += 1
            return KnownTable(self._connection, f"known_{self._tables}", self._work.directory)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._work.close()


class KnownTable:
    """See ``producers.known.Known``; one object's. About 30 bytes a record, and its id. Raises WorkDirectoryError."""

    def __init__(self, connection: sqlite3.Connection, name: str, directory: Path) -> None:
        self._connection = connection
        self._directory = directory
        self._sweep = 0
        self._name = name
        self._between = f"SELECT id, hash FROM {name} WHERE id BETWEEN ? AND ? LIMIT ?"  # noqa: S608
        self._put = (
            f"INSERT INTO {name} VALUES (?, ?, ?)"  # noqa: S608
            " ON CONFLICT DO UPDATE SET hash = excluded.hash, met_in = excluded.met_in"
        )
        # by id, as snapshots come: neighbours share pages
        connection.execute(
            f"CREATE TABLE {name} (id BLOB PRIMARY KEY, hash BLOB NOT NULL, met_in INTEGER NOT NULL) WITHOUT ROWID"
        )

    def __len__(self) -> int:
        with _errors(self._directory):
            found = self._connection.execute(f"SELECT count(*) FROM {self._name}").fetchone()  # noqa: S608
        return int(found[0])

    def __contains__(self, record_id: str) -> bool:
        return record_id in self.hashes([record_id])

    def hashes(self, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        if not record_ids:
            return {}
        between = (_key(min(record_ids)), _key(max(record_ids)), len(record_ids) + 1)
        with _errors(self._directory):
            # a snapshot's rows come by key: nothing lies between them, and in a sweep nothing but them
            rows = self._connection.execute(self._between, between).fetchall()
            if len(rows) > len(record_ids):
                rows = []
                for part in _parts(record_ids):
                    statement = f"SELECT id, hash FROM {self._name} WHERE id IN ({_marks(part)})"  # noqa: S608
                    rows += self._connection.execute(statement, part)
        found = {_id(key): row_hash for key, row_hash in rows}
        return {record_id: found[record_id] for record_id in record_ids if record_id in found} if found else found

    def put(self, hashes: Mapping[str, bytes]) -> None:
        with _errors(self._directory):
            self._connection.execute("BEGIN")
            self._connection.executemany(
                self._put, [(_key(one), bytearray(row_hash), self._sweep) for one, row_hash in hashes.items()]
            )
            self._connection.execute("COMMIT")

    def remove(self, record_ids: Collection[str]) -> None:
        with _errors(self._directory):
            for part in _parts(record_ids):
                statement = f"DELETE FROM {self._name} WHERE id IN ({_marks(part)})"  # noqa: S608
                self._connection.execute(statement, part)

    def forget(self) -> None:
        with _errors(self._directory):
            self._connection.execute(f"UPDATE {self._name} SET hash = ?", (UNKNOWN,))  # noqa: S608

    def begin_sweep(self) -> None:
        self._sweep += 1

    def mark(self, record_ids: Sequence[str]) -> None:
        with _errors(self._directory):
            for part in _parts(record_ids):
                statement = f"UPDATE {self._name} SET met_in = ? WHERE id IN ({_marks(part)})"  # noqa: S608
                self._connection.execute(statement, (self._sweep, *part))

    def missing(self) -> Iterator[str]:
        with _errors(self._directory):
            statement = f"SELECT id FROM {self._name} WHERE met_in < ?"  # noqa: S608
            for (key,) in self._connection.execute(statement, (self._sweep,)):
                yield _id(key)


# a bytearray, because sqlite3 asks each bytes object at length whether it knows another form of itself
def _key(record_id: str) -> bytearray:
    # whatever a source calls its records, half a surrogate pair too: what cannot be published is told elsewhere
    return bytearray(record_id.encode("utf-8", "surrogatepass"))


def _id(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")


def _parts(record_ids: Collection[str]) -> Iterator[list[bytearray]]:
    keys = map(_key, record_ids)
    while part := list(islice(keys, _LOOKED_UP)):
        yield part


def _marks(values: Sequence[bytearray]) -> str:
    return ",".join("?" * len(values))


@contextmanager
def _errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise WorkDirectoryError(
            f"{directory}: {error}: see to it that the disk has room and can be written to; the poller goes on where"
            " it was when it is started again"
        ) from error
