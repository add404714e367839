"""A change's bytes are those that fastavro writes, which finds the branches of the union by itself."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.change_writer import ChangeWriter
from schemas.codec import load
from schemas.records import Changes, Json, Operation, RecordChange, Value, Version
from tests.unit.schemas.test_codec import columns

SCHEMA = load("RecordChange")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.datetimes(timezones=st.just(UTC))
longs = st.integers(-(1 << 63), (1 << 63) - 1)

changes = st.builds(
    RecordChange,
    st.text(),
    st.text(),
    st.text(),
    st.sampled_from(Operation),
    st.dictionaries(st.text(), columns),
    moments,
    st.none() | moments,
    longs,
    st.text(),
    st.text(),
    st.none() | st.builds(Version, longs, longs, longs, longs),
)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def plain(value: Value) -> Any:
    """A column as fastavro takes it, with its branch named."""
    match value:
        case None | bool() | float() | bytes():
            return value
        case str():
            return ("string", value)
        case int() if -(1 << 63) <= value < 1 << 63:
            return ("long", value)
        case int() | Decimal():
            return ("dualrun.Decimal", {"text": str(value)})
        case datetime() if value.tzinfo is None:
            return ("dualrun.LocalTime", {"text": value.isoformat()})
        case datetime():
            return ("dualrun.Instant", {"micros": micros(value)})
        case date():
            return ("dualrun.Date", {"days": (value - date(1970, 1, 1)).days})
        case Json():
            return ("dualrun.Json", {"text": json.dumps(value.value)})


@given(changes)
def test_the_bytes_are_fastavros(change: RecordChange) -> None:
    out = io.BytesIO()
    body = {name: getattr(change, name) for name in (field["name"] for field in SCHEMA["fields"])}
    body |= {
        "operation": change.operation.value,
        "record": {name: plain(value) for name, value in change.record.items()},
        "origin_version": change.origin_version._asdict() if change.origin_version else None,
    }
    fastavro.schemaless_writer(out, SCHEMA, body)
    assert ChangeWriter(SCHEMA).write(change) == out.getvalue()


KINDS: list[st.SearchStrategy[Value]] = [
    columns,
    st.text(),
    st.none() | st.text(),
    st.text("xü", min_size=30, max_size=70),
    st.decimals(allow_nan=False),
    moments,
    st.datetimes(),
    moments | st.datetimes(),
    st.datetimes(timezones=st.timezones()),
]
"""What a column of a read holds."""


@st.composite
def many(draw: st.DrawFn) -> Changes:
    """Rows of one shape mostly, as a read gives them, with values of one type or of several in a column."""
    names = draw(st.lists(st.text(), unique=True, max_size=4))
    own = [draw(st.sampled_from(KINDS)) for _ in names]
    row = st.fixed_dictionaries(dict(zip(names, own, strict=True)))
    records = draw(st.lists(row | st.dictionaries(st.text(), columns) if draw(st.booleans()) else row, min_size=1))
    count = len(records)
    return Changes(
        draw(changes),
        draw(st.lists(st.text(), min_size=count, max_size=count)),
        records,
        draw(st.lists(st.none() | moments, min_size=count, max_size=count)),
        draw(st.lists(st.text(), min_size=count, max_size=count)),
    )


@given(many())
def test_many_changes_have_the_bytes_that_each_has_alone(read: Changes) -> None:
    writer = ChangeWriter(SCHEMA)
    each = list(read)
    assert [change.record for change in each] == read.records and len(each) == len(read)
    assert writer.write_all(read, b"header") == [b"header" + writer.write(change) for change in each]


def test_long_texts_among_short_ones_are_written_whole() -> None:
    like = RecordChange("s", "o", "", Operation.UPSERT, {}, EPOCH)
    records = [{"c": "x" * length} for length in (63, 64, 8191, 8192, 3_000_000)]
    read = Changes(like, ["1"] * 5, records, [None] * 5, [""] * 5)
    writer = ChangeWriter(SCHEMA)
    assert writer.write_all(read, b"") == [writer.write(change) for change in read]


def test_a_kind_of_a_known_type_is_written_as_that_and_nothing_else_is() -> None:
    class Color(StrEnum):
        RED = "red"

    written = [
        ChangeWriter(SCHEMA).write(RecordChange("s", "o", "1", Operation.UPSERT, {"c": value}, EPOCH))
        for value in (Color.RED, "red")
    ]
    assert written[0] == written[1]
    wrong: Any = {"c": object()}
    with pytest.raises(TypeError, match="a object is no column"):
        ChangeWriter(SCHEMA).write(RecordChange("s", "o", "1", Operation.UPSERT, wrong, EPOCH))
