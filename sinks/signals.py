"""Signals on the control topic that concern the sink: a person's decisions about edits and side effects.

Each is idempotent, so the topic is read from its beginning at every start.
"""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import TopicPartition

from schemas.broker import KafkaSettings, consumer, delivered
from schemas.codec import Codec
from schemas.records import Control
from schemas.topics import Topics

WAITING = "waiting"
"""Kind of the sink's own signal: its value's ``reason`` says why nothing is written, and is empty when all is well."""


class KafkaSignals:
    """Not safe to share between threads."""

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: Codec) -> None:
        self._codec = codec
        self._consumer = consumer(kafka, f"{topics.prefix}.sink.signals")
        self._consumer.assign([TopicPartition(topics.control, 0, 0)])

    def new(self) -> Iterator[Control]:
        """What was published since the last call; does not wait."""
        for message in self._consumer.consume(100, 0):
            record = self._codec.decode(message.value() or b"") if delivered(message) else None
            if isinstance(record, Control):
                yield record

    def close(self) -> None:
        self._consumer.close()
