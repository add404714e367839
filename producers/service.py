"""The poller process: one active per deployment, others stand by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from producers.blobs import BlobPublisher, BlobReader, Blobs
from producers.checkpoint import Position, read_positions
from producers.downstream import Downstream, KafkaDownstream
from producers.known import read_known
from producers.known_table import KnownTables
from producers.limits import Limits
from producers.metrics import ProducerMetrics
from producers.poller import Poller
from producers.publisher import KafkaPublisher, Publisher
from producers.rounds import Rounds
from producers.signals import KafkaSignals, Shared
from producers.source import Source, SourceError, parents_first
from producers.unreadable import read_letters
from producers.views import FollowedPublisher, Views
from schemas.broker import KafkaSettings
from schemas.codec import Codec
from schemas.control import require_epochs
from schemas.lease import Lease
from schemas.source import SourceObject
from schemas.topics import Topics
from schemas.watchdog import Watchdog

log = logging.getLogger("dualrun.producer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerSettings(Limits):
    """What to capture, from where to where, and within which limits.

    work: a directory for files that can be made again: what was published of each record is looked up there.
    incarnation: this process's name in its lease. documents_root: where files that lie in columns are stored.
    """

    kafka: KafkaSettings
    topics: Topics
    objects: tuple[SourceObject, ...]
    work: Path
    codec: Codec = field(default_factory=Codec)
    incarnation: str | None = None
    documents_root: Path | None = None


def now() -> datetime:
    return datetime.now(UTC)


def capture(
    settings: PollerSettings,
    source: Source,
    stop: threading.Event,
    metrics: ProducerMetrics,
    downstream: Callable[[], Downstream] | None = None,
    beside: Mapping[str, Source] | None = None,
) -> None:
    """Captures the source until ``stop`` is set. Waits as a stand-by while another process is active.

    downstream: makes what snapshots wait for; hold and the sink unless given. beside: objects that come from elsewhere,
    each with its source. Views among them follow what is published of the objects that they read.

    Raises LeaseLostError or FencedError when another process has taken over, BrokerError when Kafka is not as the
    settings say, WorkDirectoryError when the disk of ``work`` fails: end the process with a non-zero code then, and
    let the supervisor start it again as a stand-by.
    """
    kafka, topics = settings.kafka, settings.topics
    lease = Lease(kafka, topics.leases, topics.poller_group, incarnation=settings.incarnation)
    watchdog = Watchdog()
    with ExitStack() as cleanup:
        cleanup.enter_context(watchdog.watch(lease))
        if not lease.acquire(stop):
            lease.release()
            return
        cleanup.callback(lease.release)
        by_object = {what.name: (beside or {}).get(what.name, source) for what in settings.objects}
        sources = tuple({id(one): one for one in (source, *by_object.values())}.values())
        for one in sources:
            cleanup.callback(one.close)
        epochs = require_epochs(kafka, topics, settings.codec)
        for one in sources:
            one.reading()  # the settings' faults show here, before anything is begun
        tables = KnownTables(settings.work)
        cleanup.callback(tables.close)
        pollers = _pollers(settings, by_object, metrics, tables, epochs.run, watchdog)
        signals = KafkaSignals(
            kafka, topics, settings.codec, min((poller.position.control for poller in pollers), default=0)
        )
        cleanup.callback(signals.close)
        behind = downstream() if downstream else KafkaDownstream(kafka, topics)
        shared = Shared(signals)
        rounds = [
            Rounds(
                [poller for poller in pollers if by_object[poller.what.name] is one],
                one,
                behind,
                shared.reader(),
                settings,
                metrics,
                system=topics.system if one is source else f"{topics.system} beside",
                clock=now,
                monotonic=time.monotonic,
            )
            for one in sources
        ]
        log.info("%s: %d objects are being captured", topics.system, len(pollers))
        while not stop.is_set():
            lease.check()
            stop.wait(min([each.round() for each in rounds]))


def _with_files(settings: PollerSettings, source: Source, what: SourceObject, publisher: Publisher) -> Publisher:
    """Raises SourceError where files lie in a column and there is no directory to store them in."""
    if not what.blobs:
        return publisher
    if settings.documents_root is None or not isinstance(source, BlobReader):
        raise SourceError(
            f"{what.name}: the mapping takes files out of {', '.join(what.blobs)}, which needs a database as the source"
            " and a directory to store them in: set `documents`, the same for poller and sink"
        )
    return BlobPublisher(publisher, source, what, Blobs(settings.documents_root))


def _pollers(
    settings: PollerSettings,
    sources: Mapping[str, Source],
    metrics: ProducerMetrics,
    tables: KnownTables,
    run: int,
    watchdog: Watchdog,
) -> Sequence[Poller]:
    """Every object's producer first: that ends what a predecessor left open. Only then what it left is read."""
    kafka, topics, codec = settings.kafka, settings.topics, settings.codec
    objects = parents_first(settings.objects)
    with ThreadPoolExecutor(max(1, len(objects))) as pool:
        publishers = list(pool.map(lambda what: KafkaPublisher(kafka, topics, codec, what.name, watchdog), objects))
    positions = read_positions(kafka, topics, codec)
    letters = read_letters(kafka, topics)
    pollers = []
    for what, kafka_publisher in zip(objects, publishers, strict=True):
        position = positions.get(what.name) or Position(run=run)
        followed: Publisher = kafka_publisher
        for views in {id(one): one for one in sources.values() if isinstance(one, Views)}.values():
            if what.name in views.inputs:
                views.load(kafka, topics, codec, what.name, whole=position.snapshot.done)
                followed = FollowedPublisher(followed, views, what.name)
        publisher = _with_files(settings, sources[what.name], what, followed)
        known = tables.table()
        read_known(known, kafka, topics, codec, what.name, position.run, position.snapshot.since)
        pollers.append(
            Poller(
                what,
                topics.system,
                sources[what.name],
                publisher,
                known,
                position,
                settings,
                metrics,
                letters.get(what.name),
                clock=now,
                monotonic=time.monotonic,
            )
        )
    return pollers
