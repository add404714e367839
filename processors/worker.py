"""Hold's loop: fetch, decide, make durable, account, commit. Whatever is unforeseen ends the process before it marks.

Order of durability: outputs acknowledged, then state (taken on, registered, discharged, each in turn), then the
ledger, then the commit. A generation of the group begins with ``_take_over`` and shares nothing with the last one but
the fold over ``identities``, whose positions are kept here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, cast

from aiokafka import AIOKafkaProducer
from faust.transport.drivers.aiokafka import Producer

from processors import metrics
from processors.app import HoldApp, Membership, inputs
from processors.holding import Effects, Group, Hold
from processors.ledger import Ledger, LedgerError, Partition
from processors.obligations import changelog
from processors.outbox import Message, Term
from processors.parking import Parking
from processors.reader import Reader, read_state
from schemas.broker import BrokerError, KafkaSettings
from schemas.topics import Topics

log = logging.getLogger("dualrun.hold")

COMMIT_SECONDS = 1.0
COMMIT_LAG_SECONDS = 45.0
"""Progress that stays uncommitted for so long means that the group no longer listens to us: start again."""
_CENSUS_SECONDS = 5.0
_IDLE_SECONDS = 0.25
_REVOKE_SECONDS = 3.0


class StalledError(RuntimeError):
    """Commits stand still: end the process and start again (3 s with a static member)."""


class Worker:
    """Owned by one event loop. ``run`` returns after ``stop``; every exception that leaves it must end the process."""

    def __init__(self, app: HoldApp, kafka: KafkaSettings, topics: Topics, hold: Hold, parking: Parking) -> None:
        self._app = app
        self._kafka = kafka
        self._topics = topics
        self._hold = hold
        self._parking = parking
        self._ledger = Ledger()
        self._reader: Reader | None = None
        self._targets: dict[Partition, int] = {}
        self._assigned: tuple[frozenset[Partition], int] | None = None
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._busy = asyncio.Lock()
        self._serving = False
        self._parked: asyncio.Task[None] | None = None
        self._next_commit = 0.0
        self._next_census = 0.0
        self.alive_at = time.monotonic()
        app.on_partitions_revoked.connect(self._on_revoked)
        app.on_partitions_assigned.connect(self._on_assigned)

    # -- the group

    async def _on_revoked(self, *_args: Any, **_kwargs: Any) -> None:
        """The group rebalances: finish what is under way, commit it, and touch nothing until the next assignment."""
        self._assigned = None
        self._changed.set()
        try:
            await asyncio.wait_for(self._busy.acquire(), _REVOKE_SECONDS)
        except TimeoutError:
            # the broker does not acknowledge: what is under way may end as a repeat of our successor's work
            self._serving = False
            return
        try:
            if self._serving:
                await self._commit()
            self._serving = False
        finally:
            self._busy.release()

    async def _on_assigned(self, *args: Any, **_kwargs: Any) -> None:
        partitions = frozenset(Partition(*each) for each in args[1])
        self._assigned = (partitions, self._app.consumer_generation_id)
        self._serving = False
        self._changed.set()

    # -- the loop

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            self.alive_at = time.monotonic()
            if self._app.crashed or (self._app.should_stop and not self._stopping.is_set()):
                raise BrokerError("Faust gave up its membership in the group: see the log above")
            if not self._serving:
                self._changed.clear()
                if self._assigned is None:
                    await self._wait_for_change(_IDLE_SECONDS)
                    continue
                async with self._busy:
                    await self._take_over(*self._assigned)
                continue
            async with self._busy:
                if self._serving:
                    await self._step()
        async with self._busy:
            if self._serving:
                await self._commit()
            self._serving = False
            if self._parked is not None:
                self._parked.cancel()
            if self._reader is not None:
                await self._reader.stop()

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    async def _take_over(self, partitions: frozenset[Partition], generation: int) -> None:
        owned = self._coherent(partitions)
        if self._parked is not None:
            self._parked.cancel()
            self._parked = None
        if self._reader is not None:
            await self._reader.stop()
        self._reader = reader = Reader(self._kafka)
        await reader.start()
        topics = self._topics
        committed = await self._membership.committed(partitions)
        beginnings = await reader.beginnings(partitions) if partitions else {}
        ends = await reader.ends(partitions) if partitions else {}
        answers = await reader.ends(Partition(topics.answers, number) for number in range(topics.partitions))
        states = await read_state(reader, changelog(topics), owned)
        starts: dict[Partition, int] = {}
        self._targets = {}
        for each in partitions:
            if each.topic == topics.identities:
                # a fold: read whole, or on from where this worker's own memory of it ends
                known = self._ledger.position(each) if each.partition in self._hold.owned else 0
                starts[each] = max(known, beginnings[each])
                self._targets[each] = ends[each]
            elif each.topic in (topics.wants, topics.answers):
                # what was asked before is asked again: a term begins at the end
                starts[each] = ends[each]
            else:
                start = committed[each]
                if start is not None and start < beginnings[each]:
                    raise LedgerError(
                        f"{each.topic}-{each.partition}: committed up to {start}, but the topic begins at"
                        f" {beginnings[each]}: changes were deleted unread. Check its retention, then replay the object"
                    )
                starts[each] = beginnings[each] if start is None else start
        if self._assigned is None or self._assigned[1] != generation:
            return
        now = time.time()
        self._hold.assign(states, Term(generation, sum(answers.values())), now)
        self._ledger.begin(starts)
        if starts:
            reader.assign(starts)
        for each in list(self._targets):
            self._reach(each, starts[each])
        await self._perform(self._hold.drain())
        if self._assigned is not None and self._assigned[1] == generation:
            self._serving = True
            self._parked = asyncio.create_task(self._parking.run(self._hold))
            held = sum(len(children) for children in self._hold.children())
            log.info("generation %d: partitions %s, %d records wait", generation, sorted(owned), held)

    def _coherent(self, partitions: frozenset[Partition]) -> list[int]:
        """A record's life is in one partition number: a worker must own it in every topic."""
        by_topic: dict[str, set[int]] = {name: set() for name in inputs(self._topics)}
        for each in partitions:
            by_topic[each.topic].add(each.partition)
        numbers = {each.partition for each in partitions}
        for name, owned in by_topic.items():
            if owned != numbers:
                raise LedgerError(
                    f"{name}: partitions {sorted(owned)} where {sorted(numbers)} were expected: the topics of the"
                    " prefix must have the same number of partitions (dualrun doctor)"
                )
        return sorted(numbers)

    async def _step(self) -> None:
        reader, ledger, hold = self._reader, self._ledger, self._hold
        if reader is None or not ledger.partitions:
            # more workers than partitions: this one stands by
            self._changed.clear()
            await self._wait_for_change(_IDLE_SECONDS)
            return
        fetched = await reader.fetch(_IDLE_SECONDS)
        to: dict[Partition, int] = {}
        for each, records in fetched.items():
            to[each] = await reader.position(each)
            ledger.check(each, (record.offset for record in records), to[each])
        now = time.time()
        if fetched:
            hold.batch((Group(each.topic, each.partition, records) for each, records in fetched.items()), now)
        for each, position in to.items():
            self._reach(each, position)
        hold.tick(now)
        await self._perform(hold.drain())
        monotonic = time.monotonic()
        for each, position in to.items():
            ledger.account(each, position, monotonic)
        if monotonic >= self._next_commit:
            await self._pass_holes(monotonic)
            await self._commit()
            self._next_commit = monotonic + COMMIT_SECONDS
            if ledger.behind(monotonic) > COMMIT_LAG_SECONDS:
                raise StalledError(f"progress has stayed uncommitted for {COMMIT_LAG_SECONDS:.0f} s")
            if self._parked is not None and self._parked.done():
                self._parked.result()
        if monotonic >= self._next_census:
            metrics.show(now, [children.census() for children in hold.children()])
            # a million records that wait take seconds to count: never more than a twentieth of the time
            self._next_census = monotonic + max(_CENSUS_SECONDS, 20 * (time.monotonic() - monotonic))

    async def _pass_holes(self, now: float) -> None:
        """Stretches of markers and aborted records give out nothing, but the reader has passed them.

        Called between fetches, when everything that was given out has been accounted for.
        """
        if self._reader is None:
            return
        for each in self._ledger.partitions:
            position = await self._reader.position(each)
            self._ledger.account(each, position, now)
            self._reach(each, position)

    def _reach(self, each: Partition, position: int) -> None:
        target = self._targets.get(each)
        if target is not None and position >= target:
            del self._targets[each]
            self._hold.caught_up(each.partition)

    @property
    def _membership(self) -> Membership:
        return cast(Membership, self._app.consumer)

    async def _commit(self) -> None:
        due = self._ledger.due()
        if due and await self._membership.commit_offsets(due):
            self._ledger.committed(due, time.monotonic())

    # -- durability

    async def _perform(self, effects: Effects) -> None:
        if effects.sends:
            await self._send(effects.sends)
        topic = changelog(self._topics)
        for phase in effects.state:
            await self._send(
                {
                    (topic, partition): [Message(key, value) for key, value in changes]
                    for partition, changes in phase.items()
                }
            )

    async def _send(self, sends: dict[tuple[str, int], list[Message]]) -> None:
        """Returns once the broker has acknowledged everything."""
        producer = cast(Producer, self._app.producer)._ensure_producer()
        await asyncio.gather(
            *(_send_partition(producer, topic, partition, messages) for (topic, partition), messages in sends.items())
        )


async def _send_partition(producer: AIOKafkaProducer, topic: str, partition: int, messages: list[Message]) -> None:
    """Explicit partition, one future per batch: a future per message costs ten times the work."""
    pending = []
    batch = producer.create_batch()
    for key, value, headers in messages:
        if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
            pending.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=list(headers))
    pending.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*pending)
