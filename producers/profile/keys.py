"""Which column tells the rows of a file apart: nobody declares it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from producers.profile.concepts import Concept, own_words
from producers.profile.facts import Column
from producers.profile.relations import Parent

LEAST_ROWS = 5
_ABOUT = frozenset({"", "npi", "email", "name"})
"""What a key may seem to be about; a column of dates, places or amounts is none, even where no two rows share one."""
_ENDINGS = ("id", "nr", "no", "num", "key")
_KEYISH = frozenset({"id", "number", "key", "uuid", "code", "reference", "record"})
_MOSTLY = 0.8


def key_of(columns: Sequence[Column], about: Mapping[str, Concept], rows: int) -> tuple[str, ...]:
    unique = [one for one in columns if rows and one.filled == one.distinct == rows and one.type != "bytes"]
    able = [one for one in unique if about[one.name].name in _ABOUT and one.type in ("text", "integer")]
    named = [one.name for one in able if says_key(one)]
    plain = [one.name for one in able if (one.stem or one.name).casefold() in ("id", "uuid", "key")]
    first = [one.name for one in able if columns[0] is one and not one.wordy]
    chosen = plain or [name for name in named if name in first] or (first if rows >= LEAST_ROWS else []) or named
    return tuple(chosen[:1])


def says_key(column: Column) -> bool:
    return bool(set(column.spelt) & {"id", "number", "key", "uuid", "code"}) or column.name.casefold().endswith(
        _ENDINGS
    )


def by_chance(name: str, column: Column, columns: Sequence[Column], rows: int, other: Parent, whole: int) -> bool:
    """Whether rows that name each of another object's records at most once only seem to have its key: a recall for
    every second patient. rows, whole: how many each has. Small numbers counted through are everybody's own."""
    core = set(column.spelt) - _KEYISH
    own = bool(core) and core <= own_words(name)
    named = other.object != name and other.column.name.casefold() == column.name.casefold() and not other.dense
    return named and not own and rows < _MOSTLY * whole and any(one.type in ("date", "datetime") for one in columns)
