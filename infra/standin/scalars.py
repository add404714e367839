"""Single values, as Twenty 1.10 and the PostgreSQL below it take or refuse them; texts as a real 1.10 answered."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from infra.standin.errors import bad_request, database, plain

Writer = Callable[[Any], Any]
Clock = Callable[[], float]

# PostgreSQL prefixes enum types with the workspace's schema; clients see it in error texts.
SCHEMA = "workspace_3ixj3i1a5avy16ptijtb3lae3"

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\Z")
_ANY_UUID = re.compile(r"\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?\Z")
_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
_DATE_SHAPE = re.compile(r"\s*\d{1,4}-\d{1,2}-\d{1,2}")
_DAY_WORDS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def record_id(value: Any) -> str:
    """UUID versions 1 to 5 of the RFC variant, with dashes; 1.10 refuses 7, 8, nil and anything else."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise plain(f'Value "{value}" is not a valid UUID')
    return value.lower()


def is_record_id(value: str) -> bool:
    return _UUID.match(value) is not None


def timestamp(seconds: float) -> str:
    """Epoch seconds as Twenty prints a time: UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_text(value: Any) -> str:
    if not isinstance(value, str):
        value = value_text(value)
    if "\x00" in value:
        raise database('invalid byte sequence for encoding "UTF8": 0x00')
    return str(value)


def value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float, str)) else orjson.dumps(value).decode()


def as_number(value: Any) -> int | float | None:
    """JavaScript's Number(): text that is no number becomes NaN, and NaN is stored as null."""
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, bool) else value
    if not isinstance(value, str):
        return None
    try:
        number = float(value) if value.strip() else 0.0
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def as_numeric(value: Any) -> str:
    try:
        number = Decimal(value_text(value))
    except InvalidOperation:
        raise database(f'invalid input syntax for type numeric: "{value_text(value)}"') from None
    if number.is_finite() and number.adjusted() > 131071:
        raise database("value overflows numeric format")
    return format(number, "f")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value_text(value).strip().lower()
    if word and word != "o":
        if any(full.startswith(word) for full in _TRUE):
            return True
        if any(full.startswith(word) for full in _FALSE):
            return False
    raise database(f'invalid input syntax for type boolean: "{value_text(value)}"')


def _moment(clock: Clock, value: Any, kind: str) -> datetime:
    text = value_text(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        word = text.strip().lower()
        now = datetime.fromtimestamp(clock(), UTC)
        if word == "now":
            return now
        if word in _DAY_WORDS:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=_DAY_WORDS[word])
        if _DATE_SHAPE.match(text):
            raise database(f'date/time field value out of range: "{text}"') from None
        raise database(f'invalid input syntax for type {kind}: "{text}"') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def date_time(clock: Clock, value: Any) -> str:
    moment = _moment(clock, value, "timestamp with time zone")
    if isinstance(value, str) and _STORED_TIME.match(value):
        return value
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date(clock: Clock, value: Any) -> str:
    return _moment(clock, value, "date").date().isoformat()


def one_of(allowed: frozenset[str], enum: str, value: Any) -> str:
    if value not in allowed:
        text = value_text(value)
        name = enum.rpartition(".")[2].removesuffix("_enum").rpartition("_")[2]
        raise bad_request(f'invalid input value for enum {enum}: "{text}"', kind="bad_option", value=text, field=name)
    return str(value)


def array_of(scalar: Writer, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise database(f'malformed array literal: "{value_text(value)}"')
    return [scalar(item) for item in value]


def as_uuid(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _ANY_UUID.match(value):
        raise database(f'invalid input syntax for type uuid: "{value_text(value)}"')
    return str(uuid.UUID(value))


def related(value: Any) -> str | None:
    """A nested relation object, of which 1.10 takes the id."""
    return as_uuid(value.get("id")) if isinstance(value, dict) else as_uuid(value)


def _json(value: Any) -> Any:
    return value


def _files(value: Any) -> list[dict[str, Any]]:
    """`[{fileId, label}]`; whether the file was uploaded is checked when the record is stored."""
    if not isinstance(value, list) or not all(isinstance(one, dict) and one.get("fileId") for one in value):
        raise bad_request("Invalid value for a FILES field: expected a list of {fileId, label}")
    return [{"fileId": as_uuid(one["fileId"]), "label": as_text(one.get("label") or "")} for one in value]


def _position(value: Any) -> Any:
    return value if value in ("first", "last") else as_number(value)


def _search_vector(value: Any) -> Any:
    raise database('cannot insert a non-DEFAULT value into column "searchVector"')


SCALAR_WRITERS: dict[str, Writer] = {
    "TEXT": as_text,
    "NUMBER": as_number,
    "NUMERIC": as_numeric,
    "BOOLEAN": _boolean,
    "UUID": lambda value: as_uuid(value or None),
    "RAW_JSON": _json,
    "FILES": _files,
    "POSITION": _position,
    "TS_VECTOR": _search_vector,
}
