"""The producers of the adversarial world."""

import random
import time
from collections import defaultdict
from datetime import UTC, datetime

from confluent_kafka import Producer

from schemas.broker import KafkaSettings, producer
from schemas.codec import Codec
from schemas.records import (
    Checkpoint,
    Operation,
    RecordChange,
)
from tests.chaos.hold_plan import Plan
from tests.chaos.hold_sink import ABORTED
from tests.chaos.hold_worker import OBJECTS, SYSTEM, world_topics


class Feeder:
    """Publishes the plan as producers do: a transaction per step and source object, some of them aborted."""

    def __init__(self, kafka: KafkaSettings, prefix: str, plan: Plan, chance: random.Random, seconds: float) -> None:
        self._topics = world_topics(prefix)
        self._codec = Codec()
        self._plan = plan
        self._chance = chance
        self._seconds = seconds
        self._started = time.monotonic()
        self.fed = 0
        self._producers: dict[str, Producer] = {}
        for name in OBJECTS:
            self._producers[name] = producer(kafka, transactional_id=f"{prefix}.{name}")
            self._producers[name].init_transactions(30)

    @property
    def done(self) -> bool:
        return self.fed == len(self._plan.steps)

    def turn(self) -> None:
        steps = self._plan.steps
        until = min(len(steps), int(len(steps) * (time.monotonic() - self._started) / self._seconds))
        if self.fed >= until:
            return
        changes: defaultdict[str, list[RecordChange]] = defaultdict(list)
        for step in steps[self.fed : until]:
            changes[step.change.object].append(step.change)
        for name, batch in changes.items():
            if self._chance.random() < 0.1:
                self._transaction(name, [_aborted(change) for change in batch], commit=False)
            self._transaction(name, batch, commit=True)
        self.fed = until
        if self.done:
            self._finish()

    def _transaction(self, name: str, batch: list[RecordChange], *, commit: bool) -> None:
        client, topic = self._producers[name], self._topics.cdc(name)
        client.begin_transaction()
        for change in batch:
            client.produce(topic, key=change.key, value=self._codec.encode(change))
        if commit:
            if self._chance.random() < 0.02:
                client.produce(topic, key=batch[0].key, value=b"no record of ours")
            client.commit_transaction(30)
        else:
            client.flush(10)
            client.abort_transaction(30)

    def _finish(self) -> None:
        for name in OBJECTS:
            client = self._producers[name]
            done = Checkpoint(SYSTEM, name, 1, {"snapshot": {"state": "done"}}, datetime.now(UTC))
            client.begin_transaction()
            client.produce(self._topics.checkpoints, key=name, value=self._codec.encode(done))
            client.commit_transaction(30)


def _aborted(change: RecordChange) -> RecordChange:
    return RecordChange(
        change.system,
        change.object,
        change.record_id,
        Operation.UPSERT,
        {"n": ABORTED},
        change.captured_at,
        change.source_changed_at,
    )
