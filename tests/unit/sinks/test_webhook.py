"""Twenty's webhooks: who may call, and what a call comes to."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from sinks.webhook import PATH, Hints, application

SECRET = "shared secret"
NOW = 1_800_000_000.0
BODY = orjson.dumps(
    {"eventName": "person.updated", "objectMetadata": {"nameSingular": "person"}, "record": {"id": "r"}}
)


def call(
    body: bytes = BODY, *, secret: str = SECRET, at: float = NOW, **headers: str
) -> tuple[int, list[tuple[str, str]]]:
    hints = Hints()
    timestamp = str(int(at * 1000))
    signature = hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    given: dict[str, Any] = {"X-Twenty-Webhook-Timestamp": timestamp, "X-Twenty-Webhook-Signature": signature}
    with TestClient(application(SECRET, hints, lambda: NOW)) as client:
        answer = client.post(PATH, content=body, headers={**given, **headers})
    return answer.status_code, list(hints.take())


def test_a_signed_call_names_a_row() -> None:
    assert call() == (204, [("person", "r")])


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"at": NOW - 301},
        {"at": NOW + 301},
        {"X-Twenty-Webhook-Timestamp": ""},
        {"X-Twenty-Webhook-Timestamp": "soon"},
        {"X-Twenty-Webhook-Signature": ""},
    ],
    ids=str,
)
def test_any_other_call_is_refused(wrong: dict[str, Any]) -> None:
    assert call(**wrong) == (401, [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"objectMetadata": {"nameSingular": 1}, "record": {"id": "r"}}'])
def test_a_signed_call_without_a_row_is_refused(body: bytes) -> None:
    assert call(body) == (401, [])
