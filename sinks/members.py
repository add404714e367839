"""Rows that Twenty owns and Dualrun may only update: workspace members, found by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemas.records import Match
from sinks import unique

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
        wanted = [(match.field, str(match.value).strip().lower()) for match in matches]
        found = self._find(wanted)
        if not found and (self._read_at is None or self._clock() - self._read_at >= REFRESH_SECONDS):
            self._members = list(self._read())
            self._read_at = self._clock()
            found = self._find(wanted)
        return found

    def _find(self, wanted: list[tuple[str, str]]) -> str:
        for field, value in wanted:
            hits = [m["id"] for m in self._members if str(unique.at(m, field) or "").strip().lower() == value != ""]
            if len(hits) == 1:
                return str(hits[0])
        return ""
