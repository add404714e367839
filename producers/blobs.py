"""Files in columns of the source: taken out in pieces, and stored under their hash before the change is published."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from producers.columns import key_text
from producers.publisher import Publisher
from producers.source import SourceError
from producers.unreadable import Unreadable
from schemas.blobs import MAX_BYTES, Stored, path_of
from schemas.records import Changes, Checkpoint, Value
from schemas.source import SourceObject


@runtime_checkable
class BlobReader(Protocol):
    def blob(self, what: SourceObject, key: Sequence[str], column: str) -> Iterator[bytes]:
        """The bytes of one column of one row, in pieces; nothing where the row is gone. Raises SourceError."""
        ...


class Blobs:
    """Files below ``root``, each once, whatever its records. A file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def store(self, pieces: Iterator[bytes]) -> Stored:
        folder = self._root / "blobs"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        hashed, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-", delete=False) as part:
            there = Path(part.name)
            try:
                for piece in pieces:
                    size += len(piece)
                    if size > MAX_BYTES:
                        return Stored("", size)
                    hashed.update(piece)
                    part.write(piece)
                part.flush()
                path = self._root / path_of(hashed.hexdigest())
                path.parent.mkdir(exist_ok=True, mode=0o700)
                there.replace(path)
            finally:
                there.unlink(missing_ok=True)
        return Stored(hashed.hexdigest(), size)


class BlobPublisher:
    """A publisher that puts ``Stored`` in the place of the sizes that the source gave for columns of files."""

    def __init__(self, inner: Publisher, reader: BlobReader, what: SourceObject, blobs: Blobs) -> None:
        self._inner = inner
        self._reader = reader
        self._what = what
        self._blobs = blobs

    def publish(self, changes: Changes) -> int:
        return self._inner.publish(replace(changes, records=[self._with_files(record) for record in changes.records]))

    def refuse(self, row: Unreadable, at: datetime) -> None:
        self._inner.refuse(row, at)

    def commit(self, checkpoint: Checkpoint) -> None:
        self._inner.commit(checkpoint)

    def abort(self) -> None:
        self._inner.abort()

    def ends(self) -> dict[int, int]:
        return self._inner.ends()

    def _with_files(self, record: Mapping[str, Value]) -> Mapping[str, Value]:
        columns = [name for name in self._what.blobs if record.get(name) is not None]
        return {**record, **{name: self._stored(record, name) for name in columns}}

    def _stored(self, record: Mapping[str, Value], column: str) -> str:
        size = int(str(record[column]).partition(":")[0])
        if size > MAX_BYTES:
            return str(Stored("", size))
        key = [key_text(record[name]) for name in self._what.key]
        try:
            return str(self._blobs.store(self._reader.blob(self._what, key, column)))
        except OSError as error:
            raise SourceError(
                f"{self._what.name}: a file of column {column} cannot be stored below the documents directory:"
                f" {error.strerror}"
            ) from None
