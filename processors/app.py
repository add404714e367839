"""Hold's Faust application: the group's membership, the commits, the producer and the life of the process.

What Faust does not do here is deliver records and recover tables. Its consumer sets the read offset even where a
rebalance made it give a message up, takes the hole for a compaction gap and commits past it; its recovery applies
changelog records of a partition that was taken away meanwhile. So the records come from a private reader
(``processors.reader``), made anew for each generation of the group, and what is committed is what the ledger says.
docs/hold.md has the measurements.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import aiokafka
import faust
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

from processors.connection import client, credentials
from processors.ledger import Partition
from schemas.broker import KafkaSettings
from schemas.topics import MAX_MESSAGE_BYTES, Topics

SESSION_SECONDS = 6.0
_HEARTBEAT_SECONDS = 1.0
_REQUEST_SECONDS = 60.0
_BATCH_BYTES = 512 * 1024
_NEVER = 10 * 365 * 86_400.0


class MembershipThread(AIOKafkaConsumerThread):
    """Runs the group's protocol in a thread of its own, so a long batch never costs a heartbeat."""

    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        kafka: KafkaSettings = cast(HoldApp, self.app).kafka
        return aiokafka.AIOKafkaConsumer(
            **client(kafka),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            # every topic has the same number of partitions, so ranges give a worker the same ones of each
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            # nobody polls this consumer: processors.worker watches over progress instead
            max_poll_interval_ms=int(_NEVER * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
        )

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*consumer.assignment())
        await super().on_partitions_assigned(assigned, generation_id)

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int | None]:
        """What the group has committed; None where nothing."""
        found: dict[Partition, int | None] = await self.call_thread(self._committed, list(partitions))
        return found

    async def _committed(self, partitions: list[Partition]) -> dict[Partition, int | None]:
        consumer = self._ensure_consumer()
        offsets = await asyncio.gather(*(consumer.committed(aiokafka.TopicPartition(*each)) for each in partitions))
        return dict(zip(partitions, offsets, strict=True))


class Membership(Consumer):
    """Joins, heartbeats and commits. It never delivers a record."""

    _thread: MembershipThread

    def _new_consumer_thread(self) -> MembershipThread:
        return MembershipThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Any]]:  # noqa: ASYNC109
        await self.sleep(timeout)
        return {}

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Stay paused, whatever Faust's recovery thinks."""

    async def perform_seek(self) -> None:
        """There is no position to restore."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust would warn that nothing is fetched here."""

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int | None]:
        return await self._thread.committed(partitions)

    async def commit_offsets(self, offsets: Mapping[Partition, int]) -> bool:
        """Commits in the name of the current generation; False when the group has moved on."""
        return bool(await self._commit({TP(*partition): offset for partition, offset in offsets.items()}))


class _Transport(Transport):
    Consumer = Membership


class HoldApp(faust.App):
    kafka: KafkaSettings
    Transport = _Transport

    def _new_transport(self) -> _Transport:
        return _Transport(self.conf.broker_consumer, self)


def build_app(kafka: KafkaSettings, topics: Topics, instance: str, data_dir: Path) -> HoldApp:
    """``instance`` names this worker for good: a static member is back within 2 to 3 s after a crash."""
    data_dir.mkdir(parents=True, exist_ok=True)
    app = HoldApp(
        topics.hold_application,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=credentials(kafka),
        store="memory://",
        datadir=str(data_dir),
        web_enabled=False,
        topic_partitions=topics.partitions,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        stream_recovery_delay=0.0,
        consumer_group_instance_id=f"{topics.hold_application}-{instance}",
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=_HEARTBEAT_SECONDS,
        broker_request_timeout=_REQUEST_SECONDS,
        broker_max_poll_interval=_NEVER,
        producer_linger=0,
        producer_max_batch_size=_BATCH_BYTES,
        producer_max_request_size=MAX_MESSAGE_BYTES + 1024 * 1024,
        producer_request_timeout=_REQUEST_SECONDS,
    )
    app.kafka = kafka
    for name in inputs(topics):
        app.topics.add(app.topic(name, key_type=bytes, value_type=bytes, partitions=topics.partitions))
    return app


def inputs(topics: Topics) -> tuple[str, ...]:
    """Every topic that hold consumes."""
    return (*topics.changes, topics.returns, topics.wants, topics.answers, topics.identities)
