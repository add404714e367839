"""Hold's pure core in an in-memory world: logs, a sink, workers that crash, zombies that outlive their turn."""

import random
from collections import defaultdict
from dataclasses import dataclass, field

from processors.holding import Effects, Group, Hold
from processors.ledger import Partition
from processors.obligations import Kind, Obligation, Passed, changelog, decode_state
from processors.outbox import Term
from schemas.codec import Codec
from schemas.control import Epochs
from schemas.keys import partition_of, split_token, twenty_id
from schemas.records import (
    Alias,
    Identity,
    IdentityState,
    Lift,
    Link,
    Outcome,
    Part,
    RecordChange,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from schemas.topics import Topics
from tests.chaos.hold_worker import OBJECTS, SYSTEM, TrivialTransform

PARTITIONS = 2
TOPICS = Topics("memory", SYSTEM, OBJECTS, PARTITIONS)
CODEC = Codec()
GRACE = 2.0
INPUTS = (*TOPICS.changes, TOPICS.returns, TOPICS.wants, TOPICS.answers, TOPICS.identities)


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    key: bytes | None
    value: bytes | None


class Broker:
    def __init__(self) -> None:
        self.logs: defaultdict[Partition, list[Record]] = defaultdict(list)
        self.committed: dict[Partition, int] = {}
        self.now = 1000.0

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        log = self.logs[Partition(topic, partition)]
        log.append(Record(len(log), key, value))

    def publish(self, change: RecordChange) -> None:
        topic = TOPICS.cdc(change.object)
        self.append(topic, partition_of(change.key, PARTITIONS), change.key.encode(), CODEC.encode(change))

    def state(self, partition: int) -> list[Obligation | Passed]:
        entries: dict[bytes, bytes] = {}
        for record in self.logs[Partition(changelog(TOPICS), partition)]:
            key = record.key or b""
            if record.value is None:
                entries.pop(key, None)
            else:
                entries[key] = record.value
        return [decode_state(key, value) for key, value in entries.items()]

    def size(self) -> int:
        return sum(map(len, self.logs.values()))


class CrashError(Exception):
    """The worker dies here."""


@dataclass
class Worker:
    """As processors.worker, over logs in memory. ``fenced``: another worker has its partitions; commits are refused."""

    broker: Broker
    chance: random.Random
    hold: Hold = field(init=False)
    positions: dict[Partition, int] = field(default_factory=dict)
    targets: dict[Partition, int] = field(default_factory=dict)
    fenced: bool = False

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        epochs = Epochs(1, dict.fromkeys(TOPICS.changes, ("id", 1)))
        self.hold = Hold(TOPICS, CODEC, TrivialTransform(), epochs, grace_seconds=GRACE)
        self.positions, self.targets, self.fenced = {}, {}, True

    def take_over(self, partitions: set[int], generation: int, die: float = 0.0) -> None:
        broker, kept = self.broker, self.positions
        starts: dict[Partition, int] = {}
        self.targets = {}
        for topic in INPUTS:
            for partition in partitions:
                each = Partition(topic, partition)
                end = len(broker.logs[each])
                if topic == TOPICS.identities:
                    starts[each] = kept.get(each, 0) if partition in self.hold.owned else 0
                    self.targets[each] = end
                elif topic in (TOPICS.wants, TOPICS.answers):
                    starts[each] = end
                else:
                    starts[each] = broker.committed.get(each, 0)
        answers = sum(len(broker.logs[Partition(TOPICS.answers, each)]) for each in range(PARTITIONS))
        states = {partition: broker.state(partition) for partition in partitions}
        self.hold.assign(states, Term(generation, answers), broker.now)
        self.positions, self.fenced = starts, False
        for each in list(self.targets):
            self._reach(each)
        self._perform(self.hold.drain(), die)

    def step(self, *, everything: bool = False, die: float = 0.0) -> None:
        groups = []
        for each, position in self.positions.items():
            ready = self.broker.logs[each][position:]
            if not ready or (not everything and self.chance.random() < 0.5):
                continue
            count = len(ready) if everything else self.chance.randint(1, len(ready))
            groups.append(Group(each.topic, each.partition, ready[:count]))
        self.hold.batch(groups, self.broker.now)
        reached = {Partition(g.topic, g.partition): g.records[-1].offset + 1 for g in groups}
        self.positions.update(reached)
        for each in reached:
            self._reach(each)
        self.hold.tick(self.broker.now)
        self._perform(self.hold.drain(), die)

    def commit(self) -> None:
        if not self.fenced:
            self.broker.committed.update(self.positions)

    def _reach(self, each: Partition) -> None:
        if each in self.targets and self.positions[each] >= self.targets[each]:
            del self.targets[each]
            self.hold.caught_up(each.partition)

    def _perform(self, effects: Effects, die: float) -> None:
        """Sends in no order between partitions, state phase by phase; dies at any message with chance ``die``."""
        sends = list(effects.sends.items())
        self.chance.shuffle(sends)
        for (topic, partition), messages in sends:
            for message in messages:
                if self.chance.random() < die:
                    raise CrashError
                self.broker.append(topic, partition, message.key, message.value)
        for phase in effects.state:
            for partition, changes in phase.items():
                for key, value in changes:
                    if self.chance.random() < die:
                        raise CrashError
                    self.broker.append(changelog(TOPICS), partition, key, value)


@dataclass
class Row:
    version: Version
    deleted: bool
    links: dict[str, str | None]
    part: Part | None

    @property
    def n(self) -> object:
        return self.part.fields["n"] if self.part else None


class Sink:
    """The version fence, identities and aliases later, and now and then a parent that went away."""

    def __init__(self, broker: Broker, chance: random.Random) -> None:
        self.broker = broker
        self.chance = chance
        self.rows: dict[str, Row] = {}
        self.units: set[Unit] = set()
        self.outcomes: defaultdict[Unit, set[Outcome]] = defaultdict(set)
        self.lifts: set[str] = set()
        self._positions: dict[Partition, int] = {}
        self._due: list[tuple[str, Version]] = []
        self._identities: dict[str, Identity] = {}
        self._patches: defaultdict[str, list[Write]] = defaultdict(list)
        self._away: set[str] = set()

    def turn(self, *, everything: bool = False) -> None:
        for topic in (TOPICS.live, TOPICS.bulk):
            for partition in range(PARTITIONS):
                each = Partition(topic, partition)
                log, position = self.broker.logs[each], self._positions.get(each, 0)
                count = len(log) - position if everything else self.chance.randint(0, len(log) - position)
                for record in log[position : position + count]:
                    self._take(record)
                self._positions[each] = position + count
        keep = []
        for key, version in self._due:
            if everything or self.chance.random() < 0.6:
                self._identify(key, version)
            else:
                keep.append((key, version))
        self._due = keep
        if everything:
            for key in sorted(self._away):
                self._back(key)

    def go_away(self, key: str) -> None:
        """Somebody deletes it in Twenty; it is found out at once, or when a write that refers to it is refused."""
        if key in self._away:
            self._back(key)
        elif key in self._identities and self._identities[key].state is IdentityState.LIVE:
            self._away.add(key)
            if self.chance.random() < 0.5:
                self._gone(key)

    def _gone(self, key: str) -> None:
        known = self._identities[key]
        self._say(Identity(key, "", "thing", known.twenty_id, known.version, IdentityState.DELETED))

    def _back(self, key: str) -> None:
        self._away.discard(key)
        self._say(self._identities[key])

    def _take(self, record: Record) -> None:
        entry = CODEC.decode(record.value or b"")
        if isinstance(entry, Verdict):
            self.units.add(entry.unit)
            self.outcomes[entry.unit].add(entry.outcome)
        elif isinstance(entry, Lift):
            self.lifts.add(entry.key)
        elif isinstance(entry, Write):
            self._write(entry)

    def _write(self, write: Write) -> None:
        self.units.add(write.unit)
        row = self.rows.get(write.key)
        if write.kind is WriteKind.PATCH:
            for link in write.parts[0].links:
                assert link.twenty_id is not None, "a patch carries resolved links only"
            if row is None or write.version > row.version:
                self._patches[write.key].append(write)
            elif write.version == row.version:
                self._link(row, write)
            return
        if row is not None and write.version <= row.version:
            if write.version == row.version and not row.deleted:
                self._link(row, write)
            return
        part = write.parts[0] if write.parts else None
        links = part.links if part else ()
        gone = {link.token for link in links if link.required and split_token(link.token)[0] in self._away}
        if gone and part is not None:
            self._return(write, part, gone)
            return
        for link in links:
            assert not link.required or link.twenty_id is not None, f"{write.key} left without a required parent"
            key = split_token(link.token)[0]
            if link.twenty_id is not None and "/@" not in key:
                assert link.twenty_id == twenty_id(key, "")
        self.rows[write.key] = Row(
            write.version, write.kind is WriteKind.DELETE, {link.field: link.twenty_id for link in links}, part
        )
        for patch in self._patches.pop(write.key, []):
            if patch.version == write.version:
                self._link(self.rows[write.key], patch)
        self._due.append((write.key, write.version))

    def _link(self, row: Row, write: Write) -> None:
        for part in write.parts:
            row.links.update({link.field: link.twenty_id for link in part.links if link.twenty_id is not None})

    def _return(self, write: Write, part: Part, gone: set[str]) -> None:
        links = tuple(
            Link(link.field, link.token, link.required, None if link.token in gone else link.twenty_id)
            for link in part.links
        )
        back = Write(
            write.key,
            write.kind,
            write.version,
            write.unit,
            (Part("", part.target, fields=part.fields, links=links, aliases=part.aliases),),
            write.source_changed_at,
            write.captured_at,
        )
        for token in gone:
            self._gone(split_token(token)[0])
        partition = partition_of(write.key, PARTITIONS)
        self.broker.append(TOPICS.returns, partition, write.key.encode(), CODEC.encode(back))

    def _identify(self, key: str, version: Version) -> None:
        row = self.rows[key]
        if row.version != version:
            return
        state = IdentityState.DELETED if row.deleted else IdentityState.LIVE
        aliases = row.part.aliases if row.part else ()
        before = self._identities.get(key)
        identity = Identity(key, "", "thing", twenty_id(key, ""), version, state, aliases=aliases)
        self._identities[key] = identity
        if key not in self._away:
            self._say(identity)
            if self.chance.random() < 0.1:
                self.go_away(key)
        for alias in {*aliases, *(before.aliases if before else ())}:
            entry = Alias(alias, key, "", identity.twenty_id, version, alias in aliases)
            name = f"{alias}\0{key}\0".encode()
            self.broker.append(TOPICS.identities, partition_of(alias, PARTITIONS), name, CODEC.encode(entry))

    def _say(self, identity: Identity) -> None:
        partition = partition_of(identity.key, PARTITIONS)
        name = f"{identity.key}\0{identity.part}".encode()
        self.broker.append(TOPICS.identities, partition, name, CODEC.encode(identity))


class World:
    """Two workers over two partitions; every action is chosen by ``chance``."""

    def __init__(self, chance: random.Random, changes: list[RecordChange]) -> None:
        self.chance = chance
        self.changes = changes
        self.broker = Broker()
        self.sink = Sink(self.broker, chance)
        self.workers = [Worker(self.broker, chance), Worker(self.broker, chance)]
        self.generation = 0
        self.fed = 0
        self.rebalance()

    def rebalance(self, die: float = 0.0) -> None:
        """New owners; who loses a partition is not told, and goes on as a zombie until its next turn to join."""
        self.generation += 1
        self.broker.now += 0.01
        first = self.chance.choice(({0, 1}, {0}, {1}, set[int]()))
        asleep = self.chance.random() < 0.3
        for worker, owned in zip(self.workers, (first, {0, 1} - first), strict=True):
            if not owned and asleep:
                worker.fenced = True
                continue
            try:
                worker.take_over(owned, self.generation, die)
            except CrashError:
                worker.restart()
                self.rebalance()
                return

    def act(self) -> None:
        roll = self.chance.random()
        self.broker.now += self.chance.random()
        if roll < 0.25 and self.fed < len(self.changes):
            self.broker.publish(self.changes[self.fed])
            self.fed += 1
        elif roll < 0.65:
            worker = self.chance.choice(self.workers)
            die = self.chance.choice((0.0, 0.0, 0.0, 0.05))
            try:
                worker.step(die=die)
            except CrashError:
                worker.restart()
                self.rebalance()
        elif roll < 0.75:
            self.chance.choice(self.workers).commit()
        elif roll < 0.92:
            self.sink.turn()
        elif roll < 0.95:
            self.sink.go_away(self.chance.choice(self.changes).key)
        elif roll < 0.97:
            self.rebalance(self.chance.choice((0.0, 0.02)))
        else:
            self._restart_alone(self.chance.choice(self.workers))

    def _restart_alone(self, worker: Worker) -> None:
        """A static member that is back in time: no rebalance, the others never hear of it."""
        owned, fenced = {each.partition for each in worker.positions}, worker.fenced
        worker.restart()
        if not fenced:
            self.broker.now += 0.01
            worker.take_over(owned, self.generation)

    def settle(self) -> None:
        """No more faults: everything that can move moves until nothing does.

        No last rebalance, so that nothing is saved by everybody asking again; but a zombie that wakes up joins.
        """
        if any(worker.fenced for worker in self.workers):
            self.rebalance()
        while self.fed < len(self.changes):
            self.broker.publish(self.changes[self.fed])
            self.fed += 1
        still = 0
        for _ in range(400):
            size = self.broker.size()
            for worker in self.workers:
                if not worker.fenced:
                    worker.step(everything=True)
                    worker.commit()
            self.sink.turn(everything=True)
            self.broker.now += GRACE / 2
            still = still + 1 if self.broker.size() == size else 0
            if still > 4:
                return
        raise AssertionError("the world does not come to rest: something is sent for ever")

    def obligations(self) -> list[Obligation]:
        entries = [entry for partition in range(PARTITIONS) for entry in self.broker.state(partition)]
        return [entry for entry in entries if isinstance(entry, Obligation)]

    def unaccounted(self) -> list[Unit]:
        known = self.sink.units | {obligation.unit for obligation in self.obligations()}
        return [
            unit
            for topic in TOPICS.changes
            for partition in range(PARTITIONS)
            for record in self.broker.logs[Partition(topic, partition)]
            if (unit := Unit(topic, partition, record.offset)) not in known
        ]

    def held(self) -> set[str]:
        return {entry.key for entry in self.obligations() if entry.kind is Kind.HELD}
