"""Hold's pure core in an in-memory world: logs, a sink, workers that crash, zombies that outlive their turn."""

import random
from dataclasses import dataclass, field, replace

from processors.holding import Effects, Group, Hold
from processors.ledger import Partition
from processors.obligations import Kind, Obligation, changelog
from processors.outbox import Term
from schemas.control import Epochs
from schemas.records import Operation, RecordChange, Unit
from tests.chaos.hold_worker import TrivialTransform
from tests.unit.processors.memory_sink import CODEC, GRACE, INPUTS, PARTITIONS, TOPICS, Broker, Sink


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
    unread: int = 0
    """Steps for which ``identities`` is not read: it is long."""

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
            late = self.unread > 0 and not everything and each.topic == TOPICS.identities
            if not ready or late or (not everything and self.chance.random() < 0.5):
                continue
            count = len(ready) if everything else self.chance.randint(1, len(ready))
            groups.append(Group(each.topic, each.partition, ready[:count]))
        self.unread -= 1
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

    def restart(self) -> None:
        """All workers at once, and the next of the changes are a snapshot of what was fed."""
        for worker in self.workers:
            worker.restart()
            worker.unread = self.chance.choice((0, 12))
        self.rebalance()
        self.changes[self.fed : self.fed] = [
            replace(change, operation=Operation.SNAPSHOT)
            for change in {change.key: change for change in self.changes[: self.fed]}.values()
            if change.operation not in (Operation.DELETE, Operation.VANISHED)
        ]

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
