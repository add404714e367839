"""Unique values: recognised as Twenty compares them, and left out where another record holds them."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Identity, IdentityState, Outcome, Part
from sinks import rows, unique
from sinks.batch import Work
from sinks.book import Book
from sinks.steps import Do, Step
from sinks.twenty.errors import Kind
from tests.unit.sinks.sender_fakes import Bench, refusal
from tests.unit.sinks.values import CATALOGUE, pending, version, write

PERSON = CATALOGUE["person"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("EMAILS", " Ada@X.Test ", "ada@x.test"),
        ("LINKS", "https://ACME.test/", "https://acme.test"),
        ("LINKS", "https://Acme.test/In/X", "https://acme.test/In/X"),
        ("TEXT", "E1", "E1"),
        ("TEXT", None, ""),
    ],
)
def test_values_are_compared_as_twenty_compares_them(kind: str, value: object, expected: str) -> None:
    assert unique.normalised(value, kind) == expected


def test_a_digest_does_not_show_the_value() -> None:
    mark = unique.digest("emails.primaryEmail", "ada@x.test")
    assert mark.startswith("emails.primaryEmail:") and "ada" not in mark
    assert mark != unique.digest("emails.primaryEmail", "eda@x.test")


def test_empty_values_claim_nothing() -> None:
    assert unique.claims({"emails": {"primaryEmail": ""}, "extId": ""}, PERSON) == {}
    assert unique.claims({"name": {"firstName": "A"}}, PERSON) == {}


def test_an_email_stays_beside_and_a_text_becomes_empty() -> None:
    row: dict[str, Any] = {"emails": {"primaryEmail": "a@x.test", "additionalEmails": ["b@x.test"]}, "extId": "E1"}
    flag = unique.without(row, "emails.primaryEmail", PERSON)
    assert row["emails"] == {"primaryEmail": "", "additionalEmails": ["a@x.test", "b@x.test"]}
    assert (flag.field, flag.raw) == ("emails.primaryEmail", "a@x.test")
    unique.without(row, "extId", PERSON)
    assert row["extId"] == ""


def _row(holder: str | None) -> rows.Row:
    part = Part("", "person", fields={"emails": {"primaryEmail": "a@x.test", "additionalEmails": []}})
    one = pending(write(1, part))
    mark = unique.digest("emails.primaryEmail", "a@x.test")
    book = Book()
    if holder:
        book.put(Identity(holder, "", "person", "r", version(1), IdentityState.LIVE, unique=(mark,)))
    return rows.build(one, Step(Do.CREATE, "", "person", "row", Outcome.CREATED, part), book, CATALOGUE)


def test_a_row_keeps_a_value_that_nobody_or_itself_holds() -> None:
    for holder in (None, "s/patient/1"):
        row = _row(holder)
        assert row.payload["emails"]["primaryEmail"] == "a@x.test" and len(row.unique) == 1 and row.flags == ()


def test_a_row_does_without_a_value_that_another_holds() -> None:
    row = _row("s/patient/2")
    assert row.payload["emails"] == {"primaryEmail": "", "additionalEmails": ["a@x.test"]}
    assert row.unique == () and [flag.reason for flag in row.flags] == [unique.HELD_BY_ANOTHER]


def test_the_original_fields_of_a_write_are_never_changed() -> None:
    part = Part("", "person", fields={"emails": {"primaryEmail": "a@x.test", "additionalEmails": []}})
    one = pending(write(1, part))
    one.withheld[""] = {"emails.primaryEmail": "why"}
    rows.build(one, Step(Do.CREATE, "", "person", "row", Outcome.CREATED, part), Book(), CATALOGUE)
    assert part.fields == {"emails": {"primaryEmail": "a@x.test", "additionalEmails": []}}


def test_a_link_that_a_newer_version_lacks_is_emptied_and_a_junction_has_its_own_column() -> None:
    known = Identity("s/patient/1", "", "noteTarget", "row", version(1), IdentityState.LIVE, links={"person": "p"})
    part = Part("", "noteTarget")
    step = Step(Do.UPSERT, "", "noteTarget", "row", Outcome.UPDATED, part, known)
    row = rows.build(pending(write(2, part)), step, Book([known]), CATALOGUE)
    assert row.payload == {"id": "row", "targetPersonId": None}


def test_rows_of_some_fields_share_a_request_only_with_their_like() -> None:
    known = Identity("s/patient/1", "", "person", "row", version(1), IdentityState.LIVE)
    part = Part("", "person", fields={"jobTitle": "x"})
    one = pending(write(1, part))
    whole = Step(Do.UPSERT, "", "person", "row", Outcome.UPDATED, part, known)
    link = Step(Do.LINK, "", "person", "row", Outcome.LINKED, part, known)
    groups = [rows.group_of(one, step, Book([known]), CATALOGUE) for step in (whole, link)]
    assert [group.do for group in groups] == [Do.UPSERT, Do.UPSERT] and groups[0] != groups[1]
    claims = list(rows.claims(Work(one, whole, groups[0]), CATALOGUE))
    assert claims == ["row"]


def test_an_upsert_says_nothing_of_an_empty_unique_value() -> None:
    row = {"id": "1", "city": "Rome", "emails": {"primaryEmail": "", "additionalEmails": []}}
    assert unique.unmatched(row, PERSON) == {"id": "1", "city": "Rome"}
    full = {**row, "emails": {"primaryEmail": "ada@x.test", "additionalEmails": []}}
    assert unique.unmatched(full, PERSON) == full


@pytest.mark.parametrize(
    ("held", "left"),
    [
        ({"primaryEmail": "ada@x.test", "additionalEmails": ["eda@x.test"]}, True),
        ({"primaryEmail": "", "additionalEmails": ["EDA@x.test"], "more": 1}, False),
        ({"primaryEmail": None, "additionalEmails": None}, True),
        (None, True),
    ],
)
def test_what_an_upsert_left_standing_is_written_afterwards(held: dict[str, Any] | None, left: bool) -> None:
    wanted = {"primaryEmail": "", "additionalEmails": ["eda@x.test"]}
    row = {"id": "1", "city": "Rome", "emails": wanted}
    answer = {"id": "1", "city": "Paris", "emails": held}
    assert unique.standing(row, answer, PERSON) == ({"emails": wanted} if left else {})


def test_an_empty_value_that_twenty_has_as_null_is_left_alone() -> None:
    row = {"id": "1", "emails": {"primaryEmail": "", "additionalEmails": []}}
    answer = {"id": "1", "emails": {"primaryEmail": "", "additionalEmails": None}}
    assert unique.standing(row, answer, PERSON) == {}


def test_a_record_without_a_value_is_told_what_to_do_where_two_empty_ones_count_as_equal() -> None:
    """A real 1.10 on the newer of its metadata engines refuses every patient without an NPI but one."""
    bench = Bench()
    bench.twenty.rule = lambda row: None if row.get("extId") else refusal(Kind.DUPLICATE)
    parts = [Part("", "person", fields={"extId": value}, content_hash=f"x{value}") for value in ("", "7")]
    bench.kafka.publish(*(write(i, part, key=f"s/patient/{i}") for i, part in enumerate(parts)))
    bench.turn(8)
    assert bench.outcomes("s/patient/0") == [Outcome.DEAD_LETTERED]
    assert bench.outcomes("s/patient/1") == [Outcome.CREATED]
    (dead,) = bench.outcomes_of(Outcome.DEAD_LETTERED)
    assert "all records without extId for equal; make the field not unique" in dead.reason
