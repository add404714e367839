"""GraphQL on records: what it changes, and how it refuses under HTTP 200 and 400."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Made
from tests.contract.test_records import A_B, person

CREATE = "mutation($d:[PersonCreateInput!]!){createPeople(data:$d){id createdAt updatedAt}}"
UPSERT = "mutation($d:[PersonCreateInput!]!){createPeople(data:$d,upsert:true){id deletedAt name{firstName}}}"


def send(http: httpx.Client, query: str, status: int = 200, **variables: Any) -> dict[str, Any]:
    answer = http.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def first_error(body: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = body["errors"][0]
    return error


def test_times_are_kept_on_create(http: httpx.Client, made: Made) -> None:
    record = {
        "id": made.id("people"),
        "name": A_B,
        "createdAt": "2001-02-03T04:05:06.789Z",
        "updatedAt": "2002-02-03T04:05:06Z",
    }
    row = send(http, CREATE, d=[record])["data"]["createPeople"][0]
    assert (row["createdAt"], row["updatedAt"]) == ("2001-02-03T04:05:06.789Z", "2002-02-03T04:05:06.000Z")


def test_a_duplicate_leaves_the_field_null(http: httpx.Client, made: Made, tag: str) -> None:
    identity = made.id("people")
    record = person(identity, f"{tag}@x.test")
    send(http, CREATE, d=[record])
    body = send(http, CREATE, d=[record])
    assert body["data"] == {"createPeople": None}
    assert first_error(body)["message"] == "A duplicate entry was detected"
    assert first_error(body)["extensions"]["code"] == "BAD_USER_INPUT"
    body = send(http, CREATE, d=[person(made.id("people"), f"{tag}@x.test")])
    assert first_error(body)["message"] == f"Duplicate Emails with value {tag}@x.test. Please set a unique one."
    assert first_error(body)["extensions"]["isExpected"] is True


def test_an_upsert_conflict_has_a_sub_code(http: httpx.Client, made: Made, tag: str) -> None:
    first, second = made.ids("people", 2)
    send(http, CREATE, d=[person(first, f"{tag}@x.test")])
    send(http, CREATE, d=[person(second)])
    error = first_error(send(http, UPSERT, d=[person(second, f"{tag}@x.test")]))
    assert error["extensions"]["subCode"] == "UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT"
    assert error["extensions"]["userFriendlyMessage"] == error["message"]


def test_too_many_records_have_a_sub_code(http: httpx.Client, made: Made) -> None:
    batch = [{"id": one, "name": A_B} for one in made.ids("people", 201)]
    error = first_error(send(http, CREATE, d=batch))
    assert error["message"] == "Maximum number of records to upsert is 200."
    assert error["extensions"]["subCode"] == "UPSERT_MAX_RECORDS_EXCEEDED"


@pytest.mark.parametrize(
    ("query", "record", "text"),
    [
        (CREATE, {"nosuch": 1}, 'Field "nosuch" is not defined by type "PersonCreateInput".'),
        (
            "mutation($d:[OpportunityCreateInput!]!){createOpportunities(data:$d){id}}",
            {"stage": "NOSUCH"},
            'Value "NOSUCH" does not exist in "OpportunityStageEnum" enum.',
        ),
    ],
)
def test_what_the_schema_forbids_is_a_bad_request(
    http: httpx.Client, query: str, record: dict[str, Any], text: str
) -> None:
    body = send(http, query, 400, d=[record])
    assert first_error(body)["message"] == text
    assert first_error(body)["extensions"]["http"] == {"status": 400}
    assert "data" not in body


def test_delete_is_soft_and_an_upsert_revives(http: httpx.Client, made: Made) -> None:
    identity = made.id("people")
    send(http, CREATE, d=[person(identity)])
    deleted = send(http, "mutation($i:UUID!){deletePerson(id:$i){id deletedAt}}", i=identity)["data"]["deletePerson"]
    assert deleted["deletedAt"] is not None
    seen = send(
        http,
        "query($i:[UUID!]){people(filter:{and:[{id:{in:$i}},{deletedAt:{is:NOT_NULL}}]}){edges{node{id deletedAt}}}}",
        i=[identity],
    )
    assert seen["data"]["people"]["edges"] == [{"node": deleted}]
    row = send(http, UPSERT, d=[{"id": identity, "name": {"firstName": "again"}}])["data"]["createPeople"]
    assert row == [{"id": identity, "deletedAt": None, "name": {"firstName": "again"}}]


def test_many_are_deleted_restored_updated_and_destroyed_by_filter(http: httpx.Client, made: Made) -> None:
    ids = made.ids("people", 3)
    send(http, CREATE, d=[person(one) for one in ids])

    def change(verb: str, fields: str = "id deletedAt", data: str = "") -> list[dict[str, Any]]:
        query = f"mutation($i:[UUID!]){{{verb}People(filter:{{id:{{in:$i}}}}{data}){{{fields}}}}}"
        rows: list[dict[str, Any]] = send(http, query, i=ids)["data"][f"{verb}People"]
        assert {one["id"] for one in rows} == set(ids)
        return rows

    assert all(one["deletedAt"] for one in change("delete"))
    assert not any(one["deletedAt"] for one in change("restore"))
    assert all(one["city"] == "Rome" for one in change("update", "id city", ', data:{city:"Rome"}'))
    change("destroy")
    left = send(http, "query($i:[UUID!]){people(filter:{id:{in:$i}}){totalCount}}", i=ids)
    assert left["data"]["people"]["totalCount"] == 0


def test_one_record_is_created_updated_and_read_with_its_relations(http: httpx.Client, made: Made) -> None:
    company, human = made.id("companies"), made.id("people")
    created = send(
        http,
        "mutation($c:CompanyCreateInput!,$p:PersonCreateInput!)"
        "{createCompany(data:$c){id name} createPerson(data:$p){id company{id name}}}",
        c={"id": company, "name": "K"},
        p={"id": human, "name": A_B, "companyId": company},
    )["data"]
    assert created["createPerson"]["company"] == {"id": company, "name": "K"}
    updated = send(
        http,
        "mutation($i:UUID!,$d:PersonUpdateInput!){updatePerson(id:$i,data:$d){jobTitle}}",
        i=human,
        d={"jobTitle": "x"},
    )
    assert updated["data"] == {"updatePerson": {"jobTitle": "x"}}
    query = "query($i:UUID!){company(filter:{id:{eq:$i}}){__typename people{edges{node{id}}}}}"
    found = send(http, query, i=company)["data"]["company"]
    assert found == {"__typename": "Company", "people": {"edges": [{"node": {"id": human}}]}}


def test_a_connection_pages_by_cursor(http: httpx.Client, made: Made, tag: str) -> None:
    batch = [
        {"id": one, "name": A_B, "city": tag, "createdAt": f"2024-01-0{day + 1}T00:00:00Z"}
        for day, one in enumerate(made.ids("people", 3))
    ]
    send(http, CREATE, d=batch)
    query = (
        "query($c:String!,$a:String){people(filter:{city:{eq:$c}},first:2,after:$a,orderBy:[{createdAt:AscNullsFirst}])"
        "{totalCount edges{cursor node{id createdAt}} pageInfo{hasNextPage endCursor}}}"
    )
    first = send(http, query, c=tag)["data"]["people"]
    second = send(http, query, c=tag, a=first["pageInfo"]["endCursor"])["data"]["people"]
    assert first["totalCount"] == 3
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    seen = [edge["node"]["id"] for edge in first["edges"] + second["edges"]]
    assert seen == [one["id"] for one in batch]


def test_a_missing_record_is_an_error_of_its_field(http: httpx.Client) -> None:
    body = send(http, "mutation($i:UUID!){deletePerson(id:$i){id}}", i=str(uuid.uuid4()))
    assert body["data"] == {"deletePerson": None}
    assert first_error(body)["message"] == "Record not found"
