"""One server for all contract tests: the stand-in, or a real Twenty named by the environment.

`DUALRUN_CONTRACT_URL` and `DUALRUN_CONTRACT_API_KEY` point the same tests at a real server; the key's role needs the
right to change the data model. What the tests make there they remove.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import pytest
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay

from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import classify

KEY = "contract-key"


@dataclass(frozen=True)
class Server:
    url: str
    api_key: str


class Patient(httpx.HTTPTransport):
    """Asks again while a real server has no token or a cold cache, so that the tests speak of everything else."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asking = Retrying(
            retry=retry_if_result(_passing),
            stop=stop_after_delay(120),
            wait=_until_next_token,
            retry_error_callback=_last_answer,
        )
        return asking(self._ask, request, request.read())

    def _ask(self, request: httpx.Request, body: bytes) -> httpx.Response:
        again = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        response = super().handle_request(again)
        response.read()
        return response


def _passing(response: httpx.Response) -> bool:
    return b"Limit reached" in response.content or b"Metadata cache version not found" in response.content


def _last_answer(state: RetryCallState) -> httpx.Response:
    assert state.outcome is not None
    return cast(httpx.Response, state.outcome.result())


def _until_next_token(state: RetryCallState) -> float:
    """Seconds that the server's bucket takes for a token, as its refusal names it."""
    refusal = classify(429, _last_answer(state).content)
    return 1.05 * (refusal.window_ms or 600) / 1000 / (refusal.limit or 1)


@contextmanager
def running_standin(data_dir: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A stand-in process and its URL."""
    command = [sys.executable, "-m", "infra.standin", "--data-dir", str(data_dir), "--api-key", KEY, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the stand-in ended before it was ready"
        yield process, orjson.loads(line)["url"]
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = os.environ.get("DUALRUN_CONTRACT_URL")
    if url:
        yield Server(url.rstrip("/"), os.environ["DUALRUN_CONTRACT_API_KEY"])
        return
    with running_standin(tmp_path_factory.mktemp("standin"), "--limit", "0") as (_, own_url):
        yield Server(own_url, KEY)


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """Bare HTTP with the key, for what the client would hide."""
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.url, headers=headers, transport=Patient(), timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[TwentyClient]:
    with httpx.Client(transport=Patient(), timeout=60) as http:
        yield TwentyClient(server.url, server.api_key, http=http)


@pytest.fixture
def tag() -> str:
    """Makes names and values of one test its own: nine lower-case letters."""
    return "".join(chr(ord("a") + byte % 26) for byte in uuid.uuid4().bytes[:9])


class Made:
    """Remembers the ids of records that a test makes, and removes them."""

    def __init__(self, client: TwentyClient) -> None:
        self._client = client
        self._ids: dict[str, list[str]] = {}

    def id(self, plural: str) -> str:
        """A new id for a record of this object."""
        new = str(uuid.uuid4())
        self._ids.setdefault(plural, []).append(new)
        return new

    def ids(self, plural: str, count: int) -> list[str]:
        return [self.id(plural) for _ in range(count)]

    def remove(self) -> None:
        for plural, ids in reversed(self._ids.items()):
            for start in range(0, len(ids), 60):
                self._client.destroy_many(plural, ids[start : start + 60])


@pytest.fixture
def made(client: TwentyClient) -> Iterator[Made]:
    made = Made(client)
    yield made
    made.remove()


@dataclass(frozen=True)
class Probe:
    """A custom object with one field of each kind."""

    id: str
    singular: str
    plural: str
    fields: dict[str, str]


Definition = dict[str, Any]


@pytest.fixture(scope="session")
def new_object(http: httpx.Client, client: TwentyClient) -> Iterator[Callable[[str], Definition]]:
    """Makes a custom object of that name (letters only) and removes it in the end."""
    ids: list[str] = []

    def make(name: str) -> Definition:
        label = name.capitalize()
        names = {"nameSingular": name, "namePlural": f"{name}s", "labelSingular": label, "labelPlural": f"{label}s"}
        answer = http.post("/rest/metadata/objects", json=names)
        assert answer.status_code == 201, answer.text
        definition: Definition = answer.json()["data"]["createOneObject"]
        ids.append(definition["id"])
        return definition

    yield make
    for one in ids:
        client.delete_object(one)


@pytest.fixture(scope="session")
def probe(http: httpx.Client, new_object: Callable[[str], Definition]) -> Probe:
    name = "probe" + "".join(chr(ord("a") + byte % 26) for byte in uuid.uuid4().bytes[:8])
    made = new_object(name)
    colours = [
        {"label": one.capitalize(), "value": one, "color": "green", "position": i}
        for i, one in enumerate(["RED", "BLUE"])
    ]
    wanted: dict[str, dict[str, Any]] = {
        "txt": {"type": "TEXT"},
        "num": {"type": "NUMBER"},
        "dt": {"type": "DATE"},
        "dtm": {"type": "DATE_TIME"},
        "sel": {"type": "SELECT", "options": colours},
        "msel": {"type": "MULTI_SELECT", "options": colours},
        "flag": {"type": "BOOLEAN", "defaultValue": False},
        "amt": {"type": "CURRENCY"},
        "extId": {"type": "TEXT", "isUnique": True},
        "phone": {"type": "PHONES"},
    }
    fields = {}
    for field, definition in wanted.items():
        body = {"objectMetadataId": made["id"], "name": field, "label": field.capitalize(), "isNullable": True}
        answer = http.post("/rest/metadata/fields", json={**body, **definition})
        assert answer.status_code == 201, answer.text
        fields[field] = answer.json()["data"]["createOneField"]["id"]
    return Probe(made["id"], name, f"{name}s", fields)
