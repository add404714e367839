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
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from processors.connection import client
from schemas.broker import KafkaSettings

log = logging.getLogger("dualrun.supervisor")

ENDED_FILE = "ended"
"""In the data directory: incarnations that a supervisor saw end, one a line."""
_DIRECTORY = "incarnations"
_REQUEST_MS = 2_000
_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.2
_ERROR, _MEMBERS = 0, 5
"""Places in a group's description, the same in all versions of the answer."""


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
        asyncio.run(_leave(kafka, group, incarnation))
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("%s: the membership of an ended process runs out by itself (%s)", group, type(error).__name__)


@retry(
    retry=retry_if_exception_type((KafkaError, OSError, TimeoutError)),
    stop=stop_after_delay(_PATIENCE_SECONDS),
    wait=wait_fixed(_PAUSE_SECONDS),
    reraise=True,
)
async def _leave(kafka: KafkaSettings, group: str, incarnation: str) -> None:
    """Not through librdkafka: it aborts the process when clients end while their requests wait for a broker."""
    connection = AIOKafkaClient(**client(kafka), request_timeout_ms=_REQUEST_MS)
    try:
        await connection.bootstrap()
        coordinator = await connection.coordinator_lookup(CoordinationType.GROUP, group)
        await connection.ready(coordinator)
        described = await connection.send(coordinator, DescribeGroupsRequest([group]))
        for found in described.groups:
            error, members = found[_ERROR], found[_MEMBERS]
            if error:
                raise for_code(error)()
            for member_id, client_id, *_ in members:
                if client_id == incarnation:
                    await connection.send(coordinator, LeaveGroupRequest(group, member_id))
    finally:
        await connection.close()
