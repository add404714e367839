"""The version fence, case by case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.keys import twenty_id
from schemas.records import (
    Attachment,
    Identity,
    IdentityState,
    Link,
    Match,
    Outcome,
    Part,
    PartMode,
    Write,
    WriteKind,
)
from sinks import rows
from sinks.book import Book
from sinks.identity import next_step, written
from sinks.links import via
from sinks.pending import Upload
from sinks.removal import removal_order
from sinks.steps import DONE, NO_MEMBER, Do, Done, Settled, Step
from tests.unit.sinks.values import CATALOGUE, at, pending, version, write

KEY = "s/patient/1"
ROW = twenty_id(KEY, "")
PARENT = "99999999-9999-5999-8999-999999999999"


def identity(number: int = 1, state: IdentityState = IdentityState.LIVE, **more: object) -> Identity:
    known = Identity(KEY, "", "person", ROW, version(number), state, content_hash="h")
    return replace(known, **more)  # type: ignore[arg-type]


def part(name: str = "", target: str = "person", **more: object) -> Part:
    return replace(Part(name, target, fields={"jobTitle": "x"}, content_hash="h"), **more)  # type: ignore[arg-type]


def asked(number: int, *identities: Identity, parts: tuple[Part, ...] = (part(),), **more: Any) -> Do | Outcome | None:
    """What comes next: a request, an outcome without one, or None."""
    step = next_step(pending(write(number, *parts, **more)), Book(identities))
    if isinstance(step, Done):
        return None
    return step.do if isinstance(step, Step) else step.outcome


@pytest.mark.parametrize(
    ("number", "known", "expected"),
    [
        (1, None, Do.CREATE),
        (1, identity(2), Outcome.SUPERSEDED),
        (2, identity(2), Outcome.UNCHANGED),
        (3, identity(2), Outcome.UNCHANGED),  # same content: no request, the new version is noted
        (3, identity(2, content_hash="other"), Do.UPSERT),
        (3, identity(2, content_hash=""), Do.UPSERT),
        (3, identity(2, target="company"), Do.DELETE),  # it moved to another object
        (3, identity(2, IdentityState.DELETED), Do.RESTORE),
        (3, identity(2, IdentityState.DELETED, origin=Outcome.DELETED), Do.CREATE),  # never was there
        (2, identity(2, IdentityState.DELETED), Outcome.UNCHANGED),
        (1, identity(2, IdentityState.DELETED), Do.DELETE),  # a dead process may have sent it
        (2, identity(2, IdentityState.ADOPTING, origin=Outcome.ADOPTED), Do.UPSERT),
        (3, identity(2, IdentityState.ADOPTING, origin=Outcome.ADOPTED), Do.UPSERT),
        (3, identity(2, IdentityState.ROLLED_BACK), Do.RESTORE),
        (3, identity(2, IdentityState.ROLLED_BACK, origin=Outcome.ADOPTED), Do.CREATE),
    ],
)
def test_the_fence(number: int, known: Identity | None, expected: object) -> None:
    assert asked(number, *([known] if known else [])) == expected


def test_a_repair_passes_at_an_equal_version_and_not_below() -> None:
    assert asked(2, identity(2), repair=True) == Do.UPSERT
    assert asked(2, identity(2, IdentityState.DELETED), repair=True) == Do.RESTORE
    assert asked(1, identity(2), repair=True) == Outcome.SUPERSEDED


def test_a_superseded_version_takes_back_what_an_earlier_process_may_have_sent() -> None:
    other = identity(5, part="other", twenty_id="other")
    one = pending(write(1, part()))
    step = next_step(one, Book([other]))
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.DELETE, ROW)
    trace = written(one, step, Book([other]))
    assert trace is not None and (trace.version, trace.state) == (version(1), IdentityState.DELETED)


def test_a_superseded_version_is_taken_back_though_its_delete_found_nothing() -> None:
    gone = identity(5, IdentityState.DELETED, target="", origin=Outcome.DELETED)
    step = next_step(pending(write(1, part())), Book([gone]))
    assert isinstance(step, Step) and (step.do, step.target, step.twenty_id) == (Do.DELETE, "person", ROW)


def test_a_delete_leaves_a_trace_even_where_nothing_was() -> None:
    step = next_step(pending(write(4, kind=WriteKind.DELETE)), Book())
    assert isinstance(step, Settled) and step.part is None and step.outcome is Outcome.DELETED
    assert step.identity is not None and step.identity.state is IdentityState.DELETED
    assert asked(3, step.identity) == Do.DELETE  # takes back what may be there …
    assert asked(5, step.identity) == Do.CREATE


def test_parts_that_refer_to_others_are_removed_before_them() -> None:
    note = Identity(KEY, "n", "note", "note-row", version(1), IdentityState.LIVE)
    target = Identity(KEY, "t", "noteTarget", "t-row", version(1), IdentityState.LIVE, links={"note": "note-row"})
    assert removal_order([target, note]) == removal_order([note, target]) == [target, note]
    step = next_step(pending(write(2, kind=WriteKind.DELETE)), Book([target, note]))
    assert isinstance(step, Step) and step.name == "t"


def test_parts_that_are_no_longer_named_go_after_the_others_are_written() -> None:
    old = identity(1, part="old", twenty_id="old-row")
    one = pending(write(2, part()))
    book = Book([old])
    step = next_step(one, book)
    assert isinstance(step, Step) and step.do is Do.CREATE
    fresh = written(one, step, book)
    assert fresh is not None
    book.put(fresh)
    one.accounted.add("")
    step = next_step(one, book)
    assert isinstance(step, Step) and (step.do, step.name) == (Do.DELETE, "old")


def test_a_link_that_resolved_later_is_written_once() -> None:
    linked = part(links=(Link("company", "t", False, PARENT),))
    known = identity(2)
    assert asked(2, known, parts=(linked,)) == Do.LINK
    assert asked(2, replace(known, links={"company": PARENT}), parts=(linked,)) == Outcome.UNCHANGED
    one = pending(write(2, linked))
    step = next_step(one, Book([known]))
    assert isinstance(step, Step)
    after = written(one, step, Book([known]))
    assert after is not None and dict(after.links) == {"company": PARENT} and after.version == version(2)


def test_a_patch_never_touches_another_version() -> None:
    patch = (part(links=(Link("company", "t", False, PARENT),)),)
    assert asked(2, identity(3), parts=patch, kind=WriteKind.PATCH) is None
    assert asked(2, parts=patch, kind=WriteKind.PATCH) is None
    assert asked(2, identity(2, IdentityState.DELETED), parts=patch, kind=WriteKind.PATCH) is None
    assert asked(2, identity(2), parts=patch, kind=WriteKind.PATCH) == Do.LINK


def test_a_link_of_a_fragment_does_not_bring_its_row_back() -> None:
    patient = Identity("s/patient/9", "", "person", PARENT, version(1), IdentityState.LIVE)
    mine = identity(2, mode=PartMode.FRAGMENT, twenty_id=PARENT)
    patch = (part(mode=PartMode.FRAGMENT, links=(Link("company", "t", False, ROW),)),)
    assert asked(2, patient, mine, parts=patch, kind=WriteKind.PATCH) == Do.LINK
    gone = replace(patient, state=IdentityState.DELETED)
    assert asked(2, gone, mine, parts=patch, kind=WriteKind.PATCH) is Outcome.UNCHANGED, "written when it comes back"


def test_a_row_that_comes_back_is_without_the_relations_that_it_had() -> None:
    known = identity(1, links={"company": PARENT})
    deleting = pending(write(2, kind=WriteKind.DELETE))
    step = next_step(deleting, Book([known]))
    assert isinstance(step, Step) and step.do is Do.DELETE
    trashed = written(deleting, step, Book([known]))
    assert trashed is not None
    back = pending(write(3, part()))
    back.restored.add("")
    step = next_step(back, Book([trashed]))
    assert isinstance(step, Step) and step.outcome is Outcome.RESTORED
    assert rows.build(back, step, Book([trashed]), CATALOGUE).payload == {"id": ROW, "jobTitle": "x", "companyId": None}


def test_a_relation_of_a_version_whose_sender_died_does_not_stay() -> None:
    one = pending(write(2, part(links=(Link("company", "t", False, PARENT),))))
    one.replace_with(write(3, part()), at(3))
    step = next_step(one, Book([identity(1)]))
    assert isinstance(step, Step) and step.do is Do.UPSERT
    assert rows.build(one, step, Book([identity(1)]), CATALOGUE).payload["companyId"] is None
    one.replace_with(write(4, part(links=(Link("company", "t", False, ROW),))), at(4))
    step = next_step(one, Book([identity(1)]))
    assert isinstance(step, Step)
    assert rows.build(one, step, Book([identity(1)]), CATALOGUE).payload["companyId"] == ROW


def test_a_link_to_a_row_that_its_record_leaves_again_is_remembered_until_it_has() -> None:
    child = part(links=(Link("company", "s/insurer/1\0", False, PARENT),))
    back = Identity("s/insurer/1", "", "company", ROW, version(9), IdentityState.DELETED)
    assert via(child, Book([back])) == {"company": "s/insurer/1\0"}
    assert via(child, Book([replace(back, state=IdentityState.LIVE, twenty_id=PARENT)])) == {}


def test_a_child_of_a_deleted_parent_goes_back_to_hold() -> None:
    gone = Identity("s/insurer/1", "", "company", PARENT, version(9), IdentityState.DELETED)
    linked = part(links=(Link("company", "t", True, PARENT),))
    assert asked(1, gone, parts=(linked,)) == Do.RETURN
    assert asked(2, gone, identity(2, links={"company": PARENT}), parts=(linked,)) == Outcome.UNCHANGED


def test_a_fragment_needs_its_anchor_alive() -> None:
    anchored = part(mode=PartMode.FRAGMENT, anchor=Link("", "t", True, PARENT))
    patient = Identity("s/patient/9", "", "person", PARENT, version(1), IdentityState.LIVE)
    mine = identity(1, mode=PartMode.FRAGMENT, twenty_id=PARENT, owned=("jobTitle",), content_hash="other")
    assert asked(1, patient, parts=(anchored,)) == Do.UPSERT
    assert asked(1, replace(patient, state=IdentityState.DELETED), parts=(anchored,)) == Do.RETURN
    assert asked(2, patient, mine, parts=(anchored,)) == Do.UPSERT
    assert asked(2, patient, mine, kind=WriteKind.DELETE, parts=()) == Do.CLEAR
    gone = replace(patient, state=IdentityState.DELETED)
    assert asked(2, gone, mine, kind=WriteKind.DELETE, parts=()) == Outcome.DELETED


def test_a_fragment_whose_anchor_moved_clears_the_old_row_first() -> None:
    anchored = part(mode=PartMode.FRAGMENT, anchor=Link("", "t", True, PARENT))
    rows = [
        Identity(f"s/patient/{row}", "", "person", row, version(1), IdentityState.LIVE) for row in (PARENT, "old-row")
    ]
    mine = identity(1, mode=PartMode.FRAGMENT, twenty_id="old-row", owned=("jobTitle",))
    one = pending(write(2, anchored))
    step = next_step(one, Book([*rows, mine]))
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.CLEAR, "old-row")
    one.vacated.add(("", step.twenty_id))
    step = next_step(one, Book([*rows, mine]))
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.UPSERT, PARENT)


def test_a_member_is_looked_up_then_updated_or_skipped() -> None:
    matched = part(target="workspaceMember", mode=PartMode.MATCH, matches=(Match("userEmail", "a@x.test"),))
    one = pending(write(1, matched))
    step = next_step(one, Book())
    assert isinstance(step, Step) and step.do is Do.MATCH
    one.matched[""] = "member"
    step = next_step(one, Book())
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.UPDATE, "member")
    one.matched[""] = ""
    settled = next_step(one, Book())
    assert isinstance(settled, Settled) and (settled.outcome, settled.reason) == (Outcome.SKIPPED, NO_MEMBER)
    assert settled.flags


def test_a_file_is_uploaded_before_its_record() -> None:
    document = part(target="attachment", attachment=Attachment("file:a", "a"))
    one = pending(write(1, document))
    step = next_step(one, Book())
    assert isinstance(step, Step) and step.do is Do.UPLOAD
    one.uploads[""] = Upload("abc", "path")
    step = next_step(one, Book())
    assert isinstance(step, Step) and step.do is Do.CREATE
    after = written(one, step, Book())
    assert after is not None and after.content_hash == "h+abc"
    assert asked(2, replace(after, version=version(1)), parts=(document,)) == Outcome.UNCHANGED


def test_a_row_that_vanished_for_good_is_created_anew() -> None:
    one = pending(write(3, part()))
    one.purged.add("")
    step = next_step(one, Book([identity(2, IdentityState.DELETED)]))
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.CREATE, ROW)


def test_the_book_knows_who_holds_what() -> None:
    first = identity(1, unique=("emails.primaryEmail:d",))
    second = replace(first, key="s/patient/2", twenty_id="row-2")
    book = Book([first, second])
    assert book.holder("person", "emails.primaryEmail:d") == (KEY, "")
    book.put(replace(first, state=IdentityState.DELETED))
    assert book.holder("person", "emails.primaryEmail:d") is None  # it was emptied before
    assert book.owner(ROW) is None and book.ours(ROW) and book.lost(ROW)
    assert book.living("person") == 1
    book.put(replace(first, unique=()))
    assert book.owner(ROW) == replace(first, unique=())
    assert book.living("person") == 2 and len(book) == 2


def test_done_is_done() -> None:
    one = pending(write(2, part()))
    one.accounted.add("")
    assert next_step(one, Book([identity(2)])) is DONE


@pytest.mark.parametrize("newest", [2, 3])
def test_a_patch_too_takes_back_what_it_replaced(newest: int) -> None:
    """A version that it replaces may have been sent by a process that died before Kafka knew."""
    patch = pending(write(2, part(), kind=WriteKind.PATCH))
    patch.remember(write(1, part(), part("b", "note")))
    book = Book([identity(newest)])
    step = next_step(patch, book)
    assert isinstance(step, Step)
    assert (step.do, step.name, step.target) == (Do.DELETE, "b", "note")
    patch.vacated.add(("b", step.twenty_id))
    assert next_step(patch, book) == DONE


def test_a_skip_rule_lets_in_no_record_that_is_not_there() -> None:
    step = next_step(pending(write(4, part(), skip="no activity")), Book())
    assert isinstance(step, Settled) and (step.part, step.outcome, step.reason) == (
        None,
        Outcome.SKIPPED,
        "no activity",
    )
    assert step.identity is not None and (step.identity.state, step.identity.version) == (
        IdentityState.DELETED,
        version(4),
    )
    assert asked(5, step.identity) == Do.CREATE, "a newer change lets it in"
    assert asked(5, step.identity, skip="no activity") == Outcome.SKIPPED
    assert asked(4, step.identity, skip="no activity") == Outcome.UNCHANGED
    assert asked(3, step.identity) == Do.DELETE, "an older one does not, and what it may have sent is taken back"


def test_a_skip_rule_keeps_a_record_in_step_that_is_there() -> None:
    assert asked(3, identity(2, content_hash="other"), skip="no activity") == Do.UPSERT
    assert asked(3, identity(2), skip="no activity") == Outcome.UNCHANGED


def test_a_row_that_is_left_out_goes_and_ends_as_skipped() -> None:
    gone: dict[str, Any] = {"parts": (), "kind": WriteKind.DELETE, "skip": "a test patient"}
    assert asked(3, identity(2), **gone) == Do.DELETE
    assert asked(3, identity(3, IdentityState.DELETED), **gone) == Outcome.UNCHANGED
    assert asked(3, **gone) == Outcome.SKIPPED


ACCOUNT = Part("account", "workspaceMember", PartMode.MATCH, {"locale": "en"}, matches=(Match("userEmail", "a@x"),))
STAND_IN = part(unless="account")


def test_a_person_stands_in_for_a_member_without_an_account() -> None:
    one = pending(write(1, ACCOUNT, STAND_IN))
    book = Book()
    step = next_step(one, book)
    assert isinstance(step, Step) and step.do is Do.MATCH
    one.matched["account"] = ""
    step = next_step(one, book)
    assert isinstance(step, Settled) and (step.part, step.reason) == ("account", NO_MEMBER)
    one.accounted.add("account")
    step = next_step(one, book)
    assert isinstance(step, Step) and (step.do, step.name) == (Do.CREATE, "")


def test_the_person_goes_when_the_invitation_is_accepted_and_comes_back_when_the_account_is_gone() -> None:
    absent = Identity(KEY, "account", "workspaceMember", "", version(1), IdentityState.DELETED, PartMode.MATCH)
    person = identity(1)
    book = Book([absent, person])
    again = pending(write(1, ACCOUNT, STAND_IN))
    again.matched["account"] = PARENT
    step = next_step(again, book)
    assert isinstance(step, Step) and (step.do, step.name) == (Do.UPDATE, "account")
    member = written(again, step, book)
    assert member is not None
    book.put(member)
    again.accounted.add("account")
    step = next_step(again, book)
    assert isinstance(step, Step) and (step.do, step.name, step.outcome) == (Do.DELETE, "", Outcome.DELETED)
    trace = written(again, step, book)
    assert trace is not None
    book.put(trace)
    again.accounted.add("")
    assert next_step(again, book) is DONE
    later = pending(write(2, ACCOUNT, STAND_IN))
    later.matched["account"] = PARENT
    book.put(replace(member, version=version(2)))
    later.accounted.add("account")
    step = next_step(later, book)
    assert isinstance(step, Settled) and (step.part, step.outcome) == ("", Outcome.SKIPPED)
    left = pending(write(3, ACCOUNT, STAND_IN))
    left.matched["account"] = ""
    left.accounted.add("account")
    step = next_step(left, book)
    assert isinstance(step, Step) and (step.do, step.name) == (Do.RESTORE, "")


def test_a_fragment_that_fills_nothing_is_no_request() -> None:
    unknown = Part("", "person", PartMode.FRAGMENT, anchor=Link("anchor", "t", True, PARENT), content_hash="n")
    patient = Identity("s/patient/9", "", "person", PARENT, version(1), IdentityState.LIVE)
    assert asked(2, patient, parts=(unknown,)) == Outcome.SKIPPED
    mine = identity(1, mode=PartMode.FRAGMENT, twenty_id=PARENT, owned=("jobTitle",))
    assert asked(2, patient, mine, parts=(unknown,)) == Do.UPSERT, "what it filled is cleared"


@pytest.mark.parametrize("between", [write(2, part("task")), write(2, kind=WriteKind.DELETE)])
def test_what_a_replaced_version_did_not_name_is_written_again_though_it_says_the_same(between: Write) -> None:
    """A process that died may have deleted it, and Kafka never learned of it."""
    again = pending(write(3, part()))
    assert isinstance(step := next_step(again, Book([identity(1)])), Settled) and step.outcome is Outcome.UNCHANGED
    again.remember(between)
    step = next_step(again, Book([identity(1)]))
    assert isinstance(step, Step) and (step.do, step.name, step.twenty_id) == (Do.UPSERT, "", ROW)
