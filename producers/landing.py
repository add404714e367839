"""The rows that an object's files amount to, in a database of this process alone.

Everything in it can be read again from the files, which DuckDB parses, and compares by key and row: a million rows take
it about two seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import duckdb

from producers.dialect import MARK, Dialect
from producers.scratch import Scratch, literal, quoted
from producers.sieve import PLAIN, Rejected, sift

CONTENT_KEY = "content_key"
"""A key column that no file has: made of the whole row, for rows without any key. Equal rows are numbered."""
_CONTENT_NAME = json.dumps(CONTENT_KEY) + ":"
KEY_SEPARATOR = ":"
_LINE_BYTES = 16 * 1024 * 1024
_MARK_OF_ORDER = "\ufeff"
"""Before the header of a file that was put behind another."""


class Landed(NamedTuple):
    """A row: ``seq`` orders the rows of an object, ``changed_us`` is the time of the file that brought it."""

    seq: int
    key: str
    record: str
    changed_us: int


@dataclass(frozen=True, slots=True)
class Cut:
    """How rows are made of a file's lines."""

    dialect: Dialect
    key: tuple[str, ...]
    exclude: tuple[str, ...]
    deleted: tuple[str, frozenset[str]] | None

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which a row has no key."""
        return () if self.key == (CONTENT_KEY,) else self.key

    @property
    def columns(self) -> list[str]:
        """Those that a row is made of, sorted."""
        return sorted(name for name in self.dialect.columns if name not in self.exclude or name in self.key)


class Landing:
    """``directory``: see ``producers.scratch.Scratch``. Raises duckdb.Error when the disk is full."""

    def __init__(self, directory: Path) -> None:
        self._scratch = Scratch(directory)
        self.directory = self._scratch.directory
        self._objects: set[str] = set()
        self._seq = 0

    def close(self) -> None:
        self._scratch.close()
        self._objects.clear()

    def _ready(self, name: str) -> duckdb.DuckDBPyConnection:
        connection = self._scratch.open()
        if name not in self._objects:
            columns = "key VARCHAR, record VARCHAR, rank VARCHAR"
            connection.execute(
                f"CREATE TABLE {quoted(name)} (seq BIGINT, landed_us BIGINT, changed_us BIGINT, {columns})"
            )
            connection.execute(f"CREATE TABLE {quoted(name + ' ended')} (key VARCHAR, rank VARCHAR)")
            self._objects.add(name)
        return connection

    def forget(self, name: str) -> None:
        """All rows of the object."""
        self._ready(name).execute(f"DROP TABLE {quoted(name)}; DROP TABLE {quoted(name + ' ended')}")
        self._objects.remove(name)

    # Reading files

    def begin(self) -> None:
        """What is staged from here on is one export."""
        self._scratch.open().execute(
            "CREATE OR REPLACE TEMP TABLE staged (n BIGINT, key VARCHAR, record VARCHAR, gone BOOLEAN)"
        )

    def stage(self, path: Path, cut: Cut) -> tuple[int, list[Rejected]]:
        """Adds a file in UTF-8 with ``\\n`` newlines. Its number of rows, and its lines that are none."""
        before, rejected = self.staged(), list[Rejected]()
        if sum(self._read(path, cut, before)):
            self._scratch.open().execute("DELETE FROM staged WHERE n > ?", [before])
            good = path.with_name(f"{path.name}.good")
            try:
                rejected = sift(path, cut.dialect, cut.needed, cut.columns, good)
                plain = replace(cut, dialect=replace(PLAIN, columns=cut.dialect.columns))
                rejected += [Rejected(range(0), "no row")] * self._read(good, plain, before)[0]
            finally:
                good.unlink(missing_ok=True)
        count = self._scratch.open().execute("SELECT count(*) FROM staged WHERE n > ?", [before]).fetchall()[0][0]
        return count, rejected

    def _read(self, path: Path, cut: Cut, before: int) -> tuple[int, int]:
        """How many rows could not be read, and how many that were read are not as they should be."""
        connection = self._scratch.open()
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in cut.dialect.columns)
        connection.execute(
            f"INSERT INTO staged SELECT {before} + row_number() OVER (), {_selection(cut)} FROM read_csv(?,"
            f" delim = {literal(cut.dialect.delimiter)}, quote = {literal(cut.dialect.quote)},"
            f" escape = {literal(cut.dialect.escape)}, header = true, auto_detect = false, columns = {{{columns}}},"
            f" store_rejects = true, strict_mode = true, max_line_size = {_LINE_BYTES})",
            [str(path)],
        )
        return connection.execute(
            "SELECT (SELECT count(DISTINCT line_byte_position) FROM reject_errors), count(*) FROM staged"
            f" WHERE n > {before} AND (key IS NULL OR record = '{{}}' OR contains(record, {literal(MARK)})"
            f" OR {_is_header(cut)})"
        ).fetchall()[0]

    def staged(self) -> int:
        return int(self._scratch.open().execute("SELECT coalesce(max(n), 0) FROM staged").fetchall()[0][0])

    def tell_apart(self, key: tuple[str, ...]) -> int:
        """Of staged rows with the same key the last one stays; how many did not. Equal rows without a key all stay, and
        are numbered: the export is read whole by then, in however many files it came."""
        connection = self._scratch.open()
        total, different = connection.execute("SELECT count(*), count(DISTINCT key) FROM staged").fetchall()[0]
        if key == (CONTENT_KEY,):
            number = "row_number() OVER (PARTITION BY key ORDER BY n)"
            named = f"key || CASE WHEN {number} > 1 THEN '-' || {number} ELSE '' END"
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE staged AS SELECT n, name AS key, '{{' || {literal(_CONTENT_NAME)}"
                " || to_json(name) || CASE record WHEN '{}' THEN '' ELSE ',' END || substr(record, 2) AS record, gone"
                f" FROM (SELECT *, {named} AS name FROM staged)"
            )
            return 0
        if total != different:
            connection.execute(
                "DELETE FROM staged WHERE n NOT IN (SELECT max(n) FROM staged GROUP BY key)",
            )
        return int(total - different)

    def staged_rows(self) -> list[tuple[str, str]]:
        """``(key, record)`` of every staged row that is not gone."""
        return self._scratch.open().execute("SELECT key, record FROM staged WHERE NOT gone").fetchall()

    def restage(self, rows: Sequence[tuple[str, str]]) -> None:
        """Stages rows that were staged before and not taken then."""
        self.begin()
        self._scratch.open().executemany(
            "INSERT INTO staged VALUES (?, ?, ?, false)", [(n, *row) for n, row in enumerate(rows, 1)]
        )

    # What the files amount to

    def apply(
        self,
        name: str,
        *,
        full: bool,
        complete: bool,
        rank: str,
        landed_us: int,
        changed_us: int,
        without: Sequence[str] = (),
    ) -> int:
        """Lays what is staged over the object's rows, where nothing newer is. How many rows changed.

        complete: rows that are not staged are gone (of a full export that could be read whole). without: keys of rows
        that are there, but are not taken yet.
        """
        connection = self._ready(name)
        rows, ended = quoted(name), quoted(name + " ended")
        connection.execute("BEGIN")
        try:
            connection.execute("CREATE OR REPLACE TEMP TABLE withheld (key VARCHAR)")
            if without:
                connection.execute("INSERT INTO withheld SELECT unnest(?::VARCHAR[])", [list(without)])
            changes = "" if not full else " AND current.record <> staged.record"
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE changed AS SELECT staged.n, staged.key, staged.record FROM staged"
                f" LEFT JOIN {rows} AS current ON current.key = staged.key"
                f" LEFT JOIN {ended} AS ended ON ended.key = staged.key"
                f" WHERE NOT staged.gone AND (current.key IS NULL OR (current.rank <= $rank{changes}))"
                " AND (ended.key IS NULL OR ended.rank <= $rank) AND staged.key NOT IN (SELECT key FROM withheld)",
                {"rank": rank},
            )
            gone = "SELECT key FROM staged WHERE gone"
            if complete:
                connection.execute(
                    f"DELETE FROM {rows} WHERE rank <= ? AND key NOT IN (SELECT key FROM staged)",
                    [rank],
                )
            connection.execute(
                f"DELETE FROM {rows} WHERE rank <= ? AND key IN (SELECT key FROM changed UNION ALL {gone})",
                [rank],
            )
            connection.execute(f"DELETE FROM {ended} WHERE key IN (SELECT key FROM changed)")
            connection.execute(f"DELETE FROM {ended} WHERE rank <= ? AND key IN ({gone})", [rank])
            connection.execute(
                f"INSERT INTO {ended} SELECT key, ? FROM staged WHERE gone AND key NOT IN (SELECT key FROM {ended})",
                [rank],
            )
            connection.execute(
                f"INSERT INTO {rows} SELECT ? + row_number() OVER (ORDER BY n), ?, ?, key, record, ? FROM changed",
                [self._seq, landed_us, changed_us, rank],
            )
            changed = int(connection.execute("SELECT count(*) FROM changed").fetchall()[0][0])
            connection.execute("COMMIT")
        except BaseException:
            # an interrupt too: the connection is used again, and must not stand in half a change
            with suppress(duckdb.Error):
                connection.execute("ROLLBACK")
            raise
        self._seq += changed
        return changed

    def read(self, name: str, since_us: int, after: int, limit: int) -> list[Landed]:
        """Rows that landed at ``since_us`` or later, behind ``after``, in their order."""
        connection, place = self._ready(name), "landed_us >= ? AND seq > ?"
        # where they end is found by numbers alone: to sort all rows behind ``after`` took ten times as long
        (last,) = connection.execute(
            f"SELECT max(seq) FROM (SELECT seq FROM {quoted(name)} WHERE {place} ORDER BY seq LIMIT {limit})",
            [since_us, after],
        ).fetchall()[0]
        found = connection.execute(
            f"SELECT seq, key, record, changed_us FROM {quoted(name)} WHERE {place} AND seq <= ? ORDER BY seq",
            [since_us, after, last],
        )
        return [Landed(*row) for row in found.fetchall()]

    def present(self, name: str, keys: Sequence[str]) -> set[str]:
        found = self._ready(name).execute(
            f"SELECT key FROM {quoted(name)} WHERE key IN (SELECT unnest(?::VARCHAR[]))",
            [list(keys)],
        )
        return {row[0] for row in found.fetchall()}

    def ended(self, name: str, keys: Sequence[str]) -> set[str]:
        """Which of these a file has declared gone, with none later that brought them back."""
        found = self._ready(name).execute(
            f"SELECT key FROM {quoted(name + ' ended')} WHERE key IN (SELECT unnest(?::VARCHAR[]))",
            [list(keys)],
        )
        return {row[0] for row in found.fetchall()}

    def count(self, name: str) -> int:
        return int(self._ready(name).execute(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0])


def _selection(cut: Cut) -> str:
    """SQL of key, record and whether it is gone. A record is JSON with sorted names and without empty columns, so that
    neither another order nor a new empty column changes a row."""
    marker = cut.deleted[0] if cut.deleted else None
    pieces = ", ".join(f"{literal(json.dumps(name) + ':')} || to_json({quoted(name)})" for name in cut.columns)
    record = f"'{{' || concat_ws(',', {pieces}) || '}}'"
    if cut.key == (CONTENT_KEY,):
        key = f"md5({record})"
    else:
        key = f" || {literal(KEY_SEPARATOR)} || ".join(map(quoted, cut.key))
    gone = "false"
    if cut.deleted is not None and marker in cut.dialect.columns:
        values = ", ".join(map(literal, sorted(cut.deleted[1])))
        gone = f"coalesce(trim({quoted(marker)}) IN ({values}), false)"
    return f"{key}, {record}, {gone}"


def _is_header(cut: Cut) -> str:
    """SQL of whether a row is the header again."""
    names = ((literal(json.dumps(name) + ":"), literal(name)) for name in cut.columns)
    header = f"'{{' || concat_ws(',', {', '.join(f'{name} || to_json({cell})' for name, cell in names)}) || '}}'"
    return f"lower(replace(record, {literal(_MARK_OF_ORDER)}, '')) = {header}"
