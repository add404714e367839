"""What Twenty answered about one row that we wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.records import Identity, IdentityState, Part
from sinks import edits, rows
from sinks.catalogue import TargetObject
from sinks.rows import Row


@dataclass(frozen=True, slots=True)
class Answer:
    """body: the row as it was answered. doubtful: it held something of ours that neither we nor it should have."""

    target: TargetObject | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    doubtful: bool = False

    def told(self, before: Identity | None, after: Identity, part: Part | None, row: Row | None) -> Identity:
        """``after`` with what the answer says, and with what it leaves as ``before`` had it."""
        if after.state is not IdentityState.LIVE:
            return replace(after, written="", edits="")
        kept = before if before is not None and before.twenty_id == after.twenty_id else None
        if self.target is None or row is None:
            return replace(after, written=kept.written, edits=kept.edits) if kept else after
        standing = edits.unpack_edits(kept.edits) if kept else {}
        left = {name: edit for name, edit in standing.items() if name not in row.payload and name != edits.TRASHED}
        return replace(
            after,
            # without a time the sweep looks at the row again
            twenty_updated_at=None if self.doubtful else rows.updated_at(self.body),
            written=edits.heard(
                edits.written(kept, part, row.payload, self.body, self.target, row.beside),
                after.twenty_id,
                row.kept,
                self.target,
            ),
            edits=edits.pack_edits(left),
        )

    def overheard(self, fragment: Identity, row: Row) -> Identity:
        """A fragment of a row that was written beside its own columns: what it is answered now of what it watches."""
        watched = row.beside & edits.unpack_written(fragment.written).keys()
        if self.target is None or not watched:
            return fragment
        payload = {"id": fragment.twenty_id, **{column: row.payload[column] for column in watched}}
        return replace(fragment, written=edits.written(fragment, None, payload, self.body, self.target))


NOTHING = Answer()
