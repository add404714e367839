"""What makes an object wait for a person, and why: pure decisions, each with the text that the person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from producers.checkpoint import Position, Watermark
from producers.limits import Limits
from producers.source import Reading

OPERATOR = "operator"
BACKWARDS = "backwards"
BURST = "burst"
MISSING = "missing"
"""Stops the deletes of an object; the others stop all its reads."""
SNAPSHOT = "snapshot"
"""An operator's pause of the object's snapshot alone."""
BY_OPERATOR = frozenset({OPERATOR, SNAPSHOT})

CLOCK_TOLERANCE = timedelta(seconds=1)


def restored(watermark: Watermark | None, reading: Reading) -> str:
    """Why the source looks like one that was restored from a backup; empty where it does not."""
    if watermark is None:
        return ""
    if reading.now < watermark.now - CLOCK_TOLERANCE:
        behind = (watermark.now - reading.now).total_seconds()
        found = f"the source's clock is {behind:.0f} s behind what it showed before"
    elif reading.server != watermark.server:
        found = "the source is another database server than before"
    elif reading.log_position < watermark.log_position:
        found = "the source's log is behind where it was before"
    else:
        return ""
    return f"{found}: it may have been restored from a backup. Approve to read on; a sweep will find what differs"


def burst(published: int, limits: Limits) -> str:
    """Why so many changes in one read are too many to be usual; empty where they are not."""
    if published <= limits.burst_rows:
        return ""
    return f"more than {limits.burst_rows} rows changed at once: a mass update, or a restore. Approve to go on"


def approved(position: Position) -> Position:
    """The position once a person has looked at what the guards found: it goes on, this once."""
    found = position.paused.keys() - BY_OPERATOR
    kept = {name: why for name, why in position.paused.items() if name in BY_OPERATOR}
    position = replace(position, paused=kept, approved=position.approved | (found - {BACKWARDS}))
    if BACKWARDS in found:
        # the rows of the restored source are older than the cursor: a sweep compares them all
        position = replace(position, watermark=None)
    return replace(position, swept_at=None) if found & {BACKWARDS, MISSING} else position


def without(paused: Mapping[str, str], guard: str) -> dict[str, str]:
    return {name: why for name, why in paused.items() if name != guard}


def text(paused: Mapping[str, str]) -> str:
    return "; ".join(paused[name] for name in sorted(paused))
