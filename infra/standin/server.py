"""The HTTP shell: authentication, bodies, routes and the control surface for tests."""

from __future__ import annotations

import asyncio
import hmac
import math
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from infra.standin.answers import Answers
from infra.standin.control import Control
from infra.standin.errors import ApiError, oversize_body, read_timeout, schema_error
from infra.standin.files import Files
from infra.standin.gate import Gate
from infra.standin.graphql import MetadataApi, RecordsApi, execute, is_mutation, root_fields
from infra.standin.metadata import Metadata
from infra.standin.metadata_rest import MetadataRest
from infra.standin.processes import Processes
from infra.standin.rest import RestApi
from infra.standin.webhooks import Courier, WebhookApi
from infra.standin.workspace import Workspace

MAX_BODY = 10 * 1024 * 1024
# A multipart body carries a little more than the file itself.
_MULTIPART_MARGIN = 64 * 1024

Endpoint = Callable[[Request], Awaitable[Response]]


class Server:
    def __init__(
        self, workspace: Workspace, gate: Gate, answers: Answers, files: Files, *, api_key: str, base_url: str
    ) -> None:
        self._workspace = workspace
        self._gate = gate
        self._answers = answers
        self._processes = Processes(workspace)
        self._files = files
        self._key = api_key.encode()
        self._metadata = Metadata(workspace)
        self._metadata_rest = MetadataRest(workspace, self._metadata)
        self._rest = RestApi(workspace, gate, files, base_url)
        self._records = RecordsApi(workspace, gate, files, base_url)
        self._metadata_api = MetadataApi(workspace, self._metadata, files, base_url)
        self._webhooks = WebhookApi(workspace)
        courier = Courier(workspace, gate.faults, Random())  # noqa: S311 - no secret hangs on it
        workspace.on_events = courier.hear
        workspace.has_file = files.has
        self._control = Control(workspace, gate, answers, files, courier, self._processes)

    def app(self) -> Starlette:
        every = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        return Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/rest/webhooks", self._guarded(self._rest_webhooks), methods=every),
                Route("/rest/webhooks/{id}", self._guarded(self._rest_webhooks), methods=every),
                Route("/rest/metadata/webhooks", self._guarded(self._rest_webhooks), methods=every),
                Route("/rest/metadata/webhooks/{id}", self._guarded(self._rest_webhooks), methods=every),
                Route("/rest/metadata/{tail:path}", self._guarded(self._rest_metadata), methods=every),
                Route("/rest/{tail:path}", self._guarded(self._rest_records), methods=every),
                Route("/graphql", self._graphql, methods=["POST"]),
                Route("/metadata", self._metadata_graphql, methods=["POST"]),
                Route("/files/{folder}/{token}/{name}", self._download),
                Route("/standin/{verb}", self._guarded(self._steer), methods=["GET", "POST"]),
            ]
        )

    # Shell

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            try:
                self._authenticate(request)
                return await endpoint(request)
            except ApiError as error:
                return self._refused(error)

        return guarded

    def _authenticate(self, request: Request) -> None:
        header = request.headers.get("authorization")
        if not header:
            raise ApiError(403, "FORBIDDEN_EXCEPTION", "Missing authentication token")
        if not hmac.compare_digest(header.removeprefix("Bearer ").encode(), self._key):
            raise ApiError(401, "UNAUTHENTICATED", "No payload", code="UNAUTHENTICATED", sub_code="UNAUTHENTICATED")

    async def _body(self, request: Request, largest: float = MAX_BODY) -> Any:
        if int(request.headers.get("content-length", 0)) > largest:
            raise oversize_body()
        body = await request.body()
        if not body:
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            message = f"{error.msg} in JSON at position {error.pos} (line {error.lineno} column {error.colno})"
            raise ApiError(400, "Bad Request", message, single=True) from None

    async def _after_commit(self, request: Request, answer: Response, *, writes: bool) -> Response:
        """Spends the faults that strike between the commit and the answer."""
        faults = self._gate.faults
        if faults.spend("slow"):
            await asyncio.sleep(faults.delay_s)
        if writes and answer.status_code < 300:
            if faults.spend("drop_after_commit"):
                request.scope["standin.transport"].abort()
            elif faults.spend("500_after_commit"):
                return self._refused(read_timeout())
        return answer

    # Records

    def _refused(self, error: ApiError) -> Response:
        said = self._answers.say(error)
        if not said.message:
            return Response(status_code=said.status, media_type="application/json")
        return _json(said.status, said.rest_body(), said.headers)

    def _never_arrived(self, request: Request) -> Response | None:
        """Spends the faults that strike before the server sees a call on records."""
        faults = self._gate.faults
        if faults.spend("drop_before_commit"):
            request.scope["standin.transport"].abort()
            return Response(status_code=500)
        for status in (502, 503):
            if faults.spend(str(status)):
                return Response("<html>upstream</html>", status, media_type="text/html")
        return None

    async def _rest_records(self, request: Request) -> Response:
        body = await self._body(request)
        lost = self._never_arrived(request)
        if lost is not None:
            return lost
        try:
            with self._processes.call():
                answer = _json(*self._rest.handle(request.method, request.url.path, request.query_params, body))
        except ApiError as error:
            answer = self._refused(error)
        return await self._after_commit(request, answer, writes=request.method != "GET")

    async def _graphql(self, request: Request) -> Response:
        payload: Any = None
        try:
            payload = await self._graphql_payload(request)
            self._authenticate(request)
        except ApiError as error:
            return self._graphql_refusal(error, payload)
        lost = self._never_arrived(request)
        if lost is not None:
            return lost
        with self._processes.call():
            answer = _json(*execute(payload, self._records.resolve, self._answers))
        return await self._after_commit(request, answer, writes=is_mutation(payload))

    async def _graphql_payload(self, request: Request) -> Any:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await self._body(request)
        if int(request.headers.get("content-length", 0)) > self._files.max_bytes + _MULTIPART_MARGIN:
            raise self._files.oversize()
        form = await request.form()
        try:
            payload = orjson.loads(str(form["operations"]))
            mapping = orjson.loads(str(form["map"]))
        except (KeyError, orjson.JSONDecodeError):
            raise schema_error("Missing multipart field 'operations' or 'map'.") from None
        for part, paths in mapping.items():
            upload = form.get(part)
            if not isinstance(upload, UploadFile):
                raise schema_error(f"File missing in the request: '{part}'.")
            if (upload.size or 0) > self._files.max_bytes:
                raise self._files.oversize()
            for path in paths:
                *parents, last = path.split(".")
                target = payload
                for key in parents:
                    target = target[int(key)] if isinstance(target, list) else target[key]
                target[last] = upload
        return payload

    async def _download(self, request: Request) -> Response:
        try:
            return FileResponse(self._files.find(**request.path_params))
        except ApiError as error:
            return self._refused(error)

    def _graphql_refusal(self, error: ApiError, payload: Any) -> Response:
        if error.status == 403:
            # Without a token 1.10 serves a schema that has no record types.
            kind = "Mutation" if is_mutation(payload) else "Query"
            errors = [
                {"message": f'Cannot query field "{name}" on type "{kind}".', "locations": [{"line": 1, "column": 2}]}
                for name in root_fields(payload)
            ]
            return _json(200, {"errors": errors})
        if error.status == 401:
            return _json(200, {"errors": [self._answers.say(error).graphql_error()]})
        return self._refused(error)

    async def _health(self, request: Request) -> Response:
        return _json(200, {"status": "ok", "info": {}, "error": {}, "details": {}})

    # Metadata

    async def _rest_metadata(self, request: Request) -> Response:
        tail = request.path_params["tail"]
        asked = f"{tail}?{request.url.query}" if request.url.query else tail
        body = await self._body(request)
        answer = _json(*self._metadata_rest.handle(request.method, tail, request.query_params, asked, body))
        await self._metadata_delay()
        return answer

    async def _metadata_delay(self) -> None:
        if self._gate.faults.spend("slow_metadata"):
            await asyncio.sleep(self._gate.faults.delay_s)

    async def _rest_webhooks(self, request: Request) -> Response:
        body = await self._body(request)
        return _json(*self._webhooks.handle(request.method, request.path_params.get("id", ""), body))

    async def _metadata_graphql(self, request: Request) -> Response:
        try:
            self._authenticate(request)
            payload = await self._graphql_payload(request)
        except ApiError as error:
            return self._graphql_refusal(error, None)
        answer = _json(*execute(payload, self._metadata_api.resolve, self._answers))
        await self._metadata_delay()
        return answer

    # Control surface

    async def _steer(self, request: Request) -> Response:
        body = await self._body(request, largest=math.inf)
        return _json(*self._control.handle(request.method, request.path_params["verb"], body))


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json; charset=utf-8")
