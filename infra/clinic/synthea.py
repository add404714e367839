"""Loads Synthea's CSV files into PostgreSQL tables: a source with real-looking histories that nobody here made up.

``python -m infra.clinic.synthea DIRECTORY`` loads into the database that DUALRUN_SOURCE_URL names.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

TABLES = ("organizations", "patients", "encounters", "claims")
"""Files of Synthea's CSV export that are loaded, each with an ``Id`` column; parents first."""


class SyntheaError(ValueError):
    """A file is missing or not as Synthea writes it; names file and line."""


def load(connection: psycopg.Connection[Any], directory: Path) -> dict[str, int]:
    """Make and fill one table for each of TABLES in one transaction; table -> rows.

    Columns are the headers in lower case, all text (empty: NULL), the key is ``id``; ``updated_at`` is the time of
    the load. Raises SyntheaError, and psycopg.errors.DuplicateTable where a table is there already.
    """
    with connection.transaction(), connection.cursor() as cursor:
        return {table: _load(cursor, table, directory / f"{table}.csv") for table in TABLES}


def _load(cursor: psycopg.Cursor[Any], table: str, path: Path) -> int:
    try:
        file = path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise SyntheaError(
            f"{path}: cannot be read ({error.strerror}); give the directory of a Synthea CSV export"
        ) from None
    with file:
        reader = csv.reader(file)
        columns = [name.strip().lower() for name in next(reader, [])]
        if "id" not in columns or len(set(columns)) != len(columns) or "" in columns:
            raise SyntheaError(f"{path}:1: expected a header of different names, ID among them, as Synthea writes it")
        _create(cursor, table, columns)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), names)) as copy:
            for row in reader:
                if len(row) != len(columns):
                    raise SyntheaError(
                        f"{path}:{reader.line_num}: {len(row)} fields; the header has {len(columns)}. Export it again"
                    )
                copy.write_row([value or None for value in row])
    return cursor.rowcount


def _create(cursor: psycopg.Cursor[Any], table: str, columns: Sequence[str]) -> None:
    definitions = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    cursor.execute(
        sql.SQL("create table {} ({}, updated_at timestamptz not null default now(), primary key (id))").format(
            sql.Identifier(table), definitions
        )
    )
    cursor.execute(sql.SQL("create index on {} (updated_at, id)").format(sql.Identifier(table)))


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 loaded, 1 a file or the database is not as expected, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m infra.clinic.synthea", description="Load Synthea's CSV files.")
    parser.add_argument("directory", type=Path, help="holds organizations.csv, patients.csv, …")
    options = parser.parse_args(arguments)
    url = os.environ.get("DUALRUN_SOURCE_URL")
    if not url:
        parser.error("set DUALRUN_SOURCE_URL to the database to load into")
    try:
        with psycopg.connect(url) as connection:
            loaded = load(connection, options.directory)
    except SyntheaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except psycopg.Error as error:
        # its text could quote a row, or the password
        found = f"PostgreSQL refused ({error.sqlstate})" if error.sqlstate else "no connection to PostgreSQL"
        sys.stderr.write(f"{found}: expected DUALRUN_SOURCE_URL to name a database without these tables\n")
        return 1
    sys.stdout.writelines(f"{table}: {rows} rows\n" for table, rows in loaded.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
