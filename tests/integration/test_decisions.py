"""A person decides about what a profile of a clinic found, as docs/decisions.md says, and Twenty shows it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from ruamel.yaml import YAML

from infra.clinics.clinic import Row
from infra.clinics.comparison import Mismatch
from infra.clinics.values import Expected
from infra.showcase import Showcase, ShowcaseOptions
from schemas.broker import read_to_end
from schemas.records import AuditEvent, Outcome
from tests.integration.systems.customer import Reading, settled
from tests.waiting import until

pytestmark = pytest.mark.stack

TABLES = {
    "patient": ("pt_master", "pt_no"),
    "activity": ("activ", "act_no"),
    "appointment": ("appt", "appt_id"),
    "billing_claim": ("claim", "claim_no"),
    "medical_note": ("med_note", "note_no"),
}
PLURALS = ("people", "tasks", "notes", "billingClaims", "labResults", "carePlans")
THRICE = ("9001", "9002", "9003")
"""Charts of one patient, of whom the source knows no better."""
BACKWARDS, APART = ("33", "34"), ("5", "6")
"""The source has merged the second into the first."""
AT_FIRST: dict[tuple[str, ...], Any] = {
    ("patient", *THRICE): {"survivor": "9002"},
    ("patient", *BACKWARDS): {"survivor": "34"},
    ("patient", *APART): "keep apart",
    ("patient", "30", "31"): {"cut": "31"},
    ("patient", "37", "38"): "keep",
    ("activity", "10"): {"attach": "1"},
    ("activity", "211"): "leave out",
    ("appointment", "270", "342", "381", "40", "520"): "leave empty",
    ("appointment", "400", "481", "540", "550"): {"attach": "2"},
    ("billing_claim", "430"): {"attach": "1"},
}
WAITING: dict[tuple[str, ...], Any] = {
    ("appointment", "521"): {"attach": "3"},
    ("medical_note", "10"): "leave out",
    ("appointment", "440"): "leave empty",
}
"""What is decided later about records that wait in hold."""
OF_NOBODY = Mismatch("task", "clinic_management/appointment/440", "", "not in the source")
"""A task of nobody's: the clinic's own tables could not say so."""
LATER: dict[tuple[str, ...], Any] = {
    ("patient", *THRICE): "keep apart",
    ("patient", *BACKWARDS): None,
    ("patient", *APART): {"survivor": "6"},
    ("patient", "30", "31"): "keep",
    ("patient", "37", "38"): {"cut": "38"},
    ("activity", "10"): {"attach": "2"},
    ("activity", "211"): {"attach": "3"},
    ("appointment", "270", "342", "381", "40", "520"): None,
    ("appointment", "400", "481", "540", "550"): "leave out",
    ("billing_claim", "430"): {"attach": "1"},
    **WAITING,
}


class Office:
    """The clinic, the commands of the docs, and the decisions file that a person fills in."""

    def __init__(self, showcase: Showcase) -> None:
        self.showcase = showcase
        self.decisions = showcase.directory / "decisions.yaml"
        self._expected = showcase.world.expected
        self.obeyed: dict[tuple[str, ...], Any] = {}
        showcase.world = replace(showcase.world, expected=self.as_decided)

    def dualrun(self, *arguments: str | Path, code: int = 0) -> str:
        command = [sys.executable, "-m", "infra.cli.main", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def decide(self, decided: dict[tuple[str, ...], Any]) -> None:
        yaml = YAML()
        tree = yaml.load(self.decisions.read_text())
        left = dict(decided)
        for entry in tree["decisions"]:
            name = (entry["object"], *entry["keys"])
            if name in left:
                entry["decision"] = left.pop(name)
        assert not left, "the profile has not found these"
        with self.decisions.open("w") as file:
            yaml.dump(tree, file)

    def as_decided(
        self,
        tables: Mapping[str, list[Row]],
        accounts: Collection[str],
        *,
        documents: Path,
        workspace_url: str,
        fallback_owner: str,
    ) -> Expected:
        """What Twenty should hold: as if the clinic itself had done in its tables what was decided."""
        tables = dict(tables)
        for (name, *keys), decision in self.obeyed.items():
            table, key = TABLES[name]
            rows = {str(row[key]): row for row in tables[table]}
            match decision:
                case {"survivor": survivor}:
                    for one in keys:
                        rows[one]["merged_to"] = None if one == survivor else int(survivor)
                case {"cut": cut}:
                    rows[cut]["guarantor_no"] = None
                case {"attach": to}:
                    for one in keys:
                        rows[one]["booked_by" if "400" in keys else "pt_no"] = int(to)
                case "keep apart":
                    for one in keys:
                        rows[one]["merged_to"] = None
                case "leave out" | "leave empty" if decision == "leave out" or keys == ["440"]:
                    tables[table] = [row for row in tables[table] if str(row[key]) not in keys]
                case "leave empty":
                    for one in keys:
                        rows[one]["prov_id"] = None
        return self._expected(
            tables, accounts, documents=documents, workspace_url=workspace_url, fallback_owner=fallback_owner
        )

    def assert_obeyed(self, decided: dict[tuple[str, ...], Any], *beside: Mismatch) -> None:
        self.obeyed = decided
        look, expected = settled(self.showcase), self.showcase.expected()
        comparison = self.showcase.compare()
        assert comparison.mismatches == beside
        assert comparison.compared > 3000
        assert look.account.dead_letters == () == look.account.unaccounted
        parked = {one.key for one in self.showcase.monitor.obligations if one.parked and not one.skipped}
        assert expected.parked <= parked <= expected.orphans

    def restart(self, name: str = "process-0") -> None:
        supervisor = self.showcase.stack.supervisor
        before = supervisor.pid(name)
        supervisor.kill(name, signal.SIGTERM)
        until(lambda: supervisor.pid(name) not in (None, before))

    def events(self) -> list[AuditEvent]:
        deployment = self.showcase.deployment
        topics = deployment.topics
        decoded = (
            deployment.codec.decode(message.value() or b"")
            for message in read_to_end(deployment.kafka, topics.audit, range(topics.partitions))
        )
        return [event for event in decoded if isinstance(event, AuditEvent)]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """Before anything has run but the systems."""
    overrides = {"hold": {"park_seconds": 3}, "source": {"sweep_seconds": 1}}
    options = ShowcaseOptions(system="clinic_management", patients=60, seed=6, requests=0, overrides=overrides)
    with Showcase(Path(tempfile.mkdtemp(prefix="dualrun-clinic-")), options, keep=False) as showcase:
        showcase.start_systems()
        with psycopg.connect(showcase.source_url) as source:
            for number in map(int, THRICE):
                source.execute(
                    """insert into pt_master (pt_no, nm_first, nm_last, dob_txt, rec_status, guarantor_no)
                       values (%s, 'Thea', 'Thrice', '01/02/1990', 'A', %s)""",
                    (number, number),
                )
                source.execute("insert into claim (claim_no, pt_no, billed) values (%s, %s, 1.5)", (number, number))
                source.execute("insert into lab_res (lab_no, pt_no, test_nm) values (%s, %s, 'TSH')", (number, number))
        yield Office(showcase)


def test_decisions_are_obeyed_changed_and_obeyed_again(office: Office) -> None:
    showcase, settings = office.showcase, office.showcase.settings_path
    profile = showcase.directory / "profile.json"
    profile.write_text(office.dualrun("profile", "--settings", settings, "--json"))
    assert "not decided yet" in office.dualrun("decisions", "draft", profile, office.decisions)
    written = json.loads(settings.read_text())
    settings.write_text(json.dumps({**written, "decisions": str(office.decisions)}))
    assert "nothing to decide (no object 'ins_pol'" in office.dualrun(
        "decisions", "status", "--settings", settings, code=1
    )
    office.decide(AT_FIRST)
    office.dualrun("decisions", "check", office.decisions, "clinic_management")
    showcase.start_components()
    office.assert_obeyed(AT_FIRST)
    with Reading(showcase) as twenty:
        _shows_what_was_decided_at_first(office, twenty)
        _shows_what_was_decided_later(office, twenty)


def _shows_what_was_decided_at_first(office: Office, twenty: Reading) -> None:
    assert _there(twenty, "people", "patient", THRICE) == ["9002"]
    assert _there(twenty, "people", "patient", BACKWARDS) == ["34"]
    assert _there(twenty, "people", "patient", APART) == [*APART]
    survivor = _row(twenty, "people", "patient/9002")["id"]
    assert {_row(twenty, "billingClaims", f"billing_claim/{one}")["patientId"] for one in THRICE} == {survivor}
    assert {_row(twenty, "labResults", f"lab_result/{one}")["patientId"] for one in THRICE} == {survivor}
    one, other, cut, whole, back = (
        _row(twenty, "people", f"patient/{number}") for number in ("30", "37", "31", "38", "34")
    )
    assert one["guarantorId"] == cut["id"]
    assert cut["guarantorId"] is None
    assert (other["guarantorId"], whole["guarantorId"]) == (whole["id"], other["id"])
    assert back["guarantorId"] is None
    assert twenty.live("notes", "activity/211#note") == []
    flags = office.showcase.monitor.flags
    for key, column, reason in (
        ("patient/31", "guarantor_no", "cut by decision"),
        ("activity/10", "pt_no", "attached by decision"),
        ("appointment/270", "prov_id", "left empty by decision"),
        ("appointment/400", "booked_by", "attached by decision"),
    ):
        assert flags[f"clinic_management/{key}", column].reason == reason
    said = {(event.outcome, event.key.partition("/")[2], event.reason) for event in office.events()}
    for loser, survivor_key in (("9001", "9002"), ("9003", "9002"), ("33", "34")):
        reason = f"clinic_management/patient/{loser} was merged into clinic_management/patient/{survivor_key}"
        assert (Outcome.MERGED, f"patient/{loser}", reason) in said
    assert not [one for one in said if one[0] is Outcome.MERGED and one[1] in ("patient/6", "patient/34")]
    assert (Outcome.SKIPPED, "activity/211", "left out by decision") in said


def _shows_what_was_decided_later(office: Office, twenty: Reading) -> None:
    before = _rows(twenty)
    office.decide(LATER)
    assert "nothing to decide" in office.dualrun(
        "decisions", "status", "--settings", office.showcase.settings_path, code=1
    )
    office.restart()
    until(lambda: twenty.live("tasks", "appointment/521"))
    until(lambda: "clinic_management/medical_note/10" not in _waiting(office.showcase))
    office.assert_obeyed({**AT_FIRST, **WAITING}, OF_NOBODY)
    between = _rows(twenty)
    assert _changed(before, between) == {"appointment/521", "appointment/440"}
    task = _row(twenty, "tasks", "appointment/440")
    assert twenty.list_page("taskTargets", filter=f'taskId[eq]:"{task["id"]}"').records == []
    office.dualrun("resnapshot", "patient", "activity", "appointment", "--settings", office.showcase.settings_path)
    office.assert_obeyed(LATER, OF_NOBODY)
    assert _there(twenty, "people", "patient", THRICE) == [*THRICE]
    for number in THRICE:
        (person,) = twenty.live("people", f"patient/{number}")
        assert _row(twenty, "billingClaims", f"billing_claim/{number}")["patientId"] == person["id"]
    assert _there(twenty, "people", "patient", BACKWARDS) == ["33"]
    assert _there(twenty, "people", "patient", APART) == ["6"]
    assert _changed(between, _rows(twenty)) <= _spoken_of(office.showcase)


def _waiting(showcase: Showcase) -> set[str]:
    showcase.monitor.look()
    return {one.key for one in showcase.monitor.obligations}


def _row(twenty: Reading, plural: str, key: str) -> dict[str, Any]:
    (row,) = twenty.live(plural, key)
    return row


def _there(twenty: Reading, plural: str, name: str, keys: Iterable[str]) -> list[str]:
    return [key for key in keys if twenty.live(plural, f"{name}/{key}")]


def _rows(twenty: Reading) -> dict[str, dict[str, Any]]:
    """What each row holds, by its record's key; not when it was written."""
    found: dict[str, dict[str, Any]] = {}
    for plural in PLURALS:
        page = None
        while page is None or page.has_next:
            page = twenty.list_page(plural, after=page.end_cursor if page else None)
            for row in page.records:
                key = row["sourceSystemId"].partition("/")[2]
                found[key] = {name: value for name, value in row.items() if name != "updatedAt"}
    return found


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {key.partition("#")[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _spoken_of(showcase: Showcase) -> set[str]:
    """Records that decisions name, and those that refer to a patient whom they merge."""
    named = {f"{name}/{key}" for name, *keys in LATER for key in keys}
    merged = [int(key) for name, *keys in LATER for key in keys if name == "patient"]
    children = {**TABLES, "lab_result": ("lab_res", "lab_no"), "treatment_plan": ("tx_plan", "plan_no")}
    with psycopg.connect(showcase.source_url) as source:
        for name, (table, key) in children.items():
            column = "guarantor_no" if name == "patient" else "pt_no"
            query = sql.SQL("select {} from {} where {} = any(%s)").format(*map(sql.Identifier, (key, table, column)))
            named |= {f"{name}/{row[0]}" for row in source.execute(query, [merged])}
    return named
