"""The client against a server: every method, and the kind of every refusal that a sender meets."""

from __future__ import annotations

import io
import uuid
from functools import partial
from typing import Any

import httpx
import pytest

from sinks import unique
from sinks.catalogue import catalogue
from sinks.twenty.client import MAX_IDS_IN_URL, TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.errors import Kind, TwentyError
from tests.contract.conftest import Made, Probe
from tests.contract.test_records import person


def refused(call: Any) -> Kind:
    with pytest.raises(TwentyError) as raised:
        call()
    return raised.value.refusal.kind


def test_a_batch_is_matched_by_id(client: TwentyClient, made: Made) -> None:
    batch = [person(one) for one in made.ids("people", 60)]
    rows = client.create_batch("people", batch, upsert=False)
    assert {one["id"] for one in rows} == {one["id"] for one in batch}
    assert all(one["updatedAt"] for one in rows)
    changed = client.create_batch("people", [{**one, "city": "Rome"} for one in batch], upsert=True)
    assert {one["city"] for one in changed} == {"Rome"}


def test_reading_ids_shows_the_trash_where_asked(client: TwentyClient, made: Made) -> None:
    live, trashed, never = made.ids("people", 3)
    client.create_batch("people", [person(live), person(trashed)], upsert=False)
    assert [one["id"] for one in client.delete_many("people", [trashed])] == [trashed]
    assert {one["id"] for one in client.read_ids("people", [live, trashed, never], trashed=False)} == {live}
    both = {one["id"]: one["deletedAt"] for one in client.read_ids("people", [live, trashed, never], trashed=True)}
    assert both.keys() == {live, trashed}
    assert both[live] is None
    assert both[trashed] is not None
    assert [one["id"] for one in client.restore_many("people", [trashed])] == [trashed]
    assert len(client.read_ids("people", [live, trashed], trashed=False)) == 2
    assert client.restore_many("people", []) == client.read_ids("people", [], trashed=True) == []


def test_more_ids_than_a_url_carries(client: TwentyClient) -> None:
    with pytest.raises(ValueError, match=str(MAX_IDS_IN_URL)):
        client.read_ids("people", [str(uuid.uuid4())] * (MAX_IDS_IN_URL + 1), trashed=False)


def test_finding_by_unique_value(client: TwentyClient, made: Made, tag: str) -> None:
    live, trashed = made.ids("people", 2)
    batch = [person(live, f"l{tag}@x.test"), person(trashed, f"t{tag}@x.test")]
    client.create_batch("people", batch, upsert=False)
    client.delete_many("people", [trashed])
    values = [f"l{tag}@x.test", f"t{tag}@x.test", f'"awkward, {tag}@x.test']
    assert [one["id"] for one in client.find("people", "emails.primaryEmail", values, trashed=False)] == [live]
    select = ("emails.primaryEmail", "name.firstName", "name.lastName")
    both = client.find("people", "emails.primaryEmail", values, trashed=True, select=select)
    assert {one["id"] for one in both} == {live, trashed}
    assert both[0]["name"] == {"firstName": "A", "lastName": "B"}
    assert {one["deletedAt"] is None for one in both} == {True, False}


def test_pages(client: TwentyClient, made: Made) -> None:
    ids = made.ids("notes", 5)
    client.create_batch("notes", [{"id": one, "title": "N"} for one in ids], upsert=False)
    wanted = f"id[in]:[{','.join(ids)}]"
    first = client.list_page("notes", filter=wanted, limit=3)
    second = client.list_page("notes", filter=wanted, limit=3, after=first.end_cursor)
    assert (first.total, first.has_next, second.has_next) == (5, True, False)
    assert {one["id"] for one in first.records + second.records} == set(ids)


def test_update_and_destroy(client: TwentyClient, made: Made) -> None:
    identity = made.id("people")
    client.create_batch("people", [person(identity)], upsert=False)
    assert client.update("people", identity, {"jobTitle": "x"})["jobTitle"] == "x"
    assert [one["id"] for one in client.destroy_many("people", [identity])] == [identity]
    assert refused(lambda: client.update("people", identity, {"jobTitle": "y"})) is Kind.NOT_FOUND
    assert client.update_many("people", [identity], {"jobTitle": "y"}) == []
    assert client.read_ids("people", [identity], trashed=True) == []


def test_update_of_what_is_in_the_trash(client: TwentyClient, made: Made) -> None:
    """Why the sender looks whether a row that it has changed is there to be seen."""
    identity = made.id("people")
    client.create_batch("people", [person(identity)], upsert=False)
    client.delete_many("people", [identity])
    one = client.update("people", identity, {"jobTitle": "x"})
    (same,) = client.update_many("people", [identity], {"city": "Rome"})
    assert (one["jobTitle"], same["jobTitle"], same["city"]) == ("x", "x", "Rome")
    assert one["deletedAt"] and same["deletedAt"]


def test_nothing_is_asked_for_no_record(client: TwentyClient, made: Made) -> None:
    """A server that reads no id as all of them would overwrite every patient."""
    identity = made.id("people")
    client.create_batch("people", [person(identity)], upsert=False)
    with pytest.raises(ValueError, match="record id is missing"):
        client.update("people", "", {"jobTitle": "x"})
    assert client.update_many("people", [], {"jobTitle": "x"}) == []
    (row,) = client.read_ids("people", [identity], trashed=True)
    assert row["jobTitle"] != "x"


@pytest.mark.parametrize(("plural", "field"), [("people", "emails"), ("companies", "domainName")])
def test_rows_in_the_trash_without_their_unique_values(
    client: TwentyClient, made: Made, tag: str, plural: str, field: str
) -> None:
    """How the sender frees what a merged or deleted record held: two rows are emptied alike and come back."""
    target = next(one for one in catalogue(discover(client)).values() if one.plural == plural)
    values: list[dict[str, Any]] = [
        {"primaryEmail": f"{one}{tag}@x.test", "additionalEmails": []}
        if field == "emails"
        else {"primaryLinkUrl": f"https://{one}{tag}.test"}
        for one in "abc"
    ]
    first, second, heir = made.ids(plural, 3)
    client.create_batch(plural, [{"id": first, field: values[0]}, {"id": second, field: values[1]}], upsert=False)
    answered = client.update_many(plural, [first, second], {field: target.empty(field)})
    assert [unique.claims(one, target) for one in answered] == [{}, {}]
    assert len(client.delete_many(plural, [first, second])) == 2
    client.create_batch(plural, [{"id": heir, field: values[0]}], upsert=False)
    assert {one["id"] for one in client.restore_many(plural, [first, second])} == {first, second}
    back: list[dict[str, Any]] = [{"id": first, field: values[2]}, {"id": second}]
    assert {one["id"] for one in client.create_batch(plural, back, upsert=True)} == {first, second}
    rows = {one["id"]: one for one in client.read_ids(plural, [first, second, heir], trashed=False)}
    assert [len(unique.claims(rows[one], target)) for one in (first, second, heir)] == [1, 0, 1]


def test_empty_texts_of_a_unique_custom_field_are_equal_or_not(
    client: TwentyClient, made: Made, probe: Probe, tag: str
) -> None:
    """A workspace on the newer of 1.10's metadata engines refuses the second: such a row keeps its value in the
    trash."""
    first, second, heir = made.ids(probe.plural, 3)
    rows = [{"id": first, "extId": f"a{tag}"}, {"id": second, "extId": f"b{tag}"}]
    client.create_batch(probe.plural, rows, upsert=False)
    empty = partial(client.update_many, probe.plural, [first, second], {"extId": ""})
    heirs = partial(client.create_batch, probe.plural, [{"id": heir, "extId": f"a{tag}"}], upsert=False)
    try:
        empty()
    except TwentyError as error:
        assert error.refusal.kind is Kind.DUPLICATE
        client.delete_many(probe.plural, [first, second])
        assert refused(heirs) is Kind.DUPLICATE
    else:
        client.delete_many(probe.plural, [first, second])
        assert [one["extId"] for one in heirs()] == [f"a{tag}"]
    assert {one["id"] for one in client.restore_many(probe.plural, [first, second])} == {first, second}


def test_members(client: TwentyClient) -> None:
    assert all("@" in one["userEmail"] for one in client.members())


def test_an_upload_is_attached_and_read_back(client: TwentyClient, http: httpx.Client, made: Made, tag: str) -> None:
    content = tag.encode() * 20_000
    path = client.upload('scan "1"\r\n.txt', io.BytesIO(content), len(content), "text/plain")
    assert path.startswith("attachment/")
    human, attachment = made.id("people"), made.id("attachments")
    client.create_batch("people", [person(human)], upsert=False)
    row = {"id": attachment, "name": "scan.txt", "fullPath": path, "personId": human}
    stored = client.create_batch("attachments", [row], upsert=False)[0]
    assert http.get(stored["fullPath"]).content == content


def test_refusals_by_kind(client: TwentyClient, made: Made, probe: Probe, tag: str) -> None:
    first, second = made.ids("people", 2)
    client.create_batch("people", [person(first, f"{tag}@x.test"), person(second)], upsert=False)

    def write(record: dict[str, Any], *, upsert: bool = False, plural: str = "people") -> Kind:
        return refused(lambda: client.create_batch(plural, [record], upsert=upsert))

    new = made.id("people")
    assert write(person(first)) is Kind.DUPLICATE
    assert write(person(new, f"{tag}@x.test")) is Kind.DUPLICATE
    assert write(person(second, f"{tag}@x.test"), upsert=True) is Kind.CONFLICT
    assert write(person(new, companyId=str(uuid.uuid4()))) is Kind.MISSING_PARENT
    assert write(person(new, nosuch=1)) is Kind.SCHEMA_STALE
    assert write({}, plural="nosuchobjects") is Kind.SCHEMA_STALE
    poisons: list[dict[str, Any]] = [
        {"id": "nope"},
        {"extId": None},
        {"sel": "NOPE"},
        {"msel": "RED"},
        {"dt": "2024-13-45"},
        {"dtm": "nope"},
        {"flag": "banana"},
        {"txt": "a\x00b"},
        {"phone": None},
        {"phone": {"primaryPhoneNumber": "not a phone"}},
    ]
    for record in poisons:
        assert write(record, plural=probe.plural) is Kind.POISON, record
    wrong = TwentyClient(client._url, "nonsense")
    with wrong:
        assert refused(wrong.members) is Kind.UNAUTHORISED
        assert refused(lambda: wrong.graphql("x", "{people(first:1){totalCount}}")) is Kind.UNAUTHORISED


def test_no_value_of_a_record_is_in_the_text_of_an_error(client: TwentyClient, made: Made, tag: str) -> None:
    first, second = made.ids("people", 2)
    client.create_batch("people", [person(first, f"{tag}@x.test")], upsert=False)
    bad: list[dict[str, Any]] = [
        person(second, f"{tag}@x.test"),
        person(second, phones={"primaryPhoneNumber": f"canary {tag}"}),
        person(second, linkedinLink={"primaryLinkUrl": f"canary {tag}"}),
        person(tag),
        person(second, createdAt=tag),
    ]
    for record in bad:
        with pytest.raises(TwentyError) as raised:
            client.create_batch("people", [record], upsert=False)
        assert tag not in f"{raised.value} {raised.value!r} {raised.value.refusal}"


def test_a_server_that_is_not_there() -> None:
    with TwentyClient("http://127.0.0.1:9", "k", timeout=2) as nobody:
        assert refused(nobody.members) is Kind.TRANSIENT
