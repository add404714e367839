"""Two senders: whoever dies or sleeps, nothing is doubled, nothing stale is written."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

from schemas.records import Outcome, Write
from sinks.standby import StandBy
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person
from tests.waiting import until

__all__ = ["twenty", "world"]

SESSION = 6.0


@contextmanager
def ended(*processes: Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _active(world: World, name: str) -> bool:
    return "the sink is active" in (world.directory / f"{name}.log").read_text()


def _patients(world: World, start: int, stop: int, name: str = "P") -> list[Write]:
    return [world.write("patient", str(i), person(f"{name}{i}", f"p{i}@x.test"), offset=i) for i in range(start, stop)]


def test_after_kill_9_a_stand_by_goes_on_and_doubles_nothing(world: World) -> None:
    writes = _patients(world, 0, 600)
    first = world.process("first", request_timeout=1.0)
    with ended(first):
        until(lambda: _active(world, "first"), what="the first is active")
        second = world.process("second", request_timeout=1.0)
        with ended(second):
            world.send(*writes, bulk=True)
            until(lambda: len(world.twenty.rows("person")) >= 60, what="it is in full swing")
            first.kill()
            first.wait()
            world.send(*_patients(world, 600, 660))
            world.settle()
            assert _active(world, "second")
            second.send_signal(signal.SIGTERM)
            assert second.wait(20) == 0
    rows = world.twenty.rows("person", trashed=True)
    assert len(rows) == len({row["id"] for row in rows}) == 660
    assert world.unaccounted(*writes) == []


def test_a_stand_by_knows_the_identities_before_it_takes_over(world: World) -> None:
    standby = StandBy(world.kafka, world.topics, world.codec)
    standby.start()
    with world.sink():
        world.send(*_patients(world, 0, 200))
        world.settle()
        until(lambda: standby.read >= 200, what="it has read them while another sends")
        read = standby.read
        world.send(*_patients(world, 200, 210))
        world.settle()
    book = standby.take_over()
    assert read >= 200 and len(book) == 210
    assert {(one.key, one.part): one for one in book} == world.identities()


def test_a_sender_that_slept_through_its_session_writes_nothing_stale(world: World) -> None:
    sleeper = world.process("sleeper", request_timeout=1.0)
    with ended(sleeper):
        until(lambda: _active(world, "sleeper"), what="the sleeper is active")
        world.send(*_patients(world, 0, 60))
        world.settle()
        sleeper.send_signal(signal.SIGSTOP)
        # these wait in the sleeper's reach: it may have fetched them, and would send them when it wakes up
        world.send(*_patients(world, 60, 120))
        heir = world.process("heir", request_timeout=1.0)
        with ended(heir):
            world.settle()
            newer = [
                world.write("patient", str(i), person(f"N{i}", f"p{i}@x.test"), offset=1000 + i) for i in range(120)
            ]
            world.send(*newer)
            world.settle()
            requests = world.twenty.stats()["requests"]
            sleeper.send_signal(signal.SIGCONT)
            assert sleeper.wait(30) != 0
            assert world.twenty.stats()["requests"] == requests
            assert {row["name"]["firstName"][0] for row in world.twenty.rows("person")} == {"N"}
            heir.send_signal(signal.SIGTERM)
            assert heir.wait(20) == 0


def test_a_successor_waits_unless_it_knows_that_its_predecessor_has_ended(world: World) -> None:
    ended_file = world.directory / "ended"
    ended_file.write_text("")
    took = {}
    for name in ("told", "untold"):
        before = world.process(f"{name}-before", request_timeout=4.0, ended_file=ended_file)
        with ended(before):
            until(lambda n=name: _active(world, f"{n}-before"), what="it is active")  # type: ignore[misc]
            log = world.directory / f"{name}-before.log"
            until(lambda r=log: "identities read" in r.read_text(), what="it writes")  # type: ignore[misc]
            before.kill()
            before.wait()
            if name == "told":
                ended_file.write_text("told-before\n")
            since = time.monotonic()
            after = world.process(f"{name}-after", request_timeout=4.0, ended_file=ended_file)
            with ended(after):
                ready = world.directory / f"{name}-after.log"
                until(lambda r=ready: "identities read" in r.read_text(), what="it writes")  # type: ignore[misc]
                took[name] = time.monotonic() - since
                after.send_signal(signal.SIGTERM)
                assert after.wait(20) == 0
    # half the session and one request may still have been under way
    assert took["untold"] > SESSION / 2 + 4.0 > took["told"] - SESSION


def test_an_orderly_end_is_taken_over_at_once(world: World) -> None:
    with world.sink(request_timeout=20.0):
        world.send(*_patients(world, 0, 5))
        world.settle()
    since = time.monotonic()
    with world.sink(request_timeout=20.0):
        world.send(*_patients(world, 5, 10))
        world.settle()
    assert time.monotonic() - since < 12
    assert len(world.twenty.rows("person")) == 10
    assert {event.outcome for event in world.events()} == {Outcome.CREATED}
