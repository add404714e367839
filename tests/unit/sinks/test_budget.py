"""The model of Twenty's bucket: never more generous than Twenty's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.standin.bucket import TokenBucket
from sinks.budget import Budget


def test_a_new_sender_starts_with_an_empty_bucket() -> None:
    budget = Budget(100, 60.0, 0, 1000.0)
    assert 0.59 < budget.wait(1000.0) < 0.61
    assert budget.wait(1000.61) == 0


def test_without_a_limit_nothing_waits() -> None:
    budget = Budget(None, 60.0, 0, 0.0)
    for _ in range(1000):
        assert budget.wait(0.0) == 0
        budget.take(0.0)


def test_a_reserve_is_left_to_others() -> None:
    budget = Budget(100, 60.0, 40, 0.0)
    assert budget.capacity == 60
    assert budget.interval >= 1.0


def test_a_refusal_teaches_the_limit_and_empties_the_bucket() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    budget.refused(50.0, 50, 30.0)
    assert (budget.limit, budget.window, budget.balance(50.0)) == (50, 30.0, 0)
    assert budget.wait(50.0) > 0.59


def test_a_refusal_at_the_known_limit_slows_the_pace_a_little() -> None:
    budget = Budget(100, 60.0, 0, 0.0)
    before = budget.interval
    budget.refused(1.0, 100, 60.0)
    assert before < budget.interval < before * 1.02
    for _ in range(1000):
        budget.refused(1.0)
    assert budget.interval < before * 1.3


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
    budget = Budget(100, 60.0, 0, 0.0)
    now, sent = 0.0, 0
    while now < 600:
        now += budget.wait(now)
        budget.take(now)
        sent += 1
    assert sent >= 0.995 * 1000
