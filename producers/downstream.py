"""How far those behind the poller are: snapshots wait for them, so that a live change never waits for a snapshot."""

from __future__ import annotations

from typing import Protocol

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # re-exported from C

from producers.limits import Backlog
from schemas.broker import BrokerError, KafkaSettings, admin
from schemas.topics import Topics

_TIMEOUT_SECONDS = 10.0


class Downstream(Protocol):
    def backlog(self) -> Backlog: ...


class KafkaDownstream:
    """Hold's lag on the change topics and the sink's on the bulk lane: committed against end offsets."""

    def __init__(self, kafka: KafkaSettings, topics: Topics) -> None:
        self._admin = admin(kafka)
        self._topics = topics

    def backlog(self) -> Backlog:
        """Asked before each snapshot read. Raises BrokerError where the broker does not tell."""
        topics = self._topics
        try:
            return Backlog(
                self._lag(topics.hold_application, topics.changes), self._lag(topics.sink_group, (topics.bulk,))
            )
        except KafkaException as error:
            raise BrokerError(f"reading the lag behind the poller: {error.args[0].name()}") from error

    def _lag(self, group: str, names: tuple[str, ...]) -> int:
        asked = [TopicPartition(name, number) for name in names for number in range(self._topics.partitions)]
        ends = self._admin.list_offsets(
            {slot: OffsetSpec.latest() for slot in asked},  # type: ignore[no-untyped-call]
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=_TIMEOUT_SECONDS,
        )
        committed = self._committed(group, asked)
        lag = 0
        for slot, future in ends.items():
            end = future.result(_TIMEOUT_SECONDS).offset
            lag += max(0, end - max(0, committed.get((slot.topic, slot.partition), 0)))
        return lag

    def _committed(self, group: str, asked: list[TopicPartition]) -> dict[tuple[str, int], int]:
        futures = self._admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group, asked)], request_timeout=_TIMEOUT_SECONDS
        )
        try:
            found = futures[group].result(_TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return {}
            raise
        return {(slot.topic, slot.partition): slot.offset for slot in found.topic_partitions}
