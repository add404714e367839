"""What a query reads, as DuckDB parses it: its tables, and the columns that it names of each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from producers.scratch import literal


class QueryError(ValueError):
    """The query cannot be run over the objects of a mapping; says why."""


@dataclass(frozen=True, slots=True)
class Query:
    """text: one SELECT. tables: those that it reads, in lower case. columns: table -> what the query names of it, as
    far as the query alone tells: ``invoices.total``, and ``total`` where there is one table."""

    text: str
    tables: tuple[str, ...]
    columns: Mapping[str, frozenset[str]]


def read_query(text: str, known: Collection[str]) -> Query:
    """``known``: the tables that there are. Raises QueryError."""
    text = text.strip().rstrip(";")
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT json_serialize_sql({literal(text)})").fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise QueryError(f"its query cannot be read: {tree.get('error_message')}")
    common = {entry["key"].lower() for node in _nodes(tree) for entry in node.get("cte_map", {}).get("map", ())}
    aliases: dict[str, str] = {}
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE" and (table := node["table_name"].lower()) not in common:
            if table not in known:
                raise QueryError(f"its query reads {table!r}: expected one of {', '.join(sorted(known))}")
            aliases[(node["alias"] or table).lower()] = table
    tables = tuple(sorted(set(aliases.values())))
    if not tables:
        raise QueryError(f"its query reads no object: expected one of {', '.join(sorted(known))}")
    columns: dict[str, set[str]] = defaultdict(set)
    for node in _nodes(tree):
        match node.get("column_names") if node.get("type") == "COLUMN_REF" else None:
            case [alias, column] if alias.lower() in aliases:
                columns[aliases[alias.lower()]].add(column)
            case [column] if len(tables) == 1:
                columns[tables[0]].add(column)
    return Query(text, tables, {table: frozenset(columns[table]) for table in tables})


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
