"""States and postal codes, by the rules of their country."""

from __future__ import annotations

import pytest

from schemas.mapping.regions import postcode, state
from schemas.mapping.values import UnusableError
from schemas.records import Value
from tests.tiny import one, thing


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("ma", "US", "MA"),
        ("Massachusetts", "US", "MA"),
        ("Mass.", "US", None),
        ("québec", "CA", "QC"),
        ("MA", "CA", None),
        ("Bayern", "DE", "Bayern"),
        ("anything", "", "anything"),
    ],
)
def test_a_state_is_known_by_code_or_name(written: str, country: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnusableError):
            state(written, country)
    else:
        assert state(written, country) == expected


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("02139", "US", "02139"),
        ("02139-4307", "US", "02139-4307"),
        ("2139", "US", None),
        ("k1a 0b1", "CA", "K1A 0B1"),
        ("02139", "CA", None),
        ("80331", "DE", "80331"),
        ("anything", "", "ANYTHING"),
    ],
)
def test_a_postal_code_is_one_of_its_country(written: str, country: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnusableError):
            postcode(written, country)
    else:
        assert postcode(written, country) == expected


ADDRESS = thing(
    "homeAddress: {type: ADDRESS, label: Address}\n",
    """\
    - target: thing
      fields:
        name: id
        homeAddress:
          of:
            addressState: {from: state, as: state, country: country}
            addressPostcode: {from: zip, as: postcode, country: country}
            addressCountry: {from: country, as: country_code}
    """,
)


@pytest.mark.parametrize(
    ("row", "expected", "flagged"),
    [
        ({"state": "Ohio", "zip": "43004", "country": None}, ("OH", "43004", ""), []),
        ({"state": "on", "zip": "k1a0b1", "country": "Canada"}, ("ON", "K1A0B1", "CA"), []),
        ({"state": "Ohio", "zip": "K1A 0B1", "country": "USA"}, ("OH", "", "US"), ["homeAddress.addressPostcode"]),
        ({"state": "Ohio", "zip": "x", "country": "Oz"}, ("Ohio", "X", ""), ["homeAddress.addressCountry"]),
    ],
)
def test_an_address_is_judged_by_the_rules_of_its_country(
    row: dict[str, Value], expected: tuple[str, ...], flagged: list[str]
) -> None:
    fields, flags = one(ADDRESS, {"id": "1", **row})
    address = fields["homeAddress"]
    found = (address["addressState"], address["addressPostcode"], address["addressCountry"])
    assert (found, [flag.field for flag in flags]) == (expected, flagged)
