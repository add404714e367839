"""Every way in which the stand-in fails on purpose, as a client over HTTP sees it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import Kind, TwentyError
from tests.contract.conftest import KEY


@pytest.fixture
def client(url: str, http: httpx.Client) -> Iterator[TwentyClient]:
    with TwentyClient(url, KEY) as one:
        yield one


def steer(http: httpx.Client, verb: str, **body: Any) -> None:
    answer = http.post(f"/standin/{verb}", json=body)
    assert answer.status_code == 200, answer.text


def people(http: httpx.Client) -> list[str]:
    return [row["id"] for row in http.get("/standin/dump").json()["person"]]


def refused(client: TwentyClient, identity: str, **fields: Any) -> TwentyError:
    with pytest.raises(TwentyError) as raised:
        client.create_batch("people", [{"id": identity, **fields}], upsert=True)
    return raised.value


@pytest.mark.parametrize("way", ["429", "400", "rate_limited"])
def test_behaviours_1_and_2_a_storm_in_each_form(http: httpx.Client, client: TwentyClient, way: str) -> None:
    steer(http, "answers", throttled=way)
    steer(http, "faults", kind="429_storm", count=3)
    assert refused(client, str(uuid.uuid4())).refusal.kind is Kind.THROTTLED
    with pytest.raises(TwentyError) as raised:
        client.graphql("count", "{people(first: 1) {totalCount}}")
    assert raised.value.refusal.kind is Kind.THROTTLED
    answer = http.get("/rest/people")
    assert ("retry-after" in answer.headers) is (way == "rate_limited")
    assert people(http) == []
    client.create_batch("people", [{}], upsert=True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("read_timeout", Kind.UNKNOWN_OUTCOME),
        ("502", Kind.UNKNOWN_OUTCOME),
        ("503", Kind.TRANSIENT),
        ("drop_before_commit", Kind.UNKNOWN_OUTCOME),
        ("foreign_key", Kind.MISSING_PARENT),
        ("quota", Kind.QUOTA),
    ],
)
def test_behaviour_25_nothing_is_written(http: httpx.Client, client: TwentyClient, kind: str, expected: Kind) -> None:
    identity = str(uuid.uuid4())
    steer(http, "faults", kind=kind)
    assert refused(client, identity).refusal.kind is expected
    assert people(http) == []
    client.create_batch("people", [{"id": identity}], upsert=True)
    assert people(http) == [identity]


def test_behaviour_25_the_quota_lasts_until_it_is_paid(http: httpx.Client, client: TwentyClient) -> None:
    identity = str(uuid.uuid4())
    client.create_batch("people", [{"id": identity}], upsert=True)
    steer(http, "faults", kind="quota", count=1_000_000)
    for _ in range(3):
        assert refused(client, str(uuid.uuid4())).refusal.status == 402
    client.update("people", identity, {"jobTitle": "x"})
    steer(http, "faults", kind="quota", count=0)
    client.create_batch("people", [{}], upsert=True)


def test_behaviour_25_a_metadata_call_succeeds_after_the_client_gave_up(http: httpx.Client, url: str) -> None:
    steer(http, "faults", kind="slow_metadata", delay_s=1.0)
    names = {"nameSingular": "visit", "namePlural": "visits", "labelSingular": "Visit", "labelPlural": "Visits"}
    with TwentyClient(url, KEY, timeout=0.2) as hasty, pytest.raises(TwentyError) as raised:
        hasty.create_object(names)
    assert raised.value.refusal.kind is Kind.UNKNOWN_OUTCOME
    objects = http.get("/rest/metadata/objects").json()["data"]["objects"]
    assert [one["nameSingular"] for one in objects].count("visit") == 1


def test_behaviour_13_a_missing_parent_by_switch(http: httpx.Client, client: TwentyClient) -> None:
    for way, status in (("500", 500), ("400", 400), ("500 hidden", 500)):
        steer(http, "answers", foreign_key=way)
        error = refused(client, str(uuid.uuid4()), companyId=str(uuid.uuid4()))
        assert (error.refusal.kind, error.refusal.status) == (Kind.MISSING_PARENT, status)


def test_behaviour_16_one_of_two_processes_learns_late(http: httpx.Client, client: TwentyClient) -> None:
    steer(http, "stale", seconds=60)
    person = next(one for one in client.objects() if one["nameSingular"] == "person")
    client.create_field({"objectMetadataId": person["id"], "type": "TEXT", "name": "chart", "label": "Chart"})
    outcomes: list[Kind | None] = []
    for _ in range(10):
        try:
            client.create_batch("people", [{"chart": "1"}], upsert=True)
            outcomes.append(None)
        except TwentyError as error:
            outcomes.append(error.refusal.kind)
    assert outcomes[0] != outcomes[1]
    assert outcomes == outcomes[:2] * 5
    assert set(outcomes) == {None, Kind.SCHEMA_STALE}
    steer(http, "stale", seconds=0)
    rows = [client.list_page("people", limit=1).records[0] for _ in range(2)]
    assert [row["chart"] for row in rows] == ["1", "1"]


def test_behaviour_16_a_new_object_is_unknown_to_one_process(http: httpx.Client, client: TwentyClient) -> None:
    steer(http, "stale", seconds=60)
    names = {"nameSingular": "visit", "namePlural": "visits", "labelSingular": "Visit", "labelPlural": "Visits"}
    client.create_object(names)
    statuses = [http.get("/rest/visits").status_code for _ in range(4)]
    assert sorted(statuses[:2]) == [200, 400]
    assert statuses[2:] == statuses[:2]
    queries = [http.post("/graphql", json={"query": "{visits {totalCount}}"}).status_code for _ in range(2)]
    assert sorted(queries) == [200, 400]
    assert "visit" in [one["nameSingular"] for one in client.objects()]


def test_a_limit_of_each_length(http: httpx.Client) -> None:
    steer(http, "limit", limit=50, window_ms=60_000, short_limit=3, short_window_ms=60_000)
    answers = [http.get("/rest/people", params={"limit": 1}) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].json()["messages"] == ["Limit reached (3 tokens per 60000 ms)"]


@pytest.mark.parametrize(
    ("verb", "body", "expected"),
    [
        ("faults", {"kind": "earthquake"}, "fault kind must be one of"),
        ("answers", {"throttled": "418"}, "throttled is answered in one of the ways"),
        ("reset", {"era": "2.0"}, "era must be one of"),
        ("limit", {"limit": 5}, "/standin/limit needs 'window_ms'"),
        ("stale", {"seconds": "many"}, "could not convert"),
    ],
)
def test_a_wrong_order_is_refused(http: httpx.Client, verb: str, body: dict[str, Any], expected: str) -> None:
    answer = http.post(f"/standin/{verb}", json=body)
    assert answer.status_code == 400
    assert expected in answer.json()["messages"][0]
