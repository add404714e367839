"""A mistake in a mapping, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """``where`` leads from the top of the file to the place, ``offset`` (characters) into a text there.

    ``named``: a text somewhere below ``where``, such as a column, if the mistake is about that.
    """

    where: Location
    message: str
    offset: int = 0
    named: str = ""


def suggestion(name: str, among: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(among), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
