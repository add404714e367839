"""Which rows of an object a snapshot by signal takes: a range of keys, or conditions on columns. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from producers.source import Row
from schemas.records import Value

_TERM = re.compile(r"\s*([^\s<>=!]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class SelectionError(ValueError):
    """What is wrong in a selection, and what was expected."""


@dataclass(frozen=True, slots=True)
class Term:
    """``column comparison text``; an empty column fulfils none."""

    column: str
    comparison: str
    text: str

    def holds(self, record: Mapping[str, Value]) -> bool:
        value = record.get(self.column)
        return value is not None and _compare(value, self.comparison, self.text)


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows from key ``first`` to key ``last``, both inclusive, that fulfil every term. Numbers and dates are compared
    as such, everything else as text."""

    first: str | None = None
    last: str | None = None
    terms: tuple[Term, ...] = ()

    def takes(self, row: Row, key: Sequence[str]) -> bool:
        value = row.record[key[0]] if len(key) == 1 else row.id
        if self.first is not None and not _compare(value, ">=", self.first):
            return False
        if self.last is not None and not _compare(value, "<=", self.last):
            return False
        return all(term.holds(row.record) for term in self.terms)

    def to_json(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "last": self.last,
            "where": [f"{term.column} {term.comparison} {term.text}" for term in self.terms],
        }


def parse(value: Mapping[str, Any]) -> Selection | None:
    """The selection of a control record or a checkpoint; None for all rows. Raises SelectionError."""
    terms = []
    for text in value.get("where") or ():
        found = _TERM.fullmatch(text)
        if found is None:
            raise SelectionError("expected a condition such as 'state = NY' or 'updated_at >= 2026-01-01'")
        terms.append(Term(*found.groups()))
    selection = Selection(value.get("first"), value.get("last"), tuple(terms))
    return selection if selection != Selection() else None


def _compare(value: Value, comparison: str, text: str) -> bool:
    try:
        return _COMPARISONS[comparison](value, _like(value, text))
    except (ValueError, InvalidOperation):
        return _COMPARISONS[comparison](str(value), text)


def _like(value: Value, text: str) -> Any:
    """The text as the type of the value that it is compared with. Raises ValueError, InvalidOperation."""
    match value:
        case bool():
            return text.lower() == "true"
        case int() | float() | Decimal():
            return Decimal(text)
        case datetime():
            moment = datetime.fromisoformat(text)
            if value.tzinfo is None:
                return moment.replace(tzinfo=None)
            return moment if moment.tzinfo else moment.replace(tzinfo=value.tzinfo)
        case date():
            return date.fromisoformat(text)
        case str():
            return text
    raise ValueError
