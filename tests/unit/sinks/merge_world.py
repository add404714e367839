"""Charts that are merged, in memory: a Twenty with a trash, the sender, a hold that lags, and crashes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.keys import part_key, twenty_id
from schemas.records import Identity, IdentityState, Link, Merger, Part, PartMode, Unit, Write, WriteKind
from sinks.pending import Lane
from sinks.twenty.client import Page
from sinks.twenty.errors import Kind, TwentyError
from tests.unit.sinks.sender_fakes import TOPICS, Bench, FakeKafka, FakeTwenty, refusal
from tests.unit.sinks.values import version


class DiedError(Exception):
    """The process ends here, and with it what it had not committed."""


def patient(name: str) -> str:
    return f"s/patient/{name}"


def token(name: str) -> str:
    return part_key(patient(name), "")


def chart(name: str, number: int, *, into: str = "") -> Write:
    """A version of a chart; ``into``: the one that its row says it was merged into."""
    person = Part("", "person", fields={"jobTitle": f"{name}{number}"}, content_hash=f"{name}{number}")
    merger = Part("merger", "person", PartMode.MERGER, merger=Merger(token(name), token(into)))
    return _write(patient(name), number, person, *([merger] if into else []))


def said(name: str, number: int, loser: str, survivor: str) -> Write:
    """A row of a log of merges."""
    merger = Part("", "person", PartMode.MERGER, merger=Merger(token(loser), token(survivor), f"2026-01-{number:02}"))
    return _write(f"s/merge/{name}", number, merger)


def visit(name: str, number: int, of: str) -> Write:
    """A child that needs its chart."""
    links = (Link("person", token(of), True),)
    return _write(f"s/visit/{name}", number, Part("", "noteTarget", links=links, content_hash=f"v{number}"))


def note(name: str, number: int, of: str) -> Write:
    """A child that can do without."""
    links = (Link("person", token(of), False),)
    return _write(f"s/note/{name}", number, Part("", "noteTarget", links=links, content_hash=f"n{number}"))


def contact(name: str, number: int, of: str) -> Write:
    """Fields of a chart's row that have a row of their own."""
    anchor = Link("anchor", token(of), True)
    fields = {"extId": f"{name}{number}"}
    part = Part("", "person", PartMode.FRAGMENT, fields, anchor=anchor, content_hash=f"c{number}")
    return _write(f"s/contact/{name}", number, part)


def end(key: str, number: int) -> Write:
    return replace(_write(key, number), kind=WriteKind.DELETE)


def _write(key: str, number: int, *parts: Part) -> Write:
    name = key.split("/")[1]
    return Write(key, WriteKind.WRITE, version(number), Unit(TOPICS.cdc(name), 0, number), parts)


class Twenty(FakeTwenty):
    """A row that is deleted lies in the trash, still holds its id, and comes back by a restore or an upsert."""

    def __init__(self) -> None:
        super().__init__()
        self.trash: dict[str, dict[str, Any]] = {}

    def create_batch(self, plural: str, records: Sequence[dict[str, Any]], upsert: bool) -> list[dict[str, Any]]:
        ids = {record["id"] for record in records}
        if not upsert and (ids & self.rows.keys() or ids & self.trash.keys()):
            raise TwentyError("create", refusal(Kind.DUPLICATE))
        self._back(ids)
        return super().create_batch(plural, records, upsert)

    def delete_many(self, plural: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        self._ask("delete", [{"id": row} for row in ids])
        now = self._now()
        self.trash |= {
            row: {**self.rows.pop(row), "updatedAt": now, "deletedAt": now} for row in ids if row in self.rows
        }
        return [{"id": row} for row in ids]

    def restore_many(self, plural: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        self._ask("restore", [{"id": row} for row in ids])
        self._back(ids)
        return [self.rows[row] for row in ids if row in self.rows]

    def read_ids(self, plural: str, ids: Sequence[str], *, trashed: bool) -> list[dict[str, Any]]:
        there = super().read_ids(plural, ids, trashed=trashed)
        return there + [self.trash[row] for row in ids if row in self.trash]

    def newest_update(self, plural: str, since: datetime) -> datetime | None:
        times = [datetime.fromisoformat(row["updatedAt"]) for row in (*self.rows.values(), *self.trash.values())]
        return max((at for at in times if at >= since), default=None)

    def updated_between(self, plural: str, since: datetime, before: datetime, after: str | None) -> Page:
        there = [*self.rows.values(), *self.trash.values()]
        found = [row for row in there if since <= datetime.fromisoformat(row["updatedAt"]) < before]
        return Page(found, None, False, len(found))

    def _back(self, ids: Iterable[str]) -> None:
        for row in set(ids) & self.trash.keys():
            self.rows[row] = {name: value for name, value in self.trash.pop(row).items() if name != "deletedAt"}


class Kafka(FakeKafka):
    """Now and then the process dies instead of committing."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.deaths = 0.0
        self.moved: list[Any] = []

    def begin_transaction(self) -> None:
        super().begin_transaction()
        self.moved = []

    def send_offsets_to_transaction(self, offsets: list[Any], group: object, timeout: float) -> None:
        self.moved = offsets

    def commit_transaction(self, timeout: float) -> None:
        if self.chance.random() < self.deaths:
            raise DiedError
        super().send_offsets_to_transaction(self.moved, None, timeout)
        super().commit_transaction(timeout)


class Hold:
    """As processors.hold: parents resolve by what ``identities`` said some time ago; what is answered may be stale."""

    def __init__(self, kafka: FakeKafka, chance: random.Random) -> None:
        self._kafka = kafka
        self._chance = chance
        self._read = 0
        self._known: dict[str, Identity] = {}
        self._waiting: dict[str, Write] = {}
        self._owed: list[Write] = []

    def accept(self, write: Write) -> None:
        old = self._waiting.get(write.key)
        if old is None or old.version <= write.version:
            self._waiting[write.key] = write

    def turn(self, *, everything: bool = False) -> None:
        ready = self._kafka.messages[self._read :]
        count = len(ready) if everything else self._chance.randint(0, len(ready))
        self._read += count
        for topic, _, value in ready[:count]:
            record = self._kafka.codec.decode(value) if topic in (TOPICS.identities, TOPICS.returns) else None
            if isinstance(record, Identity):
                self._known[part_key(record.key, record.part)] = record
            elif isinstance(record, Write) and record.kind is WriteKind.PATCH:
                self._owed.append(record)
            elif isinstance(record, Write):
                self.accept(record)
        for key, write in list(self._waiting.items()):
            if everything or self._chance.random() < 0.7:
                self._leave(key, write)
        owed, self._owed = self._owed, []
        for patch in owed:
            self._say(patch)

    def _leave(self, key: str, write: Write) -> None:
        parts = tuple(self._filled(part) for part in write.parts)
        needed = [link for part in parts for link in (*part.links, part.anchor) if link and link.required]
        if all(link.twenty_id for link in needed):
            del self._waiting[key]
            lane = self._chance.choice(list(Lane))
            self._kafka.publish(replace(write, parts=parts), lane=Lane.LIVE if write.repair else lane)
            self._owe(replace(write, parts=parts))

    def _owe(self, write: Write) -> None:
        parts = []
        for part in write.parts:
            links = tuple(link for link in part.links if link.twenty_id is None)
            if links:
                parts.append(Part(part.name, part.target, part.mode, links=links))
        if parts:
            self._owed.append(replace(write, kind=WriteKind.PATCH, parts=tuple(parts), repair=False))

    def _say(self, patch: Write) -> None:
        part = self._filled(patch.parts[0])
        if all(link.twenty_id for link in part.links):
            self._kafka.publish(replace(patch, parts=(part,)))
        else:
            self._owed.append(patch)

    def _filled(self, part: Part) -> Part:
        anchor = self._resolved(part.anchor) if part.anchor else None
        return replace(part, links=tuple(map(self._resolved, part.links)), anchor=anchor)

    def _resolved(self, link: Link) -> Link:
        known = self._known.get(link.token)
        if link.twenty_id is not None or known is None or known.state is not IdentityState.LIVE:
            return link
        return replace(link, twenty_id=known.twenty_id)

    @property
    def held(self) -> set[str]:
        return {key for key, write in self._waiting.items() if write.kind is WriteKind.WRITE}


class World:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.twenty = Twenty()
        self.kafka = Kafka(chance)
        self.hold = Hold(self.kafka, chance)
        self.bench = Bench(twenty=self.twenty, kafka=self.kafka, batch=chance.randint(1, 4))

    def say(self, *writes: Write) -> None:
        """Changes that hold reads now, and everything that comes of them."""
        for write in writes:
            self.hold.accept(write)
        self.settle()

    def act(self) -> None:
        self.hold.turn()
        self.kafka.deaths = self.chance.choice((0.0, 0.0, 0.3))
        try:
            self.bench.turn(self.chance.randint(0, 3))
        except DiedError:
            self.restart()

    def restart(self) -> None:
        self.bench = Bench(twenty=self.twenty, kafka=self.kafka, batch=self.chance.randint(1, 4))

    def settle(self) -> None:
        """No more faults: until nothing moves."""
        self.kafka.deaths = 0.0
        still = 0
        for _ in range(300):
            before = (len(self.kafka.messages), *(len(lane) for lane in self.kafka.lanes.values()), self.twenty.writes)
            self.hold.turn(everything=True)
            self.bench.turn(6)
            after = (len(self.kafka.messages), *(len(lane) for lane in self.kafka.lanes.values()), self.twenty.writes)
            still = still + 1 if before == after else 0
            if still > 2:
                return
        raise AssertionError("the world does not come to rest: something is sent for ever")

    def linked(self, key: str, column: str = "targetPersonId") -> str | None:
        """The chart that a living child's row leads to, by its row; None where it has none, or is not there."""
        row = self.twenty.rows.get(twenty_id(key, ""))
        return row.get(column) if row else None

    def living(self, name: str) -> bool:
        return twenty_id(patient(name), "") in self.twenty.rows

    def title(self, name: str) -> object:
        return self.twenty.rows[twenty_id(patient(name), "")]["jobTitle"]
