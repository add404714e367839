"""Rows of a PostgreSQL result, made in groups: what happens for every row, happens in loops that run in C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice, repeat
from operator import itemgetter
from typing import Any

from psycopg import Column

from producers.columns import COLUMNS, SCALARS, key_text, wrap_arrays
from producers.cursor import instant
from producers.source import Row
from schemas.source import SourceObject

_GROUP = 100
"""As few as are published together."""

_row = partial(tuple.__new__, Row)


class RowMaker:
    """Makes Rows of the values of a result's ``columns``, read after ``producers.columns.leave_to_columns``."""

    def __init__(self, what: SourceObject, columns: Sequence[Column]) -> None:
        self._what = what
        self._names = [column.name for column in columns]
        self._columns = [(at, COLUMNS[one.type_code]) for at, one in enumerate(columns) if one.type_code in COLUMNS]
        arrays = {column.name: column.type_code for column in columns if column.type_code not in SCALARS}
        self._wrap = wrap_arrays(arrays) if arrays else None

    def rows(self, values: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
        found = iter(values)
        while group := list(islice(found, _GROUP)):
            columns: list[Sequence[Any]] = list(zip(*group, strict=True))
            for at, read in self._columns:
                columns[at] = read(columns[at])
            records = list(map(dict, map(zip, repeat(self._names), zip(*columns, strict=True))))
            if self._wrap is not None:
                for record in records:
                    self._wrap(record)
            yield from map(_row, zip(self._ids(records), records, self._times(records), strict=True))

    def _ids(self, records: Sequence[dict[str, Any]]) -> Iterable[str]:
        names = self._what.key
        if len(names) == 1:
            return [key if type(key) is str else key_text(key) for key in map(itemgetter(names[0]), records)]
        return [":".join([key_text(record[name]) for name in names]) for record in records]

    def _times(self, records: Sequence[dict[str, Any]]) -> Iterable[datetime | None]:
        name, zone = self._what.changed_at, self._what.zone
        if name is None:
            return [None] * len(records)
        return [moment and _instant(moment, zone) for moment in map(itemgetter(name), records)]


def _instant(moment: Any, zone: str) -> datetime | None:
    if isinstance(moment, datetime):
        if moment.tzinfo is UTC:  # as it comes: the session's time zone is UTC
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else instant(moment, zone)
    if isinstance(moment, date):
        return instant(datetime(moment.year, moment.month, moment.day), zone)  # noqa: DTZ001
    return None
