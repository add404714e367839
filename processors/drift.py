"""Columns that a source has and its mapping does not name: said once, so that nobody finds out after the cutover."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from prometheus_client import Gauge

from processors.ports import Transform, Transformed
from schemas.records import RecordChange, Unit, Version

log = logging.getLogger("dualrun.process")

UNMAPPED = Gauge(
    "dualrun_source_unmapped_columns", "Columns of the source that the mapping does not name; the log does", ["object"]
)


class DriftWatch:
    """A transform whose changes are looked through for new columns. ``named``: object -> the columns that its mapping
    reads, declares safe or leaves out. A derived record has none of its own."""

    def __init__(self, transform: Transform, named: Mapping[str, Collection[str]]) -> None:
        self._transform = transform
        self._known = {name: set(columns) for name, columns in named.items()}

    @property
    def revision(self) -> int:
        return self._transform.revision

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        known = self._known.get(change.object)
        if known is not None and not change.record.keys() <= known:
            new = sorted(change.record.keys() - known)
            known.update(new)
            UNMAPPED.labels(change.object).inc(len(new))
            log.warning(
                "%s/%s: the source has columns that the mapping does not name: %s. They are not brought over: map"
                " them, or list them under safe: or exclude:",
                change.system,
                change.object,
                ", ".join(new),
            )
        return self._transform(change, version, unit)
