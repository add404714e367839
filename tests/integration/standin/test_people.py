"""What people do in the stand-in's Twenty, and what its webhooks tell of it and of everything else."""

from __future__ import annotations

import hashlib
import hmac
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.contract.conftest import running_standin
from tests.integration.standin.conftest import HEADERS
from tests.waiting import until


class Listener(ThreadingHTTPServer):
    request_queue_size = 64


class Receiver:
    """A server that webhooks can call; `calls` are the headers and raw bodies received."""

    def __init__(self, status: int) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _, body in self.calls]


@contextmanager
def receiving(status: int = 200) -> Iterator[Receiver]:
    receiver = Receiver(status)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()


def settled(http: httpx.Client, sent: int) -> dict[str, int]:
    """Webhook counts once `sent` calls have been answered and none is under way."""

    def counts() -> dict[str, int]:
        told: dict[str, int] = http.get("/standin/stats").json()["webhooks"]
        return told if told["pending"] == 0 and told["sent"] + told["failed"] >= sent else {}

    return until(counts, what=f"{sent} webhook calls")


def new_person(http: httpx.Client, **fields: Any) -> str:
    identity = str(uuid.uuid4())
    assert http.post("/rest/people", json={"id": identity, **fields}).status_code == 201
    return identity


def person_act(http: httpx.Client, act: str, ids: list[str], **more: Any) -> list[dict[str, Any]]:
    answer = http.post("/standin/person", json={"act": act, "object": "person", "ids": ids, **more})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def hook(http: httpx.Client, url: str, **more: Any) -> dict[str, Any]:
    answer = http.post("/rest/metadata/webhooks", json={"targetUrl": url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_person_edits_trashes_restores_and_destroys(http: httpx.Client) -> None:
    identity = new_person(http, jobTitle="nurse")
    before = http.get(f"/rest/people/{identity}").json()["data"]["person"]
    [row] = person_act(http, "edit", [identity], fields={"jobTitle": "doctor"})
    assert (row["jobTitle"], row["createdBy"]) == ("doctor", before["createdBy"])
    assert row["updatedAt"] > before["updatedAt"]
    assert person_act(http, "trash", [identity])[0]["deletedAt"] is not None
    assert http.get(f"/rest/people/{identity}").status_code == 404
    assert person_act(http, "restore", [identity])[0]["deletedAt"] is None
    person_act(http, "destroy", [identity])
    assert http.get("/standin/dump").json()["person"] == []
    [made] = person_act(http, "create", [], fields={"jobTitle": "clerk"})
    assert (made["createdBy"]["source"], made["createdBy"]["name"]) == ("MANUAL", "Tim Apple")
    assert set(http.get("/standin/stats").json()["operations"]) == {"create people", "get people"}


def test_a_person_may_come_in_between(http: httpx.Client) -> None:
    identity = new_person(http)
    body = {"act": "trash", "object": "person", "ids": [identity], "before": "update people"}
    assert http.post("/standin/person", json=body).json() == []
    assert http.get(f"/rest/people/{identity}").status_code == 200
    answer = http.patch(f"/rest/people/{identity}", json={"jobTitle": "x"})
    assert answer.json()["data"]["updatePerson"]["deletedAt"] is not None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"act": "edit", "object": "nosuch"}, "object must be one of"),
        ({"act": "dance", "object": "person"}, "act must be one of"),
        ({"act": "edit", "object": "person", "ids": ["x"]}, "no person ['x']"),
        ({"act": "edit", "object": "person", "member": "no@x.test"}, "no member no@x.test"),
    ],
)
def test_an_impossible_act_says_what_is_possible(http: httpx.Client, body: dict[str, Any], expected: str) -> None:
    answer = http.post("/standin/person", json=body)
    assert answer.status_code == 400
    assert expected in answer.json()["messages"][0]


def test_webhooks_tell_of_every_commit_once_and_sign_it(http: httpx.Client) -> None:
    with receiving() as receiver:
        made = hook(http, receiver.url, operations=["person.*"], secret="s3cret")
        identity = new_person(http, jobTitle="nurse")
        http.post("/rest/companies", json={"name": "not asked for"})
        http.post("/rest/batch/people?upsert=true", json=[{"id": identity, "jobTitle": "doctor"}])
        person_act(http, "trash", [identity])
        person_act(http, "restore", [identity])
        http.delete(f"/rest/people/{identity}")
        assert settled(http, 5) == {"sent": 5, "failed": 0, "pending": 0}
        told = {one["eventName"]: one for one in receiver.told}
        assert set(told) == {f"person.{one}" for one in ("created", "updated", "deleted", "restored", "destroyed")}
        assert told["person.updated"]["updatedFields"] == ["jobTitle", "position"]
        assert "updatedFields" not in told["person.created"]
        for one in receiver.told:
            assert (one["webhookId"], one["targetUrl"], one["record"]["id"]) == (made["id"], receiver.url, identity)
            assert one["objectMetadata"]["nameSingular"] == "person"
            assert "secret" not in one
        for headers, body in receiver.calls:
            stamp = headers["x-twenty-webhook-timestamp"]
            expected = hmac.new(b"s3cret", stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
            assert headers["x-twenty-webhook-signature"] == expected
            assert headers["x-twenty-webhook-nonce"]


def test_webhooks_are_not_in_order(http: httpx.Client) -> None:
    with receiving() as receiver:
        hook(http, receiver.url, operations=["*.created"])
        ids = [str(uuid.uuid4()) for _ in range(40)]
        http.post("/rest/batch/people", json=[{"id": one} for one in ids])
        assert settled(http, 40) == {"sent": 40, "failed": 0, "pending": 0}
        told = [one["record"]["id"] for one in receiver.told]
        assert set(told) == set(ids)
        assert len(told) == 40
        created = [row["id"] for row in http.get("/standin/dump").json()["person"]]
        assert told != created
        assert "x-twenty-webhook-signature" not in receiver.calls[0][0]


def test_a_webhook_that_fails_or_gets_lost_is_not_sent_again(http: httpx.Client) -> None:
    with receiving(status=500) as receiver:
        hook(http, receiver.url)
        http.post("/standin/faults", json={"kind": "webhook_lost"})
        new_person(http)
        new_person(http)
        assert settled(http, 1) == {"sent": 0, "failed": 1, "pending": 0}
        assert len(receiver.calls) == 1


def test_webhooks_are_listed_changed_and_removed(http: httpx.Client) -> None:
    made = hook(http, "https://crm.x.test/hook", operations=["person.created"], description="texts patients")
    assert http.get("/rest/webhooks").json() == http.get("/rest/metadata/webhooks").json() == [made]
    path = f"/rest/metadata/webhooks/{made['id']}"
    changed = http.patch(path, json={"operations": ["note.*"]}).json()
    assert (changed["operations"], changed["targetUrl"]) == (["note.*"], "https://crm.x.test/hook")
    assert http.get(path).json() == changed
    refused = http.post("/rest/metadata/webhooks", json={"targetUrl": "ftp://x.test"})
    assert (refused.status_code, refused.json()["messages"]) == (400, ["Invalid target URL provided"])
    assert http.delete(path).json() is True
    assert http.delete(path).json() is False
    assert http.get("/rest/webhooks").json() == []


def test_webhooks_survive_a_restart(tmp_path: Path) -> None:
    with running_standin(tmp_path) as (_, url), httpx.Client(base_url=url, headers=HEADERS) as http:
        made = hook(http, "https://crm.x.test/hook")
    with running_standin(tmp_path) as (_, url), httpx.Client(base_url=url, headers=HEADERS) as http:
        assert http.get("/rest/webhooks").json() == [made]


def test_workflows_are_listed_as_a_client_sees_them(http: httpx.Client) -> None:
    made = http.post("/standin/workflows", json={"name": "Welcome", "event": "person.created"}).json()
    assert made["statuses"] == ["ACTIVE"]
    [workflow] = http.get("/rest/workflows", params={"filter": "statuses[containsAny]:[ACTIVE]"}).json()["data"][
        "workflows"
    ]
    assert (workflow["id"], workflow["name"]) == (made["id"], "Welcome")
    version = http.get(f"/rest/workflowVersions/{workflow['lastPublishedVersionId']}").json()["data"]["workflowVersion"]
    assert version["status"] == "ACTIVE"
    assert version["trigger"]["type"] == "DATABASE_EVENT"
    [trigger] = http.get("/rest/workflowAutomatedTriggers").json()["data"]["workflowAutomatedTriggers"]
    assert trigger["settings"] == {"eventName": "person.created"}
    off = http.post("/standin/workflows", json={"id": made["id"], "active": False}).json()
    assert off["statuses"] == ["DEACTIVATED"]
    assert http.get("/rest/workflowAutomatedTriggers").json()["data"]["workflowAutomatedTriggers"] == []
    on = http.post("/standin/workflows", json={"id": made["id"], "active": True}).json()
    assert on["statuses"] == ["ACTIVE"]
