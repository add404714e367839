"""A step's events and its checkpoint, in one Kafka transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException

from producers.unreadable import BY, Unreadable
from schemas.broker import BrokerError, KafkaSettings, end_offsets, producer
from schemas.codec import Codec
from schemas.keys import record_key
from schemas.records import Changes, Checkpoint
from schemas.topics import MAX_MESSAGE_BYTES, Topics
from schemas.watchdog import Watchdog

# once it is fenced, librdkafka answers everything with a fatal error
_FENCED = (KafkaError._FENCED, KafkaError._FATAL, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)
_PATIENCE_SECONDS = 45.0
_Headers = dict[str, str | bytes | None]
_MOST_BYTES = MAX_MESSAGE_BYTES - 16 * 1024
"""Of a value: its key, its headers and its place in a batch of one need some room, too."""
_LETTER_BYTES = MAX_MESSAGE_BYTES // 2
"""Of a row that no message holds (a quote that swallowed a file), this much is kept; the header ``bytes`` says it."""


class FencedError(RuntimeError):
    """Another poller has taken this object over: end this process, it must not publish what it has read."""


class AbortedError(RuntimeError):
    """The transaction came to nothing: read again."""


class UnfitError(Exception):
    """No message can hold some of the changes. reasons: position among them -> why, without a value of the row."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__(f"{len(reasons)} changes that no message can hold")
        self.reasons = reasons


class Publisher(Protocol):
    """One object's way into its topic. Raises FencedError, AbortedError, BrokerError."""

    def publish(self, changes: Changes) -> int:
        """Adds changes, at least one, to the open transaction (begins one if there is none); their size in bytes.

        Raises UnfitError, and has then added none of them.
        """
        ...

    def refuse(self, row: Unreadable, at: datetime) -> None:
        """Adds a dead letter to the open transaction (begins one if there is none)."""
        ...

    def commit(self, checkpoint: Checkpoint) -> None:
        """Ends the transaction with the checkpoint in it."""
        ...

    def abort(self) -> None:
        """Gives up what was published since the last commit."""
        ...

    def ends(self) -> dict[int, int]:
        """``partition -> next offset`` of the object's topic."""
        ...


class KafkaPublisher:
    """``transactional.id`` is the object's own, so a poller that was stopped and wakes up is fenced.

    Making one ends whatever transaction a predecessor left open, and shuts the predecessor out for good.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topics: Topics,
        codec: Codec,
        object_name: str,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._kafka = kafka
        self._watchdog = watchdog or Watchdog()
        self._topics = topics
        self._codec = codec
        self._object = object_name
        self._topic = topics.cdc(object_name)
        self._checkpoint_key = f"{topics.system}/{object_name}"
        self._open = False
        self._producer = producer(kafka, transactional_id=f"{topics.prefix}.poller.{topics.system}.{object_name}")
        self._try(lambda: self._producer.init_transactions(_PATIENCE_SECONDS))

    def publish(self, changes: Changes) -> int:
        try:
            values = self._codec.encode_all(changes, self._topic)
        except (TypeError, ValueError, OverflowError):
            raise UnfitError(self._unfit(changes)) from None
        if max(map(len, values)) > _MOST_BYTES:
            raise UnfitError(self._unfit(changes))
        self._begin()
        topic, prefix = self._topic, record_key(changes.like.system, changes.like.object, "")
        produce = self._producer.produce
        for record_id, value in zip(changes.ids, values, strict=True):
            try:
                produce(topic, value, prefix + record_id)  # by place, which is read in two thirds of the time
            except (BufferError, KafkaException):
                self._produce(topic, prefix + record_id, value)
        return sum(map(len, values))

    def _unfit(self, changes: Changes) -> dict[int, str]:
        found = {}
        for position, change in enumerate(changes):
            try:
                size = len(self._codec.encode(change, self._topic))
            except (TypeError, ValueError, OverflowError) as error:
                found[position] = (
                    f"a column cannot be written as Avro ({type(error).__name__}): correct it in the source, or exclude"
                    " the column in the mapping"
                )
            else:
                if size > _MOST_BYTES:
                    found[position] = (
                        f"{size} bytes are more than a message may hold: exclude its large columns in the mapping"
                        " (attachments travel by locator)"
                    )
        return found

    def refuse(self, row: Unreadable, at: datetime) -> None:
        self._begin()
        headers: _Headers = {"reason": row.reason, "at": at.isoformat(), "by": BY, "object": self._object}
        headers |= {"where": row.where, "encoding": row.encoding, "digest": row.digest, "bytes": str(len(row.raw))}
        key = record_key(self._topics.system, self._object, row.where)
        self._produce(self._topics.dead_letters, key, row.raw[:_LETTER_BYTES], headers)

    def commit(self, checkpoint: Checkpoint) -> None:
        self._begin()
        self._produce(
            self._topics.checkpoints, self._checkpoint_key, self._codec.encode(checkpoint, self._topics.checkpoints)
        )
        with self._watchdog.transaction():
            self._try(lambda: self._producer.commit_transaction(_PATIENCE_SECONDS))
        self._open = False

    def abort(self) -> None:
        if self._open:
            with self._watchdog.transaction():
                self._try(lambda: self._producer.abort_transaction(_PATIENCE_SECONDS))
            self._open = False

    def ends(self) -> dict[int, int]:
        found = end_offsets(self._kafka, [self._topic], self._topics.partitions)
        return {partition: offset for (_, partition), offset in found.items()}

    def _begin(self) -> None:
        if not self._open:
            self._try(self._producer.begin_transaction)
            self._open = True

    def _produce(self, topic: str, key: str, value: bytes, headers: _Headers | None = None) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._producer.produce(topic, value, key, headers=headers or {})
                return
            except BufferError:
                if time.monotonic() > deadline:
                    raise AbortedError(f"{topic}: the broker takes nothing") from None
                self._producer.poll(0.05)
            except KafkaException as error:
                raise self._failure(error.args[0]) from error

    def _try(self, call: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                call()
                return
            except KafkaException as error:
                failure = error.args[0]
                if failure.retriable() and time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                raise self._failure(failure) from error

    def _failure(self, error: KafkaError) -> Exception:
        if error.code() in _FENCED:
            return FencedError(f"{self._topic}: another poller has taken over ({error.name()})")
        if error.txn_requires_abort():
            return AbortedError(f"{self._topic}: {error.name()}")
        return BrokerError(f"{self._topic}: {error.name()}: {error.str()}")
