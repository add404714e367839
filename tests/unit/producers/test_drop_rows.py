"""The rows of a file as they were written: dialects, quotes, and rows that cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from producers.unreadable import MOST
from tests.unit.producers.drop_world import ADA_BOB, PATIENT, Drops


@pytest.mark.parametrize(
    "text",
    [
        "id;name;note\n1;Ada;two words\n2;Bob;\n",
        "id\tname\tnote\n1\tAda\ttwo words\n2\tBob\t\n",
        '"id","name","note"\r\n"1","Ada","two words"\r\n"2","Bob",""\r\n',
        "'id'|'name'|'note'\n'1'|'Ada'|'two words'\n'2'|'Bob'|''\n",
        "note,ID, Name \ntwo words,1,Ada\n,2,Bob",
        "id,name,note,new\n1,Ada,two words,\n2,Bob,,\n",
    ],
    ids=["semicolons", "tabs", "quotes and CRLF", "single quotes", "other order", "a new empty column"],
)
def test_another_dialect_is_no_change(drops: Drops, text: str) -> None:
    drops.drop("patients.csv", "id,name,note\n1,Ada,two words\n2,Bob,\n")
    drops.settle()
    drops.take()
    drops.drop("patients.csv", text, at=60)
    drops.settle()
    assert drops.take() == []


def test_quoted_newlines_delimiters_and_quotes_are_kept(drops: Drops) -> None:
    drops.drop("patients.csv", 'id,name\n1,"Ada ""Lady""\r\nLovelace, née Byron"\n2,Bob\n')
    drops.settle()
    assert drops.latest() == {"1": 'Ada "Lady"\nLovelace, née Byron', "2": "Bob"}


def test_backslashes_before_quotes_are_understood(drops: Drops) -> None:
    drops.drop("patients.csv", 'id,name\n1,"Ada \\"Lady\\" L."\n2,"B, C"\n')
    drops.settle()
    assert drops.latest() == {"1": 'Ada "Lady" L.', "2": "B, C"}


def test_a_bad_row_is_named_and_stops_nobody(drops: Drops, caplog: pytest.LogCaptureFixture) -> None:
    text = 'id,name,note\n1,Ada,"two\nlines"\n2,Bob\n3,"Cleo,x\n4,Dan,y\n5,Eve,z\n6,Fay,1,2\n,Nobody,\n7,Gus,z\n'
    drops.drop("patients.csv", text)
    drops.settle()
    assert drops.latest() == {"1": "Ada", "4": "Dan", "5": "Eve", "7": "Gus"}
    health = drops.world.poller.health
    assert "patients.csv: 4 rows could not be read, at line 4 (too few fields)" in health
    assert "5 (a quote" in health
    assert "8 (too many fields)" in health
    assert "9 (without id)" in health
    assert drops.condition().rejected == 4
    assert "Cleo" not in caplog.text
    assert "Nobody" not in caplog.text


def test_a_bad_row_is_a_dead_letter_once_in_its_own_bytes(drops: Drops) -> None:
    head, ada, bad, none = "id,name,note", "1,Ada,x", "2,Zoë", ',"née\r\nWeiß",y'
    drops.drop("patients.csv", "\r\n".join([head, ada, bad, none, bad, ""]).encode("cp1252"))
    drops.world.publisher.fail = True
    drops.settle()
    letters = drops.world.topic.letters
    assert [(one.where, one.reason, one.raw) for one in letters] == [
        ("patients.csv:3", "too few fields", b"2,Zo\xeb"),
        ("patients.csv:4", "without id", b',"n\xe9e\nWei\xdf",y'),
        ("patients.csv:6", "too few fields", b"2,Zo\xeb"),
    ]
    drops.restart()
    drops.settle()
    drops.drop("patients.csv", "\r\n".join([head, "1,Anna,x", bad, "3,Cleo", none, bad]).encode("cp1252"), at=60)
    drops.settle()
    assert [(one.where, one.raw) for one in letters[3:]] == [("patients.csv:4", b"3,Cleo")], "the others are known"


def test_no_more_than_so_many_bad_rows_of_a_file_become_dead_letters(drops: Drops) -> None:
    rows = [f"{number},n{number}" for number in range(MOST)]
    drops.drop("patients.csv", "\n".join(["id,name,note", *rows, ",nobody," + "x" * 200_000, "1,Ada,y"]))
    drops.settle()
    assert drops.condition().rejected == MOST + 1
    assert len(drops.world.topic.letters) == MOST
    assert drops.latest() == {"1": "Ada"}


def test_rows_behind_a_bad_one_are_not_deleted(drops: Drops) -> None:
    """A row that cannot be read is missing from the export, and still no sign that it is gone."""
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    drops.drop("patients.csv", "id,name\n1,Ada\n2,Bob,,,\n", at=60)
    drops.settle()
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob"}
    drops.drop("patients.csv", "id,name\n1,Ada\n", at=120)
    drops.settle()
    assert drops.latest() == {"1": "Ada"}


def test_of_rows_with_the_same_key_the_last_counts_and_it_is_said(drops: Drops) -> None:
    drops.drop("patients.csv", "id,name\n1,Ada\n1,Anna\n")
    drops.settle()
    assert drops.latest() == {"1": "Anna"}
    assert "1 rows repeat the key of another" in drops.world.poller.health


def test_excluded_columns_do_not_leave(tmp_path: Path) -> None:
    drops = Drops(tmp_path, what=replace(PATIENT, exclude=("name",)))
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    assert [dict(change.record) for change in drops.world.published] == [{"id": "1"}, {"id": "2"}]
