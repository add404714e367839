"""A sum over files and over lists of an API, through settings, poller and Kafka: exact after a crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from infra.sources.rest_api import ClinicApi, MemoryTables
from infra.wiring import Deployment
from producers.metrics import ProducerMetrics
from producers.service import PollerSettings, capture
from schemas.broker import read_to_end
from schemas.control import prepare_topics
from schemas.records import Operation, RecordChange, Value
from tests.integration.api_server import serving
from tests.tiny import HEAD, PERSON, settings_file
from tests.unit.producers.worlds import Unhindered
from tests.waiting import until

MAPPING = (
    HEAD
    + PERSON
    + """\
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts: [{target: person, fields: {name: {of: {lastName: name}}}}]
  invoice:
    source: {relation: invoices, key: [id]}
    parts: [{target: person, fields: {jobTitle: open}}]
  balance:
    source:
      view: >-
        select p.id, coalesce(sum(try_cast(i.open as decimal(18, 2))), 0) as owed
        from patients p left join invoices i on i.patient = p.id group by p.id
      key: [id]
    parts: [{target: person, anchor: {to: patient, by: id, required: true}, fields: {jobTitle: owed}}]
"""
)


@dataclass
class Office:
    settings: Path
    stop: threading.Event = field(default_factory=threading.Event)
    poller: threading.Thread | None = None

    def begin(self) -> None:
        """The poller in a process of its own, as far as memory goes."""
        deployment = Deployment.load(self.settings)
        source, objects, beside = deployment.sources()
        settings = PollerSettings(
            kafka=deployment.kafka,
            topics=deployment.topics,
            codec=deployment.codec,
            objects=objects,
            work=deployment.settings.data_dir,
            poll_interval=0.05,
            sweep_interval=0.3,
            heartbeat_interval=0.3,
            missing_ratio=1.0,
        )
        self.stop = threading.Event()
        self.poller = threading.Thread(
            target=capture,
            args=(settings, source, self.stop, ProducerMetrics(CollectorRegistry()), Unhindered),
            kwargs={"beside": beside},
        )
        self.poller.start()

    def end(self) -> None:
        self.stop.set()
        if self.poller is not None:
            self.poller.join(30)
            assert not self.poller.is_alive()

    def owed(self) -> dict[str, Value]:
        deployment = Deployment.load(self.settings)
        topics, found = deployment.topics, dict[str, Value]()
        for message in read_to_end(deployment.kafka, topics.cdc("balance"), range(topics.partitions)):
            change = deployment.codec.decode(message.value() or b"")
            assert isinstance(change, RecordChange)
            if change.operation is Operation.DELETE:
                del found[change.record_id]
            else:
                found[change.record_id] = change.record["owed"]
        return found


Open = Callable[[dict[str, Any]], Office]


@pytest.fixture
def office_of(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> Iterator[Open]:
    """Makes an office of the settings of its source."""
    opened: list[Office] = []

    def open_office(source: dict[str, Any]) -> Office:
        (tmp_path / "tiny.yaml").write_text(MAPPING)
        settings = settings_file(
            tmp_path,
            tmp_path / "tiny.yaml",
            prefix=topic_prefix.rstrip("."),
            kafka={"bootstrap_servers": kafka_bootstrap},
            source=source,
        )
        deployment = Deployment.load(settings)
        prepare_topics(deployment.kafka, deployment.topics, deployment.codec, datetime.now(UTC))
        opened.append(Office(settings))
        return opened[-1]

    yield open_office
    for office in opened:
        office.end()


def test_a_sum_over_lists_of_an_api_follows_them(office_of: Open) -> None:
    """Numbers of JSON, pages by offset and by cursor, and a list that has no change times."""
    tables = MemoryTables()
    tables.tables = {"patients": {}, "invoices": {}}

    def put(table: str, key: str, **columns: object) -> None:
        tables.tables[table][key] = {"id": key, "updated_at": datetime.now(UTC).isoformat(), **columns}

    for patient in ("1", "2"):
        put("patients", patient, name="Ada")
    for number in range(30):
        put("invoices", f"i{number:02}", patient="12"[number % 2], open=[1.25, "3", None][number % 3])
    with serving(ClinicApi(tables)) as url:
        patients = {
            "path": "/v1/patients",
            "rows": "data",
            "record": "/v1/patients/{id}",
            "modified_since": "updated_since",
            "paging": {"kind": "cursor", "parameter": "cursor", "next": "next_cursor"},
        }
        invoices = {
            "path": "/v1/invoices",
            "rows": "data",
            "record": "/v1/invoices/{id}",
            "parallel": 3,
            "paging": {"kind": "offset", "parameter": "offset", "size": 7},
        }
        objects = {"patient": patients, "invoice": invoices}
        office = office_of({"kind": "rest", "url": url, "overlap_seconds": 1, "objects": objects})
        office.begin()
        each = Decimal("21.25")
        until(lambda: office.owed() == {"1": each, "2": each})
        put("invoices", "i00", patient="2", open=100)
        del tables.tables["invoices"]["i02"]
        until(lambda: office.owed() == {"1": each - Decimal("1.25"), "2": each + 100})
        office.end()
        put("patients", "3", name="Cleo")
        put("invoices", "i01", patient="3", open=3)
        office.begin()
        until(lambda: office.owed() == {"1": each - Decimal("1.25"), "2": each + 97, "3": Decimal("3.00")})


def test_a_sum_over_files_is_exact_after_a_restart(office_of: Open, tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()

    def drop(table: str, *lines: str) -> None:
        arriving = drops / f"{table}.part"
        arriving.write_text("\n".join([*lines, ""]))
        arriving.replace(drops / f"{table}.csv")

    drop("patients", "id,name", "1,Ada", "2,Bob")
    drop("invoices", "id,patient,open", "a,1,10.50", "b,1,see file", "c,2,3")
    office = office_of({"kind": "csv", "directory": str(drops), "settle_seconds": 0.2})
    office.begin()
    until(lambda: office.owed() == {"1": Decimal("10.50"), "2": Decimal("3.00")})
    drop("invoices", "id,patient,open", "a,2,10.50", "b,1,4.25", "c,2,3")
    until(lambda: office.owed() == {"1": Decimal("4.25"), "2": Decimal("13.50")})
    office.end()
    drop("invoices", "id,patient,open", "a,2,10.50", "d,1,1")
    office.begin()
    until(lambda: office.owed() == {"1": Decimal("1.00"), "2": Decimal("10.50")})
    drop("patients", "id,name", "2,Bob")
    until(lambda: office.owed() == {"2": Decimal("10.50")})
