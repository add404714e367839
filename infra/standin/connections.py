"""`connect` and `disconnect` in place of a relation's id: `{company: {connect: {where: {domainName: …}}}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.standin.errors import ApiError, bad_request
from infra.standin.filters import Path, value_at
from infra.standin.model import Field, Row
from infra.standin.records import Table


def connected(tables: Mapping[str, Table], table: Table, record: Any) -> Any:
    """The record with ids in place of every connect and disconnect. Raises ApiError, in the words of 1.10."""
    if not isinstance(record, dict):
        return record
    changed: Row = {}
    for key, value in record.items():
        if not isinstance(value, dict) or not value.keys() & {"connect", "disconnect"}:
            continue
        field = table.of.field_named(key)
        if field is None or field.relation is None or field.column is None:
            raise _refused("CONNECT_NOT_ALLOWED", f"Connect is not allowed for {key} on {table.of.name_singular}")
        if record.get(field.column) is not None:
            raise _refused("CONNECT_NOT_ALLOWED", f"{key} and {field.column} cannot be both provided.")
        changed[field.column] = None if "connect" not in value else _found(tables, field, value["connect"])
    if not changed:
        return record
    kept = {key: value for key, value in record.items() if f"{key}Id" not in changed}
    return {**kept, **changed}


def _found(tables: Mapping[str, Table], field: Field, connect: Any) -> str:
    assert field.relation is not None
    target = next(table for table in tables.values() if table.of.id == field.relation.target_object)
    where = connect.get("where") if isinstance(connect, dict) else None
    paths = {one.name: one.unique_path for one in target.of.fields if one.is_unique or one.name == "id"}
    if not isinstance(where, dict) or not where.keys() & paths.keys():
        text = "Missing required fields: at least one unique constraint have to be fully populated"
        raise _refused("CONNECT_UNIQUE_CONSTRAINT_ERROR", f"{text} for '{field.name}'.")
    for name in where:
        if name not in paths:
            text = f"Field {name} is not a unique constraint field for '{field.name}'."
            raise _refused("CONNECT_UNIQUE_CONSTRAINT_ERROR", text)
    wanted = {paths[name]: value_at(where, paths[name]) for name in where}
    rows = [
        row
        for row in target.rows.values()
        if row["deletedAt"] is None and all(value_at(row, path) == value for path, value in wanted.items())
    ]
    if len(rows) != 1:
        told = " and ".join(f"{_column(path)} = {value}" for path, value in wanted.items())
        text = f"Expected 1 record to connect to {field.name}, but found {len(rows)} for {told}"
        raise _refused("CONNECT_RECORD_NOT_FOUND", text)
    return str(rows[0]["id"])


def _column(path: Path) -> str:
    name, part = path
    return name if part is None else f"{name}{part[0].upper()}{part[1:]}"


def _refused(code: str, message: str) -> ApiError:
    return bad_request(message, sub_code=code)
