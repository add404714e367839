"""One object's files: which of them are read when, what is refused and why, and what its rows are like meanwhile."""

from __future__ import annotations

import codecs
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from producers.dialect import DialectError, detect
from producers.drops import Export, Pattern, Rule, Seen, Settling, group, marker_of, natural, rank
from producers.file_memory import FileMemory, Remembered
from producers.incoming import Content, UnreadableError, copy, examine, lines_of
from producers.landing import CONTENT_KEY, UNENCODED, Cut, Landing, Rejected
from producers.manifest import Manifest
from producers.source import Condition
from producers.unreadable import Unreadable, numbered
from schemas.source import SourceObject

log = logging.getLogger("dualrun.csv")

_NAMED = 10


class RefusedError(Exception):
    """The export is not taken as it is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An export that was read: what it was, and what could not be read of it."""

    digests: tuple[str, ...]
    rank: str
    complaint: str = ""
    rejected: int = 0
    unreadable: tuple[Unreadable, ...] = ()


class Delivery:
    """``look`` reads what has become complete.

    columns: all that were met, in the order of the files. last_us: when a row landed last.
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
        self._memory = memory
        self._settling = Settling(settle_seconds)
        self._contents: dict[Seen, Content] = {}
        self._full: Taken | None = None
        self._deltas: dict[str, Taken] = {}
        self._refused: dict[str, tuple[tuple[str, ...], str]] = {}
        self._awaited = ""
        self._manifest = Manifest(rule.bytes, documents, settle_seconds) if rule.bytes else None
        self.columns: dict[str, None] = {}
        self.last_us = 0

    def condition(self) -> Condition:
        taken = [*([self._full] if self._full else []), *self._deltas.values()]
        concerns = [one.complaint for one in taken if one.complaint]
        concerns += [f"{label} is refused: {reason}" for label, (_, reason) in sorted(self._refused.items())]
        waiting = self._manifest.waiting if self._manifest else 0
        if waiting:
            concerns.append(f"{waiting} files that the manifest names are not there yet, or not as it says")
        if self._rule.full is not None:
            loaded = self._full is not None
            newest = self._full is not None and self._full.rank >= self._memory.highest(self._what.name)
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

    def look(self, now: float, landed_us: int) -> None:
        """``now``: monotonic. ``landed_us``: stamps what is taken; what comes first is stamped "long ago"."""
        rule, stamp = self._rule, landed_us if self._full or self._deltas else 0
        files = {file.name: file for pattern in (rule.full, rule.delta) if pattern for file in self._list(pattern)}
        settled = self._settling.look(files.values(), now)
        exports = group(files.values(), rule, self._written)
        lacking = sorted(f"{export.label or 'an export'} lacks {export.lacks}" for export in exports if export.lacks)
        self._awaited = f" ({'; '.join(lacking[:_NAMED])})" if lacking else ""
        ready = [one for one in exports if not one.lacks and (one.marked or settled.issuperset(one.files))]
        there = frozenset(files.values())
        self._contents = {file: content for file, content in self._contents.items() if file in there}
        labels = {self._label(export) for export in exports}
        self._refused = {label: why for label, why in self._refused.items() if label in labels}
        ranked = sorted(((self._rank(one), one) for one in ready), key=lambda pair: pair[0])
        for at, export in reversed([pair for pair in ranked if pair[1].full]):
            if self._full is not None and at < self._full.rank:
                break
            if self._take(at, export, stamp, now):
                break
        for at, export in ranked:
            if not export.full and (self._full is None or at > self._full.rank):
                self._take(at, export, stamp, now)
        if self._manifest is not None and self._manifest.due(now):
            self._release(landed_us, now)

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
                    yield Seen(name, found.st_size, found.st_mtime_ns)

    def _rank(self, export: Export) -> str:
        pattern = self._rule.full if export.full else self._rule.delta
        if pattern is not None and pattern.exports:
            return natural(export.label)
        return max(self._file_rank(file) for file in export.files)

    def _file_rank(self, file: Seen) -> str:
        """A file with the content that it had before keeps its place, whenever it is sent again."""
        known = self._memory.file(file.name)
        if known is not None and (known.size, known.mtime_ns) == (file.size, file.mtime_ns):
            return known.rank
        try:
            digest = self._content(file).digest
        except UnreadableError:
            return rank(None, file)
        place = known.rank if known is not None and known.digest == digest else rank(None, file)
        self._memory.remember(file.name, Remembered(file.size, file.mtime_ns, digest, place))
        return place

    def _content(self, file: Seen) -> Content:
        if file not in self._contents:
            self._contents[file] = examine(self._directory / file.name, file)
        return self._contents[file]

    # Taking an export

    def _take(self, at: str, export: Export, stamp: int, now: float) -> bool:
        """Whether the export is what the object's rows rest on now."""
        label = self._label(export)
        try:
            digests = tuple(self._content(file).digest for file in export.files)
        except UnreadableError as error:
            log.info("%s: %s %s", self._what.name, label, error)
            return False
        before = self._full if export.full else self._deltas.get(export.label)
        if before is not None and (before.digests, before.rank) == (digests, at):
            return True
        if self._refused.get(label, ((), ""))[0] == digests:
            return False
        try:
            taken = self._stage(at, export, digests)
        except (RefusedError, DialectError) as error:
            self._refused[label] = digests, str(error)
            log.warning("%s: %s is refused: %s", self._what.name, label, error)
            return False
        except UnreadableError as error:
            log.info("%s: %s %s", self._what.name, label, error)
            return False
        changed_us = max(file.mtime_ns for file in export.files) // 1000
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
            self._deltas = {name: one for name, one in self._deltas.items() if one.rank > at}
        else:
            self._deltas[export.label] = taken
        self._refused.pop(label, None)
        self._memory.took(self._what.name, at)
        if taken.complaint:
            log.warning("%s: %s", self._what.name, taken.complaint)
        log.info("%s: %s taken, %d rows are other than before", self._what.name, label, changed)
        return True

    def _stage(self, at: str, export: Export, digests: tuple[str, ...]) -> Taken:
        self._landing.begin()
        complaints, rejected, counts = [], 0, []
        unreadable: list[Unreadable] = []
        for file in export.files:
            rows, wrong = self._stage_file(file)
            counts.append(rows + len(wrong))
            rejected += len(wrong)
            if wrong:
                unreadable += self._unreadable(file, wrong)
                named = ", ".join(f"{one.lines.start} ({one.reason})" for one in wrong[:_NAMED] if one.lines)
                more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
                complaints.append(f"{file.name}: {len(wrong)} rows could not be read, at line {named}{more}")
            if any(one.reason == UNENCODED for one in wrong):
                complaints.append(
                    f"it was read as {self._encoding(file)}: correct those rows, or set encoding: if it is in another"
                )
            if self._rule.encoding is None and (stray := self._content(file).encoding.stray):
                complaints.append(
                    f"{file.name}: {stray} letters look like utf-8, the others do not, and all were read as"
                    f" {self._encoding(file)}: send it in one encoding, or set encoding: for the object"
                )
        self._check_counts(export, counts)
        repeated = self._landing.keep_last(self._what.name)
        if repeated and export.full:
            complaints.append(f"{repeated} rows repeat the key of another: the last of each counts")
        if rejected and export.full:
            complaints.append("what is missing from this export is not taken as deleted")
        return Taken(digests, at, "; ".join(complaints), rejected, tuple(unreadable))

    def _encoding(self, file: Seen) -> str:
        if self._rule.encoding is None:
            return self._content(file).encoding.name
        return "utf-8-sig" if codecs.lookup(self._rule.encoding).name == "utf-8" else self._rule.encoding

    def _unreadable(self, file: Seen, wrong: list[Rejected]) -> list[Unreadable]:
        encoding, known = (
            self._encoding(file),
            sorted((one for one in wrong if one.lines), key=lambda one: one.lines.start),
        )
        raw = lines_of(self._directory / file.name, file, encoding, [one.lines for one in known])
        return numbered(
            (f"{file.name}:{one.lines.start}", one.reason, text, encoding) for one, text in zip(known, raw, strict=True)
        )

    def _stage_file(self, file: Seen) -> tuple[int, list[Rejected]]:
        key = [name for name in self._what.key if name != CONTENT_KEY]
        needed = [*key, *([self._rule.deleted[0]] if self._rule.deleted else [])]
        needed += self._manifest.columns if self._manifest else []
        plain = self._landing.directory / "file.csv"
        try:
            sample = copy(self._directory / file.name, file, self._encoding(file), plain)
            try:
                dialect = detect(sample, needed)
            except DialectError as error:
                raise DialectError(f"{file.name}: {error}") from None
            self.columns |= dict.fromkeys(name for name in dialect.columns if name not in self._what.exclude)
            cut = Cut(dialect, self._what.key, self._what.exclude, self._rule.deleted)
            rows, rejected = self._landing.stage(plain, cut)
        finally:
            plain.unlink(missing_ok=True)
        return rows, rejected

    def _check_counts(self, export: Export, counts: list[int]) -> None:
        size, marker = self._rule.segment_rows, marker_of(self._rule, export)
        if size is not None:
            for file, count in zip(export.files[:-1], counts[:-1], strict=True):
                if count != size:
                    raise RefusedError(f"{file.name} has {count} rows, a segment that is not the last has {size}")
            if counts[-1] >= size:
                raise RefusedError(
                    f"{export.files[-1].name} is full, so another segment follows: an export ends with one of fewer"
                    f" than {size} rows"
                )
        if marker is not None:
            said = (self._directory / marker).read_text("utf-8", errors="replace").strip()
            if said.isdecimal() and int(said) != sum(counts):
                raise RefusedError(f"{marker} says {said} rows, there are {sum(counts)}: send the export again")

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
