"""Waiting for what is about to come true, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_FIRST, _GROWTH, _LONGEST = 0.01, 1.3, 0.2


def until(condition: Callable[[], T | None], seconds: float = 120, *, what: str = "the condition") -> T:
    """Asks, ever more rarely, until the answer is true, and gives it; fails with ``what`` after so many seconds."""
    deadline, pause = time.monotonic() + seconds, _FIRST
    while not (met := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST)
    return met
