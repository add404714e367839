"""One active process per name: what a lease promises, on a real broker."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.group import LeaveGroupRequest

from schemas.broker import KafkaSettings, admin, create_topics
from schemas.lease import Lease, LeaseLostError
from schemas.topics import Policy, TopicSpec
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture
def topic(kafka_bootstrap: str, topic_prefix: str) -> str:
    name = f"{topic_prefix}.leases"
    create_topics(KafkaSettings(kafka_bootstrap), [TopicSpec(name, 1, Policy.PASSING)])
    return name


@contextmanager
def lease(bootstrap: str, topic: str) -> Iterator[Lease]:
    held = Lease(KafkaSettings(bootstrap), topic, f"{topic}.group")
    try:
        yield held
    finally:
        held.abandon()


def hold_forever(bootstrap: str, topic: str, incarnation: str, fresh: object, seen: object) -> None:
    """A holder in a process of its own: says whether its lease is fresh as often as it can."""
    held = Lease(KafkaSettings(bootstrap), topic, f"{topic}.group", incarnation=incarnation)
    held.acquire()
    while True:
        fresh.value = held.fresh()  # type: ignore[attr-defined]
        seen.value += 1  # type: ignore[attr-defined]
        time.sleep(0.005)


@pytest.fixture
def other(kafka_bootstrap: str, topic: str) -> Iterator[tuple[multiprocessing.process.BaseProcess, object, object]]:
    context = multiprocessing.get_context("spawn")
    fresh, seen = context.Value("b", 0), context.Value("l", 0)
    process = context.Process(target=hold_forever, args=(kafka_bootstrap, topic, "other", fresh, seen))
    process.start()
    until(lambda: bool(fresh.value))
    yield process, fresh, seen
    if process.pid:
        os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.join()


def test_the_first_holder_has_no_predecessor_and_the_next_learns_of_a_release(kafka_bootstrap: str, topic: str) -> None:
    first = Lease(KafkaSettings(kafka_bootstrap), topic, f"{topic}.group", incarnation="first")
    assert first.acquire()
    assert first.predecessor is None
    until(first.fresh)
    first.release()
    with lease(kafka_bootstrap, topic) as second:
        assert second.acquire()
        assert second.predecessor is not None
        assert second.predecessor.incarnation == "first"
        assert second.predecessor.released


def test_a_stand_by_does_not_take_the_lease_from_a_healthy_holder(kafka_bootstrap: str, topic: str) -> None:
    with lease(kafka_bootstrap, topic) as holder, lease(kafka_bootstrap, topic) as stand_by:
        holder.acquire()
        until(holder.fresh)
        stop, taken = threading.Event(), []
        waiting = threading.Thread(target=lambda: taken.append(stand_by.acquire(stop)))
        waiting.start()
        deadline = time.monotonic() + holder.session_seconds * 1.5
        until(lambda: time.monotonic() > deadline)
        assert holder.fresh()
        assert not taken
        stop.set()
        waiting.join()
        assert taken == [False]
        holder.check()


def test_after_kill_9_the_successor_knows_that_nothing_was_released(
    kafka_bootstrap: str, topic: str, other: tuple[multiprocessing.process.BaseProcess, object, object]
) -> None:
    process, _, _ = other
    with lease(kafka_bootstrap, topic) as successor:
        process.kill()
        assert successor.acquire()
        assert successor.predecessor is not None
        assert (successor.predecessor.incarnation, successor.predecessor.released) == ("other", False)


def test_a_holder_that_was_stopped_and_wakes_up_is_not_fresh(
    kafka_bootstrap: str, topic: str, other: tuple[multiprocessing.process.BaseProcess, object, object]
) -> None:
    process, fresh, seen = other
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    with lease(kafka_bootstrap, topic) as successor:
        assert successor.acquire()
        until(successor.fresh)
        before = seen.value  # type: ignore[attr-defined]
        os.kill(process.pid, signal.SIGCONT)
        until(lambda: seen.value > before + 1)  # type: ignore[attr-defined]
        assert not fresh.value  # type: ignore[attr-defined]
        assert successor.fresh()


def test_a_lost_lease_is_not_taken_again_by_the_process_that_lost_it(kafka_bootstrap: str, topic: str) -> None:
    """It is about to end. While it lingered in a call, the group once gave it the lease a second time, for ever."""
    settings, group = KafkaSettings(kafka_bootstrap), f"{topic}.group"
    with lease(kafka_bootstrap, topic) as loser:
        loser.acquire()
        until(loser.fresh)
        broker = admin(settings)
        described = broker.describe_consumer_groups([group])[group].result(10)
        asyncio.run(evicted(settings, group, [member.member_id for member in described.members]))
        until(lambda: loser.lost_at is not None)
        with pytest.raises(LeaseLostError):
            loser.check()
        with lease(kafka_bootstrap, topic) as successor:
            assert successor.acquire()
        # the successor has gone: nobody else is there, and yet the loser stays without
        until(lambda: not broker.describe_consumer_groups([group])[group].result(10).members)
        assert not loser.fresh()


async def evicted(settings: KafkaSettings, group: str, members: list[str]) -> None:
    connection = AIOKafkaClient(bootstrap_servers=settings.bootstrap_servers)
    await connection.bootstrap()
    coordinator = await connection.coordinator_lookup(CoordinationType.GROUP, group)
    await connection.ready(coordinator)
    for member in members:
        await connection.send(coordinator, LeaveGroupRequest(group, member))
    await connection.close()
