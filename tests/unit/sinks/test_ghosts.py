"""What a sender wrote and died before Kafka knew of it, when its record leaves the sink without an outcome."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.keys import alias_key, twenty_id
from schemas.records import BEFORE_ALL, Identity, IdentityState, Link, Outcome, Part, WriteKind
from sinks.book import Book
from sinks.ghosts import doubts
from sinks.twenty.errors import Kind
from tests.unit.sinks.merge_world import World
from tests.unit.sinks.sender_fakes import Bench, refusal
from tests.unit.sinks.values import pending, version, write

KEY = "s/patient/1"


def unheard(one: World) -> None:
    """A snapshot: hold says all that it has to say of it, and the sender writes it and dies."""
    one.snapshot("patient", "visit", "note", "contact")
    for _ in range(6):
        one.hold.step(everything=True)
        one.hold.now += 1.0
    one.die_unheard()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 6), st.booleans())
def test_nothing_stays_of_what_was_deleted_wherever_the_sender_died(seed: int, turns: int, again: bool) -> None:
    chance = random.Random(seed)
    one = World(chance)
    for name in "ab":
        one.put("patient", name, title=name)
    one.settle()
    for number in "123":
        one.found("visit", number, title=number, patient=chance.choice("ab"), other=chance.choice("ab"))
        one.found("note", number, title=number, patient=chance.choice("ab"))
    for name in "ab":
        one.change("patient", name, card1=chance.choice("xy"))
        one.found("contact", name, patient=name, ext=name, helper=chance.choice("ab"))
    one.snapshot("visit", "note", "contact")
    for _ in range(6):
        one.hold.step(everything=True)
    one.bench.turn(turns)
    one.die_unheard()
    one.delete("patient", chance.choice("ab"))
    for _ in range(4):
        one.act()
    if again:
        one.die_unheard()
    one.settle()
    left = [(name, record) for name, records in one.source.items() for record in records]
    chance.shuffle(left)
    for name, record in left:
        one.delete(name, record)
        for _ in range(chance.choice((0, 1))):
            one.act()
    one.settle()
    assert one.view() == {}


@pytest.fixture
def one() -> World:
    made = World(random.Random(1))
    made.put("patient", "a", title="a1")
    made.settle()
    return made


def without_its_patient(one: World) -> None:
    """The patient is deleted before the sender that takes over comes to the child."""
    one.restart_sink()
    one.delete("patient", "a")
    for _ in range(3):
        one.hold.step(everything=True)
    one.settle()


def test_a_row_that_nobody_heard_of_goes_with_its_record(one: World) -> None:
    one.found("visit", "1", title="v", patient="a")
    unheard(one)
    assert one.row("visit", "1"), "it was written"
    without_its_patient(one)
    assert [owed.key for owed in one.hold.obligations()] == ["s/visit/1"], "it waits for a patient"
    one.delete("visit", "1")
    one.settle()
    assert one.view() == {}
    assert one.bench.outcomes("s/visit/1")[-2:] == [Outcome.DELETED, Outcome.DELETED]


def test_also_where_the_row_was_made_and_deleted_before(one: World) -> None:
    one.put("visit", "1", title="v", patient="a")
    one.settle()
    one.delete("visit", "1")
    one.settle()
    one.found("visit", "1", title="again", patient="a")
    unheard(one)
    assert one.row("visit", "1")
    without_its_patient(one)
    one.delete("visit", "1")
    one.settle()
    assert one.view() == {}


def test_a_record_comes_back_to_the_row_that_nobody_heard_of(one: World) -> None:
    one.found("visit", "1", title="v", patient="a", other="a")
    unheard(one)
    without_its_patient(one)
    one.put("patient", "a", title="a2")
    one.put("visit", "1", title="v2", patient="a")
    one.settle()
    row = one.row("visit", "1")
    assert row and (row["title"], one.leads("visit", "1"), one.leads("visit", "1", "other")) == ("v2", "a", "")


def test_what_a_row_may_hold_is_written_over_though_the_source_says_what_it_said(one: World) -> None:
    one.put("visit", "1", title="v", patient="a")
    one.settle()
    one.found("visit", "1", title="other", patient="a", other="a")
    unheard(one)
    without_its_patient(one)
    one.put("patient", "a", title="a2")
    one.put("visit", "1", title="v", patient="a")
    one.settle()
    row = one.row("visit", "1")
    assert row and (row["title"], one.leads("visit", "1", "other")) == ("v", "")


def test_a_dead_letter_leaves_word_of_what_it_may_have_written() -> None:
    one = World(random.Random(1))
    one.found("patient", "a", title="a1", card1="x")
    unheard(one)
    assert one.living("a")
    one.twenty.rule = lambda record: refusal(Kind.POISON) if record.get("jobTitle") == "a1" else None
    one.settle()
    assert Outcome.DEAD_LETTERED in one.bench.outcomes("s/patient/a")
    one.delete("patient", "a")
    one.settle()
    assert one.view() == {}


def test_of_what_was_never_there_is_said_that_it_is_in_doubt() -> None:
    found = doubts(pending(write(3, Part("", "person"))), {}, Book())
    assert [(one.version, one.state, one.in_doubt) for one in found] == [(BEFORE_ALL, IdentityState.DELETED, True)]


def test_what_is_known_keeps_its_version() -> None:
    gone = Identity(KEY, "", "person", twenty_id(KEY, ""), version(2), IdentityState.DELETED)
    assert doubts(pending(write(3, Part("", "person"))), {"": gone}, Book()) == [replace(gone, in_doubt=True)]
    again = replace(gone, in_doubt=True)
    assert doubts(pending(write(3, Part("", "person"))), {"": again}, Book()) == [], "it is said once"


@pytest.mark.parametrize("known", ["nothing", "an earlier version", "its version"])
def test_a_relation_that_nobody_heard_of_is_taken_back_with_its_alias(known: str) -> None:
    bare = Part("", "noteTarget", content_hash="x")
    named, taken = (
        replace(bare, links=(Link("person", alias_key("s", "nick", "1"), False, row, at),))
        for row, at in (("row", 5), ("", 9))
    )
    heard = Bench()
    number = 2 if known == "its version" else 1
    if known != "nothing":
        heard.kafka.publish(write(number, bare))
        heard.turn(3)
    kind = WriteKind.PATCH if known == "its version" else WriteKind.WRITE
    said = write(2, named, kind=kind)
    unheard = Bench(twenty=heard.twenty, kafka=deepcopy(heard.kafka))
    unheard.kafka.publish(said)
    unheard.turn(3)
    row = heard.twenty.rows[twenty_id(KEY, "")]
    assert row["targetPersonId"] == "row"
    again = Bench(twenty=heard.twenty, kafka=heard.kafka)
    again.kafka.publish(said, write(2, taken, kind=WriteKind.PATCH))
    again.turn(5)
    assert heard.twenty.rows[row["id"]]["targetPersonId"] is None


def test_what_is_read_last_of_a_dead_sender_is_written_over(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change by the bulk lane that was taken back by the live lane, which the next sender reads first."""
    one.found("patient", "a", title="mistaken")
    unheard(one)
    assert one.view()["s/patient/a"]["jobTitle"] == "mistaken"
    one.put("patient", "a", title="a1")
    with monkeypatch.context() as slow:
        slow.setattr(one.kafka, "bulk", lambda limit: [])
        for _ in range(3):
            one.hold.step(everything=True)
        one.bench.turn(8)
        assert one.bench.outcomes("s/patient/a")[-1] is Outcome.UNCHANGED
    one.settle()
    assert one.view()["s/patient/a"]["jobTitle"] == "a1"
