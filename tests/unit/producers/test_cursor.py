"""The safe bound, and naive local times across the hours that clocks repeat or leave out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cursor import PREPARED_AGE, Horizon, instant, local_bound
from producers.source import Reading, parents_first
from schemas.source import SourceObject
from tests.unit.producers.worlds import NOON

MARGIN = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_bound_stays_a_margin_behind_the_horizon() -> None:
    assert Horizon(MARGIN).bound(Reading(at(50), at(20))) == at(19)


def test_a_prepared_transaction_holds_the_bound_of_the_reading_before() -> None:
    horizon = Horizon(MARGIN)
    assert horizon.bound(Reading(at(10), at(10))) == at(9)
    for now in (20, 300):
        assert horizon.bound(Reading(at(now), at(now), untimed={"a": at(15)})) == at(9)
    # another one, while the first is still there, and after it has ended
    assert horizon.bound(Reading(at(400), at(400), untimed={"a": at(15), "b": at(390)})) == at(9)
    assert horizon.bound(Reading(at(500), at(500), untimed={"b": at(390)})) == at(299)
    assert horizon.bound(Reading(at(600), at(600))) == at(599)


def test_one_that_was_prepared_before_the_first_reading_holds_the_floor() -> None:
    prepared = {"a": at(-5)}
    assert Horizon(MARGIN, floor=at(-100)).bound(Reading(at(0), at(0), untimed=prepared)) == at(-100)
    assert Horizon(MARGIN).bound(Reading(at(0), at(0), untimed=prepared)) == at(-5) - PREPARED_AGE


@pytest.mark.parametrize(
    ("bound", "local"),
    [
        ("2026-07-01T15:00:00+00:00", "2026-07-01T11:00:00"),
        ("2026-11-01T02:59:00+00:00", "2026-10-31T22:59:00"),
        # from two hours before clocks go back (06:00 UTC) the bound stays in front of the hour that comes again
        ("2026-11-01T05:30:00+00:00", "2026-11-01T00:30:00"),
        ("2026-11-01T06:30:00+00:00", "2026-11-01T01:30:00"),
        ("2026-03-08T07:30:00+00:00", "2026-03-08T03:30:00"),
    ],
)
def test_local_bounds_in_new_york(bound: str, local: str) -> None:
    assert local_bound(datetime.fromisoformat(bound), "America/New_York").isoformat() == local


@given(
    st.timedeltas(timedelta(days=-9000), timedelta(days=3000)).map(lambda age: NOON + age),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "UTC"]),
)
def test_no_later_change_has_a_local_time_before_the_bound(bound: datetime, later: timedelta, zone: str) -> None:
    local = (bound + later).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert local >= local_bound(bound, zone)


def test_instants() -> None:
    naive = datetime(2026, 7, 1, 8)  # noqa: DTZ001
    assert instant(naive, "America/New_York") == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert instant(NOON, "America/New_York") == NOON
    twice = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001
    assert instant(twice, "America/New_York") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (datetime(1, 1, 1), "Europe/Berlin"),  # noqa: DTZ001
        (datetime(9999, 12, 31, 23, 59, 59), "America/New_York"),  # noqa: DTZ001
    ],
)
def test_always_and_never_are_instants_in_any_zone(moment: datetime, zone: str) -> None:
    assert instant(moment, zone) == moment.replace(tzinfo=UTC)


def test_snapshots_take_parents_first_and_bear_cycles() -> None:
    objects = [
        SourceObject("visit", ("id",), "visits", parents=("patient", "doctor")),
        SourceObject("patient", ("id",), "patients", parents=("doctor", "patient")),
        SourceObject("doctor", ("id",), "doctors", parents=("clinic",)),
        SourceObject("clinic", ("id",), "clinics", parents=("doctor", "elsewhere")),
    ]
    assert [what.name for what in parents_first(objects)] == ["clinic", "doctor", "patient", "visit"]
