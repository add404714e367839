"""Source values as text, and the two ways in which a value can fail to arrive as it stands."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schemas.records import Json, Value

RAW_LIMIT = 65_536
"""Characters of a raw value that a flag keeps; the source row holds the rest."""


class UnusableError(ValueError):
    """The value cannot be written at all. ``reason`` never quotes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AdjustedError(ValueError):
    """The value arrives, but not as it stands: ``result`` is what is written, ``reason`` what was done to it."""

    def __init__(self, result: Any, reason: str) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason


NUL_REMOVED = "NUL characters removed"
NOT_UNICODE = "characters that are no Unicode text replaced"


def clean(value: str) -> str:
    """The text as PostgreSQL can hold it. Raises AdjustedError where that is not what came."""
    if value.isascii():
        if "\0" not in value:
            return value
        raise AdjustedError(value.replace("\0", ""), NUL_REMOVED)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise AdjustedError(value.encode("utf-8", "replace").decode().replace("\0", ""), NOT_UNICODE) from None
    if "\0" in value:
        raise AdjustedError(value.replace("\0", ""), NUL_REMOVED)
    return value


def text(value: Value) -> str:
    """Any value as text: numbers in plain notation, times as ISO 8601, arrays and objects as JSON."""
    match value:
        case str():
            return clean(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f") if value.is_finite() else str(value)
        case int() | float():
            return repr(value)
        case date():  # datetime too
            return value.isoformat()
        case Json():
            return clean(json.dumps(value.value, ensure_ascii=False, sort_keys=True))
        case bytes():
            try:
                decoded = value.decode()
            except UnicodeDecodeError:
                raise UnusableError("binary data where text was expected") from None
            return clean(decoded)


def plain(value: Value) -> str:
    """As ``text``, silent about what ``text`` adjusts or refuses: for comparing, never for writing."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    try:
        return text(value)
    except AdjustedError as adjusted:
        return str(adjusted.result)


def raw(value: Value) -> str:
    """What a flag keeps of a value."""
    match value:
        case bytes():
            return value[: RAW_LIMIT // 2].hex()
        case datetime() | date():
            return value.isoformat()
        case Json():
            kept = json.dumps(value.value)
        case _:
            kept = str(value)
    return kept[:RAW_LIMIT].encode("utf-8", "replace").decode()


def is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str | bytes) and not value.strip())


def natural_key(value: Value) -> str:
    """How two ways of writing the same name meet: case folded, white space collapsed."""
    return " ".join(plain(value).casefold().split())
