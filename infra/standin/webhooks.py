"""Webhooks: a workspace's list of them, and the calls that tell them of every commit.

As the source of 1.10 does it: each event is sent to each webhook once, in no order, within 5 s or never, whoever made
the change; the operations of a webhook are exact names or have `*` for the object, the action or both.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterable
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from infra.standin.building import standard_id
from infra.standin.errors import bad_request
from infra.standin.events import Event
from infra.standin.faults import Faults
from infra.standin.model import Row
from infra.standin.workspace import Workspace

TIMEOUT_S = 5.0
# Calls of different events overtake one another within this time.
_SPREAD_S = 0.05
_AT_ONCE = 20
_SETTABLE = ("targetUrl", "operations", "description", "secret")


class WebhookApi:
    """The REST calls on webhooks, which cost no tokens: method, id and body in, status and body out."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def handle(self, method: str, identity: str, body: dict[str, Any]) -> tuple[int, Any]:
        hooks = self._workspace.webhooks
        if method == "GET" and not identity:
            return 200, list(hooks.values())
        if method == "GET":
            return 200, hooks.get(identity)
        if method == "POST" and not identity:
            return 201, self._save(self._fresh(), {"operations": ["*.*"], **body})
        if method == "PATCH" and identity:
            return 200, self._save(hooks[identity], body) if identity in hooks else None
        if method == "DELETE" and identity:
            known = hooks.get(identity)
            if known is not None:
                self._workspace.save_webhook({**known, "deletedAt": self._workspace.now()})
            return 200, known is not None
        raise bad_request(f"Cannot {method} /rest/metadata/webhooks/{identity}")

    def _fresh(self) -> Row:
        return {
            "id": self._workspace.new_id(),
            "targetUrl": "",
            "operations": [],
            "description": None,
            "secret": None,
            "workspaceId": standard_id("workspace"),
            "createdAt": self._workspace.now(),
        }

    def _save(self, hook: Row, body: dict[str, Any]) -> Row:
        changed = {**hook, **{name: body[name] for name in _SETTABLE if name in body}}
        url = urlsplit(str(changed["targetUrl"]))
        if url.scheme not in ("http", "https") or not url.hostname:
            raise bad_request("Invalid target URL provided")
        changed |= {"updatedAt": self._workspace.now(), "deletedAt": None}
        self._workspace.save_webhook(changed)
        return changed


class Courier:
    """Calls webhooks from the running event loop. `clock` gives epoch seconds, `random` the order and the nonces."""

    def __init__(self, workspace: Workspace, faults: Faults, random: Random) -> None:
        self._workspace = workspace
        self._faults = faults
        self._random = random
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._calls: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        self.sent = 0
        self.failed = 0

    @property
    def pending(self) -> int:
        return len(self._calls)

    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            for hook in self._workspace.webhooks.values():
                if not event.patterns.isdisjoint(hook["operations"]) and not self._faults.spend("webhook_lost"):
                    call = asyncio.get_running_loop().create_task(self._call(hook, message(event, hook)))
                    self._calls.add(call)
                    call.add_done_callback(self._calls.discard)

    async def _call(self, hook: Row, payload: Row) -> None:
        payload["eventDate"] = self._workspace.now()
        body = orjson.dumps(payload)
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            timestamp = str(int(self._workspace.clock() * 1000))
            headers |= {
                "X-Twenty-Webhook-Timestamp": timestamp,
                "X-Twenty-Webhook-Signature": signature(hook["secret"], timestamp, body),
                "X-Twenty-Webhook-Nonce": self._random.randbytes(16).hex(),
            }
        await asyncio.sleep(self._random.uniform(0, _SPREAD_S))
        async with self._slots:
            try:
                answer = await self._client.post(hook["targetUrl"], content=body, headers=headers)
            except httpx.HTTPError:
                self.failed += 1
            else:
                self.sent += answer.is_success
                self.failed += not answer.is_success


def message(event: Event, hook: Row) -> Row:
    """The body of a call, in the order in which Twenty writes it; the time is filled in when it is made."""
    told: Row = {
        "targetUrl": hook["targetUrl"],
        "eventName": event.name,
        "objectMetadata": {"id": event.of.id, "nameSingular": event.of.name_singular},
        "workspaceId": hook["workspaceId"],
        "webhookId": hook["id"],
        "eventDate": None,
        "record": event.record,
    }
    return told if event.updated_fields is None else {**told, "updatedFields": list(event.updated_fields)}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
