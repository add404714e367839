"""The whole producer on a real broker and a real PostgreSQL."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import TopicPartition
from prometheus_client import CollectorRegistry, generate_latest

from producers.limits import Backlog
from producers.metrics import ProducerMetrics
from producers.postgres import PostgresSource
from producers.publisher import FencedError, KafkaPublisher
from producers.service import PollerSettings, capture
from schemas.broker import BrokerError, KafkaSettings, consumer, headers_of, producer, read_to_end
from schemas.codec import Codec
from schemas.control import prepare_topics, publish_control
from schemas.keys import partition_of
from schemas.records import Changes, Checkpoint, Control, Operation, RecordChange
from schemas.source import SourceObject
from schemas.topics import MAX_MESSAGE_BYTES, Topics
from tests.waiting import until

CODEC = Codec()
CANARY = "Zanzibar-4711"
PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")
VISIT = SourceObject("visit", ("id",), "visits", changed_at="updated_at", parents=("patient",))
BALANCE = SourceObject(
    "balance", ("patient_id",), query="SELECT patient_id, count(*) AS visits FROM visits GROUP BY patient_id"
)
TABLES = """
CREATE TABLE patients (id text PRIMARY KEY, name text, updated_at timestamptz DEFAULT now());
CREATE TABLE visits (id bigint PRIMARY KEY, patient_id text, updated_at timestamptz DEFAULT now());
"""


@dataclass
class Behind:
    """Those behind the poller, as far behind as a test says."""

    hold: int = 0

    def backlog(self) -> Backlog:
        return Backlog(self.hold, 0)


@dataclass
class Deployment:
    """A database, topics, and the poller between them, in a thread that a test can end and start again."""

    settings: PollerSettings
    url: str
    database: psycopg.Connection[tuple[object, ...]]
    behind: Behind = field(default_factory=Behind)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    error: BaseException | None = None

    def start(self) -> None:
        self.stop_event = threading.Event()
        self.registry = CollectorRegistry()
        self.thread = threading.Thread(target=self._capture)
        self.thread.start()

    def _capture(self) -> None:
        source = PostgresSource(self.url)
        try:
            capture(self.settings, source, self.stop_event, ProducerMetrics(self.registry), lambda: self.behind)
        except Exception as error:
            self.error = error

    def stop(self) -> None:
        self.stop_event.set()
        self.thread.join(30)
        assert not self.thread.is_alive()

    def changes(self, what: SourceObject) -> list[RecordChange]:
        """Committed changes; of each record in their order."""
        topics = self.settings.topics
        found = []
        for message in read_to_end(self.settings.kafka, topics.cdc(what.name), range(topics.partitions)):
            record = CODEC.decode(message.value() or b"")
            assert isinstance(record, RecordChange)
            assert message.key() == record.key.encode()
            assert message.partition() == partition_of(record.key, topics.partitions)
            found.append(record)
        return found

    def arrived(self, what: SourceObject, record_id: str) -> list[Operation]:
        return [change.operation for change in self.changes(what) if change.record_id == record_id]

    def checkpoint(self, what: SourceObject) -> dict[str, object]:
        found: dict[str, object] = {}
        for message in read_to_end(self.settings.kafka, self.settings.topics.checkpoints, [0]):
            record = CODEC.decode(message.value() or b"")
            if isinstance(record, Checkpoint) and record.object == what.name:
                found = dict(record.position)
        return found

    def snapshot_done(self, *objects: SourceObject) -> bool:
        states = [self.checkpoint(what).get("snapshot") for what in objects]
        return all(isinstance(state, dict) and state["state"] == "done" for state in states)

    def signal(self, kind: str, subject: str, **value: object) -> None:
        client = producer(self.settings.kafka)
        publish_control(client, self.settings.topics, CODEC, Control(kind, subject, value, datetime.now(UTC)))
        assert client.flush(10) == 0


@pytest.fixture
def deployment(kafka_bootstrap: str, topic_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[Deployment]:
    kafka = KafkaSettings(kafka_bootstrap)
    objects = (VISIT, PATIENT, BALANCE)
    topics = Topics(topic_prefix, "clinic", tuple(what.name for what in objects))
    prepare_topics(kafka, topics, CODEC, datetime.now(UTC))
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute(TABLES)
        deployment = Deployment(
            PollerSettings(
                kafka=kafka,
                topics=topics,
                codec=CODEC,
                objects=objects,
                work=tmp_path,
                poll_interval=0.05,
                sweep_interval=0.3,
                heartbeat_interval=0.3,
                margin=0.2,
            ),
            postgres_url,
            database,
        )
        yield deployment
        deployment.stop()


def test_snapshot_increments_and_deletes_reach_the_topics(deployment: Deployment) -> None:
    deployment.database.execute("INSERT INTO patients SELECT 'p' || n, 'Ada' FROM generate_series(1, 50) AS n")
    deployment.database.execute("INSERT INTO visits SELECT n, 'p1' FROM generate_series(1, 50) AS n")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT, VISIT, BALANCE))
    # rows of a moment before the start lie within the margin: an increment may have been first
    assert sorted(change.record_id for change in deployment.changes(VISIT)) == sorted(str(n) for n in range(1, 51))
    deployment.database.execute("UPDATE patients SET name = 'Grace', updated_at = now() WHERE id = 'p7'")
    until(lambda: len(deployment.arrived(PATIENT, "p7")) == 2)
    deployment.database.execute("DELETE FROM visits WHERE id = 9")
    until(lambda: deployment.arrived(VISIT, "9")[-1] == Operation.DELETE)
    until(lambda: [change.record["visits"] for change in deployment.changes(BALANCE)] == [50, 49])
    last = deployment.changes(PATIENT)[-1]
    assert last.run == 1
    assert last.source_changed_at is not None
    assert last.captured_at >= last.source_changed_at


def test_a_transaction_that_commits_after_the_poll_arrives(deployment: Deployment) -> None:
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT))
    with psycopg.connect(deployment.url) as late:
        late.execute("INSERT INTO patients VALUES ('late', 'Ada')")
        deployment.database.execute("INSERT INTO patients VALUES ('early', 'Ada')")
        until(lambda: deployment.arrived(PATIENT, "early") == [Operation.UPSERT])
        # polls have passed it by: a naive cursor would now stand behind its time
        passed = datetime.now(UTC)

        def polled() -> bool:
            watermark = deployment.checkpoint(PATIENT)["watermark"]
            return isinstance(watermark, dict) and datetime.fromisoformat(watermark["now"]) > passed

        until(polled)
        assert b"dualrun_source_blocked_seconds" in generate_latest(deployment.registry)
        assert (deployment.registry.get_sample_value("dualrun_source_blocked_seconds", {"source": "clinic"}) or 0) > 0
    until(lambda: deployment.arrived(PATIENT, "late") == [Operation.UPSERT])
    assert str(deployment.checkpoint(PATIENT)["cursor"]) != ""


def test_sweeps_find_what_no_cursor_can(deployment: Deployment) -> None:
    deployment.database.execute("INSERT INTO patients VALUES ('p1', 'Ada')")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT))
    deployment.database.execute(
        "INSERT INTO patients VALUES ('restored', 'Ada', '2019-01-01'), ('untimed', 'Ada', NULL)"
    )
    deployment.database.execute("UPDATE patients SET name = 'Grace' WHERE id = 'p1'")
    until(lambda: deployment.arrived(PATIENT, "restored") == [Operation.UPSERT])
    until(lambda: deployment.arrived(PATIENT, "untimed") == [Operation.UPSERT])
    until(lambda: {c.record["name"] for c in deployment.changes(PATIENT) if c.record_id == "p1"} == {"Ada", "Grace"})


def test_many_rows_missing_at_once_wait_for_a_person(deployment: Deployment) -> None:
    deployment.settings = replace(deployment.settings, missing_rows=5)
    deployment.database.execute("INSERT INTO patients SELECT 'p' || n, 'Ada' FROM generate_series(1, 50) AS n")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT))
    deployment.database.execute("DELETE FROM patients WHERE id LIKE 'p1%'")
    until(lambda: "11 of 50 records are missing" in str(deployment.checkpoint(PATIENT)["health"]))
    deployment.database.execute("INSERT INTO patients VALUES ('new', 'Ada')")
    until(lambda: deployment.arrived(PATIENT, "new") == [Operation.UPSERT])
    assert Operation.DELETE not in {change.operation for change in deployment.changes(PATIENT)}
    deployment.signal("approve", "patient")
    until(lambda: sum(c.operation == Operation.DELETE for c in deployment.changes(PATIENT)) == 11)
    until(lambda: deployment.checkpoint(PATIENT)["health"] == "")


def test_a_restart_repeats_nothing(deployment: Deployment) -> None:
    deployment.database.execute("INSERT INTO patients SELECT 'p' || n, 'Ada' FROM generate_series(1, 50) AS n")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT, VISIT, BALANCE))
    deployment.stop()
    deployment.database.execute("UPDATE patients SET name = 'Grace', updated_at = now() WHERE id = 'p7'")
    deployment.start()
    until(lambda: len(deployment.arrived(PATIENT, "p7")) == 2)
    assert len(deployment.changes(PATIENT)) == 51


def test_signals_pause_resume_and_begin_a_new_run(deployment: Deployment) -> None:
    deployment.database.execute("INSERT INTO patients VALUES ('p1', 'Ada')")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT))
    deployment.signal("pause", "*")
    until(lambda: deployment.checkpoint(PATIENT)["paused"] == {"operator": "paused by an operator"})
    deployment.database.execute("INSERT INTO patients VALUES ('p2', 'Ada')")
    deployment.stop()
    deployment.start()
    deployment.signal("run", "", run=2)
    until(lambda: deployment.checkpoint(PATIENT)["run"] == 2)
    assert deployment.arrived(PATIENT, "p2") == []
    deployment.signal("resume", "patient")
    until(lambda: len(deployment.changes(PATIENT)) >= 3)
    assert sorted((c.record_id, c.run) for c in deployment.changes(PATIENT)) == [("p1", 1), ("p1", 2), ("p2", 2)]


def test_a_snapshot_waits_for_those_behind_it_and_live_changes_do_not(deployment: Deployment) -> None:
    deployment.behind.hold = deployment.settings.hold_lag + 1
    deployment.database.execute("INSERT INTO patients VALUES ('old', 'Ada', '2019-01-01')")
    deployment.start()
    until(lambda: deployment.checkpoint(PATIENT) != {})
    deployment.database.execute("INSERT INTO patients VALUES ('live', 'Ada')")
    until(lambda: deployment.arrived(PATIENT, "live") == [Operation.UPSERT])
    assert deployment.arrived(PATIENT, "old") == []
    labels = {"source": "clinic", "object": "patient"}
    assert deployment.registry.get_sample_value("dualrun_snapshot_state", labels) == 2
    deployment.behind.hold = 0
    until(lambda: deployment.arrived(PATIENT, "old") == [Operation.SNAPSHOT])
    until(lambda: deployment.registry.get_sample_value("dualrun_snapshot_state", labels) == 0)


def test_the_lag_of_hold_and_sink_is_what_they_have_not_committed(deployment: Deployment) -> None:
    from producers.downstream import KafkaDownstream

    topics, kafka = deployment.settings.topics, deployment.settings.kafka
    deployment.start()
    downstream = KafkaDownstream(kafka, topics)
    assert downstream.backlog() == Backlog(0, 0)
    client = producer(kafka)
    for topic, number in ((topics.derived, 5), (topics.bulk, 3)):
        for _ in range(number):
            client.produce(topic, b"x", partition=0)
    assert client.flush(10) == 0
    assert downstream.backlog() == Backlog(5, 3)
    for group, topic in ((topics.hold_application, topics.derived), (topics.sink_group, topics.bulk)):
        reader = consumer(kafka, group)
        reader.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
        reader.close()
    assert downstream.backlog() == Backlog(3, 1)


def test_parents_are_taken_first(deployment: Deployment) -> None:
    deployment.settings = replace(deployment.settings, objects=(VISIT, PATIENT), chunk_rows=10)
    deployment.database.execute(
        "INSERT INTO patients SELECT 'p' || n, 'Ada', '2019-01-01' FROM generate_series(1, 35) n"
    )
    deployment.database.execute("INSERT INTO visits SELECT n, 'p1', '2019-01-01' FROM generate_series(1, 35) AS n")
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT, VISIT))
    assert max(c.captured_at for c in deployment.changes(PATIENT)) < min(
        c.captured_at for c in deployment.changes(VISIT)
    )


def test_a_source_that_goes_away_is_read_on_when_it_is_back(deployment: Deployment) -> None:
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT))
    for number in range(3):
        deployment.database.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'dualrun poller' AND datname = current_database()"
        )
        deployment.database.execute("INSERT INTO patients VALUES (%s, 'Ada')", (f"p{number}",))
        until(lambda number=number: deployment.arrived(PATIENT, f"p{number}") == [Operation.UPSERT])  # type: ignore[misc]
    assert deployment.error is None


def test_a_message_that_is_no_change_is_left_alone(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    client = producer(deployment.settings.kafka)
    client.produce(deployment.settings.topics.cdc("patient"), b"nonsense", partition=0)
    assert client.flush(10) == 0
    deployment.start()
    until(lambda: deployment.checkpoint(PATIENT) != {})
    assert "cdc.clinic.patient/0/0 is no change of ours" in caplog.text


def test_what_a_fenced_poller_had_begun_to_publish_is_never_seen(deployment: Deployment) -> None:
    """It was stopped between its read and its commit; another one took over meanwhile."""
    settings = deployment.settings
    like = RecordChange("clinic", "patient", "", Operation.UPSERT, {}, datetime.now(UTC))
    old, new = (Changes(like, ["p1"], [{"name": name}], [None], [""]) for name in ("old", "new"))
    checkpoint = Checkpoint("clinic", "patient", 1, {}, datetime.now(UTC))
    zombie = KafkaPublisher(settings.kafka, settings.topics, CODEC, "patient")
    zombie.publish(old)
    successor = KafkaPublisher(settings.kafka, settings.topics, CODEC, "patient")
    successor.publish(new)
    successor.commit(checkpoint)
    with pytest.raises(FencedError):
        zombie.commit(checkpoint)
    with pytest.raises(FencedError):
        zombie.publish(old)
        zombie.commit(checkpoint)
    assert [found.record for found in deployment.changes(PATIENT)] == [{"name": "new"}]
    deployment.start()


def test_a_row_that_no_message_holds_stops_no_other(deployment: Deployment) -> None:
    """Among its neighbours, and beside a value that Avro does not hold."""
    deployment.database.execute(
        "INSERT INTO patients SELECT 'p' || n, 'Ada', '2019-01-01' FROM generate_series(1, 9) n"
    )
    deployment.database.execute("UPDATE patients SET name = %s WHERE id = 'p5'", ("A" * 17_000_000,))
    deployment.database.execute("UPDATE patients SET name = %s WHERE id = 'p6'", ("A" * (MAX_MESSAGE_BYTES - 20_000),))
    deployment.start()
    until(lambda: deployment.snapshot_done(PATIENT, VISIT, BALANCE))
    assert sorted({change.record_id for change in deployment.changes(PATIENT)}) == [
        f"p{n}" for n in range(1, 10) if n != 5
    ]
    until(lambda: "p5 is not captured" in str(deployment.checkpoint(PATIENT)["health"]))
    topics = deployment.settings.topics
    letters = list(read_to_end(deployment.settings.kafka, topics.dead_letters, range(topics.partitions)))
    (headers,) = [headers_of(letter) for letter in letters]
    assert letters[0].key() == b"clinic/patient/p5"
    assert "bytes are more than a message may hold: exclude its large columns" in headers["reason"]
    assert int(headers["bytes"]) > 17_000_000
    deployment.database.execute("UPDATE patients SET name = 'Grace', updated_at = now() WHERE id = 'p5'")
    until(lambda: deployment.arrived(PATIENT, "p5") == [Operation.UPSERT])
    until(lambda: deployment.checkpoint(PATIENT)["health"] == "")


def test_topics_that_were_not_prepared_are_refused(deployment: Deployment) -> None:
    topics = replace(deployment.settings.topics, objects=("patient", "visit", "balance", "unknown"))
    deployment.settings = replace(deployment.settings, topics=topics)
    deployment.start()
    until(lambda: deployment.error is not None)
    assert isinstance(deployment.error, BrokerError)
    assert "never prepared" in str(deployment.error)


def test_no_value_of_a_row_leaves_by_another_way(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Errors, pauses and oversize rows, a canary in every row: logs, metrics and checkpoints stay clean."""
    caplog.set_level(logging.DEBUG)
    deployment.settings = replace(deployment.settings, burst_rows=5, chunk_rows=3)
    deployment.database.execute("INSERT INTO patients VALUES (%s, %s)", ("p0", CANARY * 1_400_000))
    deployment.start()
    until(lambda: "bytes are more than a message may hold" in str(deployment.checkpoint(PATIENT).get("health")))
    deployment.database.execute("UPDATE patients SET name = %s", (CANARY,))
    until(lambda: deployment.arrived(PATIENT, "p0") != [])
    deployment.database.execute("INSERT INTO patients SELECT 'p' || n, %s FROM generate_series(1, 20) AS n", (CANARY,))
    until(lambda: "rows changed at once" in str(deployment.checkpoint(PATIENT)["health"]))
    deployment.database.execute("ALTER TABLE visits RENAME TO elsewhere")
    until(lambda: "not in the database" in str(deployment.checkpoint(VISIT)["health"]))
    deployment.stop()
    written = caplog.text + "".join(capfd.readouterr()) + generate_latest(deployment.registry).decode()
    written += json.dumps([deployment.checkpoint(what) for what in (PATIENT, VISIT, BALANCE)]) + repr(
        deployment.settings
    )
    assert "patient" in written
    assert CANARY not in written
    password = deployment.url.partition("@")[0].rpartition(":")[2]
    assert password
    assert password not in written
