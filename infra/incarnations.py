"""What a supervisor that saw a poller or a sink end does for its successor.

A process that holds a lease writes down who it is under its pid. When the kernel says that this pid has ended, the
supervisor ends the dead process's membership in the lease's group (else a successor waits out the session) and adds
the incarnation to the list of the ended (else a sink's successor waits for requests that may still be under way).
A pid that is given out again is no danger: its file then names an incarnation that ended long ago, or the new one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import uuid
from pathlib import Path

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from confluent_kafka import KafkaException
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from processors.connection import client
from schemas.broker import KafkaSettings, admin

log = logging.getLogger("dualrun.supervisor")

ENDED_FILE = "ended"
"""In the data directory: incarnations that a supervisor saw end, one a line."""
_DIRECTORY = "incarnations"
_SECONDS = 1.0
_PATIENCE_SECONDS = 20.0


def announce(data_dir: Path, group: str) -> str:
    """A new incarnation, written down for this process's pid with the group of its lease."""
    incarnation = uuid.uuid4().hex
    directory = data_dir / _DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    (directory / str(os.getpid())).write_text(f"{incarnation} {group}")
    return incarnation


def record_end(data_dir: Path, pid: int, kafka: KafkaSettings) -> None:
    """The process ``pid`` has ended: if it held a lease, its successor may act at once."""
    announced = data_dir / _DIRECTORY / str(pid)
    if not announced.exists():
        return
    incarnation, group = announced.read_text().split()
    with (data_dir / ENDED_FILE).open("a") as ended:
        ended.write(f"{incarnation}\n")
    announced.unlink()
    threading.Thread(target=_evict, args=(kafka, group, incarnation), name=f"evict-{group}", daemon=True).start()


def _evict(kafka: KafkaSettings, group: str, incarnation: str) -> None:
    """Kafka may be away for a moment too; after a session the membership has run out by itself."""
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type((KafkaError, KafkaException, TimeoutError)),
            stop=stop_after_delay(_PATIENCE_SECONDS),
            wait=wait_fixed(0.2),
            reraise=True,
        ):
            with attempt:
                broker = admin(kafka)  # by name: a client that nobody holds is gone before it answers
                described = broker.describe_consumer_groups([group])[group].result(_SECONDS)
                members = [member.member_id for member in described.members if member.client_id == incarnation]
                if members:
                    asyncio.run(asyncio.wait_for(_leave(kafka, group, members), _SECONDS))
    except (KafkaError, KafkaException, TimeoutError) as error:
        log.warning("%s: the membership of an ended process runs out by itself (%s)", group, type(error).__name__)


async def _leave(kafka: KafkaSettings, group: str, members: list[str]) -> None:
    connection = AIOKafkaClient(**client(kafka))
    try:
        await connection.bootstrap()
        coordinator = await connection.coordinator_lookup(CoordinationType.GROUP, group)
        await connection.ready(coordinator)
        for member in members:
            await connection.send(coordinator, LeaveGroupRequest(group, member))
    finally:
        await connection.close()
