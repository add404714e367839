"""Rows of a source that are no rows: kept among the dead letters as they came, each once."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.broker import KafkaSettings, headers_of, read_to_end
from schemas.topics import Topics

MOST = 10_000
"""Of more rows of one file or list than this, the rest are counted only: then it is the file that is wrong."""
BY = "poller"
"""Who wrote a dead letter, as its header ``by`` says."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """where: file and line, or the path of a list. reason: quotes nothing of the row. raw: its bytes as they came, in
    ``encoding``. digest: the same for the same bytes in a later file, so that an export that is bad in the same way day
    after day leaves one letter; equal rows of one file are told apart by their number."""

    where: str
    reason: str
    raw: bytes
    encoding: str
    digest: str


def numbered(rows: Iterable[tuple[str, str, bytes, str]]) -> list[Unreadable]:
    """Of ``(where, reason, raw, encoding)`` of one file or list, the first ``MOST``."""
    met: Counter[tuple[str, bytes]] = Counter()
    found: list[Unreadable] = []
    for where, reason, raw, encoding in rows:
        if len(found) == MOST:
            break
        met[reason, raw] += 1
        digest = hashlib.blake2b(f"{reason}\0{met[reason, raw]}\0".encode() + raw, digest_size=16).hexdigest()
        found.append(Unreadable(where, reason, raw, encoding, digest))
    return found


class Letters:
    """Which of an object's unreadable rows are among the dead letters. ``digests``: those of its letters so far."""

    def __init__(self, digests: Iterable[str] = ()) -> None:
        self._written = set(digests)

    def fresh(self, rows: Sequence[Unreadable], most: int) -> list[Unreadable]:
        """Those without a letter, ``most`` of them."""
        found = {row.digest: row for row in rows if row.digest not in self._written}
        return list(found.values())[:most]

    def written(self, rows: Iterable[Unreadable]) -> None:
        self._written.update(row.digest for row in rows)


def read_letters(kafka: KafkaSettings, topics: Topics) -> Mapping[str, Letters]:
    """``object -> what was written of it``, of this deployment's dead letters, read committed."""
    digests: dict[str, set[str]] = defaultdict(set)
    for message in read_to_end(kafka, topics.dead_letters, range(topics.partitions)):
        headers = headers_of(message)
        if headers.get("by") == BY:
            digests[headers["object"]].add(headers["digest"])
    return {name: Letters(found) for name, found in digests.items()}
