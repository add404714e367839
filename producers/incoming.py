"""A dropped file on its way in: hashed, and copied as UTF-8 with plain newlines, whatever it was written in."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from producers.dialect import MARK, Encoding, Encodings
from producers.drops import Seen

_CHUNK = 1024 * 1024
_SAMPLE = 256 * 1024
_MARKED = "dualrun-marked"
_KEPT = "dualrun-kept"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


def _keep(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes that are no text go through a text and come out again, as far as their encoding lets them."""
    if not isinstance(error, (UnicodeDecodeError, UnicodeEncodeError)):
        raise error
    wide = error.encoding.startswith(("utf-16", "utf-32"))
    try:
        return codecs.lookup_error("surrogatepass" if wide else "surrogateescape")(error)
    except UnicodeError:
        return ("\ufffd" if isinstance(error, UnicodeDecodeError) else b"?"), error.end


codecs.register_error(_MARKED, _mark)
codecs.register_error(_KEPT, _keep)


class UnreadableError(Exception):
    """The file cannot be read now; says why, and nothing of what is in it."""


class ChangingError(UnreadableError):
    """It is another file than a moment ago."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file: its hash, and how its text is encoded."""

    digest: str
    encoding: Encoding


def examine(path: Path, seen: Seen) -> Content:
    """Reads the file once. Raises UnreadableError, also where it is not any more what ``seen`` says."""
    hashed, encodings = hashlib.blake2b(digest_size=16), Encodings()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
                encodings.feed(chunk)
            after = Seen.of(seen.name, os.fstat(file.fileno()))
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from None
    if after != seen:
        raise ChangingError("is still being written")
    return Content(hashed.hexdigest(), encodings.found())


def copy(path: Path, seen: Seen, encoding: str, into: Path) -> str:
    """Copies the text to ``into``, with ``MARK`` for bytes that are none; its first lines. Raises UnreadableError as
    ``examine`` does."""
    sample = ""
    try:
        with (
            path.open(encoding=encoding, errors=_MARKED, newline=None) as file,
            into.open("w", encoding="utf-8", newline="\n") as out,
        ):
            while chunk := file.read(_CHUNK):
                if not sample:
                    sample = chunk[:_SAMPLE]
                out.write(chunk)
            after = Seen.of(seen.name, os.fstat(file.fileno()))
    except (OSError, LookupError, UnicodeError) as error:
        raise UnreadableError(f"cannot be read as {encoding} ({type(error).__name__})") from None
    if after != seen:
        raise ChangingError("is still being written")
    return sample


def lines_of(path: Path, seen: Seen, encoding: str, wanted: Iterable[range]) -> list[bytes]:
    """The bytes of these lines (from 1, in order) as they are in the file, without the newline at their end; a newline
    within is ``\\n``. Raises UnreadableError as ``examine`` does."""
    found: list[bytes] = []
    try:
        with path.open(encoding=encoding, errors=_KEPT, newline=None) as file:
            line = 1
            for one in wanted:
                text = "".join(islice(file, max(0, one.start - line), max(0, one.stop - line)))
                line = max(line, one.stop)
                found.append(text.removesuffix("\n").encode(encoding.removesuffix("-sig"), _KEPT))
            after = Seen.of(seen.name, os.fstat(file.fileno()))
    except (OSError, LookupError, UnicodeError) as error:
        raise UnreadableError(f"cannot be read as {encoding} ({type(error).__name__})") from None
    if after != seen:
        raise ChangingError("is still being written")
    return found


def sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
