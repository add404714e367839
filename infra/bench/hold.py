"""CPU seconds per 1000 records through hold: ours, an earlier prototype, and the same job in Quix Streams.

Each child refers to two required parents. Three orders: parents first, children first, parents known (written before
the clock starts). One worker, one broker, the same driver. The prototype (string ids, JSON, no transform) is taken
from DUALRUN_BENCH_PROTOTYPE where that is set. Needs DUALRUN_KAFKA_BOOTSTRAP_SERVERS.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import psutil
from confluent_kafka import Message, TopicPartition

from processors.ports import Transformed
from processors.service import HoldSettings, run
from schemas.broker import KafkaSettings, consumer, create_topics, producer
from schemas.codec import Codec
from schemas.control import prepare_topics, require_epochs
from schemas.keys import part_key, partition_of, record_key, twenty_id
from schemas.records import (
    Identity,
    IdentityState,
    Json,
    Link,
    Operation,
    Part,
    RecordChange,
    Unit,
    Value,
    Version,
    Write,
    WriteKind,
)
from schemas.topics import Policy, Topics, TopicSpec

QUIX = "quixstreams==3.28.0"
PARTITIONS = 4
ORDERS = ("parents", "children", "known")
_BODY = "x" * 300
_PATIENCE_SECONDS = 300.0


class Sending(NamedTuple):
    topic: str
    key: str
    value: bytes
    partition: int


class Row(NamedTuple):
    key: str
    parents: tuple[str, ...]


class Contender(Protocol):
    """One way to do the job, as the driver sees it."""

    @property
    def name(self) -> str: ...
    @property
    def outputs(self) -> Sequence[str]: ...

    def prepare(self, kafka: KafkaSettings) -> None: ...
    def command(self, kafka: KafkaSettings, directory: Path) -> list[str]: ...
    def change(self, row: Row) -> Sending: ...
    def identity(self, key: str) -> Sending: ...
    def written(self, message: Message) -> str | None: ...


class BenchTransform:
    """One part, two links and a text: what the comparison's records hold."""

    revision = 1

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        parents = cast(list[str], cast(Json, change.record["parents"]).value)
        links = tuple(Link(f"parent{n}", part_key(key, ""), True) for n, key in enumerate(parents))
        part = Part("", "thing", fields={"body": change.record["body"]}, links=links)
        return Transformed(
            Write(change.key, WriteKind.WRITE, version, unit, (part,), change.source_changed_at, change.captured_at)
        )


class Ours:
    name = "dualrun"

    def __init__(self) -> None:
        self.topics = bench_topics(f"bench-{uuid.uuid4().hex[:8]}")
        self.outputs = (self.topics.live, self.topics.bulk)
        self._codec = Codec()
        self._now = datetime.now(UTC)

    def prepare(self, kafka: KafkaSettings) -> None:
        prepare_topics(kafka, self.topics, self._codec, self._now)

    def command(self, kafka: KafkaSettings, directory: Path) -> list[str]:
        arguments = ["--worker", kafka.bootstrap_servers, self.topics.prefix, str(directory)]
        return [sys.executable, "-m", "infra.bench.hold", *arguments]

    def change(self, row: Row) -> Sending:
        record: dict[str, Value] = {
            "parents": Json([record_key("b", "thing", parent) for parent in row.parents]),
            "body": _BODY,
        }
        change = RecordChange("b", "thing", row.key, Operation.UPSERT, record, self._now, self._now)
        partition = partition_of(change.key, PARTITIONS)
        return Sending(self.topics.cdc("thing"), change.key, self._codec.encode(change), partition)

    def identity(self, key: str) -> Sending:
        name = record_key("b", "thing", key)
        identity = Identity(name, "", "thing", twenty_id(name, ""), Version(1, 1, 0, 1), IdentityState.LIVE)
        partition = partition_of(name, PARTITIONS)
        return Sending(self.topics.identities, part_key(name, ""), self._codec.encode(identity), partition)

    def written(self, message: Message) -> str | None:
        if not isinstance(self._codec.decode(message.value() or b""), Write):
            return None
        return (message.key() or b"").decode().rpartition("/")[2]


class Quix:
    name = QUIX.replace("==", " ")

    def __init__(self) -> None:
        self.prefix = f"bench-{uuid.uuid4().hex[:8]}"
        self.outputs = (f"{self.prefix}-out",)

    def prepare(self, kafka: KafkaSettings) -> None:
        names = [f"{self.prefix}-{name}" for name in ("in", "out", "want", "have", "ids")]
        create_topics(kafka, [TopicSpec(name, PARTITIONS, Policy.PASSING) for name in names])

    def command(self, kafka: KafkaSettings, directory: Path) -> list[str]:
        uv = Path(sys.executable).parent / "uv"
        script = Path(__file__).parent / "quix_hold.py"
        runner = [str(uv), "run", "--no-project", "--quiet", "--python", sys.executable, "--with", QUIX, "python"]
        return [*runner, str(script), kafka.bootstrap_servers, self.prefix, str(directory)]

    def change(self, row: Row) -> Sending:
        value = json.dumps({"parents": row.parents, "body": _BODY}).encode()
        return Sending(f"{self.prefix}-in", row.key, value, partition_of(row.key, PARTITIONS))

    def identity(self, key: str) -> Sending:
        return Sending(f"{self.prefix}-ids", key, f"id-{key}".encode(), partition_of(key, PARTITIONS))

    def written(self, message: Message) -> str | None:
        return (message.key() or b"").decode()


def bench_topics(prefix: str) -> Topics:
    return Topics(prefix, "b", ("thing",), PARTITIONS)


@contextmanager
def started(command: list[str]) -> Iterator[psutil.Popen]:
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        family = [process, *process.children(recursive=True)]
        for each in family:
            each.kill()
        psutil.wait_procs(family, 10)


def cpu_seconds(process: psutil.Popen) -> float:
    return sum(
        times.user + times.system
        for times in (each.cpu_times() for each in (process, *process.children(recursive=True)))
    )


def rows(children: int) -> tuple[list[Row], list[Row]]:
    count = children // 5
    parents = [Row(f"p{n}", ()) for n in range(count)]
    kids = [Row(f"c{n}", (f"p{n % count}", f"p{n * 7 % count}")) for n in range(children)]
    random.Random(1).shuffle(kids)
    return parents, kids


class Driver:
    """Feeds, and plays the sink: a parent that was written has an identity at once."""

    def __init__(self, kafka: KafkaSettings, contender: Contender) -> None:
        self._contender = contender
        self._producer = producer(kafka)
        self._consumer = consumer(kafka, "bench")
        self._consumer.assign([TopicPartition(name, n, 0) for name in contender.outputs for n in range(PARTITIONS)])
        self._seen: set[str] = set()

    def push(self, batch: Sequence[Row]) -> None:
        """Sends all rows and returns when each was written."""
        wanted = {row.key for row in batch}
        for row in batch:
            self._send(self._contender.change(row))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not wanted <= self._seen:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._contender.name}: {len(wanted - self._seen)} records never came out")
            for message in self._consumer.consume(2000, 0.05):
                key = self._contender.written(message) if message.error() is None else None
                if key is not None and key not in self._seen:
                    self._seen.add(key)
                    if key.startswith("p"):
                        self._send(self._contender.identity(key))
            self._producer.poll(0)

    def close(self) -> None:
        self._consumer.close()

    def _send(self, sending: Sending) -> None:
        while True:
            try:
                self._producer.produce(sending.topic, sending.value, sending.key, partition=sending.partition)
                return
            except BufferError:
                self._producer.poll(0.1)


def measure(kafka: KafkaSettings, contender: Contender, order: str, children: int) -> tuple[float, float]:
    """CPU seconds per 1000 records, and records per second of the wall clock."""
    contender.prepare(kafka)
    parents, kids = rows(children)
    with tempfile.TemporaryDirectory() as directory, started(contender.command(kafka, Path(directory))) as process:
        driver = Driver(kafka, contender)
        try:
            driver.push([Row(f"warm{n}", ()) for n in range(8)])
            if order == "known":
                driver.push(parents)
            batch = {"parents": [*parents, *kids], "children": [*kids, *parents], "known": kids}[order]
            before, began = cpu_seconds(process), time.monotonic()
            driver.push(batch)
            spent, took = cpu_seconds(process) - before, time.monotonic() - began
        finally:
            driver.close()
    return spent / len(batch) * 1000, len(batch) / took


def measure_prototype(kafka: KafkaSettings, directory: Path, order: str, children: int) -> tuple[float, float]:
    """The prototype brings its own driver, which prints a line of JSON."""
    command = [sys.executable, str(directory / "bench.py"), "hold.py", "1", str(children), order]
    environment = {**os.environ, "B": kafka.bootstrap_servers}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    figures = json.loads(output.splitlines()[-1])
    return float(figures["cpu_per_1000"]), float(figures["rate"])


def report(kafka: KafkaSettings, children: int, contenders: Sequence[str]) -> None:
    prototype = os.environ.get("DUALRUN_BENCH_PROTOTYPE")
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform()}"
    )
    packages = ("faust-streaming", "aiokafka", "confluent-kafka", "fastavro", "uvloop")
    print(f"versions: Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in packages))
    print(f"command: python -m infra.bench hold --children {children}")
    print(f"{'CPU s per 1000 records':<24}" + "".join(f"{order:>22}" for order in ORDERS))
    if "prototype" in contenders and not prototype:
        print(f"{'prototype':<24}skipped: DUALRUN_BENCH_PROTOTYPE is not set")
    for name in contenders:
        if name == "prototype" and not prototype:
            continue
        cells = []
        for order in ORDERS:
            if name == "prototype" and prototype:
                cost, rate = measure_prototype(kafka, Path(prototype), order, children)
            else:
                cost, rate = measure(kafka, Ours() if name == "dualrun" else Quix(), order, children)
            cells.append(f"{cost:>9.3f} ({rate:>6.0f}/s)")
        print(f"{QUIX.replace('==', ' ') if name == 'quix' else name:<24}" + "".join(f"{cell:>22}" for cell in cells))
        sys.stdout.flush()


def serve(bootstrap: str, prefix: str, directory: str) -> None:
    """The worker that is measured."""
    logging.basicConfig(level=logging.WARNING)
    kafka, topics = KafkaSettings(bootstrap), bench_topics(prefix)
    epochs = require_epochs(kafka, topics, Codec())
    run(HoldSettings(kafka, topics, epochs, BenchTransform(), "bench", Path(directory), park_after_seconds=3600))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.bench hold", description=__doc__)
    parser.add_argument("--children", type=int, default=30_000)
    parser.add_argument(
        "--contenders", nargs="+", default=["dualrun", "prototype", "quix"], choices=["dualrun", "prototype", "quix"]
    )
    parser.add_argument("--worker", nargs=3, metavar=("BOOTSTRAP", "PREFIX", "DIRECTORY"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.worker:
        serve(*chosen.worker)
        return
    bootstrap = os.environ.get("DUALRUN_KAFKA_BOOTSTRAP_SERVERS")
    if not bootstrap:
        sys.exit("set DUALRUN_KAFKA_BOOTSTRAP_SERVERS to a broker, for one that `dualrun demo` started")
    report(KafkaSettings(bootstrap), chosen.children, chosen.contenders)


if __name__ == "__main__":
    main()
