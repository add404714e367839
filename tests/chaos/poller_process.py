"""A poller in a process of its own, for tests that stop and kill it: ``-m tests.chaos.poller_process SETTINGS``."""

from __future__ import annotations

import json
import logging
import sys
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry

from infra.sources.build import build
from infra.sources.settings import CsvSection, PostgresSection, RestSection
from producers.metrics import ProducerMetrics
from producers.service import PollerSettings, capture
from schemas.broker import KafkaSettings
from schemas.source import SourceObject
from schemas.topics import Topics
from tests.unit.producers.worlds import Unhindered

SECTIONS: dict[str, type[PostgresSection | CsvSection | RestSection]] = {
    "postgres": PostgresSection,
    "csv": CsvSection,
    "rest": RestSection,
}
PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")


def settings(bootstrap: str, prefix: str, objects: tuple[SourceObject, ...], work: Path) -> PollerSettings:
    return PollerSettings(
        kafka=KafkaSettings(bootstrap),
        topics=Topics(prefix, "clinic", (PATIENT.name,)),
        objects=objects,
        work=work / "known",
        poll_interval=0.02,
        sweep_interval=0.5,
        heartbeat_interval=0.3,
        chunk_rows=50,
        margin=0.2,
        rows_per_second=2_000,
        burst_rows=1_000_000,
    )


def main() -> None:
    """Ends with a code other than 0 when the poller loses its place, as any process that runs one must."""
    logging.basicConfig(level=logging.INFO)
    told = json.loads(sys.argv[1])
    section = SECTIONS[told["source"].get("kind", "postgres")].model_validate(told["source"])
    work = Path(told["work"])
    source, objects = build(section, [PATIENT], work=work, documents=None)
    chosen = settings(told["bootstrap"], told["prefix"], objects, work)
    capture(chosen, source, threading.Event(), ProducerMetrics(CollectorRegistry()), Unhindered)


if __name__ == "__main__":
    main()
