"""Pages of a list that changes meanwhile: every row that stays is read, or an error says that it was not."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.api_client import Answer, RefusedError
from producers.paging import DriftError, Paging, Walk
from producers.source import Place, SourceError

OFFSET = Paging("offset", "offset", size=4)
CURSOR = Paging("cursor", "cursor", next="meta.next", size=4)


class Api:
    """A list in key order; ``between`` happens before each page but the first."""

    def __init__(self, keys: list[int], between: list[tuple[str, int]] | None = None) -> None:
        self.keys = sorted(keys)
        self.between = list(between or [])
        self.lapsed: set[str] = set()
        self.requests = 0
        self.limit = 100

    def fetch(self, path: str, parameters: Mapping[str, str]) -> Answer:
        if self.requests and self.between:
            act, key = self.between.pop(0)
            self.keys = sorted({*self.keys, key} if act == "add" else {*self.keys} - {key})
        self.requests += 1
        size = min(int(parameters["limit"]), self.limit)
        if "offset" in parameters:
            start = int(parameters["offset"])
            return Answer({"data": [{"id": key} for key in self.keys[start : start + size]]}, None)
        cursor = parameters.get("cursor", "")
        if cursor in self.lapsed:
            self.lapsed.discard(cursor)
            raise RefusedError("lapsed", 400)
        after = int(cursor or -1)
        page = [key for key in self.keys if key > after][:size]
        more = page and page[-1] != self.keys[-1]
        return Answer({"data": [{"id": key} for key in page], "meta": {"next": str(page[-1]) if more else None}}, None)

    def walk(self, paging: Paging) -> Walk:
        return Walk(self.fetch, "/v1/rows", {}, "data", paging, lambda row: str(row["id"]))


def keys(api: Api, paging: Paging, after: Place | None = None) -> list[int]:
    return [row["id"] for row, _ in api.walk(paging).items(after)]


steps = st.lists(st.tuples(st.sampled_from(["add", "drop"]), st.integers(0, 40)), max_size=8)


@given(st.sets(st.integers(0, 40), max_size=30), steps)
def test_no_row_that_stays_is_skipped_unseen(rows: set[int], between: list[tuple[str, int]]) -> None:
    api = Api(sorted(rows), between)
    stayed = rows - {key for act, key in between if act == "drop"}
    try:
        found = keys(api, OFFSET)
    except DriftError:
        return
    assert stayed <= set(found)


@given(st.sets(st.integers(0, 40), max_size=30), steps)
def test_neither_is_one_behind_a_cursor(rows: set[int], between: list[tuple[str, int]]) -> None:
    stayed = rows - {key for act, key in between if act == "drop"}
    assert stayed <= set(keys(Api(sorted(rows), between), CURSOR))


def test_rows_that_went_from_pages_before_do_not_hide_others() -> None:
    """A naive offset would jump over rows 4 and 5 here."""
    api = Api(list(range(12)), [("drop", 0), ("drop", 1)])
    assert keys(api, OFFSET) == list(range(12))


def test_when_the_row_that_was_read_last_is_gone_the_list_is_read_again() -> None:
    with pytest.raises(DriftError, match="its rows shifted while being read"):
        keys(Api(list(range(12)), [("drop", 3)]), OFFSET)


@pytest.mark.parametrize("paging", [OFFSET, CURSOR])
@pytest.mark.parametrize("stop", range(1, 11))
def test_a_walk_goes_on_where_it_was_left(paging: Paging, stop: int) -> None:
    api = Api(list(range(11)))
    walk = api.walk(paging).items(None)
    first = [next(walk) for _ in range(stop)]
    walk.close()
    assert [row["id"] for row, _ in first] + keys(api, paging, first[-1][1]) == list(range(11))


def test_a_cursor_that_has_lapsed_begins_anew() -> None:
    api = Api(list(range(11)))
    walk = api.walk(CURSOR).items(None)
    place = [next(walk) for _ in range(6)][-1][1]
    walk.close()
    api.lapsed.add(place[0])
    assert keys(api, CURSOR, place) == list(range(11))


def test_a_cursor_that_does_not_move_is_an_error() -> None:
    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        return Answer({"data": [{"id": 1}], "meta": {"next": "same"}}, None)

    with pytest.raises(SourceError, match="the cursor does not move on"):
        list(Walk(fetch, "/v1/rows", {}, "data", CURSOR, str).items(None))


def test_the_next_page_may_be_a_url_or_a_link_header() -> None:
    asked = []

    def fetch(path: str, parameters: Mapping[str, str]) -> Answer:
        asked.append((path, dict(parameters)))
        return Answer([{"id": len(asked)}], "https://api/v1/rows?page=2" if len(asked) == 1 else None)

    walk = Walk(fetch, "/v1/rows", {"state": "NY"}, "", Paging("cursor", "cursor", size=9), lambda row: str(row["id"]))
    assert [row["id"] for row, _ in walk.items(None)] == [1, 2]
    assert asked == [("/v1/rows", {"state": "NY", "limit": "9"}), ("https://api/v1/rows?page=2", {})]


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 5, 7, 50])
def test_pages_read_at_the_same_time_come_in_their_order(rows: int) -> None:
    api = Api(list(range(rows)))
    with ThreadPoolExecutor(3) as pool:
        found = [row["id"] for row, _ in api.walk(OFFSET).items(None, pool, ahead=3)]
    assert found == list(range(rows))


def test_an_answer_without_the_list_says_what_was_expected() -> None:
    api = Api([1])
    walk = Walk(api.fetch, "/v1/rows", {}, "items", OFFSET, str)
    with pytest.raises(SourceError, match="/v1/rows: expected the rows at items of the answer"):
        list(walk.items(None))


@given(st.sets(st.integers(0, 40), max_size=30), st.integers(2, 3))
def test_a_page_is_short_by_the_servers_limit_and_the_list_goes_on(rows: set[int], limit: int) -> None:
    api = Api(sorted(rows))
    api.limit = limit
    assert keys(api, OFFSET) == sorted(rows)
