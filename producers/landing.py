"""The rows that an object's files amount to, in a database of this process alone.

Everything in it can be read again from the files, which DuckDB parses, and compares by key and row: a million rows take
it about two seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from producers.dialect import MARK, Dialect, salvage
from producers.incoming import flawed_lines
from producers.scratch import Scratch, literal, quoted

CONTENT_KEY = "content_key"
"""A key column that no file has: made of the whole row, for rows without any key. Equal rows are numbered."""
_CONTENT_NAME = json.dumps(CONTENT_KEY) + ":"
KEY_SEPARATOR = ":"
_LINE_BYTES = 16 * 1024 * 1024
UNENCODED = "not in the file's encoding"
_REASONS = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "a quote that is not closed, or not written as the others",
    "LINE SIZE OVER MAXIMUM": f"longer than {_LINE_BYTES // 1024 // 1024} MB",
    "INVALID ENCODING": UNENCODED,
}
_MARKED = f"contains(record, {literal(MARK)})"


class Rejected(NamedTuple):
    """Lines that are no row; none where it is not known which. ``reason`` holds nothing of them."""

    lines: range
    reason: str


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

    @property
    def keyless(self) -> str:
        return f"without {' or '.join(self.key)}"


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
        connection = self._scratch.open()
        before = self.staged()
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in cut.dialect.columns)
        connection.execute(
            f"INSERT INTO staged SELECT {before} + row_number() OVER (), {_selection(cut)} FROM read_csv(?,"
            f" delim = {literal(cut.dialect.delimiter)}, quote = {literal(cut.dialect.quote)},"
            f" escape = {literal(cut.dialect.escape)}, header = true, auto_detect = false, columns = {{{columns}}},"
            f" store_rejects = true, strict_mode = true, max_line_size = {_LINE_BYTES})",
            [str(path)],
        )
        rejected = self._rejected(path, cut)
        flawed, marked = f"n > {before} AND (key IS NULL OR {_MARKED})", f"coalesce({_MARKED}, false)"
        found = connection.execute(
            f"SELECT count(*) FILTER ({marked}), count(*) FILTER (NOT {marked}) FROM staged WHERE {flawed}"
        ).fetchall()[0]
        if sum(found):
            connection.execute(f"DELETE FROM staged WHERE {flawed}")
            lines = flawed_lines(path, cut.dialect, cut.needed, cut.columns)
            for count, reason, is_marked in ((found[0], UNENCODED, True), (found[1], cut.keyless, False)):
                known = [one.lines for one in lines if one.marked == is_marked]
                rejected += [Rejected(one, reason) for one in [*known, *[range(0)] * count][:count]]
        return self._staged_since(before), rejected

    def _rejected(self, path: Path, cut: Cut) -> list[Rejected]:
        found = self._scratch.open().execute(
            "SELECT any_value(error_type)::VARCHAR, line_byte_position, any_value(csv_line) FROM reject_errors"
            " GROUP BY line_byte_position ORDER BY line_byte_position"
        )
        rejected = []
        for (kind, _, text), line in _with_lines(path, found.fetchall()):
            lines = text.split("\n")
            saved = salvage(lines, cut.dialect) if len(lines) > 1 else []
            good = {index for index, _ in saved}
            reason = _REASONS.get(kind, "no row")
            bad = [line + index for index, one in enumerate(lines) if one and index not in good]
            rejected += [Rejected(range(number, number + 1), reason) for number in bad]
            for index, cells in saved:
                if MARK in "".join(cells):
                    rejected.append(Rejected(range(line + index, line + index + 1), UNENCODED))
                elif all(cells[cut.dialect.columns.index(name)] for name in cut.needed):
                    self._stage_one(cells, cut)
                else:
                    rejected.append(Rejected(range(line + index, line + index + 1), cut.keyless))
        return rejected

    def _stage_one(self, cells: Sequence[str], cut: Cut) -> None:
        names = ", ".join(map(quoted, cut.dialect.columns))
        self._scratch.open().execute(
            f"INSERT INTO staged SELECT {self.staged()} + 1, {_selection(cut)}"
            f" FROM (VALUES ({', '.join('?' for _ in cells)})) AS one({names})",
            [cell or None for cell in cells],
        )

    def _staged_since(self, n: int) -> int:
        return int(self._scratch.open().execute("SELECT count(*) FROM staged WHERE n > ?", [n]).fetchall()[0][0])

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


def _with_lines(path: Path, found: Sequence[tuple[str, int, str]]) -> Iterator[tuple[tuple[str, int, str], int]]:
    """With the number of the line at which each byte position (from 1) lies."""
    line, position = 1, 1
    with path.open("rb") as file:
        for one in found:
            line += file.read(max(0, one[1] - position)).count(b"\n")
            position = max(position, one[1])
            yield one, line
