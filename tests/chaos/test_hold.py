"""One seed of the adversarial world. More of them: ``python -m tests.chaos.hold_world --help``."""

import pytest

from tests.chaos.hold_world import run_world

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(200)]


def test_kills_and_stops_lose_nothing_and_leave_nothing_stale(kafka_bootstrap: str) -> None:
    report = run_world(kafka_bootstrap, 7, workers=2, events=6000, faults=3, feed_seconds=15, limit_seconds=120)
    assert report.sound, report
    assert report.kills + report.stops == 3
    assert report.ended_themselves == 0, "a restart nobody asked for: the ledger raised an alarm"
    assert report.parked == 20
    assert report.patches and report.returns and report.lifts
