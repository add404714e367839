"""The hold process: settings in, ``run`` until a signal."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from processors.app import build_app
from processors.holding import Hold, ProtocolError
from processors.ledger import LedgerError
from processors.metrics import TimedTransform
from processors.obligations import StateError, changelog_spec
from processors.parking import KafkaPositions, Parking
from processors.ports import Transform
from processors.worker import StalledError, Worker
from schemas.broker import BrokerError, KafkaSettings, create_topics
from schemas.codec import Codec, CodecError
from schemas.control import Epochs
from schemas.topics import Topics

log = logging.getLogger("dualrun.hold")

FATAL = 70
"""Exit code of a process that ended itself: the supervisor starts it again, and it reads again what was not marked."""

_STOP_SECONDS = 1.5
_HUNG_SECONDS = 150.0
_OURS = (LedgerError, StateError, ProtocolError, BrokerError, CodecError, StalledError)


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """``instance`` names this worker for good and differs between workers. Times in seconds.

    grace_seconds: how long a record waits for optional parents. park_after_seconds: no record is parked earlier.
    """

    kafka: KafkaSettings
    topics: Topics
    epochs: Epochs
    transform: Transform
    instance: str
    data_dir: Path
    grace_seconds: float = 2.0
    park_after_seconds: float = 30.0
    codec: Codec = field(default_factory=Codec)


def run(settings: HoldSettings) -> None:
    """Blocks until SIGTERM or SIGINT, finishes what is under way and returns within 2 s.

    Anything unforeseen ends the process with code 70 before it is marked: nothing is lost, the restart reads it again.
    """
    create_topics(settings.kafka, [changelog_spec(settings.topics)])
    # a batch makes a few hundred thousand objects and hardly a cycle: at the default thresholds a quarter of hold's CPU
    # goes into looking for them
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    uvloop.run(_main(settings))
    # what is still stopping is no business of Kafka's any more: everything is committed
    logging.shutdown()


async def _main(settings: HoldSettings) -> None:
    topics, kafka = settings.topics, settings.kafka
    app = build_app(kafka, topics, settings.instance, settings.data_dir)
    hold = Hold(
        topics,
        settings.codec,
        TimedTransform(settings.transform),
        settings.epochs,
        grace_seconds=settings.grace_seconds,
    )
    parking = Parking(topics, KafkaPositions(kafka, topics, settings.codec), settings.park_after_seconds)
    worker = Worker(app, kafka, topics, hold, parking)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    threading.Thread(target=_watch, args=(worker,), name="hold-watchdog", daemon=True).start()
    try:
        await app.start()
        await worker.run()
    except Exception as error:
        _end(error)
    try:
        await asyncio.wait_for(app.stop(), _STOP_SECONDS)
    except TimeoutError:
        log.info("Faust did not stop in time; everything was committed before")


def _end(error: BaseException) -> None:
    """Ends the process at once. The text of a foreign error can quote a record, so only ours are printed."""
    text = str(error) if isinstance(error, _OURS) else ""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.critical("hold ends itself before marking anything: %s %s\n%s", type(error).__name__, text, where)
    logging.shutdown()
    os._exit(FATAL)


def _watch(worker: Worker) -> None:
    """From a thread of its own: a loop that hangs cannot say so."""
    while True:
        time.sleep(5)
        if time.monotonic() - worker.alive_at > _HUNG_SECONDS:
            log.critical("hold's loop has not moved for %.0f s: the process ends itself", _HUNG_SECONDS)
            logging.shutdown()
            os._exit(FATAL)
