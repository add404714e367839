"""What a view reads, as DuckDB parses it: its tables, and the columns that it names of each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from producers.scratch import literal
from schemas.mapping.mistakes import suggestion
from schemas.source import SourceObject


class QueryError(ValueError):
    """The query cannot be run over the objects of a mapping; says why. ``offset``: where in it, in characters."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Query:
    """text: one SELECT. aliases: what it calls its tables, in lower case -> the table. columns: table -> what the query
    names of it, as far as the query alone tells: ``invoices.total``, and ``total`` where there is one table."""

    text: str
    aliases: Mapping[str, str]
    columns: Mapping[str, frozenset[str]]

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.aliases.values())))


def tables_of(objects: Sequence[SourceObject]) -> dict[str, SourceObject]:
    """The tables that views may read, by their names in lower case: all objects but the views themselves."""
    return {(what.relation or what.name).rpartition(".")[2].lower(): what for what in objects if not what.view}


def read_query(text: str, known: Collection[str]) -> Query:
    """``known``: the tables that there are. Raises QueryError."""
    text = text.rstrip().rstrip(";")
    tree = parsed(text)
    common = {entry["key"].lower() for node in _nodes(tree) for entry in node.get("cte_map", {}).get("map", ())}
    aliases: dict[str, str] = {}
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE" and (table := node["table_name"].lower()) not in common:
            if table not in known:
                hint = suggestion(table, known)
                expected = f"expected one of {', '.join(sorted(known))}"
                raise QueryError(f"its query reads {table!r}: {expected}{hint}", offset_of(text, node))
            aliases[(node["alias"] or table).lower()] = table
    tables = set(aliases.values())
    if not tables:
        raise QueryError(f"its query reads no object: expected one of {', '.join(sorted(known))}")
    columns: dict[str, set[str]] = defaultdict(set)
    for node in _nodes(tree):
        match node.get("column_names") if node.get("type") == "COLUMN_REF" else None:
            case [alias, column] if alias.lower() in aliases:
                columns[aliases[alias.lower()]].add(column)
            case [column] if len(tables) == 1:
                columns[next(iter(tables))].add(column)
    return Query(text, aliases, {table: frozenset(columns[table]) for table in tables})


def parsed(text: str) -> dict[str, Any]:
    """DuckDB's tree of one SELECT. Raises QueryError."""
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT json_serialize_sql({literal(text)})").fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise QueryError(f"its query cannot be read: {tree.get('error_message')}", offset_of(text, tree))
    if len(tree["statements"]) != 1:
        raise QueryError("expected one SELECT, found several statements")
    return tree


def offset_of(text: str, place: Mapping[str, Any]) -> int:
    """Where something lies in a query, in characters: DuckDB counts bytes, and not for everything."""
    at, found = int(place.get("query_location", place.get("position", 0))), text.encode()
    return len(found[:at].decode(errors="ignore")) if at < len(found) else 0


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
