"""Speed of the PostgreSQL producer: snapshot rows a second, and source commit to topic under a steady load.

Runs in a local stack of its own, or in the user's Kafka and PostgreSQL if the environment names them.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

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


def snapshot(arrivals: Arrivals, rows: int, began: float) -> float:
    """Seconds from ``began`` until every row is in the topic."""
    seen, patience = 0, max(600.0, rows / 2_000)
    while seen < rows:
        seen += len(arrivals.take(0.05))
        if time.monotonic() - began > patience:
            raise SystemExit(f"only {seen} of {rows} rows arrived in {patience:.0f} s")
    return time.monotonic() - began


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
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
        settings = PollerSettings(
            kafka=kafka,
            topics=names,
            codec=codec,
            objects=(PATIENT,),
            work=work,
            poll_interval=options.poll_interval,
        )
        stop = threading.Event()
        metrics = ProducerMetrics(CollectorRegistry())
        arrivals = Arrivals(kafka, names, codec)
        poller = threading.Thread(
            target=capture, args=(settings, PostgresSource(url), stop, metrics), kwargs={"downstream": Unhindered}
        )
        began, cpu = time.monotonic(), time.process_time()
        poller.start()
        try:
            took = snapshot(arrivals, options.rows, began)
            spent = time.process_time() - cpu
            delays = live(arrivals, codec, url, options.rate, options.seconds)
        finally:
            stop.set()
            poller.join()
            arrivals.close()
    cuts = quantiles(delays, n=100)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}", end=", ")
    print(f"librdkafka {libversion()[0]}, PostgreSQL {version}")
    print(f"snapshot: {options.rows} rows of 15 columns in {took:.1f} s, start and reader included:", end=" ")
    print(f"{options.rows / took:,.0f} rows/s, {spent / options.rows * 1e6:.0f} µs of CPU a row")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of poller and reader: {peak} MB")
    print(f"live: {len(delays)} updates at {options.rate:.0f}/s, poll every {options.poll_interval} s:", end=" ")
    print(f"commit to topic p50 {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
