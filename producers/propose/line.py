"""One column and the field of Twenty that it fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from producers.profile.concepts import Concept
from producers.profile.facts import Column, ObjectFacts, Relation
from producers.propose.derived import Group
from producers.propose.kind import Kind
from producers.propose.selects import Select

NOTHING = "none"
"""Place of a column that fills nothing, because it should not."""
QUESTION = "?"
"""Place of a column about which there is no proposal, only a question."""


@dataclass(frozen=True, slots=True)
class Line:
    """One column and where it goes. place: a standard field or sub-field (``firstName``), the type of a custom field,
    or ``-> object``. confidence: 0 to 1. rule: as a mapping writes it. field: Twenty's name of the field.
    """

    object: str
    column: str
    place: str
    confidence: float
    why: str
    field: str = ""
    rule: Any = None
    label: str = ""
    select: Select | None = None
    relation: Relation | None = None
    group: Group | None = None


@dataclass(slots=True)
class Rows:
    """What is known of an object while its columns are placed. ``taken``: places that one column can fill alone."""

    facts: ObjectFacts
    kind: Kind
    about: Mapping[str, Concept]
    relations: Mapping[str, Relation]
    taken: set[str] = field(default_factory=set)


def labelled(column: Column) -> str:
    """A label for people: the words without what only says that it is a key, a text or a column."""
    spelt = [word for word in column.spelt if word not in ("id", "text", "key")] or list(column.spelt) or ["field"]
    return " ".join(spelt).capitalize()


def with_format(column: Column) -> Any:
    return {"from": column.name, "formats": [column.format]} if column.format else column.name


def placed_line(
    rows: Rows, column: Column, place: str, certainty: float, why: str, field: str = "", rule: Any = None
) -> Line:
    return Line(rows.facts.name, column.name, place, round(certainty, 2), why, field, rule)
