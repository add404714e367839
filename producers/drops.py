"""Which files in a directory belong together, in which order, and whether they are all there: pure decisions.

Nothing here trusts a time alone: a file is known by path, size and content, and one that may still be written is left
alone until its size and time were the same twice, or until its marker is there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from producers.naming import natural

_TOKENS = re.compile(r"(\{export\}|\{segment\}|\{segments\}|\*|\?)")
_EXPRESSIONS = {
    "{export}": r"(?P<export>[^/]+?)",
    "{segment}": r"(?P<segment>[0-9]+)",
    "{segments}": r"(?P<segments>[0-9]+)",
    "*": r"[^/]*",
    "?": r"[^/]",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as a look at the directory showed it. ``name`` is relative to the directory, with ``/``.

    ctime_ns: of its last change of any kind. Who copies a file can set its time, but not this one.
    """

    name: str
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> Self:
        return cls(name, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class Pattern:
    """Names of an object's files: ``*`` and ``?`` as usual, ``{export}`` what names an export (a date, a number),
    ``{segment}`` the number of one file of it, ``{segments}`` how many there are."""

    def __init__(self, text: str) -> None:
        pieces = _TOKENS.split(text)
        if len(set(tokens := [piece for piece in pieces if piece.startswith("{")])) < len(tokens):
            raise ValueError("each of {export}, {segment} and {segments} may stand in a pattern once")
        if "{segments}" in tokens and "{segment}" not in tokens:
            raise ValueError("{segments} says how many files there are: the pattern needs {segment} too")
        self.text = text
        self.exports = "{export}" in tokens
        self.segmented = "{segment}" in tokens
        self.counted = "{segments}" in tokens
        self._expression = re.compile("".join(_EXPRESSIONS.get(piece, re.escape(piece)) for piece in pieces))
        self.glob = "".join("*" if piece.startswith("{") else piece for piece in pieces)

    def match(self, name: str) -> Mapping[str, str] | None:
        found = self._expression.fullmatch(name)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class Bytes:
    """Columns of a manifest: where a file lies below the documents' directory, and what it must be like."""

    path: str
    size: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How one object is delivered.

    full: files that hold all rows. delta: files that hold what changed. At least one of them.
    marker: name of the file that says that an export is complete, with ``{export}``, or ``{name}`` and ``{stem}`` of a
        single file. A marker that holds a number says how many rows there are.
    segment_rows: rows of every segment but the last, which has fewer.
    deleted: (column, values): rows that say that their record is gone.
    bytes: the rows are a manifest; each waits until its file is there.
    day_first: whether days come before months in what names an export; found out by itself unless set.
    encoding: of all files, as Python names it; found out by itself unless set.
    """

    full: Pattern | None = None
    delta: Pattern | None = None
    marker: str | None = None
    segment_rows: int | None = None
    deleted: tuple[str, frozenset[str]] | None = None
    bytes: Bytes | None = None
    encoding: str | None = None
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Files that are read as one. ``files`` in the order of their segments.

    lacks: what of it is not there yet; empty where nothing is known to be missing.
    marked: its marker is there and no older than its files, so nobody writes to it any more.
    """

    label: str
    full: bool
    files: tuple[Seen, ...]
    lacks: str = ""
    marked: bool = False


def time_rank(file: Seen) -> str:
    """Orders files whose names do not: by their time, then their name."""
    return f"{file.mtime_ns:020}/{natural(file.name)}"


def group(files: Iterable[Seen], rule: Rule, written: Callable[[str], int | None]) -> list[Export]:
    """The exports that ``files`` are, in no order. ``written``: when a marker of this name was, in ns; None: never."""
    found: dict[tuple[bool, str], dict[int, tuple[Seen, int | None]]] = {}
    for file in files:
        for pattern, full in ((rule.full, True), (rule.delta, False)):
            groups = pattern.match(file.name) if pattern else None
            if pattern is None or groups is None:
                continue
            label = groups["export"] if pattern.exports else "" if pattern.segmented else file.name
            segment = int(groups["segment"]) if pattern.segmented else 0
            segments = int(groups["segments"]) if pattern.counted else None
            found.setdefault((full, label), {})[segment] = (file, segments)
            break
    return [_export(label, full, parts, rule, written) for (full, label), parts in found.items()]


def _export(
    label: str,
    full: bool,
    parts: Mapping[int, tuple[Seen, int | None]],
    rule: Rule,
    written: Callable[[str], int | None],
) -> Export:
    ordered = sorted(parts)
    files = tuple(parts[number][0] for number in ordered)
    pattern = rule.full if full else rule.delta
    lacks = ""
    if pattern is not None and pattern.segmented:
        lacks = _missing_segments(ordered, {parts[number][1] for number in ordered})
    marked = False
    if rule.marker is not None:
        marker = _marker(rule.marker, label, files[0])
        at = written(marker)
        if at is None:
            lacks = f"the marker {marker}"
        else:
            # an older one may be the last delivery's: under a name that stays, it says nothing of this one
            marked = all(at >= file.mtime_ns for file in files)
    return Export(label, full, files, lacks, marked)


def _missing_segments(numbers: list[int], counts: set[int | None]) -> str:
    first = 0 if numbers[0] == 0 else 1
    expected = first
    for number in numbers:
        if number != expected:
            return f"segment {expected}"
        expected += 1
    if len(counts) > 1:
        return "segments that agree on how many they are"
    count = counts.pop()
    return f"segment {expected}" if count is not None and len(numbers) < count else ""


def _marker(marker: str, label: str, file: Seen) -> str:
    stem = file.name.rpartition(".")[0] or file.name
    return marker.replace("{export}", label).replace("{name}", file.name).replace("{stem}", stem)


def marker_of(rule: Rule, export: Export) -> str | None:
    return _marker(rule.marker, export.label, export.files[0]) if rule.marker is not None else None


class Settling:
    """Which files have not changed for a while. Times are of a monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, tuple[Seen, float]] = {}

    def look(self, files: Iterable[Seen], now: float) -> frozenset[Seen]:
        """Those of ``files`` that an earlier look, long enough ago, has shown with the same size and time."""
        before, self._since = self._since, {}
        settled = set()
        for file in files:
            known = before.get(file.name)
            since = known[1] if known is not None and known[0] == file else now
            self._since[file.name] = (file, since)
            if known is not None and known[0] == file and now - since >= self._seconds:
                settled.add(file)
        return frozenset(settled)
