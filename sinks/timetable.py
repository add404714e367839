"""The hours in which a clinic lets the backlog and the files go: the day belongs to its people.

Live changes go at any hour. Pure: the wall clock is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Load(StrEnum):
    """What a timetable may keep back."""

    BULK = "bulk"
    UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``start`` to before ``end`` on the clinic's clock, over midnight where ``end`` is not later."""

    start: time
    end: time

    @classmethod
    def parse(cls, written: str) -> Hours:
        """``22:00-06:00``. Raises ValueError."""
        found = _HOURS.fullmatch(written.strip())
        if found is None:
            raise ValueError(f"{written!r} are no hours: expected for example 22:00-06:00")
        first, second, third, fourth = map(int, found.groups())
        return cls(time(first, second), time(third, fourth))

    def __contains__(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class Timetable:
    """``bulk`` and ``uploads`` are the hours in which each may go; none means at any hour."""

    zone: ZoneInfo
    bulk: tuple[Hours, ...] = ()
    uploads: tuple[Hours, ...] = ()

    def closed(self, now: datetime) -> frozenset[Load]:
        """What waits at ``now``, which is aware. Where the clock is set back an hour counts twice, as on the wall."""
        moment = now.astimezone(self.zone).time()
        hours = {Load.BULK: self.bulk, Load.UPLOADS: self.uploads}
        return frozenset(load for load, open_ in hours.items() if open_ and not _any(open_, moment))


ALWAYS = Timetable(ZoneInfo("UTC"))
"""No hours at all: everything may go whenever a token is there."""


def _any(hours: Iterable[Hours], moment: time) -> bool:
    return any(moment in one for one in hours)
