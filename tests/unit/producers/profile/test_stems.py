"""What is left of columns' names without what they all begin with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.profile.concepts import own_words
from producers.profile.stems import stems
from producers.profile.words import words


def called(table: str, *columns: str) -> dict[str, str]:
    return dict(stems(table, columns, own_words(table)))


@pytest.mark.parametrize(
    ("table", "prefix", "rests"),
    [
        ("patient", "pt", ("fname", "lname", "city", "zip", "dob")),
        ("PATIENT", "PAT_", ("FNAME", "LNAME", "CITY")),
        ("appt", "apt_", ("date", "note", "room", "status")),
        ("facility", "psr", ("name", "city", "zip", "phone", "fax")),
        ("Visits", "Vis", ("Date", "Note", "Status", "Room")),
        ("people", "x_", ("name", "city", "zip")),
    ],
)
def test_what_the_columns_share_is_left_out(table: str, prefix: str, rests: tuple[str, ...]) -> None:
    assert called(table, "id", *(prefix + rest for rest in rests)) == {prefix + rest: rest for rest in rests}


def test_types_before_names_are_left_out_but_for_what_the_name_does_not_say() -> None:
    found = called("Visit", "strReason", "dtStart", "bActive", "fkPatient", "curHygiene", "Notes")
    assert found == {
        "strReason": "Reason",
        "dtStart": "Start",
        "bActive": "Active",
        "fkPatient": "PatientId",
        "curHygiene": "HygieneAmount",
    }


@pytest.mark.parametrize(
    "columns",
    [
        ("patient_id", "payer", "paid", "path", "page"),  # one beginning, no word
        ("is_active", "is_deleted", "is_billable", "is_new"),  # a word that matters
        ("insurer_name", "insurer_phone", "insurer_fax", "date", "note"),  # somebody else's
        ("first", "last", "city"),
    ],
)
def test_names_that_only_happen_to_begin_alike_stay_whole(columns: tuple[str, ...]) -> None:
    assert called("visits", *columns) == {}


@given(st.text("abcXYZ_ 19", max_size=12), st.lists(st.text("abcXYZ_ 19", min_size=1, max_size=12), max_size=9))
def test_a_stem_is_the_end_of_the_name_and_never_blank(table: str, columns: list[str]) -> None:
    for name, stem in called(table, *columns).items():
        assert stem
        assert name.endswith((stem, stem.removesuffix("Id"), stem.removesuffix("Amount")))


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("ptmemos", ("patient", "note")),
        ("deaddt", ("death", "date")),
        ("zipa", ("zip", "a")),
        ("pcde", ("zip",)),
        ("achternaam", ("last", "name")),
        ("dtmod", ("date", "updated")),
    ],
)
def test_names_are_spelled_by_the_vocabulary(name: str, spelt: tuple[str, ...]) -> None:
    assert words(name) == spelt
