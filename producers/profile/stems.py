"""What the columns of one table are called without what they all begin with: ``ptfname``, ``ptcity`` in PATIENT.

Old practice software writes the table, or its type, before every column. What columns share is told by counting, so no
prefix need be known: ``fname`` is left, which the vocabulary has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from producers.profile.words import known, words

_LEAST = 3
"""Columns that must begin alike."""
_MOST, _MANY = 0.6, 0.35
"""Share of a table's columns that must begin alike, and where they begin with an abbreviation of the table's name."""
_LONGEST = 14
_TYPED = re.compile(
    r"(?:str|txt|mem|int|lng|dtm|dt|bln|bit|bool|yn|dbl|dec|cur|mny|num|chr|vch|vc|nvc|sz|fk|pk|[sndbilfcpm])(?=[A-Z])"
)
_SAID = {"fk": "Id", "pk": "Id", "cur": "Amount", "mny": "Amount"}
"""What a type tells that the rest of the name need not say again."""
_NEVER = frozenset({"is", "has"})


def stems(table: str, columns: Sequence[str], meant: Collection[str]) -> Mapping[str, str]:
    """Of each column what is left of its name; those that begin otherwise are absent. ``meant``: words that in this
    table only say whose column it is (concepts.own_words)."""
    typed = _without_types(columns)
    if typed:
        return typed
    begin = max(_beginnings(table, columns, meant), default=None)
    if begin is None:
        return {}
    prefix = begin[-1]
    return {name: rest for name in columns if (rest := _rest(name, prefix))}


def _without_types(columns: Sequence[str]) -> Mapping[str, str]:
    """``strName``, ``dtBirth``, ``bActive``: what is before the first capital is the type."""
    found = {name: match[0] for name in columns if (match := _TYPED.match(name))}
    if len(found) < max(_LEAST, _MOST * len(columns)) or len(set(found.values())) < 2:
        return {}
    return {name: name[len(kind) :] + _SAID.get(kind, "") for name, kind in found.items()}


def _beginnings(table: str, columns: Sequence[str], meant: Collection[str]) -> Iterable[tuple[int, int, int, str]]:
    """Each behind how well it explains the names: of how many columns it leaves words, how many have it, its length."""
    shared = Counter(name[:length].casefold() for name in columns for length in range(1, min(len(name), _LONGEST)))
    glued = 2 * sum(name.isalnum() and name in (name.lower(), name.upper()) for name in columns) >= len(columns)
    for prefix, times in shared.items():
        begin = prefix.rstrip("_- .")
        abbreviated = _abbreviates(begin, table)
        if begin != prefix or times < max(_LEAST, (_MANY if abbreviated else _MOST) * len(columns)):
            continue
        rests = [rest for name in columns if (rest := _rest(name, prefix))]
        spelled = sum(map(known, rests))
        said = set(words(prefix))
        if said & _NEVER or (
            known(prefix) and not said <= set(meant) and not abbreviated and times < 0.85 * len(columns)
        ):
            continue
        apart = sum(_apart(name, len(prefix)) for name in columns if name.casefold().startswith(prefix))
        named = said <= set(meant) or prefix == table.casefold()
        if apart >= 0.9 * times or (glued and (named or 2 * spelled >= times) and len(prefix) > 1):
            yield spelled, times, len(prefix), prefix


def _rest(name: str, prefix: str) -> str:
    """Empty where the name does not begin so, or nothing that has a meaning is left."""
    if not name.casefold().startswith(prefix):
        return ""
    rest = name[len(prefix) :].lstrip("_- .")
    return rest if len(rest) > 1 or (rest.isalpha() and rest != name[len(prefix) :]) else ""


def _apart(name: str, at: int) -> bool:
    """Whether a word ends there: ``pat_name``, ``PatName``."""
    return at < len(name) and (name[at] in "_- ." or (name[at].isupper() and not name[at - 1].isupper()))


def _abbreviates(begin: str, table: str) -> bool:
    """``apt`` of APPT, ``pt`` of patient, ``pv`` of patient_visit: its letters, in their order, from the first on."""
    plain = re.sub(r"[^a-z0-9]", "", table.casefold())
    if not plain.startswith(begin[:1]) or len(begin) < 2:
        return False
    left = iter(plain)
    return all(letter in left for letter in begin)
