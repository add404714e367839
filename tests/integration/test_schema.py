"""The schema over HTTP: any requirements, interruptions anywhere, several at once, slow and forgetful servers."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from typer.testing import CliRunner, Result

from infra.cli.main import app
from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.schema.planner import plan
from sinks.twenty.schema.provisioner import SchemaError, apply, examine
from tests.contract.conftest import KEY, running_standin
from tests.tiny import settings_file
from tests.unit.twenty.schema.world import REQUIREMENTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "schema.md").read_text("utf-8")
RED, BLUE = Option("RED", "Red"), Option("BLUE", "Blue")


def wanted(*options: Option) -> list[ObjectRequirement]:
    """Something of everything, for a fresh workspace."""
    visit = ObjectRequirement(
        "visit",
        "visits",
        "Visit",
        "Visits",
        (
            FieldRequirement("patient", "Patient", "RELATION", relation=RelationRequirement("person", "Visits")),
            FieldRequirement("room", "Room", "RELATION", relation=RelationRequirement("room", "Visits")),
            FieldRequirement("fee", "Fee", "CURRENCY"),
            FieldRequirement("kind", "Kind", "SELECT", options=options),
        ),
    )
    room = ObjectRequirement("room", "rooms", "Room", "Rooms", (FieldRequirement("code", "Code", "TEXT", unique=True),))
    title = FieldRequirement("jobTitle", "Job", "TEXT", unique=True)
    return [visit, room, ObjectRequirement("person", "people", "Person", "People", (title,))]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_standin(tmp_path_factory.mktemp("standin"), "--limit", "0") as (_, found):
        yield found


@pytest.fixture
def control(url: str) -> Iterator[httpx.Client]:
    """The stand-in's control surface, over an empty workspace of 1.10."""
    with httpx.Client(base_url=f"{url}/standin/", headers={"Authorization": f"Bearer {KEY}"}) as http:
        http.post("reset", json={"era": "1.10"}).raise_for_status()
        yield http


@pytest.fixture
def client(url: str, control: httpx.Client) -> Iterator[TwentyClient]:
    with TwentyClient(url, KEY) as client:
        yield client


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requirements=REQUIREMENTS)
@pytest.mark.parametrize("era", ["1.10", "newest"])
def test_what_is_planned_can_be_applied_and_leaves_nothing(
    client: TwentyClient, control: httpx.Client, era: str, requirements: list[ObjectRequirement]
) -> None:
    control.post("reset", json={"era": era}).raise_for_status()
    before = discover(client)
    found = plan(before, requirements)
    event("blocked" if found.blocked else f"{min(len(found.actions), 3)} actions")
    if found.blocked:
        with pytest.raises(SchemaError):
            apply(client, requirements)
        assert discover(client) == before
        return
    assert tuple(apply(client, requirements)) == found.actions
    assert examine(client, requirements)[0].is_empty
    assert apply(client, requirements) == []


class Killed(BaseException):
    """The process ended here."""


class Mortal(httpx.HTTPTransport):
    """Ends the process at the n-th change of the data model, before or after Twenty carried it out."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self._left = at
        self._after = after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or "/rest/metadata" not in request.url.path:
            return super().handle_request(request)
        self._left -= 1
        if self._left >= 0:
            return super().handle_request(request)
        if self._after:
            super().handle_request(request).read()
        raise Killed


CHANGES = 8


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(CHANGES))
def test_what_was_interrupted_anywhere_is_finished(client: TwentyClient, url: str, at: int, *, after: bool) -> None:
    with httpx.Client(transport=Mortal(at, after=after)) as http, pytest.raises(Killed):
        apply(TwentyClient(url, KEY, http=http), wanted(RED))
    half = examine(client, wanted(RED))[0]
    assert len(half.actions) == CHANGES - at - after
    assert tuple(apply(client, wanted(RED))) == half.actions
    assert examine(client, wanted(RED))[0].is_empty


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_options_that_were_being_added_when_it_ended_keep_their_ids(
    client: TwentyClient, url: str, *, after: bool
) -> None:
    apply(client, wanted(RED))
    red = discover(client).objects["visit"].fields["kind"].options[0]["id"]
    with httpx.Client(transport=Mortal(0, after=after)) as http, pytest.raises(Killed):
        apply(TwentyClient(url, KEY, http=http), wanted(RED, BLUE))
    apply(client, wanted(RED, BLUE))
    options = discover(client).objects["visit"].fields["kind"].options
    assert [option["value"] for option in options] == ["RED", "BLUE"]
    assert options[0]["id"] == red


class Late(httpx.HTTPTransport):
    """Twenty carries out every change, and the answer never comes in time."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "GET" or "/rest/metadata" not in request.url.path:
            return response
        response.read()
        self.changes += 1
        raise httpx.ReadTimeout("too late", request=request)


def test_a_change_whose_answer_never_comes_is_made_once(client: TwentyClient, url: str) -> None:
    late = Late()
    with httpx.Client(transport=late) as http:
        made = apply(TwentyClient(url, KEY, http=http), wanted(RED))
    assert (len(made), late.changes) == (CHANGES, CHANGES)
    assert examine(client, wanted(RED))[0].is_empty


def test_it_ends_only_when_every_server_process_knows_the_fields(client: TwentyClient, control: httpx.Client) -> None:
    control.post("stale", json={"seconds": 1.5}).raise_for_status()
    apply(client, wanted(RED))
    for _ in range(6):
        client.graphql("use", "{visits(first: 1) {edges {node {id kind patientId roomId fee {currencyCode}}}}}")
        client.create_batch("visits", [{"kind": "RED", "patientId": None}], upsert=False)


# As commands


@pytest.fixture
def workdir(url: str, control: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the page's mapping, and settings for it."""
    (mapping,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "riverside.yaml").write_text(mapping, "utf-8")
    settings_file(
        tmp_path,
        tmp_path / "riverside.yaml",
        source={"url": "postgresql://127.0.0.1:1/none"},
        twenty={"url": url, "api_key": KEY},
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> Result:
    return CliRunner().invoke(app, shlex.split(line))


PLAN, APPLY, VERIFY = (f"schema {verb} --settings settings.yaml" for verb in ("plan", "apply", "verify"))


def test_the_page_shows_what_the_commands_print(workdir: Path, client: TwentyClient) -> None:
    shown = re.findall(r"```console\n\$ dualrun ([^\n]+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(shown) == 6
    codes = [2, 0, 0, 0, 1, 2]
    for index, ((line, expected), code) in enumerate(zip(shown, codes, strict=True)):
        if index == 4:
            seen_on = discover(client).objects["visit"].fields["seenOn"]
            client.update_field(seen_on.id, {"isActive": False})
            mapping = workdir / "riverside.yaml"
            seen = "          - {label: seen, value: SEEN, color: green}\n"
            missed = "          - {label: missed, value: MISSED, color: red}\n"
            mapping.write_text(mapping.read_text().replace(seen, seen + missed))
        found = run(line)
        assert (found.output, found.exit_code) == (expected, code)


def test_scripts_read_json_and_exit_codes(workdir: Path) -> None:
    found = run(f"{PLAN} --json")
    assert found.exit_code == 2
    assert json.loads(found.output)["summary"] == {"create": 7, "change": 0, "blocked": 0}
    assert json.loads(run(f"{VERIFY} --json").output)["actions"][0]["address"] == "visit"
    assert run(VERIFY).exit_code == 1
    assert run(APPLY).exit_code == 0
    done = run(f"{PLAN} --json")
    assert (done.exit_code, json.loads(done.output)["actions"]) == (0, [])
    assert run(f"{VERIFY} --json").exit_code == 0
    assert run(PLAN).output == "No changes. Twenty has everything that the mapping needs.\n"
    assert "Nothing to do" in run(f"{PLAN} --checklist").output


def test_what_is_blocked_is_told_and_nothing_is_made(workdir: Path, client: TwentyClient) -> None:
    person = discover(client).objects["person"]
    client.create_field({"objectMetadataId": person.id, "name": "patientId", "label": "P", "type": "NUMBER"})
    found = run(PLAN)
    assert found.exit_code == 1
    assert "  ! person.patientId: needs type TEXT, but Twenty has it as NUMBER" in found.output
    assert found.output.endswith("Plan: 6 to create, 0 to change, 1 blocked.\n")
    assert "- [ ] `person.patientId`: needs type TEXT" in run(f"{PLAN} --checklist").output
    applied = run(APPLY)
    assert applied.exit_code == 1
    assert "nothing is applied while something is blocked" in applied.output
    assert "visit" not in discover(client).objects


@pytest.mark.parametrize("line", [PLAN, APPLY, VERIFY])
def test_errors_are_never_taken_for_pending_changes(workdir: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALRUN_TWENTY_API_KEY", "wrong")
    found = run(line)
    assert found.exit_code == 1
    assert "Twenty, list objects: unauthorised" in found.output
    (workdir / "settings.yaml").write_text("system: 1\n")
    assert run(line).exit_code == 1


def test_two_processes_at_once_make_everything_once(workdir: Path, client: TwentyClient) -> None:
    command = [sys.executable, "-m", "infra.cli.main", *shlex.split(APPLY)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(command, cwd=workdir, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert run(VERIFY).exit_code == 0
    options = discover(client).objects["visit"].fields["state"].options
    assert [option["value"] for option in options] == ["BOOKED", "SEEN"]


def test_a_process_that_was_killed_is_followed_by_one_that_finishes(workdir: Path, control: httpx.Client) -> None:
    control.post("faults", json={"kind": "slow_metadata", "count": 100, "delay_s": 0.3}).raise_for_status()
    command = [sys.executable, "-m", "infra.cli.main", *shlex.split(APPLY)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=workdir, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline().startswith(b"+ ")
    process.kill()
    process.wait()
    process.stdout.close()
    control.post("faults", json={"kind": "slow_metadata", "count": 0}).raise_for_status()
    assert run(VERIFY).exit_code == 1
    assert run(APPLY).exit_code == 0
    assert run(VERIFY).exit_code == 0
