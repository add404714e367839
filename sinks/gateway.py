"""The way to Twenty: every request waits for a token, every write for a lease that was confirmed a moment ago."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from sinks import metrics
from sinks.budget import Budget
from sinks.flow import backoff
from sinks.twenty.errors import Kind, TwentyError

Answer = TypeVar("Answer")

_READ_ATTEMPTS = 6
_PASSING = (Kind.TRANSIENT, Kind.UNKNOWN_OUTCOME, Kind.SCHEMA_STALE)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.4, 5.0
_CHANCE = random.SystemRandom()


class StoppingError(Exception):
    """The process was told to stop while a request waited for its token."""


class Holder(Protocol):
    """What the gateway asks of the lease."""

    def fresh(self) -> bool: ...

    def check(self) -> None: ...


class Gateway:
    """Not safe to share between threads: one request at a time."""

    def __init__(
        self,
        budget: Budget,
        lease: Holder,
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random = _CHANCE,
    ) -> None:
        self.budget = budget
        self._lease = lease
        self._stop = stop
        self._clock = clock
        self._chance = chance

    def ready(self) -> bool:
        """Whether a request may leave now."""
        metrics.TOKENS.set(self.budget.balance(self._clock()))
        metrics.LIMIT.set(self.budget.limit or 0)
        return self.budget.wait(self._clock()) == 0

    def wait_seconds(self) -> float:
        return self.budget.wait(self._clock())

    def write(self, operation: str, records: int, call: Callable[[], Answer]) -> Answer:
        """One request that changes Twenty. Raises TwentyError; a throttle has corrected the budget by then."""
        self._token()
        # looked at last: a process that was stopped here and woken up finds its lease stale
        while not self._lease.fresh():
            self._lease.check()
            if self._stop.wait(0.05):
                raise StoppingError
        metrics.BATCH.labels(operation).observe(records)
        return self._request(operation, call)

    def read(self, operation: str, call: Callable[[], Answer]) -> Answer:
        """One request that changes nothing, repeated while the server has passing trouble. Raises TwentyError."""
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, TwentyError) and error.refusal.kind in _PASSING),
            stop=stop_after_attempt(_READ_ATTEMPTS),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        return cast(Answer, retrying(self._admitted, operation, call))

    def _admitted(self, operation: str, call: Callable[[], Answer]) -> Answer:
        """A throttle is no attempt: the request goes again when there is a token."""
        while True:
            self._token()
            try:
                return self._request(operation, call)
            except TwentyError as error:
                if error.refusal.kind is not Kind.THROTTLED:
                    raise

    def _pause(self, state: RetryCallState) -> float:
        return backoff(state.attempt_number, _FIRST_PAUSE, _LONGEST_PAUSE, self._chance)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppingError

    def _token(self) -> None:
        while wait := self.budget.wait(self._clock()):
            self._lease.check()
            if self._stop.wait(min(wait, 0.5)):
                raise StoppingError

    def _request(self, operation: str, call: Callable[[], Answer]) -> Answer:
        began = self._clock()
        self.budget.take(began)
        status = "200"
        try:
            return call()
        except TwentyError as error:
            refusal = error.refusal
            status = str(refusal.status or "none")
            if refusal.kind is Kind.THROTTLED:
                metrics.THROTTLED.labels(operation).inc()
                window = refusal.window_ms / 1000 if refusal.window_ms else None
                self.budget.refused(self._clock(), refusal.limit, window, refusal.retry_after_s)
            raise
        finally:
            metrics.REQUESTS.labels(operation, status).inc()
            metrics.DURATION.labels(operation, status).observe(self._clock() - began)
