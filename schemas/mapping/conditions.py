"""Conditions on the columns of a row: when a part exists, when a value counts, when a row is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.mapping.names import Model
from schemas.mapping.values import is_blank, natural_key, plain
from schemas.records import Value

Row = Mapping[str, Value]
Holds = Callable[[Row], bool]


class Bounds(Model):
    """Numbers that are greater than ``above`` and not greater than ``at_most``; what is no number is neither."""

    above: int | float | None = None
    at_most: int | float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.above is None and self.at_most is None:
            raise ValueError("expected `above`, `at_most` or both")
        return self


class Excluding(Model):
    """Anything but these texts, a blank column included."""

    not_: list[str] = Field(alias="not", min_length=1)


Condition = Annotated[list[str], Field(min_length=1)] | Literal["present", "blank"] | Bounds | Excluding
Conditions = dict[str, Condition]
"""Column -> what it must hold: one of several texts (case and space do not matter), anything (``present``), nothing
(``blank``), a number within bounds, or none of several texts. All of them must hold."""


def compile_conditions(conditions: Conditions, column: Callable[[str], str]) -> Holds | None:
    """None where there is nothing to ask. ``column`` gives the row's own name of a column."""
    if not conditions:
        return None
    tests = [(column(name), _test(condition)) for name, condition in conditions.items()]

    def holds(row: Row) -> bool:
        return all(test(row.get(name)) for name, test in tests)

    return holds


def _test(condition: Condition) -> Callable[[Value], bool]:
    if condition == "present":
        return lambda value: not is_blank(value)
    if condition == "blank":
        return is_blank
    if isinstance(condition, Bounds):
        above, at_most = condition.above, condition.at_most

        def within(value: Value) -> bool:
            number = _number(value)
            if number is None:
                return False
            return (above is None or number > above) and (at_most is None or number <= at_most)

        return within
    negated = isinstance(condition, Excluding)
    texts = frozenset(natural_key(one) for one in (condition.not_ if isinstance(condition, Excluding) else condition))
    return lambda value: (natural_key(value) in texts) is not negated


def _number(value: Value) -> Decimal | None:
    try:
        number = Decimal(plain(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
