"""One object's files: which of them are read when, what is refused and why, and what its rows are like meanwhile."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from producers.dialect import DialectError
from producers.drops import Export, Pattern, Rule, Seen, Settling, group, marker_of
from producers.file_memory import FileMemory
from producers.incoming import ChangingError, UnreadableError
from producers.landing import Landing
from producers.manifest import Manifest
from producers.ranking import Ranked, Ranking
from producers.source import Condition
from producers.staging import RefusedError, Staging
from producers.unreadable import Unreadable
from schemas.source import SourceObject

log = logging.getLogger("dualrun.csv")

_NAMED = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """An export that was read: what it was, and what could not be read of it."""

    export: Export
    rank: str
    digests: tuple[str, ...]
    complaint: str = ""
    rejected: int = 0
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def written_ns(self) -> int:
        return max(file.mtime_ns for file in self.export.files)


class Delivery:
    """``look`` reads what has become complete.

    last_us: when a row landed last.
    """

    def __init__(
        self,
        what: SourceObject,
        rule: Rule,
        directory: Path,
        documents: Path | None,
        settle_seconds: float,
        landing: Landing,
        memory: FileMemory,
    ) -> None:
        self._what = what
        self._rule = rule
        self._directory = directory
        self._landing = landing
        self._settling = Settling(settle_seconds)
        self._manifest = Manifest(rule.bytes, documents, settle_seconds) if rule.bytes else None
        needed = self._manifest.columns if self._manifest else ()
        self._staging = Staging(what, rule, directory, landing, needed)
        self._ranking = Ranking(what.name, rule, memory, lambda file: self._staging.content(file).digest)
        self._full: Taken | None = None
        self._deltas: dict[str, Taken] = {}
        self._refused: dict[str, tuple[object, str]] = {}
        self._unread: dict[str, str] = {}
        self._overlooked: list[str] = []
        self._older: frozenset[str] = frozenset()
        self._awaited = ""
        self.last_us = 0

    @property
    def columns(self) -> Iterable[str]:
        """All that were met, in the order of the files."""
        return self._staging.columns

    def condition(self) -> Condition:
        taken = self._taken()
        concerns = [one.complaint for one in taken if one.complaint]
        concerns += [f"{label} is refused: {reason}" for label, (_, reason) in sorted(self._refused.items())]
        concerns += [f"{label} {reason}" for label, reason in sorted(self._unread.items())]
        concerns += [*self._overlooked[:_NAMED], *([self._ranking.doubt] if self._ranking.doubt else [])]
        waiting = self._manifest.waiting if self._manifest else 0
        if waiting:
            concerns.append(f"{waiting} files that the manifest names are not there yet, or not as it says")
        if self._rule.full is not None:
            loaded = self._full is not None
            newest = self._full is not None and not self._ranking.outdated(self._full.rank)
            whole = newest and self._full is not None and not self._full.rejected and not waiting
        else:
            loaded, whole = bool(self._deltas), False
        version = hashlib.blake2b(
            repr([sorted((*one.digests, one.rank) for one in taken), waiting]).encode(), digest_size=8
        )
        return Condition(
            waiting="" if loaded else "; ".join([f"no complete file {self._patterns()} yet{self._awaited}", *concerns]),
            concern="; ".join(concerns),
            rejected=sum(one.rejected for one in taken),
            unreadable=tuple(row for one in taken for row in one.unreadable),
            version=version.hexdigest() if loaded else None,
            whole=whole,
        )

    def _patterns(self) -> str:
        return " or ".join(pattern.text for pattern in (self._rule.full, self._rule.delta) if pattern)

    def _taken(self) -> list[Taken]:
        return [*([self._full] if self._full else []), *self._deltas.values()]

    def look(self, now: float, landed_us: int) -> None:
        """``now``: monotonic. ``landed_us``: stamps what is taken; what comes first is stamped "long ago"."""
        rule, stamp = self._rule, landed_us if self._taken() else 0
        files = {file.name: file for pattern in (rule.full, rule.delta) if pattern for file in self._list(pattern)}
        settled = self._settling.look(files.values(), now)
        exports = group(files.values(), rule, self._written)
        lacking = sorted(f"{export.label or 'an export'} lacks {export.lacks}" for export in exports if export.lacks)
        self._awaited = f" ({'; '.join(lacking[:_NAMED])})" if lacking else ""
        self._staging.keep(frozenset(files.values()))
        labels = {self._label(export) for export in exports}
        self._refused = {label: why for label, why in self._refused.items() if label in labels}
        self._unread.clear()
        if self._ranking.look(exports) and self._taken():
            self._forget()
        ready = [one for one in exports if not one.lacks and (one.marked or settled.issuperset(one.files))]
        ranked = sorted((Ranked(self._ranking.rank(one), one) for one in ready), key=lambda one: one.rank)
        self._take_full(ranked, stamp, now)
        for one in ranked:
            if not one.export.full and self._follows(one):
                self._take(one, stamp, now)
        self._overlooked = self._ranking.overlooked(ranked, [Ranked(one.rank, one.export) for one in self._taken()])
        self._tell_older(ranked)
        if self._manifest is not None and self._manifest.due(now):
            self._release(landed_us, now)

    def _take_full(self, ranked: list[Ranked], stamp: int, now: float) -> None:
        """The newest that can be read, unless rows that were published before rest on a newer one."""
        delta = max((one.rank for one in ranked if not one.export.full), default="")
        for one in reversed([one for one in ranked if one.export.full]):
            if self._full is not None and one.rank < self._full.rank:
                return
            if self._full is None and self._ranking.outdated(max(one.rank, delta)):
                self._awaited += (
                    f"; {self._label(one.export)} is older than what was read before, which is not there any more or"
                    " cannot be read: put that back, or deliver a newer export (or give this one a newer time or name)"
                )
                return
            if self._take(one, stamp, now):
                return

    def _follows(self, one: Ranked) -> bool:
        """Whether a delta's changes come after the full export, and after what was there under its name."""
        before = self._deltas.get(one.export.label)
        if before is not None and one.rank < before.rank:
            return False
        if self._full is None or one.rank > self._full.rank:
            return True
        written = max(file.mtime_ns for file in one.export.files)
        return one.rank == self._full.rank and written > self._full.written_ns

    def _tell_older(self, ranked: list[Ranked]) -> None:
        """Each once, if it comes when a newer one was read already."""
        if self._full is None:
            return
        older = frozenset(self._label(one.export) for one in ranked if one.rank < self._full.rank)
        for label in sorted(older - self._older):
            log.info("%s: %s comes before %s and is not read", self._what.name, label, self._label(self._full.export))
        self._older = older

    def _forget(self) -> None:
        """Exports are ordered in another way: what they amount to is found out anew."""
        log.info("%s: its exports are ordered in another way now, and read again", self._what.name)
        self._landing.forget(self._what.name)
        self._full = None
        self._deltas.clear()

    def _written(self, name: str) -> int | None:
        marker = self._directory / name
        return marker.stat().st_mtime_ns if marker.is_file() else None

    def _label(self, export: Export) -> str:
        return export.label or self._what.name

    def _list(self, pattern: Pattern) -> Iterable[Seen]:
        for path in self._directory.glob(pattern.glob):
            name = path.relative_to(self._directory).as_posix()
            if pattern.match(name) is not None:
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue
                if path.is_file():
                    yield Seen.of(name, found)

    # Taking an export

    def _take(self, one: Ranked, stamp: int, now: float) -> bool:
        """Whether the export is what the object's rows rest on now."""
        at, export = one
        label, marker = self._label(export), marker_of(self._rule, export)
        try:
            digests = tuple(self._staging.content(file).digest for file in export.files)
            before = self._full if export.full else self._deltas.get(export.label)
            if before is not None and (before.digests, before.rank) == (digests, at):
                return True
            content = digests, self._written(marker) if marker else None
            if label in self._refused and self._refused[label][0] == content:
                return False
            staged = self._staging.stage(export)
        except (RefusedError, DialectError) as error:
            self._refused[label] = content, str(error)
            log.warning("%s: %s is refused: %s", self._what.name, label, error)
            return False
        except UnreadableError as error:
            if not isinstance(error, ChangingError):
                self._unread[label] = str(error)
            log.info("%s: %s %s", self._what.name, label, error)
            return False
        taken = Taken(export, at, digests, "; ".join(staged.complaints), staged.rejected, staged.unreadable)
        changed_us = taken.written_ns // 1000
        withheld: list[str] = []
        if self._manifest is not None:
            rows = self._landing.staged_rows()
            withheld = self._manifest.take(rows, full=export.full, rank=at, changed_us=changed_us, now=now)
        changed = self._landing.apply(
            self._what.name,
            full=export.full,
            complete=export.full and not taken.rejected,
            rank=at,
            landed_us=stamp,
            changed_us=changed_us,
            without=withheld,
        )
        if changed:
            self.last_us = max(self.last_us, stamp)
        if export.full:
            self._full = taken
            self._deltas = {name: delta for name, delta in self._deltas.items() if delta.rank > at}
        else:
            self._deltas[export.label] = taken
        self._refused.pop(label, None)
        self._ranking.took(one)
        if taken.complaint:
            log.warning("%s: %s", self._what.name, taken.complaint)
        log.info("%s: %s taken, %d rows are other than before", self._what.name, label, changed)
        return True

    def _release(self, landed_us: int, now: float) -> None:
        """Rows of the manifest whose files have come."""
        assert self._manifest is not None
        come: dict[tuple[str, int], list[tuple[str, str]]] = {}
        for one in self._manifest.arrived(now):
            come.setdefault((one.rank, one.changed_us), []).append((one.key, one.record))
        for (at, changed_us), rows in sorted(come.items()):
            self._landing.restage(rows)
            self._landing.apply(
                self._what.name, full=False, complete=False, rank=at, landed_us=landed_us, changed_us=changed_us
            )
            self.last_us = max(self.last_us, landed_us)
