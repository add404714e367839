"""A world around the sink: a stand-in of its own, topics of its own, and a hand that plays hold."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import Producer

from schemas.broker import KafkaSettings, committed_offsets, create_topics, end_offsets, producer, read_to_end
from schemas.codec import Codec
from schemas.conservation import Ledger
from schemas.control import read_control
from schemas.conversion import Record
from schemas.keys import partition_of
from schemas.records import (
    Alias,
    AuditEvent,
    Control,
    Identity,
    Lift,
    Link,
    Outcome,
    Part,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from schemas.topics import Topics
from sinks.service import SinkSettings, run
from sinks.twenty.client import TwentyClient
from tests.contract.conftest import KEY, running_standin
from tests.waiting import until

SYSTEM = "clinic"
DEADLINE = 60.0

T = TypeVar("T")


class Standin:
    """A stand-in process and its control surface."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self._directory = directory
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)

    def close(self) -> None:
        self._http.close()

    def rows(self, target: str, *, trashed: bool = False) -> list[dict[str, Any]]:
        rows = self._http.get("/standin/dump").raise_for_status().json()[target]
        return [row for row in rows if trashed or not row["deletedAt"]]

    def row(self, target: str, row_id: str) -> dict[str, Any] | None:
        return next((row for row in self.rows(target, trashed=True) if row["id"] == row_id), None)

    def stats(self) -> dict[str, Any]:
        return dict(self._http.get("/standin/stats").raise_for_status().json())

    def uploads(self) -> int:
        """How many files lie in its storage."""
        return sum(1 for path in (self._directory / "files").rglob("*") if path.is_file())

    def fault(self, kind: str, count: int = 1, **more: Any) -> None:
        self.steer("faults", kind=kind, count=count, **more)

    def faults_left(self) -> dict[str, int]:
        return dict(self.steer("faults", kind="webhook_lost", count=0))

    def steer(self, verb: str, **body: Any) -> Any:
        """Any call of its control surface (infra/standin/control.py)."""
        return self._http.post(f"/standin/{verb}", json=body).raise_for_status().json()

    def limit(self, limit: int, window_ms: int) -> None:
        self._http.post("/standin/limit", json={"limit": limit, "window_ms": window_ms}).raise_for_status()

    def reset(self) -> None:
        self._http.post("/standin/reset").raise_for_status()

    def member(self, email: str) -> str:
        body = {"userEmail": email, "name": {"firstName": "M", "lastName": "T"}}
        return str(self._http.post("/standin/members", json=body).raise_for_status().json()["id"])

    def create(self, plural: str, body: dict[str, Any]) -> str:
        """A row that somebody else made; its id."""
        answer = self._http.post(f"/rest/{plural}", json=body).raise_for_status().json()
        return str(next(iter(answer["data"].values()))["id"])

    def person(self, act: str, target: str, *ids: str, before: str = "", **fields: Any) -> None:
        """What a person does in Twenty's pages; with ``before``, right before the next operation of that name."""
        body = {"act": act, "object": target, "ids": ids, "fields": fields} | ({"before": before} if before else {})
        self._http.post("/standin/person", json=body).raise_for_status()

    def workflow(self, event: str) -> str:
        """A person publishes a workflow that starts at ``event``; its id."""
        answer = self._http.post("/standin/workflows", json={"name": "Text the patient", "event": event})
        return str(answer.raise_for_status().json()["id"])

    def switch(self, workflow: str, *, active: bool) -> None:
        self._http.post("/standin/workflows", json={"id": workflow, "active": active}).raise_for_status()

    def webhook(self, url: str, secret: str) -> str:
        """A webhook for everything; its id."""
        body = {"targetUrl": url, "operations": ["*.*"], "secret": secret}
        return str(self._http.post("/rest/metadata/webhooks", json=body).raise_for_status().json()["id"])

    def purge(self, plural: str, row_id: str) -> None:
        """Removes a row for good, also out of the trash."""
        with TwentyClient(self.url, KEY) as client:
            assert client.destroy_many(plural, [row_id])


@contextmanager
def standin(directory: Path) -> Iterator[Standin]:
    with running_standin(directory, "--limit", "0") as (_, url):
        server = Standin(url, directory)
        yield server
        server.close()


@dataclass
class World:
    """Topics under one prefix, the stand-in, and what was published so far."""

    kafka: KafkaSettings
    topics: Topics
    twenty: Standin
    directory: Path
    codec: Codec = field(default_factory=Codec)
    offsets: dict[str, int] = field(default_factory=dict)
    _producer: Producer | None = None

    def settings(self, **changes: Any) -> SinkSettings:
        values: dict[str, Any] = {
            "workspace": f"{self.topics.prefix}.workspace",
            "twenty_url": self.twenty.url,
            "twenty_key": KEY,
            "limit": None,
            "request_timeout": 5.0,
        }
        return SinkSettings(kafka=self.kafka, topics=self.topics, **{**values, **changes})

    # --- play hold

    def write(self, object_name: str, record_id: str, *parts: Part, offset: int, **more: Any) -> Write:
        key = f"{SYSTEM}/{object_name}/{record_id}"
        partition = partition_of(key, self.topics.partitions)
        kind = more.pop("kind", WriteKind.WRITE)
        return Write(
            key, kind, Version(1, 1, offset, 1), Unit(self.topics.cdc(object_name), partition, offset), parts,
            source_changed_at=datetime.now(UTC), captured_at=datetime.now(UTC), **more,
        )  # fmt: skip

    def send(self, *records: Record, bulk: bool = False) -> None:
        client = self._producer = self._producer or producer(self.kafka)
        topic = self.topics.bulk if bulk else self.topics.live
        for record in records:
            assert isinstance(record, Write | Lift | Verdict)
            self.raw(topic, record.key, self.codec.encode(record, topic))
        assert client.flush(30) == 0

    def raw(self, topic: str, key: str, value: bytes, partition: int | None = None) -> None:
        client = self._producer = self._producer or producer(self.kafka)
        while True:
            try:
                client.produce(
                    topic, value, key, partition_of(key, self.topics.partitions) if partition is None else partition
                )
                return
            except BufferError:
                client.poll(0.1)

    # --- look

    def read(self, topic: str) -> list[Record]:
        return [
            self.codec.decode(message.value() or b"")
            for message in read_to_end(self.kafka, topic, range(self.topics.partitions))
        ]

    def identities(self) -> dict[tuple[str, str], Identity]:
        return {(r.key, r.part): r for r in self.read(self.topics.identities) if isinstance(r, Identity)}

    def outcomes(self, key: str) -> list[tuple[str | None, Outcome]]:
        """Parts and outcomes of a record, in the order of its audit partition."""
        return [(event.part, event.outcome) for event in self.events() if event.key == key]

    def unaccounted(self, *writes: Write) -> list[Unit]:
        ledger = Ledger()
        for event in self.events():
            ledger.audited(event)
        return ledger.unaccounted({write.unit for write in writes})

    def aliases(self) -> dict[tuple[str, str], Alias]:
        return {(r.alias, r.key): r for r in self.read(self.topics.identities) if isinstance(r, Alias)}

    def control(self) -> list[Control]:
        return read_control(self.kafka, self.topics, self.codec)

    def events(self, *outcomes: Outcome) -> list[AuditEvent]:
        events = [r for r in self.read(self.topics.audit) if isinstance(r, AuditEvent)]
        return [event for event in events if not outcomes or event.outcome in outcomes]

    def drained(self) -> bool:
        """Whether the group has committed everything that was published."""
        lanes = (self.topics.live, self.topics.bulk)
        ends = end_offsets(self.kafka, lanes, self.topics.partitions)
        return committed_offsets(self.kafka, self.topics.sink_group, lanes, self.topics.partitions) == ends

    def settle(self, deadline: float = DEADLINE) -> None:
        until(self.drained, deadline, what="everything published is committed")

    # --- run the sink

    @contextmanager
    def sink(self, **changes: Any) -> Iterator[threading.Event]:
        """The sink in a thread; leaving stops it in order."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def target() -> None:
            try:
                run(self.settings(**changes), stop)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=target)
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()
            if failures:
                raise failures[0]

    def process(self, name: str, **changes: Any) -> subprocess.Popen[bytes]:
        """The sink as a process; the caller ends it."""
        settings = self.settings(incarnation=name, **changes)
        values = {
            name: getattr(settings, name)
            for name in settings.__dataclass_fields__
            if name not in ("policies", "kafka", "topics", "documents_root", "ended_file", "timetable")
        }
        values |= {"policies": {name: asdict(policy) for name, policy in settings.policies.items()}}
        values |= {"kafka": self.kafka.bootstrap_servers, "topics": asdict(self.topics)}
        values |= {
            name: str(value)
            for name in ("documents_root", "ended_file")
            if (value := getattr(settings, name)) is not None
        }
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(values))
        with (self.directory / f"{name}.log").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.integration.sink_process", str(path)], stdout=output, stderr=output
            )


def person(
    name: str, email: str = "", *, links: Sequence[Link] = (), part: str = "", hashed: str = "", **more: Any
) -> Part:
    fields = {
        "name": {"firstName": name, "lastName": "Testfall"},
        "emails": {"primaryEmail": email, "additionalEmails": []},
    }
    return Part(
        part, "person", fields={**fields, **more.pop("fields", {})}, links=tuple(links),
        content_hash=hashed or f"{name}/{email}", **more,
    )  # fmt: skip


def make_world(bootstrap: str, prefix: str, twenty: Standin, directory: Path, partitions: int = 2) -> World:
    topics = Topics(prefix.rstrip("."), SYSTEM, ("patient",), partitions)
    kafka = KafkaSettings(bootstrap)
    create_topics(kafka, topics.specs())
    return World(kafka, topics, twenty, directory)
