"""What one Kafka transaction carries: identities, aliases, audit events, returns, repairs, dead letters, positions."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from confluent_kafka import KafkaException, Producer, TopicPartition

from schemas.codec import Codec
from schemas.keys import SEPARATOR, part_key, partition_of
from schemas.records import Alias, AuditEvent, Checkpoint, Control, Identity, Unit, Write
from schemas.topics import Topics
from schemas.watchdog import Watchdog
from sinks.audit import Chains
from sinks.pending import Lane

log = logging.getLogger("dualrun.sink")

_TIMEOUT = 30.0
_ATTEMPTS = 20
_PAUSE = 0.25
"""Seconds for the lease to learn of a new generation."""


class Generation(Protocol):
    """What a commit asks of the lease."""

    def group_metadata(self) -> object: ...

    def check(self) -> None: ...


class Outbox:
    """Collects records, and commits them together with the input offsets. The producer is transactional.

    Any failure of a commit is left to the caller as KafkaException: the process ends, and its successor goes on from
    the last commit.
    """

    def __init__(
        self, producer: Producer, topics: Topics, codec: Codec, chains: Chains, watchdog: Watchdog | None = None
    ) -> None:
        self._producer = producer
        self._watchdog = watchdog or Watchdog()
        self._topics = topics
        self._codec = codec
        self._chains = chains
        self._messages: list[tuple[str, int, str, bytes, dict[str, str | bytes | None] | None]] = []
        self._committed: dict[tuple[Lane, int], int] = {}

    def identity(self, identity: Identity) -> None:
        self._add(self._topics.identities, identity.key, part_key(identity.key, identity.part), identity)

    def alias(self, alias: Alias) -> None:
        key = f"{alias.alias}{SEPARATOR}{alias.key}{SEPARATOR}{alias.part}"
        self._add(self._topics.identities, alias.alias, key, alias)

    def event(self, event: AuditEvent) -> None:
        partition = partition_of(event.key, self._topics.partitions)
        self._add(self._topics.audit, event.key, event.key, self._chains.add(partition, event))

    def returned(self, write: Write) -> None:
        self._add(self._topics.returns, write.key, write.key, write)

    def repair(self, write: Write) -> None:
        """A write that Twenty is to get once more; it comes back by the live lane."""
        self._add(self._topics.live, write.key, write.key, write)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        key = f"{checkpoint.source}/{checkpoint.object}"
        self._single(self._topics.checkpoints, key, checkpoint)

    def signal(self, control: Control) -> None:
        self._single(self._topics.control, f"{control.kind}:{control.subject}", control)

    def _single(self, topic: str, key: str, record: Checkpoint | Control) -> None:
        self._messages.append((topic, 0, key, self._codec.encode(record, topic), None))

    def dead_letter(
        self, partition: int, key: str, raw: bytes, reason: str, at: datetime, unit: Unit | None = None
    ) -> None:
        """Original bytes; what is wrong with them goes into the headers."""
        headers: dict[str, str | bytes | None] = {"reason": reason, "at": at.isoformat(), "by": "sink"}
        if unit is not None:
            headers |= {"topic": unit.topic, "partition": str(unit.partition), "offset": str(unit.offset)}
        self._messages.append((self._topics.dead_letters, partition, key, raw, headers))

    def started_at(self, offsets: Mapping[tuple[Lane, int], int]) -> None:
        """What is committed already."""
        self._committed = dict(offsets)

    def dirty(self, offsets: Mapping[tuple[Lane, int], int]) -> bool:
        return bool(self._messages) or offsets != self._committed

    def commit(self, offsets: Mapping[tuple[Lane, int], int], lease: Generation) -> None:
        """One transaction: everything collected, and ``offsets``, which are positions to go on from.

        A stand-by that joins begins a new generation of the group; what Kafka refuses for its generation is sent once
        more under the new one, as long as the lease is ours.
        """
        attempt = 0
        while True:
            try:
                with self._watchdog.transaction():
                    self._attempt(offsets, lease.group_metadata())
                break
            except KafkaException as error:
                attempt += 1
                failure = error.args[0]
                if failure.fatal() or not failure.txn_requires_abort() or attempt == _ATTEMPTS:
                    raise
                log.info("transaction aborted and repeated: %s", failure.name())
                with self._watchdog.transaction():
                    self._producer.abort_transaction(_TIMEOUT)
                time.sleep(_PAUSE)
                lease.check()
        self._messages.clear()
        self._committed = dict(offsets)

    def _attempt(self, offsets: Mapping[tuple[Lane, int], int], group: object) -> None:
        self._producer.begin_transaction()
        for topic, partition, key, value, headers in self._messages:
            self._producer.produce(topic, value, key, partition, headers=headers)
        moved = [
            TopicPartition(self._topics.live if lane is Lane.LIVE else self._topics.bulk, partition, offset)
            for (lane, partition), offset in offsets.items()
            if self._committed.get((lane, partition)) != offset
        ]
        if moved:
            self._producer.send_offsets_to_transaction(moved, group, _TIMEOUT)
        self._producer.commit_transaction(_TIMEOUT)

    def _add(self, topic: str, place: str, key: str, record: Identity | Alias | AuditEvent | Write) -> None:
        partition = partition_of(place, self._topics.partitions)
        self._messages.append((topic, partition, key, self._codec.encode(record, topic), None))
