"""Fields of their own for columns that no standard field takes: typed by what the columns are like."""

from __future__ import annotations

from typing import Any

from producers.profile.concepts import Concept, own_words
from producers.profile.facts import Column
from producers.profile.words import known
from producers.propose.line import Line, Rows, labelled, with_format
from producers.propose.selects import choice

_LABELS = {
    "birth_date": "Date of birth",
    "death_date": "Date of death",
    "sex": "Gender",
    "marital": "Marital status",
    "npi": "NPI",
}
_TYPES = {"date": "DATE", "datetime": "DATE_TIME", "boolean": "BOOLEAN", "decimal": "NUMBER", "integer": "NUMBER"}
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
_CODED = frozenset(
    {"status", "type", "code", "kind", "class", "category", "sex", "race", "marital", "specialty", "mode", "priority",
     "severity", "level", "stage", "state"}
)  # fmt: skip
_FEW = 30
_LONG_NUMBER = 6
_SHORT_NAME = 5


def custom_field(rows: Rows, column: Column, one: Concept) -> Line:
    """A field of its own, typed by what is in the column."""
    spelt, kind, certainty = set(column.spelt), _TYPES.get(column.type, "TEXT"), 0.9
    rule: Any = column.name
    select = None if _explained(rows, column) else choice(column)
    why = f"a field of its own, by its type: {column.type}"
    if one.name == "sex" and kind == "BOOLEAN":
        kind, why = "TEXT", "a field of its own"  # F alone looks like false
    if one.name == "email" and not one.of_other:
        kind, certainty = "EMAILS", 0.9
    elif one.name == "email":
        kind, rule, certainty = "TEXT", {"from": column.name, "as": "email"}, 0.85
    elif one.name in ("phone", "fax"):
        # a number that merely looks like one is somebody's identifier
        kind, certainty = ("PHONES", min(one.certainty, 0.92)) if one.certainty > 0.8 else ("TEXT", 0.82)
    elif one.name == "website":
        kind = "LINKS"
    elif one.name == "money":
        kind, certainty = "CURRENCY", one.certainty
        unit = next((other for other, about in rows.about.items() if about.name == "currency"), None)
        rule = {"from": column.name, "currency": unit} if unit else column.name
    elif one.name == "duration":
        kind, rule = "NUMBER", {"from": column.name, "as": "minutes" if column.type == "text" else "integer"}
    elif kind in ("DATE", "DATE_TIME"):
        rule, certainty = with_format(column), 0.92
    elif kind == "BOOLEAN":
        rule, why = _truth(column), "yes or no"
    elif column.type == "integer" and {text for text, _ in column.values} == {"0", "1"} and one.name != "sex":
        kind, rule, why, certainty = "BOOLEAN", {"from": column.name, "equals": "1"}, "it is 0 or 1", 0.85
    elif _may_refer(rows, column):
        kind, certainty, why = "TEXT", 0.7, "numbers that may be keys of records, which lead nowhere known"
    elif select is not None and (column.type == "text" or spelt & _CODED or one.name in _CODED):
        kind, certainty, why = "SELECT", 0.88, f"{len(select.options)} values, again and again"
        rule = {"from": column.name, "values": dict(select.values)}
    elif one.name == "quantity":
        why = "counted or measured"
    elif column.type == "integer" and spelt & {"is", "has", "active"} and column.distinct <= 2 and column.longest == 1:
        kind, rule, why, certainty = "BOOLEAN", {"from": column.name, "equals": "1"}, "it is 0 or 1", 0.82
    elif column.type == "integer" and column.distinct <= _FEW and (spelt & _CODED or one.name in _CODED):
        kind, certainty, why = "TEXT", 0.82, "numbers that stand for something"
    elif column.type == "decimal" and not one.name and _amounts(rows):
        certainty, why = 0.7, "an amount of money as those beside it, or a measure?"
    elif column.type == "integer" and (spelt & _NAMED or one.name in ("npi", "zip") or _is_code(column)):
        kind, certainty, why = "TEXT", 0.82, "a number that is not counted with"
    elif "value" in spelt and kind == "NUMBER" and rows.kind.entity == "matter":
        kind, why = "TEXT", "results are not always numbers"
    elif column.form == "list":
        certainty, why = 0.6, "several texts in one: a multi-select (split: …)?"
    elif column.type == "integer" and one.name != "quantity" and all(map(_cryptic, column.spelt)):
        certainty, why = 0.75, "a short name that says nothing: a number, or the key of something?"
    elif column.type == "integer" and (column.spelt[-1:] in (("percent",), ("day",))):
        why = "counted or measured"
    elif column.type == "integer" and column.distinct <= 3:
        certainty, why = 0.7, "a number with so few values may be a code"
    elif column.type == "time":
        certainty, why = 0.82, "a time of day"
    label = _LABELS.get(one.name) if not one.of_other else None
    if column.fill(rows.facts.rows) < 0.02:
        certainty, why = min(certainty, 0.75), "hardly ever filled"
    return Line(
        rows.facts.name,
        column.name,
        kind,
        certainty,
        why,
        field="",
        rule=rule,
        label=label or labelled(column),
        select=select if kind == "SELECT" else None,
    )


def _may_refer(rows: Rows, column: Column) -> bool:
    spelt = set(column.spelt)
    whole = column.type == "integer" or column.form == "digits"
    return (
        whole
        and (
            "id" in spelt
            or column.spelt[-1:] == ("by",)
            or bool(spelt & _REFERRED and spelt - own_words(rows.facts.name))
        )
        and not (spelt & {"count", "quantity", "units"})
    )


def _amounts(rows: Rows) -> bool:
    return any(one.name == "money" for one in rows.about.values())


def _cryptic(word: str) -> bool:
    return len(word) <= _SHORT_NAME and not known(word)


def _is_code(column: Column) -> bool:
    return column.form != "" or column.longest >= _LONG_NUMBER


def _explained(rows: Rows, column: Column) -> bool:
    """A code with its text beside it is one of a terminology, and no choice of the clinic."""
    spelt = set(column.spelt)
    if "code" not in spelt or spelt & {"type", "kind", "status"}:
        return False
    stem = spelt - {"code"}
    return any(
        set(other.spelt) in (stem | {"description"}, stem | {"code", "text"}, stem | {"text"})
        for other in rows.facts.columns
    )


def _truth(column: Column) -> Any:
    """Words that Twenty's converter knows are left to it."""
    said = {text.casefold() for text, _ in column.values}
    for yes in ("j", "ja", "oui", "si", "o", "x"):
        if yes in said:
            return {"from": column.name, "equals": next(text for text, _ in column.values if text.casefold() == yes)}
    return column.name
