"""Faults that a test orders in advance; each is spent on one call."""

from __future__ import annotations

from collections import Counter

KINDS = frozenset({"drop_after_commit", "500_after_commit", "slow", "429_storm", "cold_cache", "webhook_lost"})


class Faults:
    def __init__(self) -> None:
        self._left: Counter[str] = Counter()
        self.delay_s = 2.0

    def order(self, kind: str, count: int, delay_s: float | None = None) -> None:
        """Raises ValueError for a kind that does not exist."""
        if kind not in KINDS:
            raise ValueError(f"fault kind must be one of {sorted(KINDS)}")
        self._left[kind] = count
        if delay_s is not None:
            self.delay_s = delay_s

    def spend(self, kind: str) -> bool:
        if self._left[kind] <= 0:
            return False
        self._left[kind] -= 1
        return True

    def clear(self) -> None:
        self._left.clear()

    def left(self) -> dict[str, int]:
        return {kind: count for kind, count in self._left.items() if count > 0}
