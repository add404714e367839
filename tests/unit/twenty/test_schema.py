"""Planning a schema, and applying it to a server that is slow, forgetful or stubborn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import FieldInfo, ObjectInfo, RelationInfo, Workspace, discover
from sinks.twenty.errors import TwentyError
from sinks.twenty.schema import MakeUnique, NewField, NewObject, NewOptions, SchemaError, apply, plan


def field(name: str, kind: str, *, unique: bool = False, relation: RelationInfo | None = None) -> FieldInfo:
    options = ({"id": "1", "value": "RED", "label": "Red", "position": 4},) if kind == "SELECT" else ()
    column = f"{name}Id" if relation else name
    return FieldInfo(f"id-{name}", name, kind, unique, options, relation, column)


def workspace() -> Workspace:
    person = ObjectInfo(
        "p",
        "person",
        "people",
        False,
        {
            one.name: one
            for one in (
                field("jobTitle", "TEXT"),
                field("colour", "SELECT"),
                field("company", "RELATION", relation=RelationInfo("MANY_TO_ONE", "company", "people")),
            )
        },
    )
    company = ObjectInfo("c", "company", "companies", False, {"people": field("people", "RELATION")})
    note = ObjectInfo("n", "note", "notes", False, {"bodyV2": field("bodyV2", "RICH_TEXT_V2")})
    return Workspace({one.name_singular: one for one in (person, company, note)})


def person_with(*fields: FieldRequirement) -> list[ObjectRequirement]:
    return [ObjectRequirement("person", "people", "Person", "People", fields)]


def test_what_is_there_needs_nothing() -> None:
    wanted = person_with(
        FieldRequirement("jobTitle", "Job", "TEXT"),
        FieldRequirement("colour", "Colour", "SELECT", options=(Option("RED", "Red"),)),
        FieldRequirement("company", "Company", "RELATION", relation=RelationRequirement("company", "People")),
    )
    found = plan(workspace(), wanted)
    assert (len(found), found.conflicts) == (0, ())


def test_objects_come_first_and_relations_after_fields() -> None:
    visit = ObjectRequirement(
        "visit",
        "visits",
        "Visit",
        "Visits",
        (
            FieldRequirement("patient", "Patient", "RELATION", relation=RelationRequirement("person", "Visits")),
            FieldRequirement("room", "Room", "RELATION", relation=RelationRequirement("room", "Visits")),
            FieldRequirement("report", "Report", "RICH_TEXT"),
        ),
    )
    room = ObjectRequirement("room", "rooms", "Room", "Rooms")
    jobs = person_with(
        FieldRequirement("jobTitle", "Job", "TEXT", unique=True),
        FieldRequirement("colour", "C", "SELECT", options=(Option("BLUE", "Blue"),)),
    )
    found = plan(workspace(), [visit, room, *jobs])
    assert found.conflicts == ()
    assert [type(change) for change in found] == [
        NewObject,
        NewObject,
        NewField,
        NewField,
        NewField,
        MakeUnique,
        NewOptions,
    ]
    assert [str(change) for change in found] == [
        "create object visit",
        "create object room",
        "create field visit.report (RICH_TEXT_V2)",
        "create field visit.patient (RELATION to person)",
        "create field visit.room (RELATION to room)",
        "make person.jobTitle unique",
        "add to person.colour the options BLUE",
    ]


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (FieldRequirement("jobTitle", "J", "NUMBER"), "needs type NUMBER, but Twenty has it as TEXT"),
        (
            FieldRequirement("company", "C", "RELATION", relation=RelationRequirement("note", "X")),
            "needs a relation to note, but Twenty relates it to MANY_TO_ONE company",
        ),
        (FieldRequirement("Bad Name", "B", "TEXT"), "'Bad Name' is not a name that Twenty takes; try 'badName'"),
        (FieldRequirement("hba1c", "B", "NUMBER"), "try 'hba1C'"),
        (FieldRequirement("type", "T", "TEXT"), "Twenty keeps the name 'type' for itself"),
        (FieldRequirement("size", "S", "SELECT"), "a SELECT needs at least one option"),
        (
            FieldRequirement("size", "S", "SELECT", options=(Option("no-show", "No show"),)),
            "option value 'no-show' must be UPPER_SNAKE_CASE",
        ),
        (
            FieldRequirement("size", "S", "SELECT", options=(Option("A", "a, b"),)),
            "option label 'a, b' must be 1 to 63 letters without a comma",
        ),
        (FieldRequirement("size", "S", "SELECT", options=(Option("A", "a"), Option("A", "b"))), "occurs twice"),
        (
            FieldRequirement("ward", "W", "RELATION", relation=RelationRequirement("ward", "People")),
            "relates to object ward, which neither Twenty nor the mapping has",
        ),
        (
            FieldRequirement("payer", "P", "RELATION", relation=RelationRequirement("company", "People")),
            "company has a field people already",
        ),
        (
            FieldRequirement("payer", "P", "RELATION", relation=RelationRequirement("company", "Insured", "members")),
            "Twenty names the other side after its label",
        ),
        (FieldRequirement("payer", "P", "RELATION"), "type RELATION and a relation's target belong together"),
    ],
)
def test_conflicts_are_named(requirement: FieldRequirement, words: str) -> None:
    conflicts = plan(workspace(), person_with(requirement)).conflicts
    assert len(conflicts) == 1
    assert words in conflicts[0]


def test_two_relations_cannot_share_the_other_side() -> None:
    relation = RelationRequirement("company", "Insured")
    wanted = person_with(
        FieldRequirement("payer", "P", "RELATION", relation=relation),
        FieldRequirement("otherPayer", "O", "RELATION", relation=relation),
    )
    assert "give the other side another label" in plan(workspace(), wanted).conflicts[0]


def test_another_plural_is_a_conflict() -> None:
    found = plan(workspace(), [ObjectRequirement("person", "persons", "P", "Ps")])
    assert "calls its plural 'persons', Twenty 'people'" in found.conflicts[0]


# Applying, against a server of a few lines: it stores fields of `person` and can be told to misbehave.


class Server:
    def __init__(self, *, shape: str = "1.10") -> None:
        self.fields = [{"id": "f0", "name": "bodyV2", "type": "RICH_TEXT_V2", "isUnique": False}]
        self.creates = 0
        self.reads = 0
        self.on_create: Callable[[], httpx.Response | None] = lambda: None
        self.on_read: Callable[[], httpx.Response | None] = lambda: None
        self._shape = shape

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/rest/metadata/objects":
            names = ("person", "people"), ("note", "notes")
            rows = [
                {"id": one, "nameSingular": one, "namePlural": many, "isCustom": False, "fields": self.fields}
                for one, many in names
            ]
            return httpx.Response(200, json={"data": {"objects": rows} if self._shape == "1.10" else rows})
        if path == "/rest/metadata/fields":
            body = orjson.loads(request.content)
            self.creates += 1
            early = self.on_create()
            if early is None or early.status_code >= 500:  # a failure may come after the work was done
                self.fields.append({"id": f"f{len(self.fields)}", "isUnique": False, **body})
            created = {"id": "new", **body}
            data = {"data": {"createOneField": created}} if self._shape == "1.10" else created
            return early or httpx.Response(201, json=data)
        self.reads += 1
        return self.on_read() or httpx.Response(200, json={"data": {"people": {"edges": []}}})

    def client(self) -> TwentyClient:
        return TwentyClient("http://t", "k", http=httpx.Client(transport=httpx.MockTransport(self)))


def refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "messages": [message]})


WARD = person_with(FieldRequirement("ward", "Ward", "TEXT"))


def applied(server: Server) -> tuple[Workspace, list[float]]:
    client = server.client()
    slept: list[float] = []
    return apply(client, plan(discover(client), WARD), sleep=slept.append, clock=lambda: sum(slept)), slept


@pytest.mark.parametrize("shape", ["1.10", "newer"])
def test_both_metadata_shapes_are_understood(shape: str) -> None:
    found, _ = applied(Server(shape=shape))
    assert "ward" in found.objects["person"].fields


def test_a_call_that_failed_after_it_was_carried_out_is_not_repeated() -> None:
    server = Server()
    server.on_create = lambda: refused(500, "Query read timeout") if server.creates == 1 else None
    found, slept = applied(server)
    assert "ward" in found.objects["person"].fields
    assert server.creates == 1
    assert len(slept) == 1


def test_a_refused_definition_is_told_at_once_in_the_servers_words() -> None:
    server = Server()
    server.on_create = lambda: refused(400, "The name 'ward' is not available")
    with pytest.raises(TwentyError, match="The name 'ward' is not available"):
        applied(server)
    assert server.creates == 1


def test_new_fields_are_read_until_they_answer_steadily() -> None:
    server = Server()
    stale = refused(400, 'Cannot query field "ward" on type "Person".')
    server.on_read = lambda: stale if server.reads in (1, 3) else None
    _, slept = applied(server)
    assert server.reads == 5
    assert len(slept) == 2


def test_a_field_that_never_becomes_usable_ends_in_an_error() -> None:
    server = Server()
    server.on_read = lambda: refused(400, 'Cannot query field "ward" on type "Person".')
    with pytest.raises(TwentyError, match="schema_stale"):
        applied(server)


def test_a_server_that_forgets_is_found_out() -> None:
    server = Server()
    created: dict[str, Any] = {"data": {"createOneField": {"id": "x"}}}
    server.on_create = lambda: httpx.Response(201, json=created)
    with pytest.raises(SchemaError, match=r"create field person\.ward"):
        applied(server)
