"""PostgreSQL's texts: a column that is read at once has the values that each has alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Column, postgres, pq
from psycopg.adapt import AdaptersMap

from producers.columns import COLUMNS, leave_to_columns, teach
from producers.row_maker import RowMaker
from producers.source import Row
from schemas.source import SourceObject

moments = st.datetimes().map(str) | st.datetimes(timezones=st.just(UTC)).map(lambda moment: str(moment)[:-3])
days = st.dates().map(str) | st.sampled_from(["infinity", "-infinity", "0044-03-15 BC", "12026-01-01"])
TEXTS = {
    "numeric": st.decimals().map(str) | st.sampled_from(["NaN", "Infinity", "-Infinity"]),
    "timestamp": moments | st.sampled_from(["infinity", "-infinity", "0044-03-15 00:00:00 BC", "12026-01-01 00:00:00"]),
    "timestamptz": moments | st.sampled_from(["infinity", "0044-03-15 00:00:00+00 BC"]),
    "date": days,
}


@pytest.mark.parametrize("name", TEXTS)
@given(st.data())
def test_a_column_has_the_values_that_each_of_its_texts_has(name: str, data: st.DataObject) -> None:
    adapters = AdaptersMap()
    teach(adapters, ascii_database=False)
    oid = postgres.types[name].oid
    one = adapters.get_loader(oid, pq.Format.TEXT)
    assert one is not None
    texts = data.draw(st.lists(st.none() | TEXTS[name]))
    alone = [None if text is None else one(oid).load(text.encode()) for text in texts]
    read = COLUMNS[oid](texts)
    assert read == alone
    assert list(map(type, read)) == list(map(type, alone))


def test_only_the_types_of_columns_are_left_as_texts() -> None:
    taught, left = AdaptersMap(), AdaptersMap()
    teach(taught, ascii_database=False)
    teach(left, ascii_database=False)
    leave_to_columns(left)
    text = left.get_loader(0, pq.Format.TEXT)
    for info in postgres.types:
        expected = text if info.oid in COLUMNS else taught.get_loader(info.oid, pq.Format.TEXT)
        assert left.get_loader(info.oid, pq.Format.TEXT) is expected


class Described(Column):
    """A column of a result that nobody has read."""

    def __init__(self, name: str, type_code: int) -> None:
        self._described = (name, type_code)

    @property
    def name(self) -> str:
        return self._described[0]

    @property
    def type_code(self) -> int:
        return self._described[1]


@given(st.integers(1, 450))
def test_rows_of_many_groups_come_in_order(count: int) -> None:
    types = {"id": "int4", "room": "text", "paid": "numeric", "changed": "timestamptz"}
    columns = [Described(name, postgres.types[kind].oid) for name, kind in types.items()]
    what = SourceObject("visit", ("room", "id"), "visits", changed_at="changed")
    values: list[tuple[Any, ...]] = [
        (number, f"R{number}", None if number % 3 else f"{number}.50", "2026-01-01 00:00:00+00")
        for number in range(count)
    ]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(RowMaker(what, columns).rows(iter(values))) == [
        Row(
            f"R{number}:{number}",
            {
                "id": number,
                "room": f"R{number}",
                "paid": None if number % 3 else Decimal(f"{number}.50"),
                "changed": moment,
            },
            moment,
        )
        for number in range(count)
    ]
