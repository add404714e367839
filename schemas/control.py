"""The control topic: the run, and the epoch of each topic bound to Kafka's topic id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import KafkaError, Message, Producer

from schemas.broker import BrokerError, KafkaSettings, create_topics, read_to_end, topic_ids
from schemas.broker import producer as make_producer
from schemas.codec import Codec
from schemas.records import Control
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Epochs:
    """The run and ``topic -> (topic id, epoch)`` as ``control`` has them."""

    run: int
    topics: Mapping[str, tuple[str, int]]

    def epoch(self, topic: str) -> int:
        return self.topics[topic][1]


def fold(records: Iterable[Control]) -> Epochs:
    """The newest statement about each subject, in the order of the topic."""
    run, topics = 1, {}
    for record in records:
        if record.kind == "run":
            run = int(record.value["run"])
        elif record.kind == "epoch":
            topics[record.subject] = (str(record.value["topic_id"]), int(record.value["epoch"]))
    return Epochs(run, topics)


def read_control(settings: KafkaSettings, topics: Topics, codec: Codec) -> list[Control]:
    records = []
    for message in read_to_end(settings, topics.control, [0]):
        record = codec.decode(message.value() or b"")
        if isinstance(record, Control):
            records.append(record)
    return records


def publish_control(producer: Producer, topics: Topics, codec: Codec, record: Control) -> None:
    producer.produce(topics.control, key=f"{record.kind}:{record.subject}", value=codec.encode(record, topics.control))


def send_control(settings: KafkaSettings, topics: Topics, codec: Codec, records: Iterable[Control]) -> int:
    """Publishes the records; the offset of the last one. Raises BrokerError."""
    client = make_producer(settings)
    offsets: list[int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            offsets.append(message.offset() or 0)

    for record in records:
        value = codec.encode(record, topics.control)
        client.produce(topics.control, key=f"{record.kind}:{record.subject}", value=value, on_delivery=delivered)
    if client.flush(30) or not offsets:
        raise BrokerError(f"{topics.control}: the broker did not acknowledge within 30 s")
    return max(offsets)


def prepare_topics(settings: KafkaSettings, topics: Topics, codec: Codec, now: datetime) -> Epochs:
    """Makes missing topics and binds each change topic's epoch to its topic id.

    A change topic that was made anew gets the next epoch here, and only here: a reader that meets an id that control
    does not know refuses it (``require_epochs``).
    """
    create_topics(settings, topics.specs())
    known = fold(read_control(settings, topics, codec))
    client = make_producer(settings)
    for name, topic_id in topic_ids(settings, topics.changes).items():
        bound = known.topics.get(name)
        if bound is None or bound[0] != topic_id:
            epoch = bound[1] + 1 if bound else 1
            value = {"topic_id": topic_id, "epoch": epoch}
            publish_control(client, topics, codec, Control("epoch", name, value, now))
    if client.flush(30):
        raise BrokerError(f"{topics.control}: the broker did not acknowledge within 30 s")
    return require_epochs(settings, topics, codec)


def require_epochs(settings: KafkaSettings, topics: Topics, codec: Codec) -> Epochs:
    """The epochs of all change topics. Raises BrokerError on a topic id that control does not know."""
    epochs = fold(read_control(settings, topics, codec))
    ids = topic_ids(settings, topics.changes)
    for name in topics.changes:
        if epochs.topics.get(name, ("", 0))[0] != ids.get(name, "missing"):
            raise BrokerError(
                f"topic {name} is not the one that {topics.control} knows: it was deleted and made anew, or never"
                " prepared. Run `dualrun prepare` once you know why"
            )
    return epochs
