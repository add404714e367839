"""All objects of a source in turn, on its one connection: increments of each, then one chunk of a snapshot or sweep."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from producers.cursor import Horizon
from producers.downstream import Downstream
from producers.limits import Limits, Pace
from producers.metrics import ProducerMetrics
from producers.poller import Poller
from producers.signals import Signals, follow
from producers.source import Reading, Source, SourceError
from schemas.broker import BrokerError

log = logging.getLogger("dualrun.producer")

_SLOWEST_RETRY = 10.0
_WARNED_AHEAD = timedelta(days=14)
_WARNED_EVERY = 86_400.0


class Rounds:
    """``pollers``: parents first. A live change waits for at most one chunk of other work."""

    def __init__(
        self,
        pollers: Sequence[Poller],
        source: Source,
        downstream: Downstream,
        signals: Signals,
        limits: Limits,
        metrics: ProducerMetrics,
        *,
        system: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._pollers = tuple(pollers)
        self._source = source
        self._downstream = downstream
        self._signals = signals
        self._limits = limits
        self._metrics = metrics
        self._system = system
        self._clock = clock
        self._monotonic = monotonic
        self._pace = Pace(limits.rows_per_second)
        cursors = [poller.position.cursor for poller in pollers if poller.position.cursor]
        self._horizon = Horizon(timedelta(seconds=limits.margin), min(cursors, default=None))
        self._swept_last = -1
        self._snapshot_last = False
        self._waiting = False
        self._failures = 0
        self._offset = timedelta(0)
        self._warned_at: float | None = None

    def round(self) -> float:
        """One round; the seconds to wait before the next. Raises what ends the process (FencedError, BrokerError)."""
        began = self._monotonic()
        for offset, record in self._signals.new():
            for poller in self._pollers:
                follow(poller, offset, record)
        reading = self._read_clock()
        if reading is None:
            self._tell(self._clock() + self._offset)
            return min(_SLOWEST_RETRY, self._limits.poll_interval * 2.0**self._failures)
        bound = self._horizon.bound(reading)
        more = sum(poller.increment(reading, bound) for poller in self._pollers) > 0
        more |= self._bulk(reading)
        self._tell(reading.now)
        return 0.0 if more else max(0.0, began + self._limits.poll_interval - self._monotonic())

    def _read_clock(self) -> Reading | None:
        try:
            before = self._clock()
            reading = self._source.reading()
        except SourceError as error:
            if not self._failures:
                log.warning("%s: %s", self._system, error)
            self._failures += 1
            return None
        if self._failures:
            log.info("%s: the source answers again", self._system)
        self._failures = 0
        self._offset = reading.now - before
        self._metrics.clock_offset.labels(self._system).set((self._offset + reading.ahead).total_seconds())
        self._watch_credential(reading)
        blocked = (reading.now - reading.blocked_since).total_seconds() if reading.blocked_since else 0.0
        self._metrics.blocked.labels(self._system).set(max(0.0, blocked))
        return reading

    def _watch_credential(self, reading: Reading) -> None:
        if reading.expires_at is None:
            return
        left = reading.expires_at - self._clock()
        self._metrics.expires.labels(self._system).set(left.total_seconds())
        if left < _WARNED_AHEAD and (self._warned_at is None or self._monotonic() - self._warned_at > _WARNED_EVERY):
            self._warned_at = self._monotonic()
            log.warning(
                "%s: the source's credential ends on %s: have it renewed, and put the new one in its place",
                self._system,
                reading.expires_at.isoformat(timespec="minutes"),
            )

    def _bulk(self, reading: Reading) -> bool:
        """One chunk of a snapshot or of a sweep, in turn where both wait. Whether more can be done at once."""
        if not self._pace.ready(self._monotonic()):
            return False
        snapshot = next((poller for poller in self._pollers if poller.snapshot_pending), None)
        if snapshot is not None:
            # asked before the read: what is read is published
            self._waiting = not self._room()
            if self._waiting:
                snapshot = None
        sweep = self._next_sweep(reading.now)
        began = self._monotonic()
        if snapshot is not None and (sweep is None or not self._snapshot_last):
            self._snapshot_last = True
            snapshot.snapshot()
            rows = snapshot.last_read
        elif sweep is not None:
            self._snapshot_last = False
            self._swept_last = sweep
            self._pollers[sweep].sweep(reading)
            rows = self._pollers[sweep].last_read
        else:
            return False
        ended = self._monotonic()
        self._pace.took(rows, ended - began, ended)
        return True

    def _room(self) -> bool:
        try:
            return self._downstream.backlog().room(self._limits)
        except BrokerError as error:
            log.info("%s: the snapshot waits: %s", self._system, error)
            return False

    def _next_sweep(self, now: datetime) -> int | None:
        count = len(self._pollers)
        for step in range(1, count + 1):
            index = (self._swept_last + step) % count
            if self._pollers[index].sweep_pending(now):
                return index
        return None

    def _tell(self, now: datetime) -> None:
        """``now``: the source's, as far as we know."""
        for poller in self._pollers:
            poller.heartbeat()
            poller.show(now, waiting=self._waiting)
