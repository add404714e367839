"""The rows of a source in a DuckDB file of this process alone, for counting: flat memory, thrown away at the end.

Tables and columns are numbered, whatever the source calls them. Every value is a text here, trimmed, NULL where blank.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import orjson

from producers.columns import jsonable, key_text
from producers.source import Row
from schemas.records import Json, Value

_MEMORY = "512MB"
_LONGEST = 4_000
_SAMPLE = 2_000
_ROUNDS = 100_000
_NOBODY = "('0', '-1')"
"""What old software writes into a reference that names no record."""


@dataclass(slots=True)
class Table:
    """number: of the table. columns: name -> number of the column. types: name -> types of its values as they came."""

    number: int
    columns: dict[str, int] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    rows: int = 0

    def __str__(self) -> str:
        return f"t{self.number}"

    def sql(self, column: str) -> str:
        return f"c{self.columns[column]}"


class Store:
    """A context manager. Its files hold patient data: in a directory that only this user can read, and that goes."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = Path(tempfile.mkdtemp(prefix="profile-", dir=directory))
        self._database = duckdb.connect(
            str(self._directory / "rows.duckdb"),
            config={
                "memory_limit": _MEMORY,
                "threads": 2,
                "temp_directory": str(self._directory),
                "autoinstall_known_extensions": False,
            },
        )
        self._tables = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def table(self) -> Table:
        self._tables += 1
        return Table(self._tables)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Takes a chunk of rows; ``close_table`` makes them a table."""
        lines = []
        for row in rows:
            line: dict[str, str | None] = {"id": row.id}
            for name, value in row.record.items():
                number = table.columns.setdefault(name, len(table.columns))
                kind, text = _plain(value)
                if text is not None:
                    table.types.setdefault(name, set()).add(kind)
                line[f"c{number}"] = text
            lines.append(orjson.dumps(line))
        path = self._directory / f"{table}-{len(table.files)}.ndjson"
        path.write_bytes(b"\n".join(lines))
        table.files.append(path)
        table.rows += len(rows)

    def close_table(self, table: Table) -> None:
        names = ["id", *(f"c{number}" for number in range(len(table.columns)))]
        if table.files:
            columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
            files = [str(path) for path in table.files]
            self._run(
                f"CREATE TABLE {table} AS SELECT * FROM read_json(?, format = 'newline_delimited',"
                f" columns = {{{columns}}}, maximum_object_size = 8000000)",
                [files],
            )
            for path in table.files:
                path.unlink()
        else:
            self._run(f"CREATE TABLE {table} ({', '.join(f'{name} VARCHAR' for name in names)})")

    def rekey(self, table: Table, key: Sequence[str]) -> None:
        """Makes these columns the id of a row."""
        parts = " || ':' || ".join(f"coalesce({table.sql(name)}, '')" for name in key)
        self._run(f"UPDATE {table} SET id = {parts}")

    # Columns

    def counts(self, table: Table) -> dict[str, tuple[int, int, int, int]]:
        """By column: rows that are filled, different values, the longest, filled rows of more than two words."""
        found = {}
        for name in table.columns:
            column = table.sql(name)
            row = self._run(
                f"SELECT count({column}), count(DISTINCT {column}), coalesce(max(length({column})), 0),"
                f" count(*) FILTER ({column} LIKE '% % %') FROM {table}"
            )[0]
            found[name] = (int(row[0]), int(row[1]), int(row[2]), int(row[3]))
        return found

    def sample(self, table: Table, column: str) -> list[str]:
        """Different values, the same ones each time."""
        name = table.sql(column)
        found = self._run(
            f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY hash({name}) LIMIT {_SAMPLE}"
        )
        return [row[0] for row in found]

    def tally(self, table: Table, column: str, least: int) -> list[tuple[str, int]]:
        """Values that at least so many rows hold, commonest first."""
        name = table.sql(column)
        found = self._run(
            f"SELECT {name}, count(*) FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 HAVING count(*) >= {least}"
            " ORDER BY 2 DESC, 1"
        )
        return [(row[0], int(row[1])) for row in found]

    # Relations

    def included(self, child: Table, column: str, parent: Table, to: str) -> tuple[int, int]:
        """Rows that are filled, and those of them whose value is one of the parent's column."""
        name = child.sql(column)
        row = self._run(
            f"SELECT count(*), count(*) FILTER ({name} IN (SELECT {parent.sql(to)} FROM {parent}))"
            f" FROM {child} WHERE {name} IS NOT NULL AND {name} NOT IN {_NOBODY}"
        )[0]
        return int(row[0]), int(row[1])

    def known_of(self, values: Sequence[str], parent: Table, to: str) -> int:
        """How many of these values the parent's column has."""
        found = self._run(
            "SELECT count(*) FROM unnest(?::VARCHAR[]) AS one(value)"
            f" WHERE value IN (SELECT {parent.sql(to)} FROM {parent})",
            [list(values)],
        )
        return int(found[0][0])

    def included_folded(self, child: Table, column: str, parent: Table, to: str) -> tuple[int, int]:
        """As ``included``, where capitals do not count."""
        name = child.sql(column)
        row = self._run(
            f"SELECT count(*), count(*) FILTER (lower({name}) IN (SELECT lower({parent.sql(to)}) FROM {parent}))"
            f" FROM {child} WHERE {name} IS NOT NULL"
        )[0]
        return int(row[0]), int(row[1])

    def orphans(self, child: Table, column: str, parent: Table, to: str) -> list[tuple[str, ...]]:
        """Ids of rows that name the same record that is not there, group by group."""
        name = child.sql(column)
        found = self._run(
            f"SELECT list(id ORDER BY id) FROM {child} WHERE {name} IS NOT NULL AND {name} NOT IN {_NOBODY}"
            f" AND {name} NOT IN (SELECT {parent.sql(to)} FROM {parent} WHERE {parent.sql(to)} IS NOT NULL)"
            f" GROUP BY {name} ORDER BY min(id)"
        )
        return [tuple(row[0]) for row in found]

    def circling(self, table: Table, column: str, to: str) -> dict[str, str]:
        """``id -> id`` of rows that lie on a circle of a self-reference: leaves are taken off until none is left.

        Who names nobody but himself (a guarantor of his own) is on none.
        """
        name, key = table.sql(column), table.sql(to)
        self._run(
            "CREATE OR REPLACE TEMP TABLE edges AS SELECT child.id AS id, parent.id AS next"
            f" FROM {table} AS child JOIN {table} AS parent ON child.{name} = parent.{key} AND child.id <> parent.id"
        )
        for _ in range(_ROUNDS):
            gone = self._run("DELETE FROM edges WHERE id NOT IN (SELECT next FROM edges) RETURNING id")
            if not gone:
                break
        return {row[0]: row[1] for row in self._run("SELECT id, next FROM edges ORDER BY id")}

    # People

    def alike(self, table: Table, names: Sequence[str], basis: str, how: str) -> list[tuple[str, ...]]:
        """Ids of rows of the same name and the same ``basis``. ``how``: ``digits`` or ``text`` of the basis count."""
        folded = [f"regexp_replace(strip_accents(lower({table.sql(name)})), '[^a-z0-9]', '', 'g')" for name in names]
        column = table.sql(basis)
        other = f"right(regexp_replace({column}, '[^0-9]', '', 'g'), 10)" if how == "digits" else f"lower({column})"
        filled = " AND ".join(f"{table.sql(name)} IS NOT NULL" for name in (*names, basis))
        groups = ", ".join((*folded, other))
        found = self._run(
            f"SELECT list(id ORDER BY id) FROM {table} WHERE {filled} AND length({other}) > 5"
            f" AND concat({', '.join(folded)}) <> '' GROUP BY {groups} HAVING count(*) > 1 ORDER BY min(id)"
        )
        return [tuple(row[0]) for row in found]

    def usable(self, table: Table, column: str, pattern: str) -> tuple[int, int]:
        """Rows whose value has the form of ``pattern``, and how many such values several rows hold."""
        name = f"lower({table.sql(column)})"
        row = self._run(
            f"SELECT coalesce(sum(n), 0), count(*) FILTER (n > 1) FROM (SELECT count(*) AS n FROM {table}"
            f" WHERE regexp_full_match({name}, ?) GROUP BY {name})",
            [pattern],
        )[0]
        return int(row[0]), int(row[1])

    def last_active(self, table: Table, dates: Sequence[tuple[str, str]]) -> None:
        """Begins the list of newest dates, with the rows' own. ``dates``: columns and strptime formats."""
        newest = _newest(table, dates)
        self._run(f"CREATE OR REPLACE TEMP TABLE active AS SELECT id, {newest} AS seen FROM {table}")

    def also_active(self, child: Table, column: str, dates: Sequence[tuple[str, str]], parent: Table, to: str) -> None:
        """Adds those of rows that refer to it."""
        self._run(
            f"INSERT INTO active SELECT parent.id, {_newest(child, dates, 'child.')} FROM {child} AS child"
            f" JOIN {parent} AS parent ON child.{child.sql(column)} = parent.{parent.sql(to)}"
        )

    def inactive(self, before: datetime) -> int:
        """Records whose newest date is older; one without any date is not counted."""
        row = self._run(
            "SELECT count(*) FROM (SELECT id FROM active GROUP BY id HAVING max(seen) < ?)",
            [before.replace(tzinfo=None)],
        )[0]
        return int(row[0])

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, list(parameters)).fetchall()


def _newest(table: Table, dates: Iterable[tuple[str, str]], prefix: str = "") -> str:
    parsed = [
        f"try_strptime({prefix}{table.sql(name)}, '{pattern}')"
        if pattern
        else f"TRY_CAST({prefix}{table.sql(name)} AS TIMESTAMP)"
        for name, pattern in dates
    ]
    return f"greatest({', '.join(parsed)})" if parsed else "NULL::TIMESTAMP"


def _plain(value: Value) -> tuple[str, str | None]:
    """Type and text of a value."""
    match value:
        case None:
            return "", None
        case bool():
            return "boolean", "true" if value else "false"
        case int():
            return "integer", str(value)
        case float() | Decimal():
            return "decimal", str(value)
        case datetime():
            return "datetime", value.isoformat(sep=" ")
        case date():
            return "date", value.isoformat()
        case bytes():
            return "bytes", f"{len(value)}"
        case Json():
            return "json", orjson.dumps(jsonable(value.value), default=key_text).decode()[:_LONGEST]
        case _:
            return "text", str(value).strip()[:_LONGEST] or None
