"""Creating, changing and removing records over REST: statuses, texts and shapes as recorded on 1.10."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Made

A_B = {"firstName": "A", "lastName": "B"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["statusCode"] == answer.status_code
    return answer.status_code, body["messages"][0]


def emails(primary: str) -> dict[str, Any]:
    return {"primaryEmail": primary, "additionalEmails": []}


def person(identity: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    """A person, of whose e-mails nothing is said unless one is given."""
    return {"id": identity, "name": A_B, **({} if email is None else {"emails": emails(email)}), **more}


def read(http: httpx.Client, plural: str, identity: str) -> dict[str, Any]:
    answer = http.get(f"/rest/{plural}/{identity}", params={"depth": 0})
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = next(iter(answer.json()["data"].values()))
    return record


def test_a_record_keeps_the_id_and_the_times_it_is_given(http: httpx.Client, made: Made, tag: str) -> None:
    identity = made.id("people")
    times = {"createdAt": "2019-03-04T05:06:07.000Z"}
    answer = http.post("/rest/people", json=person(identity, f"{tag}@X.test", **times))
    assert answer.status_code == 201
    record = answer.json()["data"]["createPerson"]
    assert record["id"] == identity
    assert record["createdAt"] == "2019-03-04T05:06:07.000Z"
    assert record["deletedAt"] is None
    assert record["emails"] == {"primaryEmail": f"{tag}@x.test", "additionalEmails": []}
    assert record["createdBy"]["source"] == "API"
    assert record["companyId"] is None
    assert record["jobTitle"] == ""
    assert record["linkedinLink"] == {"primaryLinkLabel": "", "primaryLinkUrl": "", "secondaryLinks": None}


def test_a_taken_id_is_a_duplicate_in_the_trash_too(http: httpx.Client, made: Made) -> None:
    identity = made.id("people")
    taken = (400, "A duplicate entry was detected")
    assert http.post("/rest/people", json=person(identity)).status_code == 201
    assert refusal(http.post("/rest/people", json=person(identity))) == taken
    assert refusal(http.post("/rest/people", json=person(identity.upper()))) == taken
    assert http.delete(f"/rest/people/{identity}", params={"soft_delete": "true"}).status_code == 200
    assert refusal(http.post("/rest/people", json=person(identity))) == taken
    assert refusal(http.post("/rest/batch/people", json=[person(identity)])) == taken


def test_a_taken_email_names_the_field_and_the_value(http: httpx.Client, made: Made, tag: str) -> None:
    first, second = made.ids("people", 2)
    taken = (400, f"Duplicate Emails with value {tag}@x.test. Please set a unique one.")
    assert http.post("/rest/people", json=person(first, f"{tag}@x.test")).status_code == 201
    assert refusal(http.post("/rest/people", json=person(second, f"{tag.upper()}@x.test"))) == taken
    http.delete(f"/rest/people/{first}", params={"soft_delete": "true"})
    assert refusal(http.post("/rest/people", json=person(second, f"{tag}@x.test"))) == taken


def test_empty_emails_and_domains_are_never_duplicates(http: httpx.Client, made: Made) -> None:
    for identity in made.ids("people", 2):
        assert http.post("/rest/people", json=person(identity, "")).status_code == 201
    for identity in made.ids("companies", 2):
        domain = {"primaryLinkUrl": "", "primaryLinkLabel": "", "secondaryLinks": []}
        answer = http.post("/rest/companies", json={"id": identity, "name": "K", "domainName": domain})
        assert answer.status_code == 201
        empty = {"primaryLinkLabel": None, "primaryLinkUrl": None, "secondaryLinks": None}
        assert answer.json()["data"]["createCompany"]["domainName"] == empty


def test_a_domain_is_compared_without_case_and_slash(http: httpx.Client, made: Made, tag: str) -> None:
    first, second = made.ids("companies", 2)
    created = http.post("/rest/companies", json={"id": first, "domainName": {"primaryLinkUrl": f"https://{tag}.test"}})
    assert created.status_code == 201
    again = {"id": second, "domainName": {"primaryLinkUrl": f"https://{tag.upper()}.Test/"}}
    text = f"Duplicate Domain Name with value https://{tag}.test. Please set a unique one."
    assert refusal(http.post("/rest/companies", json=again)) == (400, text)


@pytest.mark.parametrize(
    ("identity", "accepted"),
    [
        ("d70e3b74-e528-11f1-b259-02fc{}", True),
        ("30222264-d5a5-305e-a048-e03d{}", True),
        ("cd5f4515-31ff-5855-b377-6a1a{}", True),
        ("1925e802-11dd-73bb-aea1-3534{}", False),
        ("7c449ada-c9dc-8449-a81e-e073{}", False),
        ("e17b89e1-7083-48a0-132a-b62f{}", False),
        ("00000000-0000-0000-0000-0000{}", False),
        ("not-a-uuid{}", False),
        ("d42fef942ebb4556a6f13c9f{}", False),
    ],
    ids=["v1", "v3", "v5", "v7", "v8", "variant", "nil", "text", "undashed"],
)
def test_ids_are_uuids_of_version_1_to_5(http: httpx.Client, made: Made, identity: str, accepted: bool) -> None:
    identity = identity.format(uuid.uuid4().hex[:8])
    answer = http.post("/rest/people", json={"id": identity, "name": A_B})
    if accepted:
        assert answer.status_code == 201
        assert http.delete(f"/rest/people/{identity}").status_code == 200
    else:
        assert refusal(answer) == (400, f'Value "{identity}" is not a valid UUID')


def test_an_unknown_field_is_refused(http: httpx.Client, made: Made) -> None:
    answer = http.post("/rest/people", json=person(made.id("people"), nosuchField="x"))
    assert refusal(answer) == (400, 'Field metadata for field "nosuchField" is missing in object metadata person')


def test_an_unknown_object_is_refused(http: httpx.Client) -> None:
    answer = http.post("/rest/nosuchobjects", json={"name": "x"})
    assert refusal(answer) == (400, "object 'nosuchobjects' not found. eg: companies")


def test_a_missing_parent_of_a_standard_relation_is_an_internal_error(http: httpx.Client, made: Made) -> None:
    answer = http.post("/rest/people", json=person(made.id("people"), companyId=str(uuid.uuid4())))
    status, text = refusal(answer)
    assert status == 500
    assert text.startswith('insert or update on table "person" violates foreign key constraint "FK_')


def test_a_missing_assignee_is_an_internal_error(http: httpx.Client, made: Made) -> None:
    identity = made.id("tasks")
    assert http.post("/rest/tasks", json={"id": identity, "title": "T"}).status_code == 201
    status, text = refusal(http.patch(f"/rest/tasks/{identity}", json={"assigneeId": str(uuid.uuid4())}))
    assert status == 500
    assert 'table "task" violates foreign key constraint "FK_' in text


def test_a_generated_column_cannot_be_written(http: httpx.Client, made: Made) -> None:
    answer = http.post("/rest/people", json=person(made.id("people"), searchVector="x"))
    assert refusal(answer) == (500, 'cannot insert a non-DEFAULT value into column "searchVector"')


@pytest.mark.parametrize(
    ("plural", "field"),
    [
        ("people", "emails"),
        ("people", "phones"),
        ("people", "linkedinLink"),
        ("companies", "domainName"),
        ("notes", "bodyV2"),
    ],
)
def test_null_in_place_of_a_list_of_values_is_refused(http: httpx.Client, made: Made, plural: str, field: str) -> None:
    answer = http.post(f"/rest/{plural}", json={"id": made.id(plural), field: None})
    assert refusal(answer) == (400, "Cannot convert undefined or null to object")


@pytest.mark.parametrize(
    ("plural", "field", "empty"),
    [
        ("people", "name", {"firstName": "", "lastName": ""}),
        ("companies", "annualRecurringRevenue", {"amountMicros": None, "currencyCode": ""}),
    ],
)
def test_null_in_place_of_a_value_of_fixed_parts_is_its_empty_value(
    http: httpx.Client, made: Made, plural: str, field: str, empty: dict[str, Any]
) -> None:
    identity = made.id(plural)
    assert http.post(f"/rest/{plural}", json={"id": identity, field: None}).status_code == 201
    assert read(http, plural, identity)[field] == empty


def test_created_by_is_kept_when_it_has_a_name(http: httpx.Client, made: Made) -> None:
    actor = {"source": "IMPORT", "name": "Mig"}
    answer = http.post("/rest/people", json=person(made.id("people"), createdBy=actor))
    expected = {"source": "IMPORT", "workspaceMemberId": None, "name": "Mig", "context": None}
    assert answer.json()["data"]["createPerson"]["createdBy"] == expected


def test_a_patch_changes_what_it_names_and_the_update_time(http: httpx.Client, made: Made) -> None:
    identity = made.id("people")
    http.post("/rest/people", json=person(identity, updatedAt="2002-02-03T04:05:06Z"))
    assert read(http, "people", identity)["updatedAt"] == "2002-02-03T04:05:06.000Z"
    answer = http.patch(f"/rest/people/{identity}", json={"jobTitle": "Boss", "createdAt": "2003-01-01T00:00:00Z"})
    assert answer.status_code == 200
    record = answer.json()["data"]["updatePerson"]
    assert (record["jobTitle"], record["createdAt"]) == ("Boss", "2003-01-01T00:00:00.000Z")
    assert record["name"] == A_B
    assert record["updatedAt"] > "2020"


def test_what_is_not_there_is_not_found(http: httpx.Client) -> None:
    missing = str(uuid.uuid4())
    gone = (404, "Record not found")
    assert refusal(http.get(f"/rest/people/{missing}")) == gone
    assert refusal(http.patch(f"/rest/people/{missing}", json={"jobTitle": "x"})) == gone
    assert refusal(http.delete(f"/rest/people/{missing}")) == gone


def test_delete_destroys_unless_it_is_asked_to_be_soft(http: httpx.Client, made: Made, tag: str) -> None:
    hard, soft = made.ids("people", 2)
    http.post("/rest/people", json=person(hard, f"h{tag}@x.test"))
    http.post("/rest/people", json=person(soft, f"s{tag}@x.test"))
    assert http.delete(f"/rest/people/{hard}").json() == {"data": {"deletePerson": {"id": hard}}}
    assert http.delete(f"/rest/people/{soft}", params={"soft_delete": "true"}).status_code == 200
    assert http.get(f"/rest/people/{soft}").status_code == 404
    wanted = f"and(id[in]:[{hard},{soft}],deletedAt[is]:NOT_NULL)"
    trashed = http.get("/rest/people", params={"filter": wanted, "depth": 0}).json()["data"]["people"]
    assert [one["id"] for one in trashed] == [soft]


def test_restore_goes_by_filter_only(http: httpx.Client, made: Made) -> None:
    identity = made.id("people")
    http.post("/rest/people", json=person(identity))
    http.delete(f"/rest/people/{identity}", params={"soft_delete": "true"})
    by_id = refusal(http.patch(f"/rest/restore/people/{identity}"))
    examples = "/rest/companies/id or /rest/companies or /rest/batch/companies"
    assert by_id == (400, f"Query path '/rest/restore/people/{identity}' invalid. Valid examples: {examples}")
    restored = http.patch("/rest/restore/people", params={"filter": f"id[eq]:{identity}"})
    assert [one["id"] for one in restored.json()["data"]["restorePeople"]] == [identity]
    assert read(http, "people", identity)["deletedAt"] is None
    again = http.patch("/rest/restore/people", params={"filter": f"id[eq]:{identity}"})
    assert [one["id"] for one in again.json()["data"]["restorePeople"]] == [identity]
    http.delete(f"/rest/people/{identity}")
    gone = http.patch("/rest/restore/people", params={"filter": f"id[eq]:{identity}"})
    assert gone.json() == {"data": {"restorePeople": []}}


def test_a_destroyed_parent_takes_its_targets_along_and_leaves_its_people(http: httpx.Client, made: Made) -> None:
    company, human, note, link = (made.id(one) for one in ("companies", "people", "notes", "noteTargets"))
    http.post("/rest/companies", json={"id": company, "name": "K"})
    http.post("/rest/people", json=person(human, companyId=company))
    http.post("/rest/notes", json={"id": note, "title": "N"})
    http.post("/rest/noteTargets", json={"id": link, "noteId": note, "companyId": company})
    http.delete(f"/rest/companies/{company}")
    assert read(http, "people", human)["companyId"] is None
    assert http.get(f"/rest/noteTargets/{link}").status_code == 404


class TestBatches:
    def test_all_or_nothing(self, http: httpx.Client, made: Made) -> None:
        taken, good = made.ids("people", 2)
        http.post("/rest/people", json=person(taken))
        bad: list[dict[str, Any]] = [
            person(made.id("people"), nosuchField=1),
            person(made.id("people"), companyId=str(uuid.uuid4())),
            person(taken),
            person(good),
        ]
        for one in bad:
            assert http.post("/rest/batch/people", json=[person(good), one]).status_code >= 400
            assert http.get(f"/rest/people/{good}").status_code == 404

    def test_two_new_records_with_one_email_are_refused(self, http: httpx.Client, made: Made, tag: str) -> None:
        batch = [person(one, f"{tag}@x.test") for one in made.ids("people", 2)]
        text = f"Duplicate Emails with value {tag}@x.test. Please set a unique one."
        assert refusal(http.post("/rest/batch/people", json=batch)) == (400, text)

    def test_two_hundred_are_taken_and_one_more_is_not(self, http: httpx.Client, made: Made) -> None:
        batch = [person(one) for one in made.ids("people", 201)]
        for query in ("", "?upsert=true"):
            answer = http.post(f"/rest/batch/people{query}", json=batch)
            assert refusal(answer) == (400, "Maximum number of records to upsert is 200.")
        answer = http.post("/rest/batch/people", json=batch[:200])
        assert answer.status_code == 201
        assert {one["id"] for one in answer.json()["data"]["createPeople"]} == {one["id"] for one in batch[:200]}

    def test_nothing_is_taken_too(self, http: httpx.Client) -> None:
        answer = http.post("/rest/batch/people", json=[])
        assert (answer.status_code, answer.json()) == (201, {"data": {"createPeople": []}})


class TestUpsert:
    def test_by_id_changes_only_what_is_named(self, http: httpx.Client, made: Made, tag: str) -> None:
        identity = made.id("people")
        http.post("/rest/people", json=person(identity, f"{tag}@x.test", city="Paris"))
        answer = http.post("/rest/people?upsert=true", json={"id": identity, "jobTitle": "only job"})
        assert answer.status_code == 201
        record = read(http, "people", identity)
        assert (record["jobTitle"], record["city"], record["name"]) == ("only job", "Paris", A_B)
        assert record["emails"]["primaryEmail"] == f"{tag}@x.test"

    def test_by_email_keeps_the_old_id_and_revives_the_row(self, http: httpx.Client, made: Made, tag: str) -> None:
        first, second = made.ids("people", 2)
        http.post("/rest/people", json=person(first, f"{tag}@x.test"))
        http.delete(f"/rest/people/{first}", params={"soft_delete": "true"})
        answer = http.post("/rest/batch/people?upsert=true", json=[person(second, f"{tag}@x.test", city="Rome")])
        assert [one["id"] for one in answer.json()["data"]["createPeople"]] == [first]
        record = read(http, "people", first)
        assert (record["deletedAt"], record["city"]) == (None, "Rome")
        assert http.get(f"/rest/people/{second}").status_code == 404

    def test_one_row_is_answered_once_and_the_last_wins(self, http: httpx.Client, made: Made, tag: str) -> None:
        old, new, other = made.ids("people", 3)
        http.post("/rest/people", json=person(old, f"{tag}@x.test"))
        batch = [
            person(new, city="first"),
            {"id": old, "city": "second"},
            person(other, f"{tag}@x.test", city="third"),
        ]
        rows = http.post("/rest/batch/people?upsert=true", json=batch).json()["data"]["createPeople"]
        assert len(rows) == 2
        assert {one["id"]: one["city"] for one in rows} == {old: "third", new: "first"}

    def test_an_empty_email_matches_another_record_without_one(self, http: httpx.Client, made: Made) -> None:
        """Why the sender leaves empty unique values out of upserts."""
        first, second, third = made.ids("people", 3)
        batch = [person(one, "") for one in (first, second)]
        assert http.post("/rest/batch/people", json=batch).status_code == 201
        # the row that the database reads first is the one that matches, and a row that was written is read last
        asked = [*batch, batch[-1]]
        answers = [http.post("/rest/batch/people?upsert=true", json=[one]) for one in asked]
        refused = [refusal(answer) for answer in answers if answer.status_code != 201]
        text = "Multiple records found with the same unique field values for emails.primaryEmail: , id: "
        assert refused
        assert all(status == 400 and said.startswith(text) for status, said in refused)
        answer = http.post("/rest/batch/people?upsert=true", json=[person(third, "")])
        assert third not in {one["id"] for one in answer.json()["data"]["createPeople"]}

    def test_an_object_without_created_by_takes_none_that_meets_a_row(self, http: httpx.Client, made: Made) -> None:
        """Why the sender updates what a note or a task hangs on one by one."""
        person_id, note, link = (made.id(one) for one in ("people", "notes", "noteTargets"))
        http.post("/rest/people", json=person(person_id))
        http.post("/rest/notes", json={"id": note, "title": "N"})
        row = {"id": link, "noteId": note}
        assert http.post("/rest/batch/noteTargets?upsert=true", json=[row]).status_code == 201
        answer = http.post("/rest/batch/noteTargets?upsert=true", json=[{**row, "personId": person_id}])
        assert refusal(answer) == (400, "Missing createdBy field metadata for object noteTarget")
        assert read(http, "noteTargets", link)["personId"] is None

    def test_an_empty_email_is_written_by_an_update_of_many(self, http: httpx.Client, made: Made, tag: str) -> None:
        first, second = made.ids("people", 2)
        http.post("/rest/batch/people", json=[person(first, f"a{tag}@x.test"), person(second, f"b{tag}@x.test")])
        wanted = {"filter": f"id[in]:[{first},{second}]"}
        answer = http.patch("/rest/people", params=wanted, json={"emails": emails("")})
        assert answer.status_code == 200
        assert {one["id"] for one in answer.json()["data"]["updatePeople"]} == {first, second}
        assert read(http, "people", first)["emails"]["primaryEmail"] == ""

    def test_a_row_that_says_nothing_of_its_email_keeps_it(self, http: httpx.Client, made: Made, tag: str) -> None:
        first, second = made.ids("people", 2)
        http.post("/rest/batch/people", json=[person(first, f"a{tag}@x.test"), person(second, "")])
        batch = [person(first, city="Rome"), {"id": second, "jobTitle": "x"}]
        assert http.post("/rest/batch/people?upsert=true", json=batch).status_code == 201
        assert read(http, "people", first)["emails"]["primaryEmail"] == f"a{tag}@x.test"
        assert read(http, "people", second)["jobTitle"] == "x"

    def test_an_id_and_an_email_of_two_rows_conflict(self, http: httpx.Client, made: Made, tag: str) -> None:
        first, second = made.ids("people", 2)
        http.post("/rest/people", json=person(first, f"{tag}@x.test"))
        http.post("/rest/people", json=person(second))
        answer = http.post("/rest/batch/people?upsert=true", json=[person(second, f"{tag}@x.test")])
        status, text = refusal(answer)
        assert status == 400
        assert text == (
            "Multiple records found with the same unique field values for "
            f"emails.primaryEmail: {tag}@x.test, id: {second}. Cannot determine which record to update."
        )

    def test_two_new_records_with_one_id_are_refused(self, http: httpx.Client, made: Made) -> None:
        identity = made.id("people")
        answer = http.post("/rest/batch/people?upsert=true", json=[person(identity), person(identity)])
        assert refusal(answer) == (400, "A duplicate entry was detected")


def test_members_are_listed_changed_and_never_created(http: httpx.Client) -> None:
    members = http.get("/rest/workspaceMembers", params={"depth": 0}).json()["data"]["workspaceMembers"]
    assert members
    assert "@" in members[0]["userEmail"]
    zone = members[0]["timeZone"]
    assert http.patch(f"/rest/workspaceMembers/{members[0]['id']}", json={"timeZone": zone}).status_code == 200
    answer = http.post("/rest/workspaceMembers", json={"userEmail": "new@x.test", "name": A_B})
    assert answer.status_code in (400, 403)


def test_a_wrong_key_and_no_key(server: Any) -> None:
    with httpx.Client(base_url=server.url) as stranger:
        answer = stranger.get("/rest/people", headers={"Authorization": "Bearer nonsense"})
        assert answer.status_code == 401
        assert answer.json()["error"] == "UNAUTHENTICATED"
        answer = stranger.get("/rest/people")
        assert answer.status_code == 403
        assert answer.json()["messages"] == ["Missing authentication token"]
        query = {"query": "{people(first:1){totalCount}}"}
        answer = stranger.post("/graphql", json=query)
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["message"] == 'Cannot query field "people" on type "Query".'
        answer = stranger.post("/graphql", json=query, headers={"Authorization": "Bearer nonsense"})
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
