"""The sink through a storm: its broker killed, itself killed, answers lost. Afterwards everything is there once."""

from __future__ import annotations

import random
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.stack.stack import LocalStack
from schemas.broker import read_to_end
from schemas.keys import twenty_id
from schemas.records import AuditEvent, Part, Write, WriteKind
from sinks.audit import verify
from tests.integration.sink_world import World, make_world, person, standin
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.stack, pytest.mark.timeout(240)]

RECORDS = 400


@contextmanager
def kept_running(world: World) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A sink that a supervisor would keep running: it is started again whenever it ends, and its end is noted."""
    stop = threading.Event()
    ended_file = world.directory / "ended"
    ended_file.touch()
    running = [world.process("sink-0", request_timeout=2.0, ended_file=ended_file)]

    def watch() -> None:
        while not stop.wait(0.2):
            if running[-1].poll() is not None:
                name = f"sink-{len(running)}"
                with ended_file.open("a") as ended:
                    ended.write(f"sink-{len(running) - 1}\n")
                running.append(world.process(name, request_timeout=2.0, ended_file=ended_file))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield running
    finally:
        stop.set()
        watcher.join()
        running[-1].kill()
        for process in running:
            process.wait()


def history(world: World, seed: int) -> list[tuple[bool, Write]]:
    """Two or three versions of each record, some deleted, some with a second part, over both lanes."""
    chance = random.Random(seed)
    published = []
    for number in range(RECORDS):
        for version in range(1, chance.randint(2, 4)):
            name = f"P{number}v{version}"
            parts = [person(name, f"p{number}@x.test", hashed=name)]
            if chance.random() < 0.3:
                parts.append(Part("visit", "note", fields={"title": name}, content_hash=name))
            gone = chance.random() < 0.1
            write = world.write(
                "patient", str(number), *([] if gone else parts), offset=number * 10 + version,
                kind=WriteKind.DELETE if gone else WriteKind.WRITE,
            )  # fmt: skip
            published.append((version == 1 and chance.random() < 0.7, write))
    chance.shuffle(published)
    return published


def test_a_storm_leaves_everything_there_once(tmp_path: Path) -> None:
    # not the session's stack: its broker is killed here
    directory = Path(tempfile.mkdtemp(prefix="dualrun-storm-"))
    with LocalStack(directory, keep=False, environ={}) as stack, standin(tmp_path / "twenty") as twenty:
        world = make_world(stack.kafka_bootstrap, "storm", twenty, tmp_path, partitions=3)
        published = history(world, seed=20261121)
        with kept_running(world) as running:
            until(lambda: "identities read" in (tmp_path / "sink-0.log").read_text(), what="the sink is active")
            third = len(published) // 3
            _publish(world, published[:third])
            twenty.fault("500_after_commit", count=2)
            running[-1].kill()
            _publish(world, published[third : 2 * third])
            until(lambda: len(running) > 1 and len(twenty.rows("person")) > 20, what="its successor writes")
            stack.kill_kafka()
            stack.start_kafka()
            twenty.fault("drop_after_commit", count=2)
            _publish(world, published[2 * third :])
            running[-1].kill()
            world.settle(120)
        newest: dict[str, Write] = {}
        for _, write in published:
            if write.key not in newest or write.version > newest[write.key].version:
                newest[write.key] = write
        for target in ("person", "note"):
            rows = {row["id"]: row for row in twenty.rows(target)}
            expected = {
                twenty_id(key, part.name): part
                for key, write in newest.items()
                for part in write.parts
                if part.target == target
            }
            assert rows.keys() == expected.keys()
            for row_id, part in expected.items():
                assert {name: rows[row_id][name] for name in part.fields} == part.fields
        assert world.unaccounted(*(write for _, write in published)) == []
        for partition in range(world.topics.partitions):
            messages = read_to_end(world.kafka, world.topics.audit, [partition])
            events = [world.codec.decode(message.value() or b"") for message in messages]
            assert verify(event for event in events if isinstance(event, AuditEvent)) == []


def _publish(world: World, published: list[tuple[bool, Write]]) -> None:
    for bulk in (False, True):
        world.send(*(write for in_bulk, write in published if in_bulk is bulk), bulk=bulk)
