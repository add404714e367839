"""Requests, not records, are rationed: a model of Twenty's token bucket that is never more generous than Twenty's.

Twenty 1.10 refills whole tokens only and forgets the rest at every admitted request, so a client that calls a hair
more often than window / limit gets no refill at all: of 100 calls a minute one every 590 ms was refused after 71 s,
one every 602 ms never (measured). The model forgets the same way, on a clock that runs slower by that hair.

A bucket that others drink from as well forgets at their requests too. Somebody else's request between two of ours
therefore costs two tokens, its own and the one that was growing, and a steady pace of 75 a minute would leave nobody
the other 25: each of its gaps of 800 ms refills one token and forgets a third of one. So our requests always lie
whole tokens apart, and a reserve leaves out two of them for each request that others may send.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MARGIN = 602 / 600
_DEFAULT = (100, 60.0)
"""What Twenty 1.10 grants unless it is told otherwise."""
_SLOWER = 1.01
_SLOWEST = 1.25
_CALM_WINDOWS = 10
COST_OF_OTHERS = 2
"""Tokens that a request of somebody else costs a bucket that is in steady use."""


@dataclass(slots=True)
class Bucket:
    """``limit`` whole tokens grow in ``window`` seconds, of which ``limit - kept`` are ours. It starts empty.

    ``_shares`` counts in parts of a token: ``ours`` of them grow with each token, and a request costs ``limit``.
    """

    limit: int
    window: float
    kept: int
    last: float
    _shares: int = 0

    @property
    def ours(self) -> int:
        return max(1, self.limit - self.kept)

    def tokens(self, now: float, margin: float) -> int:
        return self._grown(now, margin) // self.limit

    def wait(self, now: float, margin: float) -> float:
        if self.tokens(now, margin):
            return 0.0
        # counted from the last request, because what had grown by now is not yet laid by
        growths = -(-(self.limit - self._shares) // self.ours)
        return max(0.0, self.last + growths * self._growth(margin) - now)

    def take(self, now: float, margin: float) -> None:
        self._shares = self._grown(now, margin) - self.limit
        self.last = now

    def empty(self, now: float) -> None:
        self._shares, self.last = 0, now

    def _growth(self, margin: float) -> float:
        return self.window / self.limit * margin

    def _grown(self, now: float, margin: float) -> int:
        # the small addend: a wait of exactly one token must count as one in floating point
        grown = int((now - self.last) / self._growth(margin) + 1e-9)
        return min(self.ours * self.limit, self._shares + grown * self.ours)


@dataclass(slots=True)
class Budget:
    """All times are seconds on one monotonic clock.

    limit: requests per ``window`` seconds, None where there is no limit. reserve: requests per window that other
    integrations of the workspace may send. A new sender starts with an empty bucket: what its predecessor spent is
    unknown. A refusal may teach a lower limit than the one set, and never a higher one.
    """

    limit: int | None
    window: float
    reserve: int
    started: float
    _ceiling: float = field(init=False)
    _main: Bucket = field(init=False)
    _burst: Bucket | None = field(init=False, default=None)
    _margin: float = field(init=False, default=MARGIN)
    _calm_since: float = field(init=False)
    _not_before: float = field(init=False)

    def __post_init__(self) -> None:
        self._ceiling = self.limit / self.window if self.limit is not None else float("inf")
        self._calm_since = self._not_before = self.started
        self._learn(self.limit, self.window, self.started)

    @property
    def capacity(self) -> int:
        """Requests per window that are ours; at least one."""
        return self._main.ours

    def wait(self, now: float) -> float:
        """Seconds until a request may leave; 0 when one may leave now."""
        asked = max(0.0, self._not_before - now)
        return max([asked, *(bucket.wait(now, self._margin) for bucket in self._buckets())])

    def take(self, now: float) -> None:
        """A request leaves now. Call it only when ``wait(now)`` is 0."""
        for bucket in self._buckets():
            bucket.take(now, self._margin)
        if now - self._calm_since >= _CALM_WINDOWS * self.window:
            self._margin = max(MARGIN, self._margin / _SLOWER)
            self._calm_since = now

    def refused(
        self, now: float, limit: int | None = None, window: float | None = None, wait: float | None = None
    ) -> None:
        """Twenty had no token: our model was wrong. Its answer may name the limit, and seconds to wait.

        A workspace has two buckets (1.10: 100 a second and 100 a minute). The one set is the slower; a refusal that
        names a faster one in a shorter window speaks of the other, which is minded from then on.
        """
        self._calm_since = now
        if wait:
            self._not_before = max(self._not_before, now + wait)
        named = (limit, window or self.window) if limit else None
        if self.limit is None:
            self._learn(*(named or _DEFAULT), now)
            self._ceiling = (self.limit or 1) / self.window
        elif named is not None and named[1] < self.window and named[0] / named[1] > self._ceiling:
            self._burst = Bucket(*named, 0, now)
        elif named is not None and named != (self.limit, self.window) and named[0] / named[1] <= self._ceiling:
            self._learn(*named, now)
        else:
            # the pace was too fast for this connection's jitter, or somebody else spends more than the reserve
            self._margin = min(self._margin * _SLOWER, _SLOWEST)
            self._main.empty(now)

    def balance(self, now: float) -> int:
        """Tokens at hand, for the metric."""
        return min((bucket.tokens(now, self._margin) for bucket in self._buckets()), default=0)

    def _learn(self, limit: int | None, window: float, now: float) -> None:
        self.limit, self.window = limit, window
        self._main = Bucket(limit or 1, window, COST_OF_OTHERS * self.reserve, now)

    def _buckets(self) -> tuple[Bucket, ...]:
        if self.limit is None:
            return ()
        return (self._main,) if self._burst is None else (self._main, self._burst)
