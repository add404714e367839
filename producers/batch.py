"""One read of a source, published as it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, repeat
from operator import not_

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

    def changes(self, rows: Sequence[Row], hashes: Iterable[bytes], operation: Operation) -> Changes:
        """Of rows with their hashes."""
        return Changes(
            RecordChange(self.system, self.what.name, "", operation, {}, self.captured_at, run=self.run),
            [row.id for row in rows],
            [row.record for row in rows],
            [row.changed_at for row in rows],
            [digest.hex() for digest in hashes],
        )

    def ends(self, record_ids: Sequence[str]) -> Changes:
        """These records are not in the source any more."""
        operation = Operation.DELETE if self.what.on_missing == "delete" else Operation.VANISHED
        return self.changes(
            [Row(record_id, {}, None) for record_id in record_ids], repeat(b"", len(record_ids)), operation
        )


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
        for group, hashes in _groups(rows, most_bytes):
            batch.read += len(group)
            batch.last = group[-1]
            ids = [row.id for row in group]
            if mark:
                known.mark(ids)
            if only:
                taken = [any(selection.takes(row, stamp.what.key) for selection in only) for row in group]
            else:
                before = known.hashes(ids)
                taken = [before.get(record_id) != digest for record_id, digest in zip(ids, hashes, strict=True)]
            fresh = list(compress(group, taken))
            before_group = len(batch.fresh)
            batch.fresh.update(zip(compress(ids, taken), compress(hashes, taken), strict=True))
            others = compress(ids, map(not_, taken))
            if len(batch.fresh) < before_group + len(fresh) or not batch.fresh.keys().isdisjoint(others):
                raise SourceError(
                    f"{stamp.system}/{stamp.what.name}: several rows have the same key"
                    f" ({', '.join(stamp.what.key)}): name the columns that tell them apart"
                )
            if fresh:
                size += publisher.publish(stamp.changes(fresh, compress(hashes, taken), operation))
            # at the end of a group only: a source gives the rows that were taken no second time
            if size >= most_bytes:
                batch.cut = True
                break
    return batch


def _groups(rows: Generator[Row, None, None], most_bytes: int) -> Iterator[tuple[list[Row], list[bytes]]]:
    """Rows and their hashes. A group ends at its number of rows, or behind the row that makes it too large."""
    group: list[Row] = []
    hashes: list[bytes] = []
    size = 0
    for row in rows:
        text = row_text(row.record)
        group.append(row)
        hashes.append(text_hash(text))
        size += len(text)
        if len(group) == GROUP_ROWS or size >= most_bytes:
            yield group, hashes
            group, hashes, size = [], [], 0
    if group:
        yield group, hashes
