"""Logs in memory, and a sink over them."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from processors.ledger import Partition
from processors.obligations import Obligation, Passed, changelog, decode_state
from schemas.codec import Codec
from schemas.keys import is_alias, partition_of, split_token, twenty_id
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
from tests.chaos.hold_worker import OBJECTS, SYSTEM

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


@dataclass
class Row:
    version: Version
    deleted: bool
    links: dict[str, str | None]
    part: Part | None
    links_at: dict[str, int] = field(default_factory=dict)

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
        self.emptied: list[str] = []
        """Records that a newer version deprived of a link by alias, though the alias never ceased to resolve."""
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
        if row is not None and not row.deleted and self._emptied(row, links):
            self.emptied.append(write.key)
        self.rows[write.key] = Row(write.version, write.kind is WriteKind.DELETE, {}, part)
        self._link(self.rows[write.key], write)
        for patch in self._patches.pop(write.key, []):
            if patch.version == write.version:
                self._link(self.rows[write.key], patch)
        self._due.append((write.key, write.version))

    def _emptied(self, row: Row, links: Iterable[Link]) -> bool:
        named = {link.field: link.token for link in row.part.links} if row.part else {}
        return any(
            link.twenty_id is None
            and named.get(link.field) == link.token
            and row.links.get(link.field)
            and all(self._words(link.token, row.links_at[link.field]))
            for link in links
            if is_alias(link.token)
        )

    def _words(self, alias: str, since: int) -> Iterator[str | None]:
        """What the alias resolved to from offset ``since`` in ``identities`` on, word for word."""
        holders: dict[str, str] = {}
        for record in self.broker.logs[Partition(TOPICS.identities, partition_of(alias, PARTITIONS))]:
            entry = CODEC.decode(record.value or b"")
            if isinstance(entry, Alias) and entry.alias == alias:
                holders.pop(entry.key, None)
                if entry.live:
                    holders[entry.key] = entry.twenty_id
                if record.offset >= since:
                    rows = set(holders.values())
                    yield rows.pop() if len(rows) == 1 else None

    def _link(self, row: Row, write: Write) -> None:
        for link in (link for part in write.parts for link in part.links):
            if link.twenty_id is not None and link.at >= row.links_at.get(link.field, -1):
                row.links[link.field] = link.twenty_id
                row.links_at[link.field] = link.at

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
