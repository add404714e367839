"""Charts that are merged at the source, what is told in a few words: where each key leads, and what comes back."""

from __future__ import annotations

import random

import pytest

from schemas.edits import PartPolicy, TrashPolicy
from schemas.records import Outcome
from tests.unit.sinks.merge_world import CHARTS, World, patient
from tests.unit.sinks.sender_fakes import Bench


def world(*charts: str) -> World:
    """A clinic with these charts."""
    made = World(random.Random(1))
    for name in charts:
        made.put("patient", name, title=f"{name}1")
    made.settle()
    return made


def merge(one: World, loser: str, survivor: str | None) -> None:
    """The loser's row says where it went; None: that it went nowhere after all."""
    one.change("patient", loser, into=survivor)
    one.settle()


def flags(one: World) -> list[str]:
    return [flag.reason for event in one.bench.outcomes_of(Outcome.FLAGGED) for flag in event.flags]


def test_children_are_relinked_and_the_loser_leaves_with_its_key_as_an_alias() -> None:
    one = world("a", "b")
    one.put("visit", "1", patient="a")
    one.put("note", "1", patient="a")
    one.settle()
    assert one.leads("visit", "1") == "a"
    merge(one, "a", "b")
    assert not one.living("a")
    assert len(one.twenty.trash) == 1, "it can be restored"
    assert one.leads("visit", "1") == one.leads("note", "1") == "b"
    one.put("visit", "2", patient="a")
    one.settle()
    assert one.leads("visit", "2") == "b", "who comes later and names the loser"
    events = [event for event in one.bench.events() if event.outcome is Outcome.MERGED]
    assert {event.reason for event in events} == {
        "s/patient/a was merged into s/patient/b",
        "merged into s/patient/b",
    }
    assert all(event.key == patient("a") for event in events)


def test_a_merge_that_is_taken_back_leads_back() -> None:
    one = world("a", "b")
    one.put("visit", "1", patient="a")
    one.put("visit", "2", patient="b")
    merge(one, "a", "b")
    assert one.leads("visit", "1") == "b"
    one.put("patient", "a", title="a2")
    one.settle()
    assert one.view()[patient("a")]["jobTitle"] == "a2"
    assert (one.leads("visit", "1"), one.leads("visit", "2")) == ("a", "b")


def test_it_leads_on_through_the_survivor_of_the_survivor() -> None:
    one = world("a", "b", "c")
    one.put("visit", "1", patient="a")
    one.put("visit", "2", patient="b")
    merge(one, "a", "b")
    merge(one, "b", "c")
    assert one.leads("visit", "1") == one.leads("visit", "2") == "c"
    merge(one, "b", None)
    assert one.leads("visit", "1") == one.leads("visit", "2") == "b"


def test_a_loser_whose_survivor_is_not_there_stays_and_is_flagged() -> None:
    one = world("a")
    one.put("visit", "1", patient="a")
    merge(one, "a", "b")
    assert one.living("a")
    assert one.leads("visit", "1") == "a"
    assert flags(one) == ["merged into a record that is not in Twenty"]
    one.put("patient", "b", title="b1")
    one.settle()
    assert not one.living("a")
    assert one.leads("visit", "1") == "b"
    one.delete("patient", "b")
    one.settle()
    assert one.view()[patient("a")]["jobTitle"] == "a1", "it is not lost with its survivor"
    assert one.leads("visit", "1") == "a"


def test_charts_that_are_merged_in_a_cycle_are_kept_apart_and_flagged() -> None:
    one = world(*CHARTS)
    for name, into in ("ab", "bc", "ca", "da"):
        one.change("patient", name, into=into)
    one.settle()
    assert [one.living(name) for name in CHARTS] == [True, True, True, False]
    assert "merged in a cycle: nobody can say which record survived" in flags(one)


def test_a_log_tells_of_charts_that_are_gone_or_were_never_seen() -> None:
    one = world("b")
    one.put("merge", "1", loser="a", survivor="b")
    one.put("visit", "1", patient="a")
    one.settle()
    assert one.leads("visit", "1") == "b"
    one.put("patient", "a", title="a5")
    one.settle()
    assert not one.living("a")
    one.delete("patient", "a")
    one.put("visit", "2", patient="a")
    one.settle()
    assert one.leads("visit", "2") == "b"
    one.delete("merge", "1")
    one.settle()
    assert not one.living("a"), "its row is gone at the source: nothing comes back"


def test_a_deleted_loser_leads_on() -> None:
    one = world("a", "b")
    one.put("visit", "1", patient="a")
    merge(one, "a", "b")
    one.delete("patient", "a")
    one.put("visit", "2", patient="a")
    one.settle()
    assert one.leads("visit", "1") == one.leads("visit", "2") == "b"
    one.delete("patient", "b")
    one.settle()
    assert not one.living("a")


def test_fields_of_the_loser_do_not_overwrite_the_survivors_and_are_back_with_it() -> None:
    one = world("a", "b")
    one.put("contact", "1", patient="a", ext="11")
    one.put("contact", "2", patient="b", ext="21")
    merge(one, "a", "b")
    one.change("contact", "1", ext="12")
    one.settle()
    assert one.view()[patient("b")]["extId"] == "21"
    merge(one, "a", None)
    assert one.view()[patient("a")]["extId"] == "12"
    assert one.view()[patient("b")]["extId"] == "21"


def test_a_row_that_we_put_into_the_trash_is_nobodys_edit() -> None:
    one = world("a", "b")
    one.put("contact", "1", patient="a", ext="11")
    one.settle()
    one.bench = Bench(one.bench.catalogue, twenty=one.twenty, kafka=one.kafka, edits_seconds=1.0)
    merge(one, "a", "b")
    one.bench.turn()
    assert not one.living("a")
    assert one.bench.outcomes_of(Outcome.CONFLICT) == []


def test_nobody_is_her_own_guarantor_because_two_charts_of_hers_were_merged() -> None:
    one = world("a", "b", "c")
    one.change("patient", "a", guarantor="b")
    one.put("contact", "1", patient="a", helper="b", ext="1")
    one.put("visit", "1", patient="a", other="b")
    one.settle()
    assert one.leads("patient", "a", "guarantor") == one.leads("patient", "a", "helper") == "b"
    merge(one, "b", "a")
    assert one.leads("patient", "a", "guarantor") == one.leads("patient", "a", "helper") == ""
    assert one.leads("visit", "1", "other") == "a", "another record may well name the survivor twice"
    merge(one, "b", "c")
    assert one.leads("patient", "a", "guarantor") == one.leads("patient", "a", "helper") == "c"
    merge(one, "b", None)
    assert one.leads("patient", "a", "guarantor") == one.leads("patient", "a", "helper") == "b"


def test_a_chart_that_says_itself_that_it_is_its_own_guarantor_is_believed() -> None:
    one = world("a", "b")
    one.change("patient", "a", guarantor="a")
    one.settle()
    assert one.leads("patient", "a", "guarantor") == "a"
    merge(one, "b", "a")
    assert one.leads("patient", "a", "guarantor") == "a"


def test_a_chart_comes_back_without_the_relation_that_was_emptied_meanwhile() -> None:
    one = world("a", "b", "c")
    one.change("patient", "c", guarantor="a")
    one.settle()
    merge(one, "c", "b")
    one.change("patient", "c", guarantor=None)
    one.settle()
    merge(one, "c", None)
    assert one.leads("patient", "c", "guarantor") == ""


@pytest.mark.parametrize("gone", ["merged", "deleted"])
def test_a_relation_of_a_row_in_the_trash_moves_on_with_the_record_that_it_names(gone: str) -> None:
    one = world("a", "b", "c")
    one.put("contact", "1", patient="a", helper="c", ext="1")
    one.settle()
    if gone == "merged":
        merge(one, "a", "b")
    else:
        one.delete("patient", "a")
        one.settle()
    merge(one, "c", "b")
    assert not one.living("a"), "no link takes a row out of the trash"
    one.put("patient", "a", title="a2")
    one.settle()
    assert one.leads("patient", "a", "helper") == "b"


def test_a_chart_that_a_dead_sender_took_out_is_back_when_its_merge_has_lapsed() -> None:
    one = world("a", "b")
    one.put("merge", "1", loser="a", survivor="b")
    one.hold.step(everything=True)
    one.bench.turn(1)
    one.put("patient", "a", title="a1")
    for _ in range(3):
        one.hold.step(everything=True)
    one.die_unheard()
    assert not one.living("a"), "taken out, and nobody heard of it"
    one.delete("merge", "1")
    one.hold.step(everything=True)
    one.settle()
    assert one.living("a"), "though its last version says what the one before said"


@pytest.mark.parametrize("trashed", ["revive", "skip", "ask"])
@pytest.mark.parametrize("title", ["a1", "a2"])
@pytest.mark.parametrize("merged", [True, False])
def test_a_row_that_a_dead_sender_took_out_was_put_into_the_trash_by_nobody(
    trashed: TrashPolicy, title: str, merged: bool
) -> None:
    policies = {"patient#": PartPolicy(trashed=trashed), "contact#": PartPolicy(trashed=trashed)}
    one = World(random.Random(1), edits_seconds=1.0, policies=policies)
    for name in "ab":
        one.put("patient", name, title=f"{name}1")
    one.put("contact", "1", patient="a", ext="11")
    one.settle()
    if merged:
        one.change("patient", "a", into="b")
    else:
        one.delete("patient", "a")
    one.hold.step(everything=True)
    one.die_unheard()
    assert not one.living("a")
    one.put("patient", "a", title=title)
    one.hold.step(everything=True)
    one.settle()
    row = one.row("patient", "a")
    assert row is not None
    assert (row["jobTitle"], row["extId"]) == (title, "11")
    assert one.bench.outcomes_of(Outcome.CONFLICT) == []


def test_a_relation_that_moved_while_its_row_was_in_the_trash_is_nobodys_edit() -> None:
    one = World(random.Random(1), edits_seconds=1.0)
    for name in "abc":
        one.put("patient", name, title=f"{name}1")
    one.put("contact", "1", patient="a", helper="c", ext="1")
    one.settle()
    one.delete("patient", "a")
    merge(one, "c", "b")
    one.put("patient", "a", title="a2")
    one.settle()
    assert one.leads("patient", "a", "helper") == "b"
    one.change("patient", "a", title="a3")
    one.settle()
    assert one.bench.outcomes_of(Outcome.CONFLICT) == []
    row = one.row("patient", "a")
    assert row is not None
    one.twenty.edit(row["id"], helperId=None)
    one.settle()
    assert [event.key for event in one.bench.outcomes_of(Outcome.CONFLICT)] == ["s/contact/1"], "but this is one"


@pytest.mark.parametrize("seed", range(5))
def test_a_merge_and_its_children_in_any_order(seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        ("patient", "a", {"title": "a", "into": "b"}),
        ("patient", "b", {"title": "b", "into": "c"}),
        ("patient", "c", {"title": "c"}),
        ("visit", "1", {"patient": "a"}),
        ("note", "1", {"patient": "b"}),
    ]
    chance.shuffle(rows)
    one = World(chance, dying=True)
    for name, record, row in rows:
        one.put(name, record, **row)
        one.act()
    one.settle()
    assert [one.living(name) for name in "abc"] == [False, False, True]
    assert one.leads("visit", "1") == one.leads("note", "1") == "c"


@pytest.mark.parametrize("first", ["loser", "survivor"])
def test_the_survivor_gets_the_e_mail_of_the_loser(first: str) -> None:
    one = world("a", "b")
    one.change("patient", "a", email="amy@x.test")
    one.settle()
    assert email(one, "a") == "amy@x.test"
    changes = [("a", {"into": "b"}), ("b", {"email": "amy@x.test"})]
    for name, values in changes if first == "loser" else reversed(changes):
        one.change("patient", name, **values)
        one.hold.step(everything=True)
        one.bench.turn(2)
    one.settle()
    assert email(one, "b") == "amy@x.test"


def test_a_patient_who_is_registered_again_gets_her_e_mail() -> None:
    one = world("a")
    one.change("patient", "a", email="amy@x.test")
    one.settle()
    one.delete("patient", "a")
    one.settle()
    one.put("patient", "b", title="again", email="amy@x.test")
    one.settle()
    assert email(one, "b") == "amy@x.test"


def test_who_shared_an_e_mail_gets_it_when_the_other_gives_it_up_though_the_sender_died() -> None:
    one = world("a", "b")
    for name in "ab":
        one.change("patient", name, email="family@x.test")
        one.settle()
    assert (email(one, "a"), email(one, "b")) == ("family@x.test", "")
    one.change("patient", "a", email="own@x.test")
    for _ in range(3):
        one.hold.step(everything=True)
    one.bench.turn(1)
    one.restart_sink()
    one.settle()
    assert (email(one, "a"), email(one, "b")) == ("own@x.test", "family@x.test")


def email(one: World, name: str) -> object:
    return one.view()[patient(name)]["emails"]["primaryEmail"]
