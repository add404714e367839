"""Whether a database has what a mapping reads of it: asked of the database itself, without reading a row."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import psycopg
from psycopg import errors

from producers.session import Session, quoted
from producers.view_check import missing
from schemas.mapping import SystemMapping
from schemas.mapping.check import named_columns
from schemas.mapping.mistakes import Location, Mistake, suggestion

_TABLES = """
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_ROWS = "SELECT * FROM "


def database_mistakes(mapping: SystemMapping, url: str, *, apart: frozenset[str]) -> Iterator[Mistake]:
    """Every table, query and column of a mapping that the database does not have. ``apart``: objects from elsewhere.

    Raises SourceError when the database cannot be asked.
    """
    session = Session(url, watches=False, statement_seconds=10)
    try:
        for name, mapped in mapping.objects.items():
            source = mapped.source
            if source.view is not None or name in apart:
                continue
            given = yield from _given(session, ("objects", name, "source"), source.relation, source.query)
            for column in sorted(named_columns(mapped) - given) if given else ():
                yield missing(name, column, f"{source.relation or 'its query'} has", given)
        for position, export in enumerate(mapping.exports):
            yield from _given(session, ("exports", position), export.relation, export.query)
    finally:
        session.close()


def _given(
    session: Session, where: Location, relation: str | None, query: str | None
) -> Generator[Mistake, None, set[str]]:
    """The columns of a table or a query; none where there is a mistake."""
    if relation:
        at: Location = (*where, "relation")
        rows = ".".join(map(quoted, relation.split("."))).replace("%%", "%")  # without parameters, a % is no mark
    else:
        at, rows = (*where, "query"), f"({(query or '').rstrip().rstrip(';')}\n) AS rows_of_query"
    with session.errors(f"asking for {relation or 'the columns of a query'}"):
        connection = session.connect()
        try:
            cursor = connection.execute(f"{_ROWS}{rows} LIMIT 0".encode())
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            tables = [row[0] for row in connection.execute(_TABLES).fetchall()]
            short = [table.removeprefix("public.") for table in tables]
            hint = suggestion(relation or str(error.diag.message_primary).split('"')[1], [*short, *tables])
            yield Mistake(at, f"{error.diag.message_primary}{hint}", _offset(error))
        except (errors.InsufficientPrivilege, psycopg.OperationalError):
            raise
        except (psycopg.ProgrammingError, psycopg.DataError) as error:
            hint = f" {error.diag.message_hint}" if error.diag.message_hint else ""
            yield Mistake(at, f"the database says: {error.diag.message_primary}.{hint}", _offset(error))
        else:
            return {column.name for column in cursor.description or ()}
    return set()


def _offset(error: psycopg.Error) -> int:
    """Where in the query, in characters."""
    return max(0, int(error.diag.statement_position or 1) - len(f"{_ROWS}(") - 1)
