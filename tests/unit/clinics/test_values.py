"""How values are expected to read back from Twenty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clinics import values
from infra.clinics.clinic_place import options
from infra.clinics.comparison import canonical, same

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
INSTANTS = st.datetimes(
    datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2200-01-01"), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("wall_clock", "instant", "doubtful"),
    [
        ("2024-01-15 09:00", "2024-01-15T14:00:00Z", False),
        ("2024-07-15 09:00", "2024-07-15T13:00:00Z", False),
        # 10 March 2024: 02:00 EST becomes 03:00 EDT
        ("2024-03-10 01:59", "2024-03-10T06:59:00Z", False),
        ("2024-03-10 02:00", "2024-03-10T07:00:00Z", True),
        ("2024-03-10 02:30", "2024-03-10T07:30:00Z", True),
        ("2024-03-10 03:00", "2024-03-10T07:00:00Z", False),
        # 3 November 2024: 02:00 EDT becomes 01:00 EST
        ("2024-11-03 00:59", "2024-11-03T04:59:00Z", False),
        ("2024-11-03 01:30", "2024-11-03T05:30:00Z", True),
        ("2024-11-03 01:59", "2024-11-03T05:59:00Z", True),
        ("2024-11-03 02:00", "2024-11-03T07:00:00Z", False),
    ],
)
def test_clinic_time_at_clock_changes(wall_clock: str, instant: str, doubtful: bool) -> None:
    found = values.instant(datetime.fromisoformat(wall_clock), ZoneInfo("America/New_York"))
    assert found == (datetime.fromisoformat(instant), doubtful)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("(212) 555-0143", "2125550143"),
        ("+1 212 555 0143", "2125550143"),
        ("12125550143", "2125550143"),
        (" 212.555.0143 ", "2125550143"),
        ("call front desk", None),
        ("555-0143", None),
        ("", None),
        (None, None),
    ],
)
def test_phone_numbers(written: str | None, digits: str | None) -> None:
    assert values.digits(written) == digits


def test_names_meet_whatever_their_case_and_spaces() -> None:
    assert values.natural("  Cross &\tSHIELD  of ") == values.natural("cross & shield of") == "cross & shield of"
    assert options.company("carrier", " ") is None


@given(JSON)
def test_canonical_is_stable(value: object) -> None:
    assert canonical(canonical(value)) == canonical(value)


@given(JSON)
def test_every_value_says_the_same_as_itself(value: object) -> None:
    assert same(value, value)


def test_a_checkbox_is_no_number() -> None:
    assert not same(True, 1)
    assert not same(0, False)


@given(st.dictionaries(st.text(max_size=4), st.sampled_from(("", None, [], {}))))
def test_ways_to_say_nothing_are_one(value: dict[str, object]) -> None:
    assert canonical(value) is None
    assert same(value, None)
    assert same(None, value)


@given(SCALARS, SCALARS)
def test_only_nothing_equals_something_else(left: object, right: object) -> None:
    nothing = (None, "")
    equal = (left in nothing and right in nothing) or (left == right and type(left) is type(right))
    assert same(left, right) == equal


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_amounts_are_numbers_in_text_or_not(sent: int, stored: int) -> None:
    wanted = {"amountMicros": sent, "currencyCode": "USD"}
    assert same(wanted, {"amountMicros": str(stored), "currencyCode": "USD"}) == (sent == stored)
    assert not same(wanted, {"amountMicros": str(sent), "currencyCode": "CAD"})
    assert same(None, {"amountMicros": None, "currencyCode": "USD"})
    assert not same(None, {"amountMicros": "0", "currencyCode": "USD"})


@given(INSTANTS, st.integers(-5000, 5000))
def test_instants_are_compared_to_the_millisecond(moment: datetime, microseconds: int) -> None:
    moved = moment + timedelta(microseconds=microseconds)
    answered = moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    milliseconds = [int(one.timestamp()) * 1000 + one.microsecond // 1000 for one in (moment, moved)]
    assert same(moment, answered) == (milliseconds[0] == milliseconds[1])
    assert not same(moment, None)


def test_an_empty_phone_is_nothing_whatever_its_country() -> None:
    empty = {"primaryPhoneNumber": "", "primaryPhoneCountryCode": "US", "primaryPhoneCallingCode": "+1"}
    assert same(None, {**empty, "additionalPhones": None})
    assert not same(None, {**empty, "primaryPhoneNumber": "2125550143"})


def test_of_a_composite_only_what_is_wanted_is_looked_at() -> None:
    assert same({"markdown": "a"}, {"markdown": "a", "blocknote": "[…]"})
    assert not same({"markdown": "a"}, {"markdown": "b", "blocknote": "[…]"})
    assert not same({"markdown": "a"}, None)
    assert same({"markdown": None}, {"markdown": "", "blocknote": None})
