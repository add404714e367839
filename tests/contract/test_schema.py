"""Planning and applying a schema on a server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.schema import SchemaError, apply, plan
from tests.contract.conftest import Made

RED, BLUE = Option("RED", "Red"), Option("BLUE", "Blue")


@pytest.fixture
def names(tag: str, client: TwentyClient) -> Iterator[tuple[str, str]]:
    """Two names for custom objects, which are removed in the end."""
    one, two = f"plan{tag}", f"line{tag}"
    yield one, two
    for name, found in discover(client).objects.items():
        if name in (one, two):
            client.delete_object(found.id)


def requirements(one: str, two: str, *options: Option) -> list[ObjectRequirement]:
    label = one.capitalize()
    return [
        ObjectRequirement(
            two,
            f"{two}s",
            two.capitalize(),
            f"{two.capitalize()}s",
            (
                FieldRequirement(
                    "carePlan", "Care plan", "RELATION", relation=RelationRequirement(one, f"Lines {two}")
                ),
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
    ]


def test_what_is_missing_is_made_once_and_can_be_used_at_once(
    client: TwentyClient, names: tuple[str, str], made: Made
) -> None:
    wanted = requirements(*names, RED)
    first = plan(discover(client), wanted)
    assert len(first) == 9
    assert not first.conflicts
    workspace = apply(client, first)
    assert len(plan(workspace, wanted)) == 0
    apply(client, first)

    one, two = (workspace.objects[name] for name in names)
    assert one.fields["extId"].is_unique
    assert two.fields["carePlan"].column == "carePlanId"
    parent, child = made.id(one.name_plural), made.id(two.name_plural)
    record = {"id": parent, "extId": parent, "kind": "RED", "summary": {"markdown": "m"}, "dueOn": "2026-01-02"}
    client.create_batch(one.name_plural, [record], upsert=False)
    client.create_batch(two.name_plural, [{"id": child, "carePlanId": parent, "subjectId": None}], upsert=False)
    column = workspace.target_column(names[0])
    assert column in workspace.objects["noteTarget"].columns


def test_options_and_uniqueness_are_added_to_what_is_there(client: TwentyClient, names: tuple[str, str]) -> None:
    wanted = requirements(*names, RED)
    apply(client, plan(discover(client), wanted))
    more = requirements(*names, RED, BLUE)
    second = plan(discover(client), more)
    assert [str(change) for change in second] == [f"add to {names[0]}.kind the options BLUE"]
    before = discover(client).objects[names[0]].fields["kind"].options[0]["id"]
    workspace = apply(client, second)
    options = workspace.objects[names[0]].fields["kind"].options
    assert [option["value"] for option in options] == ["RED", "BLUE"]
    assert options[0]["id"] == before


def test_a_field_of_another_type_is_a_conflict(client: TwentyClient) -> None:
    wrong = ObjectRequirement("person", "people", "P", "Ps", (FieldRequirement("jobTitle", "J", "NUMBER"),))
    found = plan(discover(client), [wrong])
    assert len(found.conflicts) == 1
    assert found.conflicts[0].startswith("person.jobTitle: needs type NUMBER, but Twenty has it as TEXT; rename")
    with pytest.raises(SchemaError, match=r"person\.jobTitle"):
        apply(client, found)


def test_discovery_reads_relations_and_target_columns(client: TwentyClient, http: httpx.Client) -> None:
    workspace = discover(client)
    company = workspace.objects["person"].fields["company"]
    assert company.relation is not None
    assert (company.column, company.relation.target, company.relation.inverse) == ("companyId", "company", "people")
    assert workspace.objects["company"].fields["people"].column is None
    assert workspace.objects["person"].fields["emails"].is_unique
    assert not workspace.objects["person"].fields["jobTitle"].is_unique
    assert workspace.target_column("person") in workspace.objects["taskTarget"].columns
