"""Arrays within a row: each item as columns of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from schemas.mapping.values import is_blank, plain, raw
from schemas.records import Flag, Json, Value

Row = Mapping[str, Value]
Reader = Callable[[str, Row, list[Flag]], Iterator[dict[str, Value]]]


def item_reader(array: str, columns: Mapping[str, str]) -> Reader:
    """Reads the items of the array in a column, or in text that is JSON. ``columns``: name -> dotted path in an item.

    The reader takes the name that flags give the part. What is no array of objects is flagged; a path that an item
    does not have is empty.
    """
    paths = [(name, path.split(".")) for name, path in columns.items()]

    def read(name: str, row: Row, flags: list[Flag]) -> Iterator[dict[str, Value]]:
        if array not in row:
            flags.append(Flag(name, f"the source has no column {array}"))
            return
        value = row[array]
        if is_blank(value):
            return
        found = _decoded(value)
        if found is None:
            return
        if not isinstance(found, list):
            flags.append(Flag(name, f"{array}: an array was expected", raw(value)))
            return
        for item in found:
            if isinstance(item, dict):
                yield {column: _at(item, path) for column, path in paths}
            else:
                flags.append(Flag(name, f"{array}: an item that is no object", raw(Json(item))))

    return read


def _decoded(value: Value) -> Any:
    if isinstance(value, Json):
        return value.value
    try:
        # amounts keep their digits
        return json.loads(plain(value), parse_float=Decimal)
    except ValueError:
        return value


def _at(item: Mapping[str, Any], path: list[str]) -> Value:
    value: Any = item
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return Json(value) if isinstance(value, dict | list) else value
