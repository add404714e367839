"""Files beside a database: one poller reads both, and a manifest's rows follow their files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from infra.observer import Observer
from infra.sources.build import build
from infra.sources.settings import CsvObject, CsvSection, ManifestColumns
from producers.metrics import ProducerMetrics
from producers.postgres import PostgresSource
from producers.service import PollerSettings, capture
from schemas.broker import KafkaSettings, headers_of, read_to_end
from schemas.codec import Codec
from schemas.control import prepare_topics, send_control
from schemas.records import Checkpoint, Control, RecordChange
from schemas.source import SourceObject
from schemas.topics import Topics
from tests.unit.producers.worlds import Unhindered
from tests.waiting import until

CODEC = Codec()
NOTE = SourceObject("note", ("id",), "notes", changed_at="updated_at")
SCAN = SourceObject("scan", ("id",), "scans", parents=("note",))


@dataclass
class Desk:
    kafka: KafkaSettings
    topics: Topics
    database: psycopg.Connection[tuple[object, ...]]
    drops: Path
    documents: Path
    url: str
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _poller: threading.Thread | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def ids(self, what: SourceObject) -> list[str]:
        found = []
        for message in read_to_end(self.kafka, self.topics.cdc(what.name), range(self.topics.partitions)):
            record = CODEC.decode(message.value() or b"")
            assert isinstance(record, RecordChange)
            found.append(record.record_id)
        return sorted(found)

    def health(self, what: SourceObject) -> str:
        found = ""
        for message in read_to_end(self.kafka, self.topics.checkpoints, [0]):
            record = CODEC.decode(message.value() or b"")
            if isinstance(record, Checkpoint) and record.object == what.name:
                found = str(record.position["health"])
        return found

    def signal(self, kind: str) -> None:
        send_control(self.kafka, self.topics, CODEC, [Control(kind, "*", {}, datetime.now(UTC))])

    def letters(self) -> list[tuple[bytes, dict[str, str]]]:
        found = read_to_end(self.kafka, self.topics.dead_letters, range(self.topics.partitions))
        return [(bytes(message.value() or b""), headers_of(message)) for message in found]

    def start(self) -> None:
        """A poller, in a thread of its own; one that runs already hands over to it."""
        self.stop()
        section = CsvSection(
            directory=self.drops,
            settle_seconds=0.3,
            objects={"scan": CsvObject(full="scans.csv", manifest=ManifestColumns(path="path", sha256="sha256"))},
        )
        beside, (scan,) = build(section, [SCAN], work=self.drops.parent / "work", documents=self.documents)
        settings = PollerSettings(
            kafka=self.kafka,
            topics=self.topics,
            codec=CODEC,
            objects=(NOTE, scan),
            work=self.drops.parent / "known",
            poll_interval=0.05,
            sweep_interval=0.5,
            heartbeat_interval=0.3,
            margin=0.2,
        )
        self._stop, self.registry = threading.Event(), CollectorRegistry()
        self._poller = threading.Thread(
            target=capture,
            args=(settings, PostgresSource(self.url), self._stop, ProducerMetrics(self.registry), Unhindered),
            kwargs={"beside": {"scan": beside}},
        )
        self._poller.start()

    def stop(self) -> None:
        if self._poller is not None:
            self._stop.set()
            self._poller.join(30)
            assert not self._poller.is_alive()


@pytest.fixture
def desk(kafka_bootstrap: str, topic_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[Desk]:
    kafka = KafkaSettings(kafka_bootstrap)
    topics = Topics(topic_prefix, "clinic", (NOTE.name, SCAN.name))
    prepare_topics(kafka, topics, CODEC, datetime.now(UTC))
    drops, documents = tmp_path / "drops", tmp_path / "documents"
    drops.mkdir()
    documents.mkdir()
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute("CREATE TABLE notes (id text PRIMARY KEY, updated_at timestamptz DEFAULT now())")
        desk = Desk(kafka, topics, database, drops, documents, postgres_url)
        desk.start()
        try:
            yield desk
        finally:
            desk.stop()


def test_the_note_goes_out_first_and_its_file_when_it_has_come(desk: Desk) -> None:
    content = b"a scan"
    digest = hashlib.sha256(content).hexdigest()
    (desk.drops / "scans.csv").write_text(f"id,note,path,sha256\ns1,n1,a/1.pdf,{digest}\ns2,n1,2.pdf,{digest}\n")
    (desk.documents / "2.pdf").write_bytes(content)  # this one came before its manifest
    desk.database.execute("INSERT INTO notes VALUES ('n1')")
    until(lambda: desk.ids(NOTE) == ["n1"] and desk.ids(SCAN) == ["s2"])
    until(lambda: "1 files that the manifest names are not there yet" in desk.health(SCAN))
    (desk.documents / "a").mkdir()
    (desk.documents / "a" / "1.pdf").write_bytes(content)
    until(lambda: desk.ids(SCAN) == ["s1", "s2"])
    until(lambda: desk.health(SCAN) == "")


def test_a_row_that_is_none_is_a_dead_letter_once_whoever_reads_its_file(desk: Desk) -> None:
    digest = hashlib.sha256(b"a scan").hexdigest()
    (desk.documents / "1.pdf").write_bytes(b"a scan")
    bad = f"s2,Zoë,1.pdf,{digest},too much".encode("cp1252")
    lines = [b"id,note,path,sha256", bad, f"s1,n1,1.pdf,{digest}".encode(), b",n2,x,", b""]
    (desk.drops / "scans.csv").write_bytes(b"\r\n".join(lines))
    until(lambda: desk.ids(SCAN) == ["s1"] and len(desk.letters()) == 2)
    found = sorted(desk.letters(), key=lambda letter: letter[1]["where"])
    assert [raw for raw, _ in found] == [bad, b",n2,x,"]
    assert [(headers["where"], headers["reason"], headers["by"]) for _, headers in found] == [
        ("scans.csv:2", "too many fields", "poller"),
        ("scans.csv:4", "without id", "poller"),
    ]
    assert "Zoë" in bad.decode(found[0][1]["encoding"])
    assert "Zo" not in str([headers for _, headers in found])
    observer = Observer(desk.kafka, desk.topics, CODEC)
    observer.catch_up()
    observer.close()
    assert sorted((one.object, one.reason) for one in observer.dead_letters) == [
        ("scan", "too many fields"),
        ("scan", "without id"),
    ]
    desk.start()
    (desk.drops / "scans.csv").write_bytes(b"\r\n".join([*lines[:4], b"s3,n1,1.pdf", b""]))
    until(lambda: len(desk.letters()) == 3)
    until(lambda: "3 rows could not be read" in desk.health(SCAN))
    assert len(desk.letters()) == 3, "a new process has letters of the new rows alone"


def test_signals_reach_the_objects_of_both(desk: Desk) -> None:
    until(lambda: "no complete file scans.csv yet" in desk.health(SCAN))
    desk.signal("pause")
    until(lambda: desk.health(SCAN) == desk.health(NOTE) == "paused by an operator")
    desk.database.execute("INSERT INTO notes VALUES ('n1')")
    desk.signal("resume")
    until(lambda: desk.ids(NOTE) == ["n1"])
    offset = desk.registry.get_sample_value("dualrun_source_clock_offset_seconds", {"source": "clinic"})
    assert offset is not None
    assert abs(offset) < 60
