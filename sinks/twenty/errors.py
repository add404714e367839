"""What a refusal by Twenty means, decided by status and body together.

Neither alone is enough: 1.10 answers 400 for anything it does not recognise, a throttled GraphQL call is HTTP 200 with
the code of a validation error, and a missing parent is HTTP 500. Texts and statuses are those that servers of 1.10
answered; those of later releases are read from their source.

Twenty's messages quote the value they refuse (an e-mail, a phone number), so nothing of a message is kept but the
template it matches, with names of fields and objects filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx
import orjson


class Kind(StrEnum):
    """What the caller may do about a refusal."""

    THROTTLED = "throttled"  # out of tokens: wait; never an attempt, never the record's fault
    TRANSIENT = "transient"  # the server's trouble, or nothing known: back off
    POISON = "poison"  # a known input error: something in this call can never be taken
    OVERSIZE = "oversize"  # more records or more bytes than one call may carry: send fewer
    DUPLICATE = "duplicate"  # an id or a unique value is taken, perhaps by a trashed row
    MISSING_PARENT = "missing_parent"  # a relation names a record that does not exist
    CONFLICT = "conflict"  # an upsert matches two different rows
    NOT_FOUND = "not_found"  # the record is trashed or gone
    UNAUTHORISED = "unauthorised"  # the key is wrong or may not do this
    QUOTA = "quota"  # a stock limit of the plan is exhausted: stop
    SCHEMA_STALE = "schema_stale"  # a field or object is unknown, or this server process does not know it yet
    UNKNOWN_OUTCOME = "unknown_outcome"  # the call may have been carried out


@dataclass(frozen=True)
class Refusal:
    """A refused call, without any value it carried.

    `recognised` is False where neither status nor text is known: such a 400 does not prove that the input is wrong.
    `limit` tokens per `window_ms` is what a throttle named; `retry_after_s` seconds what it asked to wait. Where a
    call was too large, `limit` is the number of records that one may carry, if it was named.
    """

    kind: Kind
    template: str
    status: int | None = None
    recognised: bool = True
    limit: int | None = None
    window_ms: int | None = None
    retry_after_s: float | None = None


class TwentyError(Exception):
    """A call that Twenty refused, or that got no answer. The text holds no value of any record."""

    def __init__(self, operation: str, refusal: Refusal) -> None:
        status = "no answer" if refusal.status is None else f"HTTP {refusal.status}"
        super().__init__(f"Twenty, {operation}: {refusal.kind} ({status}): {refusal.template}")
        self.operation = operation
        self.refusal = refusal


# A name of the schema: short, no spaces, so that no value of a record can hide in it.
_NAME = r"[A-Za-z0-9_.]{1,140}"

# Matched in this order. Named groups are schema names or numbers; everything else in a message is dropped. Texts that
# quote no value come first and are held to the start of the message, so that no value can pass for one of them: a
# record that seemed throttled would be sent for ever.
_TEXTS: tuple[tuple[Kind, str, str], ...] = (
    (
        Kind.THROTTLED,
        r"^Limit reached \((?P<limit>\d+) tokens per (?P<window_ms>\d+) ms\)",
        "Limit reached ({limit} tokens per {window_ms} ms)",
    ),
    (
        Kind.THROTTLED,
        r"^Rate limit exceeded for \w+: (?P<limit>\d+) requests per (?P<window_s>\d+)s",
        "Rate limit exceeded ({limit} requests per {window_s} s)",
    ),
    (Kind.THROTTLED, r"^Limit reached|^Too many requests", "Limit reached"),
    (Kind.TRANSIENT, r"^Metadata cache version not found", "Metadata cache version not found"),
    (
        Kind.MISSING_PARENT,
        rf'^[a-z ]+ on table "(?P<table>{_NAME})" violates foreign key constraint "(?P<constraint>{_NAME})"',
        'table "{table}" violates foreign key constraint "{constraint}"',
    ),
    (Kind.MISSING_PARENT, r"^[a-z ]*violates foreign key constraint", "violates a foreign key constraint"),
    # What releases before 1.10 said of any foreign key; a retry cannot help, a look for the parent can.
    (Kind.MISSING_PARENT, r"^Data validation error\.$", "Data validation error"),
    (
        Kind.CONFLICT,
        r"^Multiple records found with the same unique field values",
        "Multiple records found with the same unique field values",
    ),
    (Kind.DUPLICATE, r"^A duplicate entry was detected", "A duplicate entry was detected"),
    # No value is named where it is empty text, which the unique index of newer metadata engines covers.
    (Kind.DUPLICATE, r"^Duplicate .{1,63}?(with value .*)?\. Please set a unique one", "Duplicate unique value"),
    (
        Kind.DUPLICATE,
        r"^Record already exists|^duplicate key value violates unique constraint",
        "Record already exists",
    ),
    (
        Kind.SCHEMA_STALE,
        rf'^Field metadata for field "(?P<field>{_NAME})" is missing in object metadata (?P<object>{_NAME})',
        'object {object} has no field "{field}"',
    ),
    (
        Kind.SCHEMA_STALE,
        rf'^Object (?P<object>{_NAME}) doesn\'t have any "(?P<field>{_NAME})" field',
        'object {object} has no field "{field}"',
    ),
    (
        Kind.SCHEMA_STALE,
        rf'^(Field|Property) "(?P<field>{_NAME})" (is not defined by type|was not found in) "(?P<type>{_NAME})"',
        'type {type} has no field "{field}"',
    ),
    (
        Kind.SCHEMA_STALE,
        rf'^Cannot query field "(?P<field>{_NAME})" on type "(?P<type>{_NAME})"',
        'type {type} has no field "{field}"',
    ),
    (Kind.SCHEMA_STALE, rf"^Field metadata not found for field: (?P<field>{_NAME})", 'no field "{field}"'),
    (Kind.SCHEMA_STALE, rf"^object '(?P<object>{_NAME})' not found", 'no object "{object}"'),
    (
        Kind.UNAUTHORISED,
        r"^[\w ]*does not have permission|^Forbidden resource",
        "permission denied: check what the API key's role may do",
    ),
    (Kind.NOT_FOUND, r"^Record not found", "Record not found"),
    (Kind.UNKNOWN_OUTCOME, r"^Query read timeout", "Query read timeout"),
    (
        Kind.POISON,
        rf"invalid input value for enum (?P<enum>{_NAME})",
        "invalid input value for enum {enum}",
    ),
    (Kind.POISON, rf'does not exist in "(?P<enum>{_NAME})" enum', "invalid input value for enum {enum}"),
    (
        Kind.POISON,
        rf'null value in column "(?P<column>{_NAME})" of relation "(?P<table>{_NAME})"',
        'null value in column "{column}" of table "{table}"',
    ),
    (Kind.POISON, r"invalid input syntax for type (?P<type>[a-z ]{1,40})", "invalid input syntax for type {type}"),
    (Kind.POISON, r"is not a valid UUID", "not a valid UUID"),
    (
        Kind.POISON,
        r"phone number is invalid|Invalid (country|calling) code|code are conflicting|INVALID_PHONE|CONFLICTING_PHONE",
        "phone number, country code or calling code invalid",
    ),
    (Kind.POISON, r"The URL of the link is not valid", "the URL of a link is not valid"),
    (Kind.POISON, r"Cannot convert undefined or null to object", "null in place of a composite value"),
    (Kind.POISON, r"invalid byte sequence for encoding", "invalid byte sequence"),
    (Kind.POISON, r"(field value|value|numeric field) (is )?out of range|overflows", "value out of range"),
    (Kind.POISON, r"value too long for type", "value too long"),
    (Kind.POISON, r"malformed array literal", "malformed array"),
    (Kind.POISON, r"is not nullable and has no default value", "null in a field that needs a value"),
    (Kind.POISON, r"Invalid (value|subfield)", "invalid value"),
    (Kind.POISON, r"requires connect or disconnect|does not support write operations", "relation written as a value"),
    (Kind.POISON, r"cannot insert a non-DEFAULT value", "a generated column was written"),
    (Kind.OVERSIZE, r"^Maximum number of records to \w+ is (?P<limit>\d+)", "more than {limit} records in one call"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.DOTALL), template) for kind, pattern, template in _TEXTS)

_CODES = {
    "LIMIT_REACHED": Kind.THROTTLED,
    "RATE_LIMITED": Kind.THROTTLED,
    "QUOTA_EXHAUSTED": Kind.QUOTA,
    "UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT": Kind.CONFLICT,
    "PERMISSION_DENIED": Kind.UNAUTHORISED,
    "UNAUTHENTICATED": Kind.UNAUTHORISED,
    "FORBIDDEN": Kind.UNAUTHORISED,
    "NOT_FOUND": Kind.NOT_FOUND,
}

_STATUSES = {
    401: Kind.UNAUTHORISED,
    402: Kind.QUOTA,
    403: Kind.UNAUTHORISED,
    404: Kind.NOT_FOUND,
    413: Kind.OVERSIZE,
    429: Kind.THROTTLED,
    # A proxy that gave up waiting says nothing about what the server behind it did.
    502: Kind.UNKNOWN_OUTCOME,
    503: Kind.TRANSIENT,
    504: Kind.UNKNOWN_OUTCOME,
}

_WORDS = {
    Kind.UNAUTHORISED: "the API key is refused: check it, and what its role may do",
    Kind.QUOTA: "a quota of the workspace's plan is used up: raise the plan, or remove records",
}

# Raised before a byte of the request could have reached the server.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def classify(
    status: int | None,
    body: bytes | Mapping[str, Any] | None,
    *,
    headers: Mapping[str, str] | None = None,
    exc: Exception | None = None,
    carries_records: bool = True,
) -> Refusal:
    """Reads an answer that is not a success: `status`, `body` and `headers` as received, or `exc` where there was none.

    Names of headers are compared as they are: hand in a mapping that does not mind the case, such as httpx's. A call
    that carries no records may have a text that is not recognised kept as it is.
    """
    if exc is not None:
        kind = Kind.TRANSIENT if isinstance(exc, _NEVER_SENT) else Kind.UNKNOWN_OUTCOME
        return Refusal(kind, type(exc).__name__, status)
    answer = _decoded(body)
    extensions = _extensions(answer)
    message = _message(answer)
    codes = {extensions.get("code"), extensions.get("subCode"), answer.get("error"), answer.get("code")}
    by_code = next((kind for code, kind in _CODES.items() if code in codes), None)
    wait = _wait(answer, extensions, headers or {})

    for kind, pattern, template in _COMPILED:
        found = pattern.search(message)
        if found:
            names = {name: value or "?" for name, value in found.groupdict().items()}
            limit, window = _numbers(names)
            return Refusal(kind, template.format_map(names), status, True, limit, window, wait)
    known = by_code or _STATUSES.get(status or 0)
    if known is not None:
        told = (answer.get("limit"), extensions.get("limit"), (headers or {}).get("X-RateLimit-Limit"))
        limit = next((number for one in told if (number := _whole(one))), None) if known is Kind.THROTTLED else None
        return Refusal(known, _WORDS.get(known, known.value), status, True, limit, None, wait)
    template = "unrecognised answer" if carries_records or not message else message
    return Refusal(Kind.TRANSIENT, template, status, recognised=False, retry_after_s=wait)


def is_refused(status: int, body: Mapping[str, Any]) -> bool:
    """GraphQL refuses under HTTP 200 too."""
    return status >= 400 or bool(body.get("errors"))


def _decoded(body: bytes | Mapping[str, Any] | None) -> Mapping[str, Any]:
    if isinstance(body, bytes):
        try:
            body = orjson.loads(body)
        except orjson.JSONDecodeError:
            return {}
    return body if isinstance(body, Mapping) else {}


def _first_error(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    return first if isinstance(first, Mapping) else {}


def _extensions(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = _first_error(answer).get("extensions")
    return extensions if isinstance(extensions, Mapping) else {}


def _message(answer: Mapping[str, Any]) -> str:
    """REST says `messages` (a list) or `message`, GraphQL `errors[].message`."""
    messages = answer.get("messages")
    if isinstance(messages, list) and messages:
        return str(messages[0])
    return str(_first_error(answer).get("message") or answer.get("message") or "")


def _numbers(names: Mapping[str, str]) -> tuple[int | None, int | None]:
    window = _whole(names.get("window_ms"))
    seconds = _whole(names.get("window_s"))
    return _whole(names.get("limit")), window if window is not None else seconds and seconds * 1000


def _wait(answer: Mapping[str, Any], extensions: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: the newest REST says `retryAfterSeconds` and a header, GraphQL `retryAfterMs`."""
    seconds, milliseconds = answer.get("retryAfterSeconds"), extensions.get("retryAfterMs")
    if isinstance(seconds, (int, float)):
        return float(seconds)
    if isinstance(milliseconds, (int, float)):
        return milliseconds / 1000
    # a date, which the header may also be, is left to the bucket: this machine's clock may differ from the server's
    header = _whole(headers.get("Retry-After"))
    return None if header is None else float(header)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else None
