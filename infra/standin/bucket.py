"""The rate limit of a workspace: token buckets for all keys together, as two generations of Twenty compute them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


class TokenBucket:
    """`limit` tokens per `window_ms`; a limit or window of 0 lets everything pass.

    As 1.10 does it, a refill is `floor(elapsed * limit / window)` tokens and every admitted request moves the clock, so
    the fraction of a token that had grown is lost: a client a hair faster than window / limit is never refilled until
    it pauses. Refused requests move nothing. Measured at 100 per 60 s: calls 590 ms apart get 77 a minute, 602 ms apart
    100. With `keeps_fractions`, as later releases do it, nothing is lost.
    """

    def __init__(
        self, limit: int, window_ms: int, clock_ms: Callable[[], float], *, keeps_fractions: bool = False
    ) -> None:
        self._clock_ms = clock_ms
        self._keeps_fractions = keeps_fractions
        self.set(limit, window_ms)

    def set(self, limit: int, window_ms: int) -> None:
        """Changes the limit and fills the bucket."""
        self.limit = limit
        self.window_ms = window_ms
        self._tokens: float = limit
        self._refilled_at = self._clock_ms()

    def take(self) -> bool:
        if self.wait_ms() > 0:
            return False
        if self.limit and self.window_ms:
            now = self._clock_ms()
            self._tokens = self._available(now) - 1
            self._refilled_at = now
        return True

    def wait_ms(self) -> float:
        """How long until a token is there; 0 when one is."""
        if not self.limit or not self.window_ms:
            return 0
        now = self._clock_ms()
        if self._available(now) >= 1:
            return 0
        missing = 1 - self._tokens
        return max(self._refilled_at + missing * self.window_ms / self.limit - now, math.ulp(1.0))

    def _available(self, now: float) -> float:
        grown = (now - self._refilled_at) * self.limit / self.window_ms
        return min(self._tokens + (grown if self._keeps_fractions else int(grown)), self.limit)


@dataclass(frozen=True)
class Throttle:
    """A refusal: the limit that was reached, and when the next token comes."""

    limit: int
    window_ms: int
    wait_ms: float


class RateLimit:
    """A short bucket against bursts and a long one, each `(limit, window_ms)`.

    1.10 charges the short one first and does not refund it where the long one refuses. With `usage_limits` both are
    tested together, and nothing is taken where either is short.
    """

    def __init__(
        self, short: tuple[int, int], long: tuple[int, int], clock_ms: Callable[[], float], *, usage_limits: bool
    ) -> None:
        self._together = usage_limits
        self.short = TokenBucket(*short, clock_ms, keeps_fractions=usage_limits)
        self.long = TokenBucket(*long, clock_ms, keeps_fractions=usage_limits)

    def take(self) -> Throttle | None:
        """Takes a token, or says why not."""
        buckets = (self.short, self.long)
        if self._together:
            waiting = [(bucket.wait_ms(), bucket) for bucket in buckets]
            wait_ms, slowest = max(waiting, key=lambda one: one[0])
            if wait_ms > 0:
                return Throttle(slowest.limit, slowest.window_ms, wait_ms)
        for bucket in buckets:
            if not bucket.take():
                return Throttle(bucket.limit, bucket.window_ms, bucket.wait_ms())
        return None

    def stormy(self) -> Throttle:
        """A refusal that no bucket asked for."""
        return Throttle(self.long.limit or 100, self.long.window_ms or 60_000, 1000)
