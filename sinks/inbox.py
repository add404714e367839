"""The sender's reading side: both lanes by manual assignment, and single bulk bodies when their turn comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message, TopicPartition

from schemas.broker import BrokerError, KafkaSettings, consumer, delivered, unit_of, watermarks
from schemas.records import Unit
from schemas.topics import Topics
from sinks.pending import Lane, Position

_GAP = 1_000
"""Bodies that lie closer together than this are read through rather than sought one by one."""
_SILENCE = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    position: Position
    key: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything of a partition before ``offset`` was delivered."""

    partition: int
    offset: int
    lane: Lane = Lane.BULK


class Inbox:
    def __init__(self, kafka: KafkaSettings, topics: Topics, offsets: Mapping[tuple[Lane, int], int]) -> None:
        self._topics = topics
        eof = {"enable.partition.eof": True}
        self._live = consumer(kafka, "unused", {**eof})
        self._bulk = consumer(kafka, "unused", {**eof})
        self._bodies = consumer(kafka, "unused")
        self._unread = {(lane, partition) for lane in Lane for partition in range(topics.partitions)}
        self._live.assign([TopicPartition(topics.live, p, offsets[(Lane.LIVE, p)]) for p in range(topics.partitions)])
        self._bulk.assign([TopicPartition(topics.bulk, p, offsets[(Lane.BULK, p)]) for p in range(topics.partitions)])

    def live(self, limit: int, timeout: float) -> list[Received | CaughtUp]:
        """What has come on the live lane, waiting up to ``timeout`` seconds for the first."""
        first = self._live.poll(timeout) if timeout else None
        more = self._live.consume(limit, 0)
        messages = [first, *more] if first is not None else more
        return self._told(Lane.LIVE, messages)

    def bulk(self, limit: int) -> list[Received | CaughtUp]:
        return self._told(Lane.BULK, self._bulk.consume(limit, 0))

    def _told(self, lane: Lane, messages: Iterable[Message]) -> list[Received | CaughtUp]:
        found: list[Received | CaughtUp] = []
        for message in messages:
            ended = self._ended(lane, message)
            if ended is not None:
                found.append(ended)
            elif delivered(message):
                found.append(_received(lane, message))
        return found

    def replayed(self) -> bool:
        """Whether everything that was in both lanes at the start has been read."""
        return not self._unread

    def _ended(self, lane: Lane, message: Message) -> CaughtUp | None:
        """What an end of a partition says; None for a message."""
        failure = message.error()
        if failure is None or failure.code() != KafkaError._PARTITION_EOF:
            return None
        unit = unit_of(message)
        self._unread.discard((lane, unit.partition))
        return CaughtUp(unit.partition, unit.offset, lane)

    def bulk_end(self, partition: int) -> int:
        """The end of a bulk partition now."""
        return watermarks(self._bulk, self._topics.bulk, partition)[1]

    def bodies(self, positions: Iterable[Position]) -> list[Received]:
        """The messages at ``positions``, in that order. Raises BrokerError when one is not delivered."""
        wanted = list(positions)
        found: dict[Position, Received] = {}
        for stretch in _stretches(wanted):
            lane, partition, last = stretch[0].lane, stretch[0].partition, stretch[-1].offset
            topic = self._topics.live if lane is Lane.LIVE else self._topics.bulk
            missing = {position.offset for position in stretch}
            self._bodies.assign([TopicPartition(topic, partition, stretch[0].offset)])
            while missing:
                # consume() would wait until it has them all
                first = self._bodies.poll(_SILENCE)
                if first is None:
                    raise BrokerError(f"{topic} [{partition}]: no message within {_SILENCE:.0f} s")
                for message in filter(delivered, [first, *self._bodies.consume(500, 0)]):
                    offset = unit_of(message).offset
                    if offset in missing:
                        missing.discard(offset)
                        found[Position(lane, partition, offset)] = _received(lane, message)
                    if missing and offset > last:
                        raise BrokerError(
                            f"{topic} [{partition}] has lost offset {min(missing)}: its retention must be"
                            " unlimited until the cutover is sealed"
                        )
        return [found[position] for position in wanted]

    def position(self, unit: Unit) -> Position:
        """Where a message of a lane's topic lies."""
        return Position(Lane.LIVE if unit.topic == self._topics.live else Lane.BULK, unit.partition, unit.offset)

    def close(self) -> None:
        for reader in (self._live, self._bulk, self._bodies):
            reader.close()


def _stretches(positions: list[Position]) -> Iterator[list[Position]]:
    stretch: list[Position] = []
    for position in sorted(positions):
        if stretch and (position[:2] != stretch[-1][:2] or position.offset - stretch[-1].offset > _GAP):
            yield stretch
            stretch = []
        stretch.append(position)
    if stretch:
        yield stretch


def _received(lane: Lane, message: Message) -> Received:
    key, unit = message.key() or b"", unit_of(message)
    return Received(
        Position(lane, unit.partition, unit.offset),
        key.decode(errors="replace") if isinstance(key, bytes) else key,
        message.value() or b"",
    )
