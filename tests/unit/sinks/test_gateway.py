"""No request without a token, no write without a lease, and a throttle is never an attempt."""

from __future__ import annotations

import threading

import pytest

from schemas.records import Match
from sinks.budget import Budget
from sinks.decisions import Brake
from sinks.gateway import Gateway, StoppingError
from sinks.members import REFRESH_SECONDS, Directory
from sinks.twenty.errors import Kind, Refusal, TwentyError


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stop = threading.Event()
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        self.now += timeout or 0.0
        return self.stop.is_set()


class Lease:
    def __init__(self, *fresh: bool) -> None:
        self._fresh = list(fresh)

    def fresh(self) -> bool:
        return self._fresh.pop(0) if self._fresh else True

    def check(self) -> None:
        pass


class Server:
    """Refuses with the kinds given, then answers."""

    def __init__(self, *kinds: Kind) -> None:
        self.kinds = list(kinds)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.kinds:
            raise TwentyError("test", Refusal(self.kinds.pop(0), "template", limit=50, window_ms=30_000))
        return "answer"


def gateway(clock: Clock, limit: int | None = 100, lease: Lease | None = None) -> Gateway:
    clock_event: threading.Event = clock  # type: ignore[assignment]
    return Gateway(Budget(limit, 60.0, 0, clock.now), lease or Lease(), clock_event, clock)


def test_each_request_waits_for_its_token() -> None:
    clock = Clock()
    made = gateway(clock)
    for _ in range(5):
        assert made.write("create", 1, Server()) == "answer"
    assert 5 * 0.6 <= clock.now - 100 < 5 * 0.61


def test_a_write_waits_for_a_fresh_lease() -> None:
    clock = Clock()
    gateway(clock, None, Lease(False, False, True)).write("create", 1, Server())
    assert clock.waited == [0.05, 0.05]


def test_a_throttled_read_is_repeated_at_the_pace_that_it_teaches() -> None:
    clock = Clock()
    made = gateway(clock)
    server = Server(Kind.THROTTLED, Kind.THROTTLED, *[Kind.TRANSIENT] * 3)
    assert made.read("read", server) == "answer"
    assert server.calls == 6 and (made.budget.limit, made.budget.window) == (50, 30.0)


def test_a_throttled_write_is_given_back_with_the_budget_corrected() -> None:
    clock = Clock()
    made = gateway(clock)
    with pytest.raises(TwentyError):
        made.write("create", 1, Server(Kind.THROTTLED))
    assert made.budget.limit == 50 and not made.ready()


@pytest.mark.parametrize("kind", [Kind.POISON, Kind.UNAUTHORISED])
def test_a_read_that_cannot_succeed_is_not_repeated(kind: Kind) -> None:
    server = Server(kind)
    with pytest.raises(TwentyError):
        gateway(Clock(), None).read("read", server)
    assert server.calls == 1


def test_trouble_that_stays_is_given_up() -> None:
    server = Server(*[Kind.TRANSIENT] * 100)
    with pytest.raises(TwentyError):
        gateway(Clock(), None).read("read", server)
    assert server.calls < 10


def test_a_stop_interrupts_the_wait_for_a_token() -> None:
    clock = Clock()
    clock.stop.set()
    server = Server()
    with pytest.raises(StoppingError):
        gateway(clock).write("create", 1, server)
    assert server.calls == 0


def test_the_brake_counts_the_last_minute_only() -> None:
    brake = Brake(2)
    assert [brake.count(now) for now in (0.0, 30.0, 61.0, 62.0, 63.0)] == [False, False, False, True, True]


def test_the_directory_reads_again_for_a_miss_but_not_for_each() -> None:
    clock = Clock()
    reads: list[int] = []
    people = [{"id": "m1", "userEmail": "Doc@x.test"}]

    def read() -> list[dict[str, str]]:
        reads.append(1)
        return people

    directory = Directory(read, clock)
    assert directory.find([Match("userEmail", " doc@X.test ")]) == "m1"
    assert directory.find([Match("userEmail", "new@x.test")]) == ""
    people.append({"id": "m2", "userEmail": "new@x.test"})
    assert directory.find([Match("userEmail", "new@x.test")]) == "" and len(reads) == 1
    clock.now += REFRESH_SECONDS
    assert directory.find([Match("userEmail", "new@x.test")]) == "m2" and len(reads) == 2


def test_several_members_with_one_address_match_nobody() -> None:
    directory = Directory(lambda: [{"id": "a", "userEmail": "x"}, {"id": "b", "userEmail": "X"}], Clock())
    assert directory.find([Match("userEmail", "x")]) == ""
    assert directory.find([Match("userEmail", "")]) == ""
