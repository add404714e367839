"""The REST API on records (`/rest/…`), as Twenty 1.10 routes and answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.standin.duplicates import duplicates
from infra.standin.errors import bad_request, not_found
from infra.standin.files import Files
from infra.standin.filters import Filter, Node, compile_filter, rest_filter, rest_order
from infra.standin.gate import Gate
from infra.standin.model import ObjectType, Row
from infra.standin.records import Table
from infra.standin.scalars import is_record_id
from infra.standin.workspace import Workspace

_DEFAULT_LIMIT = 60
_MAX_LIMIT = 200

Answer = tuple[int, dict[str, Any]]


class RestApi:
    """One call is one method, path, query and decoded body in; status and body out. Raises ApiError to refuse."""

    def __init__(self, workspace: Workspace, gate: Gate, files: Files, base_url: str) -> None:
        self._workspace = workspace
        self._gate = gate
        self._files = files
        self._base_url = base_url

    def handle(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        if self._workspace.era.restore_path == "trailing":
            segments = [part for part in path.removeprefix("/rest").split("/") if part]
            if method == "PATCH" and segments[-1] == "restore" and len(segments) in (2, 3):
                return self._restore(self._workspace.by_plural(segments[0]), query, segments[1:-1])
        else:
            # 1.10 cuts every "/rest" out of the path, so `/people/restore/x` asks for an object called "peopleore".
            segments = [part for part in path.replace("/rest", "").split("/") if part]
        if self._workspace.era.restore_path == "leading" and path.startswith("/rest/restore/"):
            segments = [part for part in path.removeprefix("/rest/restore").split("/") if part]
            if method == "PATCH" and len(segments) == 1:
                return self._restore(self._workspace.by_plural(segments[0]), query, [])
        elif len(segments) == 2 and segments[1] == "duplicates" and method == "POST":
            return self._duplicates(self._workspace.by_plural(segments[0]), query, body)
        elif len(segments) == 2 and segments[0] == "batch" and method == "POST":
            return self._create_many(self._workspace.by_plural(segments[1]), query, body)
        elif len(segments) in (1, 2):
            table = self._workspace.by_plural(segments[0])
            if len(segments) == 2 and not is_record_id(segments[1]):
                raise bad_request(f"'{segments[1]}' is not a valid UUID")
            return self._record_call(method, table, segments[1].lower() if len(segments) == 2 else None, query, body)
        examples = "/rest/companies/id or /rest/companies or /rest/batch/companies"
        raise bad_request(f"Query path '{path}' invalid. Valid examples: {examples}")

    def _record_call(
        self, method: str, table: Table, identity: str | None, query: Mapping[str, str], body: Any
    ) -> Answer:
        if method == "GET":
            return self._list(table, query) if identity is None else self._get(table, identity, query)
        if method == "POST" and identity is None:
            return self._create(table, query, body)
        if method in ("PATCH", "PUT") and identity is not None:
            return self._update(table, identity, body)
        if method in ("PATCH", "PUT") and query.get("filter"):
            return self._update_many(table, query, body)
        if method == "DELETE" and identity is not None:
            return self._delete(table, identity, query)
        if method == "DELETE" and query.get("filter"):
            return self._delete_many(table, query)
        raise bad_request(f"{method} needs a record id: /rest/{table.of.name_plural}/id")

    # Reading

    def _list(self, table: Table, query: Mapping[str, str]) -> Answer:
        limit, depth = _limit(query), self._depth(query)
        self._gate.admit("list", table.of)
        order = rest_order(table.of, query.get("order_by", ""))
        wanted = compile_filter(table.of, _filter_node(query))
        key = (query.get("filter"), query.get("order_by"))
        after, before = query.get("starting_after"), query.get("ending_before")
        if after and before:
            raise bad_request("Only one of 'starting_after' and 'ending_before' may be given")
        page = table.find(key, wanted, order, after, limit, before)
        rows = self._rendered(table, page.rows, depth)
        info = {
            "startCursor": order.cursor(page.rows[0]) if page.rows else None,
            "endCursor": order.cursor(page.rows[-1]) if page.rows else None,
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
        }
        return 200, {"data": {table.of.name_plural: rows}, "totalCount": page.total, "pageInfo": info}

    def _get(self, table: Table, identity: str, query: Mapping[str, str]) -> Answer:
        depth = self._depth(query)
        self._gate.admit("get", table.of)
        row = _there(table, identity)
        if row["deletedAt"] is not None:
            raise not_found()
        return 200, {"data": {table.of.name_singular: self._rendered(table, [row], depth)[0]}}

    def _rendered(self, table: Table, rows: list[Row], depth: int) -> list[Row]:
        if table.of.name_singular == "attachment":
            rows = [self._files.signed(row, self._base_url) for row in rows]
        if depth == 0:
            return rows
        rows = [dict(row) for row in rows]
        by_id = {row["id"]: row for row in rows}
        for field in table.of.fields:
            if field.relation is None:
                continue
            target = self._workspace.by_id(field.relation.target_object)
            if target is None:
                continue
            if field.column is not None:
                for row in rows:
                    row[field.name] = target.rows.get(row[field.column])
                continue
            for row in rows:
                row[field.name] = []
            other = next(one for one in target.of.fields if one.id == field.relation.target_field)
            for child in target.rows.values():
                parent = by_id.get(child[str(other.column)])
                if parent is not None and child["deletedAt"] is None:
                    parent[field.name].append(child)
        return rows

    def _depth(self, query: Mapping[str, str]) -> int:
        text = query.get("depth", self._workspace.era.default_depth)
        if text not in ("0", "1"):
            raise bad_request(f"'depth={text}' parameter invalid. Allowed values are 0, 1")
        return int(text)

    # Writing

    def _create(self, table: Table, query: Mapping[str, str], body: Any) -> Answer:
        self._gate.admit("create", table.of)
        rows = self._workspace.create(table, [body], upsert=query.get("upsert") == "true")
        return 201, {"data": {f"create{_pascal(table.of)}": self._rendered(table, rows, 0)[0]}}

    def _create_many(self, table: Table, query: Mapping[str, str], body: Any) -> Answer:
        upsert = query.get("upsert") == "true"
        self._gate.admit("upsert" if upsert else "create", table.of)
        if not isinstance(body, list):
            raise bad_request("Body must be an array of records")
        rows = self._workspace.create(table, body, upsert=upsert)
        return 201, {"data": {f"create{_pascal_plural(table.of)}": self._rendered(table, rows, 0)}}

    def _update(self, table: Table, identity: str, body: Any) -> Answer:
        self._gate.admit("update", table.of)
        rows = self._workspace.update(table, [_there(table, identity)], body)
        return 200, {"data": {f"update{_pascal(table.of)}": self._rendered(table, rows, 0)[0]}}

    def _delete(self, table: Table, identity: str, query: Mapping[str, str]) -> Answer:
        """Destroys for good unless `soft_delete=true`."""
        soft = query.get("soft_delete") == "true"
        self._gate.admit("delete" if soft else "destroy", table.of)
        row = _there(table, identity)
        (self._workspace.trash if soft else self._workspace.destroy)(table, [row])
        return 200, {"data": {f"delete{_pascal(table.of)}": {"id": identity}}}

    def _update_many(self, table: Table, query: Mapping[str, str], body: Any) -> Answer:
        self._gate.admit("update", table.of)
        rows = list(table.matching(compile_filter(table.of, _filter_node(query)), with_trashed=True))
        rows = self._workspace.update(table, rows, body)
        return 200, {"data": {f"update{_pascal_plural(table.of)}": self._rendered(table, rows, 0)}}

    def _delete_many(self, table: Table, query: Mapping[str, str]) -> Answer:
        soft = query.get("soft_delete") == "true"
        self._gate.admit("delete" if soft else "destroy", table.of)
        rows = list(table.matching(compile_filter(table.of, _filter_node(query)), with_trashed=True))
        (self._workspace.trash if soft else self._workspace.destroy)(table, rows)
        return 200, {"data": {f"delete{_pascal_plural(table.of)}": [{"id": row["id"]} for row in rows]}}

    def _duplicates(self, table: Table, query: Mapping[str, str], body: Any) -> Answer:
        depth = self._depth(query)
        self._gate.admit("duplicates", table.of)
        ids, data = body.get("ids"), body.get("data")
        if bool(ids) == bool(data):
            both = "You cannot provide both" if ids else "You have to provide either"
            raise bad_request(f'{both} "data" {"and" if ids else "or"} "ids" argument{"s" if ids else ""}')
        records = [table.rows[one] for one in ids if one in table.rows] if ids else [table.values(one) for one in data]
        name = f"{table.of.name_singular}Duplicates"
        found = [self._rendered(table, duplicates(table, record)[:_MAX_LIMIT], depth) for record in records]
        order = rest_order(table.of, "")
        return 200, {
            "data": [
                {
                    name: rows,
                    "totalCount": len(rows),
                    "pageInfo": {
                        "hasNextPage": False,
                        "hasPreviousPage": False,
                        "startCursor": order.cursor(rows[0]) if rows else None,
                        "endCursor": order.cursor(rows[-1]) if rows else None,
                    },
                }
                for rows in found
            ]
        }

    def _restore(self, table: Table, query: Mapping[str, str], ids: list[str]) -> Answer:
        self._gate.admit("restore", table.of)
        if ids:
            row = table.rows.get(ids[0].lower())
            if row is None or row["deletedAt"] is None:
                raise not_found()
            rows = self._workspace.restore(table, [row])
            return 200, {"data": {f"restore{_pascal(table.of)}": self._rendered(table, rows, 0)[0]}}
        wanted: Filter = compile_filter(table.of, _filter_node(query))
        rows = self._workspace.restore(table, table.matching(wanted, with_trashed=True))
        return 200, {"data": {f"restore{_pascal_plural(table.of)}": self._rendered(table, rows, 0)}}


def _there(table: Table, identity: str) -> Row:
    """Also a row in the trash: 1.10 changes it there, and only reads do not see it."""
    row = table.rows.get(identity)
    if row is None:
        raise not_found()
    return row


def _filter_node(query: Mapping[str, str]) -> Node:
    text = query.get("filter")
    return rest_filter(text) if text else Node("and")


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit")
    if text is None:
        return _DEFAULT_LIMIT
    if not text.isdigit():
        raise bad_request(f"limit '{text}' is invalid. Should be an integer")
    return min(int(text), _MAX_LIMIT)


def _pascal(of: ObjectType) -> str:
    return of.name_singular[0].upper() + of.name_singular[1:]


def _pascal_plural(of: ObjectType) -> str:
    return of.name_plural[0].upper() + of.name_plural[1:]
