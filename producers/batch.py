"""One read of a source, published as it comes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from producers.known import Known, row_hash
from producers.publisher import Publisher
from producers.selection import Selection
from producers.source import Row, SourceError
from schemas.records import Operation, RecordChange
from schemas.source import SourceObject


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
        for row in rows:
            batch.read += 1
            batch.last = row
            digest = row_hash(row.record)
            if row.id in batch.fresh:
                raise SourceError(
                    f"{stamp.system}/{stamp.what.name}: several rows have the same key"
                    f" ({', '.join(stamp.what.key)}): name the columns that tell them apart"
                )
            if mark:
                known.mark(row.id)
            if only:
                if not any(selection.takes(row, stamp.what.key) for selection in only):
                    continue
            elif known.same(row.id, digest):
                continue
            size += publisher.publish(stamp.change(row, operation, digest))
            batch.fresh[row.id] = digest
            if size >= most_bytes:
                batch.cut = True
                break
    return batch
