"""What every made-up clinic is: tables of rows that are the same for the same seed, and documents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, ClassVar, NamedTuple

import psycopg
from psycopg import sql

Row = dict[str, Any]

_LAST_CHANGE = datetime(2025, 5, 30, 17, tzinfo=UTC)
_VENDOR_UPDATE = datetime(2024, 1, 6, 3, tzinfo=UTC)
_SECONDS = 500 * 24 * 3600


class Account(NamedTuple):
    """A login in Twenty: one workspace member."""

    email: str
    first_name: str
    last_name: str


class Clinic(ABC):
    """``patients`` patients, numbered from 1, and everything that belongs to them.

    ``documents`` is the directory under which the documents' files lie.
    """

    keys: ClassVar[Mapping[str, str]]
    """Tables and their primary keys, parents first."""
    changed: ClassVar[str]
    """Column of the time of a row's last change, in every table."""

    def __init__(self, seed: int, patients: int, documents: Path) -> None:
        self.seed = seed
        self.patients = patients
        self.documents = documents

    @property
    @abstractmethod
    def accounts(self) -> tuple[Account, ...]:
        """The staff who already have an account in Twenty."""

    @abstractmethod
    def rows(self, table: str) -> Iterator[Row]:
        """All rows of one table, each a dict of its columns."""

    def create(self, connection: psycopg.Connection[Any]) -> None:
        """Write the documents, make the tables in an empty database, and fill them; commits.

        Raises psycopg.errors.DuplicateTable where the tables are there already.
        """
        self.write_documents()
        package = type(self).__module__.rpartition(".")[0]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(files(package).joinpath("schema.sql").read_bytes())
            for table in self.keys:
                self._fill(cursor, table)

    def write_documents(self) -> None:
        """Write the files that rows name, where a clinic's files do not lie in its tables."""
        return

    def _write_file(self, path: Path, size: int, oversize: int, *purpose: object) -> None:
        """A file of ``size`` random bytes; one of ``oversize`` and more takes no room on the disk."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if size >= oversize:
            with path.open("wb") as file:
                file.truncate(size)
        else:
            path.write_bytes(self._random(*purpose).randbytes(size))

    @property
    def _numbers(self) -> range:
        return range(1, self.patients + 1)

    def _random(self, *purpose: object) -> Random:
        """A random source of its own for every row: rows do not depend on the order in which they are made."""
        return Random("/".join(map(str, (self.seed, *purpose))))  # noqa: S311  # made-up data, no secret

    def _changed_at(self, table: str, row: Row) -> datetime:
        random = self._random("changed", table, row[self.keys[table]])
        if random.random() < 0.1:
            return _VENDOR_UPDATE
        return _LAST_CHANGE - timedelta(seconds=random.randrange(_SECONDS), microseconds=random.randrange(10**6))

    def _fill(self, cursor: psycopg.Cursor[Any], table: str) -> None:
        first = next(self.rows(table), None)
        if first is None:
            return
        names = sql.SQL(", ").join(map(sql.Identifier, first))
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), names)) as copy:
            for row in self.rows(table):
                copy.write_row(tuple(row.values()))
