"""Some hours of the sink in seconds: a backlog uses what there is, nobody is ever refused, and what people do
meanwhile does not wait for it. A whole day of the same is in the chaos tests.
"""

from __future__ import annotations

from statistics import quantiles
from zoneinfo import ZoneInfo

import pytest

from schemas.records import Outcome
from sinks.budget import COST_OF_OTHERS
from sinks.timetable import Hours, Timetable
from tests.unit.sinks.soak import HOUR, LIMIT, Day

NIGHTS = Timetable(ZoneInfo("UTC"), bulk=(Hours.parse("20:00-06:00"),))

pytestmark = pytest.mark.timeout(240)


def test_a_backlog_uses_the_whole_budget_and_people_do_not_wait_for_it() -> None:
    day = Day(16, 1)
    day.run()
    assert day.refused == []
    assert day.share(60, day.end) >= 0.98
    assert len(day.waited) > 1_000 and quantiles(day.waited, n=100)[98] < 10
    assert len(day.bench.outcomes_of(Outcome.CREATED)) == len(day.sent) == len(day.bench.twenty.rows)


def test_beside_another_integration_neither_is_refused() -> None:
    day = Day(16, 1, others=15)
    day.run()
    assert day.refused == [] and day.others_sent > 600
    assert day.share(60, day.end, LIMIT - COST_OF_OTHERS * 15) >= 0.98


def test_by_night_the_backlog_takes_everything_and_by_day_nothing() -> None:
    day = Day(17, 4, timetable=NIGHTS)
    day.run()
    assert day.refused == []
    assert day.share(3 * HOUR, day.end) >= 0.98
    assert day.share(HOUR + 60, 3 * HOUR) == 0
    assert len(day.waited) > 1_000 and max(day.waited) < 3
