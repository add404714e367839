"""Applying a schema to a server that is slow, forgetful, forbidding or stubborn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from schemas.requirements import FieldRequirement, Option
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.errors import TwentyError
from sinks.twenty.schema.actions import Action
from sinks.twenty.schema.provisioner import NoRightError, SchemaError, apply, examine
from tests.unit.twenty.schema.world import person_with

Answer = Callable[[], httpx.Response | None]


class Server:
    """Stores fields of `person`, and can be told to misbehave."""

    def __init__(self, *, shape: str = "1.10") -> None:
        self.fields: list[dict[str, Any]] = [{"id": "f0", "name": "bodyV2", "type": "RICH_TEXT_V2"}]
        self.creates = 0
        self.reads = 0
        self.on_list: Answer = lambda: None
        self.on_write: Answer = lambda: None
        self.on_read: Answer = lambda: None
        self.pages: list[list[str]] = [[]]
        self._shape = shape

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/rest/metadata/objects":
            rows = self._objects()
            told = rows if self._shape == "newer" else [{**row, "fields": self._bare()} for row in rows]
            return self.on_list() or httpx.Response(200, json={"data": told if self._shape == "newer" else {"x": told}})
        if path == "/metadata":
            nodes = [
                {"node": {**row, "fields": {"edges": [{"node": field} for field in self._fields()]}}}
                for row in self._objects()
            ]
            return httpx.Response(200, json={"data": {"objects": {"edges": nodes}}})
        if path.startswith("/rest/metadata/fields"):
            return self._write(request)
        self.reads += 1
        return self.on_read() or httpx.Response(200, json={"data": {"people": self._page(request)}})

    def client(self) -> TwentyClient:
        return TwentyClient("http://t", "k", http=httpx.Client(transport=httpx.MockTransport(self)))

    def _write(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        self.creates += 1
        early = self.on_write()
        created = {"id": f"f{len(self.fields)}", **body}
        if early is None or early.status_code >= 500:  # a failure may come after the work was done
            field_id = request.url.path.removeprefix("/rest/metadata/fields").removeprefix("/")
            if field_id:
                next(field for field in self.fields if field["id"] == field_id).update(body)
            else:
                self.fields.append(created)
        data = created if self._shape == "newer" else {"data": {"createOneField": created}}
        return early or httpx.Response(201, json=data)

    def _objects(self) -> list[dict[str, Any]]:
        names = ("person", "people"), ("note", "notes")
        return [
            {"id": one, "nameSingular": one, "namePlural": many, "isCustom": False, "fields": self._fields()}
            for one, many in names
        ]

    def _fields(self) -> list[dict[str, Any]]:
        return [{"isUnique": False, "settings": None, **field} for field in self.fields]

    def _bare(self) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in one.items() if key not in ("isUnique", "settings")} for one in self.fields
        ]

    def _page(self, request: httpx.Request) -> dict[str, Any]:
        after = int((orjson.loads(request.content).get("variables") or {}).get("after") or 0)
        edges = [{"node": {"id": "x", "ward": value}} for value in self.pages[after]]
        return {"edges": edges, "pageInfo": {"hasNextPage": after + 1 < len(self.pages), "endCursor": str(after + 1)}}


def refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "messages": [message]})


WARD = person_with(FieldRequirement("ward", "Ward", "TEXT"))
UNIQUE_WARD = person_with(FieldRequirement("ward", "Ward", "TEXT", unique=True))


def applied(server: Server) -> tuple[list[Action], list[float]]:
    slept: list[float] = []
    return apply(server.client(), WARD, sleep=slept.append, clock=lambda: sum(slept)), slept


@pytest.mark.parametrize("shape", ["1.10", "newer"])
def test_both_metadata_shapes_are_understood(shape: str) -> None:
    server = Server(shape=shape)
    made, _ = applied(server)
    assert [action.address for action in made] == ["person.ward"]
    assert applied(server)[0] == []
    unique = person_with(FieldRequirement("ward", "Ward", "TEXT", unique=True, settings={"displayedMaxRows": 3}))
    apply(server.client(), unique)
    there = discover(server.client()).objects["person"].fields["ward"]
    assert (there.is_unique, there.settings) == (True, {"displayedMaxRows": 3})


def test_a_call_that_failed_after_it_was_carried_out_is_not_repeated() -> None:
    server = Server()
    server.on_write = lambda: refused(500, "Query read timeout")
    made, slept = applied(server)
    assert len(made) == server.creates == 1
    assert slept == []


def test_a_call_that_failed_before_it_was_carried_out_is_repeated() -> None:
    server = Server()
    answers = iter([refused(429, "Limit reached (100 tokens per 60000 ms)"), None])
    server.on_write = lambda: next(answers)
    made, slept = applied(server)
    assert (len(made), server.creates, len(slept)) == (1, 2, 1)


def test_what_another_made_meanwhile_is_not_counted() -> None:
    server = Server()

    def overtaken() -> httpx.Response:
        server.fields.append({"id": "f1", "name": "ward", "type": "TEXT"})
        return refused(400, "Name 'ward' is not available, check that it is not duplicating another field's name.")

    server.on_write = overtaken
    assert applied(server)[0] == []
    assert server.creates == 1


def test_a_refused_definition_is_told_in_the_servers_words() -> None:
    server = Server()
    server.on_write = lambda: refused(400, "The name 'ward' is not available")
    with pytest.raises(SchemaError, match=r'\+ field  person\.ward "Ward": TEXT\n.*The name \'ward\' is not available'):
        applied(server)
    assert server.creates == 4


def test_a_refusal_that_is_not_known_is_not_final_at_once() -> None:
    server = Server()
    server.on_write = lambda: refused(400, "RUNNER_INTERNAL_SERVER_ERROR") if server.creates < 4 else None
    made, slept = applied(server)
    assert (len(made), server.creates, len(slept)) == (1, 4, 3)


def test_an_index_that_cannot_be_made_is_explained() -> None:
    server = Server()
    server.on_write = lambda: refused(400, "RUNNER_INTERNAL_SERVER_ERROR")
    with pytest.raises(SchemaError, match="drop `unique` from the mapping"):
        apply(server.client(), UNIQUE_WARD, sleep=lambda seconds: None)


def test_a_server_that_goes_on_failing_ends_in_an_error() -> None:
    server = Server()
    server.on_write = lambda: refused(429, "Limit reached")
    with pytest.raises(SchemaError, match=r"person\.ward.*\n.*throttled"):
        apply(server.client(), WARD, sleep=lambda seconds: None, clock=lambda: 0.0, deadline_s=0.05)


def test_new_fields_are_read_until_they_answer_steadily() -> None:
    server = Server()
    stale = refused(400, 'Cannot query field "ward" on type "Person".')
    server.on_read = lambda: stale if server.reads in (1, 4) else None
    _, slept = applied(server)
    assert server.reads == 7
    assert len(slept) == 2


def test_a_field_that_never_becomes_usable_ends_in_an_error() -> None:
    server = Server()
    server.on_read = lambda: refused(400, 'Cannot query field "ward" on type "Person".')
    with pytest.raises(SchemaError, match=r"cannot be used: .* schema_stale"):
        applied(server)


def test_a_server_that_forgets_is_found_out() -> None:
    server = Server()
    created: dict[str, Any] = {"data": {"createOneField": {"id": "x"}}}
    server.on_write = lambda: httpx.Response(201, json=created)
    with pytest.raises(SchemaError, match=r"does not show what was applied:\n.*person\.ward"):
        applied(server)


def test_nothing_is_applied_while_something_is_blocked() -> None:
    server = Server()
    wanted = person_with(FieldRequirement("ward", "Ward", "TEXT"), FieldRequirement("type", "Type", "TEXT"))
    with pytest.raises(SchemaError, match=r"person\.type: its name: Twenty keeps 'type' for itself"):
        apply(server.client(), wanted)
    assert server.creates == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_change_the_data_model_is_told_what_to_do(status: int) -> None:
    server = Server()
    server.on_write = lambda: refused(status, "Entity performing the request does not have permission")
    with pytest.raises(NoRightError, match=r"schema plan --checklist"):
        applied(server)
    assert server.creates == 1


def test_a_key_that_may_not_read_over_rest_reads_over_graphql() -> None:
    server = Server()
    server.on_list = lambda: refused(403, "Forbidden resource")
    found, workspace = examine(server.client(), UNIQUE_WARD)
    assert [action.address for action in found.actions] == ["person.ward"]
    assert workspace.objects["person"].name_plural == "people"


def test_a_list_that_is_refused_for_a_moment_is_asked_for_again() -> None:
    server = Server()
    answers = iter([refused(400, "Could not find flat entity in maps"), None])
    server.on_list = lambda: next(answers)
    slept: list[float] = []
    found, _ = examine(server.client(), WARD, sleep=slept.append)
    assert (len(found.actions), len(slept)) == (1, 1)


def test_a_server_that_cannot_be_reached_is_told_at_once() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = TwentyClient("http://t", "k", http=httpx.Client(transport=httpx.MockTransport(away)))
    with pytest.raises(TwentyError, match=r"list objects: transient \(no answer\)"):
        examine(client, WARD)


@pytest.mark.parametrize(
    ("pages", "count"),
    [([["a", "b"], ["c", ""], [""]], 0), ([["a", "b"], ["b"]], 1), ([["a", "b"], ["b", "a", "a"]], 2)],
)
def test_values_are_compared_across_pages_and_empty_ones_are_exempt(pages: list[list[str]], count: int) -> None:
    server = Server()
    server.fields.append({"id": "f1", "name": "ward", "type": "TEXT"})
    server.pages = pages
    found, _ = examine(server.client(), UNIQUE_WARD)
    assert len(found.blocked) == (1 if count else 0)
    if count:
        assert found.blocked[0].reason.startswith(f"cannot become unique: {count} value")
    assert server.reads == len(pages)


def test_a_throttled_look_at_the_data_waits() -> None:
    server = Server()
    server.fields.append({"id": "f1", "name": "ward", "type": "TEXT"})
    server.on_read = lambda: refused(429, "Limit reached") if server.reads < 3 else None
    slept: list[float] = []
    found, _ = examine(server.client(), UNIQUE_WARD, sleep=slept.append)
    assert (found.blocked, len(slept)) == ((), 2)


def test_options_added_by_another_meanwhile_are_kept() -> None:
    server = Server()
    red = {"id": "1", "value": "RED", "label": "Red", "position": 0}
    server.fields.append({"id": "f1", "name": "colour", "type": "SELECT", "options": [red]})
    wanted = person_with(
        FieldRequirement("ward", "Ward", "TEXT"),
        FieldRequirement("colour", "Colour", "SELECT", options=(Option("RED", "Red"), Option("BLUE", "Blue"))),
    )
    pink = {"id": "2", "value": "PINK", "label": "Pink", "position": 7}

    def another(action: Action) -> None:
        if action.address == "person.colour":
            server.fields[1]["options"] = [red, pink]

    apply(server.client(), wanted, tell=another)
    options = discover(server.client()).objects["person"].fields["colour"].options
    assert [(option.get("id"), option["value"], option["position"]) for option in options] == [
        ("1", "RED", 0),
        ("2", "PINK", 7),
        (None, "BLUE", 8),
    ]
