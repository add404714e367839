"""Pollers that are killed, stopped and woken up: nothing lost, nothing twice, nothing older after something newer."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import TopicPartition

from infra.stack.stack import KAFKA_SETTING, POSTGRES_SETTING, LocalStack
from schemas.broker import KafkaSettings, consumer
from schemas.codec import Codec
from schemas.control import prepare_topics
from schemas.records import Checkpoint, Operation, RecordChange
from schemas.topics import Topics
from tests.chaos.poller_process import PATIENT
from tests.waiting import until

pytestmark = pytest.mark.chaos

CODEC = Codec()
ROOT = Path(__file__).parents[2]


class World:
    """A source, its topic read as it grows, and any number of poller processes. ``url``: of the source's table."""

    def __init__(
        self, bootstrap: str, prefix: str, url: str, logs: Path, source: dict[str, object] | None = None
    ) -> None:
        self.arguments = json.dumps(
            {"bootstrap": bootstrap, "prefix": prefix, "source": source or {"url": url}, "work": str(logs / "work")}
        )
        self.url = url
        self.logs = logs
        self.kafka = KafkaSettings(bootstrap)
        self.topics = Topics(prefix, "clinic", (PATIENT.name,))
        prepare_topics(self.kafka, self.topics, CODEC, datetime.now(UTC))
        self.changes: list[RecordChange] = []
        self.position: dict[str, object] = {}
        self.reader = consumer(self.kafka, "unused")
        data = [TopicPartition(self.topics.cdc(PATIENT.name), number, 0) for number in range(self.topics.partitions)]
        self.reader.assign([*data, TopicPartition(self.topics.checkpoints, 0, 0)])
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        log = self.logs / f"poller-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.poller_process", self.arguments],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def kept_running(self) -> bool:
        """What a supervisor does."""
        if self.processes[-1].poll() is not None:
            self.start()
        self.read()
        return True

    def read(self) -> None:
        for message in self.reader.consume(10_000, 0.05):
            assert message.error() is None
            record = CODEC.decode(message.value() or b"")
            if isinstance(record, RecordChange):
                self.changes.append(record)
            elif isinstance(record, Checkpoint):
                self.position = dict(record.position)

    def latest(self) -> dict[str, object]:
        """What the topic says is there: ``id -> value``."""
        self.read()
        found: dict[str, object] = {}
        for change in self.changes:
            if change.operation == Operation.DELETE:
                found.pop(change.record_id, None)
            else:
                found[change.record_id] = change.record["value"]
        return found

    def snapshot(self) -> dict[str, object]:
        self.read()
        state = self.position.get("snapshot", {})
        assert isinstance(state, dict)
        return state

    def log(self, number: int) -> str:
        return (self.logs / f"poller-{number}.log").read_text()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(10)
        self.reader.close()


@pytest.fixture
def table_url(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE patients (id text PRIMARY KEY, value bigint, updated_at timestamptz)")
        connection.execute("INSERT INTO patients SELECT 'p' || n, 0, '2019-01-01' FROM generate_series(1, 2000) AS n")
    return postgres_url


@pytest.fixture
def world(kafka_bootstrap: str, topic_prefix: str, table_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(kafka_bootstrap, topic_prefix, table_url, tmp_path)
    yield world
    world.close()


@contextmanager
def writing(url: str, seed: int) -> Iterator[None]:
    """Short and long transactions that raise the values of rows, insert and delete some, until the block is left."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(number: int) -> None:
        draw = random.Random(seed * 100 + number)
        try:
            with psycopg.connect(url) as connection:
                while not stop.is_set():
                    # each writer has rows of its own, so none waits for another
                    rows = [f"p{4 * draw.randrange(1, 490) + number}" for _ in range(draw.randrange(1, 5))]
                    for row in sorted(rows):
                        connection.execute(
                            "INSERT INTO patients VALUES (%s, 1, now()) ON CONFLICT (id)"
                            " DO UPDATE SET value = patients.value + 1, updated_at = now()",
                            (row,),
                        )
                        if draw.random() < 0.1:
                            stop.wait(0.3)
                    if draw.random() < 0.05:
                        connection.execute(
                            "DELETE FROM patients WHERE id = %s", (f"p{1960 + 4 * draw.randrange(10) + number}",)
                        )
                    connection.commit()
                    stop.wait(0.01)
        except psycopg.Error as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)
    assert failures == []


def table(url: str) -> dict[str, object]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT id, value FROM patients").fetchall())


def assert_in_order(world: World) -> None:
    """Values only grow, until a record is deleted; and none is published twice."""
    last: dict[str, int] = {}
    for change in world.changes:
        if change.operation == Operation.DELETE:
            last.pop(change.record_id, None)
            continue
        value = change.record["value"]
        assert isinstance(value, int)
        assert value > last.get(change.record_id, -1), "an older row, or the same again"
        last[change.record_id] = value


def test_kill_9_in_the_middle_of_a_snapshot_under_load(world: World) -> None:
    draw = random.Random(1)
    with writing(world.url, 1):
        for _ in range(4):
            process = world.start()
            before = world.snapshot().get("rows", 0)
            assert isinstance(before, int)
            until(lambda before=before: int(str(world.snapshot().get("rows", 0))) > before)  # type: ignore[misc]
            time.sleep(draw.random() * 0.1)  # any moment of a step
            process.kill()
            process.wait(10)
        world.start()
        until(lambda: world.snapshot().get("state") == "done")
    until(lambda: world.latest() == table(world.url))
    assert_in_order(world)
    assert any(change.operation == Operation.SNAPSHOT for change in world.changes)


def test_a_poller_that_was_stopped_wakes_up_fenced(world: World) -> None:
    """Stopped in mid-work, replaced, woken up: it ends with an error, and what it had read is never seen."""
    with writing(world.url, 3):
        zombie = world.start()
        until(lambda: int(str(world.snapshot().get("rows", 0))) > 100)
        os.kill(zombie.pid, signal.SIGSTOP)
        successor = world.start()
        until(lambda: "objects are being captured" in world.log(1))
        until(lambda: world.snapshot().get("state") == "done")
        os.kill(zombie.pid, signal.SIGCONT)
        assert zombie.wait(60) not in (0, None)
        assert any(end in world.log(0) for end in ("LeaseLostError", "FencedError", "dualrun.watchdog"))
    until(lambda: world.latest() == table(world.url))
    assert_in_order(world)
    assert successor.poll() is None


def test_a_stand_by_takes_over(world: World) -> None:
    active = world.start()
    until(lambda: world.snapshot().get("state") == "done")
    stand_by = world.start()
    with writing(world.url, 4):
        until(lambda: len(world.latest()) > 0 and len(world.changes) > 2_050)
        assert "objects are being captured" not in world.log(1), "one at a time"
        active.kill()
        active.wait(10)
        until(lambda: "objects are being captured" in world.log(1))
    until(lambda: world.latest() == table(world.url))
    assert_in_order(world)
    assert stand_by.poll() is None


def test_a_broker_that_is_killed_and_comes_back(table_url: str, tmp_path: Path) -> None:
    directory = Path(tempfile.mkdtemp(prefix="dualrun-stack-"))
    with LocalStack(
        directory, keep=False, environ={**os.environ, KAFKA_SETTING: "", POSTGRES_SETTING: table_url}
    ) as stack:
        world = World(stack.kafka_bootstrap, "chaos", table_url, tmp_path)
        try:
            world.start()
            with writing(world.url, 5):
                until(lambda: int(str(world.snapshot().get("rows", 0))) > 100)
                for _ in range(2):
                    stack.kill_kafka()
                    before = table(world.url)
                    until(lambda before=before: table(world.url) != before)  # type: ignore[misc]
                    stack.start_kafka()
                    seen = len(world.changes)
                    until(lambda seen=seen: world.kept_running() and len(world.changes) > seen)  # type: ignore[misc]
            until(lambda: world.kept_running() and world.latest() == table(world.url))
            assert_in_order(world)
        finally:
            world.close()
