"""What leaves Core Practice: a full export of every table as a CSV file, again and again."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from infra.clinics.clinic import Row
from infra.clinics.core_practice.generator import KEYS
from infra.clinics.core_practice.rows import ENCODING
from infra.clinics.expectation import read_tables

EVERY_SECONDS = 0.5
SETTLE_SECONDS = 0.5
_LOOKS_SECONDS = 3.0
"""The poller looks once a second, and takes a file that was the same twice."""


class Drops:
    """A context manager: the export job, which writes into ``directory`` what has changed since its last run."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url = url
        self._directory = directory
        self._written: dict[str, bytes] = {}
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="exports", daemon=True)

    @staticmethod
    def source(directory: Path) -> dict[str, Any]:
        """The settings' section that reads ``directory``. Half of a small table may go at once."""
        return {
            "kind": "csv",
            "directory": str(directory),
            "settle_seconds": SETTLE_SECONDS,
            "sweep_seconds": 2,
            "missing_ratio": 0.5,
        }

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.export()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def export(self) -> float:
        """All tables as they are now. How many seconds later a reader of files has seen them for certain."""
        with self._turn:
            with psycopg.connect(self._url, autocommit=True) as connection:
                tables = read_tables(connection, KEYS)
                columns = {table: _columns(connection, table) for table in tables}
            for table, found in tables.items():
                self._write(table, columns[table], found)
        return SETTLE_SECONDS + _LOOKS_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self.export()

    def _write(self, table: str, columns: list[str], found: list[Row]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, delimiter=";", lineterminator="\r\n", extrasaction="ignore")
        writer.writeheader()
        for row in found:
            if not row.get("archived_on"):
                writer.writerow({**row, "last_modified": f"{row['last_modified']:%m/%d/%Y %H:%M:%S.%f}"})
        content = text.getvalue().encode(ENCODING)
        if self._written.get(table) == content:
            return
        arriving = self._directory / f"{table}.part"
        arriving.write_bytes(content)
        arriving.replace(self._directory / f"{table}.csv")
        self._written[table] = content


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Of an export: whoever is archived is in none, and nothing says so."""
    cursor = connection.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(table)))
    return [column.name for column in cursor.description or () if column.name != "archived_on"]
