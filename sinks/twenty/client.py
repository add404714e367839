"""The HTTP client of Twenty: one method, one request, one answer or one `TwentyError`.

It neither retries nor rations: each method says how many requests it costs, and `sinks.gateway` decides when they
leave and which are repeated.
Values of records travel in bodies only, because URLs end up in access logs.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Self
from urllib.parse import quote

import httpx
import orjson

from sinks.twenty.errors import Kind, Refusal, TwentyError, classify, is_refused

# A list of 150 ids makes a URL of 5.5 kB, which 1.10 took; proxies commonly stop at 8 kB.
MAX_IDS_IN_URL = 150
# Some servers stop a mutation by filter at 100 rows.
MAX_IDS_IN_MUTATION = 100
PAGE = 200
_CHUNK = 64 * 1024
_BIN_TOO = "or(deletedAt[is]:NULL,deletedAt[is]:NOT_NULL)"

Record = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page of records; `end_cursor` is what `after` takes to get the next one."""

    records: list[Record]
    end_cursor: str | None
    has_next: bool
    total: int | None


class TwentyClient:
    """`url` is the server's root (`https://api.twenty.com`), `timeout` is in seconds. Not safe to share by threads
    that close it; calls themselves may come from several threads.
    """

    def __init__(self, url: str, api_key: str, *, http: httpx.Client | None = None, timeout: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._http = http if http is not None else httpx.Client(timeout=timeout)
        self._owns_http = http is None

    def close(self) -> None:
        """Closes the connections, unless they were handed in."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Records

    def create_batch(self, object_plural: str, records: Sequence[Record], upsert: bool) -> list[Record]:
        """One request. All or nothing; answers come in any order and may be fewer, so match them by id."""
        query = "?upsert=true" if upsert else ""
        body = self._call(f"write {object_plural}", "POST", f"/rest/batch/{object_plural}{query}", list(records))
        return _rows(body)

    def list_page(
        self,
        plural: str,
        *,
        filter: str | None = None,  # noqa: A002
        limit: int = PAGE,
        after: str | None = None,
        order_by: str | None = None,
    ) -> Page:
        """One request. `filter` is Twenty's REST grammar over ids and times, never over values of a person."""
        query: dict[str, str | int] = {"depth": 0, "limit": limit}
        given = {"filter": filter, "starting_after": after, "order_by": order_by}
        query.update({name: value for name, value in given.items() if value is not None})
        body = self._call(f"list {plural}", "GET", f"/rest/{plural}", query=query)
        info = body.get("pageInfo") or {}
        return Page(_rows(body), info.get("endCursor"), bool(info.get("hasNextPage")), body.get("totalCount"))

    def read_ids(self, plural: str, ids: Sequence[str], *, trashed: bool) -> list[Record]:
        """One request: the records that exist among `ids` (at most 150), with trashed ones where asked for."""
        if len(ids) > MAX_IDS_IN_URL:
            raise ValueError(f"{len(ids)} ids do not fit into one URL; ask for at most {MAX_IDS_IN_URL}")
        if not ids:
            return []
        wanted = f"id[in]:[{','.join(ids)}]"
        if trashed:
            # Rows in the trash show only to a filter that speaks of deletedAt.
            wanted = f"and({wanted},or(deletedAt[is]:NULL,deletedAt[is]:NOT_NULL))"
        return self.list_page(plural, filter=wanted).records

    def find(
        self, plural: str, field: str, values: Sequence[str], trashed: bool, select: Sequence[str] = ("id",)
    ) -> list[Record]:
        """One request: records whose `field` (`emails.primaryEmail`) holds one of `values` (at most 200).

        `select` names the fields of the answer by path; `deletedAt` comes along.
        """
        comparison = "{in: $values}"
        for part in reversed(field.split(".")):
            comparison = f"{{{part}: {comparison}}}"
        bin_too = "{or: [{deletedAt: {is: NULL}}, {deletedAt: {is: NOT_NULL}}]}"
        wanted = f"{{and: [{comparison}, {bin_too}]}}" if trashed else comparison
        fields = _selection((*dict.fromkeys((*select, "id", "deletedAt")),))
        query = (
            f"query($values: [String!]) {{{plural}(filter: {wanted}, first: {PAGE}) {{edges {{node {{{fields}}}}}}}}}"
        )
        data = self.graphql(f"find {plural}", query, {"values": list(values)})
        return [edge["node"] for edge in data[plural]["edges"]]

    def newest_update(self, plural: str, since: datetime) -> datetime | None:
        """One request: the newest `updatedAt` at or after `since`, trashed rows too; None where there is none."""
        wanted = f"and(updatedAt[gte]:{_moment(since)},{_BIN_TOO})"
        page = self.list_page(plural, filter=wanted, order_by="updatedAt[DescNullsLast]", limit=1)
        return datetime.fromisoformat(page.records[0]["updatedAt"]) if page.records else None

    def updated_between(self, plural: str, since: datetime, before: datetime, after: str | None) -> Page:
        """One request: rows updated at or after `since` and before `before`, by id, trashed ones too; after a cursor.

        By id, because a cursor holds milliseconds and the rows of 1.10 microseconds: by time, rows come again, and of
        a batch that is larger than a page for ever (seen).
        """
        wanted = f"and(updatedAt[gte]:{_moment(since)},updatedAt[lt]:{_moment(before)},{_BIN_TOO})"
        return self.list_page(plural, filter=wanted, order_by="id", after=after)

    def delete_many(self, plural: str, ids: Sequence[str]) -> list[Record]:
        """One request: puts live records (at most `MAX_IDS_IN_MUTATION`) into the trash; answers id and deletedAt."""
        return self._by_ids("delete", plural, ids)

    def restore_many(self, plural: str, ids: Sequence[str]) -> list[Record]:
        """One request: takes records out of the trash. 1.10 answers those that were not in it too, purged ones not."""
        return self._by_ids("restore", plural, ids)

    def destroy_many(self, plural: str, ids: Sequence[str]) -> list[Record]:
        """One request: removes records for good, trashed ones too."""
        return self._by_ids("destroy", plural, ids)

    def update(self, plural: str, record_id: str, fields: Mapping[str, Any]) -> Record:
        """One request, also on a record in the trash. Raises TwentyError of kind `not_found` where it is gone."""
        body = self._call(f"update {plural}", "PATCH", f"/rest/{plural}/{record_id}", dict(fields))
        return _single(body)

    def update_many(self, plural: str, ids: Sequence[str], fields: Mapping[str, Any]) -> list[Record]:
        """One request: the same fields on the records that exist of `ids` (at most `MAX_IDS_IN_MUTATION`)."""
        if not ids:
            return []
        query = {"filter": f"id[in]:[{','.join(ids)}]"}
        return _rows(self._call(f"update {plural}", "PATCH", f"/rest/{plural}", dict(fields), query=query))

    def members(self) -> list[Record]:
        """All workspace members; one request for every 200."""
        members, after, more = [], None, True
        while more:
            page = self.list_page("workspaceMembers", after=after)
            members += page.records
            after, more = page.end_cursor, page.has_next
        return members

    def upload(self, name: str, stream: IO[bytes], size: int, content_type: str) -> str:
        """One request; streams `size` bytes and gives the path that an attachment's `fullPath` takes (1.10)."""
        operations = {
            "query": "mutation($file: Upload!) {uploadFile(file: $file, fileFolder: Attachment) {path}}",
            "variables": {"file": None},
        }
        head, tail, boundary = _multipart(operations, name, content_type)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + size + len(tail)),
        }
        body = self._send("upload", "POST", "/graphql", content=_streamed(head, stream, tail), headers=headers)
        return str(body["data"]["uploadFile"]["path"])

    # Metadata: not rationed by Twenty

    def objects(self) -> list[Record]:
        """Every object with its fields, in either of the shapes that Twenty answers; one request for each page."""
        objects, query = [], None
        while True:
            body = self._call("list objects", "GET", "/rest/metadata/objects", query=query)
            objects += _rows(body)
            info = body.get("pageInfo") or {}
            if not info.get("hasNextPage"):
                return objects
            # 1.10 answers all at once and refuses query parameters, so they are sent only for a further page.
            query = {"starting_after": info["endCursor"]}

    def webhooks(self) -> list[Record]:
        """Every webhook of the workspace; one request."""
        return _rows(self._call("list webhooks", "GET", "/rest/metadata/webhooks"))

    def create_object(self, definition: Mapping[str, Any]) -> Record:
        return _single(self._call("create object", "POST", "/rest/metadata/objects", definition))

    def update_object(self, object_id: str, change: Mapping[str, Any]) -> Record:
        return _single(self._call("update object", "PATCH", f"/rest/metadata/objects/{object_id}", change))

    def create_field(self, definition: Mapping[str, Any]) -> Record:
        return _single(self._call("create field", "POST", "/rest/metadata/fields", definition))

    def update_field(self, field_id: str, change: Mapping[str, Any]) -> Record:
        return _single(self._call("update field", "PATCH", f"/rest/metadata/fields/{field_id}", change))

    def delete_object(self, object_id: str) -> None:
        """Two requests: Twenty removes what has been switched off."""
        self._remove("object", f"/rest/metadata/objects/{object_id}")

    def delete_field(self, field_id: str) -> None:
        """Two requests: Twenty removes what has been switched off."""
        self._remove("field", f"/rest/metadata/fields/{field_id}")

    def graphql(
        self, operation: str, query: str, variables: Mapping[str, Any] | None = None, *, path: str = "/graphql"
    ) -> Record:
        """One request; `data` of the answer. `operation` names the call in errors."""
        body = self._call(operation, "POST", path, {"query": query, "variables": dict(variables or {})})
        return dict(body["data"])

    # Transport

    def _by_ids(self, verb: str, plural: str, ids: Sequence[str]) -> list[Record]:
        if not ids:
            return []
        name = f"{verb}{plural[0].upper()}{plural[1:]}"
        query = f"mutation($ids: [UUID!]) {{{name}(filter: {{id: {{in: $ids}}}}) {{id deletedAt}}}}"
        return list(self.graphql(f"{verb} {plural}", query, {"ids": list(ids)})[name])

    def _remove(self, what: str, path: str) -> None:
        self._call(f"switch off {what}", "PATCH", path, {"isActive": False})
        self._call(f"delete {what}", "DELETE", path)

    def _call(
        self, operation: str, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None
    ) -> Record:
        if path.endswith("/"):
            raise ValueError(f"{operation}: a record id is missing; 1.10 takes a path without one for all records")
        content = None if body is None else orjson.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        return self._send(operation, method, path, content=content, headers=headers, query=query)

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        content: bytes | Iterable[bytes] | None,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
    ) -> Record:
        try:
            response = self._http.request(
                method, self._url + path, params=query, content=content, headers={**self._headers, **headers}
            )
            raw = response.content
        except httpx.TransportError as error:
            raise TwentyError(operation, classify(None, None, exc=error)) from None
        try:
            body = orjson.loads(raw) if raw else {}
            if isinstance(body, list):
                body = {"data": body}  # some metadata answers are bare lists
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            if response.status_code >= 400:
                raise TwentyError(operation, classify(response.status_code, raw, headers=response.headers))
            refusal = Refusal(Kind.UNKNOWN_OUTCOME, "the answer is not JSON", response.status_code, recognised=False)
            raise TwentyError(operation, refusal)
        if is_refused(response.status_code, body):
            carries_records = not path.startswith(("/metadata", "/rest/metadata"))
            refusal = classify(response.status_code, body, headers=response.headers, carries_records=carries_records)
            raise TwentyError(operation, refusal)
        return body


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rows(body: Record) -> list[Record]:
    """The list in `data`, whatever name the release gives it (`createPeople`, `people`, `data`, or none)."""
    data = body.get("data")
    if isinstance(data, list):
        return data
    return next((value for value in (data or {}).values() if isinstance(value, list)), [])


def _single(body: Record) -> Record:
    """The record in `data` under whatever name, or the bare body of newer metadata answers."""
    data = body.get("data", body)
    return data if "id" in data else next(value for value in data.values() if isinstance(value, dict))


def _selection(paths: Iterable[str]) -> str:
    """`("id", "name.firstName", "name.lastName")` as GraphQL: `id name {firstName lastName}`."""
    tree: dict[str, list[str]] = {}
    for path in paths:
        name, _, part = path.partition(".")
        tree.setdefault(name, []).extend([part] if part else [])
    return " ".join(f"{name} {{{' '.join(parts)}}}" if parts else name for name, parts in tree.items())


def _multipart(operations: Record, name: str, content_type: str) -> tuple[bytes, bytes, str]:
    """Head, tail and boundary of a GraphQL multipart request with one file."""
    boundary = uuid.uuid4().hex
    fields = {"operations": operations, "map": {"0": ["variables.file"]}}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'.encode()
        + orjson.dumps(value)
        + b"\r\n"
        for field, value in fields.items()
    ]
    disposition = f'form-data; name="0"; filename="{quote(name, safe=" .-_()")}"'
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {content_type}\r\n\r\n".encode()
    return b"".join(parts) + head, f"\r\n--{boundary}--\r\n".encode(), boundary


def _streamed(head: bytes, stream: IO[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    while chunk := stream.read(_CHUNK):
        yield chunk
    yield tail
