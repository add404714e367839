"""How a CSV file is written: its encoding, delimiter, quotes and header, found out from its bytes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TextIO

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
_HEAD_BYTES = 4096
_LINE_BYTES = 1024 * 1024
_STRAY = 20
"""One in so many lines may be damaged, or of another encoding, and says nothing about the file that it is in."""
MARK = "\ufdd0"
"""Stands for bytes that are no text in a file's encoding, in its copy: Unicode has it for such uses, and in no text."""
_FIELD_CHARACTERS = 16 * 1024 * 1024
_ROW_LINES = 10_000
"""What is longer is a quote that nobody has closed."""
_DOUBLED = re.compile(r'(?<![,;\t|\n\\])""|""(?![,;\t|\n])(?!\Z)')
"""A quote inside quotes that is written twice, and not an empty cell."""
_DELIMITERS = ",;\t|"


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
_ESCAPED = re.compile("[\udc80-\udcff]")
_WORD = re.compile(r"[^\W\d_]+")


def _western(lines: Sequence[bytes]) -> bool:
    """Whether lines make sense in ``_LIKELY``: signs as people use them, and words that are mostly plain letters, with
    no capital within. A few names are too little for statistics, which take ``Siân`` for Chinese."""
    readable = []
    for line in lines:
        with suppress(UnicodeDecodeError):
            readable.append(line.decode(_LIKELY))
    if _STRAY * (len(lines) - len(readable)) > len(lines):
        return False
    text = "\n".join(readable)
    foreign = [word for word in _WORD.findall(text) if not word.isascii()]
    signs = {sign for sign in text if not sign.isascii() and not sign.isalpha()}
    return signs <= _SIGNS and all(
        2 * sum(letter.isascii() for letter in word) >= len(word)
        and (word[1:].islower() or word.isupper() or len(word) < 2)
        for word in foreign
    )


def _foreign(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


@dataclass(frozen=True, slots=True)
class Encoding:
    """stray: letters that look as if they were in UTF-8, so many of them that the file may be of two encodings."""

    name: str
    stray: int = 0


class Encodings:
    """Finds a file's encoding while its bytes go by: ``feed`` them all, then ask."""

    def __init__(self) -> None:
        self._head = b""
        self._open = b""
        self._valid = self._invalid = 0
        self._foreign: list[bytes] = []

    def feed(self, data: bytes) -> None:
        if len(self._head) < _HEAD_BYTES:
            self._head += data[:_HEAD_BYTES]
        data = self._open + data
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if len(data) - end > _LINE_BYTES:
            end = len(data)
        self._count(data[:end])
        self._open = data[end:]

    def _count(self, data: bytes) -> None:
        if data.isascii():
            return
        try:
            self._valid += _foreign(data.decode("utf-8"))
        except UnicodeDecodeError:
            for line in data.splitlines():
                text = line.decode("utf-8", "surrogateescape")
                invalid = len(_ESCAPED.findall(text))
                self._valid += _foreign(text) - invalid
                self._invalid += invalid
                if invalid and len(self._foreign) < _SAMPLE_LINES:
                    self._foreign.append(line)

    def found(self) -> Encoding:
        """Of all that was fed. The same text in two encodings is found to be the same text, as far as can be told.

        Text in another encoding is hardly ever valid UTF-8 by chance, so a file whose foreign letters mostly are is in
        UTF-8, and the others are damaged: to read it all in what those would be valid in garbles every name.
        """
        self._count(self._open)
        self._open = b""
        for mark, name in _BOMS:
            if self._head.startswith(mark):
                return Encoding(name)
        pairs, zeros = len(self._head) // 2, [self._head[start::2].count(0) for start in (0, 1)]
        for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            if 4 * zeros[start] > pairs >= 4 * zeros[1 - start]:
                return Encoding(name)
        if self._valid >= self._invalid:
            return Encoding("utf-8")
        return Encoding(self._legacy(), self._valid if _STRAY * self._valid >= self._invalid else 0)

    def _legacy(self) -> str:
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
    quotes = [('"', '"')]
    if '\\"' in sample and not _DOUBLED.search(sample):
        quotes.append(('"', "\\"))
    if '"' not in sample or sample.startswith("'"):
        quotes.append(("'", "'"))
    for delimiter in _DELIMITERS:
        for quote, escape in quotes:
            form = Dialect(delimiter, quote, escape, ())
            rows = [row or [] for _, row in rows_of(io.StringIO(sample, newline="\n"), form) if row != []]
            columns = _columns(rows)
            widest = max(widest, len(columns))
            if not set(needed) <= set(columns):
                continue
            fitting = sum(len(row) == len(columns) for row in rows)
            # every line is a row of one column, so where nothing is needed that dialect comes last
            score = len(columns) > 1 and 2 * fitting > len(rows), fitting, len(columns)
            if best is None or score > best[0]:
                best = score, replace(form, columns=columns)
    if best is None:
        raise DialectError(
            f"line 1 names {widest} columns, not all of {', '.join(needed)} among them: expected a header with them"
        )
    columns = best[1].columns
    if not columns:
        raise DialectError("it is empty: expected a header that names the columns")
    if any(MARK in name for name in columns):
        raise DialectError("line 1 holds bytes that are no text in the file's encoding: set encoding: if it is another")
    if len(set(columns)) < len(columns):
        raise DialectError("line 1: expected another name for every column")
    return best[1]


def _columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The header's names. A delimiter at the end of most rows makes a column too, without a name."""
    if not rows:
        return ()
    names = [name.strip().lower() for name in rows[0]]
    longer = sum(len(row) == len(names) + 1 and not row[-1] for row in rows[1:])
    if 2 * longer > len(rows) - 1:
        names.append("")
    return tuple(name or f"column {number}" for number, name in enumerate(names, 1))


class _Lines:
    """Lines that can be given back. taken: those of the row that is being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _ROW_LINES:
            raise csv.Error
        line = self._back.popleft() if self._back else self._file.readline()
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All but the first line of the row."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def rows_of(file: TextIO, dialect: Dialect) -> Iterator[tuple[range, list[str] | None]]:
    """Each row and its lines (from 1). Where one cannot be read its first line alone is none (None), and the next one
    begins behind that: what an open quote swallowed is found again."""
    csv.field_size_limit(_FIELD_CHARACTERS)
    doubled, lines, number = dialect.escape == dialect.quote, _Lines(file), 1
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=doubled,
        escapechar=None if doubled else dialect.escape,
        strict=True,
    )
    while True:
        lines.taken.clear()
        try:
            row = next(reader, None)
            if row is None:
                return
        except csv.Error:
            lines.give_back()
            row = None
        yield range(number, number + len(lines.taken)), row
        number += len(lines.taken)
