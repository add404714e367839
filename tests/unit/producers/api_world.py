"""An API in memory that answers as a real one does, under a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from producers.api_auth import Auth, NoAuth
from producers.api_client import ApiClient
from producers.api_clock import ApiClock
from producers.limits import Limits
from producers.memory import MemoryDatabase
from producers.paging import Paging
from producers.rest import Resource, RestSource
from schemas.source import SourceObject
from tests.unit.producers.worlds import NOON, World

PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")
PATIENTS = Resource(
    "/patients",
    Paging("cursor", "cursor", next="next", size=100),
    rows="data",
    modified_since="since",
    record="/patients/{id}",
)
LIMITS = Limits(chunk_rows=50, margin=0, missing_rows=1_000, sweep_interval=10)

Answerer = Callable[[httpx.Request], httpx.Response | None]


@dataclass
class Api:
    """``rows``: id -> row. date: what the answers' Date is ahead of the true time. answer: what is answered instead."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: datetime = NOON
    date: timedelta = timedelta(0)
    answer: Answerer = lambda _: None
    asked: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def put(self, key: str, stamped: timedelta = timedelta(0), **columns: Any) -> None:
        """A row that changes now, stamped by a clock that is so far ahead."""
        self.rows[key] = {"id": key, "updated_at": (self.now + stamped).isoformat(), **columns}

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def client(self, auth: Auth | None = None) -> ApiClient:
        return ApiClient(
            self.http(),
            auth or NoAuth(),
            per_minute=None,
            clock=ApiClock(lambda: self.now),
            monotonic=lambda: (self.now - NOON).total_seconds(),
            sleep=self.slept.append,
        )

    def http(self) -> httpx.Client:
        return httpx.Client(base_url="http://api", transport=httpx.MockTransport(self._handle))

    def source(self, resource: Resource = PATIENTS, auth: Auth | None = None, overlap: float = 60) -> RestSource:
        return RestSource(self.client(auth), {PATIENT.name: resource}, overlap_seconds=overlap, close=lambda: None)

    def world(self, resource: Resource = PATIENTS, limits: Limits = LIMITS) -> ApiPoller:
        return ApiPoller(PATIENT, limits, MemoryDatabase(NOON), source=self.source(resource), api=self)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        response = self.answer(request) or self._answer(request)
        told = (self.now + self.date).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        response.headers.setdefault("date", told)
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/patients":
            since = request.url.params.get("since")
            found = [
                row
                for _, row in sorted(self.rows.items())
                if since is None or datetime.fromisoformat(row["updated_at"]) >= datetime.fromisoformat(since)
            ]
            return json(200, {"data": found})
        row = self.rows.get(request.url.path.rpartition("/")[2])
        return json(200, row) if row else json(404, {})


@dataclass
class ApiPoller(World):
    """The poller of such an API. Its clock and the API's are the same, unless the test says otherwise."""

    api: Api = field(default_factory=Api)

    def pass_by(self, seconds: float) -> None:
        self.api.pass_by(seconds)
        self.database.now = self.api.now
        self.poll_to_end()

    def names(self) -> dict[str, Any]:
        return {key: change.record["name"] for key, change in self.latest().items()}


def json(status: int, body: Any, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=orjson.dumps(body), headers=headers)
