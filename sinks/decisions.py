"""What a decision leaves behind: the identity, its aliases, the audit events, the metrics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.codec import Codec
from schemas.keys import parse_record_key, part_key, partition_of
from schemas.records import (
    Alias,
    AuditEvent,
    Flag,
    Identity,
    IdentityState,
    Link,
    Outcome,
    Part,
    PartMode,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from schemas.topics import Topics
from sinks import adoption, ghosts, merges, metrics
from sinks.answer import NOTHING, Answer
from sinks.book import LIVING, Book
from sinks.catalogue import TargetObject
from sinks.identity import written
from sinks.lanes import returned
from sinks.links import known_of, stands
from sinks.outbox import Outbox
from sinks.pending import Lane, Pending
from sinks.rows import Row
from sinks.steps import NO_MEMBER, Do, Settled, Step

WHOLE = "*"
_MINUTE = 60.0


class Brake:
    """Dead letters within the last minute; more than ``limit`` mean that something is wrong with everything."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: deque[float] = deque()

    def count(self, now: float) -> bool:
        """Counts one; True when that was one too many."""
        self._times.append(now)
        while self._times[0] <= now - _MINUTE:
            self._times.popleft()
        return len(self._times) > self._limit


class Decisions:
    """Writes decisions to the outbox and the book. ``now`` is the wall clock, for times in events only."""

    def __init__(self, book: Book, outbox: Outbox, codec: Codec, topics: Topics, now: Callable[[], datetime]) -> None:
        self._book = book
        self._outbox = outbox
        self._codec = codec
        self._topics = topics
        self._now = now
        self._again: dict[tuple[str, str], Version] = {}
        """Parts whose last write is to be decided anew: a merge has come or gone, or a value that they did without, or
        something else may have been written over it."""

    def superseded(self, write: Write) -> None:
        if write.kind is not WriteKind.PATCH:
            self._event(write, None, Outcome.SUPERSEDED)
            self._taken_out(write)

    def _taken_out(self, replaced: Write) -> None:
        """A merger was replaced: a process that died unheard may have put its loser into the trash."""
        for token in sorted({part.merger.loser for part in replaced.parts if part.merger is not None}):
            self._book.mergers.hear(token)
            loser = known_of(self._book, token)
            if loser is not None and stands(loser):
                self._publish(replace(loser, content_hash=ghosts.unknown(loser)))
                self._again[loser.key, loser.part] = loser.version

    def verdict(self, verdict: Verdict) -> None:
        """What hold decided: it travels in the live lane because the audit has one writer."""
        self._outbox.event(
            AuditEvent(
                verdict.unit, verdict.key, None, (), verdict.version, verdict.outcome, self._now(),
                reason=verdict.reason, flags=verdict.flags, source_changed_at=verdict.source_changed_at,
            )
        )  # fmt: skip
        self._count(verdict.key, "hold", verdict.outcome)

    def settled(self, pending: Pending, settled: Settled) -> None:
        """A decision that took no request."""
        pending.accounted.add(WHOLE if settled.part is None else settled.part)
        if settled.identity is not None:
            message = self._message(pending, settled.identity)
            awaiting = message if settled.reason == NO_MEMBER and pending.place else settled.identity.awaiting
            self._publish(replace(settled.identity, awaiting=awaiting, message=message))
        row = settled.identity.twenty_id if settled.identity else ""
        self._event(
            pending.write, settled.part, settled.outcome, settled.target, row, settled.reason, after=settled.after
        )
        if settled.outcome is Outcome.SUPERSEDED:
            if pending.inherited:
                self._taken_out(pending.write)
            for doubted in ghosts.overtaken(pending, self._book.record(pending.key), self._book):
                self._publish(doubted)
                self._again[doubted.key, doubted.part] = doubted.version
        doubts = merges.doubts(self._book, settled.identity)
        flags = (*settled.flags, *doubts, *pending.notes.pop(settled.part or "", ()))
        self.flagged(pending, settled.part, settled.target, row, flags)

    def succeeded(
        self,
        pending: Pending,
        step: Step,
        *,
        row: Row | None = None,
        answer: Answer = NOTHING,
        request_id: str = "",
    ) -> None:
        """Twenty took the step."""
        identity = written(
            pending, step, self._book, unique=row.unique if row else (), missed=row.missed if row else ()
        )
        if identity is not None:
            identity = answer.told(self._book.record(pending.key).get(step.name), identity, step.part, row)
            self._publish(replace(identity, message=self._message(pending, identity)))
            if row is not None and row.beside:
                for fragment in self._book.at(identity.twenty_id):
                    if (overheard := answer.overheard(fragment, row)) != fragment:
                        self._publish(overheard)
            if self._book.could_have_more(identity) and not pending.withheld.get(step.name):
                # who held it gave it up in the same request; where Twenty itself refused it, to ask again is no use
                self._again[identity.key, identity.part] = identity.version
        if step.outcome is Outcome.FLAGGED or step.do is Do.RESTORE or step.do is Do.UPLOAD:
            return
        (pending.relinked if step.outcome is Outcome.LINKED else pending.accounted).add(step.name)
        after = row.payload if row else None
        self._event(
            pending.write, step.name, step.outcome, step.target, step.twenty_id, step.reason, after=after,
            request_id=request_id, named=self._named(pending),
        )  # fmt: skip
        own = step.part.flags if step.part is not None and step.outcome is not Outcome.LINKED else ()
        flags = (*own, *(row.flags if row else ()), *pending.notes.pop(step.name, ()))
        self.flagged(pending, step.name, step.target, step.twenty_id, flags)
        self._lag(pending.write)

    def adopting(self, pending: Pending, part: Part, row: Mapping[str, Any], target: TargetObject) -> None:
        """The before-image and the claim on a foreign row; both must be committed before the row is touched."""
        self._publish(adoption.adopting(pending.key, part, pending.write.version, row, target))
        image = adoption.before_image(row)
        self._event(pending.write, part.name, Outcome.ADOPTING, part.target, row["id"], before=image)

    def lost(self, identity: Identity) -> None:
        """A row of ours is not in Twenty any more, not even in its trash: its children must wait for it."""
        self._publish(replace(identity, state=IdentityState.DELETED, content_hash="", links={}, unique=()))

    def made_anew(self, identity: Identity) -> None:
        """A row that was gone for good is back under its id: the links to it, which Twenty has emptied, and what
        fragments wrote into it are owed again.

        Links go through hold as patches of the version that was written, so a crash loses none. A fragment is sent
        again as it was; where a crash loses that, it is with the next write of its record.
        """
        for fragment in self._book.at(identity.twenty_id):
            if fragment.mode is PartMode.FRAGMENT:
                self._publish(replace(fragment, content_hash=""))
                self._again[fragment.key, fragment.part] = fragment.version
        token = part_key(identity.key, identity.part)
        for child in self._book.referring(identity.twenty_id):
            emptied = [field for field, row in child.links.items() if row == identity.twenty_id]
            self._publish(replace(child, links={f: row for f, row in child.links.items() if f not in emptied}))
            if child.key != identity.key:
                links = tuple(Link(field, token, required=False) for field in emptied)
                part = Part(child.part, child.target, child.mode, links=links)
                unit = self._unit(child.key, child.version)
                self._outbox.returned(Write(child.key, WriteKind.PATCH, child.version, unit, (part,)))

    def returned(self, pending: Pending, gone: Container[str]) -> None:
        """The write goes back to hold, which waits for the parent that is gone."""
        self._in_doubt(pending)
        self._outbox.returned(returned(pending.write, gone))
        self._count(pending.key, "return", Outcome.PARKED)

    def dead_letter(self, pending: Pending, reason: str) -> None:
        """The record cannot be written as it is."""
        self._in_doubt(pending)
        write = pending.write
        partition = partition_of(write.key, self._topics.partitions)
        self._outbox.dead_letter(partition, write.key, self._codec.encode(write), reason, self._now(), write.unit)
        self._event(write, None, Outcome.DEAD_LETTERED, reason=reason)
        metrics.DEAD.labels(parse_record_key(write.key).object, reason).inc()

    def _in_doubt(self, pending: Pending) -> None:
        for identity in ghosts.doubts(pending, self._book.record(pending.key), self._book):
            self._publish(identity)

    def undecodable(self, partition: int, key: str, raw: bytes, reason: str) -> None:
        """A message that is no record of ours: it names no unit, so it has a dead letter and no audit event."""
        self._outbox.dead_letter(partition, key, raw, reason, self._now())
        metrics.DEAD.labels("unknown", "undecodable").inc()

    def conflict(
        self, identity: Identity, reason: str, flags: tuple[Flag, ...], before: Mapping[str, Any],
        after: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Somebody has changed a row of ours. ``before`` is what is there, ``after`` what was to be written."""
        self._publish(identity)
        self._outbox.event(
            AuditEvent(
                self._unit(identity.key, identity.version), identity.key, identity.part, (), identity.version,
                Outcome.CONFLICT, self._now(), identity.target, identity.twenty_id, reason, flags, before, after,
            )
        )  # fmt: skip
        self._count(identity.key, "edit", Outcome.CONFLICT)

    def repair(self, write: Write) -> None:
        """Sends a version once more, by the live lane: a crash forgets it as little as any other write."""
        self._outbox.repair(replace(write, repair=True))

    def _message(self, pending: Pending, identity: Identity) -> Unit | None:
        """Where the write lies that an identity speaks of; a link patch is no whole write."""
        write, place = pending.write, pending.place
        if write.kind is WriteKind.DELETE:
            return None  # what was written before it is never to be written again
        if write.kind is not WriteKind.WRITE or place is None or identity.version != write.version:
            return identity.message
        topic = self._topics.live if place.lane is Lane.LIVE else self._topics.bulk
        return Unit(topic, place.partition, place.offset)

    def _unit(self, key: str, version: Version) -> Unit:
        """The change that a version came from: its offset is the version's own."""
        name = parse_record_key(key).object
        topic = self._topics.derived if name.startswith("~") else self._topics.cdc(name)
        return Unit(topic, partition_of(key, self._topics.partitions), version.offset)

    def _publish(self, identity: Identity) -> None:
        """The identity, and its aliases where they changed."""
        old = self._book.record(identity.key).get(identity.part)
        had = set(old.aliases) if old is not None and old.state in LIVING else set()
        has = set(identity.aliases) if identity.state in LIVING else set()
        moved = old is None or old.twenty_id != identity.twenty_id or old.state is not identity.state
        for alias in sorted(had | has):
            live = alias in has
            if alias not in had or not live or moved:
                self._outbox.alias(
                    Alias(alias, identity.key, identity.part, identity.twenty_id, identity.version, live)
                )
        self._outbox.identity(identity)
        self._book.put(identity)
        if old is not None:
            freed = set(old.unique).difference(identity.unique if identity.state in LIVING else ())
            found = (one for mark in sorted(freed) for one in self._book.without(old.target, mark))
            self._again |= {(one.key, one.part): one.version for one in found}
        self._follow(merges.follow(self._book, old, identity))

    def reconcile_mergers(self) -> None:
        """At the start: a process that died may have published what it did not follow up."""
        self._follow(merges.unfinished(self._book))

    def reconsider(self, key: str, part: str) -> None:
        """What a part did without may be free."""
        known = self._book.record(key).get(part)
        if known is not None:
            self._again[key, part] = known.version

    def decide_anew(self, earlier: Callable[[Iterable[Unit]], list[Write]]) -> None:
        """Sends the last writes of ``again`` back to hold, whose answer passes by the live lane."""
        again, self._again = self._again, {}
        for (key, part), version in again.items():
            known = self._book.record(key).get(part)
            if known is None or known.message is None or known.version != version:
                continue  # a newer write has come meanwhile, and decides for itself
            settled = merges.as_said(self._book, known) and not self._book.could_have_more(known)
            settled = settled and not ghosts.doubted(known)
            if known.mode is not PartMode.FRAGMENT and settled:
                continue
            for write in earlier([known.message]):
                if write.key == key:
                    self._outbox.returned(merges.unresolved(write, version))

    def _follow(self, out: merges.Consequences) -> None:
        for child, part in out.relinked:
            self._outbox.returned(merges.patch(child, part, self._unit(child.key, child.version)))
        self._again |= {(known.key, known.part): known.version for known in out.again}
        for identity in out.identities:
            self._publish(identity)

    def _named(self, pending: Pending) -> tuple[str, ...]:
        write = pending.write
        if write.kind is WriteKind.DELETE:
            return ()  # a delete ends with an event about the whole unit
        return tuple(part.name for part in write.parts)

    def _event(
        self,
        write: Write,
        part: str | None,
        outcome: Outcome,
        target: str = "",
        row: str = "",
        reason: str = "",
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        flags: tuple[Flag, ...] = (),
        request_id: str = "",
        named: tuple[str, ...] | None = None,
    ) -> None:
        names = tuple(p.name for p in write.parts) if named is None else named
        self._outbox.event(
            AuditEvent(
                write.unit, write.key, part, names, write.version, outcome, self._now(), target, row, reason, flags,
                before, after, write.source_changed_at, write.captured_at, request_id,
            )
        )  # fmt: skip
        self._count(write.key, str(write.kind), outcome)

    def flagged(self, pending: Pending, name: str | None, target: str, row: str, flags: tuple[Flag, ...]) -> None:
        """Something for a person to see, beside the outcome."""
        if flags:
            self._event(pending.write, name, Outcome.FLAGGED, target, row, flags=flags)

    def _count(self, key: str, op: str, outcome: Outcome) -> None:
        metrics.RECORDS.labels(parse_record_key(key).object, op, outcome.value).inc()

    def _lag(self, write: Write) -> None:
        since = write.source_changed_at or write.captured_at
        if since is not None and since.tzinfo is not None:
            metrics.LAG.labels(parse_record_key(write.key).object).set((self._now() - since).total_seconds())
