"""When a process must end: a lost lease, or a transaction that stands still."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from schemas.watchdog import EXIT_CODE, Watchdog, fault


@dataclass
class Lease:
    is_fresh: bool = True
    lost_at: float | None = None

    def fresh(self) -> bool:
        return self.is_fresh


@pytest.mark.parametrize(
    ("begun", "fresh", "lost_at", "ends"),
    [
        (None, True, None, False),
        (None, False, None, False),  # Kafka is away, but nothing of ours hangs
        (99.5, False, None, False),  # it may still come to its end
        (97.0, False, None, True),
        (97.0, True, None, False),  # slow, and Kafka answers
        (80.0, True, None, True),
        (None, True, 99.0, False),  # it is about to end by itself
        (None, True, 97.0, True),
        (99.9, True, 97.0, True),
    ],
)
def test_a_process_ends_when_it_can_do_nothing_any_more(
    begun: float | None, fresh: bool, lost_at: float | None, ends: bool
) -> None:
    assert bool(fault(100.0, begun, fresh, lost_at)) is ends


def test_a_transaction_that_hangs_ends_the_process() -> None:
    now, ended = [0.0], threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    watchdog = Watchdog(lambda: now[0], end)
    with watchdog.watch(Lease(is_fresh=False)), watchdog.transaction():
        now[0] = 5.0
        assert ended.wait(10)
    assert codes == [EXIT_CODE]


def test_what_has_ended_in_time_is_forgotten() -> None:
    now = [0.0]
    ended = threading.Event()
    watchdog = Watchdog(lambda: now[0], lambda _code: ended.set())
    with watchdog.transaction():
        pass
    now[0] = 1000.0
    with watchdog.watch(Lease(is_fresh=False)):
        assert not ended.wait(0.6)
