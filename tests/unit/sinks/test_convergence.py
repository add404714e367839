"""Whatever the order of arrival, and wherever the process dies: Twenty ends as the newest version says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.conservation import Ledger
from schemas.keys import twenty_id
from schemas.records import AuditEvent, Identity, Link, Outcome, Part, Unit, Version, Write, WriteKind
from sinks import rows
from sinks.book import Book
from sinks.ghosts import overtaken
from sinks.identity import next_step, written
from sinks.lanes import Lanes
from sinks.pending import Lane, Pending, Position, overlay
from sinks.steps import Do, Done, Settled, Step
from tests.unit.sinks.values import CATALOGUE, version

KEYS = ("s/patient/1", "s/patient/2")
LINK = "99999999-9999-5999-8999-999999999999"


class DuplicateError(Exception):
    pass


class Twenty:
    """Rows by id, with the rules that matter here: a create is refused for any id that is there, trashed or not."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, object]] = {}
        self.trash: set[str] = set()

    def create(self, row: dict[str, object]) -> None:
        if row["id"] in self.rows:
            raise DuplicateError
        self.rows[str(row["id"])] = row

    def upsert(self, row: dict[str, object]) -> None:
        self.trash.discard(str(row["id"]))
        self.rows[str(row["id"])] = {**self.rows.get(str(row["id"]), {}), **row}

    @property
    def living(self) -> dict[str, dict[str, object]]:
        return {name: row for name, row in self.rows.items() if name not in self.trash}


class Machine:
    """The sink's core around a fake Twenty; what is not committed is lost in a crash."""

    def __init__(self) -> None:
        self.twenty = Twenty()
        self.topics: dict[Lane, list[Write]] = {Lane.LIVE: [], Lane.BULK: []}
        self.identities: list[Identity] = []
        self.events: list[AuditEvent] = []
        self.offsets = {Lane.LIVE: 0, Lane.BULK: 0}
        self.start()

    def start(self) -> None:
        self.book = Book(self.identities)
        self.lanes = Lanes(self.book.newest, self.book.covers, lambda _: len(self.topics[Lane.BULK]), window=2)
        self.read = dict(self.offsets)
        for lane, offset in self.offsets.items():
            self.lanes.start(lane, 0, offset, len(self.topics[lane]))
        self.waiting: dict[str, tuple[Pending, Step]] = {}
        self.new_identities: list[Identity] = []
        self.new_events: list[AuditEvent] = []
        self.again: dict[str, Version] = {}

    def consume(self, lane: Lane) -> None:
        if self.read[lane] == len(self.topics[lane]):
            return
        write = self.topics[lane][self.read[lane]]
        position = Position(lane, 0, self.read[lane])
        self.read[lane] += 1
        self.lanes.opened(position)
        if lane is Lane.BULK and not (self.lanes.room() or self.lanes.hastened(write.key)):
            self.lanes.index(position, write.key)
        else:
            self.offer(position, write)
        self.settle()

    def offer(self, position: Position, write: Write) -> None:
        for replaced in self.lanes.offer(position, write, 0.0):
            if replaced.kind is not WriteKind.PATCH:
                self.event(replaced, None, Outcome.SUPERSEDED)

    def settle(self) -> None:
        for position in self.lanes.turns(10):
            self.offer(position, self.topics[Lane.BULK][position.offset])
        self.lanes.reconsider(0.0)
        while self.lanes.changed:
            _, pending = self.lanes.changed.popitem()
            self.waiting.pop(pending.key, None)
            while True:
                step = next_step(pending, self.book)
                if isinstance(step, Done):
                    self.lanes.done(pending)
                    break
                if isinstance(step, Settled):
                    pending.accounted.add("*" if step.part is None else step.part)
                    self.event(pending.write, step.part, step.outcome)
                    self.publish(step.identity)
                    if step.outcome is Outcome.SUPERSEDED:
                        for doubted in overtaken(pending, self.book.record(pending.key), self.book):
                            self.publish(doubted)
                            self.again[doubted.key] = doubted.version
                    continue
                self.waiting[pending.key] = (pending, step)
                break

    def send(self, index: int) -> None:
        if not self.waiting:
            return
        key = sorted(self.waiting)[index % len(self.waiting)]
        pending, step = self.waiting.pop(key)
        row: dict[str, object] = {}
        match step.do:
            case Do.CREATE | Do.UPSERT | Do.LINK | Do.CLEAR:
                row = rows.build(pending, step, self.book, CATALOGUE).payload
                try:
                    (self.twenty.create if step.do is Do.CREATE else self.twenty.upsert)(row)
                except DuplicateError:
                    trashed = step.twenty_id in self.twenty.trash
                    (pending.trashed if trashed else pending.exists).add(step.name)
                    self.lanes.changed[key] = pending
                    self.settle()
                    return
                if step.do is Do.CLEAR:
                    pending.vacated.add((step.name, step.twenty_id))
            case Do.DELETE:
                pending.vacated.add((step.name, step.twenty_id))
                if step.twenty_id in self.twenty.rows:
                    self.twenty.trash.add(step.twenty_id)
            case Do.RESTORE:
                there = step.twenty_id in self.twenty.trash
                self.twenty.trash.discard(step.twenty_id)
                (pending.restored if there else pending.purged).add(step.name)
                pending.trashed.discard(step.name)
            case _:
                raise AssertionError(step.do)
        self.publish(written(pending, step, self.book))
        if step.do is not Do.RESTORE and step.outcome is not Outcome.FLAGGED:
            if step.outcome is not Outcome.LINKED:
                pending.accounted.add(step.name)
            self.event(pending.write, step.name, step.outcome)
        self.lanes.changed[key] = pending
        self.settle()

    def publish(self, identity: Identity | None) -> None:
        if identity is not None:
            self.book.put(identity)
            self.new_identities.append(identity)

    def event(self, write: Write, part: str | None, outcome: Outcome) -> None:
        names = tuple(part.name for part in write.parts)
        event = AuditEvent(write.unit, write.key, part, names, write.version, outcome, decided_at=None)  # type: ignore[arg-type]
        self.new_events.append(event)

    def commit(self) -> None:
        self.identities += self.new_identities
        self.events += self.new_events
        self.new_identities, self.new_events = [], []
        said = [one for lane in Lane for one in self.topics[lane]]
        for write in said:
            if write.kind is WriteKind.WRITE and self.again.get(write.key) == write.version:
                # what hold answers to a write that comes back to it
                again = replace(write, repair=True)
                for patch in said:
                    if patch.kind is WriteKind.PATCH and (patch.key, patch.version) == (write.key, write.version):
                        again = overlay(again, patch)
                self.topics[Lane.LIVE].append(again)
                del self.again[write.key]
        self.offsets = {lane: offset for (lane, _), offset in self.lanes.committable().items()}

    def drain(self) -> None:
        for _ in range(10_000):
            for lane in Lane:
                self.consume(lane)
            self.send(0)
            self.settle()
            done = all(self.read[lane] == len(self.topics[lane]) for lane in Lane)
            if done and not self.waiting and not list(self.lanes) and not self.lanes.bulk:
                if not self.again:
                    break
                self.commit()
        self.commit()


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Lane, Write]]:
    """Versions of two records as hold may publish them: in any order over the lanes, repeats included."""
    published: list[tuple[Lane, Write]] = []
    for key in KEYS:
        for number in range(1, draw(st.integers(1, 5))):
            names = draw(st.sampled_from([("",), ("", "a"), ("", "a", "b"), ("b", ""), ()]))
            target = draw(st.sampled_from(["person", "company"]))
            content = draw(st.integers(1, 2))  # so that a version may say again what one before the last said
            parts = tuple(
                Part(
                    name,
                    target if not name else "note",
                    fields={"jobTitle" if target == "person" else "name": content} if not name else {"title": content},
                    internal={} if not name or "" not in names[: names.index(name)] else {"owner": ""},
                    links=(Link("late", "token", False),),
                    content_hash=f"{name}{content}",
                )
                for name in names
            )
            kind = WriteKind.WRITE if parts else WriteKind.DELETE
            unit = Unit(f"cdc.{key}", 0, number)
            lane = draw(st.sampled_from(Lane))
            change = Write(key, kind, version(number), unit, parts)
            published += [(lane, change)] * draw(st.integers(1, 2))
            patched = draw(st.booleans())
            if parts and patched:
                links = (Link("late", "token", False, LINK),)
                patch = tuple(Part(part.name, part.target, links=links) for part in parts)
                published.append((Lane.LIVE, Write(key, WriteKind.PATCH, version(number), unit, patch)))
    return list(draw(st.permutations(published)))


# publishing, reading and sending are common, commits and crashes rarer
ACTIONS = st.lists(
    st.sampled_from(["publish"] * 3 + ["live", "bulk"] * 2 + ["send"] * 3 + ["commit", "crash"]),
    min_size=15,
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(histories(), ACTIONS)
def test_twenty_ends_as_the_newest_version_says(history: list[tuple[Lane, Write]], actions: list[str]) -> None:
    machine = Machine()
    queue = list(history)
    patched_late = _patches_before_their_write(history)
    for action in actions:
        match action:
            case "publish" if queue:
                lane, write = queue.pop(0)
                machine.topics[lane].append(write)
            case "live":
                machine.consume(Lane.LIVE)
            case "bulk":
                machine.consume(Lane.BULK)
            case "send":
                machine.send(len(queue))
            case "commit":
                machine.commit()
            case "crash":
                machine.start()
    for lane, write in queue:
        machine.topics[lane].append(write)
    machine.drain()

    newest: dict[str, Write] = {}
    for _, write in history:
        if write.kind is not WriteKind.PATCH and (write.key not in newest or write.version > newest[write.key].version):
            newest[write.key] = write
    expected = {twenty_id(key, part.name): part for key, write in newest.items() for part in write.parts}
    living = machine.twenty.living
    assert living.keys() == expected.keys()
    for row_id, part in expected.items():
        assert {name: living[row_id].get(name) for name in part.fields} == part.fields
    assert machine.offsets == {lane: len(machine.topics[lane]) for lane in Lane}
    ledger = Ledger()
    for event in machine.events:
        ledger.audited(event)
    assert ledger.unaccounted({write.unit for _, write in history if write.kind is not WriteKind.PATCH}) == []
    for key, write in newest.items():
        patch = any(w.kind is WriteKind.PATCH and w.version == write.version for _, w in history if w.key == key)
        if patch and (key, write.version) not in patched_late:
            for part in write.parts:
                assert living[twenty_id(key, part.name)].get("lateId") == LINK


@pytest.mark.parametrize(
    "unheard",
    [
        (Part("", "person", fields={"jobTitle": 2}, content_hash="2"),),
        (Part("", "company", fields={"name": 1}, content_hash="1"),),
        (),
    ],
    ids=["other content", "another object", "deleted"],
)
@pytest.mark.parametrize("decided", [True, False], ids=["after the newer one", "before a part of it"])
def test_what_a_dead_sender_wrote_does_not_outlast_what_was_there_before(
    unheard: tuple[Part, ...], decided: bool
) -> None:
    """The next sender reads last what the dead one wrote last: the newest version had looked as if it were there."""
    main, more = Part("", "person", fields={"jobTitle": 1}, content_hash="1"), Part("a", "note", fields={"title": 1})
    parts = ((main,), unheard, (main,) if decided else (main, more))
    first, second, third = (
        Write(KEYS[0], WriteKind.WRITE if said else WriteKind.DELETE, version(at), Unit("cdc", 0, at), said)
        for at, said in enumerate(parts, 1)
    )
    machine = Machine()
    machine.topics = {Lane.LIVE: [first, third], Lane.BULK: [second]}
    machine.consume(Lane.LIVE)
    machine.send(0)
    machine.commit()
    machine.consume(Lane.BULK)
    machine.send(0)
    machine.start()
    machine.consume(Lane.LIVE)
    machine.drain()
    assert machine.twenty.living[twenty_id(KEYS[0], "")]["jobTitle"] == 1
    assert machine.twenty.living.keys() == {twenty_id(KEYS[0], part.name) for part in third.parts}


def _patches_before_their_write(history: list[tuple[Lane, Write]]) -> set[tuple[str, Version]]:
    """Hold never sends a patch before the write that it completes; histories that do promise nothing about it."""
    seen: set[tuple[str, Version]] = set()
    early = set()
    for _, write in history:
        name = (write.key, write.version)
        if write.kind is WriteKind.PATCH and name not in seen:
            early.add(name)
        seen.add(name)
    return early


def test_the_fake_refuses_what_twenty_refuses() -> None:
    twenty = Twenty()
    twenty.create({"id": "a"})
    twenty.trash.add("a")
    with pytest.raises(DuplicateError):
        twenty.create({"id": "a"})
    twenty.upsert({"id": "a"})
    assert twenty.living == {"a": {"id": "a"}}
