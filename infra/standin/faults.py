"""Faults that a test orders in advance; each is spent on one call."""

from __future__ import annotations

from collections import Counter

KINDS = {
    "429_storm": "the rate limit refuses, whatever the bucket holds",
    "cold_cache": "500 'Metadata cache version not found'",
    "read_timeout": "500 'Query read timeout', nothing written",
    "502": "a proxy answers 502 without JSON, nothing written",
    "503": "a proxy answers 503 without JSON, nothing written",
    "drop_before_commit": "the connection ends, nothing written",
    "drop_after_commit": "a write is carried out, then the connection ends",
    "500_after_commit": "a write is carried out, then answered with 500 'Query read timeout'",
    "slow": "the answer to a records call comes `delay_s` later",
    "slow_metadata": "the answer to a metadata call comes `delay_s` later; the change is made at once",
    "quota": "402 to what would add records, as when the plan's records are used up; a count of 0 is the payment",
    "foreign_key": "a write is refused as if its parent were missing",
    "webhook_lost": "a webhook is not called",
}


class Faults:
    def __init__(self) -> None:
        self._left: Counter[str] = Counter()
        self.delay_s = 2.0

    def order(self, kind: str, count: int, delay_s: float | None = None) -> None:
        """The next `count` calls that can fail in this way do. Raises ValueError for a kind that does not exist."""
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
