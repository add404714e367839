"""Refusals, in the statuses, names and words that a Twenty 1.10 server uses; `answers.py` has other releases' words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNFRIENDLY = "An error occurred."


class ApiError(Exception):
    """One refused call. `error` is the exception name in a REST body, `code` and `sub_code` the GraphQL extensions.

    A GraphQL refusal during execution travels as HTTP 200; one found while the query is checked against the schema
    (`schema=True`) as HTTP 400. `kind` and `about` (names and values in the message) let another release say the same
    in its own words; `body` and `extensions` are what it says besides, over REST and over GraphQL.
    """

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        code: str | None = None,
        sub_code: str | None = None,
        friendly: str = UNFRIENDLY,
        expected: bool = False,
        schema: bool = False,
        single: bool = False,
        kind: str = "",
        about: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.code = code or ("INTERNAL_SERVER_ERROR" if status >= 500 else "BAD_USER_INPUT")
        self.sub_code = sub_code
        self.friendly = friendly
        self.expected = expected
        self.schema = schema
        self.single = single
        self.kind = kind
        self.about = about or {}
        self.body: dict[str, Any] = {}
        self.extensions: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    def rest_body(self) -> dict[str, Any]:
        if self.single:
            return {"statusCode": self.status, "message": self.message, "error": self.error}
        return {"statusCode": self.status, "error": self.error, "messages": [self.message], **self.body}

    def graphql_error(self) -> dict[str, Any]:
        extensions: dict[str, Any] = {}
        if self.schema:
            extensions["http"] = {"status": 400}
        if self.sub_code:
            extensions["subCode"] = self.sub_code
        extensions["userFriendlyMessage"] = self.friendly
        if self.expected:
            extensions["isExpected"] = True
        extensions["code"] = self.code
        return {"message": self.message, "extensions": {**extensions, **self.extensions}}


def bad_request(message: str, *, sub_code: str | None = None, kind: str = "", **about: Any) -> ApiError:
    friendly = message if sub_code else UNFRIENDLY
    return ApiError(400, "BadRequestException", message, sub_code=sub_code, friendly=friendly, kind=kind, about=about)


def plain(message: str, *, kind: str = "", **about: Any) -> ApiError:
    """A thrown JavaScript `Error`: what the argument checks of 1.10 answer."""
    return ApiError(400, "Error", message, kind=kind, about=about)


def database(message: str, *, kind: str = "database", **about: Any) -> ApiError:
    """A PostgreSQL error that 1.10 does not recognise, passed through as an internal error."""
    return ApiError(500, "InternalServerErrorException", message, kind=kind, about=about)


def foreign_key(table: str, constraint: str) -> ApiError:
    text = f'insert or update on table "{table}" violates foreign key constraint "{constraint}"'
    return database(text, kind="foreign_key")


def unknown_field(object_name: str, field: str) -> ApiError:
    message = f'Field metadata for field "{field}" is missing in object metadata {object_name}'
    return plain(message, kind="unknown_field", object=object_name, field=field)


def unsigned(object_name: str) -> ApiError:
    message = f"Missing createdBy field metadata for object {object_name}"
    return ApiError(400, "Error", message, code="INTERNAL_SERVER_ERROR")


def not_found() -> ApiError:
    return ApiError(404, "NotFoundException", "Record not found", code="NOT_FOUND", kind="not_found")


def duplicate_id() -> ApiError:
    friendly = "This record already exists. Please check your data and try again."
    return ApiError(400, "BadRequestException", "A duplicate entry was detected", friendly=friendly)


def duplicate_value(label: str, value: str) -> ApiError:
    said = f"with value {value}" if value else ""
    return ApiError(
        400,
        "UserInputError",
        f"Duplicate {label} {said}. Please set a unique one.",
        friendly=f"This {label.lower()} with value {value} is already taken. Please choose a different value.",
        expected=True,
        kind="duplicate_value",
    )


def throttled(limit: int, window_ms: int, wait_ms: float) -> ApiError:
    """`wait_ms` is when the next token comes, which 1.10 keeps to itself."""
    return ApiError(
        429,
        "HttpException",
        f"Limit reached ({limit} tokens per {window_ms} ms)",
        sub_code="LIMIT_REACHED",
        kind="throttled",
        about={"limit": limit, "window_ms": window_ms, "wait_ms": wait_ms},
    )


def quota_exhausted() -> ApiError:
    """A stock limit of the plan, which only the newest releases have: payment helps, waiting does not."""
    return ApiError(402, "QUOTA_EXHAUSTED", "Workspace record limit exceeded.", code="QUOTA_EXHAUSTED")


def read_timeout() -> ApiError:
    return ApiError(500, "InternalServerErrorException", "Query read timeout")


def cold_cache() -> ApiError:
    return ApiError(500, "INTERNAL_SERVER_ERROR", "Metadata cache version not found")


def metadata_error(message: str) -> ApiError:
    return ApiError(400, "Bad Request", message)


def metadata_path_error(path: str, tail: str) -> ApiError:
    """A metadata path that 1.10 does not know; it knows none with query parameters."""
    message = (
        f"Query path '{path}' invalid. Metadata path \"{tail}\" does not exist. "
        "Valid examples: /rest/metadata/fields or /rest/metadata/objects"
    )
    return ApiError(400, "Bad Request", message, single=True)


def schema_error(message: str) -> ApiError:
    return ApiError(400, "GraphQLError", message, schema=True)


def oversize_body() -> ApiError:
    """1.10 says nothing at all of a body that it does not read."""
    return ApiError(500, "", "")
