"""PostgreSQL's texts to the values that travel. What Python cannot hold (infinity, BC, year 12026) stays a text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from psycopg import postgres
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.bool import BoolLoader
from psycopg.types.numeric import IntLoader
from psycopg.types.string import ByteaLoader, TextLoader

from schemas.records import Json, Value


class _Float(Loader):
    def load(self, data: Buffer) -> float | str:
        value = float(bytes(data))
        return value if math.isfinite(value) else str(data, "ascii")


class _Numeric(Loader):
    def load(self, data: Buffer) -> Decimal | str:
        text = str(data, "ascii")
        try:
            value = Decimal(text)
        except InvalidOperation:
            return text
        return value if value.is_finite() else text


class _Timestamp(Loader):
    """With the session's DateStyle ISO and TimeZone UTC: naive for ``timestamp``, aware for ``timestamptz``."""

    def load(self, data: Buffer) -> datetime | str:
        text = str(data, "ascii")
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return text


class _Date(Loader):
    def load(self, data: Buffer) -> date | str:
        text = str(data, "ascii")
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text


class _Json(Loader):
    def load(self, data: Buffer) -> Json | str:
        text = str(data, "utf-8", "replace")
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


def teach(adapters: AdaptersMap, *, ascii_database: bool) -> frozenset[int]:
    """Sets how a connection reads columns, and returns the oids of the types that it knows, arrays too."""
    text: type[Loader] = _AnyText if ascii_database else TextLoader
    adapters.register_loader(0, text)
    for info in postgres.types:
        adapters.register_loader(info.oid, _LOADERS.get(info.name, text))
    return SCALARS | {info.array_oid for info in postgres.types if info.array_oid}


def jsonable(value: Any) -> Any:
    """An array's elements as JSON has them."""
    if isinstance(value, list):
        return [jsonable(item) for item in value]
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


def wrap_arrays(names: Iterable[str]) -> Callable[[dict[str, Any]], None]:
    """Turns the lists in these columns into values."""
    columns = tuple(names)

    def wrap(record: dict[str, Any]) -> None:
        for name in columns:
            if isinstance(record[name], list):
                record[name] = Json(jsonable(record[name]))

    return wrap
