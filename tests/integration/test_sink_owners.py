"""Owners on a real broker and the stand-in: the fallback, people who come later, files that wait for records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.records import Attachment, IdentityState, Link, Match, Outcome, Part, PartMode, Write, WriteKind
from sinks.twenty.client import TwentyClient
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World
from tests.waiting import until

__all__ = ["twenty", "world"]


def test_records_of_somebody_without_an_account_are_written_when_the_invitation_is_accepted(world: World) -> None:
    """Also by another process than the one that found nobody, and out of either lane."""
    late = "late@clinic.test"

    def staff(record_id: str, email: str) -> Write:
        part = Part(
            "", "workspaceMember", PartMode.MATCH, {"locale": record_id}, matches=(Match("userEmail", email),),
            content_hash=record_id,
        )  # fmt: skip
        return world.write("staff", record_id, part, offset=1)

    with world.sink():
        world.send(staff("11", f"11.{late}"))
        world.send(staff("12", f"12.{late}"), bulk=True)
        world.settle()
    waiting = world.identities()
    assert {waiting[f"clinic/staff/{n}", ""].state for n in (11, 12)} == {IdentityState.DELETED}
    members = {n: world.twenty.member(f"{n}.{late}") for n in ("11", "12")}
    with world.sink(members_seconds=0.2):
        until(
            lambda: (
                {m["id"]: m["locale"] for m in world.twenty.rows("workspaceMember")}.items()
                >= {row: n for n, row in members.items()}.items()
            ),
            what="both members are written",
        )
    for n, row in members.items():
        assert world.outcomes(f"clinic/staff/{n}") == [
            ("", Outcome.SKIPPED), ("", Outcome.FLAGGED), ("", Outcome.UPDATED),
        ]  # fmt: skip
        assert world.identities()[f"clinic/staff/{n}", ""].twenty_id == row


def test_a_record_without_an_owner_gets_the_fallback_and_then_its_own(world: World) -> None:
    lead, doctor = world.twenty.member("lead@clinic.test"), world.twenty.member("owner@clinic.test")

    def task(offset: int, kind: WriteKind = WriteKind.WRITE, assignee: str | None = None) -> Write:
        link = Link("assignee", "clinic/staff/9\0", required=False, twenty_id=assignee)
        part = Part("", "task", fields={"title": "call back"}, links=(link,), content_hash="t")
        return world.write("appointment", "77", part, offset=offset, kind=kind)

    with world.sink(owners={"task": "assignee"}, fallback_owner="Lead@clinic.test"):
        world.send(task(1))
        world.settle()
        (row,) = world.twenty.rows("task")
        assert row["assigneeId"] == lead
        world.send(task(1, WriteKind.PATCH, doctor))
        world.settle()
        assert [row["assigneeId"] for row in world.twenty.rows("task")] == [doctor]
        world.send(task(2))
        world.settle()
        assert [row["assigneeId"] for row in world.twenty.rows("task")] == [lead]


def test_a_file_is_uploaded_once_though_the_process_dies_before_its_record(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scan.txt").write_bytes(b"lab result")
    part = Part(
        "", "attachment", fields={"name": "scan.txt"}, content_hash="a",
        attachment=Attachment("file:scan.txt", "scan.txt", content_type="text/plain"),
    )  # fmt: skip
    document = world.write("document", "88", part, offset=1)
    died: list[str] = []

    def die(client: TwentyClient, plural: str, *_: Any, **__: Any) -> None:
        died.append(plural)
        raise RuntimeError("the process dies")

    with monkeypatch.context() as patch:
        patch.setattr(TwentyClient, "create_batch", die)
        with pytest.raises(RuntimeError, match="the process dies"), world.sink(documents_root=tmp_path):
            world.send(document)
            until(lambda: died, what="the process dies")
    assert world.twenty.uploads() == 1 and world.twenty.rows("attachment") == []
    with world.sink(documents_root=tmp_path):
        world.settle()
    (row,) = world.twenty.rows("attachment")
    assert world.twenty.uploads() == 1 and row["fullPath"]
    assert world.outcomes(document.key) == [("", Outcome.CREATED)]
    assert world.identities()[document.key, ""].uploaded == ""
