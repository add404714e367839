"""What Prometheus sees of the producers. Labels name sources, objects and operations, never records."""

from __future__ import annotations

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
        self.clock_offset = Gauge(
            "dualrun_source_clock_offset_seconds", "Source clock minus ours", ("source",), registry=registry
        )
        self.blocked = Gauge(
            "dualrun_source_blocked_seconds",
            "Age of the oldest transaction in the source, behind which cursors wait",
            ("source",),
            registry=registry,
        )
