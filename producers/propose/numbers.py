"""What a number in a column is: counted, measured, a code, a key, a day; most often only its name can tell.

Nothing was drafted wrongly as often as numbers whose names say nothing: of those that do not say what they
count, half were keys of other records on sources that were met for the first time. So they are asked about.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from producers.profile.concepts import Concept, own_words
from producers.profile.facts import Column
from producers.profile.words import known, singular
from producers.propose.line import Rows

_NAMED = frozenset({"id", "number", "code", "key", "uuid", "reference"})
_REFERRED = frozenset(
    {
        "patient",
        "provider",
        "doctor",
        "staff",
        "organization",
        "facility",
        "payer",
        "appointment",
        "document",
        "person",
        "responsible",
        "guarantor",
        "creator",
        "reviewer",
        "supervising",
    }
)
CODED = frozenset(
    {"status", "type", "code", "kind", "class", "category", "sex", "race", "marital", "specialty", "mode", "priority",
     "severity", "level", "stage", "state", "role"}
)  # fmt: skip
_UNITS = frozenset(
    {"percent", "quantity", "count", "score", "minute", "hour", "day", "week", "month", "year", "age", "weight",
     "height", "temperature", "pressure", "pulse", "bmi", "dose", "refill", "repeat", "limit", "total", "used"}
)  # fmt: skip
"""What says that a number is counted or measured."""
_DAYS = frozenset({"date", "birth", "death", "expiration"})
_FEW = 30
_LONG_NUMBER = 6
_SHORT = 2
_PLURAL = 5
"""Letters from which on an s at the end of a word makes it a plural."""


class Guess(NamedTuple):
    """place: type of the field; rule: as a mapping writes it."""

    place: str
    certainty: float
    why: str
    rule: Any


def number(rows: Rows, column: Column, one: Concept) -> Guess:
    """``column``: of type ``integer`` or ``decimal``, no amount of money and no key that leads somewhere."""
    spelt, name = set(column.spelt), column.name
    if one.name == "quantity":
        return Guess("NUMBER", 0.9, "counted or measured", name)
    if column.type == "decimal":
        if one.name or spelt & _UNITS:
            return Guess("NUMBER", 0.9, "a field of its own, by its type: decimal", name)
        return Guess("NUMBER", 0.7, "an amount of money, or a measure?", name)
    if spelt & {"is", "has", "active", "requires"} and column.distinct <= 2 and column.longest == 1:
        return Guess("BOOLEAN", 0.82, "it is 0 or 1", {"from": name, "equals": "1"})
    if column.distinct == 1 and column.longest <= _SHORT and column.filled == rows.facts.rows:
        return Guess("NUMBER", 0.7, "the same number in every row: is it needed?", name)
    if spelt & _DAYS and not spelt & _UNITS:
        return Guess("TEXT", 0.6, "days counted from some day on, or digits of a date?", name)
    if column.distinct <= min(_FEW, column.filled // 2) and (spelt & CODED or one.name in CODED):
        return Guess("TEXT", 0.82, "numbers that stand for something", name)
    if spelt & _NAMED or one.name in ("npi", "zip"):
        return Guess("TEXT", 0.82, "a number that is not counted with", name)
    if column.form or column.longest >= _LONG_NUMBER:
        if rows.kind.target == "person":
            return Guess(
                "TEXT", 0.75, "a long number of a person: of an identity paper, which stays in the source?", name
            )
        return Guess("TEXT", 0.82, "a number that is not counted with", name)
    if spelt & _UNITS or _several(column):
        return Guess("NUMBER", 0.9, "counted or measured", name)
    return Guess("NUMBER", 0.7, "its name does not say: is it counted, a code, or the key of something?", name)


def flag(column: Column) -> str | None:
    """The number that says yes, where the column has no others but that and the one for no: -1 is Access's."""
    said = {text for text, _ in column.values}
    if column.type != "integer" or column.distinct > len(said):
        return None
    return {frozenset({"0", "1"}): "1", frozenset({"0", "-1"}): "-1"}.get(frozenset(said))


def may_refer(rows: Rows, column: Column) -> bool:
    """Whether numbers seem to be keys of records, although they are those of no object that is known."""
    spelt = set(column.spelt)
    whole = column.type == "integer" or column.form == "digits"
    return (
        whole
        and (
            "id" in spelt
            or column.spelt[-1:] == ("by",)
            or bool(spelt & _REFERRED and spelt - own_words(rows.facts.name) and column.spelt[-1] not in CODED)
        )
        and not (spelt & {"count", "quantity", "units"})
    )


def _several(column: Column) -> bool:
    """Whether the name is that of several things: ``visits_used`` says how many."""
    pieces = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+", column.name)
    return any(len(one) >= _PLURAL and singular(one) != one and known(singular(one)) for one in pieces)
