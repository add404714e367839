"""Hold among adversaries, on a real broker: random interleaving, aborted transactions, kill -9, SIGSTOP, two workers.

``python -m tests.chaos.hold_world --bootstrap HOST:PORT --seeds 1-20`` runs a seed after the other and prints a line of
figures for each; it ends with code 1 where one of them is not what it must be.
"""

import argparse
import heapq
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from processors.obligations import Kind, read_obligations
from schemas.broker import KafkaSettings, consumer, producer, read_to_end
from schemas.codec import Codec
from schemas.control import prepare_topics
from schemas.keys import partition_of, split_token, twenty_id
from schemas.records import (
    Alias,
    Checkpoint,
    Identity,
    IdentityState,
    Lift,
    Link,
    Operation,
    Outcome,
    Part,
    RecordChange,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from tests.chaos.hold_plan import Plan, make_plan
from tests.chaos.hold_worker import OBJECTS, PARTITIONS, SYSTEM, world_topics

ABORTED = -1
"""Content number of what was published in transactions that were aborted: it must reach nobody."""

STOP_SECONDS = 8.0
"""Longer than the session, so that the group gives the partitions of a stopped worker to the other."""


@dataclass(slots=True)
class Row:
    """What the sink holds of a record."""

    version: Version
    deleted: bool
    links: dict[str, str | None]
    part: Part | None
    n: object = None


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
        links = {link.field: link.twenty_id for link in part.links} if part else {}
        self.rows[write.key] = Row(
            write.version, write.kind is WriteKind.DELETE, links, part, part.fields.get("n") if part else None
        )
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
                if link.twenty_id is not None:
                    row.links[link.field] = link.twenty_id
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
                links=tuple(
                    Link(link.field, link.token, link.required, None if link.token in gone else link.twenty_id)
                    for link in part.links
                ),
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


class Feeder:
    """Publishes the plan as producers do: a transaction per step and source object, some of them aborted."""

    def __init__(self, kafka: KafkaSettings, prefix: str, plan: Plan, chance: random.Random, seconds: float) -> None:
        self._topics = world_topics(prefix)
        self._codec = Codec()
        self._plan = plan
        self._chance = chance
        self._seconds = seconds
        self._started = time.monotonic()
        self.fed = 0
        self._producers: dict[str, Producer] = {}
        for name in OBJECTS:
            self._producers[name] = producer(kafka, transactional_id=f"{prefix}.{name}")
            self._producers[name].init_transactions(30)

    @property
    def done(self) -> bool:
        return self.fed == len(self._plan.steps)

    def turn(self) -> None:
        steps = self._plan.steps
        until = min(len(steps), int(len(steps) * (time.monotonic() - self._started) / self._seconds))
        if self.fed >= until:
            return
        changes: defaultdict[str, list[RecordChange]] = defaultdict(list)
        for step in steps[self.fed : until]:
            changes[step.change.object].append(step.change)
        for name, batch in changes.items():
            if self._chance.random() < 0.1:
                self._transaction(name, [_aborted(change) for change in batch], commit=False)
            self._transaction(name, batch, commit=True)
        self.fed = until
        if self.done:
            self._finish()

    def _transaction(self, name: str, batch: list[RecordChange], *, commit: bool) -> None:
        client, topic = self._producers[name], self._topics.cdc(name)
        client.begin_transaction()
        for change in batch:
            client.produce(topic, key=change.key, value=self._codec.encode(change))
        if commit:
            if self._chance.random() < 0.02:
                client.produce(topic, key=batch[0].key, value=b"no record of ours")
            client.commit_transaction(30)
        else:
            client.flush(10)
            client.abort_transaction(30)

    def _finish(self) -> None:
        for name in OBJECTS:
            client = self._producers[name]
            done = Checkpoint(SYSTEM, name, 1, {"snapshot": {"state": "done"}}, datetime.now(UTC))
            client.begin_transaction()
            client.produce(self._topics.checkpoints, key=name, value=self._codec.encode(done))
            client.commit_transaction(30)


def _aborted(change: RecordChange) -> RecordChange:
    return RecordChange(
        change.system,
        change.object,
        change.record_id,
        Operation.UPSERT,
        {"n": ABORTED},
        change.captured_at,
        change.source_changed_at,
    )


class Fleet:
    """The workers, and what is done to them."""

    def __init__(self, command: list[str], directory: Path, count: int, report: Report) -> None:
        self._command = command
        self._directory = directory
        self._report = report
        self._workers = [self._start(n) for n in range(count)]
        self._stopped: tuple[int, float] | None = None

    def _start(self, n: int) -> subprocess.Popen[bytes]:
        place = self._directory / f"worker-{n}"
        with (self._directory / f"worker-{n}.log").open("ab") as log:
            command = [part.format(instance=f"w{n}", directory=place) for part in self._command]
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    @property
    def calm(self) -> bool:
        return self._stopped is None

    def strike(self, chance: random.Random, stop_share: float) -> None:
        n = chance.randrange(len(self._workers))
        if chance.random() < stop_share:
            self._workers[n].send_signal(signal.SIGSTOP)
            self._stopped = (n, time.monotonic() + STOP_SECONDS)
            self._report.stops += 1
        else:
            self._workers[n].kill()
            self._workers[n].wait()
            self._report.kills += 1
            self._workers[n] = self._start(n)

    def turn(self) -> None:
        if self._stopped is not None and time.monotonic() > self._stopped[1]:
            self._workers[self._stopped[0]].send_signal(signal.SIGCONT)
            self._stopped = None
        for n, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self._report.ended_themselves += 1
                self._workers[n] = self._start(n)

    def close(self) -> list[int]:
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        codes = []
        for worker in self._workers:
            try:
                codes.append(worker.wait(10))
            except subprocess.TimeoutExpired:
                worker.kill()
                codes.append(worker.wait())
        return codes


def run_world(
    bootstrap: str,
    seed: int,
    *,
    workers: int = 2,
    events: int = 9000,
    faults: int = 4,
    feed_seconds: float = 25,
    stop_share: float = 0.35,
    limit_seconds: float = 150,
) -> Report:
    """One seed. Deterministic in what is fed and done to whom; the interleaving is the machine's."""
    chance = random.Random(seed)
    report = Report(seed, workers, prefix=f"hold-world-{seed}-{uuid.uuid4().hex[:6]}")
    kafka, topics = KafkaSettings(bootstrap), world_topics(report.prefix)
    prepare_topics(kafka, topics, Codec(), datetime.now(UTC))
    plan = make_plan(chance, events)
    report.events = len(plan.steps)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dualrun-hold-") as directory:
        command = [sys.executable, "-m", "tests.chaos.hold_worker", bootstrap, report.prefix, "{instance}"]
        fleet = Fleet([*command, "{directory}", "4"], Path(directory), workers, report)
        try:
            sink = Sink(kafka, report.prefix, chance, report)
            feeder = Feeder(kafka, report.prefix, plan, chance, feed_seconds)
            strike_at = time.monotonic() + 5
            struck = 0
            while time.monotonic() - began < limit_seconds:
                feeder.turn()
                sink.turn()
                fleet.turn()
                if struck < faults and fleet.calm and time.monotonic() > strike_at:
                    fleet.strike(chance, stop_share)
                    struck += 1
                    strike_at = time.monotonic() + chance.uniform(2, 8)
                if feeder.done and struck >= faults and fleet.calm and _settled(plan, sink):
                    break
            sink.close()
        finally:
            codes = fleet.close()
        # one that was just started may not have its handler yet
        if not set(codes) <= {0, -signal.SIGTERM}:
            report.wrong.append(f"workers ended with {codes} on SIGTERM")
        _judge(kafka, plan, sink, report)
        if not report.sound:
            logs = Path(tempfile.gettempdir()) / f"{report.prefix}-logs"
            logs.mkdir()
            for log in Path(directory).glob("*.log"):
                (logs / log.name).write_bytes(log.read_bytes())
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _settled(plan: Plan, sink: Sink) -> bool:
    quiet = time.monotonic() - sink.moved_at
    return (quiet > 2 and plan.orphans <= sink.parked and not _open_ends(plan, sink)) or quiet > 60


def _open_ends(plan: Plan, sink: Sink) -> list[str]:
    """Records whose last word, or the reference to a parent of it, has not arrived."""
    ends = []
    for key, step in plan.last.items():
        row = sink.rows.get(key)
        if key in plan.orphans:
            continue
        if step.operation is Operation.DELETE:
            if row is None or not row.deleted:
                ends.append(key)
        elif row is None or row.deleted or row.n != step.n:
            ends.append(key)
        elif any(row.links.get(f"s{n}") is None for n, parent in enumerate(step.soft) if _lives(sink, parent)) or any(
            row.links.get(f"r{n}") is None for n in range(len(step.requires))
        ):
            ends.append(f"{key} (links)")
    return ends


def _lives(sink: Sink, key: str) -> bool:
    row = sink.rows.get(key)
    return row is not None and not row.deleted


def _judge(kafka: KafkaSettings, plan: Plan, sink: Sink, report: Report) -> None:
    topics, codec = sink.topics, Codec()
    ends = _open_ends(plan, sink)
    report.missing = sum("(links)" not in end for end in ends)
    report.soft_missing = sum("(links)" in end for end in ends)
    report.wrong += ends[:3]
    obligations = read_obligations(kafka, topics)
    owed = {obligation.unit for obligation in obligations}
    report.owed = len(obligations)
    accounted = sink.units | owed
    statements: dict[str, tuple[datetime, str, Version, str]] = {}
    for topic in topics.changes:
        for message in read_to_end(kafka, topic, range(PARTITIONS)):
            report.units += 1
            unit = Unit(topic, message.partition() or 0, message.offset() or 0)
            report.unaccounted += unit not in accounted
            if topic != topics.derived:
                continue
            change = codec.decode(message.value() or b"")
            if not isinstance(change, RecordChange) or change.source_changed_at is None:
                raise AssertionError("a derived change without a source time")
            if change.operation is Operation.DELETE or change.origin_version is None:
                continue
            said = (change.source_changed_at, change.origin_key, change.origin_version, str(change.record["says"]))
            statements[change.key] = max(said, statements.get(change.key, said))
    for key, said in statements.items():
        row = sink.rows.get(key)
        if row is None or row.part is None or row.part.fields["says"] != said[3]:
            report.stale += 1
    for row in sink.rows.values():
        if any(value == "aborted" for value in row.links.values()):
            report.wrong.append("an id from an aborted transaction")
    report.parked = len(sink.parked)
    report.parked_wrongly = len(sink.parked - plan.orphans)
    held = {obligation.key for obligation in obligations if obligation.kind is not Kind.LINK}
    if held != plan.orphans:
        report.wrong.append(f"{len(held - plan.orphans)} held that should have left")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--seeds", default="1-20", help="FIRST-LAST or a single one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--events", type=int, default=9000)
    parser.add_argument("--faults", type=int, default=4)
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    sound = True
    for seed in range(int(first), int(last or first) + 1):
        report = run_world(
            arguments.bootstrap, seed, workers=arguments.workers, events=arguments.events, faults=arguments.faults
        )
        sound = sound and report.sound
        print(json.dumps({"sound": report.sound, **{name: getattr(report, name) for name in Report.__slots__}}))
        sys.stdout.flush()
    sys.exit(not sound)


if __name__ == "__main__":
    main()
