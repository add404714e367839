"""People edit in Twenty while both systems live: on a real broker and the stand-in, with each policy."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from schemas.edits import EditPolicy, PartPolicy
from schemas.keys import twenty_id
from schemas.records import Control, Identity, IdentityState, Link, Outcome, Part, PartMode, WriteKind
from sinks.conflicts import RESOLVE
from sinks.edits import TRASHED, open_edits, unpack_edits
from tests.integration.sink_fixtures import kill, twenty, world
from tests.integration.sink_world import World, person
from tests.waiting import until

__all__ = ["kill", "twenty", "world"]

KEY = "clinic/patient/1"
ROW = twenty_id(KEY, "")
SECRET = "a webhook's secret"


def policies(job_title: EditPolicy = "source_wins", **more: Any) -> dict[str, PartPolicy]:
    fields: dict[str, EditPolicy] = {} if job_title == "source_wins" else {"jobTitle": job_title}
    return {"patient#": PartPolicy(fields, **more)}


def ada(title: str, city: str = "Bern") -> Any:
    return person("Ada", fields={"jobTitle": title, "city": city}, hashed=f"{title}/{city}")


def send(world: World, offset: int, title: str, city: str = "Bern") -> None:
    world.send(world.write("patient", "1", ada(title, city), offset=offset))
    world.settle()


def row(world: World) -> dict[str, Any]:
    found = world.twenty.row("person", ROW)
    assert found is not None
    return found


def told(world: World) -> list[tuple[str, str]]:
    """(column, verdict) of every conflict that was audited, in order."""
    return [(flag.field, flag.reason) for event in world.events(Outcome.CONFLICT) for flag in event.flags]


def identity(world: World) -> Identity:
    return world.identities()[KEY, ""]


def decide(world: World, take: str) -> None:
    seen = {column: edit.digest for column, edit in open_edits(identity(world)).items()}
    assert seen
    world.raw(
        world.topics.control,
        f"{RESOLVE}:{KEY}",
        world.codec.encode(Control(RESOLVE, KEY, {"part": "", "take": take, "edits": seen}, datetime.now(UTC))),
        partition=0,
    )


@pytest.fixture(autouse=True)
def _member(world: World) -> None:
    world.twenty.member("staff@x.test")


def test_where_the_source_wins_the_sweep_writes_over_an_edit(world: World) -> None:
    with world.sink(edits_seconds=0.2):
        send(world, 1, "Nurse")
        world.twenty.person("edit", "person", ROW, jobTitle="Doctor")
        until(lambda: row(world)["jobTitle"] == "Nurse", what="the edit is written over")
        world.settle()
        until(lambda: told(world) == [("jobTitle", "source_wins")], what="it is audited")
    [event] = world.events(Outcome.CONFLICT)
    assert event.before == {"jobTitle": "Doctor"}
    assert world.outcomes(KEY)[-1] == ("", Outcome.UPDATED)
    assert open_edits(identity(world)) == {}


def test_where_twenty_wins_an_edit_stays_and_the_other_fields_go_on(world: World) -> None:
    with world.sink(policies=policies("twenty_wins")):
        send(world, 1, "Nurse")
        world.twenty.person("edit", "person", ROW, jobTitle="Doctor")
        send(world, 2, "Head nurse", "Basel")
        assert (row(world)["jobTitle"], row(world)["city"]) == ("Doctor", "Basel")
        send(world, 3, "Chief", "Chur")
        assert (row(world)["jobTitle"], row(world)["city"]) == ("Doctor", "Chur")
    assert told(world) == [("jobTitle", "twenty_wins")]
    [event] = world.events(Outcome.CONFLICT)
    assert (event.before, event.after) == ({"jobTitle": "Doctor"}, {"jobTitle": "Head nurse"})
    assert open_edits(identity(world)) == {}


@pytest.mark.parametrize("take", ["source", "twenty"])
def test_an_edit_that_is_asked_about_waits_for_a_person(world: World, take: str) -> None:
    with world.sink(policies=policies("ask"), edits_seconds=0.2):
        send(world, 1, "Nurse")
        world.twenty.person("edit", "person", ROW, jobTitle="Doctor")
        until(lambda: open_edits(identity(world)), what="the sweep finds it")
        send(world, 2, "Head nurse", "Basel")
        assert (row(world)["jobTitle"], row(world)["city"]) == ("Doctor", "Basel")
        decide(world, take)
        until(lambda: not open_edits(identity(world)), what="it is decided")
        if take == "source":
            until(lambda: row(world)["jobTitle"] == "Head nurse", what="the source's value is there")
        world.settle()
        send(world, 3, "Head nurse", "Chur")
        assert (row(world)["jobTitle"], row(world)["city"]) == (
            ("Head nurse", "Chur") if take == "source" else ("Doctor", "Chur")
        )
        send(world, 4, "Chief", "Chur")
        # the source has changed it since the decision
        assert row(world)["jobTitle"] == "Chief"
    assert told(world) == [("jobTitle", "ask"), ("jobTitle", f"{take} wins")]


def test_an_edit_between_our_read_and_our_write_survives_and_is_found(world: World) -> None:
    with world.sink(policies=policies("ask"), edits_seconds=0.2):
        send(world, 1, "Nurse")
        world.twenty.person("edit", "person", ROW, before="upsert people", jobTitle="Doctor")
        send(world, 2, "Nurse", "Basel")
        assert (row(world)["jobTitle"], row(world)["city"]) == ("Doctor", "Basel")
        until(lambda: open_edits(identity(world)), what="it is found though we wrote last")
    assert told(world) == [("jobTitle", "ask")]


def test_our_own_writes_are_nobodys_edits(world: World) -> None:
    before = world.twenty.stats()["requests"]
    with world.sink(policies=policies("ask"), edits_seconds=0.2):
        for offset in range(1, 6):
            send(world, offset, f"Title {offset}")
        swept = world.twenty.stats()["operations"].get("list people", 0)
        until(lambda: world.twenty.stats()["operations"]["list people"] > swept + 4, what="the sweep has gone round")
    assert world.twenty.stats()["requests"] > before
    assert world.events(Outcome.CONFLICT) == []


def test_a_write_whose_answer_was_lost_with_the_process_is_nobodys_edit(
    world: World, kill: Callable[..., None]
) -> None:
    settings = {"policies": policies("ask"), "edits_seconds": 0.2, "session_seconds": 6.0, "request_timeout": 1.0}
    with world.sink(**settings):
        send(world, 1, "Nurse")
    world.twenty.fault("500_after_commit", 100)
    process = world.process("first", **settings)
    world.send(world.write("patient", "1", ada("Head nurse", "Basel"), offset=2))
    until(lambda: row(world)["city"] == "Basel", what="it is in Twenty")
    kill(process)
    world.twenty.fault("500_after_commit", 0)
    with world.sink(**settings):
        send(world, 3, "Chief", "Chur")
        swept = world.twenty.stats()["operations"].get("list people", 0)
        until(lambda: world.twenty.stats()["operations"]["list people"] > swept + 2, what="the sweep has gone round")
    assert (row(world)["jobTitle"], row(world)["city"]) == ("Chief", "Chur")
    assert world.events(Outcome.CONFLICT) == []


def test_an_edit_made_while_the_sink_was_killed_is_found_by_the_next(world: World, kill: Callable[..., None]) -> None:
    settings = {"policies": policies("ask"), "edits_seconds": 0.2, "session_seconds": 6.0, "request_timeout": 1.0}
    process = world.process("first", **settings)
    send(world, 1, "Nurse")
    kill(process)
    world.twenty.person("edit", "person", ROW, jobTitle="Doctor")
    with world.sink(**settings):
        until(lambda: open_edits(identity(world)), what="it is found")
    assert told(world) == [("jobTitle", "ask")]


@pytest.mark.parametrize("trashed", ["revive", "skip", "ask"])
def test_a_row_that_a_person_trashed(world: World, trashed: Any) -> None:
    with world.sink(policies=policies(trashed=trashed), edits_seconds=0.2):
        send(world, 1, "Nurse")
        world.twenty.person("trash", "person", ROW)
        if trashed == "revive":
            until(lambda: row(world)["deletedAt"] is None, what="it is back")
            return
        until(lambda: TRASHED in unpack_edits(identity(world).edits), what="it is found")
        send(world, 2, "Chief")
        assert row(world)["deletedAt"] is not None
        assert world.outcomes(KEY)[-1] == ("", Outcome.SKIPPED)
        if trashed == "ask":
            decide(world, "source")
            until(lambda: row(world)["deletedAt"] is None, what="it is back")
            assert row(world)["jobTitle"] == "Chief"
            assert identity(world).state is IdentityState.LIVE


def test_what_lies_in_the_trash_with_its_record_is_nobodys_edit(world: World) -> None:
    """A fragment lives on in its source when the record that it is a part of was deleted there."""
    contact = Part(
        "",
        "person",
        PartMode.FRAGMENT,
        {"city": "Bonn"},
        anchor=Link("anchor", f"{KEY}\0", True, ROW),
        content_hash="x",
    )

    def listed() -> int:
        return int(world.twenty.stats()["operations"].get("list people", 0))

    with world.sink(edits_seconds=0.2):
        world.send(world.write("patient", "2", person("Bob"), offset=1))
        send(world, 1, "Nurse")
        world.send(world.write("contact", "9", contact, offset=1))
        world.settle()
        world.send(world.write("patient", "1", offset=2, kind=WriteKind.DELETE))
        world.settle()
        assert row(world)["deletedAt"] is not None
        swept = listed()
        until(lambda: listed() > swept + 4, what="the sweep has gone round")
    assert told(world) == []
    assert row(world)["deletedAt"] is not None


def test_a_webhook_is_a_hint_and_the_sweep_finds_what_it_lost(world: World) -> None:
    port = _free_port()
    world.twenty.webhook(f"http://127.0.0.1:{port}/twenty/webhook", SECRET)
    listen = {"webhook_listen": f"127.0.0.1:{port}", "webhook_secret": SECRET}
    with world.sink(policies=policies("ask"), edits_seconds=3600.0, **listen):
        send(world, 1, "Nurse")
        world.twenty.person("edit", "person", ROW, jobTitle="Doctor")
        until(lambda: open_edits(identity(world)), what="the webhook tells of it")
    world.twenty.fault("webhook_lost", 10)
    world.twenty.person("edit", "person", ROW, jobTitle="Surgeon")
    with world.sink(policies=policies("ask"), edits_seconds=0.2, **listen):
        until(lambda: told(world) == [("jobTitle", "ask"), ("jobTitle", "ask")], what="the sweep finds it")


def test_a_call_that_is_not_twentys_is_refused(world: World) -> None:
    port = _free_port()
    listen = {"webhook_listen": f"127.0.0.1:{port}", "webhook_secret": SECRET}
    with world.sink(**listen):
        url = f"http://127.0.0.1:{port}/twenty/webhook"

        def call() -> int:
            try:
                return httpx.post(url, content=b"{}", headers={"X-Twenty-Webhook-Signature": "00"}).status_code
            except httpx.TransportError:
                return 0

        assert until(call, what="it listens") == 401


def test_nothing_is_written_while_a_workflow_would_react(world: World) -> None:
    workflow = world.twenty.workflow("person.created")
    hook = world.twenty.webhook("http://127.0.0.1:9/", SECRET)
    with world.sink(synced=("person",), acknowledged=(hook,)):
        world.send(world.write("patient", "1", ada("Nurse"), offset=1))
        until(lambda: workflow in _reason(world), what="it says why it waits")
        assert world.twenty.rows("person") == [] and hook not in _reason(world)
        world.raw(
            world.topics.control,
            workflow,
            world.codec.encode(Control("acknowledge", workflow, {}, datetime.now(UTC))),
            partition=0,
        )
        world.settle()
        until(lambda: _reason(world) == "", what="the reason has passed")
    assert len(world.twenty.rows("person")) == 1


def _reason(world: World) -> str:
    told = [record for record in world.control() if record.kind == "waiting"]
    return str(told[-1].value["reason"]) if told else ""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
