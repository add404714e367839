"""Clocks of an API that are fast, slow, or jump: no change may hide behind one, and none may wait for it."""

from __future__ import annotations

from datetime import timedelta

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.producers.api_world import Api, ApiPoller

HOUR = timedelta(hours=1)
POLL = 10


def started(api: Api) -> ApiPoller:
    world = api.world()
    world.snapshot_to_end()
    world.pass_by(POLL)
    return world


def test_one_answer_of_a_fast_clock_delays_nothing() -> None:
    api = Api()
    world = started(api)
    api.date = HOUR
    world.pass_by(POLL)
    api.date = timedelta(0)
    for number in range(20):
        world.pass_by(POLL)
        api.put("p1", name=number)
    world.pass_by(POLL)
    assert [change.record["name"] for change in world.published] == list(range(20))
    assert world.poller.health == ""


def test_neither_does_a_fast_clock_that_is_set_right() -> None:
    """It stamps the changes, too: for an hour they lie before those that were stamped last."""
    api = Api(date=HOUR)
    world = started(api)
    for number in range(5):
        api.put("p1", HOUR, name=number)
        world.pass_by(POLL)
    api.date = timedelta(0)
    for number in range(5, 20):
        api.put("p1", name=number)
        world.pass_by(POLL)
    assert [change.record["name"] for change in world.published] == list(range(20))


def test_a_server_that_is_set_back_is_followed() -> None:
    api = Api()
    world = started(api)
    world.pass_by(300)
    api.date = -HOUR
    for number in range(20):
        api.put(f"p{number}", -HOUR, name=number)
        world.pass_by(POLL)
    world.pass_by(POLL)
    assert world.names() == {f"p{number}": number for number in range(20)}
    assert world.poller.health == ""


def test_one_server_of_several_may_be_slow() -> None:
    """It answers now and then, and stamps what is written through it."""
    api = Api()
    world = started(api)
    for number in range(60):
        slow = number % 3 == 0
        api.date = -HOUR if slow else timedelta(0)
        world.pass_by(POLL)
        api.put(f"p{number}", -HOUR if number > 6 and number % 5 == 0 else timedelta(0), name=number)
    world.pass_by(POLL)
    assert world.names() == {f"p{number}": number for number in range(60)}


def test_a_record_of_the_far_future_moves_no_cursor() -> None:
    api = Api()
    world = started(api)
    api.put("never", timedelta(days=365 * 70), name="never")
    for number in range(20):
        world.pass_by(POLL)
        api.put("p1", name=number)
    world.pass_by(POLL)
    assert world.names() == {"never": "never", "p1": 19}
    cursor = world.poller.position.cursor
    assert cursor is not None
    assert api.now - timedelta(seconds=90) < cursor < api.now


def test_a_quiet_list_is_not_read_from_its_last_change_for_ever() -> None:
    """The cursor goes on with the clocks: a mass update is not read again and again for as long as nothing follows."""
    api = Api()
    world = started(api)
    api.put("p1", name="last")
    for _ in range(30):
        world.pass_by(POLL)
    before = len(api.asked)
    world.pass_by(POLL)
    (request,) = api.asked[before:]
    assert request.url.params["since"] > api.rows["p1"]["updated_at"]


def test_what_the_servers_clock_is_ahead_is_told() -> None:
    api = Api(date=HOUR)
    reading = api.source().reading()
    assert abs(reading.ahead - HOUR) <= timedelta(seconds=1)
    assert reading.now == api.now
    assert api.now - timedelta(seconds=61) <= reading.horizon <= api.now - timedelta(seconds=60)


def test_seconds_that_a_date_cannot_show_put_no_clock_ahead() -> None:
    """A Date is cut to seconds: with the same clock it lies up to one behind."""
    api = Api()
    source = api.source()
    for _ in range(20):
        api.pass_by(0.37)
        assert source.reading().ahead == timedelta(0)


def test_an_api_that_tells_no_time_is_followed_by_ours() -> None:
    def without_date(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, headers={"date": ""}) if request.method == "HEAD" else None

    api = Api(answer=without_date)
    reading = api.source().reading()
    assert (reading.ahead, reading.horizon) == (timedelta(0), api.now - timedelta(seconds=60))


steps = st.lists(st.tuples(st.integers(-7200, 7200) | st.just(0), st.integers(1, 3)), min_size=1, max_size=8)


@settings(max_examples=60)
@given(steps)
def test_a_clock_that_jumps_hides_no_change(jumps: list[tuple[int, int]]) -> None:
    """One server, whose clock stamps the changes and dates the answers; it jumps by ``(seconds, polls until then)``."""
    api = Api()
    world = started(api)
    number = 0
    for ahead, polls in jumps:
        api.date = timedelta(seconds=ahead)
        for _ in range(polls):
            number += 1
            api.put(f"p{number}", api.date, name=number)
            world.pass_by(POLL)
    for _ in range(3):
        world.pass_by(POLL)
    assert world.names() == {f"p{one}": one for one in range(1, number + 1)}
