"""A DuckDB database of this process alone: flat memory, made anew by each process, and thrown away with it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from producers.workdir import WorkDirectory

_MEMORY = "256MB"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Scratch:
    """``home``: for this database and those of processes that were killed, which are removed. Made when it is first
    asked for. Raises duckdb.Error when the disk is full."""

    def __init__(self, home: Path) -> None:
        self._work = WorkDirectory(home, "landing")
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def directory(self) -> Path:
        return self._work.directory

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._work.close()

    def open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            directory = self._work.open()
            self._connection = duckdb.connect(
                str(directory / "rows.duckdb"),
                config={
                    "memory_limit": _MEMORY,
                    "threads": 2,
                    "temp_directory": str(directory),
                    "autoinstall_known_extensions": False,
                },
            )
        return self._connection
