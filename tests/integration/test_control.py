"""``dualrun poll`` on dropped CSV files, and the commands that see it and tell it what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.settings import SettingsError
from infra.wiring import Deployment
from schemas.broker import BrokerError, read_to_end
from schemas.control import prepare_topics
from schemas.records import Operation, RecordChange
from tests.tiny import HEAD, settings_file
from tests.waiting import until

FILES = {
    "patients.csv": "Id,FIRST,STATE\np1,Ada,NY\np2,Bob,NJ\np3,Cleo,NY\n",
    "claims.csv": "Id,PATIENTID\nc1,p1\n",
}

MAPPING = (
    HEAD
    + """\
twenty:
  person: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}}}
  task: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}}}
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts: [{target: person, fields: {name: {of: {firstName: first}}}}]
  claim:
    source: {relation: claims, key: [id]}
    parts: [{target: task, fields: {title: patientid}}]
"""
)


@dataclass
class Desk:
    settings: Path
    drops: Path
    deployment: Deployment

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--settings", str(self.settings)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        return result.stdout

    def sources(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = json.loads(self.run("sources", "--json"))
        return found

    def snapshots_done(self) -> bool:
        found = self.sources()
        return len(found) == len(FILES) and all(one["snapshot"] == "done" for one in found.values())

    def drop(self, name: str, text: str) -> None:
        draft = self.drops / f".{name}"
        draft.write_text(text)
        draft.replace(self.drops / name)

    def events(self, name: str) -> list[tuple[str, Operation]]:
        topics = self.deployment.topics
        found = []
        for message in read_to_end(self.deployment.kafka, topics.cdc(name), range(topics.partitions)):
            record = self.deployment.codec.decode(message.value() or b"")
            assert isinstance(record, RecordChange)
            found.append((record.record_id, record.operation))
        return sorted(found)


@pytest.fixture
def desk(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> Desk:
    drops = tmp_path / "drops"
    drops.mkdir()
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING)
    source = {"kind": "csv", "directory": str(drops), "settle_seconds": 0.5, "sweep_seconds": 1}
    kafka = {"bootstrap_servers": kafka_bootstrap}
    settings = settings_file(tmp_path, mapping, prefix=topic_prefix, kafka=kafka, source=source)
    deployment = Deployment.load(settings)
    prepare_topics(deployment.kafka, deployment.topics, deployment.codec, datetime.now(UTC))
    return Desk(settings, drops, deployment)


@pytest.fixture
def polled(desk: Desk, tmp_path: Path) -> Iterator[Desk]:
    for name, text in FILES.items():
        desk.drop(name, text)
    command = [sys.executable, "-m", "infra.cli.main", "poll", "--settings", str(desk.settings)]
    with (tmp_path / "poll.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=log, stdout=log)
    try:
        until(desk.snapshots_done)
        yield desk
    finally:
        process.terminate()
        assert process.wait(30) == 0, (tmp_path / "poll.log").read_text()


def test_files_arrive_and_an_operator_pauses_resumes_and_reads_again(polled: Desk) -> None:
    assert polled.events("patient") == [(key, Operation.SNAPSHOT) for key in ("p1", "p2", "p3")]
    assert "followed: patient" in polled.run("pause", "patient")
    assert polled.sources()["patient"]["health"] == "paused by an operator"
    assert polled.code == 1, "something waits for a person"
    polled.drop("patients.csv", FILES["patients.csv"].replace("Bob", "Bert"))
    polled.drop("claims.csv", FILES["claims.csv"] + "c2,p2\n")
    until(lambda: ("c2", Operation.UPSERT) in polled.events("claim"))
    assert len(polled.events("patient")) == 3
    polled.run("resume", "patient")
    until(lambda: ("p2", Operation.UPSERT) in polled.events("patient"))
    polled.run("resnapshot", "patient", "--from", "p2", "--where", "state = NY")
    until(lambda: polled.events("patient").count(("p3", Operation.SNAPSHOT)) == 2)
    polled.run("pause", "--snapshot")
    polled.run("resnapshot", "*")
    polled.run("resume", "--snapshot")
    until(lambda: len(polled.events("patient")) == 8)
    until(lambda: polled.snapshots_done() and polled.code == 0)


def test_without_a_poller_it_is_said(desk: Desk) -> None:
    with pytest.raises(BrokerError, match="no poller has followed it within 1 s: is `dualrun poll` running"):
        desk.run("approve", "--wait", "1")
    assert "sent" in desk.run("approve", "--wait", "0")
    assert desk.sources() == {}
    assert "not polled yet" in desk.run("sources")


def test_mistakes_are_named_before_anything_is_sent(desk: Desk) -> None:
    with pytest.raises(SettingsError, match="no object patients: there are claim, patient"):
        desk.run("pause", "patients")
    with pytest.raises(SettingsError, match="--where: expected a condition such as"):
        desk.run("resnapshot", "patient", "--where", "state")
