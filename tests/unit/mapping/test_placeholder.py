"""The address that stands for a missing e-mail: the same each time, nobody else's, and out of every mail's reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import mapping as mapping_package
from schemas.mapping import MappingError, load_mapping, parse_mapping
from schemas.mapping.converters import email, placeholder_email
from schemas.mapping.expressions import PLACEHOLDER, Context, MissingError, compile_rule
from schemas.mapping.rules import Rule
from schemas.records import Flag

MAPPINGS = Path(mapping_package.__file__).parents[1] / "mappings"
CONTEXT = Context(load_mapping("clinic_place"), "person")
RULE = Rule.model_validate({"from": "email", "placeholder": "patient_id"})


def emails(row: dict[str, str | None], rule: Rule = RULE) -> tuple[str, list[Flag]]:
    flags: list[Flag] = []
    return compile_rule(CONTEXT, "emails", "EMAILS", rule)(row, flags)["primaryEmail"], flags


def test_an_address_that_is_there_is_taken() -> None:
    assert emails({"email": "Ada@X.test", "patient_id": "7"}) == ("ada@x.test", [])


@pytest.mark.parametrize("written", [None, "", "  ", "none", "n/a@"])
def test_one_that_is_missing_or_unusable_is_stood_in_for_and_flagged(written: str | None) -> None:
    address, flags = emails({"email": written, "patient_id": "7"})
    assert address == placeholder_email("clinic_place", "person", "7") and address.endswith("@clinic-place.invalid")
    assert flags[-1] == Flag("emails", PLACEHOLDER)


def test_without_a_key_there_is_no_placeholder() -> None:
    assert emails({"email": None, "patient_id": " "}) == ("", [])


def test_one_that_is_required_is_still_missing() -> None:
    required = RULE.model_copy(update={"required": True})
    with pytest.raises(MissingError):
        emails({"email": None, "patient_id": "7"}, required)


@given(st.text(), st.text())
def test_placeholders_are_addresses_and_tell_records_apart(one: str, other: str) -> None:
    first, second = (placeholder_email("my_system", "person", key) for key in (one, other))
    assert email(first) == first and (first == second) == (one == other)
    assert placeholder_email("my_system", "company", one) != first


def test_it_is_for_e_mails_only() -> None:
    written = (MAPPINGS / "clinic_place.yaml").read_text()
    wrong = written.replace("          city: city\n", "          city: {from: city, placeholder: patient_id}\n", 1)
    with pytest.raises(
        MappingError, match=r"clinic\.yaml:\d+: .*placeholder: expected only for EMAILS, and city is a TEXT"
    ):
        parse_mapping(wrong, "clinic.yaml")
