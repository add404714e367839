"""What a REST API answers, and what is made of it: records that are no records, wrapped ones, refusals."""

from __future__ import annotations

import base64
import json as jsonlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from producers.api_auth import ClientCredentials, Secret, TokenAuth
from producers.source import SourceError
from schemas.records import Operation
from tests.unit.producers.api_world import PATIENT, PATIENTS, Api, json
from tests.unit.producers.worlds import NOON


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (rb'"Ada \ud83d"', None),
        (rb'["Ada", {"note": "\ud83d"}]', None),
        (b'"Ad\xe9"', None),
        (b'"Ada\nGrace"', "Ada\nGrace"),
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
    ],
)
def test_a_text_that_is_none_costs_its_record_and_no_other(text: bytes, kept: object) -> None:
    """A field's limit has cut an emoji in two, or a program has written its JSON by hand."""
    rows = b'{"id": "p1", "name": "Ada"}, {"id": "p2", "name": %b}, {"id": "p3", "name": "\xc3\x89"}' % text
    bad = Api(answer=lambda _: httpx.Response(200, content=b'\xef\xbb\xbf{"data": [%b]}' % rows))
    world = bad.world()
    world.snapshot_to_end()
    names = world.names()
    assert (names.pop("p1"), names.pop("p3"), names.pop("p2", None)) == ("Ada", "É", kept)
    assert [letter.where for letter in world.topic.letters] == ([] if kept else ["p2"])
    if kept is None:
        assert world.poller.health.startswith("clinic/patient/p2 is not captured: a text in it")
        for key, name in (("p1", "Ada"), ("p2", "mended"), ("p3", "É")):
            bad.put(key, name=name)
        bad.answer = lambda _: None
        world.pass_by(10)
        assert world.names()["p2"] == "mended"
        assert world.poller.health == ""


def test_a_page_that_is_no_json_is_told_as_such() -> None:
    world = Api(answer=lambda _: httpx.Response(200, content=b'{"data": [{"id": "p1", "name": "Zanz')).world()
    world.snapshot_to_end()
    assert world.poller.health == "/patients answered something that is no JSON: is the path right?"


def gone_from_lists(api: Api, record: Callable[[dict[str, Any]], Any]) -> None:
    """The list leaves p2 out; a single record is wrapped by ``record``."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        name = request.url.path.rpartition("/")[2]
        if name == "patients":
            return json(200, {"data": [row for key, row in api.rows.items() if key != "p2"]})
        return json(200, record(api.rows[name])) if name in api.rows else None

    api.answer = answer


@pytest.mark.parametrize(
    "wrap",
    [
        lambda row: row,
        lambda row: {"data": row},
        lambda row: {"status": "ok", "result": {"patient": row}},
        lambda row: [row],
        lambda row: {"data": [row], "related": [{"id": "p1", "gone": None}]},
    ],
)
@pytest.mark.parametrize(
    ("mark", "deleted"),
    [
        (True, True),
        ("2026-01-01", True),
        ("Y", True),
        (1, True),
        (None, False),
        ("", False),
        ("false", False),
        ("0", False),
        (0, False),
    ],
)
def test_a_mark_of_deletion_counts_however_its_record_is_wrapped(
    wrap: Callable[[dict[str, Any]], Any], mark: object, deleted: bool
) -> None:
    api = Api()
    api.put("p1", name="Ada")
    api.put("p2", name="Bob", gone=None)
    world = api.world(replace(PATIENTS, deleted="gone"))
    world.snapshot_to_end()
    api.rows["p2"]["gone"] = mark
    gone_from_lists(api, wrap)
    for _ in range(3):
        world.pass_by(20)
        world.sweep()
    assert world.poller.health == ""
    assert [change.operation for change in world.published[2:]] == ([Operation.DELETE] if deleted else [])


@pytest.mark.parametrize(
    "record",
    [
        lambda _: {"data": None},
        lambda _: {},
        lambda _: {"id": "p1", "gone": True},
        lambda _: "moved",
    ],
)
def test_an_answer_without_the_record_deletes_nothing_and_is_told(record: Callable[[dict[str, Any]], Any]) -> None:
    api = Api()
    for key in ("p1", "p2"):
        api.put(key, name="Ada")
    world = api.world(replace(PATIENTS, deleted="gone"))
    world.snapshot_to_end()
    gone_from_lists(api, record)
    for _ in range(3):
        world.pass_by(60)
        world.sweep()
    assert {change.operation for change in world.published} <= {Operation.SNAPSHOT, Operation.UPSERT}
    assert "/patients/{id} answered without a record whose id is the one" in world.poller.health


@pytest.mark.parametrize("status", [401, 403, 400])
def test_a_refused_look_at_a_record_deletes_nothing_and_is_told(status: int) -> None:
    api = Api()
    for key in ("p1", "p2"):
        api.put(key, name="Ada")
    world = api.world()
    world.snapshot_to_end()
    del api.rows["p2"]
    api.answer = lambda request: json(status, {}) if request.url.path == "/patients/p2" else None
    for _ in range(3):
        world.pass_by(60)
        world.sweep()
    assert sorted(world.latest()) == ["p1", "p2"]
    assert world.poller.health == f"/patients/{{id}} answered {status}, that tells nothing"
    api.answer = lambda _: None
    for _ in range(2):
        world.pass_by(60)
        world.sweep()
    assert (sorted(world.latest()), world.poller.health) == (["p1"], "")


def test_without_a_path_of_single_records_nothing_is_deleted() -> None:
    api = Api()
    for key in ("p1", "p2"):
        api.put(key, name="Ada")
    world = api.world(replace(PATIENTS, record=None))
    world.snapshot_to_end()
    del api.rows["p2"]
    for _ in range(3):
        world.pass_by(60)
        world.sweep()
    assert sorted(world.latest()) == ["p1", "p2"]
    assert api.source(replace(PATIENTS, record=None)).present(PATIENT, ["p2", "p3"]) == {"p2", "p3"}


# Credentials


class Tokens:
    """A token address: each token lives for ``life`` seconds; ``answer`` replaces the next ones."""

    def __init__(self, api: Api, life: float = 100) -> None:
        self.api = api
        self.life = life
        self.given: list[datetime] = []
        self.answer: httpx.Response | None = None
        api.answer = self._handle

    def auth(self) -> ClientCredentials:
        return ClientCredentials(self.api.http(), "/token", "client", Secret("secret"), "", lambda: self.api.now)

    def _handle(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/token":
            if self.answer is not None:
                return self.answer
            self.given.append(self.api.now)
            return json(200, {"access_token": str(len(self.given)), "expires_in": self.life})
        number = int(request.headers["authorization"].removeprefix("Bearer ") or 0)
        good = number and (self.api.now - self.given[number - 1]).total_seconds() < self.life
        return None if good else json(401, {})


def test_a_token_is_renewed_before_it_ends() -> None:
    api = Api()
    tokens = Tokens(api)
    client = api.client(tokens.auth())
    for _ in range(30):
        client.get("/patients", {})
        api.pass_by(9)
    assert len(tokens.given) == 3
    assert all(
        later - earlier < timedelta(seconds=100) for earlier, later in zip(tokens.given, tokens.given[1:], strict=False)
    )
    asked = [request for request in api.asked if request.url.path == "/patients"]
    assert len(asked) == 30, "no request was refused for an old token"


@pytest.mark.parametrize(
    "answer", [json(503, {}), json(200, {"error": "busy"}), json(401, {"error": "invalid_client"})]
)
def test_a_token_that_cannot_be_renewed_yet_is_used_to_its_end(answer: httpx.Response) -> None:
    api = Api()
    tokens = Tokens(api)
    client = api.client(tokens.auth())
    client.get("/patients", {})
    tokens.answer = answer
    api.pass_by(95)
    client.get("/patients", {})
    api.pass_by(6)
    with pytest.raises(SourceError, match="the token address"):
        client.get("/patients", {})
    tokens.answer = None
    client.get("/patients", {})
    assert len(tokens.given) == 2


def test_a_token_that_is_replaced_between_two_requests_is_taken_at_once(tmp_path: Path) -> None:
    """The server refuses the old one; the file has the new one by then."""
    api, file = Api(), tmp_path / "token"
    file.write_text("old")
    valid = "old"

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.headers["x-key"] == valid:
            return None
        file.write_text("new")  # somebody writes it while the request is under way
        return json(401, {})

    api.answer = answer
    client = api.client(TokenAuth(Secret(file=file), "X-Key", "", None))
    client.get("/patients", {})
    valid = "new"
    client.get("/patients", {})
    assert [request.headers["x-key"] for request in api.asked] == ["old", "old", "new"]


def test_a_token_file_that_is_gone_is_told_and_its_end_still_known(tmp_path: Path) -> None:
    claims = base64.urlsafe_b64encode(jsonlib.dumps({"exp": NOON.timestamp()}).encode()).decode().rstrip("=")
    file, end = tmp_path / "token", NOON + timedelta(days=1)
    file.write_text(f"e30.{claims}.sig")
    auth = TokenAuth(Secret(file=file), "Authorization", "Bearer", end)
    assert auth.expires_at() == NOON
    file.unlink()
    assert auth.expires_at() == end
    with pytest.raises(SourceError, match=r"the credential in .*token cannot be read: No such file"):
        Api().client(auth).get("/patients", {})


@pytest.mark.parametrize("ahead", [-3600, 0, 3600])
def test_a_wait_until_a_date_is_one_by_the_servers_clock(ahead: int) -> None:
    api = Api(date=timedelta(seconds=ahead))

    def until(seconds: float) -> httpx.Response:
        date = (api.now + api.date + timedelta(seconds=seconds)).astimezone(UTC)
        return json(429, {}, **{"retry-after": format_datetime(date, usegmt=True)})

    answers = [until(2)]
    api.answer = lambda _: answers.pop() if answers else None
    client = api.client()
    client.get("/patients", {})
    (slept,) = api.slept
    assert slept == pytest.approx(2, abs=1)
    answers.append(until(120))
    with pytest.raises(SourceError, match=r"the API asks to wait 1[12]\d s \(429\)"):
        client.get("/patients", {})
    asked = len(api.asked)
    api.pass_by(100)
    with pytest.raises(SourceError, match="left alone for a while"):
        client.get("/patients", {})
    assert len(api.asked) == asked, "nothing is sent meanwhile"
    api.pass_by(25)
    client.get("/patients", {})


@pytest.mark.parametrize("text", ["soon", "Fri, 99 Foo 2026 99:99:99 GMT"])
def test_a_wait_that_cannot_be_read_is_an_ordinary_one(text: str) -> None:
    answers = [json(503, {}, **{"retry-after": text})]
    api = Api(answer=lambda _: answers.pop() if answers else None)
    api.client().get("/patients", {})
    assert len(api.slept) == 1
    assert api.slept[0] <= 2
