"""The sink of the adversarial world, and what is counted of it."""

import heapq
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace

from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.broker import KafkaSettings, consumer, producer
from schemas.codec import Codec
from schemas.keys import partition_of, split_token, twenty_id
from schemas.records import (
    Alias,
    Identity,
    IdentityState,
    Lift,
    Outcome,
    Part,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from tests.chaos.hold_worker import PARTITIONS, SYSTEM, world_topics

ABORTED = -1
"""Content number of what was published in transactions that were aborted: it must reach nobody."""


@dataclass(slots=True)
class Row:
    """What the sink holds of a record."""

    version: Version
    deleted: bool
    links: dict[str, str | None]
    part: Part | None
    n: object = None
    links_at: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    seed: int
    workers: int
    events: int = 0
    units: int = 0
    kills: int = 0
    stops: int = 0
    ended_themselves: int = 0
    repeats: int = 0
    patches: int = 0
    returns: int = 0
    lifts: int = 0
    missing: int = 0
    stale: int = 0
    unaccounted: int = 0
    soft_missing: int = 0
    wrong: list[str] = field(default_factory=list)
    parked: int = 0
    parked_wrongly: int = 0
    owed: int = 0
    seconds: float = 0.0
    prefix: str = ""

    @property
    def sound(self) -> bool:
        return not (
            self.missing or self.stale or self.unaccounted or self.soft_missing or self.wrong or self.parked_wrongly
        )


class Sink:
    """Stands in for the real one: the version fence, identities and aliases after a while, parents that go away."""

    def __init__(self, kafka: KafkaSettings, prefix: str, chance: random.Random, report: Report) -> None:
        self.topics = world_topics(prefix)
        self.rows: dict[str, Row] = {}
        self.units: set[Unit] = set()
        self.parked: set[str] = set()
        self.moved_at = time.monotonic()
        self._codec = Codec()
        self._chance = chance
        self._report = report
        self._patches: defaultdict[str, list[Write]] = defaultdict(list)
        self._away: dict[str, float] = {}
        self._due: list[tuple[float, int, str, Version, tuple[str, int, int]]] = []
        self._number = 0
        self._positions: dict[tuple[str, int], int] = {}
        self._open: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self._next_commit = 0.0
        self._identities: dict[str, Identity] = {}
        self._producer: Producer = producer(kafka, transactional_id=f"{prefix}.sink")
        self._producer.init_transactions(30)
        self._consumer: Consumer = consumer(kafka, self.topics.sink_group)
        lanes = (self.topics.live, self.topics.bulk)
        self._consumer.assign([TopicPartition(lane, n, 0) for lane in lanes for n in range(PARTITIONS)])

    def turn(self) -> None:
        for message in self._consumer.consume(2000, 0.05):
            if message.error() is not None:
                continue
            lane, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
            self._positions[lane, partition] = offset + 1
            record = self._codec.decode(message.value() or b"")
            if isinstance(record, Write):
                self._write(record, (lane, partition, offset))
            elif isinstance(record, Verdict):
                self.units.add(record.unit)
                if record.outcome is Outcome.PARKED:
                    self.parked.add(record.key)
            elif isinstance(record, Lift):
                self._report.lifts += 1
        self._publish()
        self._commit()

    def close(self) -> None:
        self._consumer.close()

    # -- what arrives

    def _write(self, write: Write, place: tuple[str, int, int]) -> None:
        self.units.add(write.unit)
        row = self.rows.get(write.key)
        if write.kind is WriteKind.PATCH:
            self._report.patches += 1
            if row is None or write.version > row.version:
                self._patches[write.key].append(write)
            elif write.version == row.version:
                self._link(row, write)
            return
        if row is not None and write.version <= row.version:
            self._report.repeats += 1
            if write.version == row.version and not row.deleted:
                self._link(row, write)
            return
        gone = self._missing_parents(write)
        if gone:
            self._return(write, gone)
            return
        self.moved_at = time.monotonic()
        part = write.parts[0] if write.parts else None
        self._check(write)
        self.rows[write.key] = Row(
            write.version, write.kind is WriteKind.DELETE, {}, part, part.fields.get("n") if part else None
        )
        self._link(self.rows[write.key], write)
        for patch in self._patches.pop(write.key, []):
            if patch.version == write.version:
                self._link(self.rows[write.key], patch)
        delay = 0.0 if self._chance.random() < 0.5 else self._chance.random() * 1.5
        self._number += 1
        heapq.heappush(self._due, (time.monotonic() + delay, self._number, write.key, write.version, place))
        self._open[place[0], place[1]].add(place[2])

    def _check(self, write: Write) -> None:
        for part in write.parts:
            if part.fields.get("n") == ABORTED:
                self._report.wrong.append(f"an aborted change came through: {write.key}")
            for link in part.links:
                key, _ = split_token(link.token)
                if link.required and link.twenty_id is None:
                    self._report.wrong.append(f"{write.key} left without {link.token!r}")
                if link.twenty_id is not None and "/@" not in key and link.twenty_id != twenty_id(key, ""):
                    self._report.wrong.append(f"{write.key} has a wrong id in {link.field}")

    def _link(self, row: Row, write: Write) -> None:
        for part in write.parts:
            for link in part.links:
                if link.twenty_id is not None and link.at >= row.links_at.get(link.field, -1):
                    row.links[link.field] = link.twenty_id
                    row.links_at[link.field] = link.at
        self.moved_at = time.monotonic()

    def _missing_parents(self, write: Write) -> set[str]:
        now = time.monotonic()
        return {
            link.token
            for part in write.parts
            for link in part.links
            if link.required and self._away.get(split_token(link.token)[0], 0) > now
        }

    def _return(self, write: Write, gone: set[str]) -> None:
        """A parent is gone: the write goes back with that reference open again."""
        self._report.returns += 1
        parts = tuple(
            Part(
                part.name,
                part.target,
                part.mode,
                part.fields,
                links=tuple(replace(link, twenty_id=None) if link.token in gone else link for link in part.links),
                aliases=part.aliases,
                content_hash=part.content_hash,
            )
            for part in write.parts
        )
        back = Write(
            write.key, write.kind, write.version, write.unit, parts, write.source_changed_at, write.captured_at
        )
        self._producer.begin_transaction()
        for token in gone:
            parent = self._identities[split_token(token)[0]]
            found = Identity(parent.key, "", "thing", parent.twenty_id, parent.version, IdentityState.DELETED)
            self._produce(self.topics.identities, token, parent.key, self._codec.encode(found))
        self._produce(self.topics.returns, write.key, write.key, self._codec.encode(back))
        self._producer.commit_transaction(30)

    def _produce(self, topic: str, name: str, key: str, data: bytes) -> None:
        self._producer.produce(topic, key=name, value=data, partition=partition_of(key, PARTITIONS))

    # -- what it says of it

    def _publish(self) -> None:
        now = time.monotonic()
        entries: list[Identity | Alias] = []
        done: list[tuple[str, int, int]] = []
        for key, until in list(self._away.items()):
            if until <= now:
                del self._away[key]
                entries.append(self._identities[key])
        while self._due and self._due[0][0] <= now:
            _, _, key, version, place = heapq.heappop(self._due)
            done.append(place)
            row = self.rows[key]
            if row.version != version:
                continue
            state = IdentityState.DELETED if row.deleted else IdentityState.LIVE
            identity = Identity(key, "", "thing", twenty_id(key, ""), version, state)
            before = self._identities.get(key)
            self._identities[key] = identity
            if self._away.get(key, 0) <= now:
                entries.append(identity)
            aliases = row.part.aliases if row.part else ()
            for alias in set(aliases) | set(before.aliases if before else ()):
                entries.append(Alias(alias, key, "", identity.twenty_id, version, alias in aliases))
            self._identities[key] = Identity(key, "", "thing", identity.twenty_id, version, state, aliases=aliases)
            if state is IdentityState.LIVE and key.startswith(f"{SYSTEM}/parent/") and self._chance.random() < 0.02:
                # somebody deletes it in Twenty: nobody here knows until a write that refers to it is refused
                self._away[key] = now + 1 + self._chance.random()
        if entries:
            if self._chance.random() < 0.05:
                self._send(entries, commit=False)
            self._send(entries, commit=True)
        for lane, partition, offset in done:
            self._open[lane, partition].discard(offset)

    def _send(self, entries: list[Identity | Alias], *, commit: bool) -> None:
        self._producer.begin_transaction()
        for entry in entries:
            if isinstance(entry, Alias):
                name = f"{entry.alias}\0{entry.key}\0{entry.part}"
                self._produce(self.topics.identities, name, entry.alias, self._codec.encode(entry))
                continue
            if not commit:
                entry = Identity(entry.key, "", "thing", "aborted", entry.version, entry.state)
            self._produce(self.topics.identities, f"{entry.key}\0", entry.key, self._codec.encode(entry))
        if commit:
            self._producer.commit_transaction(30)
        else:
            self._producer.flush(10)
            self._producer.abort_transaction(30)

    def _commit(self) -> None:
        """Commits what has its identity: parking looks at it."""
        now = time.monotonic()
        if now < self._next_commit or not self._positions:
            return
        self._next_commit = now + 0.5
        offsets = [
            TopicPartition(lane, partition, min(self._open[lane, partition], default=position))
            for (lane, partition), position in self._positions.items()
        ]
        self._consumer.commit(offsets=offsets, asynchronous=False)
