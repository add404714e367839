"""The sources of another hand than the proposals: rows and answers belong together. Proposals are not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from infra.proposals import (
    aesthetic,
    allied,
    australian,
    british,
    canadian,
    counselling,
    desktop,
    erp,
    hosted,
    optical,
    polyclinic,
    prefixed,
)
from infra.proposals.answers import Answer, written
from infra.proposals.scribe import Row
from infra.proposals.sources import KEYS, seen
from producers.landing import CONTENT_KEY

SOURCES: Mapping[str, tuple[ModuleType, str]] = {
    "canadian": (canadian, "demographic"),
    "hosted": (hosted, "patients"),
    "british": (british, "new_patients"),
    "prefixed": (prefixed, "patient"),
    "australian": (australian, "client_list"),
    "erp": (erp, "care_patient"),
    "desktop": (desktop, "Patients"),
    "allied": (allied, "clients"),
    "aesthetic": (aesthetic, "Client"),
    "optical": (optical, "patient"),
    "counselling": (counselling, "clients_client"),
    "polyclinic": (polyclinic, "PATIENT_MASTER"),
}
FILES = ("british", "australian")
"""Files declare no keys, and the reader takes their headings in lower case."""
NOBODY = frozenset({"", "None", "0", "-1"})
LOST = 0.05
"""At most so many references lead nowhere, as in a real clinic; a wrong answer or generator loses nearly all."""


def as_read(named: str) -> Mapping[str, Sequence[Row]]:
    made: Mapping[str, Sequence[Row]] = SOURCES[named][0].tables()
    if named not in FILES:
        return made
    return {name: [{column.lower(): row[column] for column in row} for row in rows] for name, rows in made.items()}


@pytest.fixture(scope="module", params=SOURCES)
def named(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tables(named: str) -> Mapping[str, Sequence[Row]]:
    return as_read(named)


@pytest.fixture(scope="module")
def answers(named: str) -> Mapping[str, Answer]:
    return written(KEYS / f"{named}.yaml")


def test_the_same_rows_come_again(named: str, tables: Mapping[str, Sequence[Row]]) -> None:
    assert as_read(named) == tables
    assert len(tables[SOURCES[named][1]]) >= 120


def test_every_answer_is_about_a_column_that_is_there(
    tables: Mapping[str, Sequence[Row]], answers: Mapping[str, Answer]
) -> None:
    for name, answer in answers.items():
        asked = {*answer.columns, *_columns(answer)}
        asked |= {answer.changed_at} if answer.changed_at else set()
        assert asked <= set(tables[name][0]), name


def test_keys_tell_rows_apart(named: str, tables: Mapping[str, Sequence[Row]], answers: Mapping[str, Answer]) -> None:
    declared = {} if named in FILES else SOURCES[named][0].KEYS
    for name, key in declared.items():
        assert not answers.get(name) or answers[name].keys in ((), ((key,),)), name
    right = {(name, key) for name, answer in answers.items() for (key,) in answer.keys}
    for name, key in {*right, *declared.items()}:
        columns = tables[name][0] if key == CONTENT_KEY else key.split(":")
        assert len({tuple(str(row[column]) for column in columns) for row in tables[name]}) == len(tables[name]), name


def test_references_lead_where_the_answers_say(
    named: str, tables: Mapping[str, Sequence[Row]], answers: Mapping[str, Answer]
) -> None:
    declared, followed = {} if named in FILES else SOURCES[named][0].KEYS, 0
    for name, answer in answers.items():
        for column, places in answer.columns.items():
            for place in places:
                if place.startswith("-> ") and "none" not in places:
                    to = place.removeprefix("-> ")
                    keys = {declared[to]} if to in declared else _keys_of(to, tables, answers)
                    known = {str(row[key]) for row in tables[to] for key in keys}
                    values = [str(row[column]) for row in tables[name] if str(row[column]) not in NOBODY]
                    lost = sum(value not in known for value in values)
                    assert values, f"{name}.{column}"
                    assert lost <= len(values) * LOST, f"{name}.{column} {place}"
                    followed += 1
    assert followed > 10


def _keys_of(name: str, tables: Mapping[str, Sequence[Row]], answers: Mapping[str, Answer]) -> set[str]:
    """A list of codes that is not judged has its codes first."""
    return _columns(answers[name]) if name in answers else {next(iter(tables[name][0]))}


def _columns(answer: Answer) -> set[str]:
    """Columns of the keys that are right; files without a key have one that the reader makes."""
    return {column for key in answer.keys for one in key for column in one.split(":")} - {CONTENT_KEY}


def test_the_sources_of_another_hand_can_be_profiled(tmp_path: Path) -> None:
    found = {one.name: one for one in seen(tmp_path)}
    assert set(found) == set(SOURCES)
    for name, one in found.items():
        rows = {facts.name: facts.rows for facts in one.profile.objects}
        assert rows == {table: len(made) for table, made in SOURCES[name][0].tables().items()}
        assert not any(facts.trouble for facts in one.profile.objects)
        assert one.answers.keys() <= rows.keys()
