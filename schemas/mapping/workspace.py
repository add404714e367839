"""The custom objects, fields and options that a mapping file declares for Twenty."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from schemas.mapping.names import Label, Model, OptionValue, TwentyName
from schemas.requirements import Option

CustomType = Literal[
    "TEXT",
    "NUMBER",
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "SELECT",
    "MULTI_SELECT",
    "CURRENCY",
    "PHONES",
    "EMAILS",
    "LINKS",
    "ADDRESS",
    "RELATION",
]
Color = Literal["green", "turquoise", "sky", "blue", "purple", "pink", "red", "orange", "yellow", "gray"]


def upper_snake(label: str) -> str:
    """A select's value from its label, as Twenty demands it."""
    words = re.findall(r"[A-Za-z0-9]+", label)
    value = "_".join(words).upper()
    return value if not value[:1].isdigit() else f"N_{value}"


class OptionDefinition(Model):
    label: Label
    value: OptionValue
    color: Color = "gray"

    def requirement(self) -> Option:
        return Option(self.value, self.label, self.color)


def _option(value: Any) -> Any:
    return {"label": value, "value": upper_snake(value)} if isinstance(value, str) else value


class CustomField(Model):
    type: CustomType
    label: Label
    options: list[Annotated[OptionDefinition, BeforeValidator(_option)]] = []
    unique: bool = False
    to: TwentyName | None = None
    """For a relation: the object at the other side."""
    inverse: Label | None = None
    """For a relation: what the other side calls it."""
    settings: dict[str, str | int | bool] = {}


class CustomObject(Model):
    plural: TwentyName
    label: Label
    labels: Label


class TwentyObject(Model):
    """Custom fields of a standard object, or a custom object with its fields."""

    custom: CustomObject | None = None
    owner: TwentyName | None = None
    """The relation to the member who answers for a record; made where Twenty has none. No record is without one: the
    fallback owner of the settings stands in for whoever is not known, or has no account yet."""
    fields: dict[TwentyName, CustomField] = {}
