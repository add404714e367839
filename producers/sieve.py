"""A file's rows one by one, where not all of them are rows: what is good of it, and which lines are not.

DuckDB reads files fast, and tells that it could not read a row, but not reliably which: behind a quote that is not
closed it goes on somewhere. So such a file is read again here, from line to line.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from producers.dialect import MARK, Dialect, rows_of
from producers.unreadable import MOST

UNENCODED = "not in the file's encoding"
HEADER = "the header again"
UNQUOTED = "a quote that is not closed, or not written as the others"
PLAIN = Dialect(",", '"', '"', ())
"""How good rows are written."""
_ROW_CHARACTERS = 4 * 1024 * 1024


class Rejected(NamedTuple):
    """Lines that are no row; none where it is not known which. ``reason`` holds nothing of them."""

    lines: range
    reason: str


def sift(path: Path, dialect: Dialect, key: Sequence[str], kept: Sequence[str], into: Path) -> list[Rejected]:
    """Writes the good rows of a file in UTF-8 with ``\\n`` newlines, below its header, in the dialect ``PLAIN``. The
    lines of others; rows without any cell are neither.

    key: columns without which a row is none. kept: columns in which every byte must be text.
    """
    places, read = ([dialect.columns.index(name) for name in names] for names in (key, kept))
    keyless = f"without {' or '.join(key)}"
    rejected: list[Rejected] = []
    with path.open(encoding="utf-8", newline="\n") as file, into.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=PLAIN.delimiter, lineterminator="\n")
        writer.writerow(dialect.columns)
        rows = ((lines, row) for lines, row in rows_of(file, dialect) if row is None or any(row))
        next(rows, None)
        for lines, row in rows:
            if row is None:
                reason = UNQUOTED
            elif len(row) != len(dialect.columns):
                reason = "too few fields" if len(row) < len(dialect.columns) else "too many fields"
            elif any(MARK in row[place] for place in read):
                reason = UNENCODED
            elif not all(row[place] for place in places):
                reason = keyless
            elif sum(map(len, row)) > _ROW_CHARACTERS:
                reason = f"longer than {_ROW_CHARACTERS // 1024 // 1024} million characters"
            elif _is_header(row, dialect):
                reason = HEADER
            else:
                writer.writerow(row)
                continue
            rejected.append(Rejected(lines if len(rejected) < MOST else range(0), reason))
    return rejected


def _is_header(row: Sequence[str], dialect: Dialect) -> bool:
    """Of a file that was put behind another."""
    return tuple(cell.strip("\ufeff ").lower() for cell in row) == dialect.columns
