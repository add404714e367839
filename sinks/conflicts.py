"""What is done about edits in Twenty: told, counted, written over, or kept for a person to decide."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from schemas.keys import parse_record_key
from schemas.records import Control, Flag, Identity, IdentityState, Link, Unit, Write
from sinks import edits, metrics
from sinks.book import LIVING, Book
from sinks.decisions import Decisions
from sinks.edits import Finding

log = logging.getLogger("dualrun.sink")

RESOLVE = "resolve"
"""Kind of the signal with a person's decision: subject is the record key, value ``{part, take, edits}``."""


class Writes(Protocol):
    """Where earlier writes are found."""

    def writes(self, units: Iterable[Unit]) -> list[Write]: ...


class Conflicts:
    def __init__(self, book: Book, decisions: Decisions, earlier: Writes) -> None:
        self._book = book
        self._decisions = decisions
        self._earlier = earlier
        self._open = {(known.key, known.part) for known in book if edits.open_edits(known)}
        self._objects = {parse_record_key(key).object for key, _ in self._open}
        self._tell()

    def note(
        self, identity: Identity, finding: Finding, row: Mapping[str, Any], after: Mapping[str, Any] | None = None
    ) -> Identity:
        """Keeps what stands and audits what is new. ``after`` is the row that was to be sent. The identity as it is."""
        standing = edits.pack_edits(finding.standing)
        if not finding.new and standing == identity.edits:
            return identity
        identity = replace(
            identity, edits=standing, written=edits.owed(identity.written, edits.ended(identity, finding))
        )
        if finding.new:
            name = parse_record_key(identity.key).object
            for edit in finding.new.values():
                metrics.EDITS.labels(name, edit.policy).inc()
            flags = tuple(Flag(column, edit.policy) for column, edit in sorted(finding.new.items()))
            before = {column: row.get(column) for column in finding.new}
            ours = {column: after[column] for column in finding.new if column in after} if after else None
            self._decisions.conflict(identity, "edited in Twenty", flags, before, ours)
        else:
            self._decisions.conflict(identity, "no longer edited in Twenty", (), {})
        self._follow(identity)
        return identity

    def repair(self, identity: Identity) -> None:
        """Sends what the source says once more, with the links that were written since."""
        if identity.message is None:
            # written by a release that did not keep the place: the next change of the record mends it
            log.warning("%s: edited in Twenty, and written over with the record's next change", identity.key)
            return
        for write in self._earlier.writes([identity.message]):
            if write.key == identity.key:
                self._decisions.repair(self._completed(replace(write, version=identity.version)))

    def resolve(self, signal: Control) -> None:
        """A person's decision; void where what was decided about is there no more, so it may be read again."""
        value = signal.value
        identity = self._book.record(signal.subject).get(str(value["part"]))
        if identity is None or identity.state is not IdentityState.LIVE:
            return
        take = str(value["take"])
        told, standing = edits.resolved(identity, dict(value["edits"]), take)
        if (told, standing) == (identity.written, identity.edits):
            return
        identity = replace(identity, written=told, edits=standing)
        flags = tuple(Flag(column, f"{take} wins") for column in sorted(value["edits"]))
        self._decisions.conflict(identity, "a person has decided", flags, {})
        self._follow(identity)
        if take == "source":
            self.repair(identity)

    def _completed(self, write: Write) -> Write:
        known = self._book.record(write.key)
        parts = []
        for part in write.parts:
            identity = known.get(part.name)
            if identity is not None and identity.state in LIVING:
                part = replace(part, links=tuple(_as_written(link, identity) for link in part.links))
            parts.append(part)
        return replace(write, parts=tuple(parts))

    def _follow(self, identity: Identity) -> None:
        name = (identity.key, identity.part)
        (self._open.add if edits.open_edits(identity) else self._open.discard)(name)
        self._tell()

    def _tell(self) -> None:
        counts: Counter[str] = Counter()
        for key, part in self._open:
            known = self._book.record(key).get(part)
            counts[parse_record_key(key).object] += bool(known and edits.open_edits(known))
        self._objects |= counts.keys()
        for name in self._objects:
            metrics.CONFLICTS.labels(name).set(counts[name])


def _as_written(link: Link, identity: Identity) -> Link:
    """What a link came to: it may have resolved, or moved with its alias, since the write."""
    name = link.field
    return replace(link, twenty_id=identity.links.get(name), at=identity.links_at.get(name, link.at))
