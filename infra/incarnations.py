"""How a sink's successor learns that its predecessor has ended, and need not wait for it.

A sink writes down who it is under its pid; the supervisor, told by the kernel that this pid has ended, adds the
incarnation to the list of the ended. A pid that is given out again is no danger: its file then names an incarnation
that ended long ago, or the new one.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

ENDED_FILE = "ended"
"""In the data directory: incarnations of sinks that a supervisor saw end, one a line."""
_DIRECTORY = "incarnations"


def announce(data_dir: Path) -> str:
    """A new incarnation, written down for this process's pid."""
    incarnation = uuid.uuid4().hex
    directory = data_dir / _DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    (directory / str(os.getpid())).write_text(incarnation)
    return incarnation


def record_end(data_dir: Path, pid: int) -> None:
    """The process ``pid`` has ended: if it was a sink, its successor may know."""
    announced = data_dir / _DIRECTORY / str(pid)
    if announced.exists():
        with (data_dir / ENDED_FILE).open("a") as ended:
            ended.write(announced.read_text() + "\n")
        announced.unlink()
