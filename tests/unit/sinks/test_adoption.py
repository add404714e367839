"""Which rows a record takes over, and why a batch was refused as a duplicate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.keys import twenty_id
from schemas.records import Identity, IdentityState, Match, Outcome, Part
from sinks.adoption import CONTRADICTED, FOREIGN, SEVERAL, TRASHED, UNKNOWN, Finding, Foreign, before_image, judge
from sinks.batch import Group, Work
from sinks.book import Book
from sinks.duplicates import Cause, causes, values_asked
from sinks.rows import Row
from sinks.steps import Do, Step
from sinks.unique import HELD_BY_ANOTHER
from tests.unit.sinks.values import CATALOGUE, pending, version, write

PERSON = CATALOGUE["person"]
MAIL = "emails.primaryEmail"
FOREIGNER = "0b9f6c6e-2f6c-4c60-9f0e-7f0f5d3b8a11"


def row(row_id: str, email: str = "", first: str = "Ada", **more: Any) -> dict[str, Any]:
    return {"id": row_id, "emails": {"primaryEmail": email}, "name": {"firstName": first}, **more}


def part(*matches: Match, email: str = "ada@x.test") -> Part:
    return Part("", "person", fields={"emails": {"primaryEmail": email}, "jobTitle": "x"}, matches=matches)


BY_MAIL = Match(MAIL, "Ada@x.test", {"name.firstName": "ada", "dateOfBirth": ""})


@pytest.mark.parametrize(
    ("rows", "adopted"),
    [
        ([row("r1", "ada@x.test")], "r1"),
        ([row("r1", "ada@x.test", first=" ADA ")], "r1"),
        ([row("r1", "ada@x.test", first="")], "r1"),  # empty contradicts nothing
        ([row("r1", "eda@x.test")], None),
        ([row("r1", "ada@x.test", first="Boris")], None),
        ([row("r1", "ada@x.test"), row("r2", "ada@x.test")], None),
        ([], None),
    ],
)
def test_a_row_is_adopted_when_it_matches_alone_and_nothing_contradicts(
    rows: list[dict[str, Any]], adopted: str | None
) -> None:
    finding = judge(part(BY_MAIL), rows, PERSON)
    assert (finding.row["id"] if finding.row else None) == adopted


def test_a_contradicted_row_keeps_its_value_and_is_named() -> None:
    finding = judge(part(BY_MAIL), [row("r1", "ada@x.test", first="Boris")], PERSON)
    assert finding.withheld == {MAIL: CONTRADICTED}
    assert "r1" in finding.flags[0].reason and "Boris" not in finding.flags[0].reason


def test_two_rows_are_named_both() -> None:
    by_text = Match("jobTitle", "nurse")
    rows = [row("r1", "ada@x.test"), row("r2", "b@x.test", jobTitle="Nurse")]
    finding = judge(part(BY_MAIL, by_text), rows, PERSON)
    assert finding.row is None
    assert finding.flags[0].reason == f"{SEVERAL}: r1, r2"


def test_the_swept_rows_are_found_by_any_match_field() -> None:
    foreign = Foreign(PERSON, [row("r1", "ada@x.test"), row("r2", jobTitle="Nurse"), row("r3")])
    found = foreign.matching(part(BY_MAIL, Match("jobTitle", " nurse ")))
    assert sorted(hit["id"] for hit in found) == ["r1", "r2"]
    assert foreign.matching(part(Match("jobTitle", ""))) == []


def test_the_image_is_the_row_without_what_twenty_computes() -> None:
    assert before_image(row("r1", searchVector="'ada':1")) == row("r1")


def _cause(
    holders: list[dict[str, Any]], *, own: dict[str, Any] | None = None, book: Book | None = None, matches: bool = True
) -> Cause:
    one = part(BY_MAIL) if matches else part()
    step = Step(Do.CREATE, "", "person", "mine", Outcome.CREATED, one)
    work = Work(pending(write(1, one)), step, Group(Do.CREATE, "person"))
    sent = Row({"id": "mine", **one.fields}, (), ())
    assert values_asked([sent], PERSON) == {MAIL: ["ada@x.test"]}
    by_id = {"mine": own} if own else {}
    return causes([work], [sent], by_id, {(MAIL, "ada@x.test"): holders}, book or Book(), PERSON)[0]


def test_a_duplicate_may_be_our_own_row() -> None:
    assert _cause([], own=row("mine")) == Cause(exists=True)
    assert _cause([], own=row("mine", deletedAt="2026-01-01")) == Cause(trashed=True)
    assert _cause([row("mine", "ada@x.test")], own=row("mine", "ada@x.test")) == Cause(exists=True)


def test_a_duplicate_may_be_another_record_of_ours() -> None:
    other = Identity("s/patient/2", "", "person", "theirs", version(1), IdentityState.LIVE)
    for state in (IdentityState.LIVE, IdentityState.DELETED):
        book = Book([replace(other, state=state)])
        assert _cause([row("theirs", "ada@x.test")], book=book).finding == Finding(None, {MAIL: HELD_BY_ANOTHER})


def test_a_duplicate_may_be_a_foreign_row() -> None:
    found = _cause([row(FOREIGNER, "ada@x.test")])
    assert found.finding.row is not None and found.finding.row["id"] == FOREIGNER
    assert _cause([row(FOREIGNER, "ada@x.test", first="Boris")]).finding.withheld == {MAIL: CONTRADICTED}
    assert _cause([row(FOREIGNER, "ada@x.test")], matches=False).finding.withheld == {MAIL: f"{FOREIGN}: {FOREIGNER}"}
    trashed = row(FOREIGNER, "ada@x.test", deletedAt="2026-01-01")
    assert _cause([trashed]).finding == Finding(None, {MAIL: f"{TRASHED}: {FOREIGNER}"})


def test_a_duplicate_may_be_a_row_that_we_made_and_never_heard_of() -> None:
    ours = row(twenty_id("s/patient/2", ""), "ada@x.test", sourceSystemId="s/patient/2")
    for held in (ours, {**ours, "deletedAt": "2026-01-01"}):
        cause = _cause([held])
        assert cause.finding == Finding(None, {MAIL: HELD_BY_ANOTHER}) and cause.behind == {ours["id"]}
    unnamed = {**ours, "sourceSystemId": ""}
    assert _cause([unnamed]).finding == Finding(None, {MAIL: f"{UNKNOWN}: {ours['id']}"})


def test_a_duplicate_that_nothing_explains_says_so() -> None:
    assert not _cause([]).known
