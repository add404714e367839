"""The private reader of one generation: read-committed, assigned by hand, sought by nobody else.

It belongs to no group, so no rebalance moves it, drops what it has fetched or hands out what an earlier generation
fetched. A new generation makes a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.connection import client
from processors.ledger import Partition
from processors.obligations import Obligation, Passed, decode_state
from processors.outbox import Incoming
from schemas.broker import BrokerError, KafkaSettings
from schemas.topics import MAX_MESSAGE_BYTES

MAX_RECORDS = 4000
_SILENCE_SECONDS = 60.0


class Reader:
    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = AIOKafkaConsumer(
            **client(kafka),
            group_id=None,
            enable_auto_commit=False,
            # a position that is gone is an error, never a jump
            auto_offset_reset="none",
            isolation_level="read_committed",
            # one request is in flight per broker: a partition that was just emptied waits for it to come back
            fetch_max_wait_ms=30,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            fetch_max_bytes=4 * MAX_MESSAGE_BYTES,
        )

    async def start(self) -> None:
        await self._consumer.start()

    async def stop(self) -> None:
        await self._consumer.stop()

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        found = await self._consumer.end_offsets([TopicPartition(*each) for each in partitions])
        return {Partition(*each): offset for each, offset in found.items()}

    async def beginnings(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        found = await self._consumer.beginning_offsets([TopicPartition(*each) for each in partitions])
        return {Partition(*each): offset for each, offset in found.items()}

    def assign(self, starts: Mapping[Partition, int]) -> None:
        self._consumer.assign([TopicPartition(*each) for each in starts])
        for each, offset in starts.items():
            self._consumer.seek(TopicPartition(*each), offset)

    async def fetch(self, seconds: float) -> dict[Partition, Sequence[Incoming]]:
        """What is there, after at most ``seconds`` of waiting. Raises OffsetOutOfRangeError."""
        found = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=MAX_RECORDS)
        return {Partition(*each): records for each, records in found.items()}

    async def position(self, partition: Partition) -> int:
        """Where the reader stands: behind what it gave out, and behind markers, aborted and compacted records."""
        return int(await self._consumer.position(TopicPartition(*partition)))


async def read_state(reader: Reader, topic: str, partitions: Iterable[int]) -> dict[int, list[Obligation | Passed]]:
    """The obligations of the partitions, from the topic's beginning to the end that it has now.

    Raises BrokerError when Kafka stays silent, StateError on a format of another release.
    """
    wanted = [Partition(topic, number) for number in partitions]
    ends = await reader.ends(wanted)
    starts = await reader.beginnings(wanted)
    state: dict[int, dict[bytes, bytes]] = {each.partition: {} for each in wanted}
    waiting = {each for each in wanted if starts[each] < ends[each]}
    if waiting:
        reader.assign({each: starts[each] for each in waiting})
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while waiting:
        found = await reader.fetch(0.5)
        for each, records in found.items():
            entries = state[each.partition]
            for record in records:
                key, value = record.key or b"", record.value
                if value is None:
                    entries.pop(key, None)
                else:
                    entries[key] = value
        for each in list(waiting):
            if await reader.position(each) >= ends[each]:
                waiting.discard(each)
        if found:
            heard = loop.time()
        elif loop.time() - heard > _SILENCE_SECONDS:
            raise BrokerError(f"{topic}: Kafka delivered nothing for {_SILENCE_SECONDS:.0f} s")
    return {number: [decode_state(key, value) for key, value in entries.items()] for number, entries in state.items()}
