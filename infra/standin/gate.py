"""What every call on records passes: the count, the ordered faults and the token bucket."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from infra.standin.bucket import TokenBucket
from infra.standin.errors import cold_cache, throttled
from infra.standin.faults import Faults


class Gate:
    def __init__(self, bucket: TokenBucket, faults: Faults) -> None:
        self.bucket = bucket
        self.faults = faults
        self.reset()

    def reset(self) -> None:
        """Forgets what was counted and ordered; the bucket is full again."""
        self.requests = 0
        self.refused = 0
        self.operations: Counter[str] = Counter()
        self._before: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.faults.clear()
        self.bucket.set(self.bucket.limit, self.bucket.window_ms)

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Has `act` done right before the next admitted operation of that name (`upsert people`)."""
        self._before[operation].append(act)

    def admit(self, operation: str) -> None:
        """Charges one token for one operation, before anything about it is checked; raises ApiError to refuse it."""
        self.requests += 1
        self.operations[operation] += 1
        if self.faults.spend("cold_cache"):
            raise cold_cache()
        if self.faults.spend("429_storm") or not self.bucket.take():
            self.refused += 1
            raise throttled(self.bucket.limit, self.bucket.window_ms)
        for act in self._before.pop(operation, ()):
            act()

    def stats(self) -> dict[str, Any]:
        return {"requests": self.requests, "refused": self.refused, "operations": dict(sorted(self.operations.items()))}
