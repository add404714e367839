"""Pages of a list that changes meanwhile: every row that stays is read, or an error says that it was not."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.api_client import Answer, RefusedError
from producers.paging import DriftError, Paging, Walk
from producers.source import Place, SourceError
from tests.unit.producers.pools import Backwards

OFFSET = Paging("offset", "offset", size=4)
CURSOR = Paging("cursor", "cursor", next="meta.next", size=4)


class Api:
    """A list in the order of its keys, or of its change times; ``between`` happens before each page but the first.
    ``limit``: the most that a page holds. ``told``: rows tell when they changed."""

    def __init__(
        self, keys: Iterable[int], between: Iterable[tuple[str, int]] = (), order: str = "id", *, told: bool = True
    ) -> None:
        self.rows = {key: time for time, key in enumerate(sorted(keys))}
        self.between = list(between)
        self.order = order
        self.told = told
        self.lapsed: set[str] = set()
        self.requests = 0
        self.limit = 100
        self.lock = threading.Lock()

    def fetch(self, path: str, parameters: Mapping[str, str]) -> Answer:
        with self.lock:
            return self._fetch(parameters)

    def _fetch(self, parameters: Mapping[str, str]) -> Answer:
        if self.requests and self.between:
            act, key = self.between.pop(0)
            if act == "drop":
                self.rows.pop(key, None)
            elif act == "add" or key in self.rows:
                self.rows[key] = 100 + self.requests
        self.requests += 1
        size = min(int(parameters["limit"]), self.limit)
        found = sorted(self.rows, key=self.rows.__getitem__ if self.order != "id" else None)
        if self.order == "newest first":
            found.reverse()
        if "offset" in parameters:
            start = int(parameters["offset"])
            return Answer({"data": list(map(self._row, found[start : start + size]))}, None)
        cursor = parameters.get("cursor", "")
        if cursor in self.lapsed:
            self.lapsed.discard(cursor)
            raise RefusedError("lapsed", 400)
        page = [key for key in found if key > int(cursor or -1)][:size]
        more = page and page[-1] != found[-1]
        following = str(page[-1]) if more else None
        return Answer({"data": list(map(self._row, page)), "meta": {"next": following}}, None)

    def _row(self, key: int) -> dict[str, int]:
        return {"id": key, "changed": self.rows[key]} if self.told else {"id": key}

    def walk(self, paging: Paging) -> Walk:
        return Walk(self.fetch, "/v1/rows", {}, "data", paging)


def keys(api: Api, paging: Paging, after: Place | None = None) -> list[int]:
    return [row["id"] for row, _ in api.walk(paging).items(after)]


steps = st.lists(st.tuples(st.sampled_from(["add", "drop", "touch"]), st.integers(0, 40)), max_size=12)
ORDERS = ["id", "oldest first", "newest first"]


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=400)
@given(st.sets(st.integers(0, 40), max_size=30), steps)
def test_no_row_that_stays_is_skipped_unseen(order: str, rows: set[int], between: list[tuple[str, int]]) -> None:
    api = Api(rows, between, order)
    stayed = rows - {key for act, key in between if act == "drop"}
    try:
        found = keys(api, OFFSET)
    except DriftError:
        return
    assert stayed <= set(found)


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=400)
@given(st.sets(st.integers(0, 40), min_size=8, max_size=30), steps, st.integers(2, 4))
def test_neither_is_one_of_pages_read_at_the_same_time(
    order: str, rows: set[int], between: list[tuple[str, int]], ahead: int
) -> None:
    api = Api(rows, between, order)
    stayed = rows - {key for act, key in between if act == "drop"}
    try:
        found = {row["id"] for row, _ in api.walk(Paging("offset", "offset", size=5)).items(None, Backwards(), ahead)}
    except DriftError:
        return
    assert stayed <= found


def test_the_end_of_a_list_is_read_after_all_before_it() -> None:
    """Row 5 went there when the last page had been read already, and its own had not."""
    api = Api(range(11), [("drop", 99), ("drop", 99), ("touch", 5)], "oldest first")
    walk = api.walk(Paging("offset", "offset", size=5)).items(None, Backwards(), 4)
    assert {row["id"] for row, _ in walk} == set(range(11))


def test_a_row_that_moved_behind_others_vouches_for_none_of_them() -> None:
    """Nor does it tell that it has moved: the list has no change times, and rows before it went."""
    api = Api(range(8), order="oldest first", told=False)

    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        if api.requests == 1:
            api.rows = {4: 4, 5: 5, 6: 6, 7: 7, 3: 8}
        return api.fetch(path, parameters)

    found = [row["id"] for row, _ in Walk(fetch, "/v1/rows", {}, "data", OFFSET).items(None)]
    assert set(found) == set(range(8))


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("touched", range(12))
def test_a_row_that_is_changed_meanwhile_costs_no_other(order: str, touched: int, told: bool) -> None:
    """By change time it moves to the end or to the top: the row that was read last, too, behind which it goes on."""
    api = Api(range(12), [("touch", touched)], order, told=told)
    assert set(keys(api, OFFSET)) == set(range(12))


@pytest.mark.parametrize("order", ORDERS)
def test_a_list_that_changes_with_every_page_is_read_to_its_end(order: str) -> None:
    api = Api(range(100), [("touch", 7 * number % 100) for number in range(1, 60)], order)
    assert set(keys(api, Paging("offset", "offset", size=20))) == set(range(100))


@given(st.sets(st.integers(0, 40), max_size=30), steps)
def test_neither_is_one_behind_a_cursor(rows: set[int], between: list[tuple[str, int]]) -> None:
    stayed = rows - {key for act, key in between if act == "drop"}
    assert stayed <= set(keys(Api(rows, between), CURSOR))


def test_rows_that_went_from_pages_before_do_not_hide_others() -> None:
    """A naive offset would jump over rows 4 and 5 here."""
    api = Api(range(12), [("drop", 0), ("drop", 1)])
    assert keys(api, OFFSET) == list(range(12))


def test_neither_does_the_row_that_was_read_last() -> None:
    assert keys(Api(range(12), [("drop", 3)]), OFFSET) == list(range(12))


def test_when_nothing_is_where_it_was_the_list_is_read_again() -> None:
    api = Api(range(24))

    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        api.rows = {key + 100: time for key, time in api.rows.items()}
        return api.fetch(path, parameters)

    with pytest.raises(DriftError, match="its rows shifted while being read"):
        list(Walk(fetch, "/v1/rows", {}, "data", OFFSET).items(None))


@pytest.mark.parametrize("stop", range(1, 11))
def test_a_walk_goes_on_where_it_was_left(stop: int) -> None:
    api = Api(range(11))
    walk = api.walk(CURSOR).items(None)
    first = [next(walk) for _ in range(stop)]
    walk.close()
    assert [row["id"] for row, _ in first] + keys(api, CURSOR, first[-1][1]) == list(range(11))


def test_a_cursor_that_has_lapsed_begins_anew() -> None:
    api = Api(range(11))
    walk = api.walk(CURSOR).items(None)
    place = [next(walk) for _ in range(6)][-1][1]
    walk.close()
    api.lapsed.add(place[0])
    assert keys(api, CURSOR, place) == list(range(11))


def test_a_cursor_that_does_not_move_is_an_error() -> None:
    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        return Answer({"data": [{"id": 1}], "meta": {"next": "same"}}, None)

    with pytest.raises(SourceError, match="the cursor does not move on"):
        list(Walk(fetch, "/v1/rows", {}, "data", CURSOR).items(None))


def test_the_next_page_may_be_a_url_or_a_link_header() -> None:
    asked = []

    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        asked.append((path, dict(parameters)))
        return Answer([{"id": len(asked)}], "https://api/v1/rows?page=2" if len(asked) == 1 else None)

    walk = Walk(fetch, "/v1/rows", {"state": "NY"}, "", Paging("cursor", "cursor", size=9))
    assert [row["id"] for row, _ in walk.items(None)] == [1, 2]
    assert asked == [("/v1/rows", {"state": "NY", "limit": "9"}), ("https://api/v1/rows?page=2", {})]


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 5, 7, 50])
def test_pages_read_at_the_same_time_come_in_their_order(rows: int) -> None:
    api = Api(range(rows))
    with ThreadPoolExecutor(3) as pool:
        found = [row["id"] for row, _ in api.walk(OFFSET).items(None, pool, ahead=3)]
    assert found == list(range(rows))


def test_an_answer_without_the_list_says_what_was_expected() -> None:
    api = Api([1])
    walk = Walk(api.fetch, "/v1/rows", {}, "items", OFFSET)
    with pytest.raises(SourceError, match="/v1/rows: expected the rows at items of the answer"):
        list(walk.items(None))


@given(st.sets(st.integers(0, 40), max_size=30), st.integers(2, 3))
def test_a_page_is_short_by_the_servers_limit_and_the_list_goes_on(rows: set[int], limit: int) -> None:
    api = Api(rows)
    api.limit = limit
    assert keys(api, OFFSET) == sorted(rows)
