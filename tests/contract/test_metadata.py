"""Objects and fields: what the metadata API takes, refuses and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Definition, Made, Probe

NewObject = Callable[[str], Definition]


def refused(answer: httpx.Response, text: str) -> bool:
    """Whether it is refused in these words, or in the only ones that a workspace on the newer engine has."""
    assert answer.status_code == 400
    said: str = answer.json()["messages"][0]
    return said == text or said.startswith("Multiple validation errors occurred while ")


def new_field(http: httpx.Client, object_id: str, name: str, kind: str, **more: Any) -> httpx.Response:
    body = {"objectMetadataId": object_id, "name": name, "label": name.capitalize(), "type": kind, "isNullable": True}
    return http.post("/rest/metadata/fields", json={**body, **more})


def objects(http: httpx.Client) -> dict[str, Definition]:
    found = http.get("/rest/metadata/objects").json()["data"]["objects"]
    return {one["nameSingular"]: one for one in found}


def test_objects_are_listed_with_their_fields(http: httpx.Client) -> None:
    answer = http.get("/rest/metadata/objects")
    assert answer.status_code == 200
    assert answer.json()["pageInfo"]["hasNextPage"] is False
    found = objects(http)
    needed = {"person", "company", "opportunity", "task", "note", "taskTarget", "noteTarget", "attachment"}
    assert needed | {"workspaceMember"} <= found.keys()
    fields = {field["name"]: field for field in found["person"]["fields"]}
    assert fields["emails"]["type"] == "EMAILS"
    assert "isUnique" not in fields["emails"]
    assert fields["company"]["relation"]["type"] == "MANY_TO_ONE"
    assert fields["company"]["relation"]["targetObjectMetadata"]["nameSingular"] == "company"
    assert fields["company"]["relation"]["targetFieldMetadata"]["name"] == "people"


def test_query_parameters_are_refused(http: httpx.Client) -> None:
    answer = http.get("/rest/metadata/objects", params={"limit": 1})
    assert answer.status_code == 400
    assert "objects?limit=1" in answer.json()["message"]


def test_a_new_object_takes_records_at_once(http: httpx.Client, made: Made, new_object: NewObject, tag: str) -> None:
    name = f"widget{tag}"
    definition = new_object(name)
    assert {"id", "name", "createdAt", "deletedAt", "createdBy", "position"} <= {
        field["name"] for field in definition["fields"]
    }
    identity = made.id(f"{name}s")
    answer = http.post(f"/rest/{name}s", json={"id": identity, "name": "first"})
    assert answer.status_code == 201
    assert answer.json()["data"][f"create{name.capitalize()}"]["position"] == 0
    note, link = made.id("notes"), made.id("noteTargets")
    http.post("/rest/notes", json={"id": note, "title": "N"})
    answer = http.post("/rest/noteTargets", json={"id": link, "noteId": note, f"{name}Id": identity})
    assert answer.json()["data"]["createNoteTarget"][f"{name}Id"] == identity


def test_object_names(http: httpx.Client, new_object: NewObject, tag: str) -> None:
    def create(singular: str, plural: str) -> httpx.Response:
        names = {"nameSingular": singular, "namePlural": plural, "labelSingular": "A", "labelPlural": "B"}
        return http.post("/rest/metadata/objects", json=names)

    new_object(f"gadget{tag}")
    assert refused(create(f"gadget{tag}", f"gadget{tag}s"), "Object already exists")
    assert refused(create("Bad Name", "Bad Names"), "Bad Names should be in camelCase")
    assert refused(create("event", "events"), "The name 'events' is not available")


def test_a_text_field_is_never_nullable(http: httpx.Client, probe: Probe, tag: str) -> None:
    answer = new_field(http, probe.id, f"t{tag}", "TEXT")
    assert answer.status_code == 201
    field = answer.json()["data"]["createOneField"]
    assert (field["isNullable"], field["defaultValue"], field["relation"]) == (False, "''", None)


@pytest.mark.parametrize(
    ("name", "kind", "more", "text"),
    [
        ("txt", "TEXT", {}, "Name 'txt' is not available, check that it is not duplicating another field's name."),
        ("Bad Name", "TEXT", {}, "Bad Name should be in camelCase"),
        ("xx", "NOSUCHTYPE", {}, "Value 'NOSUCHTYPE' does not exist in 'FieldMetadataType' enum."),
        ("selnone", "SELECT", {}, "Options are required for enum fields"),
        (
            "sellower",
            "SELECT",
            {"options": [{"label": "X", "value": "lower case", "color": "green", "position": 0}]},
            "Value must be in UPPER_CASE and follow snake_case '{sanitizedValue}'",
        ),
    ],
)
def test_refused_fields(
    http: httpx.Client, probe: Probe, name: str, kind: str, more: dict[str, Any], text: str
) -> None:
    assert refused(new_field(http, probe.id, name, kind, **more), text)


def test_an_object_that_does_not_exist(http: httpx.Client) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    text = f"Unable to find ObjectMetadataEntity with id: {missing}"
    assert refused(http.get(f"/rest/metadata/objects/{missing}"), text)


def test_an_option_is_added_and_used(http: httpx.Client, made: Made, probe: Probe) -> None:
    found = objects(http)[probe.singular]
    field = next(one for one in found["fields"] if one["name"] == "sel")
    options = [*field["options"], {"label": "Pink", "value": "PINK", "color": "pink", "position": 9}]
    answer = http.patch(f"/rest/metadata/fields/{field['id']}", json={"options": options})
    assert answer.status_code == 200, answer.text
    kept = answer.json()["data"]["updateOneField"]["options"]
    assert [one["value"] for one in kept][-1] == "PINK"
    assert {one["id"] for one in field["options"]} <= {one["id"] for one in kept}
    identity = made.id(probe.plural)
    assert http.post(f"/rest/{probe.plural}", json={"id": identity, "sel": "PINK"}).status_code == 201


def test_a_relation_makes_both_sides_and_no_foreign_key(
    http: httpx.Client, made: Made, new_object: NewObject, tag: str
) -> None:
    name = f"owned{tag}"
    definition = new_object(name)
    person = objects(http)["person"]
    payload = {
        "type": "MANY_TO_ONE",
        "targetObjectMetadataId": person["id"],
        "targetFieldLabel": f"Owned {tag}",
        "targetFieldIcon": "IconBox",
    }
    answer = new_field(http, definition["id"], "owner", "RELATION", relationCreationPayload=payload)
    assert answer.status_code == 201, answer.text
    relation = answer.json()["data"]["createOneField"]["relation"]
    assert relation["type"] == "MANY_TO_ONE"
    assert relation["targetFieldMetadata"]["name"] == f"owned{tag.capitalize()}"
    dangling = "eb44763f-9c62-45ff-bb6f-6c35540415fa"
    identity = made.id(f"{name}s")
    answer = http.post(f"/rest/{name}s", json={"id": identity, "ownerId": dangling})
    assert answer.status_code == 201
    assert next(iter(answer.json()["data"].values()))["ownerId"] == dangling


def test_graphql_tells_what_is_unique(http: httpx.Client, probe: Probe) -> None:
    query = (
        "query{objects(paging:{first:1000}){pageInfo{hasNextPage} edges{node{id nameSingular "
        "fields(paging:{first:1000}){edges{node{id name type isUnique}}}}}}}"
    )
    data = http.post("/metadata", json={"query": query}).json()["data"]
    nodes = {edge["node"]["nameSingular"]: edge["node"] for edge in data["objects"]["edges"]}
    unique = {edge["node"]["name"] for edge in nodes[probe.singular]["fields"]["edges"] if edge["node"]["isUnique"]}
    assert "extId" in unique
    assert "txt" not in unique
    emails = [edge["node"] for edge in nodes["person"]["fields"]["edges"] if edge["node"]["name"] == "emails"]
    assert emails[0]["isUnique"] is True


def test_a_field_is_removed_again(http: httpx.Client, new_object: NewObject, tag: str) -> None:
    definition = new_object(f"short{tag}")
    field = new_field(http, definition["id"], "gone", "NUMBER").json()["data"]["createOneField"]
    path = f"/rest/metadata/fields/{field['id']}"
    assert refused(http.delete(path), "Active fields can't be deleted")
    assert http.patch(path, json={"isActive": False}).json()["data"]["updateOneField"]["isActive"] is False
    assert http.delete(path).json() == {"data": {"deleteOneField": {"id": field["id"]}}}
    names = [one["name"] for one in objects(http)[f"short{tag}"]["fields"]]
    assert "gone" not in names
