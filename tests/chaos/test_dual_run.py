"""The promise: whatever is killed or stopped while a clinic works, every source row ends equal to its Twenty record.

The clinic and the order of the faults follow a seed, printed at the start, the same each time unless
``DUALRUN_CHAOS_SEED`` gives another (``random`` draws one); when a fault meets which request is never the same.
``DUALRUN_CHAOS_ROUNDS`` says how often each is struck, ``DUALRUN_CHAOS_SYSTEM`` whose clinic it is.

Charts are merged, taken apart and deleted all the time; what is only told once the rest has arrived comes at the end,
and every part is killed once more while it is on its way.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.life import Life
from infra.metrics import scrape, value
from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.chaos, pytest.mark.timeout(1500)]

CHANGES_PER_SECOND = 50
STOPPED_SECONDS = 9.0
"""Longer than every session (6 s): the other instance takes over, and the stopped one wakes up behind it."""
ACTIVE = {
    "poll": "dualrun_source_last_poll_timestamp_seconds",
    "process": "dualrun_transform_duration_seconds_count",
    "sink": "dualrun_sink_records_total",
}
"""The metric that only an active instance moves."""
ROUNDS = int(os.environ.get("DUALRUN_CHAOS_ROUNDS", "3"))
FAULTS = [
    *(("kill", victim) for victim in ("poll", "process", "sink", "kafka") for _ in range(ROUNDS)),
    *(("stop", victim) for victim in ("poll", "process", "sink") for _ in range(min(ROUNDS, 2))),
]


@dataclass
class Flow:
    """How long after a fault the first change made at the source after it was in Twenty."""

    showcase: Showcase
    failures: list[BaseException]
    """What ended the clinic's life before its time: then nothing can flow."""

    def seconds_until_it_flows(self, since: datetime, patience: float = 120) -> float:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            assert not self.failures, f"the clinic stands still: {self.failures[0]!r}"
            self.showcase.monitor.catch_up()
            for decided_at, changed_at in self.showcase.monitor.recent():
                if changed_at > since:
                    return (decided_at - since).total_seconds()
            time.sleep(0.2)
        raise AssertionError(f"nothing that changed after {since} reached Twenty within {patience:.0f} s")


@contextmanager
def living(life: Life[Any], failures: list[BaseException]) -> Iterator[None]:
    stop = threading.Event()

    def live() -> None:
        try:
            life.run(10**9, CHANGES_PER_SECOND, stop)
            life.settle()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=live, name="life")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures


def active(showcase: Showcase, component: str) -> str:
    """The instance of a component that works, and does not stand by."""
    working = {
        instance.name: value(scrape(instance.metrics_port) or "", ACTIVE[component]) or 0.0
        for instance in showcase.pipeline.instances
        if instance.component == component
    }
    return max(working, key=lambda name: working[name])


def strike(showcase: Showcase, fault: str, victim: str) -> tuple[str, datetime]:
    """Does the damage; returns who took it and when. A stopped process is awake again at the return."""
    if victim == "kafka":
        struck_at = datetime.now(UTC)
        showcase.stack.kill_kafka()
        showcase.stack.start_kafka()
        return victim, struck_at
    struck: list[tuple[str, datetime]] = []

    def hit() -> bool:
        name, now = active(showcase, victim), datetime.now(UTC)
        with suppress(KeyError):  # it is being started again after an earlier fault: strike who works then
            showcase.stack.supervisor.kill(name, signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
            struck.append((name, now))
        return bool(struck)

    until(hit, 60)
    name, struck_at = struck[0]
    if fault == "kill":
        return name, struck_at
    woken_at = time.monotonic() + STOPPED_SECONDS
    until(lambda: time.monotonic() > woken_at, STOPPED_SECONDS + 5)
    with suppress(KeyError):  # it may have ended meanwhile: then its successor is there
        showcase.stack.supervisor.kill(name, signal.SIGCONT)
    return name, struck_at


def settled(showcase: Showcase) -> Look:
    """Once everything that is committed at the source now is where it belongs."""
    ended_at = showcase.source_now()
    looks: list[Look] = []

    def is_settled() -> bool:
        look = showcase.settled(ended_at)
        looks.extend([look] if look else [])
        return bool(looks)

    until(is_settled, 300)
    return looks[-1]


def test_every_row_arrives_once_and_in_its_last_state(capsys: pytest.CaptureFixture[str]) -> None:
    given = os.environ.get("DUALRUN_CHAOS_SEED", "840280")
    seed = random.SystemRandom().randrange(10**6) if given == "random" else int(given)
    faults = list(FAULTS)
    random.Random(seed).shuffle(faults)
    directory = Path(tempfile.mkdtemp(prefix="dualrun-chaos-"))
    with capsys.disabled():
        sys.stdout.write(f"\nDUALRUN_CHAOS_SEED={seed}, logs in {directory / 'logs'}\n")
    # nobody is there to say that the deletes of a small clinic in a great hurry, saved up in an outage, are meant
    overrides = {"source": {"missing_ratio": 1.0}}
    system = os.environ.get("DUALRUN_CHAOS_SYSTEM", "clinic_management")
    options = ShowcaseOptions(system, patients=200, seed=seed, requests=0, instances=2, overrides=overrides)
    with Showcase(directory, options, keep=True) as showcase:
        showcase.start_systems()
        showcase.start_components()
        flow, life = Flow(showcase, []), showcase.life()
        with living(life, flow.failures):
            flow.seconds_until_it_flows(datetime.now(UTC))
            for fault, victim in faults:
                name, struck_at = strike(showcase, fault, victim)
                seconds = flow.seconds_until_it_flows(struck_at)
                with capsys.disabled():
                    sys.stdout.write(f"{fault} {name}: flows again after {seconds:.1f} s\n")
        settled(showcase)
        assert life.afterwards(), f"nothing is told late at a clinic of {system}"
        for victim in dict.fromkeys(victim for _, victim in faults):
            strike(showcase, "kill", victim)
        look = settled(showcase)
        comparison = showcase.compare()
        expected = showcase.expected()
        parked = {one.key for one in showcase.monitor.obligations if one.parked and not one.skipped}
        with capsys.disabled():
            sys.stdout.write(f"{look.as_json()}\ncompared {comparison.compared} values\n")
        assert comparison.mismatches == ()
        assert comparison.compared > 0
        assert look.account.unaccounted == ()
        assert look.account.dead_letters == ()
        assert expected.parked <= parked <= expected.orphans
    shutil.rmtree(directory)  # of a run that failed, everything stays
