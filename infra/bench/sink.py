"""Speed of the sink: bulk records a second, live latency at low load, share of the budget that becomes records.

Runs in a local stack of its own, or on the user's Kafka if the environment names one; Twenty is the stand-in.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import httpx
from confluent_kafka import libversion

from infra.stack.stack import LocalStack
from schemas.broker import KafkaSettings, committed_offsets, create_topics, end_offsets, producer, read_to_end
from schemas.codec import Codec
from schemas.keys import partition_of
from schemas.records import AuditEvent, Part, Unit, Version, Write, WriteKind
from schemas.topics import Topics
from sinks.service import SinkSettings, run

KEY = "bench"


class Bench:
    """Topics of its own, and a sink in this process."""

    def __init__(self, bootstrap: str, url: str) -> None:
        self.kafka = KafkaSettings(bootstrap)
        self.topics = Topics(f"bench-{uuid.uuid4().hex[:8]}", "clinic", ("patient",), 4)
        self._url = url
        self._codec = Codec()
        self._producer = producer(self.kafka)
        create_topics(self.kafka, self.topics.specs())

    def publish(self, topic: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            write = self._write(number)
            partition = partition_of(write.key, self.topics.partitions)
            self._producer.produce(topic, self._codec.encode(write), write.key, partition)
            self._producer.poll(0)
        self._producer.flush(60)

    def _write(self, number: int) -> Write:
        key, now = f"clinic/patient/{number}", datetime.now(UTC)
        fields = {
            "name": {"firstName": f"Ada{number % 997}", "lastName": f"Byrne{number}"},
            "emails": {"primaryEmail": f"ada{number}@example.org", "additionalEmails": []},
            "city": "Springfield",
            "jobTitle": "teacher",
        }
        unit = Unit(self.topics.cdc("patient"), partition_of(key, self.topics.partitions), number)
        part = Part("", "person", fields=fields, content_hash=str(number))
        return Write(
            key, kind=WriteKind.WRITE, version=Version(1, 1, number, 1), unit=unit, parts=(part,), source_changed_at=now
        )

    @contextmanager
    def sink(self, limit: int | None = None, window: float = 60.0) -> Iterator[None]:
        stop = threading.Event()
        settings = SinkSettings(self.kafka, self.topics, self.topics.prefix, self._url, KEY, limit=limit, window=window)
        thread = threading.Thread(target=run, args=(settings, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def drain(self) -> None:
        lanes = (self.topics.live, self.topics.bulk)
        while committed_offsets(self.kafka, self.topics.sink_group, lanes, self.topics.partitions) != end_offsets(
            self.kafka, lanes, self.topics.partitions
        ):
            time.sleep(0.05)

    def latencies(self) -> list[float]:
        """Seconds from the source's commit to the decision, of every record."""
        found = []
        for message in read_to_end(self.kafka, self.topics.audit, range(self.topics.partitions)):
            event = self._codec.decode(message.value() or b"")
            if isinstance(event, AuditEvent) and event.source_changed_at is not None:
                found.append((event.decided_at - event.source_changed_at).total_seconds())
        return found


@contextmanager
def standin(directory: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "infra.standin", "--data-dir", str(directory), "--api-key", KEY, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.kill()
        process.wait()


def bulk(bootstrap: str, directory: Path, records: int) -> None:
    with standin(directory, "--limit", "0") as url:
        bench = Bench(bootstrap, url)
        bench.publish(bench.topics.bulk, range(records))
        began, cpu = time.perf_counter(), time.process_time()
        with bench.sink():
            bench.drain()
            seconds, spent = time.perf_counter() - began, time.process_time() - cpu
        print(
            f"bulk, no limit, batches of 60: {records} records in {seconds:.1f} s ="
            f" {records / seconds:.0f} records/s, {1000 * spent / records:.2f} CPU s per 1000 (start included)"
        )


def live(bootstrap: str, directory: Path, records: int) -> None:
    with standin(directory, "--limit", "0") as url:
        bench = Bench(bootstrap, url)
        with bench.sink():
            bench.publish(bench.topics.live, [0])
            bench.drain()
            for number in range(1, records + 1):
                bench.publish(bench.topics.live, [number])
                time.sleep(0.05)
            bench.drain()
        cuts = quantiles(bench.latencies()[1:], n=100)
        print(
            f"live, 20 records/s: p50 {1000 * cuts[49]:.0f} ms, p95 {1000 * cuts[94]:.0f} ms,"
            f" p99 {1000 * cuts[98]:.0f} ms"
        )


def budget(bootstrap: str, directory: Path, seconds: int) -> None:
    limit, window = 100, 60.0
    records = 60 * int(limit * seconds / window)
    with standin(directory, "--limit", str(limit), "--window-ms", str(int(window * 1000))) as url:
        bench = Bench(bootstrap, url)
        bench.publish(bench.topics.bulk, range(records))
        began = time.perf_counter()
        with bench.sink(limit, window):
            bench.drain()
            took = time.perf_counter() - began
        stats = httpx.get(f"{url}/standin/stats", headers={"Authorization": f"Bearer {KEY}"}).json()
        granted = limit / window * took
        print(
            f"budget of {limit} per {window:.0f} s with a backlog: {stats['requests']} requests in {took:.1f} s ="
            f" {100 * stats['requests'] / granted:.1f} % of it used, {stats['refused']} refused,"
            f" {records / stats['requests']:.1f} records a request"
        )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.bench sink", description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--live", type=int, default=200)
    parser.add_argument("--budget-seconds", type=int, default=60)
    options = parser.parse_args(arguments)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" librdkafka {libversion()[0]}"
    )
    with tempfile.TemporaryDirectory(prefix="dualrun-bench-") as name:
        directory = Path(name)
        with LocalStack(directory / "stack", keep=False, environ=dict(os.environ)) as stack:
            bulk(stack.kafka_bootstrap, directory / "bulk", options.records)
            live(stack.kafka_bootstrap, directory / "live", options.live)
            budget(stack.kafka_bootstrap, directory / "budget", options.budget_seconds)
