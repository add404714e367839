"""How a CSV file is written: its encoding, delimiter, quotes and header, found out from its bytes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import charset_normalizer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp850", "cp437", "mac_roman", "shift_jis", "gb18030")
_LIKELY = "cp1252"
"""What Windows programs write in the Americas and Western Europe: taken wherever the text makes sense in it."""
_SAMPLE_LINES = 400
_SAMPLE_ROWS = 200
_DELIMITERS = ",;\t|"
_DOUBLED = re.compile(r'[^,;\t|\n"\\]""[^,;\t|\n"]')
"""A quote inside quotes that is written twice, and not an empty cell."""


class DialectError(ValueError):
    """The file is no table as the mapping needs it: what was expected. Never holds anything of the file."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """columns: the header's names, in lower case and without blanks around them."""

    delimiter: str
    quote: str
    escape: str
    columns: tuple[str, ...]


_SIGNS = frozenset("\u2019\u2018\u201c\u201d\u2013\u2014\u2026\u2022\u20ac\xa0°§®©™½¼¾±µ×«»¿¡")
_WORD = re.compile(r"[^\W\d_]+")


def _western(lines: Sequence[bytes]) -> bool:
    """Whether every line makes sense in ``_LIKELY``: signs as people use them, and words that are mostly plain letters,
    with no capital within. A few names are too little for statistics, which take ``Siân`` for Chinese."""
    try:
        text = b"\n".join(lines).decode(_LIKELY)
    except UnicodeDecodeError:
        return False
    foreign = [word for word in _WORD.findall(text) if not word.isascii()]
    signs = {sign for sign in text if not sign.isascii() and not sign.isalpha()}
    return signs <= _SIGNS and all(
        2 * sum(letter.isascii() for letter in word) >= len(word)
        and (word[1:].islower() or word.isupper() or len(word) < 2)
        for word in foreign
    )


class Encodings:
    """Finds a file's encoding while its bytes go by: ``feed`` them all, then ask."""

    def __init__(self) -> None:
        self._head = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._is_utf8 = True
        self._foreign: list[bytes] = []

    def feed(self, data: bytes) -> None:
        if len(self._head) < 4096:
            self._head += data[:4096]
        if self._is_utf8:
            try:
                self._utf8.decode(data)
            except UnicodeDecodeError:
                self._is_utf8 = False
        if len(self._foreign) < _SAMPLE_LINES:
            lines = (line for line in data.splitlines() if not line.isascii())
            self._foreign.extend(islice(lines, _SAMPLE_LINES - len(self._foreign)))

    def found(self) -> str:
        """Of all that was fed. The same text in two encodings is found to be the same text, as far as can be told."""
        for mark, name in _BOMS:
            if self._head.startswith(mark):
                return name
        if b"\0" in self._head:
            return "utf-16-le" if self._head[1:2] == b"\0" else "utf-16-be"
        if self._is_utf8 and not self._utf8.getstate()[0]:
            return "utf-8"
        if _western(self._foreign):
            return _LIKELY
        matches = charset_normalizer.from_bytes(b"\n".join(self._foreign), cp_isolation=list(_SINGLE_BYTE))
        best = matches.best()
        if best is None or any(match.encoding == _LIKELY for match in matches):
            return _LIKELY
        return best.encoding


def detect(sample: str, needed: Sequence[str]) -> Dialect:
    """The dialect in which the sample's header names the ``needed`` columns and most rows have its width.

    ``sample``: the first lines of the file, newlines as ``\\n``. Raises DialectError.
    """
    best: tuple[tuple[bool, int, int], Dialect] | None = None
    widest = 0
    quotes = [('"', "\\")] if '\\"' in sample and not _DOUBLED.search(sample) else [('"', '"')]
    if '"' not in sample or sample.startswith("'"):
        quotes.append(("'", "'"))
    for delimiter in _DELIMITERS:
        for quote, escape in quotes:
            rows = list(islice(_rows(sample, delimiter, quote, escape), _SAMPLE_ROWS))
            columns = tuple(name.strip().lower() for name in rows[0]) if rows else ()
            widest = max(widest, len(columns))
            if not set(needed) <= set(columns):
                continue
            fitting = sum(len(row) == len(columns) for row in rows)
            # every line is a row of one column, so where nothing is needed that dialect comes last
            score = len(columns) > 1 and 2 * fitting > len(rows), fitting, len(columns)
            if best is None or score > best[0]:
                best = score, Dialect(delimiter, quote, escape, columns)
    if best is None:
        raise DialectError(
            f"line 1 names {widest} columns, not all of {', '.join(needed)} among them: expected a header with them"
        )
    columns = best[1].columns
    if len(set(columns)) < len(columns) or "" in columns:
        raise DialectError("line 1: expected a name for every column, each another one")
    return best[1]


def _rows(sample: str, delimiter: str, quote: str, escape: str) -> Iterator[list[str]]:
    doubled = escape == quote
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        doublequote=doubled,
        escapechar=None if doubled else escape,
    )
    try:
        yield from (row for row in reader if row)
    except csv.Error:
        return


def salvage(lines: Sequence[str], dialect: Dialect) -> list[tuple[int, list[str]]]:
    """``(index, cells)`` of those lines that are whole rows by themselves: what an open quote swallowed."""
    found = []
    for index, line in enumerate(lines):
        if line.count(dialect.quote) % 2 == 0:
            rows = list(_rows(line, dialect.delimiter, dialect.quote, dialect.escape))
            if len(rows) == 1 and len(rows[0]) == len(dialect.columns):
                found.append((index, rows[0]))
    return found
