"""Rows that Twenty owns and Dualrun may only update: workspace members, found by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemas.records import Match, PartMode, Unit, Write
from sinks import metrics, unique
from sinks.book import Book

REFRESH_SECONDS = 60.0


class Directory:
    """Members by the values of their fields. ``read`` costs a request, so a miss reads at most once a minute."""

    def __init__(self, read: Callable[[], Iterable[Mapping[str, Any]]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._members: list[Mapping[str, Any]] = []
        self._read_at: float | None = None

    def find(self, matches: Iterable[Match]) -> str:
        """The id of the one member that a match hits, strongest first; empty where there is none, or several."""
        wanted = list(matches)
        found = member(self._members, wanted)
        if not found and (self._read_at is None or self._clock() - self._read_at >= REFRESH_SECONDS):
            self.refresh()
            found = member(self._members, wanted)
        return found

    def refresh(self) -> None:
        self._members = list(self._read())
        self._read_at = self._clock()


def member(members: Iterable[Mapping[str, Any]], matches: Iterable[Match]) -> str:
    """The id of the one member that a match hits, strongest first; empty where there is none, or several.

    Case and surrounding space do not matter: Twenty keeps e-mails in lower case.
    """
    known = list(members)
    for match in matches:
        value = str(match.value).strip().lower()
        hits = [one["id"] for one in known if str(unique.at(one, match.field) or "").strip().lower() == value != ""]
        if len(hits) == 1:
            return str(hits[0])
    return ""


class Awaited:
    """Writes for members without an account: an API key cannot make one, so they wait until the person is invited.

    ``writes`` fetches them from the lanes' topics, where the identities say that they lie; ``every`` is in seconds.
    """

    def __init__(
        self,
        directory: Directory,
        book: Book,
        writes: Callable[[Iterable[Unit]], list[Write]],
        every: float,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._book = book
        self._writes = writes
        self._every = every
        self._clock = clock
        self._looked_at = clock()
        self._bodies: dict[Unit, Write] = {}

    def arrived(self) -> list[Write]:
        """What can be written by now: looks once in ``every`` seconds, and only while somebody is awaited."""
        metrics.AWAITED.set(len(self._book.awaiting))
        now = self._clock()
        if not self._book.awaiting or now - self._looked_at < self._every:
            return []
        self._looked_at = now
        self._directory.refresh()
        units = set(self._book.awaiting.values())
        self._bodies = {unit: write for unit, write in self._bodies.items() if unit in units}
        missing = sorted(units - self._bodies.keys())
        self._bodies |= zip(missing, self._writes(missing), strict=True)
        return [write for write in self._bodies.values() if self._due(write)]

    def _due(self, write: Write) -> bool:
        matches = [part.matches for part in write.parts if part.mode is PartMode.MATCH]
        # a newer version of the record has no place for this one
        newest = self._book.newest(write.key) == write.version
        return newest and any(self._directory.find(one) for one in matches)
