"""The sender with everything around it in memory: topics as lists, a Twenty that refuses what a test says."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from schemas.codec import Codec
from schemas.conversion import Record
from schemas.edits import EditPolicies
from schemas.records import AuditEvent, Control, Identity, Lift, Outcome, Unit, Verdict, Write
from schemas.topics import Topics
from sinks.attachments import Attachments
from sinks.audit import Chains
from sinks.book import Book
from sinks.budget import Budget
from sinks.catalogue import Catalogue
from sinks.conflicts import Conflicts
from sinks.decisions import Decisions
from sinks.flow import Flow
from sinks.gateway import Gateway
from sinks.guard import Guard
from sinks.inbox import CaughtUp, Received
from sinks.intake import Intake
from sinks.lanes import Lanes
from sinks.outbox import Outbox
from sinks.pending import Lane, Position
from sinks.sender import Sender
from sinks.side_effects import SideEffects
from sinks.sweep import Sweep
from sinks.timetable import Load
from sinks.twenty.client import Page
from sinks.twenty.errors import Kind, Refusal, TwentyError
from sinks.watch import Watch
from sinks.webhook import Hints
from tests.unit.sinks.values import CATALOGUE

TOPICS = Topics("t", "s", ("patient", "visit", "note", "contact", "merge"), 1)

Rule = Callable[[dict[str, Any]], Refusal | None]


def refusal(kind: Kind, *, recognised: bool = True) -> Refusal:
    return Refusal(kind, f"told to: {kind}", 400, recognised=recognised)


class FakeTwenty:
    """Rows by id. ``rule`` condemns a record, ``outage`` a whole call; both are asked before anything is written."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.writes = self.lose_answers = 0
        self.hooks: list[dict[str, Any]] = []
        self.calls: list[tuple[str, int]] = []
        self.rule: Rule = lambda _: None
        self.outage: Callable[[], Refusal | None] = lambda: None
        self.answers: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda rows: rows

    def create_batch(self, plural: str, records: Sequence[dict[str, Any]], upsert: bool) -> list[dict[str, Any]]:
        self._ask("upsert" if upsert else "create", records)
        for record in records:
            now = self._now()
            self.rows[record["id"]] = {**self.rows.get(record["id"], {"createdAt": now}), **record, "updatedAt": now}
        if self.lose_answers:
            self.lose_answers -= 1
            raise TwentyError("write", Refusal(Kind.UNKNOWN_OUTCOME, "told to", None, recognised=True))
        return self.answers([self.rows[record["id"]] for record in records])

    def update_many(self, plural: str, ids: Sequence[str], fields: dict[str, Any]) -> list[dict[str, Any]]:
        self._ask("update", [{"id": row} for row in ids])
        for row in ids:
            self.rows[row] |= {**fields, "updatedAt": self._now()}
        return [self.rows[row] for row in ids]

    def delete_many(self, plural: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        self._ask("delete", [{"id": row} for row in ids])
        return [self.rows.pop(row, {"id": row}) for row in ids]

    def read_ids(self, plural: str, ids: Sequence[str], *, trashed: bool) -> list[dict[str, Any]]:
        self._ask("read", [])
        return [self.rows[row] for row in ids if row in self.rows]

    def find(
        self, plural: str, field: str, values: Sequence[str], trashed: bool, select: object
    ) -> list[dict[str, Any]]:
        self._ask("find", [])
        return []

    def list_page(self, plural: str, *, limit: int, after: str | None) -> Page:
        self._ask("list", [])
        return Page([], None, False, 0)

    def newest_update(self, plural: str, since: datetime) -> datetime | None:
        self._ask("sweep", [])
        times = [datetime.fromisoformat(row["updatedAt"]) for row in self.rows.values()]
        return max((at for at in times if at >= since), default=None)

    def updated_between(self, plural: str, since: datetime, before: datetime, after: str | None) -> Page:
        self._ask("sweep", [])
        times = {name: datetime.fromisoformat(row["updatedAt"]) for name, row in self.rows.items()}
        found = [self.rows[name] for name in sorted(times) if since <= times[name] < before]
        return Page(found, None, False, len(found))

    def webhooks(self) -> list[dict[str, Any]]:
        return self.hooks

    def edit(self, row: str, **values: Any) -> None:
        """A person changes a row."""
        self.rows[row] |= {**values, "updatedAt": self._now()}

    def _now(self) -> str:
        """Every write has its own time."""
        self.writes += 1
        return (datetime(2026, 1, 2, tzinfo=UTC) + timedelta(milliseconds=self.writes)).isoformat()

    def _ask(self, operation: str, records: Sequence[dict[str, Any]]) -> None:
        self.calls.append((operation, len(records)))
        told = self.outage() or next((no for record in records if (no := self.rule(record))), None)
        if told is not None:
            raise TwentyError(operation, told)

    def sent(self, *operations: str) -> list[int]:
        return [size for operation, size in self.calls if operation in operations]


class FakeKafka:
    """Both ends: the inbox that the sender reads and the producer that it commits with."""

    def __init__(self) -> None:
        self.codec = Codec()
        self.lanes: dict[Lane, list[tuple[str, bytes]]] = {Lane.LIVE: [], Lane.BULK: []}
        self.read = {Lane.LIVE: 0, Lane.BULK: 0}
        self.messages: list[tuple[str, str, bytes]] = []
        self.open: list[tuple[str, str, bytes]] = []
        self.offsets: dict[str, int] = {}
        self.idle: Callable[[float], None] = lambda _: None
        """Told how long the sender waits when nothing has come."""

    def publish(self, *records: Write | Lift | Verdict, lane: Lane = Lane.LIVE) -> None:
        self.lanes[lane] += [(record.key, self.codec.encode(record)) for record in records]

    def live(self, limit: int, timeout: float) -> list[Received]:
        if self.read[Lane.LIVE] == len(self.lanes[Lane.LIVE]):
            self.idle(timeout)
        return [self._body(Lane.LIVE, offset) for offset in self._next(Lane.LIVE)]

    def bulk(self, limit: int) -> list[Received | CaughtUp]:
        found: list[Received | CaughtUp] = [self._body(Lane.BULK, offset) for offset in self._next(Lane.BULK)]
        return [*found, CaughtUp(0, len(self.lanes[Lane.BULK]))]

    def bulk_end(self, partition: int) -> int:
        return len(self.lanes[Lane.BULK])

    def bodies(self, positions: Iterable[Position]) -> list[Received]:
        return [self._body(position.lane, position.offset) for position in positions]

    def position(self, unit: Unit) -> Position:
        return Position(Lane.LIVE if unit.topic == TOPICS.live else Lane.BULK, unit.partition, unit.offset)

    def _next(self, lane: Lane) -> range:
        start, self.read[lane] = self.read[lane], len(self.lanes[lane])
        return range(start, self.read[lane])

    def _body(self, lane: Lane, offset: int) -> Received:
        key, raw = self.lanes[lane][offset]
        return Received(Position(lane, 0, offset), key, raw)

    def begin_transaction(self) -> None:
        self.open = []

    def produce(self, topic: str, value: bytes, key: str, partition: int, *, headers: object) -> None:
        self.open.append((topic, key, value))

    def send_offsets_to_transaction(self, offsets: list[Any], group: object, timeout: float) -> None:
        self.offsets |= {one.topic: one.offset for one in offsets}

    def commit_transaction(self, timeout: float) -> None:
        self.messages += self.open
        self.lanes[Lane.LIVE] += [(key, value) for topic, key, value in self.open if topic == TOPICS.live]

    def records(self, topic: str) -> list[Record]:
        return [self.codec.decode(value) for where, _, value in self.messages if where == topic]


class FakeLease:
    def fresh(self) -> bool:
        return True

    def check(self) -> None:
        pass

    def group_metadata(self) -> object:
        return None


class Bench:
    """A sender to turn by hand. Time passes only between turns. With the ``twenty`` and ``kafka`` of one that has died
    it goes on from what was committed."""

    def __init__(
        self,
        catalogue: Catalogue = CATALOGUE,
        *,
        brake: int = 1000,
        batch: int = 60,
        budget: Budget | None = None,
        policies: EditPolicies | None = None,
        synced: tuple[str, ...] = (),
        edits_seconds: float = float("inf"),
        twenty: FakeTwenty | None = None,
        kafka: FakeKafka | None = None,
    ) -> None:
        self.twenty = twenty or FakeTwenty()
        self.kafka = kafka or FakeKafka()
        self.book = book = Book(self.identities())
        self.catalogue = dict(catalogue)
        self.now = 0.0
        self.hours: Callable[[], frozenset[Load]] = lambda: frozenset()
        self.wall = datetime(2026, 1, 1, tzinfo=UTC)
        self.hints = Hints()
        self.signals: list[Control] = []
        self.reasons: list[str] = []
        self.swept: dict[str, datetime] = {}
        codec = self.kafka.codec
        fake: Any = self.kafka
        lease = FakeLease()
        outbox = Outbox(fake, TOPICS, codec, Chains())
        lanes = Lanes(book.newest, book.covers, self.kafka.bulk_end)
        for lane, topic in ((Lane.LIVE, TOPICS.live), (Lane.BULK, TOPICS.bulk)):
            self.kafka.read[lane] = self.kafka.offsets.get(topic, 0)
            lanes.start(lane, 0, self.kafka.read[lane], len(self.kafka.lanes[lane]))
        outbox.started_at(lanes.committable())
        decisions = Decisions(book, outbox, codec, TOPICS, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        decisions.reconcile_mergers()
        client: Any = self.twenty
        gateway = Gateway(budget or Budget(None, 60.0, 0, 0.0), lease, _Event(self), lambda: self.now)
        intake = Intake(fake, lanes, decisions, codec)
        flow = Flow(batch, random.Random(1), lambda: self.hours())
        conflicts = Conflicts(book, decisions, intake)
        policies = policies or {}
        self.watch = Watch(
            Guard(client, gateway, book, decisions, conflicts, policies, lanes, flow, lambda: self.now),
            Sweep(
                client, gateway, book, conflicts, policies, lanes.busy,
                lambda name, until: self.swept.update({name: until}), lambda: self.now, edits_seconds, {},
            ),
            SideEffects(client, gateway, synced, (), lambda: self.now),
            conflicts, self.hints, self, lambda: True, flow, self.reasons.append, lambda: self.now,
        )  # fmt: skip
        self.sender = Sender(
            client=client,
            discover=lambda: dict(self.catalogue),
            gateway=gateway,
            intake=intake,
            outbox=outbox,
            lanes=lanes,
            book=book,
            decisions=decisions,
            attachments=Attachments(Path(), httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404)))),
            lease=lease,
            clock=lambda: self.now,
            flow=flow,
            dead_letters_per_minute=brake,
            members_seconds=60.0,
            watch=self.watch,
        )

    def new(self) -> list[Control]:
        """The signals that the sink has not heard yet."""
        heard, self.signals = self.signals, []
        return heard

    def turn(self, times: int = 200, seconds: float = 1.0) -> None:
        for _ in range(times):
            self.sender.turn(0.0)
            self.now += seconds

    def outcomes(self, key: str) -> list[Outcome]:
        return [event.outcome for event in self.events() if event.key == key]

    def outcomes_of(self, outcome: Outcome) -> list[AuditEvent]:
        return [event for event in self.events() if event.outcome is outcome]

    def events(self) -> list[AuditEvent]:
        return [record for record in self.kafka.records(TOPICS.audit) if isinstance(record, AuditEvent)]

    def identities(self) -> list[Identity]:
        return [record for record in self.kafka.records(TOPICS.identities) if isinstance(record, Identity)]


class _Event(threading.Event):
    """Waiting moves the bench's clock."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench

    def wait(self, timeout: float | None = None) -> bool:
        self._bench.now += timeout or 0.0
        return self.is_set()
