"""Core Practice's CSV drops in Twenty, through the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.clinics.comparison import Comparison
from infra.clinics.values import Expected
from infra.monitor import Look
from infra.showcase import Showcase
from tests.integration.systems.customer import Reading, arrived, at_the_source, exported, settled
from tests.integration.systems.ledger import Ledger, Shows
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def started() -> Iterator[Showcase]:
    """The small clinic, when all that it had has arrived."""
    with arrived("core_practice", 60) as showcase:
        yield showcase


@dataclass(frozen=True)
class Day:
    """What was found when a day was over. flags: of (record key, field)."""

    look: Look
    expected: Expected
    comparison: Comparison
    flags: frozenset[tuple[str, str]]
    parked: frozenset[str]
    without_owner: int


def day(showcase: Showcase) -> Day:
    look, monitor = settled(showcase), showcase.monitor
    parked = frozenset(one.key for one in monitor.obligations if one.parked and not one.skipped)
    flags = frozenset(monitor.flags)
    return Day(look, showcase.expected(), showcase.compare(), flags, parked, showcase.without_owner())


@pytest.fixture(scope="module")
def days(started: Showcase) -> tuple[Day, Day]:
    """Before and after a day of work, and before any test changes what the tables cannot tell."""
    first = day(started)
    life = started.life()
    life.run(120, 0)
    at_the_source(
        started,
        "insert into doctors (doctor_id, last_name, specialization) values ('DR-901', 'Rare', 'Oral pathology')",
        """insert into appointments (appointment_id, patient_id, appointment_type, status)
           select 600099, max(patient_id), 'Sedation', 'Completed' from patients where archived_on is null""",
    )
    life.settle()
    settled(started)
    assert life.afterwards() > 1
    return first, day(started)


@pytest.fixture(scope="module")
def showcase(started: Showcase, days: tuple[Day, Day]) -> Showcase:
    return started


@pytest.mark.parametrize("which", [0, 1], ids=["before", "after"])
def test_every_dental_record_is_as_the_tables_say_before_and_after_a_day_of_work(
    days: tuple[Day, Day], which: int, ledger: Ledger
) -> None:
    found = days[which]
    assert found.comparison.mismatches == ()
    assert found.comparison.compared > 3000
    assert found.look.account.dead_letters == () == found.look.account.unaccounted
    assert found.expected.flagged <= found.flags
    assert found.expected.parked <= found.parked <= found.expected.orphans
    assert found.expected.parked and found.expected.flagged
    assert found.without_owner == 0
    ledger.compared(found.expected, found.comparison, found.flags)


def test_a_patient_who_is_archived_without_a_word_stays(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into patients (patient_id, last_name) values (600001, 'Gone quiet')")
        source.execute("insert into treatment_plans (plan_id, patient_id, status) values (600002, 600001, 'Proposed')")
    (person,) = until(partial(twenty.live, "people", "patient/600001"))
    until(partial(twenty.live, "treatmentPlans", "treatment_plan/600002"))

    def stands_in() -> list[bool]:
        people = twenty.live("people", "patient/600001")
        return [one["emails"]["primaryEmail"].endswith("@core-practice.invalid") for one in people]

    shows("Patient", "a placeholder and a flag where there is none", stands_in, [True])
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update patients set archived_on = now(), last_modified = now() where patient_id = 600001")
    settled(showcase)
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update treatment_plans set status = 'Completed' where plan_id = 600002")

    def status() -> str:
        return str(twenty.live("treatmentPlans", "treatment_plan/600002")[0]["treatmentStatus"])

    until(lambda: status() == "COMPLETED")

    def people() -> list[str]:
        return [row["id"] for row in twenty.live("people", "patient/600001")]

    shows("Patient", "one who is archived without a word stays", people, [person["id"]])


def test_only_the_primary_practice_is_the_patients_company(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into patients (patient_id, last_name, practice_id) values (600011, 'Two', 'PR-02')")
        source.execute(
            """insert into patient_practices (link_id, patient_id, practice_id, designation)
               values (600012, 600011, 'PR-01', 'Secondary'), (600013, 600011, 'PR-02', 'Primary')"""
        )
    (practice,) = twenty.live("companies", "practice/PR-02")

    def companies() -> list[str | None]:
        return [row["companyId"] for row in twenty.live("people", "patient/600011")]

    until(lambda: companies() == [practice["id"]])
    settled(showcase)
    shows("PatientPractice", "the primary practice of those who are seen at several", companies, [practice["id"]])


def test_a_file_that_lies_at_a_url_is_uploaded(showcase: Showcase, twenty: Reading, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"a scan from elsewhere")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into patients (patient_id, last_name) values (600021, 'Scanned')")
        source.execute(
            """insert into documents (document_id, patient_id, file_name, path, size_bytes)
               values (600022, 600021, 'scan.pdf', %s, 21)""",
            (f"http://127.0.0.1:{server.server_port}/scan.pdf",),
        )
    (note,) = until(partial(twenty.live, "notes", "document/600022"))
    (file,) = until(lambda: twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records)
    server.shutdown()
    server.server_close()
    assert httpx.get(file["fullPath"]).raise_for_status().content == b"a scan from elsewhere"


def test_a_scan_over_the_limit_is_a_link(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    def link_and_files() -> list[tuple[str, list[Any]]]:
        notes = twenty.live("notes", "document/10")
        files = [twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records for note in notes]
        return [(note["imagingLink"]["primaryLinkUrl"], one) for note, one in zip(notes, files, strict=True)]

    link = "https://imaging.example.com/studies/10"
    shows("Document", "large images as links", link_and_files, [(link, [])])


def test_the_recalls_are_exported_from_the_files(showcase: Showcase, tmp_path: Path, shows: Shows) -> None:
    def recalls() -> tuple[list[str], list[str]]:
        found = exported(showcase, tmp_path, "recalls")
        return [one["title"] for one in found], json.loads(found[2]["definition"])["do"]

    titles = ["Six-month recall", "Appointment reminder", "Insurance expires"]
    shows("RecallWorkflow", "definitions as reference JSON", recalls, (titles, ["e-mail “renew”"]))
