"""A dropped file on its way in: hashed, and copied as UTF-8 with plain newlines, whatever it was written in."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from producers.dialect import Dialect, Encodings
from producers.drops import Seen
from producers.unreadable import MOST

_CHUNK = 1024 * 1024
_SAMPLE = 256 * 1024
_FIELD_CHARACTERS = 16 * 1024 * 1024


class UnreadableError(Exception):
    """The file cannot be read now; says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file: its hash, and how its text is encoded."""

    digest: str
    encoding: str


def examine(path: Path, seen: Seen) -> Content:
    """Reads the file once. Raises UnreadableError, also where it is not any more what ``seen`` says."""
    hashed, encodings = hashlib.blake2b(digest_size=16), Encodings()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
                encodings.feed(chunk)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from None
    if (after.st_size, after.st_mtime_ns) != (seen.size, seen.mtime_ns):
        raise UnreadableError("is still being written")
    return Content(hashed.hexdigest(), encodings.found())


def copy(path: Path, seen: Seen, encoding: str, into: Path) -> str:
    """Copies the text to ``into``; its first lines. Raises UnreadableError as ``examine`` does."""
    sample = ""
    try:
        with (
            path.open(encoding=encoding, errors="replace", newline=None) as file,
            into.open("w", encoding="utf-8", newline="\n") as out,
        ):
            while chunk := file.read(_CHUNK):
                if not sample:
                    sample = chunk[:_SAMPLE]
                out.write(chunk)
            after = os.fstat(file.fileno())
    except (OSError, LookupError, UnicodeError) as error:
        raise UnreadableError(f"cannot be read as {encoding} ({type(error).__name__})") from None
    if (after.st_size, after.st_mtime_ns) != (seen.size, seen.mtime_ns):
        raise UnreadableError("is still being written")
    return sample


def lines_of(path: Path, seen: Seen, encoding: str, wanted: Iterable[range]) -> list[bytes]:
    """The bytes of these lines (from 1, in order) as they are in the file, without the newline at their end; a newline
    within is ``\\n``. Raises UnreadableError as ``examine`` does."""
    found: list[bytes] = []
    try:
        with path.open(encoding=encoding, errors="surrogateescape", newline=None) as file:
            line = 1
            for one in wanted:
                text = "".join(islice(file, max(0, one.start - line), max(0, one.stop - line)))
                line = max(line, one.stop)
                found.append(text.removesuffix("\n").encode(encoding.removesuffix("-sig"), "surrogateescape"))
            after = os.fstat(file.fileno())
    except (OSError, LookupError, UnicodeError) as error:
        raise UnreadableError(f"cannot be read as {encoding} ({type(error).__name__})") from None
    if (after.st_size, after.st_mtime_ns) != (seen.size, seen.mtime_ns):
        raise UnreadableError("is still being written")
    return found


def keyless_lines(path: Path, dialect: Dialect, key: Sequence[str]) -> list[range]:
    """The lines of a copied file whose rows lack a part of their key, the first ``MOST``."""
    places = [dialect.columns.index(name) for name in key]
    doubled = dialect.escape == dialect.quote
    found: list[range] = []
    csv.field_size_limit(_FIELD_CHARACTERS)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(
            file,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            doublequote=doubled,
            escapechar=None if doubled else dialect.escape,
        )
        before = 0
        for row in reader:
            if len(row) == len(dialect.columns) and not all(row[place] for place in places):
                found.append(range(before + 1, reader.line_num + 1))
                if len(found) == MOST:
                    break
            before = reader.line_num
    return found


def sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
