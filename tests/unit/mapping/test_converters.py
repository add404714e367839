"""Each converter: what it makes of a value, what it flags, what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.mapping import converters
from schemas.mapping.converters import Convert
from schemas.mapping.values import AdjustedError, UnusableError, natural_key, raw, text
from schemas.records import Json, Value

NEW_YORK = ZoneInfo("America/New_York")
DAY = converters.day(NEW_YORK)
MOMENT = converters.moment(NEW_YORK, "first", "forward", ())
PHONE = converters.phone("US")


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (text, " as it is ", " as it is "),
        (text, 7, "7"),
        (text, True, "true"),
        (text, Decimal("1E+2"), "100"),
        (text, 0.1, "0.1"),
        (text, date(2024, 2, 29), "2024-02-29"),
        (text, datetime(2024, 2, 29, 1, 2, 3), "2024-02-29T01:02:03"),  # noqa: DTZ001
        (text, Json({"b": ["é"], "a": 1}), '{"a": 1, "b": ["é"]}'),
        (text, "grüße".encode(), "grüße"),
        (converters.trim, "\t a b \n", "a b"),
        (converters.lower, " A@B ", "a@b"),
        (natural_key, "  Blue\t CROSS  ", "blue cross"),
        (natural_key, "Straße", "strasse"),
        (converters.number, "12", 12),
        (converters.number, Decimal("12.50"), 12.5),
        (converters.number, 3.0, 3),
        (converters.integer, " 30 ", 30),
        (converters.integer, Decimal("30.00"), 30),
        (converters.boolean, "Yes", True),
        (converters.boolean, 0, False),
        (converters.boolean, True, True),
        (DAY, "2024-02-29", "2024-02-29"),
        (DAY, date(1931, 1, 1), "1931-01-01"),
        (DAY, datetime(2024, 5, 5, 23, 59), "2024-05-05"),  # noqa: DTZ001
        (DAY, "2024-05-06T03:00:00Z", "2024-05-05"),
        (MOMENT, datetime(2024, 1, 15, 9, 30), "2024-01-15T14:30:00.000Z"),  # noqa: DTZ001
        (MOMENT, datetime(2024, 7, 15, 9, 30), "2024-07-15T13:30:00.000Z"),  # noqa: DTZ001
        (MOMENT, datetime(2024, 7, 15, 9, 30, tzinfo=UTC), "2024-07-15T09:30:00.000Z"),
        (MOMENT, datetime(2024, 7, 15, 9, tzinfo=timezone(timedelta(hours=5))), "2024-07-15T04:00:00.000Z"),
        (MOMENT, "2024-01-15T09:30:00.123456", "2024-01-15T14:30:00.123Z"),
        (MOMENT, "2023-10-10T04:17:47Z", "2023-10-10T04:17:47.000Z"),
        (MOMENT, date(2024, 7, 15), "2024-07-15T04:00:00.000Z"),
        (converters.micros, Decimal("12.34"), 12_340_000),
        (converters.micros, "-0.01", -10_000),
        (converters.micros, 0, 0),
        (converters.micros, Decimal("9007199254.740991"), 9_007_199_254_740_991),
        (converters.micros, Decimal("9007199254.740992"), "9007199254740992"),
        (converters.currency, "usd", "USD"),
        (converters.email, " Ann.O'Hara+x@Example.TEST ", "ann.o'hara+x@example.test"),
        (converters.country, "us", "United States"),
        (converters.country, "United States", "United States"),
        (converters.country, "GBR", "United Kingdom"),
        (converters.country_code, "Germany", "DE"),
        (converters.select({"no-show": "NO_SHOW"}), " No-Show ", "NO_SHOW"),
        (converters.select({"1": "ONE"}), 1, "ONE"),
        (converters.markdown, r"a\b *c*", {"markdown": r"a\b *c*"}),
    ],
)
def test_a_value_arrives(convert: Convert, value: Value, expected: Any) -> None:
    assert convert(value) == expected


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (text, b"\xff\x00"),
        (converters.number, "abc"),
        (converters.number, "1e400"),
        (converters.number, float("nan")),
        (converters.number, Decimal("Infinity")),
        (converters.number, True),
        (converters.number, 2**53),
        (converters.number, "9" * 5000),
        (converters.integer, "1.5"),
        (converters.integer, Decimal("89690171.27929569")),  # beyond a float, too
        (converters.boolean, "banana"),
        (DAY, "2023-02-30"),
        (DAY, "unknown"),
        (DAY, "1968-00-00"),
        (DAY, 20240101),
        (DAY, datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))),
        (MOMENT, "nope"),
        (MOMENT, 12),
        (MOMENT, datetime(9999, 12, 31, 23)),  # noqa: DTZ001
        (converters.micros, "12,50"),
        (converters.micros, Decimal("1E+500")),
        (converters.currency, "XYZ"),
        (converters.email, "not an address"),
        (converters.email, "a@b"),
        (converters.email, "a@b.c, d@e.f"),
        (converters.email, "a\0@b.test"),
        (PHONE, "call front desk"),
        (PHONE, "call mother 617 555 0100"),
        (PHONE, "1-800-FLOWERS"),
        (PHONE, "12"),
        (PHONE, "6" * 40),
        (converters.country, "Narnia"),
        (converters.link, "not a url"),
        (converters.link, "http://[bad"),
        (converters.select({"a": "A"}), "b"),
    ],
)
def test_a_value_is_refused_without_being_quoted(convert: Convert, value: Value) -> None:
    with pytest.raises(UnusableError) as caught:
        convert(value)
    assert caught.value.__cause__ is None
    assert len(str(value)) < 3 or str(value) not in str(caught.value)


@pytest.mark.parametrize(
    ("convert", "value", "result", "reason"),
    [
        (text, "a\0b", "ab", "NUL"),
        (text, "é\0b", "éb", "NUL"),
        (text, "a\ud800b", "a?b", "Unicode"),
        (converters.trim, " a\0 ", "a", "NUL"),
        (converters.lower, " A\0 ", "a", "NUL"),
        (converters.markdown, "a\0b", {"markdown": "ab"}, "NUL"),
        (converters.number, Decimal("0.1000000000000000000001"), 0.1, "rounded"),
        (converters.micros, Decimal("0.0000014"), 1, "rounded"),
    ],
)
def test_a_value_arrives_changed_and_says_so(convert: Convert, value: Value, result: Any, reason: str) -> None:
    with pytest.raises(AdjustedError, match=reason) as caught:
        convert(value)
    assert caught.value.result == result


@pytest.mark.parametrize(
    ("written", "number", "country", "code"),
    [
        ("617-253-0000", "6172530000", "US", "+1"),
        (" (212) 555 0100 ", "2125550100", "US", "+1"),  # never assigned, and yet of this calling code
        ("+1 416 967 1111", "4169671111", "CA", "+1"),
        ("+33 6 12 34 56 78", "612345678", "FR", "+33"),
        ("+800 1234 5678", "12345678", "", "+800"),  # belongs to no country
    ],
)
def test_a_phone_is_split_as_twenty_splits_it(written: str, number: str, country: str, code: str) -> None:
    assert PHONE(written) == {
        "primaryPhoneNumber": number,
        "primaryPhoneCountryCode": country,
        "primaryPhoneCallingCode": code,
        "additionalPhones": [],
    }


def test_an_extension_is_flagged_and_the_number_kept() -> None:
    with pytest.raises(AdjustedError, match="extension") as caught:
        PHONE("617-253-0000 ext. 12")
    assert caught.value.result["primaryPhoneNumber"] == "6172530000"


def test_one_phone_has_one_international_form() -> None:
    e164 = converters.e164("US")
    assert {e164("617-253-0000"), e164("+1 (617) 253.0000"), e164("16172530000 x3")} == {"+16172530000"}


def test_a_link_is_a_composite() -> None:
    assert converters.link(" https://X.test/a ") == {
        "primaryLinkUrl": "https://X.test/a",
        "primaryLinkLabel": "",
        "secondaryLinks": [],
    }


@pytest.mark.parametrize(
    ("ambiguous", "missing", "written", "instant", "reason"),
    [
        # 2024-11-03 01:30 came twice in New York: at 05:30Z and, the clocks set back, at 06:30Z.
        ("first", "forward", "2024-11-03T01:30:00", "2024-11-03T05:30:00.000Z", "doubles this hour: the first"),
        ("second", "forward", "2024-11-03T01:30:00", "2024-11-03T06:30:00.000Z", "doubles this hour: the second"),
        # 2024-03-10 02:30 never came: the clocks went from 02:00 to 03:00, that is 07:00Z.
        ("first", "forward", "2024-03-10T02:30:00", "2024-03-10T07:30:00.000Z", "drops this hour: moved forward"),
        ("first", "backward", "2024-03-10T02:30:00", "2024-03-10T06:30:00.000Z", "drops this hour: moved backward"),
    ],
)
def test_a_clock_change_is_decided_by_policy_and_flagged(
    ambiguous: Any, missing: Any, written: str, instant: str, reason: str
) -> None:
    with pytest.raises(AdjustedError, match=reason) as caught:
        converters.moment(NEW_YORK, ambiguous, missing, ())(written)
    assert caught.value.result == instant


@pytest.mark.parametrize(
    "written", ["2024-03-10T01:59:59", "2024-03-10T03:00:00", "2024-11-03T00:59:59", "2024-11-03T02:00:00"]
)
def test_the_edges_of_a_clock_change_are_plain(written: str) -> None:
    local = datetime.fromisoformat(written).replace(tzinfo=NEW_YORK)
    assert datetime.fromisoformat(MOMENT(written)) == local


def test_declared_formats_come_before_iso() -> None:
    assert converters.day(NEW_YORK, ["%d/%m/%Y"])("03/02/2024") == "2024-02-03"
    assert converters.day(NEW_YORK, ["%d/%m/%Y"])("2024-02-03") == "2024-02-03"
    moment = converters.moment(NEW_YORK, "first", "forward", ["%m/%d/%Y %I:%M %p"])
    assert moment("07/15/2024 09:30 PM") == "2024-07-16T01:30:00.000Z"


def test_days_that_a_database_keeps_as_whole_numbers() -> None:
    assert converters.day(NEW_YORK, ["%Y%m%d"])(20240203) == "2024-02-03"
    with pytest.raises(UnusableError, match="not a date"):
        converters.day(NEW_YORK, ["%Y%m%d"])(0)
    with pytest.raises(UnusableError, match="a date was expected"):
        converters.day(NEW_YORK)(20240203)


def test_raw_keeps_what_a_flag_can_hold() -> None:
    assert raw("x" * 100_000) == "x" * 65_536
    assert raw(b"\xff\x00") == "ff00"
    assert raw("a\ud800") == "a?"
    assert raw(Json([1])) == "[1]"
    assert raw(date(2024, 1, 2)) == "2024-01-02"
