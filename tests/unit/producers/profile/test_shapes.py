"""Names of columns become words, values become shapes and masks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.profile.shapes import Shape, judge, masked, whole_days
from producers.profile.words import singular, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nm_first", ("name", "first")),
        ("HmPhone", ("home", "phone")),
        ("lastbilleddate1", ("last", "billed", "date", "1")),
        ("GeburtsDatum", ("birth", "date")),
        ("Straße", ("street",)),
        ("PLZ", ("zip",)),
        ("dob_txt", ("birth", "date", "text")),
        ("fname", ("first", "name")),
        ("HTMLBody", ("html", "body")),
        ("Rechnungsnr", ("invoice", "number")),
        ("Inschrijfdatum", ("registered",)),
        ("Bokningsdatum", ("appointment", "date")),
        ("Urkundennummer", ("urkunden", "number")),
        ("PTLNAM", ("patient", "last", "name")),
        ("DRMAST", ("doctor", "master")),
        ("xyzzy", ("xyzzy",)),
    ],
)
def test_names_are_split_and_completed(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@given(st.text(max_size=40))
def test_any_name_has_words(name: str) -> None:
    assert all(re.fullmatch(r"[a-z]+|\d+", word) for word in words(name))


@pytest.mark.parametrize(
    ("word", "expected"),
    [("patients", "patient"), ("histories", "history"), ("boxes", "box"), ("status", "status"), ("address", "address")],
)
def test_singular(word: str, expected: str) -> None:
    assert singular(word) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a@b.example", "c.d@e.example", "none"] + [f"x{n}@y.example" for n in range(10)], Shape("text", "email")),
        (["(617) 555-0101", "617.555.0102", "+1 617 555 0103"], Shape("text", "phone")),
        (["05/04/2024", "12/31/1999"], Shape("date", "", "%m/%d/%Y")),
        (["31/12/1999", "01/02/2003"], Shape("date", "", "%d/%m/%Y")),
        (["31.12.1999", "01.02.2003"], Shape("date", "", "%d.%m.%Y")),
        (["2024-05-04", "2023-01-01"], Shape("date")),
        (["2024-05-04T10:00:00Z", "2023-01-01 10:00:00+02:00"], Shape("datetime")),
        (["05/04/2024 01:30 PM", "05/05/2024 11:00 AM"], Shape("datetime", "", "%m/%d/%Y %I:%M %p")),
        (["20240504", "19991231"], Shape("date", "", "%Y%m%d")),
        ([*(f"202405{day}" for day in range(10, 30)), "0"], Shape("date", "", "%Y%m%d")),
        (["31-12-1999", "01-02-2003"], Shape("date", "", "%d-%m-%Y")),
        (["2024/05/04", "1999/12/31"], Shape("date", "", "%Y/%m/%d")),
        (["04 May 2024", "31 Dec 1999"], Shape("date", "", "%d %b %Y")),
        (["09:30", "17:05:00"], Shape("time")),
        (["192.168.10.12", "10.0.10.7"], Shape("text")),
        (["02139", "10001"], Shape("text", "digits5")),
        (["02139-1234", "10001"], Shape("text", "zip")),
        (["1234567893"], Shape("text", "npi")),
        (["12", "7"], Shape("integer")),
        (["007", "012"], Shape("text", "digits")),
        (["12.50", "-3", "1,250.00"], Shape("decimal")),
        (["$12.50", "$3"], Shape("decimal", "money")),
        (["Y", "N"], Shape("boolean")),
        (["ja", "Nein"], Shape("boolean")),
        (["M", "F"], Shape("text")),
        (["<p>Well</p>", "fine", "<b>no</b>"], Shape("text", "html")),
        (["a/b.pdf", "c d.jpeg"], Shape("text", "file")),
        (["https://a.example/x"], Shape("text", "url")),
        (["0b5c7c6e-7a5e-4f0a-9d4f-0a1b2c3d4e5f"], Shape("text", "uuid")),
        (['[{"a": 1}]', "[]"], Shape("json")),
        (["999-12-3456"], Shape("text", "ssn")),
        ([], Shape("text")),
    ],
)
def test_shapes(values: list[str], expected: Shape) -> None:
    assert judge(values) == expected


@given(st.text(max_size=200))
def test_a_mask_tells_nothing(value: str) -> None:
    mask = masked(value)
    assert mask in ("text of several words", "long text without a blank") or re.fullmatch(
        r"[Aa9?\s.,:;/@()+\-#]*", mask
    )


@given(st.lists(st.text(min_size=1, max_size=30), max_size=30))
def test_any_values_have_a_shape(values: list[str]) -> None:
    assert judge(values).type in ("text", "integer", "decimal", "boolean", "date", "datetime", "time", "json")


@pytest.mark.parametrize("clock", [" 00:00:00", "T00:00:00.000", " 12:00:00 AM"])
def test_midnights_alone_are_days(clock: str) -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 9)]
    assert whole_days([f"{day}{clock}" for day in days])
    assert not whole_days([*(f"{day}{clock}" for day in days), "2024-03-09 09:30:00"])
    assert not whole_days([f"{day}{clock}" for day in days[:2]])
    assert not whole_days([f"{day}{clock}+00:00" for day in days]), "instants"
