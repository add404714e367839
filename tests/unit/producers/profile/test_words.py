"""What printed headings and stamps are read as."""

from __future__ import annotations

import pytest

from producers.profile.concepts import concept
from producers.profile.facts import Column
from producers.profile.words import words

EXPECTED = {
    "D.O.B.": ("birth", "date"),
    "D/O/B": ("birth", "date"),
    "P/Code": ("zip",),
    "E-mail": ("email",),
    "Given name(s)": ("given", "name"),
    "Ph (H)": ("phone", "home"),
    "Ph (M)": ("phone", "mobile"),
    "Disc. %": ("discount", "percent"),
    "A/c bal.": ("account", "balance"),
    "Postal address": ("mailing", "address"),
    "create_uid": ("created", "id"),
    "write_date": ("updated", "date"),
    "LAST_UPD_BY": ("last", "updated", "by"),
    "privacy form": ("privacy", "form"),
    "residual": ("outstanding",),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_shorthand_is_written_out(name: str) -> None:
    assert words(name) == EXPECTED[name]


@pytest.mark.parametrize("name", ["write_date", "LAST_UPD", "SystemModstamp", "date_changed"])
def test_when_a_row_was_last_written(name: str) -> None:
    assert concept(Column(name=name, type="datetime"), frozenset()).name == "changed"


def test_the_first_of_two_phones_is_that_of_the_row() -> None:
    assert not concept(Column(name="primary_phone_number", type="text", form="phone"), frozenset()).of_other
    assert concept(Column(name="emergency_phone", type="text", form="phone"), frozenset()).of_other
