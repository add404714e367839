"""Hold among adversaries, on a real broker: random interleaving, aborted transactions, kill -9, SIGSTOP, two workers.

``python -m tests.chaos.hold_world --bootstrap HOST:PORT --seeds 1-20`` runs a seed after the other and prints a line of
figures for each; it ends with code 1 where one of them is not what it must be.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from processors.obligations import Kind, read_obligations
from schemas.broker import KafkaSettings, read_to_end
from schemas.codec import Codec
from schemas.control import prepare_topics
from schemas.keys import twenty_id
from schemas.records import (
    Operation,
    RecordChange,
    Unit,
    Version,
)
from tests.chaos.hold_feed import Feeder
from tests.chaos.hold_plan import Plan, make_plan
from tests.chaos.hold_sink import Report, Sink
from tests.chaos.hold_worker import PARTITIONS, world_topics

STOP_SECONDS = 8.0
"""Longer than the session, so that the group gives the partitions of a stopped worker to the other."""


class Fleet:
    """The workers, and what is done to them."""

    def __init__(self, command: list[str], directory: Path, count: int, report: Report) -> None:
        self._command = command
        self._directory = directory
        self._report = report
        self._workers = [self._start(n) for n in range(count)]
        self._stopped: tuple[int, float] | None = None

    def _start(self, n: int) -> subprocess.Popen[bytes]:
        place = self._directory / f"worker-{n}"
        with (self._directory / f"worker-{n}.log").open("ab") as log:
            command = [part.format(instance=f"w{n}", directory=place) for part in self._command]
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    @property
    def calm(self) -> bool:
        return self._stopped is None

    def strike(self, chance: random.Random, stop_share: float) -> None:
        n = chance.randrange(len(self._workers))
        if chance.random() < stop_share:
            self._workers[n].send_signal(signal.SIGSTOP)
            self._stopped = (n, time.monotonic() + STOP_SECONDS)
            self._report.stops += 1
        else:
            self._workers[n].kill()
            self._workers[n].wait()
            self._report.kills += 1
            self._workers[n] = self._start(n)

    def turn(self) -> None:
        if self._stopped is not None and time.monotonic() > self._stopped[1]:
            self._workers[self._stopped[0]].send_signal(signal.SIGCONT)
            self._stopped = None
        for n, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self._report.ended_themselves += 1
                self._workers[n] = self._start(n)

    def close(self) -> list[int]:
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        codes = []
        for worker in self._workers:
            try:
                codes.append(worker.wait(10))
            except subprocess.TimeoutExpired:
                worker.kill()
                codes.append(worker.wait())
        return codes


def run_world(
    bootstrap: str,
    seed: int,
    *,
    workers: int = 2,
    events: int = 9000,
    faults: int = 4,
    feed_seconds: float = 25,
    stop_share: float = 0.35,
    limit_seconds: float = 150,
) -> Report:
    """One seed. Deterministic in what is fed and done to whom; the interleaving is the machine's."""
    chance = random.Random(seed)
    report = Report(seed, workers, prefix=f"hold-world-{seed}-{uuid.uuid4().hex[:6]}")
    kafka, topics = KafkaSettings(bootstrap), world_topics(report.prefix)
    prepare_topics(kafka, topics, Codec(), datetime.now(UTC))
    plan = make_plan(chance, events)
    report.events = len(plan.steps)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dualrun-hold-") as directory:
        command = [sys.executable, "-m", "tests.chaos.hold_worker", bootstrap, report.prefix, "{instance}"]
        fleet = Fleet([*command, "{directory}", "4"], Path(directory), workers, report)
        try:
            sink = Sink(kafka, report.prefix, chance, report)
            feeder = Feeder(kafka, report.prefix, plan, chance, feed_seconds)
            strike_at = time.monotonic() + 5
            struck = 0
            while time.monotonic() - began < limit_seconds:
                feeder.turn()
                sink.turn()
                fleet.turn()
                if struck < faults and fleet.calm and time.monotonic() > strike_at:
                    fleet.strike(chance, stop_share)
                    struck += 1
                    strike_at = time.monotonic() + chance.uniform(2, 8)
                if feeder.done and struck >= faults and fleet.calm and _settled(plan, sink):
                    break
            sink.close()
        finally:
            codes = fleet.close()
        # one that was just started may not have its handler yet
        if not set(codes) <= {0, -signal.SIGTERM}:
            report.wrong.append(f"workers ended with {codes} on SIGTERM")
        _judge(kafka, plan, sink, report)
        if not report.sound:
            logs = Path(tempfile.gettempdir()) / f"{report.prefix}-logs"
            logs.mkdir()
            for log in Path(directory).glob("*.log"):
                (logs / log.name).write_bytes(log.read_bytes())
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _settled(plan: Plan, sink: Sink) -> bool:
    quiet = time.monotonic() - sink.moved_at
    return (quiet > 2 and plan.orphans <= sink.parked and not _open_ends(plan, sink)) or quiet > 60


def _open_ends(plan: Plan, sink: Sink) -> list[str]:
    """Records whose last word, or the reference to a parent of it, has not arrived."""
    ends = []
    bearers = plan.bearers
    for key, step in plan.last.items():
        row = sink.rows.get(key)
        if key in plan.orphans:
            continue
        if step.operation is Operation.DELETE:
            if row is None or not row.deleted:
                ends.append(key)
        elif row is None or row.deleted or row.n != step.n:
            ends.append(key)
        elif any(row.links.get(f"s{n}") is None for n, parent in enumerate(step.soft) if _lives(sink, parent)) or any(
            row.links.get(f"r{n}") is None for n in range(len(step.requires))
        ):
            ends.append(f"{key} (links)")
        elif step.maybe:
            names = bearers.get(step.maybe, [])
            if (row.links.get("maybe") or None) != (twenty_id(names[0], "") if len(names) == 1 else None):
                ends.append(f"{key} (links)")
    return ends


def _lives(sink: Sink, key: str) -> bool:
    row = sink.rows.get(key)
    return row is not None and not row.deleted


def _judge(kafka: KafkaSettings, plan: Plan, sink: Sink, report: Report) -> None:
    topics, codec = sink.topics, Codec()
    ends = _open_ends(plan, sink)
    report.missing = sum("(links)" not in end for end in ends)
    report.soft_missing = sum("(links)" in end for end in ends)
    report.wrong += ends[:3]
    obligations = read_obligations(kafka, topics)
    owed = {obligation.unit for obligation in obligations}
    report.owed = len(obligations)
    accounted = sink.units | owed
    statements: dict[str, tuple[datetime, str, Version, str]] = {}
    for topic in topics.changes:
        for message in read_to_end(kafka, topic, range(PARTITIONS)):
            report.units += 1
            unit = Unit(topic, message.partition() or 0, message.offset() or 0)
            report.unaccounted += unit not in accounted
            if topic != topics.derived:
                continue
            change = codec.decode(message.value() or b"")
            if not isinstance(change, RecordChange) or change.source_changed_at is None:
                raise AssertionError("a derived change without a source time")
            if change.operation is Operation.DELETE or change.origin_version is None:
                continue
            said = (change.source_changed_at, change.origin_key, change.origin_version, str(change.record["says"]))
            statements[change.key] = max(said, statements.get(change.key, said))
    for key, said in statements.items():
        row = sink.rows.get(key)
        if row is None or row.part is None or row.part.fields["says"] != said[3]:
            report.stale += 1
    for row in sink.rows.values():
        if any(value == "aborted" for value in row.links.values()):
            report.wrong.append("an id from an aborted transaction")
    report.parked = len(sink.parked)
    report.parked_wrongly = len(sink.parked - plan.orphans)
    held = {obligation.key for obligation in obligations if obligation.kind is not Kind.LINK}
    if held != plan.orphans:
        report.wrong.append(f"{len(held - plan.orphans)} held that should have left")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--seeds", default="1-20", help="FIRST-LAST or a single one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--events", type=int, default=9000)
    parser.add_argument("--faults", type=int, default=4)
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    sound = True
    for seed in range(int(first), int(last or first) + 1):
        report = run_world(
            arguments.bootstrap, seed, workers=arguments.workers, events=arguments.events, faults=arguments.faults
        )
        sound = sound and report.sound
        print(json.dumps({"sound": report.sound, **{name: getattr(report, name) for name in Report.__slots__}}))
        sys.stdout.flush()
    sys.exit(not sound)


if __name__ == "__main__":
    main()
