"""Up to when an API's changes are known: the least that any witness tells, since too early costs only reading again.

Servers behind one address have clocks of their own, and any of them can be wrong, or be set right, at any moment.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

KEPT = timedelta(minutes=10)
"""For so long the slowest clock that has answered counts: it may be the one that stamps the next change."""

_EXACT = timedelta(seconds=1)
"""The step of a Date header, and so how much of a difference it can show."""


class ApiClock:
    """The witnesses are our clock and the Date of every answer; one that is fast moves nothing. Change times in records
    are none: those of a quiet list lie behind, and nothing could be called read up to now.

    Safe to share between threads. ours: our clock.
    """

    def __init__(self, ours: Callable[[], datetime]) -> None:
        self.ours = ours
        self._lock = threading.Lock()
        self._told: deque[tuple[datetime, timedelta]] = deque()
        self.ahead = timedelta(0)
        """What the last answer's clock is ahead of ours."""

    def told(self, date: datetime) -> None:
        """An answer has this Date, which is cut to seconds."""
        ours = self.ours()
        offset = date + _EXACT / 2 - ours
        with self._lock:
            if abs(offset - self.ahead) > _EXACT:
                self.ahead = offset
            while self._told and self._told[-1][1] >= offset:
                self._told.pop()
            self._told.append((ours, offset))

    def server(self) -> datetime:
        """The clock of the server that answered last."""
        return self.ours() + self.ahead

    def least(self) -> datetime:
        """What no clock that stamps changes lies behind."""
        ours = self.ours()
        with self._lock:
            while self._told and ours - self._told[0][0] > KEPT:
                self._told.popleft()
            told = self._told[0][1] if self._told else timedelta(0)
        return ours + min(timedelta(0), told)
