"""What the adversarial world feeds to hold, and what must come of it."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas.keys import record_key
from schemas.records import Json, Operation, RecordChange, Value
from tests.chaos.hold_worker import SYSTEM

INSURERS = tuple(f"i{n}{mark}" for n in range(10) for mark in ("", "+"))

SHARED = {2: ("moves",), 4: ("moves",), 6: ("twins",), 8: ("twins",)}
"""Parents by number that bear an alias together; ``MOVED`` gives it up later, twins stay twins."""
MOVED = 4
MAYBE = ("moves", "twins", "a1", "a3", "a5")

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Step:
    """One source change. ``poison``: hold must set it aside and go on."""

    at: float
    key: str
    operation: Operation
    requires: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    alias: str = ""
    maybe: str = ""
    aliases: tuple[str, ...] = ()
    insurer: str = ""
    poison: bool = False
    n: int = 0
    change: RecordChange = field(init=False)

    def build(self, minute: int) -> None:
        _, name, number = self.key.split("/", 2)
        says = f"{self.key}:{self.n}" if self.insurer else ""
        record: dict[str, Value] = {
            "requires": Json(list(self.requires)),
            "soft": Json(list(self.soft)),
            "alias": self.alias,
            "maybe": self.maybe,
            "aliases": Json(list(self.aliases)),
            "insurer": self.insurer,
            "says": says,
            "poison": self.poison,
            "n": self.n,
        }
        changed = START + timedelta(minutes=minute)
        hashed = f"{self.key}:{self.n}"
        self.change = RecordChange(SYSTEM, name, number, self.operation, record, changed, changed, content_hash=hashed)


@dataclass(slots=True)
class Plan:
    steps: list[Step]
    orphans: frozenset[str]
    """Records that refer to what never comes."""

    @property
    def bearers(self) -> dict[str, list[str]]:
        """Who bears each alias in the end."""
        found: dict[str, list[str]] = defaultdict(list)
        for key, step in self.last.items():
            for alias in step.aliases:
                found[alias].append(key)
        return found

    @property
    def last(self) -> dict[str, Step]:
        """The step that must have the last word on each record: poison and vanished rows have none."""
        return {step.key: step for step in self.steps if not step.poison and step.operation is not Operation.VANISHED}


def make_plan(random_source: random.Random, events: int) -> Plan:
    """Parents, children and their versions in random order; chains, self references, orphans, deletes, aliases."""
    chance = random_source.random
    parents = [record_key(SYSTEM, "parent", str(n)) for n in range(max(20, events // 10))]
    children = [record_key(SYSTEM, "child", str(n)) for n in range(max(50, events // 3))]
    # odd parents bear an alias; number 1 bears number 3's as well until its second version gives it up
    steps: list[Step] = []
    for n, key in enumerate(parents):
        aliases = (f"a{n}",) if n % 2 else SHARED.get(n, ())
        at = chance()
        if n == 1:
            steps.append(Step(at, key, Operation.UPSERT, aliases=("a1", "a3")))
            steps.append(Step(min(0.99, at + 0.3), key, Operation.UPSERT, aliases=("a1",)))
            continue
        if n == MOVED:
            steps.append(Step(min(0.99, at + 0.2), key, Operation.UPSERT))
        steps.append(Step(at, key, random_source.choice((Operation.SNAPSHOT, Operation.UPSERT)), aliases=aliases))
        if n not in SHARED and chance() < 0.1:
            steps.append(Step(min(0.999, at + chance() * 0.2), key, Operation.UPSERT, aliases=aliases))
    odd = range(1, len(parents), 2)
    for key in children:
        at = chance()
        for _ in range(random_source.choice((1, 1, 2, 3, 4))):
            operation = Operation.SNAPSHOT if chance() < 0.3 else Operation.UPSERT
            roll = chance()
            if roll < 0.05:
                step = Step(at, key, Operation.DELETE)
            elif roll < 0.06:
                step = Step(at, key, Operation.VANISHED)
            else:
                requires = random_source.sample(parents, random_source.choice((0, 1, 1, 2, 2, 3)))
                soft = random_source.sample(parents, 1) if chance() < 0.15 else []
                if chance() < 0.01:
                    requires.append(key)
                if chance() < 0.02:
                    soft = [random_source.choice(children)]
                step = Step(
                    at,
                    key,
                    operation,
                    tuple(requires),
                    tuple(each for each in soft if each not in requires),
                    alias=f"a{random_source.choice(odd)}" if chance() < 0.05 else "",
                    maybe=random_source.choice(MAYBE) if chance() < 0.1 else "",
                    insurer=random_source.choice(INSURERS) if chance() < 0.1 else "",
                    poison=chance() < 0.01,
                )
            steps.append(step)
            at += chance() * 0.2
    orphans = set()
    for n in range(20):
        key = record_key(SYSTEM, "child", f"orphan{n}")
        orphans.add(key)
        steps.append(Step(chance() * 0.8, key, Operation.UPSERT, (record_key(SYSTEM, "parent", f"nobody{n}"),)))
    for n in range(30):
        below = (record_key(SYSTEM, "child", f"chain{n + 1}"),) if n < 29 else ()
        steps.append(Step(chance(), record_key(SYSTEM, "child", f"chain{n}"), Operation.UPSERT, below))
    steps.sort(key=lambda step: step.at)
    counts: defaultdict[str, int] = defaultdict(int)
    for minute, step in enumerate(steps):
        step.n = counts[step.key]
        counts[step.key] += 1
        step.build(minute)
    return Plan(_let_live(steps, orphans), frozenset(orphans))


def _let_live(steps: list[Step], orphans: set[str]) -> list[Step]:
    """A record whose end is a delete may be nobody's required parent, or its children would rightly never leave."""
    last = {step.key: step for step in steps if step.operation is not Operation.VANISHED and not step.poison}
    never = {step.key for step in steps} - {key for key, step in last.items() if step.operation is not Operation.DELETE}
    for minute, step in enumerate(steps):
        if any(each in never for each in (*step.requires, *step.soft)):
            step.requires = tuple(each for each in step.requires if each not in never)
            step.soft = tuple(each for each in step.soft if each not in never)
            step.build(minute)
    return steps
