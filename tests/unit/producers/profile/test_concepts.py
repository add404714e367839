"""What columns are about, where only the columns beside them tell."""

from __future__ import annotations

import pytest

from producers.profile.concepts import concepts
from producers.profile.facts import Column


def about(*names: str, form: str = "") -> dict[str, str]:
    columns = [Column(name=name, type="text", form=form) for name in names]
    return {name: one.name for name, one in concepts("patients", columns).items()}


def test_a_county_is_the_largest_part_of_an_address_where_there_are_no_states() -> None:
    assert about("town", "county", "postcode")["county"] == "state"
    assert about("city", "county", "state", "zip")["county"] == "county"
    assert about("county", "note")["county"] == "county"


@pytest.mark.parametrize("name", ["file_path", "storage_key", "StoragePath"])
def test_where_a_file_lies_is_not_what_it_is_called(name: str) -> None:
    assert about(name, "file_name", form="file") == {name: "file_path", "file_name": "file_name"}


def test_the_name_of_a_recipient_is_somebody_elses() -> None:
    (one,) = concepts("vouchers", [Column(name="RecipientName", type="text")]).values()
    assert one.of_other


@pytest.mark.parametrize(("longest", "city", "name"), [(6, "city", "zip"), (4, "city", ""), (6, "badge", "")])
def test_a_pin_of_six_digits_beside_a_city_is_a_postal_code(longest: int, city: str, name: str) -> None:
    columns = [Column(name=city, type="text"), Column(name="PIN", type="integer", longest=longest)]
    assert concepts("patients", columns)["PIN"].name == name


def test_the_rate_of_what_is_counted_is_its_price() -> None:
    columns = [Column(name=name, type="decimal") for name in ("qty", "rate", "vat_rate", "amt")]
    found = {name: one.name for name, one in concepts("lines", columns).items()}
    assert (found["rate"], found["vat_rate"]) == ("money", "")
    assert concepts("lines", columns[1:])["rate"].name == ""


def test_yes_and_no_are_no_phone() -> None:
    assert concepts("visits", [Column(name="is_telehealth", type="boolean")])["is_telehealth"].name == ""
