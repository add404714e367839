"""An export on its way into the landing: its files are read as one, and what of them is no row is told."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from producers.dialect import DialectError, detect
from producers.drops import Export, Rule, Seen, marker_of
from producers.incoming import Content, copy, examine, lines_of
from producers.landing import CONTENT_KEY, Cut, Landing
from producers.sieve import UNENCODED, Rejected
from producers.unreadable import Unreadable, numbered
from schemas.source import SourceObject

_NAMED = 10


class RefusedError(Exception):
    """The export is not taken as it is."""


@dataclass(frozen=True, slots=True)
class Staged:
    """complaints: what a person should know. rejected: rows that could not be read; ``unreadable`` are some of them."""

    complaints: tuple[str, ...]
    rejected: int
    unreadable: tuple[Unreadable, ...]


class Staging:
    """columns: all that were met, in the order of the files. needed: columns without which a file is refused."""

    def __init__(
        self, what: SourceObject, rule: Rule, directory: Path, landing: Landing, needed: Collection[str]
    ) -> None:
        self._what = what
        self._rule = rule
        self._directory = directory
        self._landing = landing
        self._needed = [name for name in what.key if name != CONTENT_KEY]
        self._needed += [*([rule.deleted[0]] if rule.deleted else []), *needed]
        self._contents: dict[Seen, Content] = {}
        self.columns: dict[str, None] = {}

    def keep(self, files: Collection[Seen]) -> None:
        """Forgets what is in files other than these."""
        self._contents = {file: content for file, content in self._contents.items() if file in files}

    def content(self, file: Seen) -> Content:
        """Raises UnreadableError."""
        if file not in self._contents:
            self._contents[file] = examine(self._directory / file.name, file)
        return self._contents[file]

    def stage(self, export: Export) -> Staged:
        """Raises RefusedError, DialectError, UnreadableError."""
        self._landing.begin()
        complaints, rejected, counts = [], 0, []
        unreadable: list[Unreadable] = []
        for file in export.files:
            rows, wrong = self._stage_file(file)
            counts.append(rows + len(wrong))
            rejected += len(wrong)
            complaints += self._complaints(file, wrong)
            unreadable += self._unreadable(file, wrong)
        self._check_counts(export, counts)
        repeated = self._landing.tell_apart(self._what.key)
        if repeated and export.full:
            complaints.append(f"{repeated} rows repeat the key of another: the last of each counts")
        if rejected and export.full:
            complaints.append("what is missing from this export is not taken as deleted")
        return Staged(tuple(complaints), rejected, tuple(unreadable))

    def _complaints(self, file: Seen, wrong: list[Rejected]) -> list[str]:
        found = []
        if wrong:
            named = ", ".join(f"{one.lines.start} ({one.reason})" for one in wrong[:_NAMED] if one.lines)
            more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
            found.append(f"{file.name}: {len(wrong)} rows could not be read, at line {named}{more}")
        if any(one.reason == UNENCODED for one in wrong):
            found.append(
                f"it was read as {self._encoding(file)}: correct those rows, or set encoding: if it is in another"
            )
        if self._rule.encoding is None and (stray := self.content(file).encoding.stray):
            found.append(
                f"{file.name}: {stray} letters look like utf-8, the others do not, and all were read as"
                f" {self._encoding(file)}: send it in one encoding, or set encoding: for the object"
            )
        return found

    def _encoding(self, file: Seen) -> str:
        if self._rule.encoding is None:
            return self.content(file).encoding.name
        return "utf-8-sig" if codecs.lookup(self._rule.encoding).name == "utf-8" else self._rule.encoding

    def _unreadable(self, file: Seen, wrong: list[Rejected]) -> list[Unreadable]:
        known = sorted((one for one in wrong if one.lines), key=lambda one: one.lines.start)
        if not known:
            return []
        encoding = self._encoding(file)
        raw = lines_of(self._directory / file.name, file, encoding, [one.lines for one in known])
        return numbered(
            (f"{file.name}:{one.lines.start}", one.reason, text, encoding) for one, text in zip(known, raw, strict=True)
        )

    def _stage_file(self, file: Seen) -> tuple[int, list[Rejected]]:
        plain = self._landing.directory / "file.csv"
        try:
            sample = copy(self._directory / file.name, file, self._encoding(file), plain)
            try:
                dialect = detect(sample, self._needed)
            except DialectError as error:
                raise DialectError(f"{file.name}: {error}") from None
            self.columns |= dict.fromkeys(name for name in dialect.columns if name not in self._what.exclude)
            return self._landing.stage(plain, Cut(dialect, self._what.key, self._what.exclude, self._rule.deleted))
        finally:
            plain.unlink(missing_ok=True)

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
            try:
                said = (self._directory / marker).read_text("utf-8", errors="replace").strip()
            except OSError as error:
                raise RefusedError(f"its marker {marker} cannot be read ({error.strerror})") from None
            if said.isdecimal() and int(said) != sum(counts):
                raise RefusedError(f"{marker} says {said} rows, there are {sum(counts)}: send the export again")
