"""Records that many rows spell out: a location with its address in every patient, which is one company."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from producers.profile.concepts import Concept, concept, own_words
from producers.profile.facts import Column, ObjectFacts
from producers.profile.words import words

_ENTITIES = frozenset({"facility", "practice", "clinic", "company", "employer", "organization", "payer"})
_PLACES = frozenset({"street", "city", "zip", "phone"})
_REPEATS = 2
"""So many rows on average must tell of the same one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that begin alike. name: of the derived object. key: the column that names it. columns: each with what it
    is about, from the point of view of the derived record."""

    name: str
    key: str
    columns: Mapping[str, tuple[Column, Concept]]


def groups(one: ObjectFacts, about: Mapping[str, Concept], taken: Collection[str]) -> list[Group]:
    """``taken``: columns that are relations already; where one leads to such a record, nothing is spelled out."""
    begun: dict[str, list[Column]] = {}
    for column in one.columns:
        begin, rest = _split(column.name)
        if rest and set(words(begin)) & _ENTITIES - own_words(one.name) and column.name not in taken:
            begun.setdefault(begin, []).append(column)
    found = []
    for begin, columns in begun.items():
        seen = {column.name: (column, concept(column, own_words(begin))) for column in columns if column.filled}
        named = [column for column, told in seen.values() if told.name == "name"]
        if len(named) != 1 or not _PLACES & {told.name for _, told in seen.values()}:
            continue
        key = named[0]
        if key.filled >= _REPEATS * key.distinct and not _leads_there(begin, taken):
            found.append(Group(begin.lower(), key.name, seen))
    return found


def _split(name: str) -> tuple[str, str]:
    pieces = re.split(r"_|(?<=[a-z0-9])(?=[A-Z])", name, maxsplit=1)
    return pieces[0], pieces[1] if len(pieces) > 1 else ""


def _leads_there(begin: str, taken: Collection[str]) -> bool:
    return any(set(words(begin)) & set(words(column)) for column in taken)


def carried(group: Group) -> Sequence[tuple[str, Column, Concept]]:
    """What the derived record calls each column."""
    return [
        (re.sub(r"[^a-z0-9]+", "_", _split(name)[1].lower()).strip("_") or "value", column, told)
        for name, (column, told) in group.columns.items()
    ]
