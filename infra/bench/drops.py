"""CSV drops: a full export of many rows, and the next one with few changes, until the last event is in the topic.

Runs in a local stack of its own, or in the user's Kafka if the environment names one.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb
from prometheus_client import CollectorRegistry

from infra.bench.producer import PATIENT, Arrivals, Unhindered, topics
from infra.sources.build import build
from infra.sources.settings import CsvObject, CsvSection
from infra.stack.stack import LocalStack
from producers.metrics import ProducerMetrics
from producers.service import PollerSettings, capture
from schemas.broker import KafkaSettings
from schemas.codec import Codec

HEADER = (
    "patient_id,first_name,last_name,email,phone,street,city,state,postcode,date_of_birth,billing_status,"
    "primary_insurer,balance,created_at\n"
)
SETTLE_SECONDS = 1.0


def export(path: Path, rows: int, changed: frozenset[int]) -> None:
    with path.open("w") as file:
        file.write(HEADER)
        for n in range(rows):
            street = "1 New Street" if n in changed else f"{n % 400} Main Street"
            file.write(
                f"P-{n:07},Ada{n % 997},Byrne{n % 1009},ada{n}@example.org,+1555{n:07},{street},Springfield,NY,"
                f"{n % 99999:05},1980-01-01,paid,{n % 3},{n % 1000}.25,2025-01-01 00:00:00\n"
            )


def arrived(arrivals: Arrivals, expected: int) -> float:
    """When the last of so many events has arrived."""
    deadline, seen = time.monotonic() + 900, 0
    while seen < expected:
        seen += len(arrivals.take(0.05))
        if time.monotonic() > deadline:
            raise SystemExit(f"only {seen} of {expected} events arrived")
    return time.monotonic()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100)
    options = parser.parse_args(arguments)
    codec = Codec()
    with ExitStack() as running:
        root = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="dualrun-bench-drops-")))
        stack = running.enter_context(LocalStack(Path(tempfile.mkdtemp(prefix="dualrun-bench-")), keep=False))
        kafka = KafkaSettings(stack.kafka_bootstrap)
        names = running.enter_context(topics(kafka, codec))
        path, draft = root / "patients.csv", root / "draft"
        export(path, options.rows, frozenset())
        section = CsvSection(
            directory=root, settle_seconds=SETTLE_SECONDS, objects={"patient": CsvObject(full="patients.csv")}
        )
        source, objects = build(section, [PATIENT], work=root / "work", documents=None)
        settings = PollerSettings(kafka=kafka, topics=names, codec=codec, objects=objects, work=root / "known")
        stop, arrivals = threading.Event(), Arrivals(kafka, names, codec)
        began = time.monotonic()
        poller = threading.Thread(
            target=capture,
            args=(settings, source, stop, ProducerMetrics(CollectorRegistry())),
            kwargs={"downstream": Unhindered},
        )
        poller.start()
        try:
            first = arrived(arrivals, options.rows) - began
            export(draft, options.rows, frozenset(random.Random(1).sample(range(options.rows), options.changes)))
            draft.replace(path)
            began = time.monotonic()
            second = arrived(arrivals, options.changes) - began
            surplus = len(arrivals.take(5))
        finally:
            stop.set()
            poller.join()
            arrivals.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )
    print(f"first export: {options.rows} rows in the topic after {first:.1f} s: {options.rows / first:,.0f} rows/s")
    print(f"next export: {options.changes} changes in the topic after {second:.1f} s, settling included", end="; ")
    print(f"{options.changes + surplus} events; peak memory of poller and reader {peak} MB")


if __name__ == "__main__":
    main()
