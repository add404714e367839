"""Whether the views of a mapping can be run, without any row: over empty tables with the columns that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import duckdb

from producers.query import Query, QueryError, offset_of, parsed, read_query, tables_of
from producers.scratch import quoted
from schemas.mapping import SystemMapping
from schemas.mapping.check import named_columns
from schemas.mapping.mistakes import Location, Mistake, suggestion
from schemas.source import SourceObject

_DESCRIBE = "DESCRIBE "
_TEXTS = "all columns are texts: read numbers and times out of them with try_cast and try_strptime"
_NO_COLUMN = re.compile(
    r'Table "(?P<alias>[^"]+)" does not have a column named "(?P<of_alias>[^"]+)"'
    r'|Referenced column "(?P<alone>[^"]+)" not found'
)


def view_mistakes(mapping: SystemMapping) -> Iterator[Mistake]:
    """Syntax, tables, columns and types of every view, and whether it gives what the object's parts read."""
    tables = tables_of(mapping.sources)
    columns: dict[str, list[str]] = {}
    for table, what in tables.items():
        named = named_columns(mapping.objects[what.name]) - set(what.exclude)
        columns[table] = sorted({column.lower(): column for column in sorted(named)}.values())
    for name, mapped in mapping.objects.items():
        text = mapped.source.view
        if text is None:
            continue
        where: Location = ("objects", name, "source", "view")
        try:
            query = read_query(text, tables)
        except QueryError as error:
            yield Mistake(where, str(error), error.offset)
            continue
        given = yield from _bound(where, query, {table: columns[table] for table in query.tables}, tables)
        for column in sorted(named_columns(mapped) - given) if given else ():
            yield missing(name, column, "its view gives", given)


def missing(name: str, column: str, what: str, given: set[str]) -> Mistake:
    """A column that an object's mapping reads and its source does not have."""
    hint = suggestion(column, given) or f"; it has {', '.join(sorted(given))}"
    return Mistake(("objects", name), f"{what} no column {column!r}{hint}", named=column)


def query_doubts(mapping: SystemMapping) -> Iterator[Mistake]:
    """Queries for a database that DuckDB cannot read: its grammar was PostgreSQL's once, so most are mistakes."""
    for name, mapped in mapping.objects.items():
        if mapped.source.query is not None:
            try:
                parsed(mapped.source.query)
            except QueryError as error:
                said = f"{error}. That is DuckDB's word, and the database may see it otherwise: ask it with --settings"
                yield Mistake(("objects", name, "source", "query"), said, error.offset)


def _bound(
    where: Location, query: Query, columns: Mapping[str, list[str]], tables: Mapping[str, SourceObject]
) -> Generator[Mistake, None, set[str]]:
    """Returns the columns of the result, none where there is a mistake. Unknown columns are told of one after another:
    each is then taken for granted, because DuckDB names only the first."""
    seen: set[str] = set()
    with duckdb.connect(config={"errors_as_json": True}) as connection:
        for table, named in columns.items():
            connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join(f'{quoted(one)} VARCHAR' for one in named)})")
        while True:
            try:
                result = connection.execute(f"{_DESCRIBE}{query.text}").fetchall()
            except duckdb.Error as error:
                told = _told(error)
            else:
                return set() if seen else {row[0] for row in result}
            message = str(told["exception_message"])
            offset = offset_of(_DESCRIBE + query.text, told) - len(_DESCRIBE)
            found = _NO_COLUMN.search(message)
            if found is None:
                hint = f"; {_TEXTS}" if "VARCHAR" in message else ""
                yield Mistake(where, f"its query cannot be run: {message.splitlines()[0]}{hint}", offset)
                return set()
            column = found["of_alias"] or found["alone"]
            table = query.aliases.get((found["alias"] or "").lower(), query.tables[0])
            if column in seen:
                yield Mistake(where, f"its query reads a column {column!r} that nothing in it has", offset)
                return set()
            seen.add(column)
            if found["alias"] or len(columns) == 1:
                among, read = columns[table], tables[table].name
                said = f"{read} names no column {column!r}", f"`for_views` of {read}"
            else:
                among = sorted({one for named in columns.values() for one in named})
                said = f"no object that it reads names a column {column!r}", "`for_views` of that object"
            hint = f"{said[0]}{suggestion(column, among)}; if the source has it, list it under {said[1]}"
            yield Mistake(where, hint, offset)
            connection.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(column)} VARCHAR")


def _told(error: duckdb.Error) -> dict[str, Any]:
    """What DuckDB says of an error, as an object: its text is a word and JSON."""
    text = str(error)
    try:
        told: dict[str, Any] = json.loads(text[text.index("{") :])
    except ValueError:
        return {"exception_message": text}
    return told
