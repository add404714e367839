"""Planning and applying a schema on a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.errors import TwentyError
from sinks.twenty.schema.actions import Action, ActivateField, AddOptions
from sinks.twenty.schema.planner import plan
from sinks.twenty.schema.provisioner import SchemaError, apply, examine
from tests.contract.conftest import Made

RED, BLUE = Option("RED", "Red"), Option("BLUE", "Blue")

# Every type of which a server of 1.10 makes fields, and a value that a record of it takes.
VALUES = {
    "TEXT": "t",
    "NUMBER": 4,
    "NUMERIC": "4",
    "BOOLEAN": True,
    "DATE": "2026-01-02",
    "DATE_TIME": "2026-01-02T03:04:05.000Z",
    "SELECT": "RED",
    "MULTI_SELECT": ["RED"],
    "RATING": "RATING_3",
    "UUID": "4e5b4a8b-889b-4f44-9e2c-f57d94126fa5",
    "ARRAY": ["a", "b"],
    "RAW_JSON": {"a": 1},
    "CURRENCY": {"amountMicros": 1_000_000, "currencyCode": "EUR"},
    "LINKS": {"primaryLinkUrl": "https://x.test", "primaryLinkLabel": "", "secondaryLinks": []},
    "EMAILS": {"primaryEmail": "a@x.test", "additionalEmails": []},
    "PHONES": {"primaryPhoneNumber": "+33612345678"},
    "ADDRESS": {"addressCity": "Ulm"},
    "FULL_NAME": {"firstName": "A", "lastName": "B"},
    "RICH_TEXT": {"markdown": "m"},
}


@pytest.fixture
def names(tag: str, client: TwentyClient) -> Iterator[tuple[str, str]]:
    """Two names for custom objects, which are removed in the end."""
    one, two = f"plan{tag}", f"line{tag}"
    yield one, two
    for found in (discover(client).objects.get(name) for name in (one, two)):
        if found is not None:
            # one of the two metadata engines of 1.10 deletes only what was switched off
            client.update_object(found.id, {"isActive": False})
            client.delete_object(found.id)


def requirements(one: str, two: str, *options: Option) -> list[ObjectRequirement]:
    label = one.capitalize()
    care_plan = RelationRequirement(one, f"Lines {two}")
    return [
        ObjectRequirement(
            two,
            f"{two}s",
            two.capitalize(),
            f"{two.capitalize()}s",
            (
                FieldRequirement("carePlan", "Care plan", "RELATION", relation=care_plan),
                FieldRequirement("subject", "Subject", "RELATION", relation=RelationRequirement("person", label)),
                FieldRequirement("amount", "Amount", "CURRENCY"),
            ),
        ),
        ObjectRequirement(
            one,
            f"{one}s",
            label,
            f"{label}s",
            (
                FieldRequirement("extId", "External id", "TEXT", unique=True),
                FieldRequirement("kind", "Kind", "SELECT", options=options),
                FieldRequirement("summary", "Summary", "RICH_TEXT"),
                FieldRequirement("dueOn", "Due on", "DATE"),
            ),
        ),
        ObjectRequirement("noteTarget", "noteTargets", "Note Target", "Note Targets", hangs_on=(one,)),
    ]


def of_type(name: str, kind: str) -> list[ObjectRequirement]:
    options = (RED, BLUE) if kind in ("SELECT", "MULTI_SELECT") else None
    field = FieldRequirement("probe", "Probe", kind, options)
    label = name.capitalize()
    return [ObjectRequirement(name, f"{name}s", label, f"{label}s", (field,))]


def test_what_is_missing_is_made_once_and_can_be_used_at_once(
    client: TwentyClient, names: tuple[str, str], made: Made
) -> None:
    wanted = requirements(*names, RED)
    assert len(apply(client, wanted)) == 9
    found, workspace = examine(client, wanted)
    assert found.is_empty
    assert apply(client, wanted) == []

    one, two = (workspace.objects[name] for name in names)
    assert one.fields["extId"].is_unique
    assert two.fields["carePlan"].column == "carePlanId"
    parent, child = made.id(one.name_plural), made.id(two.name_plural)
    record = {"id": parent, "extId": parent, "kind": "RED", "summary": {"markdown": "m"}, "dueOn": "2026-01-02"}
    client.create_batch(one.name_plural, [record], upsert=False)
    client.create_batch(two.name_plural, [{"id": child, "carePlanId": parent, "subjectId": None}], upsert=False)
    assert workspace.target_column(names[0]) in workspace.objects["noteTarget"].columns


@pytest.mark.parametrize("kind", VALUES)
def test_a_field_of_every_type_is_made_read_back_and_written(
    client: TwentyClient, names: tuple[str, str], made: Made, kind: str
) -> None:
    wanted = of_type(names[0], kind)
    assert len(apply(client, wanted)) == 2
    found, workspace = examine(client, wanted)
    assert found.is_empty
    plural = workspace.objects[names[0]].name_plural
    new = made.id(plural)
    (written,) = client.create_batch(plural, [{"id": new, "probe": VALUES[kind]}], upsert=False)
    assert written["probe"] not in (None, "", [])


def test_options_are_added_behind_those_that_keep_their_ids(
    client: TwentyClient, names: tuple[str, str], made: Made
) -> None:
    apply(client, requirements(*names, RED))
    before = discover(client).objects[names[0]]
    row = made.id(before.name_plural)
    client.create_batch(before.name_plural, [{"id": row, "kind": "RED", "extId": row}], upsert=False)
    assert apply(client, requirements(*names, RED, BLUE)) == [AddOptions(names[0], "kind", (BLUE,))]
    after = discover(client).objects[names[0]].fields["kind"].options
    assert [option["value"] for option in after] == ["RED", "BLUE"]
    assert after[0]["id"] == before.fields["kind"].options[0]["id"]
    assert client.read_ids(before.name_plural, [row], trashed=False)[0]["kind"] == "RED"


def test_what_was_switched_off_is_switched_on_again(client: TwentyClient, names: tuple[str, str]) -> None:
    wanted = requirements(*names, RED)
    apply(client, wanted)
    due = discover(client).objects[names[0]].fields["dueOn"]
    client.update_field(due.id, {"isActive": False})
    assert "dueOn" in discover(client).objects[names[0]].inactive
    assert apply(client, wanted) == [ActivateField(names[0], "dueOn")]
    assert discover(client).objects[names[0]].fields["dueOn"].id == due.id


def test_data_with_duplicates_keeps_a_field_from_becoming_unique(
    client: TwentyClient, names: tuple[str, str], made: Made
) -> None:
    def wanted(*, unique: bool) -> list[ObjectRequirement]:
        label = names[0].capitalize()
        field = FieldRequirement("code", "Code", "TEXT", unique=unique)
        return [ObjectRequirement(names[0], f"{names[0]}s", label, f"{label}s", (field,))]

    apply(client, wanted(unique=False))
    plural = f"{names[0]}s"
    ids = made.ids(plural, 4)
    rows = [{"id": one, "code": code} for one, code in zip(ids, ("a", "a", "", ""), strict=True)]
    client.create_batch(plural, rows, upsert=False)
    client.delete_many(plural, ids[1:2])
    found, _ = examine(client, wanted(unique=True))
    assert found.blocked[0].reason.startswith("cannot become unique: 1 value is held by more than one record")
    with pytest.raises(SchemaError, match=rf"{names[0]}\.code: cannot become unique"):
        apply(client, wanted(unique=True))
    client.destroy_many(plural, ids[1:2])
    assert len(apply(client, wanted(unique=True))) == 1
    assert discover(client).objects[names[0]].fields["code"].is_unique


def test_two_at_once_make_everything_once(client: TwentyClient, names: tuple[str, str]) -> None:
    wanted = requirements(*names, RED, BLUE)
    start = threading.Barrier(2)
    made: list[list[Action]] = []
    failed: list[Exception] = []

    def run() -> None:
        start.wait()
        try:
            made.append(apply(client, wanted))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(made) == 2
    assert examine(client, wanted)[0].is_empty
    kind = discover(client).objects[names[0]].fields["kind"]
    assert [option["value"] for option in kind.options] == ["RED", "BLUE"]


def test_a_field_of_another_type_is_blocked(client: TwentyClient) -> None:
    wrong = [ObjectRequirement("person", "people", "P", "Ps", (FieldRequirement("jobTitle", "J", "NUMBER"),))]
    found, _ = examine(client, wrong)
    assert [str(one)[:64] for one in found.blocked] == [
        "person.jobTitle: needs type NUMBER, but Twenty has it as TEXT; r"
    ]
    with pytest.raises(SchemaError, match=r"person\.jobTitle"):
        apply(client, wrong)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (FieldRequirement("companyId", "C", "TEXT"), "Name 'companyId' is not available|companyId"),
        (FieldRequirement("emailsPrimaryEmail", "E", "TEXT"), "emailsPrimaryEmail"),
        (FieldRequirement("badName ", "B", "TEXT"), "camelCase"),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", "a, b"),)), "comma"),
        (FieldRequirement("size", "S", "SELECT", options=(Option("a", "a"),)), "UPPER_CASE|snake"),
    ],
)
def test_what_the_plan_blocks_the_server_refuses(client: TwentyClient, field: FieldRequirement, words: str) -> None:
    workspace = discover(client)
    assert plan(workspace, [ObjectRequirement("person", "people", "P", "Ps", (field,))]).blocked
    definition = {"objectMetadataId": workspace.objects["person"].id, "name": field.name, "label": field.label}
    options = [
        {"value": one.value, "label": one.label, "color": one.color, "position": 0} for one in field.options or ()
    ]
    with pytest.raises(TwentyError, match=words):
        client.create_field(
            {**definition, "type": field.type, "isNullable": True, **({"options": options} if options else {})}
        )


def test_discovery_reads_relations_and_target_columns(client: TwentyClient) -> None:
    workspace = discover(client)
    company = workspace.objects["person"].fields["company"]
    assert company.relation is not None
    assert (company.column, company.relation.target, company.relation.inverse) == ("companyId", "company", "people")
    assert workspace.objects["company"].fields["people"].column is None
    assert workspace.objects["person"].fields["emails"].is_unique
    assert not workspace.objects["person"].fields["jobTitle"].is_unique
    assert workspace.target_column("person") in workspace.objects["taskTarget"].columns
