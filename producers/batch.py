"""One read of a source, published as it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from producers.known import Known, row_text, text_hash
from producers.publisher import Publisher
from producers.selection import Selection
from producers.source import Row, SourceError
from schemas.records import Changes, Operation, RecordChange
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

    def changes(self, rows: Sequence[tuple[Row, bytes]], operation: Operation) -> Changes:
        """Of rows with their hashes."""
        return Changes(
            RecordChange(self.system, self.what.name, "", operation, {}, self.captured_at, run=self.run),
            [row.id for row, _ in rows],
            [row.record for row, _ in rows],
            [row.changed_at for row, _ in rows],
            [digest.hex() for _, digest in rows],
        )

    def ends(self, record_ids: Sequence[str]) -> Changes:
        """These records are not in the source any more."""
        operation = Operation.DELETE if self.what.on_missing == "delete" else Operation.VANISHED
        return self.changes([(Row(record_id, {}, None), b"") for record_id in record_ids], operation)


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
            if only:
                fresh = [one for one in group if any(selection.takes(one[0], stamp.what.key) for selection in only)]
            else:
                before = known.hashes(ids)
                fresh = [one for one in group if before.get(one[0].id) != one[1]]
            before_group = len(batch.fresh)
            batch.fresh.update([(row.id, digest) for row, digest in fresh])
            repeated = sum(map(batch.fresh.__contains__, ids)) > len(fresh)
            if repeated or len(batch.fresh) < before_group + len(fresh):
                raise SourceError(
                    f"{stamp.system}/{stamp.what.name}: several rows have the same key"
                    f" ({', '.join(stamp.what.key)}): name the columns that tell them apart"
                )
            if fresh:
                size += publisher.publish(stamp.changes(fresh, operation))
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
