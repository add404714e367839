"""Lists by offset that are read in chunks, with increments between them: nothing goes back, and nothing is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.limits import Limits
from producers.paging import Paging
from producers.rest import Resource
from producers.source import SourceError
from schemas.records import Operation
from tests.unit.producers.api_world import PATIENT, PATIENTS, Api, ApiPoller, json
from tests.unit.producers.pools import Backwards
from tests.unit.producers.worlds import NOON

PAGED = replace(PATIENTS, paging=Paging("offset", "offset", size=4))


class Lists:
    """The API's list of patients, in an order of its own. One of ``acts`` happens before each page; a value only grows.

    most: rows of a page, whatever is asked for.
    """

    def __init__(self, order: str, acts: list[tuple[str, int]], most: int = 100) -> None:
        self.api = Api(answer=self._answer)
        self.order = order
        self.acts = acts
        self.most = most
        self.value = 0

    def put(self, number: int) -> None:
        self.value += 1
        self.api.now += timedelta(milliseconds=1)
        self.api.put(f"p{number:02}", value=self.value)

    def _act(self) -> None:
        if not self.acts:
            return
        act, number = self.acts.pop(0)
        if act == "drop":
            self.api.rows.pop(f"p{number:02}", None)
        elif act == "add" or f"p{number:02}" in self.api.rows:
            self.put(number)

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/patients":
            return None
        asked = request.url.params
        self._act()
        by: Callable[[str], object] = (lambda key: key) if self.order == "id" else lambda key: self._changed(key)
        found = sorted(self.api.rows, key=by, reverse=self.order == "newest first")  # type: ignore[arg-type]
        if "since" in asked:
            found = [key for key in found if self._changed(key) >= datetime.fromisoformat(asked["since"])]
        start, size = int(asked.get("offset", 0)), min(int(asked["limit"]), self.most)
        return json(200, {"data": [self.api.rows[key] for key in found[start : start + size]]})

    def _changed(self, key: str) -> datetime:
        return datetime.fromisoformat(self.api.rows[key]["updated_at"])

    def world(self, resource: Resource, chunk: int) -> ApiPoller:
        limits = Limits(chunk_rows=chunk, margin=0, missing_rows=1_000, sweep_interval=10)
        return self.api.world(resource, limits)


def assert_in_order(world: ApiPoller) -> None:
    last: dict[str, int] = {}
    for change in world.published:
        if change.operation in (Operation.SNAPSHOT, Operation.UPSERT):
            value = int(str(change.record["value"]))
            assert value > last.get(change.record_id, 0), "an older row, or the same again"
            last[change.record_id] = value


acts = st.lists(st.tuples(st.sampled_from(["touch", "touch", "drop", "add"]), st.integers(0, 30)), max_size=40)
ORDERS = ["id", "oldest first", "newest first"]


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=50, deadline=None)
@given(rows=st.integers(0, 25), acts=acts, chunk=st.integers(1, 9), most=st.sampled_from([2, 3, 100]))
def test_increments_between_chunks_are_never_followed_by_older_rows(
    order: str, parallel: int, rows: int, acts: list[tuple[str, int]], chunk: int, most: int
) -> None:
    lists = Lists(order, [], most)
    for number in range(rows):
        lists.put(number)
    lists.api.pass_by(3600)
    stayed = set(lists.api.rows) - {f"p{number:02}" for act, number in acts if act == "drop"}
    world = lists.world(replace(PAGED, parallel=parallel), chunk)
    if parallel > 1:
        world.poller._source._pool = Backwards()  # type: ignore[attr-defined]
    world.poll()
    lists.acts = acts
    for _ in range(300):
        world.poller.snapshot()
        lists.api.pass_by(0.5)
        world.database.now = lists.api.now
        world.poll()
        if world.poller.position.snapshot.done:
            break
    assert world.poller.position.snapshot.done
    assert_in_order(world)
    assert stayed <= world.latest().keys()
    lists.acts = []
    for _ in range(3):
        world.pass_by(60)
        world.sweep()
    assert_in_order(world)
    assert {key: dict(change.record) for key, change in world.latest().items()} == lists.api.rows


def test_a_list_goes_on_between_chunks_and_a_lost_place_begins_anew() -> None:
    lists = Lists("id", [])
    for number in range(20):
        lists.put(number)
    source = lists.api.source(PAGED)
    first = list(source.scan(PATIENT, None, 7))
    place = source.place(PATIENT, first[-1], by_time=False)
    changed = list(source.increment(PATIENT, NOON, None, 3))
    assert [row.id for row in changed] == ["p00", "p01", "p02"]
    rest = list(source.scan(PATIENT, place, 100))
    assert [row.id for row in (*first, *rest)] == sorted(lists.api.rows)
    with pytest.raises(SourceError, match="its reading was interrupted; it is read again from its beginning"):
        list(source.scan(PATIENT, place, 100))
    assert [row.id for row in source.scan(PATIENT, None, 100)] == sorted(lists.api.rows)
    source.close()


@pytest.mark.parametrize("parallel", [1, 3])
def test_what_was_read_before_an_increment_is_read_again_behind_it(parallel: int) -> None:
    """The rest of a page, and pages that were read ahead."""
    lists = Lists("id", [])
    for number in range(20):
        lists.put(number)
    source = lists.api.source(replace(PAGED, parallel=parallel))
    found = list(source.scan(PATIENT, None, 2))
    for number in range(20):
        lists.put(number)
    found += source.scan(PATIENT, source.place(PATIENT, found[-1], by_time=False), 100)
    source.close()
    newest = {key: row["value"] for key, row in lists.api.rows.items()}
    assert {row.id: row.record["value"] for row in found[2:]}.items() >= {
        key: value for key, value in newest.items() if key not in ("p00", "p01")
    }.items()


def test_a_column_that_differs_in_every_answer_is_named_and_once_excluded_shifts_nothing() -> None:
    """A signed address of a photo, for example."""
    lists = Lists("id", [])
    for number in range(20):
        lists.put(number)
    inner, answers = lists.api.answer, iter(range(1000))

    def signed(request: httpx.Request) -> httpx.Response | None:
        signature = next(answers)
        for row in lists.api.rows.values():
            row["photo"] = f"/photo?signature={signature}"
        return inner(request)

    lists.api.answer = signed
    source = lists.api.source(PAGED)
    with pytest.raises(SourceError, match="a column may differ in every answer: name it in the mapping's exclude"):
        list(source.scan(PATIENT, None, 100))
    rows = list(source.scan(replace(PATIENT, exclude=("photo", "id")), None, 100))
    assert [row.id for row in rows] == sorted(lists.api.rows)
