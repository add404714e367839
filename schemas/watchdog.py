"""Ends a process that stands in a call which may never return: a crash loses nothing, standing still loses the day.

After a broker's death librdkafka (2.16) may never return from a call inside a transaction, whatever its timeout, and
cannot be used again after an abort. A process whose lease is gone must not linger either: its client would ask for
the lease again, get it, and do nothing with it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

log = logging.getLogger("dualrun.watchdog")

EXIT_CODE = 75
"""EX_TEMPFAIL of sysexits.h: start it again."""
_LOOK_SECONDS = 0.25
_GONE_SECONDS = 2.0
_AWAY_SECONDS = 1.0
_STUCK_SECONDS = 15.0


class Watched(Protocol):
    """What the watchdog asks of a lease."""

    def fresh(self) -> bool: ...

    @property
    def lost_at(self) -> float | None: ...


def fault(now: float, begun: float | None, fresh: bool, lost_at: float | None) -> str:
    """Why the process must end, empty while it need not. All times in seconds of one monotonic clock.

    begun: when the transaction under way began. fresh: whether Kafka has confirmed the lease of late; it has not while
    Kafka is away, and a process that starts anew then waits for Kafka without harm.
    """
    if lost_at is not None and now - lost_at > _GONE_SECONDS:
        return "the lease went to another process and this one does not end by itself"
    if begun is None:
        return ""
    if not fresh and now - begun > _AWAY_SECONDS:
        return "Kafka has not confirmed the lease of late, and a transaction does not end"
    if now - begun > _STUCK_SECONDS:
        return f"a transaction has not ended for {_STUCK_SECONDS:.0f} s though Kafka answers"
    return ""


class Watchdog:
    """Wrap each call of a transaction into ``transaction()``, and all of the work into ``watch()``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, end: Callable[[int], object] = os._exit) -> None:
        self._clock = clock
        self._end = end
        self._begun: float | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Not re-entrant, and for one thread at a time."""
        self._begun = self._clock()
        try:
            yield
        finally:
            self._begun = None

    @contextmanager
    def watch(self, lease: Watched) -> Iterator[None]:
        """Looks at the process from a thread of its own."""
        over = threading.Event()
        threading.Thread(target=self._watch, args=(lease, over), name="watchdog", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _watch(self, lease: Watched, over: threading.Event) -> None:
        while not over.wait(_LOOK_SECONDS):
            if found := fault(self._clock(), self._begun, lease.fresh(), lease.lost_at):
                log.error("%s: this process ends, its successor goes on from the last commit", found)
                logging.shutdown()
                self._end(EXIT_CODE)
                return
