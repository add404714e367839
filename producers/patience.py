"""How long to leave a source alone that does not answer as expected."""

from __future__ import annotations

_FIRST, _MOST = 0.5, 30.0


class Patience:
    """Times are of a monotonic clock, in seconds. failure: what the last attempt failed with; empty after a success."""

    def __init__(self, now: float) -> None:
        self.failure = ""
        self._failures = 0
        self._until = now

    def over(self, now: float) -> bool:
        return now >= self._until

    def failed(self, failure: str, now: float) -> bool:
        """Waits, each time twice as long. Whether the failure is another one than before."""
        self._until = now + min(_MOST, _FIRST * 2**self._failures)
        self._failures += 1
        other, self.failure = failure != self.failure, failure
        return other

    def succeeded(self) -> None:
        self.failure, self._failures = "", 0
