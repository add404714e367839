"""Types of custom properties, from what a source holds of them: text, a choice, or a date."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ruamel.yaml import YAML

from schemas.mapping.workspace import upper_snake
from schemas.twenty_names import LONGEST_NAME, RESERVED, SYSTEM, camel_case

MOST_OPTIONS = 20
LEAST_REPEATS = 3
"""A choice has at most so many values, each of which occurs so often on average."""
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%B %d, %Y", "%b %d, %Y")


@dataclass(frozen=True, slots=True)
class Property:
    """``name``: the source's. ``field``: Twenty's. ``options``: values of a SELECT. ``format``: of a DATE in text.

    ``doubts``: what a person has to decide.
    """

    name: str
    field: str
    type: str
    options: tuple[str, ...] = ()
    format: str = ""
    doubts: tuple[str, ...] = ()


def properties(rows: Iterable[tuple[str, str]], taken: Collection[str] = ()) -> list[Property]:
    """One for each property, by name. ``rows``: (property, value). ``taken``: fields that Twenty has already."""
    values: dict[str, Counter[str]] = {}
    for name, value in rows:
        seen = values.setdefault(" ".join(name.split()), Counter())
        if value.strip():
            seen[" ".join(value.split())] += 1
    used = {*taken, *RESERVED, *SYSTEM}
    found = []
    for name in sorted(filter(None, values)):
        field = _field(name, used)
        used.add(field)
        found.append(_inferred(name, field, values[name]))
    return found


def _field(name: str, used: Collection[str]) -> str:
    words = camel_case(name)[:LONGEST_NAME]
    base = words if words[:1].isalpha() else camel_case(f"property {name}")[:LONGEST_NAME] or "property"
    field, number = camel_case(base), 1
    while field in used:
        number += 1
        field = camel_case(f"{base} {number}")
    return field


def _inferred(name: str, field: str, values: Mapping[str, int]) -> Property:
    if not values:
        return Property(name, field, "TEXT", doubts=("it is empty in every row",))
    formats = [one for one in DATE_FORMATS if all(_is_date(value, one) for value in values)]
    if formats:
        doubts = (f"{' or '.join(formats)}: every value could be either",) if len(formats) > 1 else ()
        return Property(name, field, "DATE", format=formats[0], doubts=doubts)
    folded = {upper_snake(value) for value in values}
    usable = len(folded) == len(values) and all(folded) and not any("," in value for value in values)
    if usable and len(values) <= MOST_OPTIONS and sum(values.values()) >= LEAST_REPEATS * len(values):
        return Property(name, field, "SELECT", options=tuple(sorted(values)))
    return Property(name, field, "TEXT")


def _is_date(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)  # noqa: DTZ007  # only whether it is one
    except ValueError:
        return False
    return True


def as_yaml(found: Iterable[Property]) -> str:
    """The fields to declare and the properties to pick, to be taken over into a mapping and reviewed."""
    known = list(found)
    text = io.StringIO()
    text.writelines(f"# {one.field}: {doubt}\n" for one in known for doubt in one.doubts)
    YAML().dump({"fields": {one.field: _declared(one) for one in known}, "pick": dict(map(_picked, known))}, text)
    return text.getvalue()


def _declared(one: Property) -> dict[str, Any]:
    # Twenty refuses a label with a comma
    label = one.name.replace(",", " ").strip() or one.field
    return {"type": one.type, "label": label, **({"options": list(one.options)} if one.options else {})}


def _picked(one: Property) -> tuple[str, dict[str, Any]]:
    return one.name, {one.field: {"from": "value", "formats": [one.format]} if one.format else "value"}
