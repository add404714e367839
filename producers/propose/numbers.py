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
     "height", "temperature", "pressure", "pulse", "bmi", "dose", "refill", "repeat", "limit", "total", "used",
     "size", "width", "depth", "diameter", "distance", "angle", "axis", "mm", "cm", "kg", "lb", "mg", "ml", "systolic",
     "diastolic", "glucose", "reps", "hand", "reorder", "spo",
     "rank"}
)  # fmt: skip
"""What says that a number is counted or measured."""
_MEASURING = frozenset({"vital", "measurement"})
"""Rows of such names hold what was measured: heart rates, levels of pain."""
_AMOUNTS = frozenset({"value", "worth", "estimate", "money"})
_SIDES = (("od", "os"), ("right", "left"), ("right", "remaining"), ("r", "l"), ("re", "le"), ("rt", "lt"))
"""What stands for the two eyes, ears, hands or sides of the body; a left that is alone may be what remains."""
_SMALL = 6
_SEVERAL = 3
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
        if _is_measure(rows, column) or _has_two_sides(rows, column):
            return Guess("NUMBER", 0.86, "a measure: no amount of money is written so", name)
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
    if spelt & _UNITS or _several(column) or _has_two_sides(rows, column) or own_words(rows.facts.name) & _MEASURING:
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


def _is_measure(rows: Rows, column: Column) -> bool:
    """Whether decimals under a name that says nothing cannot be money: below and above zero, or all of one place, where
    nothing else in the row is an amount."""
    if set(column.spelt) & _AMOUNTS or any(one.name == "money" for one in rows.about.values()):
        return False
    masks = [mask for mask, _ in column.patterns]
    signed = {mask.startswith("-") for mask in masks} == {True, False}
    places = {len(mask.partition(".")[2]) for mask in masks if "." in mask}
    return column.longest <= _SMALL and column.distinct >= _SEVERAL and (signed or places == {1})


def _has_two_sides(rows: Rows, column: Column) -> bool:
    """Whether the same is measured of the other side: ``od_sphere`` and ``os_sphere``."""
    numbers = {one.spelt for one in rows.facts.columns if one.type in ("integer", "decimal")}
    others = (
        tuple(there if word == here else word for word in column.spelt)
        for pair in _SIDES
        for here, there in (pair, pair[::-1])
        if here in column.spelt
    )
    return len(column.spelt) > 1 and any(other in numbers for other in others)


def _several(column: Column) -> bool:
    """Whether the name is that of several things: ``visits_used`` says how many."""
    pieces = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+", column.name)
    return any(len(one) >= _PLURAL and singular(one) != one and known(singular(one)) for one in pieces)
