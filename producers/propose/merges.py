"""Logs of merges: rows that each say that one record became part of another."""

from __future__ import annotations

from typing import NamedTuple

from producers.profile.facts import Column, ObjectFacts
from producers.profile.words import words

MERGES = "merges"
"""Target of such a log: its rows become no records, the mapping reads them as ``merges``."""
LOSER, SURVIVOR = "loser", "survivor"
_LOSERS = frozenset({"merged", "old", "from", "loser", "losing", "source", "duplicate", "dup", "previous", "prior",
                     "removed", "retired", "deleted"})  # fmt: skip
_SURVIVORS = frozenset({"kept", "keep", "new", "to", "into", "survivor", "surviving", "target", "master", "primary",
                        "remaining", "retained", "current", "winner", "winning"})  # fmt: skip


class Merging(NamedTuple):
    """The columns that hold the keys of both records."""

    loser: str
    survivor: str


def merging(one: ObjectFacts, merged: ObjectFacts) -> Merging | None:
    """None where it is no log of merges of ``merged``, or does not say which of two records stays."""
    if "merged" not in words(one.name) or len(merged.key) != 1:
        return None
    key = merged.column(merged.key[0])
    able = [column for column in one.columns if (column.name,) != one.key and column.type == key.type]
    losers, survivors = _named(able, _LOSERS), _named(able, _SURVIVORS)
    stays = [name for name in survivors if name not in losers] or survivors
    goes = [name for name in losers if name not in stays]
    return Merging(goes[0], stays[0]) if len(goes) == len(stays) == 1 else None


def _named(columns: list[Column], said: frozenset[str]) -> list[str]:
    return [column.name for column in columns if said & set(column.spelt) and "by" not in column.spelt]
