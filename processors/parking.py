"""Parking: telling what waits for something on its way from what waits for something that will not come.

Never by the clock alone. A round begins once every object's snapshot is complete. It takes the ends of the change
topics and waits until hold has passed them; asks the parents' partitions what they know; takes the ends of the lanes
and waits until the sink has passed them, and until what that brought into ``identities`` has come round; asks again.
What was neither waiting nor known both times is not on its way. Ends are snapshots of offsets, so this works under
load without end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from confluent_kafka import KafkaException

from processors.outbox import Standing
from schemas.broker import BrokerError, KafkaSettings, committed_offsets, end_offsets, read_to_end
from schemas.codec import Codec
from schemas.records import Checkpoint
from schemas.topics import Topics

log = logging.getLogger("dualrun.hold")

Offsets = Mapping[tuple[str, int], int]

_POLL_SECONDS = 0.5
_ANSWER_SECONDS = 30.0


class Positions(Protocol):
    """Blocking questions to Kafka."""

    def ends(self, topics: Iterable[str]) -> Offsets: ...

    def committed(self, group: str, topics: Iterable[str]) -> Offsets: ...

    def snapshot_done(self) -> bool:
        """Whether the checkpoints say so of every object."""
        ...


class Waiting(Protocol):
    """What parking asks of hold."""

    def waits(self, before: float) -> bool: ...

    def probe(self, before: float) -> frozenset[str]: ...

    def standings(self) -> Mapping[str, Standing]: ...

    def park(self, absent: Mapping[str, bool], before: float) -> int: ...


class Parking:
    """``run`` never returns: start it with a generation of the group, cancel it with the next."""

    def __init__(
        self,
        topics: Topics,
        positions: Positions,
        after_seconds: float,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._topics = topics
        self._positions = positions
        self._after = after_seconds
        self._clock = clock
        self._sleep = sleep
        self._pause = min(10.0, max(1.0, after_seconds / 4))

    async def run(self, hold: Waiting) -> None:
        while True:
            await self._sleep(self._pause)
            try:
                parked = await self.round(hold)
            except (BrokerError, KafkaException) as error:
                # another round will do; the loop that holds watches over Kafka itself
                log.info("no parking this time: %s", type(error).__name__)
                continue
            if parked:
                log.info("%d records parked: nothing that is under way will bring their parents", parked)

    async def round(self, hold: Waiting) -> int:
        """One round; returns how many records were parked."""
        topics, before = self._topics, self._clock() - self._after
        if not hold.waits(before) or not await asyncio.to_thread(self._positions.snapshot_done):
            return 0
        mine, sink = topics.hold_application, topics.sink_group
        await self._passed(mine, [topics.cdc(name) for name in topics.objects])
        await self._passed(mine, [topics.derived, topics.returns])
        first = await self._ask(hold, before)
        await self._passed(sink, [topics.live, topics.bulk])
        await self._passed(mine, [topics.identities, topics.returns, topics.wants])
        await self._passed(mine, [topics.answers])
        second = await self._ask(hold, before)
        absent = {
            token: standing is Standing.DELETED
            for token, standing in second.items()
            if standing is not Standing.PENDING and first.get(token, Standing.PENDING) is not Standing.PENDING
        }
        return hold.park(absent, before)

    async def _passed(self, group: str, names: list[str]) -> None:
        """Waits until ``group`` has committed the ends that the topics have now."""
        ends = await asyncio.to_thread(self._positions.ends, names)
        while True:
            committed = await asyncio.to_thread(self._positions.committed, group, names)
            if all(committed.get(each, 0) >= end for each, end in ends.items()):
                return
            await self._sleep(_POLL_SECONDS)

    async def _ask(self, hold: Waiting, before: float) -> dict[str, Standing]:
        """The standing of every missing parent; of those that nobody speaks for in time, nothing."""
        asked = hold.probe(before)
        until = self._clock() + _ANSWER_SECONDS
        while not asked <= hold.standings().keys() and self._clock() < until:
            await self._sleep(_POLL_SECONDS / 5)
        return dict(hold.standings())


class KafkaPositions:
    """Positions by plain consumers."""

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: Codec) -> None:
        self._kafka = kafka
        self._topics = topics
        self._codec = codec

    def ends(self, topics: Iterable[str]) -> Offsets:
        return end_offsets(self._kafka, topics, self._topics.partitions)

    def committed(self, group: str, topics: Iterable[str]) -> Offsets:
        return committed_offsets(self._kafka, group, topics, self._topics.partitions)

    def snapshot_done(self) -> bool:
        open_objects = set(self._topics.objects)
        for message in read_to_end(self._kafka, self._topics.checkpoints, [0]):
            record = self._codec.decode(message.value() or b"")
            if isinstance(record, Checkpoint) and record.object in self._topics.objects:
                if record.position.get("snapshot", {}).get("state") == "done":
                    open_objects.discard(record.object)
                else:
                    open_objects.add(record.object)
        return not open_objects
