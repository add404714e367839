"""Signals on the control topic that concern the pollers.

``pause``, ``resume``, ``resnapshot`` and ``approve`` name an object as their subject, or ``*`` for all of them. With
the value ``{"snapshot": true}`` the first two mean its snapshot alone; a resnapshot's value may narrow it to a range of
keys (``first``, ``last``) and to conditions (``where``), see ``producers.selection``.
``run`` (value ``{"run": n}``) begins a full run: every object is published again in it. What a poller has followed
shows in its checkpoint (``control``, ``paused``), so whoever sent a signal can wait for its acknowledgement there.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from confluent_kafka import KafkaException, TopicPartition

from producers.guards import OPERATOR, SNAPSHOT
from producers.poller import Poller
from producers.selection import SelectionError, parse
from schemas.broker import KafkaSettings, consumer
from schemas.codec import Codec
from schemas.records import Control
from schemas.topics import Topics

log = logging.getLogger("dualrun.producer")

ALL = "*"


class Signals(Protocol):
    def new(self) -> Iterable[tuple[int, Control]]:
        """``(offset, record)`` of what was published since the last call."""
        ...


class KafkaSignals:
    """Reads the control topic from ``start`` on. The first call waits until it has seen all that is there."""

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: Codec, start: int) -> None:
        self._codec = codec
        self._slot = TopicPartition(topics.control, 0, start)
        self._consumer = consumer(kafka, f"{topics.prefix}.poller.signals")
        self._consumer.assign([self._slot])
        self._next = start
        self._caught_up = False

    def new(self) -> Iterator[tuple[int, Control]]:
        end = self._next if self._caught_up else self._consumer.get_watermark_offsets(self._slot, timeout=30)[1]
        while True:
            message = self._consumer.poll(0 if self._caught_up else 0.2)
            if message is None:
                position = self._consumer.position([self._slot])[0].offset
                if self._caught_up or position >= end or self._next >= end:
                    self._caught_up = True
                    return
                continue
            failure = message.error()
            if failure is not None:
                if failure.retriable():
                    return
                raise KafkaException(failure)
            offset = message.offset() or 0
            self._next = offset + 1
            record = self._codec.decode(message.value() or b"")
            if isinstance(record, Control):
                yield offset, record

    def close(self) -> None:
        self._consumer.close()


class Shared:
    """One reader's signals for several who follow them, each at its own pace."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._waiting: list[deque[tuple[int, Control]]] = []

    def reader(self) -> Signals:
        waiting: deque[tuple[int, Control]] = deque()
        self._waiting.append(waiting)
        return _Reader(self, waiting)

    def read(self) -> None:
        for signal in self._signals.new():
            for waiting in self._waiting:
                waiting.append(signal)


class _Reader:
    def __init__(self, shared: Shared, waiting: deque[tuple[int, Control]]) -> None:
        self._shared = shared
        self._waiting = waiting

    def new(self) -> Iterator[tuple[int, Control]]:
        self._shared.read()
        while self._waiting:
            yield self._waiting.popleft()


def follow(poller: Poller, offset: int, record: Control) -> None:
    """Does what a signal asks of this poller, once."""
    if offset < poller.position.control:
        return
    if record.kind == "run":
        run = int(record.value["run"])
        if run > poller.position.run:
            poller.resnapshot(run)
    elif record.subject in (ALL, poller.what.name):
        match record.kind:
            case "pause":
                alone = bool(record.value.get("snapshot"))
                text = "its snapshot was paused by an operator" if alone else "paused by an operator"
                poller.pause(SNAPSHOT if alone else OPERATOR, text)
            case "resume":
                poller.resume(SNAPSHOT if record.value.get("snapshot") else OPERATOR)
            case "approve":
                poller.approve()
            case "resnapshot":
                try:
                    poller.resnapshot(only=parse(record.value))
                except SelectionError as error:
                    log.warning("%s: a resnapshot was not understood: %s", poller.what.name, error)
    poller.follow(offset + 1)
