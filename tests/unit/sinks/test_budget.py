"""The model of Twenty's bucket: never more generous than Twenty's own."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.standin.bucket import TokenBucket
from sinks.budget import Budget


def test_a_new_sender_starts_with_an_empty_bucket() -> None:
    budget = Budget(100, 60.0, 0, 1000.0)
    assert 0.59 < budget.wait(1000.0) < 0.61
    assert budget.balance(1000.0) == 0
    assert budget.wait(1000.61) == 0


def test_without_a_limit_nothing_waits() -> None:
    budget = Budget(None, 60.0, 0, 0.0)
    for _ in range(1000):
        assert budget.wait(0.0) == 0
        budget.take(0.0)


def test_a_reserve_costs_two_tokens_for_each_request_of_others() -> None:
    budget = Budget(100, 60.0, 20, 0.0)
    assert budget.capacity == 60
    assert sent(budget, 600.0) == pytest.approx(600, rel=0.01)


def test_our_requests_lie_whole_tokens_apart() -> None:
    budget, times = Budget(100, 60.0, 15, 0.0), [0.0]
    while times[-1] < 600:
        times.append(times[-1] + budget.wait(times[-1]))
        budget.take(times[-1])
    gaps = [(after - before) / 0.602 for before, after in pairwise(times)]
    assert all(abs(gap - round(gap)) < 1e-6 for gap in gaps)


@pytest.mark.parametrize(("reserve", "together"), [(5, 1), (10, 1), (20, 1), (20, 5), (40, 10)])
def test_others_within_their_reserve_are_never_refused_nor_are_we(reserve: int, together: int) -> None:
    """A day with somebody else's requests at random times, ``together`` at once, a bucket that was full at first."""
    chance = random.Random(reserve)
    now = 0.0
    theirs = TokenBucket(100, 60_000, lambda: now * 1000)
    budget = Budget(100, 60.0, reserve, 0.0)
    others = chance.expovariate(reserve / 60 / together)
    ours = 0
    while now < 86_400:
        next_ours = now + budget.wait(now)
        if next_ours <= others:
            now = next_ours
            budget.take(now)
            assert theirs.take(), f"ours, at {now:.1f} s"
            ours += 1
        else:
            now = others
            assert all(theirs.take() for _ in range(together)), f"theirs, at {now:.1f} s"
            # as often as they may, and no more often: never more than the reserve within one window
            others += max(60 * together / reserve, chance.expovariate(reserve / 60 / together))
    assert ours >= 0.98 * (100 - 2 * reserve) * 1440


def test_a_refusal_of_the_burst_bucket_leaves_the_pace_alone() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    budget.refused(50.0, 100, 1.0)
    assert (budget.limit, budget.window) == (100, 60.0)
    assert 0 < budget.wait(50.0) < 0.02
    assert sent(budget, 650.0, start=50.0) >= 990


def test_a_limit_above_the_one_set_is_not_taken() -> None:
    budget = Budget(40, 60.0, 0, 0.0)
    budget.refused(50.0, 100, 60.0)
    assert (budget.limit, budget.window) == (40, 60.0)
    budget.refused(51.0, 20, 60.0)
    assert budget.limit == 20
    budget.refused(52.0, 40, 60.0)
    assert budget.limit == 40


def test_where_no_limit_was_set_the_slower_of_both_is_kept() -> None:
    budget = Budget(None, 60.0, 0, 0.0)
    for now in range(10):
        budget.refused(float(now), 100, 1.0)
        budget.refused(now + 0.5, 100, 60.0)
    assert (budget.limit, budget.window) == (100, 60.0)


def test_a_wait_that_is_asked_for_is_kept() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    budget.refused(50.0, 100, 60.0, 12.5)
    assert budget.wait(50.0) == 12.5 and budget.wait(63.0) == 0


def test_the_pace_recovers_when_nobody_else_spends() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    for _ in range(20):
        budget.refused(0.0)
    assert sent(budget, 600.0) < 850
    assert sent(budget, 36_600.0, start=600.0) > 0.95 * 60_000
    last = 36_600.0 + budget.wait(36_600.0)
    budget.take(last)
    assert 0.60 < budget.wait(last) < 0.61


def test_a_refusal_teaches_the_limit_and_empties_the_bucket() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    budget.refused(50.0, 50, 30.0)
    assert (budget.limit, budget.window, budget.balance(50.0)) == (50, 30.0, 0)
    assert budget.wait(50.0) > 0.59


def test_a_refusal_at_the_known_limit_slows_the_pace_a_little() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    before = budget.wait(0.0)
    budget.refused(1.0, 100, 60.0)
    assert before < budget.wait(1.0) < before * 1.02
    for _ in range(1000):
        budget.refused(1.0)
    assert budget.wait(1.0) < before * 1.3


@given(
    limit=st.integers(1, 200),
    window=st.floats(1.0, 120.0),
    pauses=st.lists(st.one_of(st.floats(0, 0.5), st.floats(0, 200)), max_size=200),
)
def test_what_the_model_allows_twenty_takes(limit: int, window: float, pauses: list[float]) -> None:
    now = 10_000.0
    clock = {"ms": now * 1000}
    theirs = TokenBucket(limit, int(window * 1000), lambda: clock["ms"])
    for _ in range(limit):
        assert theirs.take()  # a predecessor has drained it
    ours = Budget(limit, int(window * 1000) / 1000, 0, now)
    for pause in pauses:
        now += pause
        now += ours.wait(now)
        ours.take(now)
        clock["ms"] = now * 1000
        assert theirs.take()


def test_a_refusal_that_names_no_limit_where_none_was_known_sets_the_default() -> None:
    budget = Budget(None, 1.0, 0, 0.0)
    budget.refused(5.0)
    assert (budget.limit, budget.window) == (100, 60.0) and budget.wait(5.0) > 0.59


def test_a_backlog_gets_nearly_the_whole_budget() -> None:
    assert sent(Budget(100, 60.0, 0, 0.0), 600.0) >= 0.995 * 1000


def sent(budget: Budget, until: float, start: float = 0.0) -> int:
    """How many requests leave by ``until`` when one always waits."""
    now, count = start, 0
    while (now := now + budget.wait(now)) < until:
        budget.take(now)
        count += 1
    return count
