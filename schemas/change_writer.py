"""Avro bytes of RecordChanges, written straight from their values: what bounds how fast a source is read.

fastavro finds out anew for each column which branch of the union a value is: two thirds of the time that a row took.
The order of fields and branches comes from the schema, and the bytes are those that fastavro writes (a test compares).
Many changes are written column by column, in loops that run in C: two fifths of the time of one after the other.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import repeat
from types import NoneType
from typing import Any

from schemas.columns import DAY_ZERO, LONG, micros
from schemas.records import Changes, Json, RecordChange, Value

Latin = str
"""Bytes as text in Latin-1, each character one byte: an ASCII text is its own, and most columns are ASCII texts."""


def _latin(data: bytes) -> Latin:
    return data.decode("latin-1")


_DOUBLE = struct.Struct("<d").pack
# one or two bytes of a variable-length number, with more of them to follow, or not
_CONTINUED = tuple(chr(low | 0x80) + chr(high | 0x80) for high in range(128) for low in range(128))
_LAST = tuple(chr(low | 0x80) + chr(high) if high else chr(low) for high in range(128) for low in range(128))


def _varint(number: int) -> Latin:
    left = (number << 1) ^ (number >> 63)
    out = ""
    while left > 0x3FFF:  # two bytes at once: times take eight
        out += _CONTINUED[left & 0x3FFF]
        left >>= 14
    return out + _LAST[left]


_SHORT = _LAST[::2]
"""Of 0 to 8191: lengths, mostly."""


def _long(number: int) -> Latin:
    return _SHORT[number] if 0 <= number < 8192 else _varint(number)


def _utf8(text: str) -> Latin:
    return text if text.isascii() else _latin(text.encode())


def _sized(data: Latin) -> Latin:
    return _long(len(data)) + data


def _text(text: str) -> Latin:
    data = text if text.isascii() else _latin(text.encode())
    length = len(data)
    return (_SHORT[length] if length < 8192 else _varint(length)) + data


@lru_cache(1024)
def _heads(shared: Latin) -> tuple[Latin, ...]:
    """What stands before a text of less than 64 bytes, by its length."""
    return tuple(shared + _SHORT[length] for length in range(64))


@lru_cache(1024)
def _instant(moment: datetime) -> Latin:
    # a row's change time is a column of it, too
    return _long(micros(moment))


class ChangeWriter:
    """``schema``: of RecordChange as fastavro has parsed it. Raises TypeError, ValueError or OverflowError on values
    that Avro cannot hold."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        types = {field["name"]: field["type"] for field in schema["fields"]}
        branch = {_name(one): _long(index) for index, one in enumerate(types["record"]["values"])}
        null, boolean, long, string = branch["null"], branch["boolean"], branch["long"], branch["string"]
        decimal, local, instant = branch["dualrun.Decimal"], branch["dualrun.LocalTime"], branch["dualrun.Instant"]

        def integer(value: int) -> Latin:
            return long + _long(value) if value in LONG else decimal + _text(str(value))

        def moment(value: datetime) -> Latin:
            return local + _text(value.isoformat()) if value.tzinfo is None else instant + _instant(value)

        def optional(value: datetime | None) -> Latin:
            return "\0" if value is None else "\2" + _instant(value)

        self._values: dict[type, Callable[[Any], Latin]] = {
            NoneType: lambda _: null,
            bool: lambda value: boolean + ("\1" if value else "\0"),
            int: integer,
            float: lambda value: branch["double"] + _latin(_DOUBLE(value)),
            str: lambda value: string + _text(value),
            bytes: lambda value: branch["bytes"] + _sized(_latin(value)),
            Decimal: lambda value: decimal + _text(str(value)),
            datetime: moment,
            date: lambda value: branch["dualrun.Date"] + _long(value.toordinal() - DAY_ZERO),
            Json: lambda value: branch["dualrun.Json"] + _text(json.dumps(value.value)),
        }
        operations = {symbol: _long(index) for index, symbol in enumerate(types["operation"]["symbols"])}
        fields: dict[str, Callable[[Any], Latin]] = {
            "operation": lambda value: operations[value.value],
            "record": self._record,
            "captured_at": _instant,
            "source_changed_at": optional,
            "run": _long,
            "origin_version": lambda value: "\0" if value is None else "\2" + "".join(map(_long, value)),
        }
        self._fields = [(name, fields.get(name, _text)) for name in types]
        self._optional = optional
        self._null, self._string, self._decimal, self._local, self._moment = null, string, decimal, local, instant
        self._names: dict[str, Latin] = {}
        self._texts: dict[str, Latin] = {}

    def write(self, change: RecordChange) -> bytes:
        return "".join([write(getattr(change, name)) for name, write in self._fields]).encode("latin-1")

    def write_all(self, changes: Changes, header: bytes) -> list[bytes]:
        """The bytes of each change, with ``header`` before them."""
        pieces = _Pieces(_latin(header))
        for name, write in self._fields:
            match name:
                case "record_id":
                    pieces.texts(changes.ids)
                case "record":
                    self._records(changes.records, pieces)
                case "source_changed_at":
                    pieces.own(map(self._optional, changes.changed_at))
                case "content_hash":
                    pieces.texts(changes.hashes)
                case _:
                    pieces.shared += write(getattr(changes.like, name))
        return pieces.joined()

    def _records(self, records: Sequence[Mapping[str, Value]], pieces: _Pieces) -> None:
        names = tuple(records[0])
        if not names or set(map(tuple, records)) != {names}:
            pieces.own(map(self._record, records))
            return
        pieces.shared += _long(len(names))
        for name, column in zip(names, zip(*[record.values() for record in records], strict=True), strict=True):
            pieces.shared += self._names.get(name) or self._new(name, text=False)
            self._column(column, pieces)
        pieces.shared += "\0"

    def _column(self, column: Sequence[Any], pieces: _Pieces) -> None:
        if pieces.texts(column, self._string):
            return
        kinds = set(map(type, column))
        zones = {moment.tzinfo for moment in column} if kinds == {datetime} else set()
        if kinds == {Decimal}:
            pieces.texts(list(map(str, column)), self._decimal)
        elif kinds == {str, NoneType}:
            null, string = self._null, self._string
            pieces.own([null if text is None else string + _text(text) for text in column])
        elif zones == {None}:
            pieces.texts(list(map(datetime.isoformat, column)), self._local)
        elif zones == {UTC}:
            pieces.shared += self._moment
            pieces.own(map(_instant, column))
        else:
            writers = {kind: self._values.get(kind) or self._inherited(kind) for kind in kinds}
            pieces.own([writers[type(value)](value) for value in column])

    def _record(self, record: Mapping[str, Value]) -> Latin:
        if not record:
            return "\0"
        names, values = self._names, self._values
        out = [_long(len(record))]
        add = out.append
        for name, value in record.items():
            # most columns are texts, and a call for each would be what takes longest
            if type(value) is str:
                data = _utf8(value)
                add(self._texts.get(name) or self._new(name))
                add(_SHORT[len(data)] if len(data) < 8192 else _varint(len(data)))
                add(data)
            else:
                add(names.get(name) or self._new(name, text=False))
                add((values.get(type(value)) or self._inherited(type(value)))(value))
        add("\0")
        return "".join(out)

    def _new(self, name: str, *, text: bool = True) -> Latin:
        written = self._names[name] = _text(name)
        self._texts[name] = written + self._string
        return self._texts[name] if text else written

    def _inherited(self, kind: type) -> Callable[[Any], Latin]:
        for base in kind.__mro__:
            if base in self._values:
                return self._values.setdefault(kind, self._values[base])
        raise TypeError(f"a {kind.__name__} is no column")


class _Pieces:
    """What rows are joined of, side by side. ``shared``: what all of them have before their next piece."""

    def __init__(self, shared: Latin) -> None:
        self.shared = shared
        self._columns: list[Iterable[Latin]] = []

    def own(self, column: Iterable[Latin]) -> None:
        self._columns += (repeat(self.shared), column)
        self.shared = ""

    def texts(self, texts: Sequence[str], before: Latin = "") -> bool:
        """False, and nothing is added, where they are not all texts. ``before``: what each has before its length."""
        try:
            ascii_only = "".join(texts).isascii()
        except TypeError:
            return False
        data = texts if ascii_only else list(map(_utf8, texts))
        self.shared += before
        heads = _heads(self.shared)
        try:
            self._columns += ([heads[length] for length in map(len, data)], data)
            self.shared = ""
        except IndexError:
            self.own(map(_long, map(len, data)))
            self._columns.append(data)
        return True

    def joined(self) -> list[bytes]:
        rows = map("".join, zip(*self._columns, repeat(self.shared), strict=False))
        return [row.encode("latin-1") for row in rows]


def _name(branch: Any) -> str:
    return str(branch["name"] if isinstance(branch, dict) else branch)
