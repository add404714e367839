"""Which of an object's exports is newer: by its name where that tells, else by its files' time and content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from producers import naming
from producers.drops import Export, Rule, Seen, time_rank
from producers.file_memory import FileMemory, Remembered
from producers.incoming import UnreadableError
from producers.naming import Decision, Order

_TOGETHER_NS = 10_000_000_000
"""Files that were copied at once have times in the order of the copying, which says nothing."""


class Ranked(NamedTuple):
    """An export and its place: text that sorts."""

    rank: str
    export: Export


class Ranking:
    """``digest``: of a file's content; raises UnreadableError. ``doubt``: what a person should look at."""

    def __init__(self, name: str, rule: Rule, memory: FileMemory, digest: Callable[[Seen], str]) -> None:
        self._name = name
        self._rule = rule
        self._memory = memory
        self._digest = digest
        self._labels: Mapping[str, int] = {}
        self._decision = Decision(Order.numbers if _named(rule) else Order.times)

    @property
    def doubt(self) -> str:
        return self._decision.doubt

    def look(self, exports: Iterable[Export]) -> bool:
        """Whether they are ordered in another way from now on: earlier ranks mean nothing then."""
        labels = {one.label: _mtime(one) for one in exports} if _named(self._rule) else {}
        if not labels or labels == self._labels:
            return False
        self._labels = labels
        known = self._memory.order(self._name)
        self._decision = naming.decide(labels, known.proven if known else None, day_first=self._rule.day_first)
        return self._memory.ordered(self._name, self._decision.order, sure=self._decision.sure)

    def rank(self, export: Export) -> str:
        if self._decision.order is Order.times:
            return max(self._file_rank(file) for file in export.files)
        return naming.rank(export.label, self._decision.order, _mtime(export))

    def written_ns(self, export: Export) -> int:
        """When its content was first seen to have been written."""
        return max(int(self._file_rank(file).partition("/")[0]) for file in export.files)

    def _file_rank(self, file: Seen) -> str:
        """A file with the content that it had before keeps its place, whenever it is sent again."""
        known = self._memory.file(file.name)
        stat = (file.size, file.mtime_ns, file.ctime_ns)
        if known is not None and (known.size, known.mtime_ns, known.ctime_ns) == stat:
            return known.rank
        try:
            digest = self._digest(file)
        except UnreadableError:
            return time_rank(file)
        place = known.rank if known is not None and known.digest == digest else time_rank(file)
        if known is not None and place < known.rank:
            # an older file in the place of a newer one is not believed: what is remembered stays that
            return place
        self._memory.remember(file.name, Remembered(file.size, file.mtime_ns, digest, place, file.ctime_ns))
        return place

    def outdated(self, rank: str) -> bool:
        """Whether something newer was taken once, in this process or before."""
        return rank < self._memory.highest(self._name)

    def took(self, one: Ranked) -> None:
        for file in one.export.files:
            self._file_rank(file)
        self._memory.took(self._name, one.rank)

    def overlooked(self, ranked: Sequence[Ranked], taken: Sequence[Ranked]) -> list[str]:
        """What to say of exports that are there and that newer ones outrank, although they may well be newer.

        ``ranked``: those that are complete, the lowest first. ``taken``: what the object's rows rest on.
        """
        mine = {(one.export.full, one.export.label): one.rank for one in taken}
        found = [
            f"{export.label or self._name} holds other rows than it did when it was read, and its time is older: it is"
            " not read. If it is right, give it a newer time (touch)"
            for rank, export in ranked
            if rank < mine.get((export.full, export.label), "")
        ]
        if self._decision.order is not Order.numbers:
            return found
        above = sorted(((rank, export.label, self.written_ns(export)) for rank, export in taken), reverse=True)
        least: tuple[int, str] | None = None
        for rank, export in reversed(ranked):
            while above and above[0][0] > rank:
                _, label, written = above.pop(0)
                least = min(least or (written, label), (written, label))
            if least is None or _mtime(export) <= least[0] + _TOGETHER_NS:
                continue
            if self.written_ns(export) > least[0] + _TOGETHER_NS:
                found.append(
                    f"{export.label} was written after {least[1]}, and its name comes before it: nothing of it replaces"
                    " what that has. Name later exports so that they come last, such as 2026-12-31"
                )
        return found


def _named(rule: Rule) -> bool:
    return any(pattern.exports for pattern in (rule.full, rule.delta) if pattern)


def _mtime(export: Export) -> int:
    return max(file.mtime_ns for file in export.files)
