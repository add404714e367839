"""The stand-in as the newest Twenty, over HTTP: what its source says against what 1.10 answered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from tests.contract.conftest import KEY, running_standin
from tests.integration.standin.conftest import HEADERS


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_standin(tmp_path_factory.mktemp("newest"), "--limit", "0", "--era", "newest") as (_, own):
        yield own


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        client.post("/standin/reset", json={"era": "newest"}).raise_for_status()
        yield client


def made(http: httpx.Client, plural: str, **fields: Any) -> dict[str, Any]:
    answer = http.post(f"/rest/{plural}", json={"id": str(uuid.uuid4()), **fields})
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = next(iter(answer.json()["data"].values()))
    return row


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["messages"][0]


def test_behaviour_1_a_refusal_carries_headers_and_takes_nothing(http: httpx.Client) -> None:
    http.post("/standin/limit", json={"limit": 2, "window_ms": 60_000, "short_limit": 5, "short_window_ms": 1000})
    answers = [http.get("/rest/people", params={"limit": 1}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    body = answers[2].json()
    assert body["error"] == body["code"] == "RATE_LIMITED"
    assert body["messages"] == ["Rate limit exceeded for apiKey: 2 requests per 60s."]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert answers[2].headers["x-ratelimit-remaining"] == "0"


def test_behaviour_2_graphql_says_when_to_come_back(http: httpx.Client) -> None:
    http.post("/standin/limit", json={"limit": 1, "window_ms": 60_000})
    http.get("/rest/people")
    answer = http.post("/graphql", json={"query": "{people(first: 1) {totalCount}}"})
    assert answer.status_code == 200
    extensions = answer.json()["errors"][0]["extensions"]
    assert extensions["code"] == "RATE_LIMITED"
    assert 0 < extensions["retryAfterMs"] <= 60_000


def test_behaviour_4_a_duplicate_does_not_name_the_field(http: httpx.Client) -> None:
    made(http, "people", emails={"primaryEmail": "a@x.test"})
    answer = http.post("/rest/people", json={"emails": {"primaryEmail": "A@x.test"}})
    assert refusal(answer) == (400, "A duplicate entry was detected")


def test_behaviour_10_restore_by_id_and_by_filter(http: httpx.Client) -> None:
    ids = [made(http, "people")["id"] for _ in range(2)]
    for one in ids:
        http.delete(f"/rest/people/{one}", params={"soft_delete": "true"})
    assert http.patch(f"/rest/people/{ids[0]}/restore").json()["data"]["restorePerson"]["id"] == ids[0]
    assert http.patch(f"/rest/people/{ids[0]}/restore").status_code == 404
    answer = http.patch("/rest/people/restore", params={"filter": f"id[eq]:{ids[1]}"})
    assert [row["id"] for row in answer.json()["data"]["restorePeople"]] == [ids[1]]


def test_behaviour_11_empty_text_is_null(http: httpx.Client) -> None:
    row = made(http, "people", jobTitle="", name={"firstName": "A", "lastName": ""})
    assert (row["jobTitle"], row["name"]) == (None, {"firstName": "A", "lastName": None})
    assert row["emails"] == {"primaryEmail": None, "additionalEmails": None}
    assert made(http, "people", jobTitle=None, emails=None)["jobTitle"] is None


@pytest.mark.parametrize(
    ("plural", "body", "text"),
    [
        ("people", {"foo": 1}, 'Object person doesn\'t have any "foo" field.'),
        ("people", {"emails": {"x": "1"}}, 'Invalid subfield x for emails field "emails"'),
        ("opportunities", {"stage": "NOSUCH"}, "Invalid value 'NOSUCH' for field \"stage\""),
        ("opportunities", {"stage": None}, "Field stage is not nullable and has no default value."),
        ("people", {"company": {"id": "x"}}, 'Relation "company" requires connect or disconnect operation'),
        ("people", {"jobTitle": 5}, "Invalid value '5' for field \"jobTitle\""),
    ],
)
def test_behaviour_12_wrong_input_in_the_newest_words(
    http: httpx.Client, plural: str, body: dict[str, Any], text: str
) -> None:
    assert refusal(http.post(f"/rest/{plural}", json=body)) == (400, text)


def test_behaviour_13_a_missing_parent_is_the_clients_error(http: httpx.Client) -> None:
    status, text = refusal(http.post("/rest/people", json={"companyId": str(uuid.uuid4())}))
    assert status == 400
    assert "violates foreign key constraint" in text


def test_behaviour_14_a_refusal_names_its_code(http: httpx.Client) -> None:
    answer = http.get(f"/rest/people/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_behaviour_17_metadata_comes_bare_and_in_pages(http: httpx.Client, url: str) -> None:
    first = http.get("/rest/metadata/objects", params={"limit": 5}).json()
    assert len(first["data"]) == 5
    assert first["pageInfo"]["hasNextPage"]
    assert first["pageInfo"]["endCursor"] == first["data"][-1]["id"]
    query = {"limit": 200, "starting_after": first["pageInfo"]["endCursor"]}
    second = http.get("/rest/metadata/objects", params=query).json()
    assert first["totalCount"] == len(first["data"]) + len(second["data"])
    back = {"limit": 2, "ending_before": second["data"][0]["id"]}
    assert http.get("/rest/metadata/objects", params=back).json()["data"] == first["data"][-2:]
    for wrong in ({"limit": "x"}, {"starting_after": "nosuch"}, {"starting_after": "a", "ending_before": "b"}):
        assert http.get("/rest/metadata/objects", params=wrong).status_code == 400
    person = next(one for one in [*first["data"], *second["data"]] if one["nameSingular"] == "person")
    assert http.get(f"/rest/metadata/objects/{person['id']}").json() == person
    wanted = {"objectMetadataId": person["id"], "type": "RICH_TEXT", "name": "memo", "label": "Memo"}
    field = http.post("/rest/metadata/fields", json=wanted).json()
    assert (field["name"], field["isUnique"]) == ("memo", False)
    assert http.post("/rest/metadata/fields", json={**wanted, "type": "RICH_TEXT_V2"}).status_code == 400
    with TwentyClient(url, KEY) as client:
        workspace = discover(client)
    assert "memo" in workspace.objects["person"].fields
    assert workspace.objects["person"].fields["emails"].is_unique
    assert (workspace.target_style, workspace.rich_text_type) == ("targetPersonId", "RICH_TEXT")


def test_behaviour_18_the_newest_fields_and_target_columns(http: httpx.Client) -> None:
    assert not {"city", "xLink"} & made(http, "people").keys()
    company = made(http, "companies", annualRevenue={"amountMicros": 5, "currencyCode": "EUR"})
    assert not {"employees", "xLink", "annualRecurringRevenue", "idealCustomerProfile"} & company.keys()
    assert "ownerId" in made(http, "opportunities")
    person, note = made(http, "people"), made(http, "notes", title="N", bodyV2={"markdown": "hello"})
    target = made(http, "noteTargets", noteId=note["id"], targetPersonId=person["id"])
    assert target["targetPersonId"] == person["id"]
    names = {"nameSingular": "visit", "namePlural": "visits", "labelSingular": "Visit", "labelPlural": "Visits"}
    assert http.post("/rest/metadata/objects", json=names).status_code == 201
    visit = made(http, "visits", name="V")
    assert made(http, "noteTargets", noteId=note["id"], targetVisitId=visit["id"])["targetVisitId"] == visit["id"]
    http.delete(f"/rest/people/{person['id']}")
    assert http.get(f"/rest/noteTargets/{target['id']}").status_code == 404


def test_behaviour_18_traits_are_settable_one_by_one(http: httpx.Client) -> None:
    body = {"era": "newest", "traits": {"target_columns": "personId", "standard_fields": "1.10"}}
    assert http.post("/standin/reset", json=body).status_code == 200
    person = made(http, "people", city="Basel")
    note = made(http, "notes", title="N")
    assert made(http, "noteTargets", noteId=note["id"], personId=person["id"])["personId"] == person["id"]
    assert person["updatedBy"]["source"] == "API"


def test_an_empty_unique_custom_text_may_count_as_a_value(http: httpx.Client) -> None:
    http.post("/standin/reset", json={"era": "1.10", "traits": {"equal_blanks": "true"}}).raise_for_status()
    person = next(
        one for one in http.get("/rest/metadata/objects").json()["data"]["objects"] if one["nameSingular"] == "person"
    )
    field = {"objectMetadataId": person["id"], "name": "code", "label": "Code", "type": "TEXT"}
    assert http.post("/rest/metadata/fields", json={**field, "isUnique": True}).status_code == 201
    first, second = made(http, "people", code="1"), made(http, "people", code="2")
    wanted = {"filter": f"id[in]:[{first['id']},{second['id']}]"}
    assert http.patch("/rest/people", params=wanted, json={"emails": {"primaryEmail": ""}}).status_code == 200
    answer = http.patch("/rest/people", params=wanted, json={"code": ""})
    assert refusal(answer) == (400, "Duplicate Code . Please set a unique one.")
    assert made(http, "people")["code"] == "", "the first of them"
    again = http.post("/rest/people", json={"id": str(uuid.uuid4())})
    assert refusal(again) == (400, "Duplicate Code . Please set a unique one.")
    other = http.post("/rest/metadata/fields", json={**field, "name": "other", "label": "Other"}).json()["data"]
    made(http, "people", code="3")
    changed = http.patch(f"/rest/metadata/fields/{other['createOneField']['id']}", json={"isUnique": True})
    assert changed.status_code == 400, "they all hold the same"


def test_behaviour_20_updated_by_is_always_the_caller(http: httpx.Client) -> None:
    theirs = {"source": "IMPORT", "name": "Somebody"}
    row = made(http, "people", createdBy=theirs, updatedBy=theirs)
    assert (row["createdBy"]["name"], row["updatedBy"]["name"]) == ("Somebody", "mig")
    act = {"act": "edit", "object": "person", "ids": [row["id"]], "fields": {"jobTitle": "x"}}
    [edited] = http.post("/standin/person", json=act).json()
    assert (edited["updatedBy"]["source"], edited["updatedBy"]["name"]) == ("MANUAL", "Tim Apple")
    upserted = http.post("/rest/people?upsert=true", json={"id": row["id"], "jobTitle": "y"}).json()
    assert upserted["data"]["createPerson"]["updatedBy"]["name"] == "mig"
    assert upserted["data"]["createPerson"]["position"] == row["position"]


def test_behaviour_23_a_file_is_uploaded_first_and_then_named(http: httpx.Client) -> None:
    objects = http.get("/rest/metadata/objects").json()["data"]
    attachment = next(one for one in objects if one["nameSingular"] == "attachment")
    field = next(one for one in attachment["fields"] if one["name"] == "file")
    assert field["settings"] == {"maxNumberOfValues": 1}
    query = (
        "mutation($file: Upload!, $fieldMetadataId: String!)"
        " {uploadFilesFieldFile(file: $file, fieldMetadataId: $fieldMetadataId) {id path size url createdAt}}"
    )
    operations = {"query": query, "variables": {"file": None, "fieldMetadataId": field["id"]}}
    form = {"operations": orjson.dumps(operations).decode(), "map": '{"0": ["variables.file"]}'}
    answer = http.post("/metadata", data=form, files={"0": ("a.txt", b"chart", "text/plain")})
    uploaded = answer.json()["data"]["uploadFilesFieldFile"]
    assert uploaded["size"] == 5
    person = made(http, "people")
    file = [{"fileId": uploaded["id"], "label": "a.txt"}]
    row = made(http, "attachments", name="a.txt", file=file, targetPersonId=person["id"])
    assert (row["file"][0]["label"], row["file"][0]["extension"]) == ("a.txt", ".txt")
    assert http.get(row["file"][0]["url"]).content == b"chart"
    unknown = [{"fileId": str(uuid.uuid4()), "label": "b.txt"}]
    assert http.post("/rest/attachments", json={"name": "b.txt", "file": unknown}).status_code == 400
    old = {"query": "mutation($file: Upload!) {uploadFile(file: $file, fileFolder: Attachment) {path}}"}
    assert http.post("/graphql", json={**old, "variables": {"file": None}}).status_code == 400
