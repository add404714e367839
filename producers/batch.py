"""One read of a source, published as it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from producers.known import Known, row_text, text_hash
from producers.publisher import Publisher
from producers.selection import Selection
from producers.source import Row, SourceError
from schemas.records import Operation, RecordChange
from schemas.source import SourceObject

GROUP_ROWS = 100
"""Rows that are looked up together: so few that they still lie in the processor's cache when they are written."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all changes of one step have in common."""

    system: str
    what: SourceObject
    run: int
    captured_at: datetime

    def change(self, row: Row, operation: Operation, digest: bytes) -> RecordChange:
        return RecordChange(
            system=self.system,
            object=self.what.name,
            record_id=row.id,
            operation=operation,
            record=row.record,
            captured_at=self.captured_at,
            source_changed_at=row.changed_at,
            run=self.run,
            content_hash=digest.hex(),
        )

    def end(self, record_id: str) -> RecordChange:
        """The record is not in the source any more."""
        operation = Operation.DELETE if self.what.on_missing == "delete" else Operation.VANISHED
        return self.change(Row(record_id, {}, None), operation, b"")


@dataclass(slots=True)
class Batch:
    """What one read gave: rows read, the last of them, what was published, and whether it stopped for its size."""

    read: int = 0
    last: Row | None = None
    fresh: dict[str, bytes] = field(default_factory=dict)
    cut: bool = False


def publish(
    rows: Generator[Row, None, None],
    operation: Operation,
    stamp: Stamp,
    known: Known,
    publisher: Publisher,
    most_bytes: int,
    *,
    mark: bool,
    only: tuple[Selection, ...] = (),
) -> Batch:
    """Publishes those rows that were not published as they are now; with ``only``, all those that are asked for.

    ``mark``: tells ``known`` which are there.
    """
    batch = Batch()
    size = 0
    with closing(rows):
        for group in _groups(rows, most_bytes):
            batch.read += len(group)
            batch.last = group[-1][0]
            ids = [row.id for row, _ in group]
            if mark:
                known.mark(ids)
            before = {} if only else known.hashes(ids)
            for row, digest in group:
                if row.id in batch.fresh:
                    raise SourceError(
                        f"{stamp.system}/{stamp.what.name}: several rows have the same key"
                        f" ({', '.join(stamp.what.key)}): name the columns that tell them apart"
                    )
                if only:
                    if not any(selection.takes(row, stamp.what.key) for selection in only):
                        continue
                elif before.get(row.id) == digest:
                    continue
                size += publisher.publish(stamp.change(row, operation, digest))
                batch.fresh[row.id] = digest
            # at the end of a group only: a source gives the rows that were taken no second time
            if size >= most_bytes:
                batch.cut = True
                break
    return batch


def _groups(rows: Generator[Row, None, None], most_bytes: int) -> Iterator[list[tuple[Row, bytes]]]:
    """Rows with their hashes. A group ends at its number of rows, or behind the row that makes it too large."""
    group: list[tuple[Row, bytes]] = []
    size = 0
    for row in rows:
        text = row_text(row.record)
        group.append((row, text_hash(text)))
        size += len(text)
        if len(group) == GROUP_ROWS or size >= most_bytes:
            yield group
            group, size = [], 0
    if group:
        yield group
