"""A plan as people, administrators and scripts read it."""

from __future__ import annotations

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.schema.actions import (
    ActivateField,
    ActivateObject,
    AddOptions,
    Blocked,
    ChangeSettings,
    CreateField,
    CreateObject,
    MakeUnique,
    Plan,
)
from sinks.twenty.schema.checklist import checklist
from sinks.twenty.schema.rendering import as_json, render
from tests.unit.twenty.schema.world import one_object, workspace

VISIT = ObjectRequirement("visit", "visits", "Visit", "Visits")
KIND = FieldRequirement("kind", "Kind", "SELECT", options=(Option("FIRST", "First", "green"),))
NUMBER = FieldRequirement("number", "Number", "NUMBER", unique=True, settings={"dataType": "int"})
PATIENT = FieldRequirement("patient", "Patient", "RELATION", relation=RelationRequirement("person", "Visits"))
SUBJECT = FieldRequirement(
    "of",
    "Of",
    "MORPH_RELATION",
    morph=(RelationRequirement("person", "Tests"), RelationRequirement("visit", "Cases")),
)
EVERYTHING = Plan(
    (
        CreateObject(VISIT),
        ActivateObject("room"),
        CreateField("visit", KIND),
        CreateField("visit", NUMBER),
        CreateField("visit", PATIENT),
        CreateField("visit", SUBJECT),
        ActivateField("person", "nickname"),
        AddOptions("person", "colour", (Option("BLUE", "Blue"),)),
        MakeUnique("person", "jobTitle"),
        ChangeSettings("person", "rank", {"dataType": "float"}, {"dataType": None}),
    ),
    (Blocked("person.type", "Twenty keeps it"),),
)


def test_a_plan_reads_line_by_line() -> None:
    assert render(EVERYTHING).splitlines() == [
        '  + object visit (plural visits) "Visit" / "Visits"',
        "  ~ object room: activate",
        '  + field  visit.kind "Kind": SELECT',
        '      + option FIRST "First" (green)',
        '  + field  visit.number "Number": NUMBER, dataType int, unique',
        '  + field  visit.patient "Patient": RELATION to person (there "Visits", visits)',
        '  + field  visit.of "Of": MORPH_RELATION to person (there "Tests", tests), visit (there "Cases", cases)',
        "  ~ field  person.nickname: activate",
        "  ~ field  person.colour: add 1 option",
        '      + option BLUE "Blue" (gray)',
        "  ~ field  person.jobTitle: make unique",
        "  ~ field  person.rank: settings dataType (not set) -> float",
        "  ! person.type: Twenty keeps it",
        "",
        "Plan: 5 to create, 5 to change, 1 blocked.",
    ]


def test_nothing_to_do_is_one_line() -> None:
    assert render(Plan((), ())) == "No changes. Twenty has everything that the mapping needs."


def test_scripts_get_every_detail() -> None:
    found = as_json(EVERYTHING)
    assert found["format"] == 1
    assert found["summary"] == {"create": 5, "change": 5, "blocked": 1}
    assert found["blocked"] == [{"address": "person.type", "reason": "Twenty keeps it"}]
    by_kind = {f"{one['action']} {one['address']}": one for one in found["actions"]}
    assert list(by_kind) == [
        "create_object visit",
        "activate_object room",
        "create_field visit.kind",
        "create_field visit.number",
        "create_field visit.patient",
        "create_field visit.of",
        "activate_field person.nickname",
        "add_options person.colour",
        "make_unique person.jobTitle",
        "change_settings person.rank",
    ]
    assert by_kind["create_object visit"]["plural"] == "visits"
    assert by_kind["create_field visit.kind"]["options"] == [{"value": "FIRST", "label": "First", "color": "green"}]
    assert by_kind["create_field visit.number"]["unique"] is True
    assert by_kind["create_field visit.patient"]["relations"] == [
        {"to": "person", "inverse": "Visits", "inverse_name": "visits"}
    ]
    assert by_kind["change_settings person.rank"]["before"] == {"dataType": None}


def test_an_administrator_gets_paths_names_and_types() -> None:
    text = checklist(EVERYTHING, workspace(inactive=(one_object("room", "rooms"),)))
    head, _, body = text.partition("## Resolve first\n")
    assert "Settings → Data model" in head
    assert body.splitlines() == [
        "",
        "- [ ] `person.type`: Twenty keeps it",
        "",
        "## Make",
        "",
        "- [ ] **+ New object**",
        "  - Singular: `Visit`, API name `visit`",
        "  - Plural: `Visits`, API name `visits`",
        "- [ ] *Deactivated* (end of the list) → rooms → ⋮ → **Activate**",
        "- [ ] Visits → Fields → **+ Add field** → *Select*",
        "  - Name: `Kind`, API name `kind`",
        "  - Option `First`, API value `FIRST`, colour green",
        "- [ ] Visits → Fields → **+ Add field** → *Number*",
        "  - Name: `Number`, API name `number`",
        "  - dataType: `int`",
        "  - **Unique**: on",
        "- [ ] Visits → Fields → **+ Add field** → *Relation*",
        "  - Name: `Patient`, API name `patient`",
        "  - Relation type: *Belongs to one*",
        "  - Object destination: people; field on it: `Visits`",
        "- [ ] Visits → Fields → **+ Add field** → *Relation*",
        "  - Name: `Of`, API name `of`",
        "  - Relation type: *Belongs to one* of several objects",
        "  - Object destination: people; field on it: `Tests`",
        "  - Object destination: Visits; field on it: `Cases`",
        "- [ ] people → Fields → *Deactivated* (end of the list) → `nickname` → ⋮ → **Activate**",
        "- [ ] people → Fields → `colour` → **+ Add option**; leave those that are there",
        "  - Option `Blue`, API value `BLUE`, colour gray",
        "- [ ] people → Fields → `jobTitle` → **Unique**: on",
        "- [ ] people → Fields → `rank`",
        "  - dataType: `float`",
    ]


def test_an_administrator_with_nothing_to_do_is_told_so() -> None:
    assert checklist(Plan((), ()), workspace()).endswith(
        "Nothing to do: Twenty has everything that the mapping needs.\n"
    )
