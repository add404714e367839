"""Rows that do not belong into Twenty."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.transform import MappingTransform
from schemas.mapping import MappingError
from schemas.records import Operation, RecordChange, Value, Write, WriteKind
from tests.tiny import NOW, UNIT, VERSION, mapping, transformed

PATIENTS = mapping(
    """\
    twenty: {}
    objects:
      patient:
        source: {relation: patients, key: [id]}
        skip:
          - {reason: a test patient, when: {kind: [test]}}
          - {reason: no activity in 24 months, stale: {columns: [last_seen, created], months: 24}}
          - {reason: archived long ago, when: {archived: present}, stale: {columns: [archived], months: 6}}
        derives: [{object: insurer, key: insurer, carry: {name: insurer}}]
        parts:
          - {target: person, fields: {jobTitle: {from: job, required: true}}}
    derived:
      insurer: {parts: [{target: company, fields: {name: name}}]}
    """
)
ROW: dict[str, Value] = {
    "id": "1", "kind": "", "job": "x", "last_seen": None, "created": None, "archived": None, "insurer": "Acme",
}  # fmt: skip


def write(**row: Value) -> Write:
    made = transformed(PATIENTS, {**ROW, **row}, "patient").write
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, ""),
        ({"last_seen": date(2022, 6, 1)}, ""),
        ({"last_seen": date(2022, 5, 31)}, "no activity in 24 months"),
        ({"last_seen": "2022-05-31T10:00:00"}, "no activity in 24 months"),
        ({"last_seen": "2010-01-01", "created": "2024-01-01"}, ""),
        ({"last_seen": "2010-01-01", "created": "long ago"}, "no activity in 24 months"),
        ({"last_seen": "long ago"}, ""),
        ({"last_seen": "2024-05-01", "archived": "2023-01-01"}, "archived long ago"),
        ({"last_seen": "2024-05-01", "archived": "2024-05-01"}, ""),
    ],
)
def test_a_stale_row_is_not_let_in(row: dict[str, Value], reason: str) -> None:
    made = write(**row)
    assert (made.kind, made.skip, len(made.parts)) == (WriteKind.WRITE, reason, 1)


def test_a_row_that_is_left_out_is_taken_out() -> None:
    made = transformed(PATIENTS, {**ROW, "kind": " TEST "}, "patient")
    assert made.write is not None and made.derived == ()
    assert (made.write.kind, made.write.skip, made.write.parts) == (WriteKind.DELETE, "a test patient", ())


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 4000))
def test_the_age_of_a_row_is_reckoned_from_when_it_was_read(seen: date, days: int) -> None:
    """So a replay says what was said before, and the same row read later may be stale."""
    read_at = NOW + timedelta(days=days)
    change = RecordChange("tiny", "patient", "1", Operation.UPSERT, {**ROW, "last_seen": seen}, read_at)
    transform = MappingTransform(PATIENTS, workspace_url="https://crm.test")
    first, second = (transform(change, VERSION, UNIT).write for _ in range(2))
    assert first == second and first is not None
    today = read_at.astimezone(UTC).date()
    assert (first.skip != "") == (seen < today.replace(year=today.year - 2) if (today.month, today.day) != (2, 29)
                                  else seen < date(today.year - 2, 2, 28))  # fmt: skip


def test_the_day_is_the_clinic_s() -> None:
    midnight = datetime(2024, 6, 1, 2, tzinfo=UTC)  # the evening before in New York
    change = RecordChange("tiny", "patient", "1", Operation.UPSERT, {**ROW, "last_seen": date(2022, 5, 31)}, midnight)
    made = MappingTransform(PATIENTS, workspace_url="https://crm.test")(change, VERSION, UNIT).write
    assert made is not None and made.skip == ""


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{reason: x}", "expected `when`, `stale` or both"),
        ("{reason: x, stale: {columns: [], months: 3}}", "at least 1"),
        ("{reason: x, stale: {columns: [a], monhs: 3}}", "did you mean 'months'"),
    ],
)
def test_mistakes(rule: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping(
            f"""\
            twenty: {{}}
            objects:
              patient:
                source: {{relation: patients, key: [id]}}
                skip: [{rule}]
                parts: [{{target: person, fields: {{jobTitle: job}}}}]
            """
        )


def test_a_part_that_stands_in_names_the_one_that_may_have_a_row() -> None:
    provider = """\
    twenty: {{}}
    objects:
      provider:
        source: {{relation: providers, key: [id]}}
        parts:
          - {{name: account, target: workspaceMember, match: {{field: userEmail, by: {{from: email, as: email}}}}}}
          - {{target: person, unless: {unless}, fields: {{jobTitle: job}}}}
    """
    of = mapping(provider.format(unless="account"))
    made = transformed(of, {"email": "a@x.test", "job": "x"}, "provider").write
    assert made is not None and [part.unless for part in made.parts] == ["", "account"]
    with pytest.raises(MappingError, match="did you mean 'account'"):
        mapping(provider.format(unless="acount"))
