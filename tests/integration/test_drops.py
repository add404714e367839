"""Files beside a database: one poller reads both, and a manifest's rows follow their files."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from infra.sources.build import build
from infra.sources.settings import CsvObject, CsvSection, ManifestColumns
from producers.limits import Backlog
from producers.metrics import ProducerMetrics
from producers.postgres import PostgresSource
from producers.service import PollerSettings, capture
from schemas.broker import KafkaSettings, read_to_end
from schemas.codec import Codec
from schemas.control import prepare_topics, send_control
from schemas.records import Checkpoint, Control, RecordChange
from schemas.source import SourceObject
from schemas.topics import Topics

CODEC = Codec()
NOTE = SourceObject("note", ("id",), "notes", changed_at="updated_at")
SCAN = SourceObject("scan", ("id",), "scans", parents=("note",))


class Unhindered:
    def backlog(self) -> Backlog:
        return Backlog(0, 0)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


@dataclass
class Desk:
    kafka: KafkaSettings
    topics: Topics
    database: psycopg.Connection[tuple[object, ...]]
    drops: Path
    documents: Path
    registry: CollectorRegistry

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


@pytest.fixture
def desk(kafka_bootstrap: str, topic_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[Desk]:
    kafka = KafkaSettings(kafka_bootstrap)
    topics = Topics(topic_prefix, "clinic", (NOTE.name, SCAN.name))
    prepare_topics(kafka, topics, CODEC, datetime.now(UTC))
    drops, documents = tmp_path / "drops", tmp_path / "documents"
    drops.mkdir()
    documents.mkdir()
    section = CsvSection(
        directory=drops,
        settle_seconds=0.3,
        objects={"scan": CsvObject(full="scans.csv", manifest=ManifestColumns(path="path", sha256="sha256"))},
    )
    beside, (scan,) = build(section, [SCAN], work=tmp_path / "work", documents=documents)
    settings = PollerSettings(
        kafka=kafka,
        topics=topics,
        codec=CODEC,
        objects=(NOTE, scan),
        poll_interval=0.05,
        sweep_interval=0.5,
        heartbeat_interval=0.3,
        margin=0.2,
    )
    stop, registry = threading.Event(), CollectorRegistry()
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute("CREATE TABLE notes (id text PRIMARY KEY, updated_at timestamptz DEFAULT now())")
        poller = threading.Thread(
            target=capture,
            args=(settings, PostgresSource(postgres_url), stop, ProducerMetrics(registry), Unhindered),
            kwargs={"beside": {"scan": beside}},
        )
        poller.start()
        yield Desk(kafka, topics, database, drops, documents, registry)
        stop.set()
        poller.join(30)
    assert not poller.is_alive()


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
