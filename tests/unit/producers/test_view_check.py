"""A mistake in a view is found in the mapping file, with its line, before anything runs."""

from __future__ import annotations

import pytest

from producers.view_check import query_doubts, view_mistakes
from schemas.mapping import MappingError, built_in, load_mapping, parse_mapping
from tests.tiny import HEAD, PERSON

GOOD = (
    HEAD
    + PERSON
    + """\
objects:
  patient:
    source: {relation: clinic.patients, key: [id]}
    parts: [{target: person, fields: {name: {of: {lastName: name}}}}]
  invoice:
    source: {relation: invoices, key: [id], exclude: [remark]}
    for_views: [patient, open]
  balance:
    source:
      view: >-
        select p.id,
               coalesce(sum(try_cast(i.open as decimal(18, 2))), 0) as owed
          from patients p

          left join invoices i on i.patient = p.id
         group by p.id
      key: [id]
    parts:
      - target: person
        anchor: {to: patient, by: id, required: true}
        fields:
          jobTitle: owed
"""
)


def found(old: str, new: str) -> list[str]:
    assert GOOD.count(old) == 1, old
    with pytest.raises(MappingError) as caught:
        parse_mapping(GOOD.replace(old, new), "tiny.yaml", view_mistakes)
    return str(caught.value).splitlines()


def test_what_is_right_passes() -> None:
    assert parse_mapping(GOOD, "tiny.yaml", view_mistakes).objects["invoice"].parts == []


@pytest.mark.parametrize("name", built_in())
def test_the_views_that_come_with_dualrun_can_be_run(name: str) -> None:
    assert list(view_mistakes(load_mapping(name))) == []
    assert list(query_doubts(load_mapping(name))) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("  from patients p", "  form patients p", 20, "cannot be read: syntax error"),
        ("join invoices i", "join invoces i", 22, "'invoces': expected one of invoices, patients; did you mean"),
        ("i.open as", "i.opn as", 19, "invoice names no column 'opn'; did you mean 'open'?"),
        ("i.patient =", "i.remark =", 22, "invoice names no column 'remark'; if the source has it, list it under"),
        ("sum(try_cast(i.open as decimal(18, 2)))", "sum(i.open)", 19, "read numbers and times out of them"),
        ("as owed", "as owned", 29, "its view gives no column 'owed'; did you mean 'owned'?"),
        ("for_views: [patient, open]", "for_views: []", 12, "expected at least one part"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, message: str) -> None:
    (problem,) = found(old, new)
    assert problem.startswith(f"tiny.yaml:{line}: ") and message in problem, problem


def test_every_unknown_column_is_named() -> None:
    problems = found("for_views: [patient, open]", "for_views: [something]")
    assert ["'open'" in one or "'patient'" in one for one in problems] == [True, True], problems


def test_what_duckdb_cannot_read_of_a_database_is_a_doubt() -> None:
    text = GOOD.replace("      view: >-", "      query: >-").replace("  from patients p", "  form patients p")
    text = text.replace("    for_views: [patient, open]", "    parts: [{target: person, fields: {jobTitle: open}}]")
    assert parse_mapping(text, "tiny.yaml", view_mistakes).sources[2].query
    with pytest.raises(MappingError, match=r"tiny\.yaml:20: .*ask it with --settings"):
        parse_mapping(text, "tiny.yaml", query_doubts)
