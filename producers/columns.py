"""PostgreSQL's texts to the values that travel. What Python cannot hold (infinity, BC, year 12026) stays a text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import BaseConnection, postgres, pq
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.bool import BoolLoader
from psycopg.types.numeric import IntLoader
from psycopg.types.string import ByteaLoader, StrDumperUnknown, TextLoader

from schemas.records import Json, Value


class _Float(Loader):
    def load(self, data: Buffer) -> float | str:
        value = float(bytes(data))
        return value if math.isfinite(value) else str(data, "ascii")


def _numeric(text: str) -> Decimal | str:
    # NaN and infinity end in a letter
    return Decimal(text) if text[-1].isdecimal() else text


def _moment(text: str) -> datetime | str:
    """With the session's DateStyle ISO and TimeZone UTC: naive for ``timestamp``, aware for ``timestamptz``."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


class _Numeric(Loader):
    def load(self, data: Buffer) -> Decimal | str:
        return _numeric(str(data, "ascii"))


class _Timestamp(Loader):
    def load(self, data: Buffer) -> datetime | str:
        return _moment(str(data, "ascii"))


class _Date(Loader):
    def load(self, data: Buffer) -> date | str:
        return _day(str(data, "ascii"))


class _Json(Loader):
    def load(self, data: Buffer) -> Json | str:
        return self._read(str(data, "utf-8", "replace"))

    def _read(self, text: str) -> Json | str:
        try:
            value = json.loads(text)
            # a lone surrogate, which the type json lets pass, cannot be written as UTF-8
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            return text
        return Json(value)


class _AnyText(Loader):
    """A database in SQL_ASCII holds what its clients sent: UTF-8, or else most likely Windows-1252."""

    def load(self, data: Buffer) -> str:
        raw = bytes(data)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace")


def _codec(connection: BaseConnection[Any] | None) -> str:
    return connection.info.encoding if connection else "utf-8"


class _Stored(Loader):
    """Bytes as the database has them; those that are no character become surrogates, which no text has otherwise."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._codec = _codec(self.connection)

    def _decode(self, data: Buffer) -> str:
        raw = bytes(data)
        try:
            return raw.decode(self._codec, "surrogateescape")
        except UnicodeDecodeError:  # the second byte of two may be ASCII
            return raw.decode("ascii", "surrogateescape")


class _StoredText(_Stored):
    def load(self, data: Buffer) -> str:
        return self._decode(data)


class _StoredJson(_Stored, _Json):
    def load(self, data: Buffer) -> Json | str:
        return self._read(self._decode(data))


class _StoredDumper(StrDumperUnknown):
    """A key goes back as it came."""

    def dump(self, obj: str) -> bytes:
        return obj.encode(_codec(self.connection), "surrogateescape")


SCALARS = frozenset(info.oid for info in postgres.types)
"""Types whose columns are never lists."""

_LOADERS: dict[str, type[Loader]] = {
    "bool": BoolLoader,
    "int2": IntLoader,
    "int4": IntLoader,
    "int8": IntLoader,
    "oid": IntLoader,
    "float4": _Float,
    "float8": _Float,
    "numeric": _Numeric,
    "bytea": ByteaLoader,
    "date": _Date,
    "timestamp": _Timestamp,
    "timestamptz": _Timestamp,
    "json": _Json,
    "jsonb": _Json,
}


def teach(adapters: AdaptersMap, *, ascii_database: bool, stored: bool = False) -> frozenset[int]:
    """Sets how a connection reads columns, and returns the oids of the types that it knows, arrays too.

    stored: texts come in the database's own encoding, and some of their bytes may be no characters of it.
    """
    text: type[Loader] = _AnyText if ascii_database else _StoredText if stored else TextLoader
    loaders = _LOADERS | ({"json": _StoredJson, "jsonb": _StoredJson} if stored else {})
    adapters.register_loader(0, text)
    for info in postgres.types:
        adapters.register_loader(info.oid, loaders.get(info.name, text))
    if stored:
        adapters.register_dumper(str, _StoredDumper)
    return SCALARS | {info.array_oid for info in postgres.types if info.array_oid}


Texts = Sequence[str | None]


def _numerics(texts: Texts) -> list[Value]:
    return [None if text is None else _numeric(text) for text in texts]


def _moments(texts: Texts) -> list[Value]:
    read = datetime.fromisoformat
    try:
        return [None if text is None else read(text) for text in texts]
    except ValueError:
        return [None if text is None else _moment(text) for text in texts]


def _days(texts: Texts) -> list[Value]:
    return [None if text is None else _day(text) for text in texts]


_LATER: dict[str, tuple[Callable[[Texts], list[Value]], Callable[[str], Value]]] = {
    "numeric": (_numerics, _numeric),
    "timestamp": (_moments, _moment),
    "timestamptz": (_moments, _moment),
    "date": (_days, _day),
}
COLUMNS = {postgres.types[name].oid: column for name, (column, _) in _LATER.items()}
"""What reads a column of texts at once, by the column's type: a call for every value would take twice the time."""
_ELEMENTS = {postgres.types[name].array_oid: one for name, (_, one) in _LATER.items()}


def leave_to_columns(adapters: AdaptersMap) -> None:
    """From now on these connections or cursors give texts of the types in ``COLUMNS``, in arrays too."""
    text = adapters.get_loader(0, pq.Format.TEXT)
    assert text is not None
    for oid in COLUMNS:
        adapters.register_loader(oid, text)


def jsonable(value: Any, element: Callable[[str], Value] | None = None) -> Any:
    """An array's elements as JSON has them. ``element`` reads those that are texts."""
    if isinstance(value, list):
        return [jsonable(item, element) for item in value]
    if isinstance(value, str) and element is not None:
        return key_text(element(value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return key_text(value.value if isinstance(value, Json) else value)


def key_text(value: Value | Any) -> str:
    """A value as record ids and places write it; PostgreSQL reads each back."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return "\\x" + bytes(value).hex()
    return str(value)


def wrap_arrays(types: Mapping[str, int]) -> Callable[[dict[str, Any]], None]:
    """Turns the lists in columns of these types into values, where ``leave_to_columns`` was called."""
    columns = [(name, _ELEMENTS.get(oid)) for name, oid in types.items()]

    def wrap(record: dict[str, Any]) -> None:
        for name, element in columns:
            if isinstance(record[name], list):
                record[name] = Json(jsonable(record[name], element))

    return wrap
