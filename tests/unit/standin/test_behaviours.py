"""What importers break on, by the number of the behaviour; on both generations unless a test says otherwise.

Those that need HTTP (1, 2, 10, 13, 14, 16 to 19, 23 to 25) are in tests/integration/standin.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from infra.standin.answers import Answers
from infra.standin.eras import NEWEST, V1_10, Era
from infra.standin.errors import ApiError
from infra.standin.metadata import Metadata
from infra.standin.model import Row
from infra.standin.workspace import Workspace


@pytest.fixture(params=[V1_10, NEWEST], ids=lambda era: era.name)
def era(request: pytest.FixtureRequest) -> Era:
    chosen: Era = request.param
    return chosen


@pytest.fixture
def workspace(tmp_path: Path, era: Era) -> Iterator[Workspace]:
    clock = iter(range(1_700_000_000, 1_800_000_000))
    one = Workspace(tmp_path, era=era, clock=lambda: float(next(clock)), random=Random(1), batch_cap=200)
    yield one
    one.close()


def email(address: str) -> dict[str, Any]:
    return {"emails": {"primaryEmail": address, "additionalEmails": []}}


def write(workspace: Workspace, *records: Row, upsert: bool = False, plural: str = "people") -> list[Row]:
    return workspace.create(workspace.by_plural(plural), records, upsert=upsert)


def refused(workspace: Workspace, *records: Row, upsert: bool = False, plural: str = "people") -> ApiError:
    """The refusal in the words of the era; the workspace is as it was."""
    before = workspace.image()
    with pytest.raises(ApiError) as raised:
        write(workspace, *records, upsert=upsert, plural=plural)
    assert workspace.image() == before
    return Answers(workspace.era).say(raised.value)


def new_id() -> str:
    return str(uuid.uuid4())


def test_3_upsert_matches_unique_values_revives_trashed_rows_and_keeps_the_id(workspace: Workspace) -> None:
    people = workspace.by_plural("people")
    [old] = write(workspace, {"id": new_id(), **email("a@x.test"), "jobTitle": "nurse"})
    workspace.trash(people, [old])
    [found] = write(workspace, {"id": new_id(), **email("A@X.test")}, upsert=True)
    assert (found["id"], found["deletedAt"], found["jobTitle"]) == (old["id"], None, "nurse")
    assert len(people.rows) == 1


def test_4_trashed_rows_still_own_their_values(workspace: Workspace) -> None:
    [old] = write(workspace, email("a@x.test"))
    workspace.trash(workspace.by_plural("people"), [old])
    error = refused(workspace, email("a@x.test"))
    expected = {
        "1.10": "Duplicate Emails with value a@x.test. Please set a unique one.",
        "newest": "A duplicate entry was detected",
    }
    assert (error.status, error.message) == (400, expected[workspace.era.name])
    assert refused(workspace, {"id": old["id"]}).message == "A duplicate entry was detected"


@pytest.mark.parametrize("upsert", [False, True])
def test_5_one_bad_item_fails_the_batch_without_an_index(workspace: Workspace, upsert: bool) -> None:
    error = refused(workspace, {}, {"nosuch": 1}, {}, upsert=upsert)
    assert "nosuch" in error.message
    assert not re.search(r"\d", error.message)


@pytest.mark.parametrize("upsert", [False, True])
def test_6_two_new_equal_unique_values_fail_the_batch(workspace: Workspace, upsert: bool) -> None:
    error = refused(workspace, email("a@x.test"), email("a@x.test"), upsert=upsert)
    assert error.status == 400


def test_7_keys_of_two_rows_conflict(workspace: Workspace) -> None:
    [first], [second] = write(workspace, email("a@x.test")), write(workspace, email("b@x.test"))
    error = refused(workspace, {"id": second["id"], **email("a@x.test")}, upsert=True)
    assert error.sub_code == "UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT"
    assert first["id"] != second["id"]


def test_8_answers_are_in_another_order(workspace: Workspace) -> None:
    [known] = write(workspace, {})
    fresh = [new_id() for _ in range(3)]
    rows = write(workspace, *({"id": one} for one in fresh), {"id": known["id"]}, upsert=True)
    assert [row["id"] for row in rows] == [known["id"], *fresh]
    ids = [new_id() for _ in range(50)]
    rows = write(workspace, *({"id": one} for one in ids))
    assert {row["id"] for row in rows} == set(ids)
    assert [row["id"] for row in rows] != ids


@pytest.mark.parametrize("cap", [60, 200])
def test_9_batches_are_capped(tmp_path: Path, era: Era, cap: int) -> None:
    workspace = Workspace(tmp_path, era=era, clock=lambda: 0.0, random=Random(1), batch_cap=cap)
    assert len(write(workspace, *({} for _ in range(cap)))) == cap
    assert refused(workspace, *({} for _ in range(cap + 1))).message == (
        f"Maximum number of records to upsert is {cap}."
    )
    workspace.close()


def test_11_values_are_normalised(workspace: Workspace) -> None:
    phones = {"primaryPhoneNumber": "+33612345678"}
    [row] = write(workspace, {**email("Mixed@X.Test"), "phones": phones, "jobTitle": ""})
    assert row["emails"]["primaryEmail"] == "mixed@x.test"
    assert {name: row["phones"][name] for name in list(row["phones"])[:3]} == {
        "primaryPhoneNumber": "612345678",
        "primaryPhoneCountryCode": "FR",
        "primaryPhoneCallingCode": "+33",
    }
    assert row["jobTitle"] == {"1.10": "", "newest": None}[workspace.era.name]
    domain = {"domainName": {"primaryLinkUrl": "https://K1.Test/"}}
    [company] = write(workspace, domain, plural="companies")
    assert company["domainName"]["primaryLinkUrl"] == "https://k1.test"
    contradictory = {"primaryPhoneNumber": "+33612345678", "primaryPhoneCountryCode": "US"}
    for wrong in ({"primaryPhoneNumber": "not a phone"}, contradictory):
        assert refused(workspace, {"phones": wrong}).status == 400


def test_12_one_to_many_is_never_written(workspace: Workspace) -> None:
    error = refused(workspace, {"people": []}, plural="companies")
    assert error.message == "One-to-many relation people field does not support write operations."


@pytest.mark.parametrize(("way", "status"), [("500", 500), ("400", 400)])
def test_14_what_is_not_recognised_falls_back_to_a_status(workspace: Workspace, way: str, status: int) -> None:
    with pytest.raises(ApiError) as raised:
        write(workspace, {"createdAt": "garbage"})
    answers = Answers(workspace.era)
    answers.switch("database", way)
    said = answers.say(raised.value)
    assert said.status == status
    assert said.rest_body()["messages"] == ['invalid input syntax for type timestamp with time zone: "garbage"']


RED = {"value": "RED", "label": "Red", "color": "red", "position": 0}


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({}, ("1.10", "newest")),
        ({"name": "Kind"}, ()),
        ({"name": "type"}, ()),
        ({"name": "jobTitle"}, ()),
        ({"name": "emailsPrimaryEmail"}, ()),
        ({"options": [{**RED, "value": "dark red"}]}, ()),
        ({"options": [{**RED, "value": "DARK__RED"}]}, ()),
        ({"options": [{**RED, "label": "Red, dark"}]}, ()),
        ({"options": [RED, {**RED, "value": "BLUE"}]}, ()),
        ({"options": []}, ()),
        ({"options": [{**RED, "color": "mauve"}]}, ("1.10",)),
        ({"defaultValue": "'RED'"}, ("1.10", "newest")),
        ({"defaultValue": "RED"}, ()),
        ({"defaultValue": "'BLUE'"}, ()),
        ({"type": "MULTI_SELECT", "defaultValue": ["'RED'"]}, ("1.10", "newest")),
        ({"type": "MULTI_SELECT", "defaultValue": []}, ()),
        ({"type": "TEXT", "options": None, "defaultValue": "unquoted"}, ()),
    ],
    ids=str,
)
def test_15_fields_are_taken_only_by_the_rules(
    workspace: Workspace, change: dict[str, Any], accepted: tuple[str, ...]
) -> None:
    metadata = Metadata(workspace)
    person = workspace.tables["person"].of
    wanted = {"objectMetadataId": person.id, "type": "SELECT", "name": "kind", "label": "Kind", "options": [RED]}
    if workspace.era.name in accepted:
        assert metadata.create_field({**wanted, **change})[1].name == "kind"
    else:
        with pytest.raises(ApiError) as raised:
            metadata.create_field({**wanted, **change})
        assert raised.value.status == 400


def test_20_created_by_is_kept_with_a_name_and_updated_by_never(workspace: Workspace) -> None:
    named, unnamed = {"source": "IMPORT", "name": "Clinic"}, {"source": "IMPORT"}
    created = "2019-03-04T05:06:07.000Z"
    identity = new_id()
    [row] = write(workspace, {"id": identity, "createdAt": created, "createdBy": named})
    assert (row["id"], row["createdAt"], row["createdBy"]["name"]) == (identity, created, "Clinic")
    [other] = write(workspace, {"createdBy": unnamed})
    assert (other["createdBy"]["source"], other["createdBy"]["name"]) == ("IMPORT", "mig")
    assert ("updatedBy" in row) is workspace.era.updated_by
    assert row.get("updatedBy", {"name": "mig"})["name"] == "mig"


def test_21_members_are_invited_not_created(workspace: Workspace) -> None:
    error = refused(workspace, {"userEmail": "a@x.test"}, plural="workspaceMembers")
    assert (error.status, error.sub_code) == (403, "PERMISSION_DENIED")
    assert [row["userEmail"] for row in workspace.tables["workspaceMember"].rows.values()] == ["tim@apple.dev"]


def test_22_the_missing_half_of_a_rich_text_is_derived(workspace: Workspace) -> None:
    [first] = write(workspace, {"title": "N", "bodyV2": {"markdown": "hello **b**"}}, plural="notes")
    blocks = orjson.loads(first["bodyV2"]["blocknote"])
    assert [one["text"] for one in blocks[0]["content"]] == ["hello ", "b"]
    [second] = write(workspace, {"title": "N", "bodyV2": {"blocknote": first["bodyV2"]["blocknote"]}}, plural="notes")
    assert second["bodyV2"]["markdown"] == "hello **b**"
    assert not {"personId", "targetPersonId"} & second.keys()
