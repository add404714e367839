"""Twenty's webhooks: a hint that a row was updated. Delivery is once at most and in no order, so the sweep stays.

A call is answered at once and only names a row: what is there is read from Twenty itself, by the same check.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

log = logging.getLogger("dualrun.sink")

PATH = "/twenty/webhook"
TOLERANCE_MS = 5 * 60 * 1000
_MAX_BODY = 10 * 1024 * 1024
_WAITING = 10_000
_STOP_SECONDS = 5.0


class RefusedError(ValueError):
    """A call that is not Twenty's, or not from now."""


def verify(secret: str, timestamp: str, signature: str, body: bytes, now_ms: int) -> None:
    """Raises RefusedError unless the signature is hex HMAC-SHA256(secret, timestamp + ":" + body), and recent.

    As the source of Twenty 1.10 makes it, over the bytes that it sends; the timestamp is in milliseconds.
    """
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now_ms - int(timestamp)) > TOLERANCE_MS:
        raise RefusedError("the timestamp is missing or more than 5 minutes off")
    expected = hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise RefusedError("the signature does not fit")


def named(body: bytes) -> tuple[str, str]:
    """(object, id) of the row that a call is about. Raises RefusedError."""
    try:
        call = orjson.loads(body)
        target, row = call["objectMetadata"]["nameSingular"], call["record"]["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise RefusedError("expected a body with objectMetadata.nameSingular and record.id") from None
    if not isinstance(target, str) or not isinstance(row, str):
        raise RefusedError("expected texts in objectMetadata.nameSingular and record.id")
    return target, row


class Hints:
    """Rows that webhooks have named, for the sender's thread to take. When it is full the sweep finds the rest."""

    def __init__(self) -> None:
        self._rows: deque[tuple[str, str]] = deque(maxlen=_WAITING)

    def add(self, target: str, row: str) -> None:
        self._rows.append((target, row))

    def take(self) -> Iterator[tuple[str, str]]:
        while self._rows:
            yield self._rows.popleft()


def application(secret: str, hints: Hints, now: Callable[[], float] = time.time) -> Starlette:
    """One route, ``POST /twenty/webhook``. ``now`` gives epoch seconds."""

    async def receive(request: Request) -> Response:
        if int(request.headers.get("content-length") or 0) > _MAX_BODY:
            return Response(status_code=413)
        body = await request.body()
        timestamp = request.headers.get("x-twenty-webhook-timestamp", "")
        signature = request.headers.get("x-twenty-webhook-signature", "")
        try:
            verify(secret, timestamp, signature, body, int(now() * 1000))
            hints.add(*named(body))
        except RefusedError as error:
            log.warning("a webhook call was refused: %s", error)
            return Response(str(error), status_code=401)
        return Response(status_code=204)

    return Starlette(routes=[Route(PATH, receive, methods=["POST"])])


@contextmanager
def listening(listen: str, secret: str, hints: Hints) -> Iterator[str]:
    """Serves on ``host:port`` in a thread of its own; yields the URL. Raises OSError where the port is taken."""
    host, _, port = listen.rpartition(":")
    connection = socket.create_server((host.strip("[]"), int(port)))
    config = uvicorn.Config(application(secret, hints), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([connection],), name="sink-webhook", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{connection.getsockname()[1]}{PATH}"
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        connection.close()
