"""The append-only journal: what was acknowledged is on disk before the answer leaves.

One line of JSON per commit, so a commit is whole or absent. A kill -9 loses nothing acknowledged, because the page
cache outlives the process; fsync would only guard against a power cut, which a test server need not survive.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

FORMAT = 2


class JournalFormatError(Exception):
    """The journal was written by another release of the stand-in, or for another era of Twenty."""


class Journal:
    """`path` is created when missing. Read it to the end with `replay` before the first `append`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def replay(self, era: str) -> Iterator[list[dict[str, Any]]]:
        """Yields the operations of each commit; a torn last line was never acknowledged and is cut off."""
        if not self._path.exists():
            return
        whole = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                entry = orjson.loads(line)
                if number == 0:
                    if entry.get("format") != FORMAT:
                        raise JournalFormatError(
                            f"{self._path}: expected journal format {FORMAT}, found {entry.get('format')!r}; "
                            "start with an empty --data-dir"
                        )
                    if entry["era"] != era:
                        raise JournalFormatError(
                            f"{self._path}: holds a workspace of era {entry['era']}, not {era}; "
                            "start with that --era or with an empty --data-dir"
                        )
                else:
                    yield entry["ops"]
                whole += len(line)
        os.truncate(self._path, whole)

    def rewrite(self, era: str, commits: Iterable[list[bytes]]) -> None:
        """Replaces the journal by a compact one, atomically, and opens it for appending."""
        self.close()
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(orjson.dumps({"format": FORMAT, "era": era}) + b"\n")
            for ops in commits:
                file.write(_line(ops))
        fresh.replace(self._path)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def append(self, ops: list[bytes]) -> None:
        """`ops` are serialised operations; together they are one commit."""
        rest = memoryview(_line(ops))
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _line(ops: list[bytes]) -> bytes:
    return b'{"ops":[' + b",".join(ops) + b"]}\n"
