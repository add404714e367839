"""Files that lie in a column of the source: stored under their hash, they travel as a name and a size.

The producer stores them below the documents directory, the sink uploads them from there: both need the directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_BYTES = 25 * 1024 * 1024
"""Larger files go to the manual list, unread: Twenty's storage is not made for imaging studies."""

_TEXT = re.compile(r"blob:([0-9a-f]{64})?:([0-9]+)")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a change says of a file. ``sha256`` is empty where it was too large to be stored; ``size`` in bytes."""

    sha256: str
    size: int

    def __str__(self) -> str:
        return f"blob:{self.sha256}:{self.size}"

    @classmethod
    def parse(cls, text: object) -> Stored | None:
        """None where the text is none of ours."""
        found = _TEXT.fullmatch(str(text))
        return cls(found[1] or "", int(found[2])) if found else None


def path_of(sha256: str) -> PurePosixPath:
    """Where the bytes lie, relative to the documents directory."""
    return PurePosixPath("blobs", sha256[:2], sha256)
