"""What hold shows to Prometheus. Labels name objects, never records."""

from __future__ import annotations

from collections import Counter as PyCounter
from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

from processors.ports import Transform, Transformed
from schemas.records import RecordChange, Unit, Version

Census = tuple[PyCounter[tuple[str, str]], PyCounter[str], dict[str, float]]
"""Held by (object, object of a missing parent), parked by object, oldest ``since`` by object."""

HELD = Gauge("dualrun_held_records", "Records that wait for a parent", ["object", "missing_parent"])
HELD_OLDEST = Gauge("dualrun_held_oldest_seconds", "Age of the oldest record that waits", ["object"])
PARKED = Gauge("dualrun_parked_records", "Records whose parent is not on its way", ["object"])
_SAMPLE = 16

TRANSFORM_DURATION = Histogram(
    "dualrun_transform_duration_seconds",
    "Time to transform one change, sampled",
    buckets=(0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.01, 0.1),
)
TRANSFORM_FAILURES = Counter(
    "dualrun_transform_failures", "Changes that were dead-lettered by hold", ["object", "reason"]
)


class TimedTransform:
    """A transform whose time is observed, one call in 16: observing costs as much as a simple transform."""

    def __init__(self, transform: Transform) -> None:
        self._transform = transform
        self._calls = 0

    @property
    def revision(self) -> int:
        return self._transform.revision

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        self._calls += 1
        if self._calls % _SAMPLE != 1:
            return self._transform(change, version, unit)
        with TRANSFORM_DURATION.time():
            return self._transform(change, version, unit)


def show(now: float, censuses: Iterable[Census]) -> None:
    """Sets the gauges to what the worker's partitions hold now; what is held no more goes to zero."""
    held: PyCounter[tuple[str, str]] = PyCounter()
    parked: PyCounter[str] = PyCounter()
    oldest: dict[str, float] = {}
    for census in censuses:
        held += census[0]
        parked += census[1]
        for name, since in census[2].items():
            oldest[name] = min(since, oldest.get(name, since))
    _set(HELD, {labels: float(count) for labels, count in held.items()})
    _set(PARKED, {(name,): count for name, count in parked.items()})
    _set(HELD_OLDEST, {(name,): max(0.0, now - since) for name, since in oldest.items()})


def _set(gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
    for labels in _shown.get(gauge, frozenset()) - values.keys():
        gauge.labels(*labels).set(0)
    for labels, value in values.items():
        gauge.labels(*labels).set(value)
    _shown[gauge] = _shown.get(gauge, frozenset()) | values.keys()


_shown: dict[Gauge, frozenset[tuple[str, ...]]] = {}
