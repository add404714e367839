"""REST on objects and fields (`/rest/metadata/…`), in the two shapes that Twenty has answered them in."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from infra.standin.errors import bad_request, metadata_path_error
from infra.standin.metadata import Metadata
from infra.standin.scalars import is_record_id
from infra.standin.workspace import Workspace

_DEFAULT_LIMIT = 60
_MAX_LIMIT = 200

Answer = tuple[int, Any]
Rows = list[dict[str, Any]]


class MetadataRest:
    """One call is one method, path after `/rest/metadata/`, query and body in; status and body out.

    1.10 wraps what it answers, lists everything at once and knows no query parameters; later releases answer objects
    and fields bare, in pages. Raises ApiError to refuse.
    """

    def __init__(self, workspace: Workspace, metadata: Metadata) -> None:
        self._workspace = workspace
        self._metadata = metadata

    def handle(self, method: str, tail: str, query: Mapping[str, str], asked: str, body: dict[str, Any]) -> Answer:
        """`asked` is the path with its query string, as refusals quote it."""
        kind, _, identity = tail.partition("/")
        direct = self._workspace.era.metadata == "direct"
        if kind not in ("objects", "fields") or (query and not direct):
            raise metadata_path_error(f"/rest/metadata/{asked}", asked)
        if method == "GET" and not identity:
            rows = self._rows(kind)
            return 200, _page(rows, query) if direct else _all(kind, rows)
        status, verb, found = self._one(method, kind, identity, body)
        name = f"{verb}One{kind[:-1].capitalize()}" if verb else kind[:-1]
        return status, found if direct else {"data": {name: found}}

    def _rows(self, kind: str) -> Rows:
        return self._metadata.objects() if kind == "objects" else self._metadata.fields()

    def _one(self, method: str, kind: str, identity: str, body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        """Status, verb and the object or field itself."""
        metadata, objects = self._metadata, kind == "objects"
        if method == "GET":
            if objects:
                return 200, "", metadata.object_json(metadata.find_object(identity))
            return 200, "", metadata.field_json(*metadata.find_field(identity))
        if method == "POST" and not identity:
            if objects:
                return 201, "create", metadata.object_json(metadata.create_object(body))
            return 201, "create", metadata.field_json(*metadata.create_field(body))
        if method in ("PATCH", "PUT") and identity:
            if objects:
                return 200, "update", metadata.object_json(metadata.update_object(identity, body))
            return 200, "update", metadata.field_json(*metadata.update_field(identity, body))
        if method == "DELETE" and identity:
            gone = metadata.delete_object(identity) if objects else metadata.delete_field(identity)
            return 200, "delete", {"id": gone.id}
        raise metadata_path_error(f"/rest/metadata/{kind}/{identity}", f"{kind}/{identity}")


def _all(kind: str, rows: Rows) -> dict[str, Any]:
    # The cursors are what 1.10 answers: base64 of "arrayconnection:<index>".
    info = {"hasNextPage": False, "startCursor": _array_cursor(0), "endCursor": _array_cursor(len(rows) - 1)}
    return {"data": {kind: rows}, "pageInfo": info}


def _array_cursor(index: int) -> str:
    return base64.b64encode(f"arrayconnection:{index}".encode()).decode()


def _page(rows: Rows, query: Mapping[str, str]) -> dict[str, Any]:
    """A page whose cursors are ids."""
    limit_text, after, before = query.get("limit", ""), query.get("starting_after"), query.get("ending_before")
    if limit_text and not limit_text.isdigit():
        raise bad_request(f"limit '{limit_text}' is invalid. Should be an integer")
    if after and before:
        raise bad_request("Only one of 'starting_after' and 'ending_before' may be given")
    limit = min(int(limit_text or _DEFAULT_LIMIT), _MAX_LIMIT)
    ids = [row["id"] for row in rows]
    for cursor in (after, before):
        if cursor and (not is_record_id(cursor) or cursor not in ids):
            raise bad_request(f"Invalid cursor: {cursor}")
    end = ids.index(before) if before else len(ids)
    start = ids.index(after) + 1 if after else max(0, end - limit) if before else 0
    page = rows[start : min(start + limit, end)]
    info = {
        "hasNextPage": start + len(page) < len(rows),
        "hasPreviousPage": start > 0,
        "startCursor": page[0]["id"] if page else None,
        "endCursor": page[-1]["id"] if page else None,
    }
    return {"data": page, "pageInfo": info, "totalCount": len(rows)}
