"""All partitions of one worker: batches of input in, messages and state changes out. Pure; the clock is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from processors.hold import Children
from processors.intake import Intake
from processors.obligations import Obligation, Passed, StateChange
from processors.outbox import FORMAT, Incoming, Outbox, Sends, Standing, Term
from processors.parents import Parents
from processors.ports import Transform
from processors.register import Register
from schemas.codec import Codec
from schemas.control import Epochs
from schemas.records import Alias, Identity
from schemas.topics import Topics


class Group(NamedTuple):
    """Consecutive records of one partition."""

    topic: str
    partition: int
    records: Sequence[Incoming]


class Effects(NamedTuple):
    """In order of durability: ``sends``, then each of ``state`` (partition -> changes), all acknowledged in turn."""

    sends: Sends
    state: tuple[dict[int, list[StateChange]], ...]


class ProtocolError(ValueError):
    """A wants or answers message in a format that this release does not know."""


@dataclass(slots=True)
class _Partition:
    children: Children
    parents: Parents
    register: Register


class Hold:
    """Call ``assign`` on each generation of the group, then ``batch`` and ``tick``, then ``drain`` and see to it."""

    def __init__(
        self, topics: Topics, codec: Codec, transform: Transform, epochs: Epochs, *, grace_seconds: float
    ) -> None:
        self._topics = topics
        self._codec = codec
        self._grace = grace_seconds
        self._outbox = Outbox(topics, codec)
        self._intake = Intake(topics, codec, transform, epochs, self._outbox)
        self._owned: dict[int, _Partition] = {}
        self._standings: dict[str, Standing] = {}
        # identities first, changes last: what is asked in a batch may be answered in the same one
        self._stages: dict[str, tuple[int, Callable[[str, _Partition, Sequence[Incoming], float], None]]] = {
            topics.identities: (0, self._identities),
            topics.answers: (1, self._answers),
            topics.wants: (2, self._wants),
            topics.returns: (3, self._returns),
            **dict.fromkeys(topics.changes, (4, self._changes)),
        }

    @property
    def owned(self) -> frozenset[int]:
        return frozenset(self._owned)

    def assign(self, states: Mapping[int, Iterable[Obligation | Passed]], term: Term, now: float) -> None:
        """Takes over exactly the partitions of ``states``.

        Stage A is made anew from state. Of stage B the fold over ``identities`` stays where it was held before (its
        position is the caller's); no answers leave before ``caught_up``.
        """
        outbox = self._outbox
        outbox.drain()
        outbox.term = term
        self._standings = {}
        before, self._owned = self._owned, {}
        for partition, state in states.items():
            self._owned[partition] = owned = self._partition(partition, before.get(partition))
            owned.parents.take_over()
            self._intake.restore(owned.children, owned.register, state, now)
            owned.children.resume(now)

    def _partition(self, partition: int, before: _Partition | None) -> _Partition:
        topics, outbox = self._topics, self._outbox
        parents = before.parents if before else Parents(partition, topics.partitions, outbox)
        children = Children(
            partition,
            topics.partitions,
            outbox,
            grace_seconds=self._grace,
            identity_version=parents.version,
            lifted=parents.lifted,
        )
        parents.neighbour = children
        return _Partition(children, parents, Register())

    def caught_up(self, partition: int) -> None:
        """``identities`` was read to the end that it had at ``assign``."""
        self._owned[partition].parents.ready()

    def batch(self, groups: Iterable[Group], now: float) -> None:
        stages = self._stages
        for group in sorted(groups, key=lambda group: stages[group.topic][0]):
            stages[group.topic][1](group.topic, self._owned[group.partition], group.records, now)

    def _changes(self, topic: str, owned: _Partition, records: Sequence[Incoming], now: float) -> None:
        self._intake.changes(topic, owned.children, owned.register, records, now)

    def _returns(self, _topic: str, owned: _Partition, records: Sequence[Incoming], now: float) -> None:
        self._intake.returns(owned.children, records, now)

    def _identities(self, topic: str, owned: _Partition, records: Sequence[Incoming], _now: float) -> None:
        decode, parents = self._codec.decode, owned.parents
        for record in records:
            if record.value is None:
                parents.forget((record.key or b"").decode(), record.offset)
                continue
            entry = decode(record.value)
            if isinstance(entry, Identity):
                parents.identity(entry, record.offset)
            elif isinstance(entry, Alias):
                parents.alias(entry, record.offset)
            else:
                raise ProtocolError(f"{topic}: a {type(entry).__name__} where identities and aliases are expected")

    def _wants(self, topic: str, owned: _Partition, records: Sequence[Incoming], _now: float) -> None:
        for record in records:
            body = _body(topic, record)
            child = body["a"]
            for token, live in body.get("want", {}).items():
                owned.parents.want(child, token, bool(live))
            for token in body.get("probe", ()):
                owned.parents.probe(child, token)

    def _answers(self, topic: str, owned: _Partition, records: Sequence[Incoming], now: float) -> None:
        for record in records:
            body = _body(topic, record)
            if not owned.children.term(body["b"], Term(*body["term"])):
                continue
            if "answer" in body:
                owned.children.answered(body["answer"], now)
            for token, standing in body.get("standing", {}).items():
                self._standings[token] = Standing(standing)

    def tick(self, now: float) -> None:
        for owned in self._owned.values():
            owned.children.tick(now)

    # -- parking

    def waits(self, before: float) -> bool:
        return any(owned.children.waits(before) for owned in self._owned.values())

    def probe(self, before: float) -> frozenset[str]:
        """Asks what may still come for everything that waits since before ``before``; returns the tokens asked."""
        self._standings = {}
        asked: set[str] = set()
        for partition, owned in self._owned.items():
            for token in owned.children.candidates(before):
                asked.add(token)
                self._outbox.probe(partition, token)
        return frozenset(asked)

    def standings(self) -> Mapping[str, Standing]:
        return self._standings

    def park(self, absent: Mapping[str, bool], before: float) -> int:
        return sum(owned.children.park(absent, before) for owned in self._owned.values())

    # -- what is to be done

    def drain(self) -> Effects:
        taken: dict[int, list[StateChange]] = {}
        registered: dict[int, list[StateChange]] = {}
        discharged: dict[int, list[StateChange]] = {}
        for partition, owned in self._owned.items():
            puts, deletes = owned.children.changes()
            statements, forgotten = owned.register.changes()
            for phase, changes in ((taken, puts), (registered, statements), (discharged, deletes + forgotten)):
                if changes:
                    phase[partition] = changes
        return Effects(self._outbox.drain(), tuple(phase for phase in (taken, registered, discharged) if phase))

    def children(self) -> Iterable[Children]:
        return (owned.children for owned in self._owned.values())


def _body(topic: str, record: Incoming) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(record.value or b"{}")
    if body.get("v") != FORMAT:
        raise ProtocolError(
            f"{topic}: a message of format {body.get('v')}, this release speaks {FORMAT}: stop all workers of"
            " hold, then start them in one release"
        )
    return body
