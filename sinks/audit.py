"""The audit: one event per decision, chained by hash within each partition, so that a missing or altered one shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import orjson

from schemas.broker import KafkaSettings, consumer, read_to_end, watermarks
from schemas.codec import Codec
from schemas.columns import micros
from schemas.conversion import TO_AVRO
from schemas.records import AuditEvent

_STRETCH = 64


def digest(event: AuditEvent, previous: str) -> str:
    """sha256, in hex, over the digest before and the event's canonical bytes (its Avro value as sorted JSON)."""
    value = TO_AVRO[AuditEvent](replace(event, previous=previous, digest=""))
    # as Avro keeps them: a time is read back in UTC, whatever its zone was
    canonical = orjson.dumps(value, default=micros, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)
    return hashlib.sha256(previous.encode() + canonical).hexdigest()


class Chains:
    """The newest digest of each audit partition."""

    def __init__(self, heads: Mapping[int, str] | None = None) -> None:
        self._heads = dict(heads or {})

    def add(self, partition: int, event: AuditEvent) -> AuditEvent:
        """The event as the next link of its partition's chain."""
        previous = self._heads.get(partition, "")
        linked = replace(event, previous=previous, digest=digest(event, previous))
        self._heads[partition] = linked.digest
        return linked


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the position within the events given, and what is wrong."""

    index: int
    what: str


def verify(events: Iterable[AuditEvent], head: str = "") -> list[Break]:
    """Checks the events of one partition, in order. ``head`` is the digest before the first of them."""
    breaks = []
    for index, event in enumerate(events):
        if event.previous != head:
            breaks.append(Break(index, "an event before this one is missing or altered"))
        if digest(event, event.previous) != event.digest:
            breaks.append(Break(index, "this event was altered"))
        head = event.digest
    return breaks


def read_heads(settings: KafkaSettings, topic: str, partitions: int, codec: Codec) -> dict[int, str]:
    """The digest of the last committed event of each partition that has one."""
    return {
        partition: head
        for partition in range(partitions)
        if (head := _head(settings, topic, partition, codec)) is not None
    }


def _head(settings: KafkaSettings, topic: str, partition: int, codec: Codec) -> str | None:
    reader = consumer(settings, "unused")
    try:
        low, high = watermarks(reader, topic, partition)
    finally:
        reader.close()
    # transaction markers take offsets too: step back until there is an event
    stretch = _STRETCH
    while high > low:
        start = max(low, high - stretch)
        last = None
        for message in read_to_end(settings, topic, [partition], start=start):
            last = message
        if last is not None:
            event = codec.decode(last.value() or b"")
            return event.digest if isinstance(event, AuditEvent) else None
        if start == low:
            return None
        stretch *= 4
    return None
