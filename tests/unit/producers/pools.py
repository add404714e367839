"""Executors whose order a test knows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Backwards(Executor):
    """Requests of the same time, of which the last one comes first."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def submit(self, call: Callable[..., Any], /, *of: Any, **more: Any) -> Future[Any]:
        waiting = self._waiting

        class Answering(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                while waiting:
                    waiting.pop()()
                return super().result(timeout)

        future = Answering()
        waiting.append(lambda: None if future.cancelled() else future.set_result(call(*of, **more)))
        return future
