"""A manifest names files that are delivered apart from it, before it or days later: each row waits for its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from producers.drops import Bytes, Seen, Settling
from producers.incoming import sha256

_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Pending:
    """A manifest's row: its key, the row itself as JSON, and the export that it came with."""

    key: str
    record: str
    rank: str
    changed_us: int


class Manifest:
    """A row's file is there when it lies below ``documents`` with the size and the hash that the row tells; where it
    tells no hash, when size and time have not changed for ``settle_seconds`` besides: a file may have its size long
    before its bytes. Times are of a monotonic clock."""

    def __init__(self, columns: Bytes, documents: Path | None, settle_seconds: float) -> None:
        if documents is None:
            raise ValueError("a manifest needs the directory of its files: set documents")
        self._columns = columns
        self._documents = documents.resolve()
        self._settling = Settling(settle_seconds)
        self._every = min(_EVERY, settle_seconds)
        self._hashes: dict[Seen, str] = {}
        self._pending: dict[str, Pending] = {}
        self._looked_at: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        found = (self._columns.path, self._columns.size, self._columns.sha256)
        return tuple(name for name in found if name is not None)

    @property
    def waiting(self) -> int:
        return len(self._pending)

    def take(self, rows: Sequence[tuple[str, str]], *, full: bool, rank: str, changed_us: int, now: float) -> list[str]:
        """Keys of those ``(key, record)`` whose files are not there; they wait from now on. A full manifest forgets
        what earlier ones waited for."""
        if full:
            self._pending.clear()
        for key, record in rows:
            self._pending[key] = Pending(key, record, rank, changed_us)
        for one in self._ready(now):
            del self._pending[one.key]
        return [key for key, _ in rows if key in self._pending]

    def due(self, now: float) -> bool:
        return bool(self._pending) and (self._looked_at is None or now - self._looked_at >= self._every)

    def arrived(self, now: float) -> list[Pending]:
        """Rows whose files have come; they wait no more."""
        found = list(self._ready(now))
        for one in found:
            del self._pending[one.key]
        return found

    def _ready(self, now: float) -> Iterator[Pending]:
        self._looked_at = now
        files = {key: self._file(orjson.loads(one.record)) for key, one in self._pending.items()}
        settled = self._settling.look((file for file in files.values() if file is not None), now)
        for key, one in list(self._pending.items()):
            file = files[key]
            if file is not None and self._fits(orjson.loads(one.record), file, settled):
                yield one
        self._hashes = {file: digest for file, digest in self._hashes.items() if file in files.values()}

    def _file(self, row: dict[str, Any]) -> Seen | None:
        name = str(row.get(self._columns.path) or "")
        path = (self._documents / name).resolve()
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        inside = name and path.is_relative_to(self._documents) and path.is_file()
        return Seen.of(name, found) if inside else None

    def _fits(self, row: dict[str, Any], file: Seen, settled: frozenset[Seen]) -> bool:
        size = row.get(self._columns.size) if self._columns.size else None
        digest = row.get(self._columns.sha256) if self._columns.sha256 else None
        if size is not None and str(size).strip() != str(file.size):
            return False
        if digest is not None:
            if file not in self._hashes:
                try:
                    self._hashes[file] = sha256(self._documents / file.name)
                except OSError:
                    return False
            return self._hashes[file] == str(digest).strip().lower()
        return file in settled
