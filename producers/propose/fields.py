"""Fields of their own for columns that no standard field takes: typed by what the columns are like."""

from __future__ import annotations

from typing import Any

from producers.profile.concepts import Concept
from producers.profile.facts import Column
from producers.profile.shapes import MANY_DAYS
from producers.profile.words import words
from producers.propose.line import Line, Rows, labelled, with_format
from producers.propose.numbers import CODED, flag, may_refer, number
from producers.propose.selects import choice, listed

_LABELS = {
    "birth_date": "Date of birth",
    "death_date": "Date of death",
    "sex": "Gender",
    "marital": "Marital status",
    "npi": "NPI",
}
_RESULTS = frozenset({"observation", "result", "lab", "test", "vital", "measurement", "assessment", "questionnaire"})
_TYPES = {"date": "DATE", "datetime": "DATE_TIME", "boolean": "BOOLEAN", "decimal": "NUMBER", "integer": "NUMBER"}


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
        kind, certainty = "LINKS", 0.7 if rows.kind.entity == "document" else certainty  # there it may be the file
    elif one.name == "money":
        kind, certainty = "CURRENCY", one.certainty
        if "cents" in spelt:
            certainty, why = 0.7, "hundredths of an amount: divide them in a query (query: …)"
        unit = next((other for other, about in rows.about.items() if about.name == "currency"), None)
        rule = {"from": column.name, "currency": unit} if unit else column.name
    elif one.name == "duration":
        kind, rule = "NUMBER", {"from": column.name, "as": "minutes" if column.type == "text" else "integer"}
    elif kind in ("DATE", "DATE_TIME"):
        rule, certainty = with_format(column), 0.92
        if kind == "DATE_TIME" and "date" in column.spelt and column.distinct < MANY_DAYS:
            certainty, why = 0.75, "too few to tell whether they are days or times"
    elif kind == "BOOLEAN":
        rule, why = _truth(column), "yes or no"
    elif (yes := flag(column)) is not None and one.name != "sex":
        kind, rule, why, certainty = "BOOLEAN", {"from": column.name, "equals": yes}, f"it is 0 or {yes}", 0.85
    elif may_refer(rows, column):
        kind, certainty, why = "TEXT", 0.7, "numbers that may be keys of records, which lead nowhere known"
    elif select is not None and listed(column):
        certainty, why = 0.82, "several choices in one text, kept as it is: a multi-select (split: …)?"
    elif select is not None and (column.type == "text" or spelt & CODED or one.name in CODED):
        kind, certainty, why = "SELECT", 0.88, f"{len(select.options)} values, again and again"
        rule = {"from": column.name, "values": dict(select.values)}
    elif "value" in spelt and kind == "NUMBER" and set(words(rows.facts.name)) & _RESULTS:
        kind, why = "TEXT", "results are not always numbers"
    elif column.form == "list":
        certainty, why = 0.6, "several texts in one: a multi-select (split: …)?"
    elif kind == "NUMBER":
        kind, certainty, why, rule = number(rows, column, one)
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
