"""``python -m infra.sources.rest_api``: tables of a PostgreSQL database as a paged REST API with moods.

A source to try the REST producer with, and what its tests run against. ``GET /v1/TABLE`` lists rows, by key, with
``limit`` and either ``offset`` or ``cursor``, and ``updated_since``; ``GET /v1/TABLE/ID`` is one row. An answer is
``{"data": [...], "next_cursor": ...}``. ``POST /oauth/token`` gives out tokens for ``client_id`` and ``client_secret``.
What goes wrong, and how often, is set with ``POST /moods`` (see Moods); ``GET /moods`` also tells what was asked.
"""

from __future__ import annotations

import argparse
import base64
import random
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

import psycopg
import uvicorn
from psycopg import sql
from psycopg.rows import dict_row
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Rows = list[dict[str, Any]]
_CHANGED_AT = "updated_at"


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of a list: changed at ``since`` or later, with a key behind ``after``, ``limit`` of them from ``start``."""

    since: datetime | None = None
    after: str | None = None
    start: int = 0
    limit: int = 100


class Tables(Protocol):
    """What the API serves: each table's rows as JSON objects, by key. Raises KeyError where there is no such table."""

    def page(self, table: str, asked: Asked) -> Rows: ...

    def record(self, table: str, key: str) -> dict[str, Any] | None: ...


class MemoryTables:
    """Tables in memory: table -> key -> row."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}

    def page(self, table: str, asked: Asked) -> Rows:
        rows = self.tables[table]
        found = [
            rows[key]
            for key in sorted(rows)
            if (asked.after is None or key > asked.after)
            and (asked.since is None or _moment(rows[key].get(_CHANGED_AT)) >= asked.since)
        ]
        return found[asked.start : asked.start + asked.limit]

    def record(self, table: str, key: str) -> dict[str, Any] | None:
        return self.tables[table].get(key)


class PostgresTables:
    """Those tables of a database that ``keys`` names: table -> key column."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._url = url
        self._keys = keys

    def page(self, table: str, asked: Asked) -> Rows:
        key = sql.Identifier(self._keys[table])
        conditions: list[sql.Composable] = [sql.SQL("true")]
        if asked.after is not None:
            # in its column's own type: the text of a key may come from the user
            conditions.append(sql.SQL("{} > {}").format(key, sql.Literal(asked.after)))
        if asked.since is not None:
            conditions.append(sql.SQL("{} >= {}").format(sql.Identifier(_CHANGED_AT), sql.Literal(asked.since)))
        return self._select(
            table, sql.SQL(" and ").join(conditions), sql.SQL("limit {} offset {}").format(asked.limit, asked.start)
        )

    def record(self, table: str, key: str) -> dict[str, Any] | None:
        column = sql.Identifier(self._keys[table])
        found = self._select(table, sql.SQL("{}::text = {}").format(column, sql.Literal(key)), sql.SQL("limit 1"))
        return found[0] if found else None

    def _select(self, table: str, where: sql.Composable, limit: sql.Composable) -> Rows:
        statement = sql.SQL("select * from {} where {} order by {} {}").format(
            sql.Identifier(*table.split(".")), where, sql.Identifier(self._keys[table]), limit
        )
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return [{name: _plain(value) for name, value in row.items()} for row in connection.execute(statement)]


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, slots=True)
class Moods:
    """requests_per_minute: more are answered 429 with Retry-After ``retry_after`` seconds. flaky: share of requests
    answered 500 or 503. token_seconds: life of a token; 0: none is asked for.
    api_key: asked for in X-Api-Key where set. cursor_seconds: how long a cursor is taken. clock_seconds: what the
    server's clock is ahead. page_rows: the most that one page holds.
    """

    requests_per_minute: float = 0
    retry_after: float = 1
    flaky: float = 0
    token_seconds: float = 0
    api_key: str = ""
    cursor_seconds: float = 0
    clock_seconds: float = 0
    page_rows: int = 1000


class ClinicApi:
    """``tables`` may change while it serves them. keys: table -> key column, ``id`` where none is given."""

    def __init__(self, tables: Tables, keys: Mapping[str, str] | None = None, seed: int = 0) -> None:
        self.tables = tables
        self.moods = Moods()
        self.asked: Counter[str] = Counter()
        """Answers by status, and requests by path."""
        self._keys = keys or {}
        self._draw = random.Random(seed)  # noqa: S311
        self._tokens: dict[str, float] = {}
        self._allowed = 0.0
        self._allowed_at = time.monotonic()

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._home),
                Route("/moods", self._moods, methods=["GET", "POST"]),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/v1/{table}", self._list),
                Route("/v1/{table}/{id:path}", self._record),
            ]
        )

    async def _home(self, _: Request) -> Response:
        return self._answer(200, {"lists": "/v1/TABLE"})

    async def _moods(self, request: Request) -> Response:
        if request.method == "POST":
            self.moods = replace(self.moods, **await request.json())
        return JSONResponse({"moods": asdict(self.moods), "asked": self.asked})

    async def _token(self, request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        client = base64.b64decode(given).decode("utf-8", "replace") if scheme == "Basic" else ""
        if client != "client:secret":
            return self._answer(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe(16)
        self._tokens[token] = time.monotonic() + self.moods.token_seconds
        return self._answer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": self.moods.token_seconds}
        )

    async def _list(self, request: Request) -> Response:
        return self._refusal(request) or await self._page(request)

    async def _page(self, request: Request) -> Response:
        table, query = request.path_params["table"], request.query_params
        since, cursor = query.get("updated_since"), query.get("cursor")
        after, made = self._read_cursor(cursor) if cursor is not None else (None, time.time())
        if self.moods.cursor_seconds and time.time() - made > self.moods.cursor_seconds:
            return self._answer(400, {"error": "this cursor has lapsed"})
        size = min(int(query.get("limit", 100)), self.moods.page_rows)
        asked = Asked(
            datetime.fromisoformat(since) if since is not None else None, after, int(query.get("offset", 0)), size + 1
        )
        try:
            rows = await run_in_threadpool(self.tables.page, table, asked)
        except KeyError:
            return self._answer(404, {"error": "no such list"})
        following = None
        if len(rows) > size:
            last = rows[size - 1][self._keys.get(table, "id")]
            following = base64.urlsafe_b64encode(f"{time.time()}|{last}".encode()).decode()
        return self._answer(200, {"data": rows[:size], "next_cursor": following})

    def _read_cursor(self, cursor: str) -> tuple[str, float]:
        made, _, after = base64.urlsafe_b64decode(cursor).decode().partition("|")
        return after, float(made)

    async def _record(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        table, key = request.path_params["table"], request.path_params["id"]
        try:
            found = await run_in_threadpool(self.tables.record, table, key)
        except KeyError:
            found = None
        return self._answer(404, {"error": "no such record"}) if found is None else self._answer(200, found)

    def _refusal(self, request: Request) -> Response | None:
        moods = self.moods
        self.asked[request.url.path] += 1
        if moods.requests_per_minute and not self._permitted(moods.requests_per_minute):
            return self._answer(429, {"error": "slow down"}, {"retry-after": str(moods.retry_after)})
        if moods.api_key and not secrets.compare_digest(request.headers.get("x-api-key", ""), moods.api_key):
            return self._answer(401, {"error": "who are you?"})
        if moods.token_seconds:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self._tokens.get(token, 0) < time.monotonic():
                return self._answer(401, {"error": "the token has expired"})
        if self._draw.random() < moods.flaky:
            return self._answer(self._draw.choice([500, 502, 503]), {"error": "try again"})
        return None

    def _permitted(self, per_minute: float) -> bool:
        now = time.monotonic()
        self._allowed = min(per_minute / 6, self._allowed + (now - self._allowed_at) * per_minute / 60)
        self._allowed_at = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
        self.asked[str(status)] += 1
        told = datetime.fromtimestamp(time.time() + self.moods.clock_seconds, UTC)
        date_ = told.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return JSONResponse(body, status, {"date": date_, **(headers or {})})


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def serve(api: ClinicApi, port: int) -> uvicorn.Server:
    """A server on 127.0.0.1 that ``run()`` starts."""
    return uvicorn.Server(
        uvicorn.Config(
            api.application(), host="127.0.0.1", port=port, log_level="warning", date_header=False, access_log=False
        )
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Serve tables of a PostgreSQL database as a paged REST API.")
    parser.add_argument("url", help="of the database")
    parser.add_argument("tables", nargs="+", help="TABLE or TABLE=KEY; the key is id unless given")
    parser.add_argument("--port", type=int, default=8900)
    options = parser.parse_args(arguments)
    keys = {name: key or "id" for name, _, key in (table.partition("=") for table in options.tables)}
    serve(ClinicApi(PostgresTables(options.url, keys), keys), options.port).run()


if __name__ == "__main__":
    main()
