"""The rate limit of a workspace: one token bucket for all keys, as Twenty 1.10 computes it."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """`limit` tokens per `window_ms`; a limit or window of 0 lets everything pass.

    A refill is `floor(elapsed * limit / window)` tokens and every admitted request moves the clock, so the fraction of
    a token that had grown is lost: a client a hair faster than window / limit is never refilled until it pauses.
    Refused requests move nothing. Measured at 100 per 60 s: calls 590 ms apart get 77 a minute, 602 ms apart 100.
    """

    def __init__(self, limit: int, window_ms: int, clock_ms: Callable[[], float]) -> None:
        self._clock_ms = clock_ms
        self.set(limit, window_ms)

    def set(self, limit: int, window_ms: int) -> None:
        """Changes the limit and fills the bucket."""
        self.limit = limit
        self.window_ms = window_ms
        self._tokens = limit
        self._refilled_at = self._clock_ms()

    def take(self) -> bool:
        if not self.limit or not self.window_ms:
            return True
        now = self._clock_ms()
        grown = int((now - self._refilled_at) * self.limit / self.window_ms)
        tokens = min(self._tokens + grown, self.limit)
        if tokens < 1:
            return False
        self._tokens = tokens - 1
        self._refilled_at = now
        return True
