"""What a stand-by knows when it takes over: the identities, read while another process sends."""

from __future__ import annotations

import logging
import threading

from confluent_kafka import Message, TopicPartition

from schemas.broker import KafkaSettings, consumer, read_to_end, unit_of
from schemas.codec import Codec
from schemas.records import Identity
from schemas.topics import Topics
from sinks.book import Book

log = logging.getLogger("dualrun.sink")

_POLL_SECONDS = 0.2
_MESSAGES = 1_000


class StandBy:
    """Use: ``start``, then ``take_over`` once the predecessor is fenced. Committed identities only."""

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: Codec) -> None:
        self._kafka = kafka
        self._topic = topics.identities
        self._codec = codec
        self._book = Book()
        self._next = dict.fromkeys(range(topics.partitions), 0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="sink-standby", daemon=True)

    @property
    def read(self) -> int:
        """How many messages were read so far."""
        return sum(self._next.values())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def take_over(self) -> Book:
        """Reads what is left up to the end found at the call. Raises BrokerError where Kafka does not deliver."""
        self.stop()
        log.info("%d messages about identities were read before", self.read)
        for partition, start in list(self._next.items()):
            for message in read_to_end(self._kafka, self._topic, [partition], start=start):
                self._put(message)
        return self._book

    def _follow(self) -> None:
        reader = consumer(self._kafka, "unused")
        try:
            reader.assign([TopicPartition(self._topic, partition, 0) for partition in self._next])
            while not self._stop.is_set():
                for message in reader.consume(_MESSAGES, _POLL_SECONDS):
                    # a broker that is away, or a topic that is not there yet: whatever is missing is read later
                    if message.error() is None:
                        self._put(message)
        finally:
            reader.close()

    def _put(self, message: Message) -> None:
        unit, value = unit_of(message), message.value()
        record = self._codec.decode(value) if value else None
        if isinstance(record, Identity):
            self._book.put(record)
        self._next[unit.partition] = unit.offset + 1
