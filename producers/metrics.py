"""What Prometheus sees of the producers. Labels name sources, objects and operations, never records."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class ProducerMetrics:
    """One per process and registry. ``source`` is the system, ``object`` the source object."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        labels = ("source", "object")
        self.lag = Gauge(
            "dualrun_source_lag_seconds",
            "Age of the last moment up to which every visible change is published",
            labels,
            registry=registry,
        )
        self.events = Counter(
            "dualrun_source_events",
            "Changes published; mode is what found them: snapshot, increment or sweep",
            (*labels, "op", "mode"),
            registry=registry,
        )
        self.last_poll = Gauge(
            "dualrun_source_last_poll_timestamp_seconds",
            "When the object was last read to its end, by our clock",
            labels,
            registry=registry,
        )
        self.snapshot_remaining = Gauge(
            "dualrun_snapshot_remaining_rows",
            "Rows that the snapshot still has to read, estimated",
            labels,
            registry=registry,
        )
        self.snapshot_state = Gauge(
            "dualrun_snapshot_state", "0 done, 1 running, 2 waits for those behind it", labels, registry=registry
        )
        self.paused = Gauge(
            "dualrun_source_paused",
            "1 while the object waits for a person, 2 while its reads fail",
            labels,
            registry=registry,
        )
        self.rejected = Gauge(
            "dualrun_source_rejected_rows",
            "Rows of the source that could not be read as rows; the log names file and line",
            labels,
            registry=registry,
        )
        self.clock_offset = Gauge(
            "dualrun_source_clock_offset_seconds", "Source clock minus ours", ("source",), registry=registry
        )
        self.expires = Gauge(
            "dualrun_source_credential_expires_seconds",
            "Time left until the credential of the source ends, which a person has to replace",
            ("source",),
            registry=registry,
        )
        self.blocked = Gauge(
            "dualrun_source_blocked_seconds",
            "Age of the oldest transaction in the source, behind which cursors wait",
            ("source",),
            registry=registry,
        )


class ObjectMetrics:
    """The share of one object."""

    def __init__(self, metrics: ProducerMetrics, system: str, object_name: str) -> None:
        self._metrics = metrics
        self._labels = (system, object_name)
        self._complete: datetime | None = None

    def published(self, operation: str, mode: str, number: int) -> None:
        self._metrics.events.labels(*self._labels, operation, mode).inc(number)

    def complete(self, began_at: datetime, now: datetime) -> None:
        """A read to the end began at ``began_at`` in source time, and has ended at ``now`` by our clock."""
        self._complete = began_at
        self._metrics.last_poll.labels(*self._labels).set(now.timestamp())

    def remaining(self, rows: int) -> None:
        self._metrics.snapshot_remaining.labels(*self._labels).set(max(0, rows))

    def show(self, now: datetime, *, snapshot: int, paused: int, rejected: int) -> None:
        """``now``: the source's. The numbers are those of the gauges' descriptions."""
        if self._complete is not None:
            self._metrics.lag.labels(*self._labels).set(max(0.0, (now - self._complete).total_seconds()))
        self._metrics.snapshot_state.labels(*self._labels).set(snapshot)
        self._metrics.paused.labels(*self._labels).set(paused)
        self._metrics.rejected.labels(*self._labels).set(rejected)
