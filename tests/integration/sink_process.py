"""The sink as a process of its own, for tests that kill it: `python -m tests.integration.sink_process FILE`."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path

from schemas.broker import KafkaSettings
from schemas.edits import PartPolicy
from schemas.topics import Topics
from sinks.service import SinkSettings, run


def settings(values: dict[str, object]) -> SinkSettings:
    """Settings from JSON values; paths are strings there."""
    paths = {name: Path(str(values[name])) for name in ("documents_root", "ended_file") if values.get(name)}
    plain = {name: value for name, value in values.items() if name not in ("kafka", "topics", *paths)}
    plain["policies"] = {name: PartPolicy(**one) for name, one in values["policies"].items()}  # type: ignore[attr-defined]
    topics = dict(values["topics"])  # type: ignore[call-overload]
    topics["objects"] = tuple(topics["objects"])
    return SinkSettings(kafka=KafkaSettings(str(values["kafka"])), topics=Topics(**topics), **plain, **paths)  # type: ignore[arg-type]


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run(settings(json.loads(Path(sys.argv[1]).read_text())), stop)


if __name__ == "__main__":
    main()
