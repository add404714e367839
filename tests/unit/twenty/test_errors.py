"""Refusals, by the bodies that servers answered."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.twenty.errors import Kind, TwentyError, classify


def rest(message: str, error: str = "BadRequestException", status: int = 400) -> dict[str, Any]:
    return {"statusCode": status, "error": error, "messages": [message]}


def graphql(message: str, code: str = "BAD_USER_INPUT", **extensions: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {**extensions, "code": code}}], "data": None}


LIMIT = "Limit reached (100 tokens per 60000 ms)"
FOREIGN_KEY = 'insert or update on table "person" violates foreign key constraint "FK_ee066ddacfce46c9a7cb90edd1a"'
CONFLICT = "Multiple records found with the same unique field values for emails.primaryEmail: a@x, id: 1. Cannot …"

SEEN = [
    (429, rest(LIMIT, "HttpException", 429), Kind.THROTTLED),
    (400, rest(LIMIT), Kind.THROTTLED),
    (200, graphql(LIMIT, subCode="LIMIT_REACHED"), Kind.THROTTLED),
    (200, graphql("Slow down", "RATE_LIMITED", retryAfterMs=1500), Kind.THROTTLED),
    (200, graphql("Too many requests.", "INTERNAL_SERVER_ERROR"), Kind.THROTTLED),
    (429, None, Kind.THROTTLED),
    (402, {"statusCode": 402, "error": "QUOTA_EXHAUSTED", "messages": ["No more records"]}, Kind.QUOTA),
    (500, rest("Metadata cache version not found", "INTERNAL_SERVER_ERROR", 500), Kind.TRANSIENT),
    (400, rest("Metadata cache version not found"), Kind.TRANSIENT),
    (500, rest(FOREIGN_KEY, "InternalServerErrorException", 500), Kind.MISSING_PARENT),
    (400, rest(FOREIGN_KEY), Kind.MISSING_PARENT),
    (500, rest("Data validation error.", "InternalServerErrorException", 500), Kind.MISSING_PARENT),
    (400, rest("A duplicate entry was detected"), Kind.DUPLICATE),
    (200, graphql("A duplicate entry was detected"), Kind.DUPLICATE),
    (400, rest("Duplicate Emails with value a@x.test. Please set a unique one.", "UserInputError"), Kind.DUPLICATE),
    (400, rest(CONFLICT), Kind.CONFLICT),
    (200, graphql("x", subCode="UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT"), Kind.CONFLICT),
    (401, {"statusCode": 401, "messages": ["No payload"], "error": "UNAUTHENTICATED"}, Kind.UNAUTHORISED),
    (403, {"statusCode": 403, "message": "Forbidden resource"}, Kind.UNAUTHORISED),
    (200, graphql("No payload", "UNAUTHENTICATED"), Kind.UNAUTHORISED),
    (400, rest('Field metadata for field "x" is missing in object metadata person', "Error"), Kind.SCHEMA_STALE),
    (400, graphql('Field "x" is not defined by type "PersonCreateInput".'), Kind.SCHEMA_STALE),
    (500, rest('Property "x" was not found in "company".', "Error", 500), Kind.SCHEMA_STALE),
    (400, rest("object 'plans' not found. eg: companies"), Kind.SCHEMA_STALE),
    (404, rest("Record not found", "NotFoundException", 404), Kind.NOT_FOUND),
    (413, {"statusCode": 413, "message": "request entity too large"}, Kind.OVERSIZE),
    (400, rest('Value "x" is not a valid UUID', "Error"), Kind.POISON),
    (400, rest("Provided phone number is invalid 12", "Error"), Kind.POISON),
    (400, rest("The URL of the link is not valid", "Error"), Kind.POISON),
    (400, rest("Cannot convert undefined or null to object", "TypeError"), Kind.POISON),
    (400, rest('invalid input value for enum workspace_1.task_status_enum: "x"'), Kind.POISON),
    (400, graphql('Value "x" does not exist in "OpportunityStageEnum" enum.'), Kind.POISON),
    (500, rest('null value in column "extId" of relation "_w" violates not-null constraint', "I", 500), Kind.POISON),
    (500, rest('date/time field value out of range: "2024-13-45"', "I", 500), Kind.POISON),
    (500, rest('invalid input syntax for type timestamp with time zone: "x"', "I", 500), Kind.POISON),
    (500, rest('malformed array literal: "A"', "I", 500), Kind.POISON),
    (500, rest('invalid byte sequence for encoding "UTF8": 0x00', "I", 500), Kind.POISON),
    (500, rest('cannot insert a non-DEFAULT value into column "searchVector"', "I", 500), Kind.POISON),
    (400, rest("Maximum number of records to upsert is 200."), Kind.OVERSIZE),
    (200, graphql("Quota", "QUOTA_EXHAUSTED"), Kind.QUOTA),
    (402, b"", Kind.QUOTA),
    (200, graphql("User does not have permission", "FORBIDDEN"), Kind.UNAUTHORISED),
    (
        403,
        {"statusCode": 403, "error": "FORBIDDEN_EXCEPTION", "messages": ["Missing authentication token"]},
        Kind.UNAUTHORISED,
    ),
    (500, rest("Query read timeout", "InternalServerErrorException", 500), Kind.UNKNOWN_OUTCOME),
    (502, b"<html>Bad Gateway</html>", Kind.UNKNOWN_OUTCOME),
    (504, b"", Kind.UNKNOWN_OUTCOME),
    (503, b"", Kind.TRANSIENT),
]


@pytest.mark.parametrize(("status", "body", "kind"), SEEN)
def test_kinds(status: int, body: Any, kind: Kind) -> None:
    refusal = classify(status, body)
    assert refusal.kind is kind
    assert refusal.recognised
    assert refusal == classify(status, orjson.dumps(body) if isinstance(body, dict) else body)


@pytest.mark.parametrize(
    ("status", "body"), [(400, rest("Something new")), (500, rest("Boom", "I", 500)), (400, b"?"), (418, None)]
)
def test_what_is_not_known_may_pass_and_says_so(status: int, body: Any) -> None:
    refusal = classify(status, body)
    assert (refusal.kind, refusal.recognised) == (Kind.TRANSIENT, False)
    assert "new" not in refusal.template


def test_a_metadata_call_keeps_the_words_of_a_refusal() -> None:
    refusal = classify(400, rest("The name 'events' is not available"), carries_records=False)
    assert refusal.template == "The name 'events' is not available"


SPEED = {
    "statusCode": 429,
    "error": "RATE_LIMITED",
    "messages": ["Rate limit exceeded for apiKey: 50 requests per 60s."],
    "limitKind": "speed",
    "limit": 50,
    "remaining": 0,
    "periodCount": 60,
    "periodUnit": "second",
}
HEADERS = {"Retry-After": "3", "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "17"}
Told = tuple[int | None, int | None, float | None]


@pytest.mark.parametrize(
    ("status", "body", "headers", "told"),
    [
        (429, rest(LIMIT), {}, (100, 60_000, None)),
        (200, graphql(LIMIT, subCode="LIMIT_REACHED"), {}, (100, 60_000, None)),
        (400, rest("Limit reached (100 tokens per 1000 ms)"), {}, (100, 1000, None)),
        (429, {**SPEED, "retryAfterSeconds": 2}, HEADERS, (50, 60_000, 2.0)),
        (429, SPEED, HEADERS, (50, 60_000, 3.0)),
        (429, b"", HEADERS, (50, None, 3.0)),
        (429, b"<html>Too Many Requests</html>", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, (None, None, None)),
        (200, graphql("Slow down", "RATE_LIMITED", retryAfterMs=1500), {}, (None, None, 1.5)),
        (200, graphql("Slow down", "RATE_LIMITED", retryAfterMs=1500, limit=40), {}, (40, None, 1.5)),
        (200, graphql("Too many requests.", "INTERNAL_SERVER_ERROR"), {}, (None, None, None)),
    ],
)
def test_a_throttle_tells_its_limit(status: int, body: Any, headers: dict[str, str], told: Told) -> None:
    refusal = classify(status, body, headers=httpx.Headers(headers))
    assert refusal.kind is Kind.THROTTLED
    assert (refusal.limit, refusal.window_ms, refusal.retry_after_s) == told


def test_a_call_that_is_too_large_tells_how_many_records_may_go() -> None:
    assert classify(400, rest("Maximum number of records to upsert is 60.")).limit == 60
    assert classify(413, b"").limit is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("x"), Kind.TRANSIENT),
        (httpx.ConnectTimeout("x"), Kind.TRANSIENT),
        (httpx.PoolTimeout("x"), Kind.TRANSIENT),
        (httpx.ReadTimeout("x"), Kind.UNKNOWN_OUTCOME),
        (httpx.WriteError("x"), Kind.UNKNOWN_OUTCOME),
        (httpx.RemoteProtocolError("x"), Kind.UNKNOWN_OUTCOME),
    ],
)
def test_only_what_was_never_sent_is_certain(error: Exception, kind: Kind) -> None:
    assert classify(None, None, exc=error).kind is kind


QUOTING = [
    ("Duplicate Emails with value {}. Please set a unique one.", Kind.DUPLICATE),
    ("Provided phone number is invalid {}", Kind.POISON),
    ('Value "{}" is not a valid UUID', Kind.POISON),
    ('invalid input value for enum workspace_1.task_status_enum: "{}"', Kind.POISON),
    ('invalid input syntax for type timestamp with time zone: "{}"', Kind.POISON),
    ('date/time field value out of range: "{}"', Kind.POISON),
]
TRICKY = st.sampled_from([LIMIT, FOREIGN_KEY, CONFLICT, "Too many requests", "Query read timeout", "Record not found"])


@given(st.sampled_from(QUOTING), st.text() | TRICKY)
def test_no_value_changes_the_kind(quoting: tuple[str, Kind], value: str) -> None:
    text, kind = quoting
    assert classify(400, rest(text.format(value))).kind is kind


@given(st.sampled_from(QUOTING), st.text(alphabet="αβγδεζ @.", min_size=3))
def test_no_value_is_kept(quoting: tuple[str, Kind], value: str) -> None:
    refusal = classify(400, rest(quoting[0].format(f"canary{value}")))
    error = TwentyError("create people", refusal)
    assert "canary" not in f"{error}{error!r}{refusal!r}"
    assert "create people" in str(error)
