"""Minutes out of whatever a source says of a time that passes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping.durations import minutes
from schemas.mapping.values import AdjustedError, UnusableError
from schemas.records import Value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (45, 45),
        (Decimal("30.0"), 30),
        ("45", 45),
        ("45 min", 45),
        ("1 h 30 min", 90),
        ("1h30m", 90),
        ("1.5 hours", 90),
        ("1,5 h", 90),
        ("1:30", 90),
        ("00:45:00", 45),
        ("PT1H15M", 75),
        ("120 sec", 2),
    ],
)
def test_a_duration_is_minutes_however_it_is_written(written: Value, expected: int) -> None:
    assert minutes(written) == expected


@pytest.mark.parametrize("written", ["", "soon", "1:75", "h", "PT", "1 h 2 h", True, "9" * 40, "NaN", "4\x005"])
def test_what_is_no_duration_is_refused(written: Value) -> None:
    with pytest.raises(UnusableError):
        minutes(written)


def test_seconds_are_rounded_and_said_to_be() -> None:
    with pytest.raises(AdjustedError) as adjusted:
        minutes("00:10:40")
    assert adjusted.value.result == 11


@given(st.integers(0, 10_000), st.integers(0, 59))
def test_hours_and_minutes_mean_the_same_in_every_form(hours: int, mins: int) -> None:
    forms = (f"{hours}:{mins:02}", f"{hours} h {mins} min", f"PT{hours}H{mins}M", f"{hours:02}:{mins:02}:00")
    assert {minutes(form) for form in forms} == {hours * 60 + mins}
