"""One read of a source, published as it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, repeat
from operator import not_

from producers.known import UNKNOWN, Known, escaped_text, row_text, text_hash
from producers.publisher import Publisher, UnfitError
from producers.selection import Selection
from producers.source import Row, SourceError
from producers.unreadable import Unreadable, numbered
from schemas.records import Changes, Operation, RecordChange
from schemas.source import SourceObject

_NO_TEXT = (
    "a text in it has what is no character (half of one, or a byte that its encoding does not know): correct it in the"
    " source, or exclude the column in the mapping"
)
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
    """What one read gave: rows read, the last of them, what was published, and whether it stopped for its size.

    refused: id -> the row, of those that cannot be published as they are.
    """

    read: int = 0
    last: Row | None = None
    fresh: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, Unreadable] = field(default_factory=dict)
    cut: bool = False

    def refuse(self, row: Row, reason: str) -> None:
        self.fresh.pop(row.id, None)
        where = row.id.encode("utf-8", "backslashreplace").decode()
        self.refused[row.id] = numbered([(where, reason, escaped_text(row.record), "utf-8")])[0]


def publish(
    rows: Generator[Row, None, None],
    operation: Operation,
    stamp: Stamp,
    known: Known,
    publisher: Publisher,
    most_bytes: int,
    *,
    mark: bool,
    captured: bool = False,
    only: tuple[Selection, ...] = (),
) -> Batch:
    """Publishes those rows that were not published as they are now; with ``only``, all those that are asked for. A row
    that cannot be published is refused, and stops no other.

    ``mark``: tells ``known`` which are there. ``captured``: leaves out rows that a snapshot has still to publish.
    """
    batch = Batch()
    size = 0
    with closing(rows):
        for group, hashes in _groups(rows, most_bytes):
            batch.read += len(group)
            batch.last = group[-1]
            if mark:
                known.mark([row.id for row in group])
            if not all(hashes):
                for row in compress(group, map(not_, hashes)):
                    batch.refuse(row, _NO_TEXT)
                group, hashes = list(compress(group, hashes)), list(filter(None, hashes))
            ids = [row.id for row in group]
            if only:
                taken = [any(selection.takes(row, stamp.what.key) for selection in only) for row in group]
            elif captured:
                before = known.hashes(ids)
                taken = [
                    before.get(one, UNKNOWN) not in (UNKNOWN, digest) for one, digest in zip(ids, hashes, strict=True)
                ]
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
                size += _publish(fresh, list(compress(hashes, taken)), operation, stamp, publisher, batch)
            # at the end of a group only: a source gives the rows that were taken no second time
            if size >= most_bytes:
                batch.cut = True
                break
    return batch


def _publish(
    fresh: Sequence[Row],
    hashes: Sequence[bytes],
    operation: Operation,
    stamp: Stamp,
    publisher: Publisher,
    batch: Batch,
) -> int:
    """Those that a message can hold; the size in bytes."""
    try:
        return publisher.publish(stamp.changes(fresh, hashes, operation))
    except UnfitError as error:
        reasons = error.reasons
    for position, reason in reasons.items():
        batch.refuse(fresh[position], reason)
    fit = [position not in reasons for position in range(len(fresh))]
    if not any(fit):
        return 0
    return publisher.publish(stamp.changes(list(compress(fresh, fit)), compress(hashes, fit), operation))


def _groups(rows: Generator[Row, None, None], most_bytes: int) -> Iterator[tuple[list[Row], list[bytes]]]:
    """Rows and their hashes, empty of a row without a text. A group ends at its number of rows, or behind the row that
    makes it too large."""
    group: list[Row] = []
    hashes: list[bytes] = []
    size = 0
    for row in rows:
        try:
            text = row_text(row.record)
        except UnicodeEncodeError:
            text = b""
        group.append(row)
        hashes.append(text_hash(text) if text else b"")
        size += len(text)
        if len(group) == GROUP_ROWS or size >= most_bytes:
            yield group, hashes
            group, hashes, size = [], [], 0
    if group:
        yield group, hashes
