"""The sink as a process: take the lease, catch up, write until told to stop."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from schemas.broker import KafkaSettings, committed_offsets, end_offsets, producer, read_to_end
from schemas.codec import Codec
from schemas.edits import EditPolicies
from schemas.lease import SESSION_SECONDS, Lease
from schemas.records import Checkpoint, Control
from schemas.topics import Topics
from schemas.watchdog import Watchdog
from sinks import metrics
from sinks.attachments import Attachments
from sinks.audit import Chains, read_heads
from sinks.book import Book
from sinks.budget import Budget
from sinks.catalogue import catalogue
from sinks.conflicts import Conflicts
from sinks.decisions import Decisions
from sinks.flow import Flow
from sinks.gateway import Gateway, StoppingError
from sinks.guard import Guard
from sinks.inbox import Inbox
from sinks.intake import Intake
from sinks.lanes import Lanes
from sinks.outbox import Outbox
from sinks.owners import owned
from sinks.pending import Lane
from sinks.sender import Sender
from sinks.side_effects import SideEffects
from sinks.signals import WAITING, KafkaSignals
from sinks.standby import StandBy
from sinks.sweep import SWEEP, SWEEP_FORMAT, Sweep, swept_until
from sinks.timetable import ALWAYS, Timetable
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.watch import Watch
from sinks.webhook import Hints, listening

log = logging.getLogger("dualrun.sink")

_PATIENCE = 0.05
_INIT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """One sink process.

    workspace: its name, which is also the transactional id, so an older sender is fenced. limit: requests per
    ``window`` seconds that Twenty grants, None where it does not ration; reserve: how many other integrations may
    send meanwhile. timetable: when bulk and uploads may go. batch: records per request. request_timeout: seconds.
    documents_root: where ``file:`` locators lead. members_seconds: how often the members are read while somebody
    without an account is awaited. owners: Twenty object -> its relation to the member who answers for a record;
    fallback_owner: e-mail of who does where nobody is known. ended_file: lists, one a line, incarnations that the
    supervisor saw end. incarnation: this process's own.
    policies: who wins where somebody edits in Twenty; edits_seconds: how often the sweep begins. webhook_listen:
    ``host:port`` for Twenty's webhooks, signed with ``webhook_secret``; none where it is empty. synced: Twenty objects
    whose workflows and webhooks must be off before anything is written, or be among ``acknowledged`` (ids).
    """

    kafka: KafkaSettings
    topics: Topics
    workspace: str
    twenty_url: str
    twenty_key: str
    limit: int | None = 100
    window: float = 60.0
    reserve: int = 0
    timetable: Timetable = ALWAYS
    batch: int = 60
    documents_root: Path | None = None
    request_timeout: float = 30.0
    ended_file: Path | None = None
    incarnation: str | None = None
    session_seconds: float = SESSION_SECONDS
    dead_letters_per_minute: int = 20
    members_seconds: float = 60.0
    owners: Mapping[str, str] = field(default_factory=dict)
    fallback_owner: str = ""
    policies: EditPolicies = field(default_factory=dict)
    edits_seconds: float = 60.0
    webhook_listen: str = ""
    webhook_secret: str = ""
    synced: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()


def run(settings: SinkSettings, stop: threading.Event) -> None:
    """Blocks until ``stop`` is set, first as a stand-by. Raises LeaseLostError or KafkaException: end the process."""
    metrics.health("standby")
    lease = Lease(
        settings.kafka,
        settings.topics.leases,
        settings.topics.sink_group,
        incarnation=settings.incarnation,
        session_seconds=settings.session_seconds,
    )
    watchdog = Watchdog()
    codec = Codec()
    standby = StandBy(settings.kafka, settings.topics, codec)
    released = False
    with watchdog.watch(lease):
        try:
            standby.start()
            if lease.acquire(stop):
                log.info("the sink is active, incarnation %s", lease.incarnation)
                _send(settings, lease, watchdog, standby, codec, stop)
            lease.release()
            released = True
        finally:
            standby.stop()
            if not released:
                lease.abandon()


def _send(
    settings: SinkSettings, lease: Lease, watchdog: Watchdog, standby: StandBy, codec: Codec, stop: threading.Event
) -> None:
    # fences every older sender's transactions before anything is read
    outgoing = producer(settings.kafka, transactional_id=settings.workspace)
    outgoing.init_transactions(_INIT_TIMEOUT)
    wait = _hand_over_seconds(settings, lease)
    if wait:
        log.info("the predecessor may still have a request in flight: waiting %.1f s", wait)
        if stop.wait(wait):
            return
    topics = settings.topics
    book = standby.take_over()
    log.info("%d identities read", len(book))
    offsets = start_offsets(settings.kafka, topics)
    inbox = Inbox(settings.kafka, topics, offsets)
    try:
        with (
            httpx.Client(timeout=settings.request_timeout) as http,
            TwentyClient(settings.twenty_url, settings.twenty_key, timeout=settings.request_timeout) as client,
            contextlib.ExitStack() as closing,
        ):
            chains = Chains(read_heads(settings.kafka, settings.topics.audit, settings.topics.partitions, codec))
            outbox = Outbox(outgoing, settings.topics, codec, chains, watchdog)
            outbox.started_at(offsets)
            hints = Hints()
            if settings.webhook_listen:
                url = closing.enter_context(listening(settings.webhook_listen, settings.webhook_secret, hints))
                log.info("webhooks of Twenty are received at %s", url)
            signals = closing.enter_context(contextlib.closing(KafkaSignals(settings.kafka, topics, codec)))
            sender = _sender(settings, lease, stop, codec, book, offsets, inbox, outbox, client, http, hints, signals)
            while not stop.is_set():
                lease.check()
                sender.turn(_PATIENCE)
            sender.finish()
    except StoppingError:
        sender.finish()
    finally:
        inbox.close()


def _sender(
    settings: SinkSettings,
    lease: Lease,
    stop: threading.Event,
    codec: Codec,
    book: Book,
    offsets: Mapping[tuple[Lane, int], int],
    inbox: Inbox,
    outbox: Outbox,
    client: TwentyClient,
    http: httpx.Client,
    hints: Hints,
    signals: KafkaSignals,
) -> Sender:
    topics = settings.topics
    lanes = Lanes(book.newest, book.covers, inbox.bulk_end)
    ends = end_offsets(settings.kafka, (topics.live, topics.bulk), topics.partitions)
    for (lane, partition), offset in offsets.items():
        topic = topics.live if lane is Lane.LIVE else topics.bulk
        lanes.start(lane, partition, offset, ends[topic, partition])
    budget = Budget(settings.limit, settings.window, settings.reserve, time.monotonic())
    decisions = Decisions(book, outbox, codec, topics, lambda: datetime.now(UTC))
    decisions.reconcile_mergers()
    chance = random.SystemRandom()
    gateway = Gateway(budget, lease, stop, time.monotonic, chance)
    intake = Intake(inbox, lanes, decisions, codec)
    flow = Flow(settings.batch, chance, lambda: settings.timetable.closed(datetime.now(UTC)))
    conflicts = Conflicts(book, decisions, intake)
    clock = time.monotonic
    guard = Guard(client, gateway, book, decisions, conflicts, settings.policies, lanes, flow, clock)
    swept = read_swept(settings.kafka, topics, codec)
    sweep = Sweep(
        client, gateway, book, conflicts, settings.policies, lanes.busy,
        lambda name, until: outbox.checkpoint(swept_until(name, until, datetime.now(UTC))),
        clock, settings.edits_seconds, swept,
    )  # fmt: skip
    side_effects = SideEffects(client, gateway, settings.synced, settings.acknowledged, clock)
    watch = Watch(
        guard, sweep, side_effects, conflicts, hints, signals, inbox.replayed, flow,
        lambda reason: outbox.signal(Control(WAITING, "sink", {"reason": reason}, datetime.now(UTC))), clock,
    )  # fmt: skip
    return Sender(
        client=client,
        discover=lambda: owned(catalogue(discover(client)), settings.owners, settings.fallback_owner, client.members),
        gateway=gateway,
        intake=intake,
        outbox=outbox,
        lanes=lanes,
        book=book,
        decisions=decisions,
        attachments=Attachments(settings.documents_root, http),
        lease=lease,
        clock=clock,
        flow=flow,
        dead_letters_per_minute=settings.dead_letters_per_minute,
        members_seconds=settings.members_seconds,
        watch=watch,
    )


def _hand_over_seconds(settings: SinkSettings, lease: Lease) -> float:
    """How long a request of the predecessor may still be under way: HTTP knows no fencing."""
    before = lease.predecessor
    if before is None or before.released or before.incarnation in _ended(settings.ended_file):
        return 0.0
    return settings.session_seconds / 2 + settings.request_timeout


def _ended(path: Path | None) -> set[str]:
    if path is None or not path.exists():
        return set()
    return set(path.read_text().split())


def read_swept(kafka: KafkaSettings, topics: Topics, codec: Codec) -> dict[str, datetime]:
    """Up to when each Twenty object was swept for edits."""
    found = {}
    for message in read_to_end(kafka, topics.checkpoints, [0]):
        value = message.value()
        record = codec.decode(value) if value else None
        if isinstance(record, Checkpoint) and record.source == SWEEP and record.format == SWEEP_FORMAT:
            found[record.object] = datetime.fromisoformat(record.position["until"])
    return found


def start_offsets(kafka: KafkaSettings, topics: Topics) -> dict[tuple[Lane, int], int]:
    """Where each lane goes on, from the group's committed offsets."""
    committed = committed_offsets(kafka, topics.sink_group, (topics.live, topics.bulk), topics.partitions)
    return {
        (Lane.LIVE if topic == topics.live else Lane.BULK, partition): offset
        for (topic, partition), offset in committed.items()
    }
