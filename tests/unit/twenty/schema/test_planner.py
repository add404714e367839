"""What a mapping needs against what a workspace has."""

from __future__ import annotations

import pytest
from hypothesis import event, given

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.discovery import RelationInfo
from sinks.twenty.schema.actions import (
    ActivateField,
    ActivateObject,
    AddOptions,
    ChangeSettings,
    CreateField,
    CreateObject,
    MakeUnique,
)
from sinks.twenty.schema.planner import plan
from sinks.twenty.schema.rules import TYPES
from tests.unit.twenty.schema.world import REQUIREMENTS, carried_out, field, one_object, person_with, workspace

Requirements = list[ObjectRequirement]


def test_what_is_there_needs_nothing() -> None:
    wanted = person_with(
        FieldRequirement("jobTitle", "Job", "TEXT"),
        FieldRequirement("colour", "Colour", "SELECT", options=(Option("RED", "Another label"),)),
        FieldRequirement("rank", "Rank", "NUMBER", settings={"dataType": "int"}),
        FieldRequirement("emails", "Emails", "EMAILS", unique=True),
        FieldRequirement("company", "Company", "RELATION", relation=RelationRequirement("company", "People")),
    )
    assert plan(workspace(), wanted).is_empty


@given(REQUIREMENTS)
def test_nothing_is_left_of_a_plan_that_was_carried_out(wanted: Requirements) -> None:
    found = plan(workspace(), wanted)
    event("blocked" if found.blocked else f"{min(len(found.actions), 3)} actions")
    if not found.blocked:
        assert plan(carried_out(workspace(), *found.actions), wanted).is_empty


@given(REQUIREMENTS)
def test_a_plan_cut_short_is_taken_up_where_it_ended(wanted: Requirements) -> None:
    found = plan(workspace(), wanted)
    if not found.blocked:
        now = workspace()
        for done, action in enumerate(found.actions, 1):
            now = carried_out(now, action)
            left = plan(now, wanted)
            assert (left.actions, left.blocked) == (found.actions[done:], ())


def test_objects_come_first_and_relations_after_fields() -> None:
    to_person = RelationRequirement("person", "Visits")
    visit = ObjectRequirement(
        "visit",
        "visits",
        "Visit",
        "Visits",
        (
            FieldRequirement("patient", "Patient", "RELATION", relation=to_person),
            FieldRequirement("room", "Room", "RELATION", relation=RelationRequirement("room", "Visits")),
            FieldRequirement("report", "Report", "RICH_TEXT"),
        ),
    )
    room = ObjectRequirement("room", "rooms", "Room", "Rooms")
    person = person_with(
        FieldRequirement("jobTitle", "Job", "TEXT", unique=True),
        FieldRequirement("colour", "C", "SELECT", options=(Option("BLUE", "Blue"),)),
        FieldRequirement("rank", "Rank", "NUMBER", settings={"dataType": "float"}),
    )
    found = plan(workspace(), [visit, room, *person])
    assert found.blocked == ()
    assert found.actions == (
        CreateObject(visit),
        CreateObject(room),
        CreateField("visit", FieldRequirement("report", "Report", "RICH_TEXT_V2")),
        CreateField("visit", visit.fields[0]),
        CreateField("visit", visit.fields[1]),
        MakeUnique("person", "jobTitle"),
        AddOptions("person", "colour", (Option("BLUE", "Blue"),)),
        ChangeSettings("person", "rank", {"dataType": "float"}, {"dataType": "int"}),
    )
    assert (len(found.creates), len(found.changes)) == (5, 3)


RELATIONS = {"RELATION": RelationRequirement("company", "Insured")}
SETTINGS = {"FILES": {"maxNumberOfValues": 1}}


@pytest.mark.parametrize("kind", sorted(set(TYPES) - {"MORPH_RELATION", "RICH_TEXT"}))
def test_a_field_of_every_type_can_be_planned(kind: str) -> None:
    options = (Option("A", "a"),) if kind in ("SELECT", "MULTI_SELECT") else None
    wanted = FieldRequirement(
        "ward", "Ward", kind, options, relation=RELATIONS.get(kind), settings=SETTINGS.get(kind, {})
    )
    found = plan(workspace(), person_with(wanted))
    assert (found.actions, found.blocked) == ((CreateField("person", wanted),), ())


def test_a_type_that_twenty_keeps_for_itself_cannot() -> None:
    for kind in ("POSITION", "TS_VECTOR", "NOSUCH"):
        found = plan(workspace(), person_with(FieldRequirement("ward", "Ward", kind)))
        assert f"{kind} is not a type that a field can be made with" in found.blocked[0].reason


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (FieldRequirement("jobTitle", "J", "NUMBER"), "needs type NUMBER, but Twenty has it as TEXT; rename"),
        (
            FieldRequirement("company", "C", "RELATION", relation=RelationRequirement("note", "X")),
            "needs a relation to note, but Twenty relates it to MANY_TO_ONE company",
        ),
        (FieldRequirement("Bad Name", "B", "TEXT"), "'Bad Name' is not a name that Twenty takes; try 'badName'"),
        (FieldRequirement("hba1c", "B", "NUMBER"), "try 'hba1C'"),
        (FieldRequirement("type", "T", "TEXT"), "Twenty keeps 'type' for itself"),
        (FieldRequirement("ward", " ", "TEXT"), "its label: ' ' must have 1 to 63 letters"),
        (FieldRequirement("ward", "x" * 64, "TEXT"), "must have 1 to 63 letters"),
        (FieldRequirement("ward", "W", "ADDRESS", unique=True), "a ADDRESS cannot be unique"),
        (FieldRequirement("companyId", "C", "TEXT"), "person has companyId already"),
        (FieldRequirement("emailsPrimaryEmail", "E", "TEXT"), "person has emailsPrimaryEmail already"),
        (FieldRequirement("size", "S", "SELECT"), "a SELECT needs at least one option"),
        (FieldRequirement("size", "S", "TEXT", options=(Option("A", "a"),)), "a TEXT takes no options"),
        (
            FieldRequirement("size", "S", "SELECT", options=(Option("no-show", "No show"),)),
            "option value 'no-show' must be UPPER_SNAKE_CASE",
        ),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", "a, b"),)), "option label 'a, b' has a comma"),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", ""),)), "the label of option A: ''"),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", "a", "beige"),)), "no colour 'beige'"),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", "a"), Option("A", "b"))), "occurs twice"),
        (FieldRequirement("colour", "S", "SELECT", options=(Option("a", "a"),)), "option value 'a' must be"),
        (FieldRequirement("size", "S", "NUMBER", settings={"dataType": "text"}), "settings.dataType 'text' is none"),
        (FieldRequirement("rank", "S", "NUMBER", settings={"dataType": "text"}), "settings.dataType 'text' is none"),
        (FieldRequirement("file", "F", "FILES"), "needs settings.maxNumberOfValues"),
        (
            FieldRequirement("ward", "W", "RELATION", relation=RelationRequirement("ward", "People")),
            "relates to object ward, which neither Twenty nor the mapping has",
        ),
        (
            FieldRequirement("payer", "P", "RELATION", relation=RelationRequirement("company", "People")),
            "company has a field people already",
        ),
        (
            FieldRequirement("payer", "P", "RELATION", relation=RelationRequirement("company", "2nd payer")),
            "the other side: '2NdPayer' is not a name",
        ),
        (
            FieldRequirement("payer", "P", "RELATION", relation=RelationRequirement("company", "Insured", "members")),
            "Twenty names the other side after its label",
        ),
        (FieldRequirement("payer", "P", "RELATION"), "type RELATION and a relation's target belong together"),
        (FieldRequirement("payer", "P", "MORPH_RELATION"), "type MORPH_RELATION and its targets belong together"),
    ],
)
def test_what_cannot_be_is_named(requirement: FieldRequirement, words: str) -> None:
    found = plan(workspace(), person_with(requirement))
    assert [one.address for one in found.blocked] == [f"person.{requirement.name}"]
    assert words in found.blocked[0].reason


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (ObjectRequirement("person", "persons", "P", "Ps"), "calls its plural 'persons', Twenty 'people'"),
        (ObjectRequirement("visit", "people", "V", "Vs"), "Twenty has an object called 'people' already"),
        (ObjectRequirement("visit", "visit", "V", "Vs"), "need different names"),
        (ObjectRequirement("visit", "visits", "Visits", "visits "), "need different labels"),
        (ObjectRequirement("event", "eventsOfCare", "E", "Es"), "its name: Twenty keeps 'event' for itself"),
        (ObjectRequirement("visit", "Visits", "V", "Vs"), "its plural: 'Visits' is not a name"),
        (ObjectRequirement("visit", "visits", "", "Vs"), "its label: '' must have"),
    ],
)
def test_an_object_that_cannot_be_is_named(wanted: ObjectRequirement, words: str) -> None:
    found = plan(workspace(), [wanted])
    assert words in found.blocked[0].reason
    assert len(found.blocked) == 1


def test_two_relations_cannot_share_the_other_side() -> None:
    relation = RelationRequirement("company", "Insured")
    wanted = person_with(
        FieldRequirement("payer", "P", "RELATION", relation=relation),
        FieldRequirement("otherPayer", "O", "RELATION", relation=relation),
    )
    assert "give the other side another label" in plan(workspace(), wanted).blocked[0].reason


def test_two_fields_cannot_share_a_column() -> None:
    wanted = person_with(
        FieldRequirement("ward", "W", "RELATION", relation=RelationRequirement("note", "People")),
        FieldRequirement("wardId", "W", "TEXT"),
    )
    assert [str(one) for one in plan(workspace(), wanted).blocked] == [
        "person.wardId: person has wardId already; choose another name"
    ]


def test_a_field_that_every_object_has_is_not_made() -> None:
    def visit(*fields: FieldRequirement) -> Requirements:
        return [ObjectRequirement("visit", "visits", "Visit", "Visits", fields)]

    found = plan(workspace(), visit(FieldRequirement("name", "Name", "TEXT")))
    assert [type(action) for action in found.actions] == [CreateObject]
    found = plan(workspace(), visit(FieldRequirement("name", "Name", "NUMBER")))
    assert found.blocked[0].reason == "Twenty gives every object a field name of type TEXT; rename yours"


def test_what_was_switched_off_is_switched_on() -> None:
    visit = one_object("visit", "visits", field("name", "TEXT"), field("room", "TEXT"))
    wanted = [
        *person_with(
            FieldRequirement("nickname", "N", "TEXT"),
            FieldRequirement("shade", "S", "SELECT", options=(Option("RED", "Red"), Option("BLUE", "Blue"))),
        ),
        ObjectRequirement("visit", "visits", "V", "Vs", (FieldRequirement("room", "R", "TEXT"),)),
    ]
    now = workspace(inactive=(visit,))
    found = plan(now, wanted)
    assert found.blocked == ()
    assert found.actions == (
        ActivateObject("visit"),
        ActivateField("person", "nickname"),
        ActivateField("person", "shade"),
        AddOptions("person", "shade", (Option("BLUE", "Blue"),)),
    )
    assert plan(carried_out(now, *found.actions), wanted).is_empty


def test_what_was_switched_off_keeps_its_name_and_type() -> None:
    found = plan(workspace(), person_with(FieldRequirement("nickname", "N", "DATE")))
    assert "needs type DATE, but Twenty has it as TEXT" in found.blocked[0].reason
    taken = ObjectRequirement("visit", "rooms", "V", "Vs")
    found = plan(workspace(inactive=(one_object("room", "rooms"),)), [taken])
    assert "an object called 'rooms' already" in found.blocked[0].reason


def test_a_field_with_duplicates_cannot_become_unique() -> None:
    wanted = person_with(FieldRequirement("jobTitle", "Job", "TEXT", unique=True))
    assert plan(workspace(), wanted, {("person", "jobTitle"): 0}).blocked == ()
    assert "1 value is held by more" in plan(workspace(), wanted, {("person", "jobTitle"): 1}).blocked[0].reason
    assert "2 values are held by more" in plan(workspace(), wanted, {("person", "jobTitle"): 2}).blocked[0].reason


SUBJECT = FieldRequirement(
    "subject",
    "Subject",
    "MORPH_RELATION",
    morph=(RelationRequirement("person", "Tests"), RelationRequirement("company", "Tests")),
)


def test_a_relation_to_one_of_several_is_made_in_one_call() -> None:
    visit = [ObjectRequirement("visit", "visits", "Visit", "Visits", (SUBJECT,))]
    found = plan(workspace(), visit)
    assert (found.actions, found.blocked) == ((CreateObject(visit[0]), CreateField("visit", SUBJECT)), ())
    now = carried_out(workspace(), *found.actions)
    assert set(now.objects["visit"].fields) == {"name", "subjectPerson", "subjectCompany"}
    assert plan(now, visit).is_empty


def test_a_relation_to_one_of_several_cannot_be_extended() -> None:
    half = field("subjectPerson", "MORPH_RELATION", relation=RelationInfo("MANY_TO_ONE", "person", "tests"))
    now = workspace(one_object("visit", "visits", half))
    found = plan(now, [ObjectRequirement("visit", "visits", "V", "Vs", (SUBJECT,))])
    assert "Twenty lacks subjectCompany" in found.blocked[0].reason
    own = FieldRequirement("peer", "Peer", "MORPH_RELATION", morph=(RelationRequirement("person", "Peers"),))
    assert "names each object once" in plan(workspace(), person_with(own)).blocked[0].reason


def junction(*targets: str) -> Requirements:
    return [ObjectRequirement("noteTarget", "noteTargets", "Note Target", "Note Targets", hangs_on=targets)]


def test_notes_hang_on_a_new_object_by_themselves() -> None:
    visit = ObjectRequirement("visit", "visits", "Visit", "Visits")
    found = plan(workspace(), [*junction("visit"), visit])
    assert (found.actions, found.blocked) == ((CreateObject(visit),), ())


def test_notes_that_cannot_hang_on_an_object_are_given_the_relation() -> None:
    now = workspace(one_object("visit", "visits"))
    found = plan(now, junction("visit"))
    assert found.blocked == ()
    assert [action.address for action in found.actions] == ["noteTarget.visit"]
    assert plan(carried_out(now, *found.actions), junction("visit")).is_empty


def test_a_relation_of_notes_that_was_switched_off_is_switched_on() -> None:
    visit = field("visit", "RELATION", relation=RelationInfo("MANY_TO_ONE", "visit", "noteTargets"))
    person = field("person", "RELATION", relation=RelationInfo("MANY_TO_ONE", "person", "noteTargets"))
    target = one_object("noteTarget", "noteTargets", person, inactive=(visit,))
    now = workspace(one_object("visit", "visits"), target)
    assert plan(now, junction("visit")).actions == (ActivateField("noteTarget", "visit"),)


def test_newer_releases_cannot_be_given_the_relation() -> None:
    person = field("targetPerson", "MORPH_RELATION", relation=RelationInfo("MANY_TO_ONE", "person", "noteTargets"))
    now = workspace(one_object("visit", "visits"), one_object("noteTarget", "noteTargets", person))
    assert "together with that object" in plan(now, junction("visit")).blocked[0].reason


def test_notes_cannot_hang_on_what_does_not_exist() -> None:
    assert "which neither Twenty nor the mapping has" in plan(workspace(), junction("visit")).blocked[0].reason
