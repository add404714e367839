"""The made-up clinic in Twenty: mapping, stand-in, expectation and comparison agree, and the comparison sees damage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest

from infra.clinics.clinic_place import ClinicPlace, ClinicPlaceLife, expected
from infra.clinics.comparison import PAGE, Comparison, ComparisonError, Mismatch, compare
from infra.clinics.expectation import read_tables
from infra.clinics.values import Expected
from schemas.mapping import load_mapping, requirements
from sinks.twenty.client import Page, TwentyClient
from sinks.twenty.schema.provisioner import apply
from tests.integration.straight_load import Loaded, StraightLoad

KEY = "clinic-key"


@pytest.fixture
def twenty(tmp_path: Path) -> Iterator[str]:
    """An empty stand-in's URL."""
    command = [sys.executable, "-m", "infra.standin", "--data-dir", str(tmp_path / "twenty"), "--api-key", KEY]
    with Popen([*command, "--limit", "0"], stdout=PIPE) as process:
        try:
            assert process.stdout is not None
            yield orjson.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


@dataclass
class World:
    """A clinic that has lived a while, loaded into Twenty."""

    url: str
    expected: Expected
    loaded: Loaded
    client: TwentyClient
    http: httpx.Client
    seen: set[Mismatch] = field(default_factory=set)

    def compare(self) -> Comparison:
        return compare(self.url, KEY, self.expected)

    def new_mismatches(self) -> set[Mismatch]:
        """What this comparison finds and the last one did not."""
        found = set(self.compare().mismatches)
        new, self.seen = found - self.seen, found
        return new

    def rows(self, plural: str) -> dict[str, dict[str, Any]]:
        """Live rows by source key."""
        page: Page | None = None
        rows: dict[str, dict[str, Any]] = {}
        while page is None or page.has_next:
            page = self.client.list_page(plural, after=page.end_cursor if page else None)
            rows |= {row["sourceSystemId"]: row for row in page.records}
        return rows


@pytest.fixture
def world(twenty: str, postgres_url: str, tmp_path: Path) -> Iterator[World]:
    clinic = ClinicPlace(8, 300, tmp_path / "documents")
    http = httpx.Client(base_url=twenty, headers={"Authorization": f"Bearer {KEY}"})
    with psycopg.connect(postgres_url) as connection, TwentyClient(twenty, KEY) as client, http:
        clinic.create(connection)
        connection.commit()
        life = ClinicPlaceLife(clinic, postgres_url)
        life.run(300, 0)
        life.settle()
        for account in clinic.accounts:
            name = {"firstName": account.first_name, "lastName": account.last_name}
            http.post("/standin/members", json={"userEmail": account.email, "name": name}).raise_for_status()
        apply(client, requirements(load_mapping("clinic_place")))
        lead = clinic.accounts[0].email
        loaded = StraightLoad(client, clinic.documents, twenty, lead).run(connection)
        connection.rollback()
        accounts = [account.email for account in clinic.accounts]
        wanted = expected(
            read_tables(connection, clinic.keys),
            accounts,
            documents=clinic.documents,
            workspace_url=twenty,
            fallback_owner=lead,
        )
        yield World(twenty, wanted, loaded, client, http)


def test_source_mapping_and_expectation_agree(world: World) -> None:
    comparison = world.compare()
    assert comparison.mismatches == ()
    assert comparison.compared > 20_000
    assert world.expected.flagged <= world.loaded.flagged
    assert world.expected.orphans == world.loaded.held
    assert world.expected.parked
    assert world.expected.skipped == world.loaded.skipped != set()
    assert len(world.expected.oversize) == 1


def test_the_comparison_waits_out_a_rate_limit_and_asks_for_every_token(world: World) -> None:
    world.http.post("/standin/limit", json={"limit": 8, "window_ms": 400}).raise_for_status()
    refused = world.http.get("/standin/stats").json()["refused"]
    asked = 0

    def take() -> None:
        nonlocal asked
        asked += 1

    comparison = compare(world.url, KEY, world.expected, take)
    assert comparison.mismatches == ()
    refused = world.http.get("/standin/stats").json()["refused"] - refused
    assert refused > 0, "the limit was never met"
    pages = sum(-(-len(rows) // PAGE) or 1 for rows in world.expected.rows.values())
    assert asked - refused >= pages


def test_a_wrong_key_is_said_at_once(world: World) -> None:
    with pytest.raises(ComparisonError, match="reading person from Twenty: HTTP 401"):
        compare(world.url, "wrong", world.expected)


def test_damage_of_every_kind_is_seen_and_no_value_is_told(world: World) -> None:
    client = world.client
    assert world.new_mismatches() == set()

    people, notes, tasks = world.rows("people"), world.rows("notes"), world.rows("tasks")
    patient = next(
        key for key, row in people.items() if row["homeAddress"]["addressCity"] and row["phones"]["primaryPhoneNumber"]
    )
    client.update(
        "people",
        people[patient]["id"],
        {"homeAddress": {"addressCity": "Secretville"}, "phones": {"primaryPhoneNumber": ""}},
    )
    assert world.new_mismatches() == {
        Mismatch("person", patient, "homeAddress", "differs"),
        Mismatch("person", patient, "phones", "differs"),
    }

    referred = next(key for key, row in people.items() if row["referringPhysicianId"])
    client.update("people", people[referred]["id"], {"referringPhysicianId": None})
    assert world.new_mismatches() == {Mismatch("person", referred, "referringPhysician", "empty")}
    client.update("people", people[referred]["id"], {"referringPhysicianId": people[patient]["id"]})
    assert world.new_mismatches() == {Mismatch("person", referred, "referringPhysician", "refers to another row")}
    client.update("people", people[referred]["id"], {"referringPhysicianId": str(uuid4())})
    assert world.new_mismatches() == {
        Mismatch("person", referred, "referringPhysician", "refers to a row that does not exist")
    }

    payment_key, payment = next(iter(world.rows("payments").items()))
    one_more = {"amountMicros": int(payment["balanceDue"]["amountMicros"]) + 1}
    client.update("payments", payment["id"], {"balanceDue": one_more, "paymentDate": "1999-01-01"})
    assert world.new_mismatches() == {
        Mismatch("payment", payment_key, "balanceDue", "differs"),
        Mismatch("payment", payment_key, "paymentDate", "differs"),
    }

    task_key, task = next((key, row) for key, row in tasks.items() if "/appointment/" in key and row["dueAt"])
    client.update("tasks", task["id"], {"dueAt": "2024-01-01T00:00:00.001Z"})
    assert world.new_mismatches() == {Mismatch("task", task_key, "dueAt", "differs")}

    scans = [(key, row) for key, row in notes.items() if row["hasAttachment"]]
    (_, lost), (moved_key, moved) = scans[:2]
    client.update("notes", moved["id"], {"attachmentUrl": lost["attachmentUrl"]})
    assert world.new_mismatches() == {Mismatch("note", moved_key, "attachmentUrl", "differs")}
    client.delete_many("notes", [lost["id"]])
    gone = {(mismatch.object, mismatch.reason) for mismatch in world.new_mismatches()}
    assert {("note", "missing"), ("noteTarget", "missing"), ("noteTarget", "not in the source")} <= gone

    attachment = next(
        row for row in client.list_page("attachments").records if row["noteId"] not in (lost["id"], moved["id"])
    )
    path = client.upload("other.pdf", BytesIO(b"other bytes"), 11, "application/pdf")
    client.update("attachments", attachment["id"], {"fullPath": path})
    assert {(mismatch.field, mismatch.reason) for mismatch in world.new_mismatches()} == {
        ("fullPath", "the file's bytes differ")
    }

    doubled = {name: task[name] for name in ("title", "status", "sourceSystemId")}
    ghost = {"title": "ghost", "sourceSystemId": "clinic_place/appointment/none"}
    client.create_batch("tasks", [{"id": str(uuid4()), **doubled}, {"id": str(uuid4()), **ghost}], upsert=False)
    held = min(key for key in world.expected.parked if "/clinical_note/" in key)
    client.create_batch("notes", [{"id": str(uuid4()), "title": "early", "sourceSystemId": held}], upsert=False)
    found = world.new_mismatches()
    assert Mismatch("task", task_key, "", "there 2 times") in found
    assert Mismatch("task", "clinic_place/appointment/none", "", "not in the source") in found
    assert Mismatch("note", held, "", "not in the source") in found

    unnamed = str(uuid4())
    client.create_batch("payments", [{"id": unnamed, "name": "unnamed"}], upsert=False)
    client.create_batch("tasks", [{"id": str(uuid4()), "title": "a task of Twenty's own"}], upsert=False)
    assert world.new_mismatches() == {Mismatch("payment", f"id {unnamed}", "", "without a source key")}

    sharing = next(
        row for row in people.values() if row["emails"]["additionalEmails"] and not row["emails"]["primaryEmail"]
    )
    address = sharing["emails"]["additionalEmails"][0]
    holder = next(row for row in people.values() if row["emails"]["primaryEmail"] == address)
    beside = {"primaryEmail": "", "additionalEmails": [address]}
    client.update("people", holder["id"], {"emails": beside})
    assert {(mismatch.field, mismatch.reason) for mismatch in world.new_mismatches()} == {
        ("emails", "nobody holds the shared address as primary")
    }

    told = repr(world.seen)
    secrets = {"Secretville", address, holder["name"]["lastName"], "other.pdf", "ghost"}
    assert [secret for secret in secrets if secret in told] == []
