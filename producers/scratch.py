"""A DuckDB database of this process alone: flat memory, made anew by each process, and thrown away with it."""

from __future__ import annotations

import fcntl
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO

import duckdb

_MEMORY = "256MB"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Scratch:
    """``home``: for this database and those of processes that were killed, which are removed. Made when it is first
    asked for. Raises duckdb.Error when the disk is full."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.directory = home / f"landing-{uuid.uuid4().hex}"
        self._lock: IO[bytes] | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            shutil.rmtree(self.directory, ignore_errors=True)

    def open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep_up()
            self.directory.mkdir(mode=0o700)
            self._lock = (self.directory / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._connection = duckdb.connect(
                str(self.directory / "rows.duckdb"),
                config={
                    "memory_limit": _MEMORY,
                    "threads": 2,
                    "temp_directory": str(self.directory),
                    "autoinstall_known_extensions": False,
                },
            )
        return self._connection

    def _sweep_up(self) -> None:
        for other in self._home.glob("landing-*"):
            with suppress(OSError), (other / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(other, ignore_errors=True)
