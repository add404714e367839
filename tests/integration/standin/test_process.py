"""The stand-in as a process: limits, faults, kill -9, and the surface that tests steer it by."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import Kind, TwentyError
from tests.contract.conftest import KEY, running_standin
from tests.integration.standin.conftest import HEADERS

LIMIT_OF_FIVE = "Limit reached (5 tokens per 60000 ms)"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with running_standin(tmp_path, "--limit", "0") as (_, own):
        yield own


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield client


def people(http: httpx.Client) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in http.get("/standin/dump").json()["person"]}


def limit(http: httpx.Client, tokens: int, window_ms: int = 60_000) -> None:
    assert http.post("/standin/limit", json={"limit": tokens, "window_ms": window_ms}).status_code == 200


def order(http: httpx.Client, kind: str, count: int = 1, **more: Any) -> None:
    assert http.post("/standin/faults", json={"kind": kind, "count": count, **more}).status_code == 200


def test_a_throttle_over_rest_and_graphql(http: httpx.Client) -> None:
    limit(http, 5)
    answers = [http.get("/rest/people", params={"limit": 1}) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[5].json() == {"statusCode": 429, "error": "HttpException", "messages": [LIMIT_OF_FIVE]}
    assert "retry-after" not in answers[5].headers
    answer = http.post("/graphql", json={"query": "{people(first:1){totalCount}}"})
    assert answer.status_code == 200
    assert answer.json() == {
        "errors": [
            {
                "message": LIMIT_OF_FIVE,
                "extensions": {
                    "subCode": "LIMIT_REACHED",
                    "userFriendlyMessage": "An error occurred.",
                    "code": "BAD_USER_INPUT",
                },
            }
        ],
        "data": {"people": None},
    }
    assert http.get("/rest/metadata/objects").status_code == 200


def test_every_root_field_and_every_failed_call_costs_a_token(http: httpx.Client) -> None:
    limit(http, 5)
    assert http.post("/rest/people", json={"nosuch": 1}).status_code == 400
    query = "{" + " ".join(f"a{number}: people(first:1){{totalCount}}" for number in range(5)) + "}"
    data = http.post("/graphql", json={"query": query}).json()["data"]
    assert [data[f"a{number}"] is not None for number in range(5)] == [True] * 4 + [False]
    stats = http.get("/standin/stats").json()
    assert (stats["requests"], stats["refused"]) == (6, 1)
    assert stats["operations"] == {"create people": 1, "list people": 5}


def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    ids = [str(uuid.uuid4()) for _ in range(300)]
    with running_standin(tmp_path, "--limit", "0") as (process, url), TwentyClient(url, KEY) as client:
        for start in range(0, 300, 60):
            client.create_batch("people", [{"id": one} for one in ids[start : start + 60]], upsert=False)
        client.delete_many("people", ids[:7])
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running_standin(tmp_path, "--limit", "0") as (_, url), httpx.Client(base_url=url, headers=HEADERS) as http:
        rows = people(http)
        assert set(rows) == set(ids)
        assert {one for one, row in rows.items() if row["deletedAt"]} == set(ids[:7])


def test_a_term_signal_ends_it_cleanly(tmp_path: Path) -> None:
    with running_standin(tmp_path) as (process, _):
        process.terminate()
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("kind", ["drop_after_commit", "500_after_commit"])
def test_an_answer_lost_after_the_commit(http: httpx.Client, url: str, kind: str) -> None:
    identity = str(uuid.uuid4())
    with TwentyClient(url, KEY) as client:
        order(http, kind)
        assert client.members()
        with pytest.raises(TwentyError) as raised:
            client.create_batch("people", [{"id": identity}], upsert=False)
        assert raised.value.refusal.kind is Kind.UNKNOWN_OUTCOME
        assert set(people(http)) == {identity}
        order(http, kind)
        with pytest.raises(TwentyError):
            client.delete_many("people", [identity])
        assert people(http)[identity]["deletedAt"] is not None
        assert [one["id"] for one in client.restore_many("people", [identity])] == [identity]


def test_a_slow_answer_outlives_the_client_and_is_carried_out(http: httpx.Client, url: str) -> None:
    identity = str(uuid.uuid4())
    order(http, "slow", delay_s=1.5)
    with TwentyClient(url, KEY, timeout=0.3) as client, pytest.raises(TwentyError) as raised:
        client.create_batch("people", [{"id": identity}], upsert=False)
    assert raised.value.refusal.kind is Kind.UNKNOWN_OUTCOME
    assert set(people(http)) == {identity}


def test_a_storm_of_refusals_and_a_cold_cache(http: httpx.Client, url: str) -> None:
    with TwentyClient(url, KEY) as client:
        order(http, "429_storm", 3)
        kinds = []
        for _ in range(3):
            with pytest.raises(TwentyError) as raised:
                client.members()
            kinds.append(raised.value.refusal.kind)
        assert kinds == [Kind.THROTTLED] * 3
        order(http, "cold_cache")
        answer = http.get("/rest/people", params={"limit": 1})
        assert answer.status_code == 500
        assert answer.json()["messages"] == ["Metadata cache version not found"]
        assert client.members()


def test_members_are_invited_and_everything_is_reset(http: httpx.Client) -> None:
    member = {"name": {"firstName": "Ada", "lastName": "L"}, "userEmail": "ada@x.test"}
    answer = http.post("/standin/members", json=member)
    assert answer.status_code == 200
    assert answer.json()["userEmail"] == "ada@x.test"
    http.post("/rest/people", json={})
    assert len(people(http)) == 1
    assert http.post("/standin/reset").status_code == 200
    assert people(http) == {}
    members = http.get("/rest/workspaceMembers").json()["data"]["workspaceMembers"]
    assert [one["userEmail"] for one in members] == ["tim@apple.dev"]
    stats = http.get("/standin/stats").json()
    assert stats["operations"] == {"list workspaceMembers": 1}
    assert (stats["requests"], stats["refused"]) == (1, 0)


def test_the_control_surface_needs_the_key_and_knows_its_verbs(http: httpx.Client, url: str) -> None:
    assert httpx.get(f"{url}/standin/dump").status_code == 403
    assert http.post("/standin/nosuch").status_code == 404
    answer = http.post("/standin/faults", json={"kind": "earthquake"})
    assert answer.status_code == 400
    assert "drop_after_commit" in answer.json()["messages"][0]


@pytest.mark.parametrize("megabytes", [10, 25])
def test_behaviour_23_an_upload_over_the_cap_is_refused(tmp_path: Path, megabytes: int) -> None:
    size = megabytes * 1024 * 1024 + 1
    cap = ("--upload-cap-mb", str(megabytes))
    with running_standin(tmp_path, "--limit", "0", *cap) as (_, url), TwentyClient(url, KEY) as client:
        assert client.upload("small.bin", BytesIO(b"x"), 1, "application/octet-stream")
        with pytest.raises(TwentyError) as raised:
            client.upload("big.bin", BytesIO(bytes(size)), size, "application/octet-stream")
    assert raised.value.refusal.status == 413
    assert raised.value.refusal.kind is Kind.OVERSIZE


def test_a_link_of_another_file_is_refused(http: httpx.Client, url: str) -> None:
    assert http.get("/files/attachment/wrong/x.txt").status_code == 403


@pytest.mark.parametrize(
    ("options", "expected"),
    [(("--era", "2.0"), b"era must be one of"), (("--trait", "colour=red"), b"an era differs in")],
)
def test_an_era_that_does_not_exist_is_refused(tmp_path: Path, options: tuple[str, str], expected: bytes) -> None:
    command = [sys.executable, "-m", "infra.standin", "--api-key", "k", "--data-dir", str(tmp_path), *options]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 2
    assert expected in result.stderr


def test_a_workspace_of_another_era_is_not_opened(tmp_path: Path) -> None:
    with running_standin(tmp_path, "--era", "newest"):
        pass
    command = [sys.executable, "-m", "infra.standin", "--api-key", "k", "--data-dir", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 2
    assert b"holds a workspace of era newest" in result.stderr
    assert b"Traceback" not in result.stderr


def test_a_data_directory_is_required() -> None:
    result = subprocess.run([sys.executable, "-m", "infra.standin", "--api-key", "k"], capture_output=True, check=False)
    assert result.returncode == 2
    assert b"--data-dir" in result.stderr
