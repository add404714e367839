"""What every call on records passes: the count, the ordered faults and the rate limit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from infra.standin.bucket import RateLimit
from infra.standin.errors import cold_cache, foreign_key, quota_exhausted, read_timeout, throttled
from infra.standin.faults import Faults
from infra.standin.model import ObjectType, foreign_key_name

_ADDING = ("create", "upsert")
_WRITING = (*_ADDING, "update")


class Gate:
    """`short` and `long` are `(tokens, window in ms)` of the two buckets; `clock_ms` is monotonic."""

    def __init__(
        self,
        short: tuple[int, int],
        long: tuple[int, int],
        clock_ms: Callable[[], float],
        faults: Faults,
        *,
        usage_limits: bool,
    ) -> None:
        self._clock_ms = clock_ms
        self._defaults = (short, long)
        self.faults = faults
        self.reset(usage_limits=usage_limits)

    def reset(self, *, usage_limits: bool) -> None:
        """Forgets what was counted and ordered; the buckets are as at the start. `usage_limits` as in an Era."""
        self.requests = 0
        self.refused = 0
        self.operations: Counter[str] = Counter()
        self._before: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.faults.clear()
        self._usage_limits = usage_limits
        self.set_limit(*self._defaults)

    def set_limit(self, short: tuple[int, int], long: tuple[int, int]) -> None:
        """New buckets, both full."""
        self._limit = RateLimit(short, long, self._clock_ms, usage_limits=self._usage_limits)

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Has `act` done right before the next admitted operation of that name (`upsert people`)."""
        self._before[operation].append(act)

    def admit(self, verb: str, of: ObjectType) -> None:
        """Charges one token for one operation, before anything about it is checked; raises ApiError to refuse it."""
        operation = f"{verb} {of.name_plural}"
        self.requests += 1
        self.operations[operation] += 1
        if self.faults.spend("cold_cache"):
            raise cold_cache()
        refusal = self._limit.take()
        if refusal is None and self.faults.spend("429_storm"):
            refusal = self._limit.stormy()
        if refusal is not None:
            self.refused += 1
            raise throttled(refusal.limit, refusal.window_ms, refusal.wait_ms)
        if self.faults.spend("read_timeout"):
            raise read_timeout()
        if verb in _ADDING and self.faults.spend("quota"):
            raise quota_exhausted()
        if verb in _WRITING and self.faults.spend("foreign_key"):
            raise foreign_key(of.table, foreign_key_name(of.table, _a_parent_column(of)))
        for act in self._before.pop(operation, ()):
            act()

    def stats(self) -> dict[str, Any]:
        return {"requests": self.requests, "refused": self.refused, "operations": dict(sorted(self.operations.items()))}


def _a_parent_column(of: ObjectType) -> str:
    relations = (field.column for field in of.fields if field.relation is not None and field.column is not None)
    return next(relations, "id")
