"""A whole day of the sink on a simulated clock, with a backlog that outlasts it: see tests/unit/sinks/soak.py."""

from __future__ import annotations

from statistics import quantiles

import pytest

from schemas.records import Outcome
from sinks.budget import COST_OF_OTHERS
from tests.unit.sinks.soak import LIMIT, Day

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.mark.parametrize("others", [0, 15])
def test_a_day_uses_98_percent_of_the_budget_and_nobody_is_refused(others: int) -> None:
    day = Day(0, 24, others=others)
    day.run()
    assert day.refused == []
    assert day.share(60, day.end, LIMIT - COST_OF_OTHERS * others) >= 0.98
    assert day.others_sent >= 10 * 60 * 24 * bool(others)
    assert len(day.waited) > 10_000 and quantiles(day.waited, n=100)[98] < 10
    assert len(day.bench.outcomes_of(Outcome.CREATED)) == len(day.sent) == len(day.bench.twenty.rows)
