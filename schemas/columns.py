"""One source column from the plain value that its Avro schema describes; ``schemas.change_writer`` writes them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.records import Json, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_ZERO = date(1970, 1, 1).toordinal()
LONG = range(-(1 << 63), 1 << 63)


class UnknownValueError(ValueError):
    """A column of a type that this release does not know."""


def micros(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


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
            return date.fromordinal(body["days"] + DAY_ZERO)
        case "dualrun.Json":
            return Json(json.loads(body["text"]))
    raise UnknownValueError(f"a value of type {kind}, which this release does not know")
