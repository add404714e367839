"""Owners: the fallback stands in, is replaced by whom the source names, and never takes a person's place."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Identity, IdentityState, Link, Outcome, Part
from sinks import rows
from sinks.adoption import adopting
from sinks.book import Book
from sinks.catalogue import TargetObject
from sinks.identity import next_step
from sinks.owners import owned, ownerless
from sinks.steps import Do, Step
from sinks.twenty.errors import TwentyError
from tests.unit.sinks.values import pending, version, write

TASK = TargetObject("task", "tasks", {"title": "TEXT", "assignee": "RELATION"}, owner="assignee", fallback="lead")
BARE = TargetObject("task", "tasks", {"title": "TEXT", "assignee": "RELATION"})
MEMBERS = [{"id": "lead", "userEmail": "Lead@clinic.test"}, {"id": "doc", "userEmail": "doc@clinic.test"}]


def task(assignee: str | None = None) -> Part:
    link = Link("assignee", "s/staff/1\0", required=False, twenty_id=assignee)
    return Part("", "task", fields={"title": "x"}, links=(link,), content_hash=f"x{assignee}")


def payload(
    part: Part, *known: Identity, target: TargetObject = TASK, restored: bool = False, replaced: Part | None = None
) -> dict[str, Any]:
    book = Book(known)
    one = pending(write(2, part))
    if replaced is not None:
        one.remember(write(1, replaced))
    if restored:
        one.restored.add("")
    step = next_step(one, book)
    assert isinstance(step, Step)
    return rows.build(one, step, book, {"task": target}).payload


def live(**more: Any) -> Identity:
    return Identity("s/patient/1", "", "task", "row", version(1), more.pop("state", IdentityState.LIVE), **more)


def test_a_new_record_whose_owner_is_not_known_gets_the_fallback() -> None:
    assert payload(task())["assigneeId"] == "lead"
    assert payload(task("doc"))["assigneeId"] == "doc"
    assert "assigneeId" not in payload(task(), target=BARE)


def test_a_change_leaves_the_owner_whom_somebody_set_in_twenty() -> None:
    assert "assigneeId" not in payload(task(), live())


def test_the_owner_whom_the_source_names_takes_the_fallbacks_place() -> None:
    assert payload(task("doc"), live())["assigneeId"] == "doc"


@pytest.mark.parametrize(
    ("then", "wanted"), [("doc", {"assigneeId": "lead"}), (None, {}), ("", {})], ids=["set", "unresolved", "taken back"]
)
def test_a_row_loses_only_an_owner_whom_a_replaced_version_may_have_given_it(
    then: str | None, wanted: dict[str, str]
) -> None:
    sent = payload(task(), live(), replaced=task(then))
    assert {name: row for name, row in sent.items() if name == "assigneeId"} == wanted


def test_an_owner_who_is_withdrawn_is_replaced_by_the_fallback() -> None:
    assert payload(task(), live(links={"assignee": "doc"}))["assigneeId"] == "lead"


def test_a_link_that_is_taken_back_leaves_no_record_without_an_owner() -> None:
    identity = live(links={"assignee": "doc"})
    one = pending(write(1, task("")))
    step = Step(Do.LINK, "", "task", "row", Outcome.LINKED, one.write.parts[0], identity)
    assert rows.build(one, step, Book([identity]), {"task": TASK}).payload["assigneeId"] == "lead"


def test_a_record_that_comes_back_has_an_owner() -> None:
    gone = live(state=IdentityState.DELETED)
    assert payload(task(), gone, restored=True)["assigneeId"] == "lead"


@pytest.mark.parametrize(("before", "wanted"), [(None, "lead"), ("colleague", None)])
def test_an_adopted_row_keeps_the_owner_that_it_has(before: str | None, wanted: str | None) -> None:
    row = {"id": "row", "assigneeId": before}
    claimed = adopting("s/patient/1", task(), version(2), row, TASK)
    assert payload(task(), claimed).get("assigneeId") == wanted
    assert payload(task("doc"), claimed)["assigneeId"] == "doc"


def test_the_fallback_is_found_by_e_mail_whatever_its_case() -> None:
    found = owned({"task": BARE}, {"task": "assignee", "person": "owner"}, " lead@CLINIC.test ", lambda: MEMBERS)
    assert (found["task"].owner, found["task"].fallback) == ("assignee", "lead")


def test_without_owners_the_members_are_not_read() -> None:
    assert owned({"task": BARE}, {}, "", lambda: pytest.fail("read")) == {"task": BARE}


@pytest.mark.parametrize(
    ("fallback", "relation", "reason"),
    [("nobody@clinic.test", "assignee", "fallback_owner"), ("lead@clinic.test", "owner", "apply the schema")],
)
def test_what_is_missing_is_said(fallback: str, relation: str, reason: str) -> None:
    with pytest.raises(TwentyError, match=reason):
        owned({"task": BARE}, {"task": relation}, fallback, lambda: MEMBERS)


def test_only_live_records_of_the_system_count_as_without_an_owner() -> None:
    found: list[dict[str, Any]] = [
        {"key": "s/patient/1", "ownerId": None},
        {"key": "s/patient/2", "ownerId": "doc"},
        {"key": "s/patient/3", "ownerId": None, "deletedAt": "2026-01-01"},
        {"key": "other/patient/4", "ownerId": None},
        {"key": None, "ownerId": None},
    ]
    assert ownerless(found, "ownerId", "key", "s") == ["s/patient/1"]
