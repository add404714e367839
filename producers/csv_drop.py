"""CSV files dropped into a directory, full exports and deltas, as a source that the poller reads like any other.

Complete files are laid over the rows that earlier ones amounted to (``producers.landing``). What changed is stamped
with the moment at which it landed, and found again by increments; a scan gives all rows. What is there when an object
is first read lands "long ago", so the snapshot takes it, and after a restart a sweep compares it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import orjson

from producers.delivery import Delivery
from producers.drops import Rule
from producers.file_memory import FileMemory
from producers.landing import Landing
from producers.source import Condition, Place, Reading, Row, SourceError
from schemas.source import SourceObject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CsvSource:
    """See ``producers.source.Source``.

    directory: where the files arrive. work: a directory for this process's copies, on the same machine.
    rules: object -> how it is delivered. documents: where the files of manifests lie.
    settle_seconds: a file without a marker is complete once its size and time have not changed for so long.
    """

    def __init__(
        self,
        directory: Path,
        work: Path,
        rules: Mapping[str, Rule],
        objects: Sequence[SourceObject],
        *,
        documents: Path | None = None,
        settle_seconds: float = 5.0,
        look_seconds: float = 1.0,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._look_seconds = look_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._landing = Landing(work)
        self._landed_us = 0
        self._looked_at: float | None = None
        self._places: dict[str, str] = {}
        memory = FileMemory(work / "files.json")
        known = [what for what in objects if what.name in rules]

        def deliveries() -> dict[str, Delivery]:
            return {
                what.name: Delivery(what, rules[what.name], directory, documents, settle_seconds, self._landing, memory)
                for what in known
            }

        self._anew: Callable[[], dict[str, Delivery]] = deliveries
        self._deliveries = deliveries()

    def reading(self) -> Reading:
        now = self._clock()
        if self._looked_at is None or self._monotonic() - self._looked_at >= self._look_seconds:
            self._look(now)
            self._looked_at = self._monotonic()
        now = max(self._clock(), _EPOCH + self._landed_us * _MICROSECOND)
        return Reading(now, now)

    def _look(self, now: datetime) -> None:
        if not self._directory.is_dir():
            raise SourceError(
                f"{self._directory} is no directory: expected the one into which the files are dropped (is it mounted?)"
            )
        self._landed_us = max((now - _EPOCH) // _MICROSECOND, self._landed_us + 1)
        try:
            for delivery in self._deliveries.values():
                delivery.look(self._monotonic(), self._landed_us)
        except (duckdb.Error, OSError) as error:
            # what was read so far is as good as lost: begin again from the files
            self.close()
            raise SourceError(
                f"the files could not be read ({type(error).__name__}): is the disk full, or a file not permitted?"
            ) from None

    def condition(self, what: SourceObject) -> Condition:
        delivery = self._deliveries.get(what.name)
        if delivery is None:
            return Condition(waiting=f"no files are set for {what.name}: name their pattern in the settings' objects")
        return delivery.condition()

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        yield from self._read(what, (since - _EPOCH) // _MICROSECOND, after, limit)

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        yield from self._read(what, 0, after, limit)

    def _read(self, what: SourceObject, since_us: int, after: Place | None, limit: int) -> Generator[Row, None, None]:
        delivery = self._deliveries[what.name]
        if since_us > delivery.last_us:
            return
        try:
            found = self._landing.read(what.name, since_us, int(after[0]) if after else 0, limit)
        except duckdb.Error as error:
            self.close()
            raise SourceError(f"{what.name}: the rows could not be read ({type(error).__name__})") from None
        blank = dict.fromkeys(delivery.columns)
        for landed in found:
            self._places[what.name] = str(landed.seq)
            yield Row(landed.key, {**blank, **orjson.loads(landed.record)}, _EPOCH + landed.changed_us * _MICROSECOND)

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        return (self._places[what.name],)

    def resumable(self, what: SourceObject) -> bool:
        return False

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        delivery = self._deliveries[what.name]
        if delivery.condition().whole:
            return self._landing.present(what.name, ids)
        return set(ids) - self._landing.ended(what.name, ids)

    def estimate(self, what: SourceObject) -> int | None:
        return self._landing.count(what.name)

    def close(self) -> None:
        self._landing.close()
        self._deliveries = self._anew()
        self._looked_at = None


def captured(what: SourceObject) -> SourceObject:
    """The object as the poller sees it: every file tells when its rows changed."""
    return replace(what, changed_at=what.changed_at or "landed")
