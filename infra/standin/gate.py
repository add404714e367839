"""What every call on records passes: the count, the ordered faults and the token bucket."""

from __future__ import annotations

from collections import Counter
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
        self.requests = 0
        self.refused = 0
        self.operations: Counter[str] = Counter()

    def admit(self, operation: str) -> None:
        """Charges one token for one operation, before anything about it is checked; raises ApiError to refuse it."""
        self.requests += 1
        self.operations[operation] += 1
        if self.faults.spend("cold_cache"):
            raise cold_cache()
        if self.faults.spend("429_storm") or not self.bucket.take():
            self.refused += 1
            raise throttled(self.bucket.limit, self.bucket.window_ms)

    def stats(self) -> dict[str, Any]:
        return {"requests": self.requests, "refused": self.refused, "operations": dict(sorted(self.operations.items()))}
