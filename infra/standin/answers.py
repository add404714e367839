"""The words in which releases differ: for each kind of refusal the ways in which some Twenty says it.

The first way of each kind is what 1.10 answered; the others are read from the source of earlier and later releases.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.standin.eras import Era
from infra.standin.errors import ApiError

Extras = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Way:
    """What differs from the words of 1.10; None is as there. `message` is filled in from what the refusal is about."""

    status: int | None = None
    error: str | None = None
    message: str | None = None
    code: str | None = None
    keeps_sub_code: bool = True
    body: Extras | None = None
    extensions: Extras | None = None
    headers: Extras | None = None


def _speed(about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scope": {"spenderType": "apiKey", "spenderId": "standin", "operationType": "api"},
        "limit": about["limit"],
        "remaining": 0,
    }


def _seconds(about: Mapping[str, Any]) -> int:
    return max(1, math.ceil(float(about["wait_ms"]) / 1000))


def _rate_limited_body(about: Mapping[str, Any]) -> dict[str, Any]:
    period = {"periodCount": about["window_ms"] // 1000, "periodUnit": "second", "retryAfterSeconds": _seconds(about)}
    return {"limitKind": "speed", **_speed(about), **period}


def _rate_limited_headers(about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Retry-After": str(_seconds(about)),
        "X-RateLimit-Limit": str(about["limit"]),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(time.time()) + _seconds(about)),
    }


AS_1_10 = Way()

WAYS: dict[str, dict[str, Way]] = {
    "throttled": {
        "429": AS_1_10,
        # Releases before the REST mapper: the message alone tells a throttle from bad input.
        "400": Way(status=400, error="BadRequestException"),
        "rate_limited": Way(
            error="RATE_LIMITED",
            message="Rate limit exceeded for apiKey: {limit} requests per {window_s}s.",
            code="RATE_LIMITED",
            keeps_sub_code=False,
            body=_rate_limited_body,
            extensions=lambda about: {"retryAfterMs": math.ceil(about["wait_ms"]), **_speed(about)},
            headers=_rate_limited_headers,
        ),
    },
    "not_found": {"404": AS_1_10, "400": Way(status=400, error="BadRequestException")},
    "foreign_key": {
        "500": AS_1_10,
        "400": Way(status=400, error="BadRequestException", code="BAD_USER_INPUT"),
        "500 hidden": Way(message="Data validation error."),
    },
    # Where the filter of a release falls back to 400 for what it does not recognise.
    "database": {"500": AS_1_10, "400": Way(status=400, error="BadRequestException", code="BAD_USER_INPUT")},
    "duplicate_value": {
        "named": AS_1_10,
        "unnamed": Way(error="BadRequestException", message="A duplicate entry was detected"),
    },
    "unknown_field": {
        "1.10": AS_1_10,
        "newest": Way(error="BadRequestException", message='Object {object} doesn\'t have any "{field}" field.'),
    },
    "bad_option": {"1.10": AS_1_10, "newest": Way(message="Invalid value '{value}' for field \"{field}\"")},
    "null": {
        "1.10": AS_1_10,
        "newest": Way(
            400, "BadRequestException", "Field {field} is not nullable and has no default value.", "BAD_USER_INPUT"
        ),
    },
}


class Answers:
    """Puts refusals into the words of a release; kinds for which an era has no answer speak as 1.10 does."""

    def __init__(self, era: Era) -> None:
        self.adopt(era)

    def adopt(self, era: Era) -> None:
        self._names_code = era.names_code
        self._chosen: dict[str, Way] = {}
        for kind, way in era.answers.items():
            self.switch(kind, way)

    def switch(self, kind: str, way: str) -> None:
        """Raises ValueError for a kind or a way that does not exist."""
        if kind not in WAYS:
            raise ValueError(f"answers differ in {sorted(WAYS)}, not in {kind!r}")
        if way not in WAYS[kind]:
            raise ValueError(f"{kind} is answered in one of the ways {sorted(WAYS[kind])}, not {way!r}")
        self._chosen[kind] = WAYS[kind][way]

    def say(self, error: ApiError) -> ApiError:
        way = self._chosen.get(error.kind, AS_1_10)
        about = {**error.about, "window_s": error.about.get("window_ms", 0) // 1000}
        said = ApiError(
            way.status or error.status,
            way.error or error.error,
            error.message if way.message is None else way.message.format_map(about),
            code=way.code or error.code,
            sub_code=error.sub_code if way.keeps_sub_code else None,
            friendly=error.friendly,
            expected=error.expected,
            schema=error.schema,
            single=error.single,
        )
        if self._names_code:
            said.body["code"] = said.code
        said.body |= way.body(about) if way.body else {}
        said.extensions = way.extensions(about) if way.extensions else {}
        said.headers = way.headers(about) if way.headers else {}
        return said
