"""Requests, not records, are rationed: a model of Twenty's token bucket that is never more generous than Twenty's.

Twenty 1.10 refills whole tokens only and forgets the rest at every admitted request, so a client that calls a hair
more often than window / limit gets no refill at all: of 100 calls a minute one every 590 ms was refused after 71 s,
one every 602 ms never (measured). The model forgets the same way, on a clock that runs slower by that hair.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MARGIN = 602 / 600
_DEFAULT = (100, 60.0)
"""What Twenty 1.10 grants unless it is told otherwise."""
_SLOWER = 1.01
_SLOWEST = 1.25


@dataclass(slots=True)
class Budget:
    """All times are seconds on one monotonic clock.

    limit: requests per ``window`` seconds, None where there is no limit. reserve: requests per window left to other
    integrations of the workspace. A new sender starts with an empty bucket: what its predecessor spent is unknown.
    """

    limit: int | None
    window: float
    reserve: int
    started: float
    tokens: int = 0
    _last: float = field(init=False)
    _margin: float = field(init=False, default=MARGIN)

    def __post_init__(self) -> None:
        self._last = self.started

    @property
    def capacity(self) -> int:
        """Requests per window that are ours; at least one."""
        return max(1, (self.limit or 0) - self.reserve)

    @property
    def interval(self) -> float:
        """Seconds in which one token grows."""
        return self.window / self.capacity * self._margin

    def wait(self, now: float) -> float:
        """Seconds until a request may leave; 0 when one may leave now."""
        if self.limit is None or self._filled(now) >= 1:
            return 0.0
        return max(0.0, self._last + self.interval - now)

    def take(self, now: float) -> None:
        """A request leaves now. Call it only when ``wait(now)`` is 0."""
        if self.limit is None:
            return
        self.tokens = self._filled(now) - 1
        self._last = now

    def refused(self, now: float, limit: int | None = None, window: float | None = None) -> None:
        """Twenty had no token: ours was wrong. Its text may name another limit than the one set."""
        known = self.limit == limit and self.window == window
        if limit and window:
            self.limit, self.window = limit, window
        elif self.limit is None:
            self.limit, self.window = _DEFAULT
        if limit is None or known:
            # same limit, so the pace was too fast for this connection's jitter, or somebody else spends too
            self._margin = min(self._margin * _SLOWER, _SLOWEST)
        self.tokens, self._last = 0, now

    def balance(self, now: float) -> int:
        """Tokens at hand, for the metric."""
        return self._filled(now) if self.limit is not None else 0

    def _filled(self, now: float) -> int:
        # the small addend: a wait of exactly one interval must count as one in floating point
        return min(self.capacity, self.tokens + int((now - self._last) / self.interval + 1e-9))
