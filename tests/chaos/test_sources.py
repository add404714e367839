"""Pollers of CSV drops and of a REST API, killed at any moment: the topic ends as the source, and nothing goes back."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.sources.rest_api import ClinicApi, MemoryTables, serve
from infra.stack.ports import free_port
from tests.chaos.test_producer import World, assert_in_order
from tests.waiting import until

pytestmark = pytest.mark.chaos

PATIENTS = 3_000


class Exports:
    """Full exports in segments, one after the other, of rows whose values only grow."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory = directory
        self.draw = random.Random(seed)
        self.rows = {f"p{number}": 0 for number in range(PATIENTS)}
        self.number = 0
        directory.mkdir()

    def change(self) -> None:
        for key in self.draw.sample(sorted(self.rows), 50):
            self.rows[key] += 1
        if self.number:
            del self.rows[self.draw.choice(sorted(self.rows))]

    def export(self) -> None:
        """Written piece by piece, as an export program does; the old one goes when the new one is there."""
        self.number += 1
        lines = [f"{key},{value}\n" for key, value in self.rows.items()]
        self.draw.shuffle(lines)
        for segment in range(3):
            path = self.directory / f"patients-{self.number:03}-{segment + 1}of3.csv"
            with path.open("w") as file:
                file.write("id,value\n")
                for line in lines[segment::3]:
                    file.write(line)
        for old in self.directory.glob(f"patients-{self.number - 2:03}-*.csv"):
            old.unlink()

    def expected(self) -> dict[str, object]:
        return {key: str(value) for key, value in self.rows.items()}


def drops(kafka_bootstrap: str, prefix: str, tmp_path: Path, exports: Exports) -> World:
    source = {
        "kind": "csv",
        "directory": str(exports.directory),
        "settle_seconds": 0.3,
        "objects": {"patient": {"full": "patients-{export}-{segment}of{segments}.csv"}},
    }
    return World(kafka_bootstrap, prefix, "", tmp_path, source)


def numbers(world: World) -> None:
    """Values of a CSV file are texts; those of ours are numbers."""
    for change in world.changes:
        if "value" in change.record:
            change.record["value"] = int(str(change.record["value"]))  # type: ignore[index]


def test_drops_through_kill_9(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    exports = Exports(tmp_path / "drops", 1)
    exports.export()
    world = drops(kafka_bootstrap, topic_prefix, tmp_path, exports)
    try:
        for _ in range(4):
            process = world.start()
            captured = f"poller-{len(world.processes) - 1}.log"
            until(lambda captured=captured: "being captured" in (tmp_path / captured).read_text())  # type: ignore[misc]
            exports.change()
            exports.export()
            time.sleep(exports.draw.random() * 1.5)  # any moment: looking, landing, publishing
            process.kill()
            process.wait(10)
        exports.change()
        exports.export()
        world.start()
        until(lambda: world.latest() == exports.expected())
        numbers(world)
        assert_in_order(world)
        assert len(list((tmp_path / "work").glob("landing-*"))) == 1, "what the dead left is swept up"
    finally:
        world.close()


def test_a_stopped_poller_of_drops_does_not_stand_in_the_way(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    exports = Exports(tmp_path / "drops", 2)
    exports.export()
    world = drops(kafka_bootstrap, topic_prefix, tmp_path, exports)
    try:
        zombie = world.start()
        until(lambda: int(str(world.snapshot().get("rows", 0))) > 100)
        os.kill(zombie.pid, signal.SIGSTOP)
        world.start()
        exports.change()
        exports.export()
        until(lambda: world.latest() == exports.expected())
        os.kill(zombie.pid, signal.SIGCONT)
        assert zombie.wait(60) not in (0, None)
        numbers(world)
        assert_in_order(world)
    finally:
        world.close()


@pytest.fixture
def api() -> Iterator[tuple[ClinicApi, MemoryTables, str]]:
    tables = MemoryTables()
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    tables.tables["patients"] = {
        f"p{number}": {"id": f"p{number}", "value": 0, "updated_at": old} for number in range(PATIENTS)
    }
    api = ClinicApi(tables)
    port = free_port(random.SystemRandom())
    server = serve(api, port)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield api, tables, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("paging", ["cursor", "offset"])
def test_an_api_through_kill_9(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, api: tuple[ClinicApi, MemoryTables, str], paging: str
) -> None:
    clinic, tables, url = api
    draw = random.Random(3)
    rows = tables.tables["patients"]
    source = {
        "kind": "rest",
        "url": url,
        "overlap_seconds": 1,
        "auth": {
            "kind": "client_credentials",
            "token_url": "/oauth/token",
            "client_id": "client",
            "client_secret": "secret",
        },
        "objects": {
            "patient": {
                "path": "/v1/patients",
                "rows": "data",
                "paging": {"kind": paging, "parameter": paging, "next": "next_cursor", "size": 200},
                "modified_since": "updated_since",
                "record": "/v1/patients/{id}",
                "parallel": 3,
            }
        },
    }
    world = World(kafka_bootstrap, topic_prefix, "", tmp_path, source)
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.02):
            key = draw.choice(sorted(rows))
            rows[key] = {"id": key, "value": rows[key]["value"] + 1, "updated_at": datetime.now(UTC).isoformat()}
            if draw.random() < 0.05:
                del rows[draw.choice(sorted(rows))]

    clinic.moods = type(clinic.moods)(flaky=0.02, token_seconds=1.5)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            process = world.start()
            before = len(world.changes)
            until(lambda before=before: world.latest() is not None and len(world.changes) > before)  # type: ignore[misc]
            time.sleep(draw.random())  # any moment of a page, a token, a step
            process.kill()
            process.wait(10)
        world.start()
        until(lambda: world.snapshot().get("state") == "done")
        stop.set()
        writer.join(10)
        until(lambda: world.latest() == {key: row["value"] for key, row in rows.items()}, 120)
        assert_in_order(world)
    finally:
        stop.set()
        writer.join(10)
        world.close()
