"""When bulk and uploads may go, on the clinic's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.timetable import ALWAYS, Hours, Load, Timetable

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Timetable(
    BERLIN, bulk=(Hours.parse("22:00-06:00"),), uploads=(Hours.parse("12:00-13:00"), Hours.parse("23:00-04:00"))
)


@pytest.mark.parametrize(
    ("wall", "closed"),
    [
        ("06:00", {Load.BULK, Load.UPLOADS}),
        ("12:30", {Load.BULK}),
        ("21:59", {Load.BULK, Load.UPLOADS}),
        ("22:00", {Load.UPLOADS}),
        ("23:00", set()),
        ("03:59", set()),
        ("05:59", {Load.UPLOADS}),
    ],
)
@pytest.mark.parametrize("day", ["2026-01-15", "2026-07-15"])
def test_hours_are_the_clinics_own_summer_and_winter(wall: str, closed: set[Load], day: str) -> None:
    now = datetime.fromisoformat(f"{day}T{wall}").replace(tzinfo=BERLIN).astimezone(UTC)
    assert NIGHT.closed(now) == closed


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_left_out_never() -> None:
    early = Timetable(BERLIN, bulk=(Hours.parse("02:00-03:00"),))
    back, forward = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert [_open_minutes(early, day) for day in (back, forward)] == [120, 0]


def _open_minutes(timetable: Timetable, start: datetime) -> int:
    return sum(Load.BULK not in timetable.closed(start + timedelta(minutes=minute)) for minute in range(24 * 60))


@given(st.times(), st.times(), st.times())
def test_hours_and_the_hours_between_them_are_the_whole_day(start: time, end: time, moment: time) -> None:
    if start != end:
        assert (moment in Hours(start, end)) != (moment in Hours(end, start))
    else:
        assert moment in Hours(start, end)


@given(st.datetimes(timezones=st.just(UTC)))
def test_without_hours_everything_may_always_go(now: datetime) -> None:
    assert ALWAYS.closed(now) == frozenset()


@pytest.mark.parametrize("written", ["", "22-6", "25:00-06:00", "22:00", "22:00-06:60", "night"])
def test_what_is_no_hours_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="22:00-06:00"):
        Hours.parse(written)
