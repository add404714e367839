"""A directory for files of this process alone, which can be made again from elsewhere, and are thrown away."""

from __future__ import annotations

import fcntl
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO


class WorkDirectoryError(RuntimeError):
    """Its disk is full or broken. Names the directory, never a value of a row."""


class WorkDirectory:
    """``home``: for this directory and those of processes that were killed, which are removed when it is opened.

    name: what they all begin with. A directory is in use while its process holds the lock in it.
    """

    def __init__(self, home: Path, name: str) -> None:
        self._home = home
        self._name = name
        self.directory = home / f"{name}-{uuid.uuid4().hex}"
        self._lock: IO[bytes] | None = None

    def open(self) -> Path:
        if self._lock is None:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep_up()
            self.directory.mkdir(mode=0o700)
            self._lock = (self.directory / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self.directory

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            shutil.rmtree(self.directory, ignore_errors=True)

    def _sweep_up(self) -> None:
        for other in self._home.glob(f"{self._name}-*"):
            with suppress(OSError), (other / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(other, ignore_errors=True)
