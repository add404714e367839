"""A hold process on a real broker, step by step: what it owes, what it sets aside, how it ends and comes back."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import Message, Producer, TopicPartition

from processors.obligations import Kind, Obligation, read_obligations
from schemas.broker import KafkaSettings, consumer, producer
from schemas.codec import Codec
from schemas.control import prepare_topics
from schemas.keys import part_key, partition_of, record_key, twenty_id
from schemas.records import Identity, IdentityState, Operation, Outcome, Unit, Verdict, Version, Write, WriteKind
from tests.chaos.hold_plan import Step
from tests.chaos.hold_worker import PARTITIONS, SYSTEM, world_topics

CANARY = "Wilhelmina-Secret-1947"
CHILD = record_key(SYSTEM, "child", "1")
PARENT = record_key(SYSTEM, "parent", "1")
AUNT = record_key(SYSTEM, "parent", "aunt")


@dataclass
class Bench:
    """Topics of one test, what hold sent to them, and the means to feed it."""

    kafka: KafkaSettings
    prefix: str
    directory: Path
    codec: Codec = field(default_factory=Codec)
    messages: list[Message] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topics = world_topics(self.prefix)
        prepare_topics(self.kafka, self.topics, self.codec, datetime.now(UTC))
        self._producer: Producer = producer(self.kafka)
        self._consumer = consumer(self.kafka, "unused")
        outputs = (self.topics.live, self.topics.bulk, self.topics.dead_letters)
        self._consumer.assign([TopicPartition(name, n, 0) for name in outputs for n in range(PARTITIONS)])

    def feed(self, *steps: Step) -> None:
        for step in steps:
            step.build(0)
            self.raw(step.change.object, step.key, self.codec.encode(step.change))
        assert not self._producer.flush(10)

    def raw(self, name: str, key: str, value: bytes) -> None:
        self._producer.produce(self.topics.cdc(name), key=key, value=value)

    def identify(self, key: str) -> None:
        identity = Identity(key, "", "thing", twenty_id(key, ""), Version(1, 1, 0, 1), IdentityState.LIVE)
        self._producer.produce(
            self.topics.identities,
            key=part_key(key, ""),
            value=self.codec.encode(identity),
            partition=partition_of(key, PARTITIONS),
        )
        assert not self._producer.flush(10)

    def until(self, met: Callable[[], object], seconds: float = 30) -> float:
        """Reads on until ``met``; returns how long that took."""
        began = time.monotonic()
        while not met():
            assert time.monotonic() - began < seconds, "hold did not do it in time"
            for message in self._consumer.consume(100, 0.05):
                assert message.error() is None
                self.messages.append(message)
                if message.topic() == self.topics.dead_letters:
                    continue
                record = self.codec.decode(message.value() or b"")
                if isinstance(record, Write):
                    self.writes.append(record)
                elif isinstance(record, Verdict):
                    self.verdicts.append(record)
        return time.monotonic() - began

    def written(self, key: str, kind: WriteKind = WriteKind.WRITE) -> list[Write]:
        return [write for write in self.writes if write.key == key and write.kind is kind]

    def obligations(self) -> list[Obligation]:
        return read_obligations(self.kafka, self.topics)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "tests.chaos.hold_worker", self.kafka.bootstrap_servers, self.prefix, "w0"]
        with (self.directory / "worker.log").open("ab") as log:
            process = subprocess.Popen([*command, str(self.directory), "600"], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def bench(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(KafkaSettings(kafka_bootstrap), f"hold-{uuid.uuid4().hex[:8]}", tmp_path)
    yield bench
    bench.close()


def test_a_child_waits_through_a_crash_and_leaves_when_its_parent_comes(bench: Bench) -> None:
    with bench.worker() as process:
        bench.feed(Step(0, CHILD, Operation.UPSERT, (PARENT,)))
        bench.until(bench.obligations)
        (held,) = bench.obligations()
        assert (held.key, held.kind, held.missing) == (CHILD, Kind.HELD, (part_key(PARENT, ""),))
        process.kill()
        process.wait()
    with bench.worker():
        bench.feed(Step(0, PARENT, Operation.UPSERT))
        bench.until(lambda: bench.written(PARENT))
        assert not bench.written(CHILD)
        bench.identify(PARENT)
        bench.until(lambda: bench.written(CHILD))
        assert bench.written(CHILD)[0].parts[0].links[0].twenty_id == twenty_id(PARENT, "")
        bench.until(lambda: not bench.obligations())


def test_an_optional_parent_is_awaited_for_a_moment_and_follows_in_a_patch(bench: Bench) -> None:
    with bench.worker():
        bench.feed(Step(0, CHILD, Operation.UPSERT, soft=(AUNT,)))
        bench.until(lambda: bench.written(CHILD))
        (left,) = bench.written(CHILD)
        assert left.parts[0].links[0].twenty_id is None
        bench.until(lambda: [owed.kind for owed in bench.obligations()] == [Kind.LINK])
        bench.identify(AUNT)
        bench.until(lambda: bench.written(CHILD, WriteKind.PATCH))
        (patch,) = bench.written(CHILD, WriteKind.PATCH)
        assert patch.version == left.version
        assert [(link.field, link.twenty_id) for link in patch.parts[0].links] == [("s0", twenty_id(AUNT, ""))]
        bench.until(lambda: not bench.obligations())


def test_the_newest_change_replaces_what_waits_and_a_delete_waits_for_nothing(bench: Bench) -> None:
    with bench.worker():
        bench.feed(*(Step(0, CHILD, Operation.UPSERT, (PARENT,)) for _ in range(2)))
        bench.feed(Step(0, CHILD, Operation.DELETE))
        bench.until(lambda: bench.written(CHILD, WriteKind.DELETE))
        assert [(verdict.unit.offset, verdict.outcome) for verdict in bench.verdicts] == [
            (0, Outcome.SUPERSEDED),
            (1, Outcome.SUPERSEDED),
        ]
        bench.until(lambda: not bench.obligations())


def test_what_cannot_be_read_or_transformed_is_set_aside_without_its_values(bench: Bench) -> None:
    with bench.worker():
        junk = f"{{{CANARY}}}".encode()
        bench.raw("child", CHILD, junk)
        bench.raw("child", "another key", bench.codec.encode(_poison().change))
        bench.feed(_poison())
        bench.until(lambda: len(bench.verdicts) == 3)
        bench.until(lambda: sum(message.topic() == bench.topics.dead_letters for message in bench.messages) == 3)
    dead = [message for message in bench.messages if message.topic() == bench.topics.dead_letters]
    assert {message.value() for message in dead} == {junk, bench.codec.encode(_poison().change)}
    for message in dead:
        headers = {name: value.decode() for name, value in cast(list[tuple[str, bytes]], message.headers())}
        assert headers.keys() == {"reason", "topic", "partition", "offset", "at"}
        assert CANARY not in str(headers)
        unit = Unit(headers["topic"], int(headers["partition"]), int(headers["offset"]))
        assert unit in {verdict.unit for verdict in bench.verdicts}
    assert {verdict.outcome for verdict in bench.verdicts} == {Outcome.DEAD_LETTERED}
    assert CANARY not in str(bench.verdicts)
    assert CANARY not in (bench.directory / "worker.log").read_text()


def _poison() -> Step:
    step = Step(0, CHILD, Operation.UPSERT, insurer=CANARY, poison=True)
    step.build(0)
    return step


def test_it_ends_when_asked_and_is_back_within_seconds_of_a_kill(bench: Bench) -> None:
    with bench.worker() as process:
        bench.feed(Step(0, PARENT, Operation.UPSERT))
        bench.until(lambda: bench.written(PARENT))
        process.kill()
        process.wait()
    with bench.worker() as process:
        bench.feed(Step(0, AUNT, Operation.UPSERT))
        assert bench.until(lambda: bench.written(AUNT)) < 10, "a static member does not wait for its session to end"
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 2
    with bench.worker():
        bench.feed(Step(0, CHILD, Operation.UPSERT))
        bench.until(lambda: bench.written(CHILD))
    assert len(bench.written(AUNT)) == 1, "what was done was committed before the end"
