"""What a batch of hold gives rise to, as messages for named partitions. Nothing here does I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

from schemas.codec import Codec
from schemas.keys import partition_of, token_partition
from schemas.records import Lift, RecordChange, Verdict, Write
from schemas.topics import Topics

FORMAT = 1
"""Version of the wants and answers messages."""

_CHUNK = 2000
"""Tokens per message: some 200 kB, far below what a broker takes."""

T = TypeVar("T")

Headers = Sequence[tuple[str, bytes]]


class Message(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Incoming(Protocol):
    """A fetched record, as aiokafka's ConsumerRecord has it."""

    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class Standing(StrEnum):
    """What parking learns of a missing parent."""

    PENDING = "pending"
    ABSENT = "absent"
    DELETED = "deleted"


class Term(NamedTuple):
    """Orders the workers that ever held a stage B, without a clock.

    ``answers``: sum of the ends of all partitions of the answers topic when the worker took over. Whoever was heard of
    has added to it, so a worker that is back within the same generation comes later.
    """

    generation: int
    answers: int


Sends = dict[tuple[str, int], list[Message]]


class Outbox:
    """Collects messages by (topic, partition); wants and answers are grouped into one message per destination."""

    def __init__(self, topics: Topics, codec: Codec) -> None:
        self._topics = topics
        self._encode = codec.encode
        self._partitions = topics.partitions
        self._live = topics.live
        self._bulk = topics.bulk
        self.term = Term(0, 0)
        self._clear()

    def _clear(self) -> None:
        self._sends: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
        self._wants: defaultdict[tuple[int, int], dict[str, int]] = defaultdict(dict)
        self._probes: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        self._answers: defaultdict[tuple[int, int], dict[str, tuple[str | None, int]]] = defaultdict(dict)
        self._standings: defaultdict[tuple[int, int], dict[str, Standing]] = defaultdict(dict)
        self._announced: set[int] = set()

    def encode(self, patch: Write) -> bytes:
        """A patch for the obligations topic."""
        return self._encode(patch)

    def write(self, partition: int, write: Write, live: bool) -> None:
        topic = self._live if live else self._bulk
        self._sends[topic, partition].append(Message(write.key.encode(), self._encode(write, topic)))

    def verdict(self, partition: int, verdict: Verdict) -> None:
        self._sends[self._live, partition].append(Message(verdict.key.encode(), self._encode(verdict, self._live)))

    def lift(self, partition: int, key: str) -> None:
        self._sends[self._live, partition].append(Message(key.encode(), self._encode(Lift(key), self._live)))

    def derived(self, change: RecordChange) -> None:
        topic = self._topics.derived
        partition = partition_of(change.key, self._partitions)
        self._sends[topic, partition].append(Message(change.key.encode(), self._encode(change, topic)))

    def dead_letter(self, topic: str, partition: int, record: Incoming, reason: str, at: str) -> None:
        headers = (
            ("reason", reason.encode()),
            ("topic", topic.encode()),
            ("partition", str(partition).encode()),
            ("offset", str(record.offset).encode()),
            ("at", at.encode()),
        )
        self._sends[self._topics.dead_letters, partition].append(Message(record.key, record.value, headers))

    def want(self, child: int, token: str, live: bool) -> None:
        """Partition ``child`` waits for ``token``; the parent's stage B answers once it resolves."""
        wants = self._wants[child, token_partition(token, self._partitions)]
        wants[token] = wants.get(token, 0) | live

    def probe(self, child: int, token: str) -> None:
        """Parking asks whether anything may still happen to ``token``."""
        self._probes[child, token_partition(token, self._partitions)].append(token)

    def answer(self, parent: int, child: int, token: str, twenty_id: str | None, at: int) -> None:
        """``at``: offset in ``identities`` that this is known from; None takes back what was said before."""
        self._answers[parent, child][token] = (twenty_id, at)

    def standing(self, parent: int, child: int, token: str, standing: Standing) -> None:
        self._standings[parent, child][token] = standing

    def announce(self, parent: int) -> None:
        """Stage B of partition ``parent`` is in this worker's hands from this term on: ask it again."""
        self._announced.add(parent)

    def drain(self) -> Sends:
        sends, topics, term = self._sends, self._topics, list(self.term)
        for parent in sorted(self._announced):
            for child in range(self._partitions):
                # before any answer of the same batch
                sends[topics.answers, child].append(_message({"b": parent, "term": term}))
        for (child, parent), wants in self._wants.items():
            for some in _chunks(list(wants.items())):
                sends[topics.wants, parent].append(_message({"a": child, "want": dict(some)}))
        for (child, parent), tokens in self._probes.items():
            for names in _chunks(tokens):
                sends[topics.wants, parent].append(_message({"a": child, "probe": names}))
        for (parent, child), answers in self._answers.items():
            for known in _chunks(list(answers.items())):
                sends[topics.answers, child].append(_message({"b": parent, "term": term, "answer": dict(known)}))
        for (parent, child), standings in self._standings.items():
            for stands in _chunks(list(standings.items())):
                sends[topics.answers, child].append(_message({"b": parent, "term": term, "standing": dict(stands)}))
        self._clear()
        return dict(sends)


def _message(body: dict[str, Any]) -> Message:
    return Message(None, orjson.dumps({"v": FORMAT, **body}))


def _chunks(items: list[T]) -> list[list[T]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
