"""Rows of an object that are there and cannot be published as they are: remembered until they can be."""

from __future__ import annotations

from producers.batch import Batch
from schemas.keys import record_key


class Refused:
    """What was published of such a row before is not touched: it is neither changed nor deleted by a row that cannot be
    read. Each process finds them anew, in its first sweep at the latest."""

    def __init__(self, system: str, name: str) -> None:
        self._system = system
        self._name = name
        self._reasons: dict[str, str] = {}
        self._met: set[str] = set()

    def __len__(self) -> int:
        return len(self._reasons)

    @property
    def concern(self) -> str:
        """Which row it is, why, and what to do; of several, the first. Empty without any."""
        if not self._reasons:
            return ""
        first = min(self._reasons)
        key = record_key(self._system, self._name, first.encode("utf-8", "backslashreplace").decode())
        several = f" ({len(self) - 1} more among the dead letters)" if len(self) > 1 else ""
        return f"{key} is not captured{several}: {self._reasons[first]}"

    def begin_sweep(self) -> None:
        self._met = set()

    def follow(self, batch: Batch) -> None:
        """What a read has published or refused."""
        for record_id in self._reasons.keys() & batch.fresh.keys():
            del self._reasons[record_id]
        self._reasons |= {record_id: row.reason for record_id, row in batch.refused.items()}
        self._met |= batch.refused.keys()

    def end_sweep(self) -> None:
        """All rows have been read since ``begin_sweep``: others are gone, or as they were when they were published."""
        self._reasons = {record_id: why for record_id, why in self._reasons.items() if record_id in self._met}
