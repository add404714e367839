"""Refusals, lost answers and missing parents: nothing is doubled, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.keys import part_key, twenty_id
from schemas.records import IdentityState, Link, Outcome, Part, PartMode, Write, WriteKind
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person
from tests.waiting import until

__all__ = ["twenty", "world"]


@pytest.mark.parametrize("fault", ["500_after_commit", "drop_after_commit", "cold_cache", "429_storm"])
def test_a_fault_neither_doubles_nor_loses(world: World, fault: str) -> None:
    writes = [world.write("patient", str(i), person(f"P{i}", f"p{i}@x.test"), offset=i) for i in range(100)]
    with world.sink():
        world.send(world.write("patient", "warm", person("Warm"), offset=0))
        world.settle()
        world.twenty.fault(fault, count=2)
        world.send(*writes)
        world.settle()
        updates = [world.write("patient", str(i), person(f"Q{i}", f"p{i}@x.test"), offset=500 + i) for i in range(9)]
        world.twenty.fault(fault)
        world.send(*updates)
        world.settle()
        world.twenty.fault(fault)
        world.send(world.write("patient", "99", kind=WriteKind.DELETE, offset=900))
        world.settle()
    rows = world.twenty.rows("person")
    assert len(rows) == 100
    assert sum(row["name"]["firstName"].startswith("Q") for row in rows) == 9
    assert world.unaccounted(*writes, *updates) == []
    assert world.events(Outcome.DEAD_LETTERED) == []


def test_an_answer_that_comes_too_late_is_looked_up(world: World) -> None:
    write = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    with world.sink(request_timeout=0.5):
        world.send(world.write("patient", "warm", person("Warm"), offset=0))
        world.settle()
        world.twenty.fault("slow", delay_s=1.5)
        world.send(write)
        world.settle()
    assert len(world.twenty.rows("person", trashed=True)) == 2
    assert [outcome for _, outcome in world.outcomes(write.key)] == [Outcome.CREATED]


def test_a_missing_parent_sends_the_child_back_and_tells_hold(world: World) -> None:
    company = world.write("insurer", "1", Part("", "company", fields={"name": "Payer"}), offset=1)
    parent = twenty_id(company.key, "")
    children = [
        world.write("patient", str(i), person(f"P{i}", links=[Link("company", "token", True, parent)]), offset=i)
        for i in range(5)
    ]
    others = [world.write("patient", str(i), person(f"P{i}"), offset=i) for i in range(5, 10)]
    with world.sink():
        world.send(company)
        world.settle()
        world.twenty.purge("companies", parent)
        world.send(*children, *others)
        world.settle()
    assert len(world.twenty.rows("person")) == 5
    assert world.identities()[(company.key, "")].state is IdentityState.DELETED
    returned = {r.key: r for r in world.read(world.topics.returns) if isinstance(r, Write)}
    assert sorted(returned) == [child.key for child in children]
    assert {link.twenty_id for r in returned.values() for link in r.parts[0].links} == {None}
    assert world.events(Outcome.DEAD_LETTERED) == []


def test_a_row_that_was_purged_is_created_anew_and_its_children_are_linked_again(world: World) -> None:
    insurer = world.write("insurer", "1", Part("", "company", fields={"name": "Payer"}, content_hash="1"), offset=1)
    row = twenty_id(insurer.key, "")
    child = world.write("patient", "1", person("Ada", links=[Link("company", "t", False, row)]), offset=1)
    with world.sink():
        world.send(insurer)
        world.settle()
        world.send(child)
        world.settle()
        world.send(world.write("insurer", "1", kind=WriteKind.DELETE, offset=2))
        world.settle()
        world.twenty.purge("companies", row)
        again = Part("", "company", fields={"name": "Payer again"}, content_hash="3")
        world.send(world.write("insurer", "1", again, offset=3))
        world.settle()
        assert [(r["id"], r["name"]) for r in world.twenty.rows("company")] == [(row, "Payer again")]
        assert [r["companyId"] for r in world.twenty.rows("person")] == [None]
        # what hold answers: the link patch, resolved
        owed = [record for record in world.read(world.topics.returns) if isinstance(record, Write)]
        assert [(patch.kind, patch.unit, patch.version) for patch in owed] == [
            (WriteKind.PATCH, child.unit, child.version)
        ]
        link = owed[0].parts[0].links[0]
        assert (link.field, link.token, link.twenty_id) == ("company", part_key(insurer.key, ""), None)
        part = replace(owed[0].parts[0], links=(replace(link, twenty_id=row),))
        world.send(replace(owed[0], parts=(part,)))
        world.settle()
        assert [r["companyId"] for r in world.twenty.rows("person")] == [row]


def test_an_update_of_some_fields_never_makes_a_row(world: World) -> None:
    patient = world.write("patient", "1", person("Ada"), offset=1)
    row = twenty_id(patient.key, "")
    anchor = Link("", "token", required=True, twenty_id=row)
    part = Part("", "person", PartMode.FRAGMENT, fields={"jobTitle": "nurse"}, anchor=anchor, content_hash="n")
    with world.sink():
        world.send(patient)
        world.settle()
        world.twenty.purge("people", row)
        world.send(world.write("contact", "7", part, offset=1))
        world.settle()
        assert world.twenty.rows("person") == []
        assert world.identities()[(patient.key, "")].state is IdentityState.DELETED
        assert [r.key for r in world.read(world.topics.returns) if isinstance(r, Write)] == ["clinic/contact/7"]
        world.send(world.write("patient", "1", person("Ada", hashed="again"), offset=2))
        world.settle()
    assert [(r["id"], r["name"]["firstName"]) for r in world.twenty.rows("person")] == [(row, "Ada")]


def test_a_create_that_an_earlier_process_sent_is_recognised(world: World) -> None:
    # what a sender leaves that died after Twenty's answer and before Kafka's: the row, and no identity
    write = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    row = twenty_id(write.key, "")
    world.twenty.create("people", {"id": row, "name": {"firstName": "Ada", "lastName": "Testfall"}})
    gone = world.write("patient", "2", person("Bob"), offset=1)
    world.twenty.create("people", {"id": twenty_id(gone.key, ""), "name": {"firstName": "B", "lastName": "T"}})
    with world.sink():
        world.send(write, gone, world.write("patient", "2", kind=WriteKind.DELETE, offset=2))
        world.settle()
    assert [r["id"] for r in world.twenty.rows("person")] == [row]
    assert world.outcomes(write.key) == [("", Outcome.CREATED)]
    assert world.outcomes(gone.key)[0] == (None, Outcome.SUPERSEDED)


def test_too_many_dead_letters_stop_the_lane_and_not_the_process(world: World) -> None:
    bad = {"phones": {"primaryPhoneNumber": "not a phone"}}
    writes = [world.write("patient", str(i), person(f"P{i}", fields=bad), offset=i) for i in range(12)]
    with world.sink(dead_letters_per_minute=3, batch=4):
        world.send(*writes)
        until(lambda: len(world.events(Outcome.DEAD_LETTERED)) > 3, what="the brake")
        requests = world.twenty.stats()["requests"]
        world.send(world.write("patient", "good", person("Good"), offset=99))
        until(lambda: world.twenty.stats()["requests"] == requests, what="it is consumed, not sent")
    assert len(world.events(Outcome.DEAD_LETTERED)) == 4
    with world.sink(dead_letters_per_minute=100):
        world.settle()
    assert len(world.events(Outcome.DEAD_LETTERED)) == 12
    assert len(world.twenty.rows("person")) == 1


def test_at_its_pace_a_full_backlog_meets_no_refusal(world: World) -> None:
    world.twenty.limit(20, 6_000)
    writes = [world.write("patient", str(i), person(f"P{i}"), offset=i) for i in range(80)]
    with world.sink(limit=20, window=6.0, batch=2):
        world.send(*writes, bulk=True)
        world.settle()
    stats = world.twenty.stats()
    assert stats["refused"] == 0
    assert stats["requests"] == 40


def test_the_limit_in_a_refusal_corrects_the_budget(world: World) -> None:
    world.twenty.limit(10, 2_000)
    writes = [world.write("patient", str(i), person(f"P{i}"), offset=i) for i in range(40)]
    with world.sink(limit=1000, window=1.0, batch=1):
        world.send(*writes)
        world.settle()
    assert len(world.twenty.rows("person")) == 40
    assert 1 <= world.twenty.stats()["refused"] <= 4
    assert world.events(Outcome.DEAD_LETTERED) == []
