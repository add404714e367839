"""Days in the names of exports, as people and programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.naming import Order, decide, rank

YEAR_FIRST = ["%Y%m%d", "%Y-%m-%d", "%Y_%m_%d", "%Y%m%d%H%M%S", "%Y-%m-%dT%H%M", "%Y-%b-%d", "%y%m%d", "export-%Y-%j"]
MONTH_FIRST = [
    "%m%d%Y",
    "%m-%d-%Y",
    "%m.%d.%Y",
    "%m%d%y",
    "%m-%d-%y",
    "%m%d%Y_%I%M%p",
    "%m-%d-%Y %I-%M-%S %p",
    "v2_%m%d%Y",
]
DAY_FIRST = ["%d%m%Y", "%d.%m.%Y", "%d-%m-%Y", "%d%m%y", "%d.%m.%y", "%d%m%Y%H%M", "%d-%m-%Y-%H%M"]
MONTHS_BY_NAME = ["%d-%b-%Y", "%d%b%Y", "%b-%d-%Y", "%B %d %Y", "%d-%b-%y", "%d_%B_%Y"]


def ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def ordered(labels: dict[str, int], order: Order) -> list[str]:
    return sorted(labels, key=lambda label: rank(label, order, labels[label]))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*YEAR_FIRST, *MONTH_FIRST, *DAY_FIRST, *MONTHS_BY_NAME]),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.lists(st.floats(0.6, 90), min_size=1, max_size=30),
    st.floats(0, 20),
)
def test_exports_that_are_written_on_their_day_follow_each_other(
    style: str, start: date, steps: Sequence[float], late_hours: float
) -> None:
    """Over the ends of months and years, whichever days happen to be among them."""
    moments = [datetime(start.year, start.month, start.day, tzinfo=UTC)]
    for step in steps:
        moments.append(moments[-1] + timedelta(days=step))
    labels: dict[str, int] = {}
    for moment in moments:
        labels.setdefault(moment.strftime(style), ns(moment + timedelta(hours=late_hours)))
    decision = decide(labels)
    assert decision.doubt == ""
    assert ordered(labels, decision.order) == list(labels)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(MONTH_FIRST[:3] + DAY_FIRST[:3]),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(13, 60),
)
def test_two_weeks_of_names_prove_their_order_whenever_they_were_copied(style: str, start: date, days: int) -> None:
    labels = {(start + timedelta(days=day)).strftime(style): 0 for day in range(days)}
    decision = decide(labels)
    assert (decision.sure, decision.doubt) == (True, "")
    assert ordered(labels, decision.order) == list(labels)


@pytest.mark.parametrize(
    "labels",
    [
        ["7", "8", "10"],
        ["000123", "000124", "013126", "020126"],
        ["2026-W52", "2026-W53", "2027-W01"],
        ["52-2026", "1-2027"],
        ["12-2026", "01-2027"],
        ["Nov2026", "Dec2026", "Jan2027"],
        ["12-31-2026", "2027-01-01"],
        ["31-Dec-2026", "01-Jan-2027"],
        ["1767225600", "1767312000"],
        ["12312026_0159AM", "12312026_1159AM", "12312026_1200PM", "12312026_0130PM", "01012027_1200AM"],
    ],
)
def test_what_else_names_are(labels: list[str]) -> None:
    """``labels``: as they follow each other, of files whose times tell nothing."""
    times = dict.fromkeys(reversed(labels), ns(datetime(2019, 1, 1, tzinfo=UTC)))
    decision = decide(times)
    assert decision.doubt == ""
    assert ordered(times, decision.order) == labels


def test_what_was_proven_is_remembered_for_days_that_prove_nothing() -> None:
    old = ns(datetime(2019, 1, 1, tzinfo=UTC))
    assert decide({"01022027": old, "02012027": old}, Order.month_first).order is Order.month_first
    assert decide({"13022027": old, "02012027": old}, Order.month_first).order is Order.day_first
    assert decide({"01022027": old, "02012027": old}, day_first=True).order is Order.day_first


def test_days_that_could_be_either_are_left_to_the_times_of_the_files_and_it_is_said() -> None:
    old = ns(datetime(2019, 1, 1, tzinfo=UTC))
    for labels in (["01-02-2027", "02-01-2027"], ["12-31-2026", "31-12-2026"]):
        decision = decide(dict.fromkeys(labels, old))
        assert decision.order is Order.times
        assert "set day_first:" in decision.doubt
    assert "not all names of exports are day first" in decide({"12-31-2026": old}, day_first=True).doubt


def test_a_name_without_a_day_among_others_has_the_day_on_which_it_was_written() -> None:
    labels = {
        "12302026": ns(datetime(2026, 12, 30, 3, tzinfo=UTC)),
        "again": ns(datetime(2026, 12, 31, 3, tzinfo=UTC)),
        "01012027": ns(datetime(2027, 1, 1, 3, tzinfo=UTC)),
    }
    decision = decide(labels)
    assert ordered(labels, decision.order) == list(labels)
