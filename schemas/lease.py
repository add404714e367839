"""One active process per name, by Kafka's own group protocol.

All candidates join one consumer group over a topic of one partition; whoever is assigned the partition holds the
lease. Kafka fences what goes through Kafka (transactions, commits), but not an HTTP request: for those the holder asks
``fresh()`` right before it acts. A confirmation is a synchronous offset commit, which the coordinator accepts from the
current generation only; it counts from the moment *before* the request left, on the monotonic clock, so a process that
was stopped and woken up finds its lease stale. The commit's metadata tells a successor how its predecessor ended.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.broker import KafkaSettings, consumer

log = logging.getLogger("dualrun.lease")

SESSION_SECONDS = 6.0
_CONFIRM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Predecessor:
    """Who held the lease before: nobody (None), one that released it, or one that may still be in mid-request."""

    incarnation: str
    released: bool


class LeaseLostError(RuntimeError):
    """Another process may hold the lease now: end this one, and let the supervisor start it again as a stand-by."""


class Lease:
    """Use: ``acquire``, then ``fresh()`` before each unfenced act, ``check()`` in the loop, ``release`` at the end."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        name: str,
        *,
        incarnation: str | None = None,
        session_seconds: float = SESSION_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.incarnation = incarnation or uuid.uuid4().hex
        self.session_seconds = session_seconds
        self._clock = clock
        self._topic = topic
        self._slot = TopicPartition(topic, 0)
        self._confirmed_at: float | None = None
        self._lost_at: float | None = None
        self._held = threading.Event()
        self._lost = threading.Event()
        self._closing = threading.Event()
        self._predecessor: Predecessor | None = None
        self._metadata: object = None
        self._consumer: Consumer = consumer(
            settings,
            name,
            {
                # lets a supervisor that saw this process end find its membership, and end that too
                "client.id": self.incarnation,
                "session.timeout.ms": int(session_seconds * 1000),
                "heartbeat.interval.ms": int(session_seconds * 1000 / 6),
                # sticky: a stand-by that joins must not take the lease away from a healthy holder
                "partition.assignment.strategy": "cooperative-sticky",
            },
        )
        self._thread = threading.Thread(target=self._keep, name=f"lease-{name}", daemon=True)

    def acquire(self, stop: threading.Event | None = None) -> bool:
        """Waits until this process holds the lease; False when ``stop`` was set first."""
        self._consumer.subscribe(
            [self._topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )
        self._thread.start()
        while not (self._held.wait(0.1) and self._metadata is not None):
            if self._lost.is_set():
                raise LeaseLostError("the lease was lost while it was being taken")
            if stop is not None and stop.is_set():
                return False
        return True

    @property
    def predecessor(self) -> Predecessor | None:
        """How the lease was left; None when nobody ever held it."""
        return self._predecessor

    def fresh(self) -> bool:
        """Whether the last confirmation is younger than half the session, and nobody else can act yet."""
        confirmed = self._confirmed_at
        return (
            confirmed is not None and not self._lost.is_set() and self._clock() - confirmed < self.session_seconds / 2
        )

    @property
    def lost_at(self) -> float | None:
        """When the lease was seen to be gone, on its clock; None while it is not. It never comes back."""
        return self._lost_at

    def check(self) -> None:
        """Raises LeaseLostError when the lease is known to be gone."""
        if self._lost.is_set():
            raise LeaseLostError("the lease went to another process")

    def group_metadata(self) -> object:
        """For ``send_offsets_to_transaction``: binds a transaction to this generation of the group.

        A stand-by that joins begins a new generation: a transaction that is refused for its generation is aborted and
        tried again with what this returns then.
        """
        return self._metadata

    def release(self) -> None:
        """Leaves in order: a successor may act at once. Call it when nothing of ours is in flight any more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(self.session_seconds)
        if self._held.is_set() and not self._lost.is_set():
            try:
                self._commit("released")
            except KafkaException as error:
                log.warning("lease not marked as released: %s", error.args[0].name())
        self._consumer.close()

    def abandon(self) -> None:
        """Leaves without a word, as a crash would: a successor waits."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(self.session_seconds)
        self._consumer.close()

    def _keep(self) -> None:
        due = 0.0
        while not (self._closing.is_set() or self._lost.is_set()):
            try:
                message = self._consumer.poll(0.1)
                failure = message.error() if message is not None else None
                if failure is not None and failure.fatal():
                    self._lose()
                # asked in this thread alone: beside a poll in another one the client never answers (confluent 2.16)
                self._metadata = self._consumer.consumer_group_metadata()
                if self._held.is_set() and not self._lost.is_set() and self._clock() >= due:
                    asked = self._clock()
                    self._commit("held")
                    self._confirmed_at = asked
                    due = asked + _CONFIRM_SECONDS
            except KafkaException as error:
                # an unconfirmed lease goes stale by itself; the group tells us when it is lost
                log.info("lease not confirmed: %s", error.args[0].name())
                due = self._clock() + _CONFIRM_SECONDS / 5
        if self._lost.is_set():
            # else the group would give it to this process again, which is about to end
            self._consumer.unsubscribe()

    def _commit(self, state: str) -> None:
        slot = TopicPartition(self._topic, 0, 0, f"{state}:{self.incarnation}")
        self._consumer.commit(offsets=[slot], asynchronous=False)

    def _assigned(self, client: Consumer, partitions: list[TopicPartition]) -> None:
        if not partitions:
            return
        left = client.committed([self._slot], timeout=10)[0]
        state, _, incarnation = (left.metadata or "").partition(":")
        if incarnation:
            self._predecessor = Predecessor(incarnation, state == "released")
        client.incremental_assign([TopicPartition(self._topic, 0, 0)])
        self._held.set()

    def _revoked(self, _client: Consumer, partitions: list[TopicPartition]) -> None:
        if partitions and not self._closing.is_set():
            self._lose()

    def _lose(self) -> None:
        self._lost_at = self._clock()
        self._lost.set()
