"""What Prometheus sees of the sink. Labels are names of objects and outcomes, never of records."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("dualrun_sink_records", "Decisions about records", ["object", "op", "outcome"])
LAG = Gauge("dualrun_sink_lag_seconds", "From the source's commit to Twenty's acceptance, newest record", ["object"])
REQUESTS = Counter("dualrun_sink_requests", "Requests to Twenty", ["operation", "status"])
DURATION = Histogram(
    "dualrun_sink_request_duration_seconds",
    "Duration of requests to Twenty",
    ["operation", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
BATCH = Histogram(
    "dualrun_sink_batch_records",
    "Records in one request",
    ["operation"],
    buckets=(1, 2, 5, 10, 20, 30, 40, 50, 59, 60, 100, 200),
)
THROTTLED = Counter("dualrun_sink_throttled", "Requests refused for want of a token", ["kind"])
TOKENS = Gauge("dualrun_rate_budget_tokens", "Requests that may leave at once")
LIMIT = Gauge("dualrun_rate_budget_limit", "Requests per window that Twenty grants; 0 where there is no limit")
DEAD = Gauge("dualrun_dlq_records", "Dead letters of this process", ["object", "reason"])
WAITING = Gauge("dualrun_sink_waiting_records", "Records that wait to be written", ["lane"])
AWAITED = Gauge("dualrun_members_awaited", "Members without an account for whom records wait")
EDITS = Counter("dualrun_twenty_edits", "Columns that somebody else has changed in Twenty", ["object", "verdict"])
CONFLICTS = Gauge("dualrun_conflicts_open", "Rows in Twenty with an edit that waits for a person", ["object"])
SIDE_EFFECTS = Gauge(
    "dualrun_side_effects_unacknowledged", "Workflows and webhooks that our writes would set off; > 0 stops the writes"
)
HEALTH = Gauge("dualrun_component_health", "1 for the state the component is in", ["component", "status"])


def waiting(live: int, bulk: int) -> None:
    WAITING.labels("live").set(live)
    WAITING.labels("bulk").set(bulk)


def health(status: str) -> None:
    """One of ok, standby, stopped, error."""
    for name in ("ok", "standby", "stopped", "error"):
        HEALTH.labels("sink", name).set(name == status)
