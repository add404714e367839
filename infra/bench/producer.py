"""Speed of the PostgreSQL producer: snapshot rows a second, and source commit to topic under a steady load.

Runs in a local stack of its own, or in the user's Kafka and PostgreSQL if the environment names them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Event as Stop
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import psutil
import psycopg
from confluent_kafka import TopicPartition, libversion
from prometheus_client import CollectorRegistry

from infra.stack.stack import LocalStack
from producers.limits import Backlog
from producers.metrics import ProducerMetrics
from producers.postgres import PostgresSource
from producers.service import PollerSettings, capture
from schemas.broker import KafkaSettings, admin, consumer
from schemas.codec import Codec
from schemas.control import prepare_topics
from schemas.records import RecordChange
from schemas.source import SourceObject
from schemas.topics import Topics

TABLE = """
CREATE TABLE patients (
    patient_id text PRIMARY KEY, first_name text, last_name text, email text, phone text, street text, city text,
    state text, postcode text, date_of_birth text, billing_status text, primary_insurer int, balance numeric(12, 2),
    created_at timestamp, updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON patients (updated_at, patient_id);
"""
ROWS = """
INSERT INTO patients SELECT 'P-' || lpad(n::text, 8, '0'), 'Ada' || mod(n, 997), 'Byrne' || mod(n, 1009),
    'ada' || n || '@example.org', '+1555' || lpad(n::text, 7, '0'), mod(n, 400) || ' Main Street', 'Springfield', 'NY',
    lpad(mod(n, 99999)::text, 5, '0'), '1980-01-01', 'paid', mod(n, 3), mod(n, 1000) + 0.25, now() - interval '1 year',
    now() - interval '1 day' FROM generate_series(1, %s) AS n
"""
PUBLISHED = """
For comparison: Debezium's PostgreSQL connector, measured by us on 2 CPUs with broker and PostgreSQL 15 beside it and
other work running, so read it as a ratio (3.3.1 in Kafka Connect 4.1, JSON, the same 1 M rows): 34,260 rows/s after
10.5 s of start, 38 µs of CPU a row with it; live at 190/s with poll.interval.ms=500 p50 480 ms, p95 843 ms, p99 938.
Published by others, on machines of their own: Debezium Server 20,000 to 23,000 events/s, p99 440 ms; Debezium on MSK
Connect 6,000/s, p99 499 ms; Sequin 50,000/s, p99 253 ms (all three by Sequin, a competitor, in its README).
""".strip()
PATIENT = SourceObject("patient", ("patient_id",), "public.patients", changed_at="updated_at")


class Unhindered:
    """Nobody is behind the poller here."""

    def backlog(self) -> Backlog:
        return Backlog(0, 0)


@contextmanager
def database(url: str) -> Iterator[str]:
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def topics(kafka: KafkaSettings, codec: Codec) -> Iterator[Topics]:
    names = Topics(f"bench-{uuid.uuid4().hex[:8]}", "clinic", (PATIENT.name,))
    prepare_topics(kafka, names, codec, datetime.now(UTC))
    try:
        yield names
    finally:
        client = admin(kafka)
        for done in client.delete_topics([spec.name for spec in names.specs()]).values():
            done.result(30)


class Arrivals:
    """Reads the patients' topic, committed changes only, and notes when each arrived."""

    def __init__(self, kafka: KafkaSettings, names: Topics, codec: Codec) -> None:
        self._codec = codec
        self._reader = consumer(kafka, "bench", {"fetch.wait.max.ms": 5})
        topic = names.cdc(PATIENT.name)
        self._reader.assign([TopicPartition(topic, number, 0) for number in range(names.partitions)])

    def take(self, seconds: float) -> list[tuple[float, bytes]]:
        messages = self._reader.consume(10_000, seconds)
        at = time.time()
        return [(at, message.value() or b"") for message in messages if message.error() is None]

    def close(self) -> None:
        self._reader.close()


def snapshot(arrivals: Arrivals, watched: Watched) -> float:
    """When every row was in the topic, on the monotonic clock."""
    seen, patience = 0, time.monotonic() + max(600.0, watched.rows / 2_000)
    while seen < watched.rows:
        seen += len(arrivals.take(0.05))
        watched.look(seen)
        if time.monotonic() > patience:
            raise SystemExit(f"only {seen} of {watched.rows} rows arrived")
    return time.monotonic()


def live(arrivals: Arrivals, codec: Codec, url: str, rate: float, seconds: float) -> list[float]:
    """Seconds from commit to topic of single-row updates at a rate. Commits are timed after they returned."""
    committed: dict[str, float] = {}
    arrived: dict[str, float] = {}

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            began = time.monotonic()
            for number in range(int(rate * seconds)):
                wait = began + number / rate - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                mark = f"mark-{number}"
                connection.execute(
                    "UPDATE patients SET street = %s, updated_at = now() WHERE patient_id = %s",
                    (mark, f"P-{number + 1:08d}"),
                )
                committed[mark] = time.time()

    writer = threading.Thread(target=write)
    writer.start()
    deadline = time.monotonic() + seconds + 30
    while writer.is_alive() or len(arrived) < len(committed):
        for at, value in arrivals.take(0.01):
            record = codec.decode(value)
            if isinstance(record, RecordChange):
                arrived.setdefault(str(record.record["street"]), at)
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(arrived)} of {len(committed)} updates arrived")
    writer.join()
    return [arrived[mark] - at for mark, at in committed.items()]


def poll(bootstrap: str, names: Topics, url: str, work: Path, interval: float, stop: Stop) -> None:
    """The poller, in a process of its own: its memory and CPU are nobody else's."""
    settings = PollerSettings(
        kafka=KafkaSettings(bootstrap), topics=names, objects=(PATIENT,), work=work, poll_interval=interval
    )
    stopped = threading.Event()

    def heed() -> None:
        stop.wait()
        stopped.set()

    threading.Thread(target=heed, daemon=True).start()
    capture(settings, PostgresSource(url), stopped, ProducerMetrics(CollectorRegistry()), Unhindered)


@dataclass
class Watched:
    """The poller's process while rows arrive: when the first came, in seconds, and the CPU seconds spent by then;
    resident bytes at a tenth of the rows, and at most."""

    process: psutil.Process
    rows: int
    early: int = 0
    peak: int = 0
    first_at: float = 0.0
    first_cpu: float = 0.0

    def look(self, seen: int) -> None:
        if seen and not self.first_at:
            self.first_at, self.first_cpu = time.monotonic(), self.cpu()
        resident = self.process.memory_info().rss
        self.peak = max(self.peak, resident)
        if not self.early and seen >= self.rows / 10:
            self.early = resident

    def cpu(self) -> float:
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=190.0, help="updates a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of live updates")
    parser.add_argument("--poll-interval", type=float, default=0.25)
    options = parser.parse_args(arguments)
    codec = Codec()
    with ExitStack() as running:
        work = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="dualrun-bench-known-")))
        stack = running.enter_context(LocalStack(Path(tempfile.mkdtemp(prefix="dualrun-bench-")), keep=False))
        kafka = KafkaSettings(stack.kafka_bootstrap)
        url = running.enter_context(database(stack.postgres_url))
        names = running.enter_context(topics(kafka, codec))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLE)
            connection.execute(ROWS.encode(), (options.rows,))
            connection.execute("VACUUM ANALYZE patients")
            version = connection.info.server_version // 10_000
        arrivals = Arrivals(kafka, names, codec)
        running.callback(arrivals.close)
        own = multiprocessing.get_context("spawn")
        stop = own.Event()
        told = (stack.kafka_bootstrap, names, url, work, options.poll_interval, stop)
        poller = own.Process(target=poll, args=told)
        began = time.monotonic()
        poller.start()
        running.callback(poller.join)
        running.callback(stop.set)
        watched = Watched(psutil.Process(poller.pid), options.rows)
        ended = snapshot(arrivals, watched)
        spent = watched.cpu() - watched.first_cpu
        delays = live(arrivals, codec, url, options.rate, options.seconds)
    cuts = quantiles(delays, n=100)
    started, took = watched.first_at - began, ended - watched.first_at
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}", end=", ")
    print(f"librdkafka {libversion()[0]}, PostgreSQL {version}")
    print(f"snapshot: {options.rows} rows of 15 columns in {took:.1f} s after {started:.1f} s of start:", end=" ")
    print(f"{options.rows / took:,.0f} rows/s, {spent / options.rows * 1e6:.1f} µs of the poller's CPU a row")
    print(f"memory of the poller: {watched.early >> 20} MB at a tenth of the rows, {watched.peak >> 20} MB at most")
    print(f"live: {len(delays)} updates at {options.rate:.0f}/s, poll every {options.poll_interval} s:", end=" ")
    print(f"commit to topic p50 {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms")
    print(PUBLISHED)


if __name__ == "__main__":
    main()
