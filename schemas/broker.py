"""How every component talks to Kafka: client settings, topics, reading a topic to its end."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported from C
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from schemas.records import Unit
from schemas.topics import MAX_MESSAGE_BYTES, TopicSpec

log = logging.getLogger("dualrun.broker")

PARTITIONER = "murmur2_random"
"""librdkafka hashes keys with CRC32 unless told otherwise, Faust with murmur2: every producer says murmur2."""

_LEADERLESS = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._UNKNOWN_PARTITION,
)

ClientConfig = dict[str, str | int | float | bool]


class BrokerError(RuntimeError):
    """Kafka is not as the settings say: what was found, what was expected, what to do."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """bootstrap_servers: ``host:port,…``. security: librdkafka settings for TLS and SASL, passed through."""

    bootstrap_servers: str
    security: Mapping[str, str] = field(default_factory=dict)

    def client(self, extra: ClientConfig | None = None) -> ClientConfig:
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "reconnect.backoff.max.ms": 500,
            "socket.timeout.ms": 5000,
            "log_level": 2,
            **self.security,
            **(extra or {}),
        }


def producer(settings: KafkaSettings, *, transactional_id: str | None = None) -> Producer:
    """An idempotent producer; with ``transactional_id`` a transactional one (call ``init_transactions``)."""
    config = settings.client(
        {
            "partitioner": PARTITIONER,
            "enable.idempotence": True,
            "linger.ms": 2,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.kbytes": 256 * 1024,
        }
    )
    if transactional_id:
        config["transactional.id"] = transactional_id
        config["transaction.timeout.ms"] = 60_000
        # a commit sends at once what lingers, so this delays nothing, and saves a snapshot a sixth of its CPU time
        config["linger.ms"] = 50
    return Producer(config)


def consumer(settings: KafkaSettings, group: str, extra: ClientConfig | None = None) -> Consumer:
    """A read-committed consumer that commits nothing by itself."""
    return Consumer(
        settings.client(
            {
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                "fetch.wait.max.ms": 50,
                **(extra or {}),
            }
        )
    )


def admin(settings: KafkaSettings) -> AdminClient:
    return AdminClient(settings.client())


def create_topics(settings: KafkaSettings, specs: Iterable[TopicSpec], *, timeout: float = 30) -> list[str]:
    """Makes the topics that are missing and returns their names.

    Raises BrokerError where a topic is there with another number of partitions: a record's life would be torn apart.
    """
    client = admin(settings)
    present = client.list_topics(timeout=timeout).topics
    wanted = list(specs)
    for spec in wanted:
        if spec.name in present and len(present[spec.name].partitions) != spec.partitions:
            raise BrokerError(
                f"topic {spec.name} has {len(present[spec.name].partitions)} partitions, the settings say"
                f" {spec.partitions}: use another prefix, or the number of partitions that it was made with"
            )
    missing = [spec for spec in wanted if spec.name not in present]
    if not missing:
        return []
    futures = client.create_topics(
        [NewTopic(spec.name, spec.partitions, spec.replication, config=spec.settings) for spec in missing]
    )
    created = []
    for name, future in futures.items():
        try:
            future.result(timeout)
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise BrokerError(f"topic {name} could not be made: {error.args[0].str()}") from error
    return created


def topic_ids(settings: KafkaSettings, names: Iterable[str], *, timeout: float = 30) -> dict[str, str]:
    """Kafka's own id of each topic that exists: a topic that was deleted and made anew has another one."""
    client = admin(settings)  # its futures fail when it is collected before they are done
    futures = client.describe_topics(TopicCollection(list(names)))
    ids = {}
    for name, future in futures.items():
        try:
            ids[name] = str(future.result(timeout).topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    return ids


def read_to_end(
    settings: KafkaSettings, topic: str, partitions: Iterable[int], *, start: int = 0, timeout: float = 60
) -> Iterator[Message]:
    """Every committed message of the partitions, from ``start`` up to the end found at the call.

    Raises BrokerError when the broker does not deliver within ``timeout`` seconds of silence.
    """
    reader = consumer(settings, "unused", {"enable.partition.eof": True})
    try:
        waiting = set(partitions)
        reader.assign([TopicPartition(topic, partition, start) for partition in waiting])
        while waiting:
            message = reader.poll(timeout)
            if message is None:
                raise BrokerError(f"{topic}: no answer from the broker within {timeout:.0f} s")
            failure = message.error()
            if failure is None:
                yield message
            elif failure.code() == KafkaError._PARTITION_EOF:
                waiting.discard(message.partition())
            elif failure.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
                raise BrokerError(f"there is no topic {topic}: run `dualrun prepare` first")
            elif not failure.retriable():
                raise KafkaException(failure)
    finally:
        reader.close()


def watermarks(reader: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """First and next offset of a partition; read committed, next is the last stable offset.

    Asked until its leader answers: a topic just made, or a broker just back, has none for a moment.
    """
    for attempt in Retrying(
        retry=retry_if_exception(_leaderless),
        stop=stop_after_delay(30),
        wait=wait_exponential(0.05, max=1),
        reraise=True,
    ):
        with attempt:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    return low, high


def _leaderless(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in _LEADERLESS


def end_offsets(settings: KafkaSettings, topics: Iterable[str], partitions: int) -> dict[tuple[str, int], int]:
    """``(topic, partition) -> next offset`` as a read-committed reader sees it (the last stable offset)."""
    reader = consumer(settings, "unused")
    try:
        return {
            (topic, partition): watermarks(reader, topic, partition)[1]
            for topic in topics
            for partition in range(partitions)
        }
    finally:
        reader.close()


def committed_offsets(
    settings: KafkaSettings, group: str, topics: Iterable[str], partitions: int
) -> dict[tuple[str, int], int]:
    """``(topic, partition) -> committed offset`` of a group; 0 where it has committed nothing.

    Raises BrokerError when Kafka does not say within 30 s: it waits for the end of a transaction with offsets in it.
    """
    reader = consumer(settings, group)
    try:
        asked = [TopicPartition(topic, partition) for topic in topics for partition in range(partitions)]
        return {(tp.topic, tp.partition): max(0, tp.offset) for tp in reader.committed(asked, timeout=30)}
    except KafkaException as error:
        if error.args[0].code() not in (KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE):
            raise
        raise BrokerError(
            f"group {group}: Kafka does not say how far it has committed: a transaction in __consumer_offsets may never"
            " have ended; see `Kafka lost all replicas at once` in docs/operate.md"
        ) from error
    finally:
        reader.close()


def unit_of(message: Message) -> Unit:
    """Where a consumed message lies."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        raise BrokerError("a message without topic, partition and offset: only consumed messages have a place")
    return Unit(topic, partition, offset)


def headers_of(message: Message) -> dict[str, str]:
    """Headers as text; of a repeated name the last."""
    pairs: Iterable[tuple[str, str | bytes | None]] = message.headers() or []  # type: ignore[assignment]
    return {name: value.decode() if isinstance(value, bytes) else value or "" for name, value in pairs}


def delivered(message: Message) -> bool:
    """Whether this is a message and not a passing trouble of the client. Raises KafkaException on a lasting one."""
    failure = message.error()
    if failure is None:
        return True
    if not failure.retriable() and failure.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(failure)
    return False
