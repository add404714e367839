"""What hold has accounted for, per input partition, and therefore what may be committed.

A batch is a contiguous stretch ``[expected, to)`` of one partition as one private reader saw it. Holes inside the
stretch are honest: the reader is read-committed, nobody else moves its position, and it reports where it stands after
markers, aborted records and compacted ones. A stretch that does not begin where the last one ended is a lost record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Partition(NamedTuple):
    topic: str
    partition: int


class LedgerError(RuntimeError):
    """Records are missing between the reader and hold. Nothing may be committed: end the process and read again."""


class Ledger:
    """Begins at what was committed; ``account`` moves on, ``due`` names what has not been committed yet."""

    def __init__(self) -> None:
        self._accounted: dict[Partition, int] = {}
        self._committed: dict[Partition, int] = {}
        self._behind_since: dict[Partition, float] = {}

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """A new assignment: what was known of other partitions is forgotten."""
        self._accounted = dict(offsets)
        self._committed = dict(offsets)
        self._behind_since = {}

    def check(self, partition: Partition, offsets: Iterable[int], to: int) -> None:
        """Raises LedgerError unless ``offsets`` rise, begin at or after what is expected, and end before ``to``."""
        expected = self._accounted[partition]
        for offset in offsets:
            if offset < expected:
                raise LedgerError(
                    f"{partition.topic}-{partition.partition}: offset {offset} where {expected} or a later one was"
                    " expected"
                )
            expected = offset + 1
        if to < expected:
            raise LedgerError(
                f"{partition.topic}-{partition.partition}: the reader stands at {to} but gave out up to {expected}"
            )

    def account(self, partition: Partition, to: int, now: float) -> None:
        """Everything below ``to`` is durably dealt with. ``now``: monotonic seconds."""
        if to > self._accounted[partition]:
            self._accounted[partition] = to
            self._behind_since.setdefault(partition, now)

    def position(self, partition: Partition) -> int:
        return self._accounted[partition]

    @property
    def partitions(self) -> list[Partition]:
        return list(self._accounted)

    def due(self) -> dict[Partition, int]:
        return {
            partition: offset
            for partition, offset in self._accounted.items()
            if offset > self._committed.get(partition, 0)
        }

    def committed(self, offsets: Mapping[Partition, int], now: float) -> None:
        for partition, offset in offsets.items():
            if partition not in self._accounted:
                continue
            self._committed[partition] = offset
            if offset >= self._accounted[partition]:
                self._behind_since.pop(partition, None)
            else:
                self._behind_since[partition] = now

    def behind(self, now: float) -> float:
        """Seconds since which the oldest uncommitted progress waits: the commit watchdog looks at it."""
        return max((now - since for since in self._behind_since.values()), default=0.0)
