"""One source column to and from the plain value that its Avro schema describes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.records import Json, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ZERO = date(1970, 1, 1).toordinal()
_LONG = range(-(1 << 63), 1 << 63)


class UnknownValueError(ValueError):
    """A column of a type that this release does not know."""


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def value_to_avro(value: Value) -> Any:
    match value:
        case str():
            # named: fastavro would try the union's types one by one
            return ("string", value)
        case None | bool() | float() | bytes():
            return value
        case int():
            return value if value in _LONG else ("dualrun.Decimal", {"text": str(value)})
        case Decimal():
            return ("dualrun.Decimal", {"text": str(value)})
        case datetime():
            if value.tzinfo is None:
                return ("dualrun.LocalTime", {"text": value.isoformat()})
            return ("dualrun.Instant", {"micros": micros(value)})
        case date():
            return ("dualrun.Date", {"days": value.toordinal() - _DAY_ZERO})
        case Json():
            return ("dualrun.Json", {"text": json.dumps(value.value)})


def value_from_avro(value: Any) -> Value:
    if not isinstance(value, tuple):
        return value  # type: ignore[no-any-return]
    kind, body = value
    match kind:
        case "dualrun.Decimal":
            return Decimal(body["text"])
        case "dualrun.Instant":
            return instant(body["micros"])
        case "dualrun.LocalTime":
            return datetime.fromisoformat(body["text"])
        case "dualrun.Date":
            return date.fromordinal(body["days"] + _DAY_ZERO)
        case "dualrun.Json":
            return Json(json.loads(body["text"]))
    raise UnknownValueError(f"a value of type {kind}, which this release does not know")
