"""Calls of 1.10 that the contract suite leaves out: paging backwards, changes by filter, connect, images."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any

import httpx
import pytest

from sinks.twenty.client import TwentyClient
from tests.contract.conftest import KEY


def made(http: httpx.Client, plural: str, **fields: Any) -> str:
    identity = str(uuid.uuid4())
    answer = http.post(f"/rest/{plural}", json={"id": identity, **fields})
    assert answer.status_code == 201, answer.text
    return identity


def graphql(http: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = http.post("/graphql", json={"query": query, "variables": variables}).json()
    return answer


def test_behaviour_19_pages_backwards(http: httpx.Client) -> None:
    for number in range(7):
        made(http, "companies", name=f"K{number}")
    query: dict[str, Any] = {"limit": 3, "order_by": "name", "depth": 0}
    forward = http.get("/rest/companies", params={**query, "limit": 5}).json()
    names = [row["name"] for row in forward["data"]["companies"]]
    end = forward["pageInfo"]["endCursor"]
    back = http.get("/rest/companies", params={**query, "ending_before": end}).json()
    assert [row["name"] for row in back["data"]["companies"]] == names[1:4]
    assert (back["pageInfo"]["hasPreviousPage"], back["pageInfo"]["hasNextPage"]) == (True, True)
    both = http.get("/rest/companies", params={**query, "ending_before": end, "starting_after": end})
    assert both.status_code == 400
    text = "query($c: String) {companies(last: 3, before: $c, orderBy: [{name: AscNullsFirst}]) {edges {node {name}}}}"
    edges = graphql(http, text, c=end)["data"]["companies"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == names[1:4]


def test_many_are_changed_and_removed_by_filter(http: httpx.Client) -> None:
    ids = [made(http, "people", jobTitle="nurse") for _ in range(3)]
    other = made(http, "people", jobTitle="doctor")
    nurses = {"filter": "jobTitle[eq]:nurse"}
    changed = http.patch("/rest/people", params=nurses, json={"city": "Basel"}).json()["data"]["updatePeople"]
    assert {row["id"] for row in changed} == set(ids)
    gone = http.delete("/rest/people", params={**nurses, "soft_delete": "true"}).json()["data"]["deletePeople"]
    assert {row["id"] for row in gone} == set(ids)
    assert http.delete("/rest/people").status_code == 400
    rows = {row["id"]: row for row in http.get("/standin/dump").json()["person"]}
    assert rows[other]["deletedAt"] is None
    assert all(rows[one]["deletedAt"] and rows[one]["city"] == "Basel" for one in ids)


def test_a_relation_is_connected_and_disconnected(http: httpx.Client) -> None:
    company = made(http, "companies", domainName={"primaryLinkUrl": "https://k1.test"})
    person = made(http, "people")
    update = "mutation($i: UUID!, $d: PersonUpdateInput!) {updatePerson(id: $i, data: $d) {id companyId}}"
    where = {"domainName": {"primaryLinkUrl": "https://k1.test"}}
    answer = graphql(http, update, i=person, d={"company": {"connect": {"where": where}}})
    assert answer["data"]["updatePerson"]["companyId"] == company
    answer = graphql(http, update, i=person, d={"company": {"disconnect": True}})
    assert answer["data"]["updatePerson"]["companyId"] is None


@pytest.mark.parametrize(
    ("plural", "data", "code", "text"),
    [
        (
            "people",
            {"company": {"connect": {"where": {"domainName": {"primaryLinkUrl": "https://no.test"}}}}},
            "CONNECT_RECORD_NOT_FOUND",
            "Expected 1 record to connect to company, but found 0 for domainNamePrimaryLinkUrl = https://no.test",
        ),
        (
            "people",
            {"company": {"connect": {"where": {"name": "K"}}}},
            "CONNECT_UNIQUE_CONSTRAINT_ERROR",
            "Missing required fields: at least one unique constraint have to be fully populated for 'company'.",
        ),
        (
            "companies",
            {"people": {"connect": {"where": {"id": "x"}}}},
            "CONNECT_NOT_ALLOWED",
            "Connect is not allowed for people on company",
        ),
        (
            "people",
            {"companyId": str(uuid.uuid4()), "company": {"connect": {"where": {"id": "x"}}}},
            "CONNECT_NOT_ALLOWED",
            "company and companyId cannot be both provided.",
        ),
    ],
)
def test_a_connection_that_cannot_be_made(
    http: httpx.Client, plural: str, data: dict[str, Any], code: str, text: str
) -> None:
    name = plural.capitalize()
    answer = graphql(http, f"mutation($d: [X!]!) {{create{name}(data: $d) {{id}}}}", d=[data])
    [error] = answer["errors"]
    assert (error["message"], error["extensions"]["subCode"]) == (text, code)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_duplicates_are_found_by_name_and_email(http: httpx.Client) -> None:
    name = {"firstName": "Anna", "lastName": "Byrne"}
    first, second = made(http, "people", name=name), made(http, "people", name=name)
    made(http, "people", name={"firstName": "Anna", "lastName": "Other"})
    [by_id] = http.post("/rest/people/duplicates", json={"ids": [first]}).json()["data"]
    assert ([row["id"] for row in by_id["personDuplicates"]], by_id["totalCount"]) == ([second], 1)
    [by_data] = http.post("/rest/people/duplicates", json={"data": [{"name": name}]}).json()["data"]
    assert {row["id"] for row in by_data["personDuplicates"]} == {first, second}
    for wrong in ({}, {"ids": [first], "data": [{}]}):
        assert http.post("/rest/people/duplicates", json=wrong).status_code == 400


def test_a_workspace_is_put_back_whole(http: httpx.Client, url: str) -> None:
    names = {"nameSingular": "visit", "namePlural": "visits", "labelSingular": "Visit", "labelPlural": "Visits"}
    assert http.post("/rest/metadata/objects", json=names).status_code == 201
    trashed = made(http, "people", emails={"primaryEmail": "a@x.test"})
    http.delete(f"/rest/people/{trashed}", params={"soft_delete": "true"})
    made(http, "visits", name="V")
    http.post("/rest/metadata/webhooks", json={"targetUrl": "https://crm.x.test"})
    with TwentyClient(url, KEY) as client:
        path = client.upload("a.txt", BytesIO(b"chart"), 5, "text/plain")
    attachment = made(http, "attachments", name="a.txt", fullPath=path)
    members = http.get("/standin/dump").json()["workspaceMember"]
    act = {"act": "destroy", "object": "workspaceMember", "ids": [members[0]["id"]]}
    http.post("/standin/members", json={"userEmail": "ada@x.test", "name": {"firstName": "Ada", "lastName": "L"}})
    http.post("/standin/person", json=act).raise_for_status()
    image, dump = http.get("/standin/image").json(), http.get("/standin/dump").json()
    http.post("/standin/reset").raise_for_status()
    assert http.get("/standin/dump").json() != dump
    assert http.post("/standin/image", json=image).status_code == 200
    assert http.get("/standin/dump").json() == dump
    assert http.get("/standin/image").json() == image
    link = http.get(f"/rest/attachments/{attachment}").json()["data"]["attachment"]["fullPath"]
    assert http.get(link).content == b"chart"
    again = http.post("/rest/people", json={"emails": {"primaryEmail": "a@x.test"}})
    assert again.status_code == 400


def test_an_image_of_another_era_or_of_foreign_paths_is_refused(http: httpx.Client) -> None:
    image = http.get("/standin/image").json()
    assert http.post("/standin/image", json={**image, "era": "newest"}).status_code == 400
    outside = http.post("/standin/image", json={**image, "files": {"../../evil": "AA=="}})
    assert outside.status_code == 400
    assert "below the folder" in outside.json()["messages"][0]
