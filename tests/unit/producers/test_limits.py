"""What a poller takes from the source, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from producers.limits import Backlog, Limits, Pace, within
from tests.unit.producers.worlds import NOON


def test_a_rate_cap_spaces_the_chunks() -> None:
    pace = Pace(rows_per_second=100)
    pace.took(50, 0.1, now=10.0)
    assert not pace.ready(10.39)
    assert pace.ready(10.4)


def test_without_a_cap_a_healthy_source_is_read_on_at_once() -> None:
    pace = Pace(None)
    for moment in range(5):
        pace.took(100, 0.1, now=float(moment))
        assert pace.ready(float(moment))


def test_a_source_that_slows_gets_as_much_rest_as_it_worked() -> None:
    pace = Pace(None)
    pace.took(100, 0.1, now=1.0)
    pace.took(100, 2.0, now=3.0)
    assert not pace.ready(4.9)
    assert pace.ready(5.0)


def test_one_lucky_chunk_is_not_the_measure_for_ever() -> None:
    pace = Pace(None)
    pace.took(100, 0.001, now=0.0)
    for moment in range(1, 400):
        pace.took(100, 0.1, now=float(moment))
    assert pace.ready(399.0)


def test_an_empty_chunk_measures_nothing() -> None:
    pace = Pace(1.0)
    pace.took(0, 5.0, now=1.0)
    assert pace.ready(1.0)


@pytest.mark.parametrize(
    ("hours", "at", "open_"),
    [
        (None, 12, True),
        ((20, 6), 23, True),
        ((20, 6), 5, True),
        ((20, 6), 6, False),
        ((20, 6), 12, False),
        ((1, 3), 1, True),
        ((1, 3), 3, False),
    ],
)
def test_sweep_hours(hours: tuple[int, int] | None, at: int, open_: bool) -> None:
    assert within(hours, NOON.replace(hour=at), "UTC") is open_


def test_sweep_hours_are_local() -> None:
    assert within((7, 8), NOON + timedelta(minutes=5), "America/New_York")


@pytest.mark.parametrize(
    ("backlog", "room"), [(Backlog(10, 20), True), (Backlog(11, 0), False), (Backlog(0, 21), False)]
)
def test_room(backlog: Backlog, room: bool) -> None:
    assert backlog.room(Limits(hold_lag=10, bulk_backlog=20)) is room
