"""Names in Twenty for what a source calls otherwise: objects, fields, the other sides of relations; each used once."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from producers.profile.words import singular
from producers.propose.selects import Select
from schemas.mapping.standard import EVERYWHERE, PLURALS, STANDARD
from schemas.twenty_names import LONGEST_NAME, RESERVED, SYSTEM, camel_case

SOURCE_KEY = "sourceSystemId"


def spaced(name: str) -> str:
    """``claims_transactions`` -> ``claims transactions``, ``PatStamm`` -> ``pat stamm``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower() or "record"


def object_name(name: str) -> str:
    """As the profile calls it wherever a mapping can: decisions about what the profile found name it so too."""
    return name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else source_name(name)


def source_name(name: str) -> str:
    """As a mapping names what a source has a word for, in the singular."""
    words = spaced(name).split()
    snake = "_".join([*words[:-1], singular(words[-1])])
    return snake if snake[:1].isalpha() else f"object_{snake}"


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


@dataclass(slots=True)
class TwentyDraft:
    """One object of Twenty: what is new about it. custom: (plural, label, labels), for an object of our own."""

    name: str
    custom: tuple[str, str, str] | None = None
    owner: str = ""
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    inverses: set[str] = field(default_factory=set)

    @property
    def labels(self) -> str:
        return self.custom[2] if self.custom else PLURALS[self.name][2]

    def taken(self, name: str) -> bool:
        standard = name in STANDARD.get(self.name, {}) or name in EVERYWHERE
        return standard or name in RESERVED | SYSTEM | {"name"} or name in self.inverses or name == self.owner


def custom_object(name: str, used: Collection[str]) -> TwentyDraft:
    """An object of our own for rows that are called ``name``."""
    words = source_name(name).split("_")
    for extra in ("", "record", *(f"record {number}" for number in range(2, 99))):
        tried = [*words, *extra.split()]
        one = camel_case(" ".join(tried))[:LONGEST_NAME]
        many = camel_case(" ".join([*tried[:-1], _plural(tried[-1])]))[:LONGEST_NAME]
        if one != many and not {one, many} & ({*STANDARD, *used} | RESERVED) and one[:1].isalpha():
            label = " ".join(tried).capitalize()
            labels = " ".join([*tried[:-1], _plural(tried[-1])]).capitalize()
            return TwentyDraft(one, (many, label, labels))
    raise AssertionError("a hundred names are taken")


def field_name(twenty: TwentyDraft, label: str, kind: str, owner: str, select: Select | None) -> tuple[str, str]:
    """A free name, or one of the same type and label that another object's rows fill too; with its label.

    owner: what the rows are called, to tell two fields of a name apart.
    """
    plain = re.sub(r"[^A-Za-z0-9 ]", " ", label).strip() or "field"
    numbered = [f"{base} {number}" for base in (plain, "field") for number in range(2, 99)]
    for tried in (plain, f"{owner} {plain}", f"field {plain}", *numbered):
        name = camel_case(camel_case(tried)[:LONGEST_NAME])
        if not name[:1].isalpha() or camel_case(name) != name or twenty.taken(name):
            continue
        there = twenty.fields.get(name)
        if there is None or (there["type"] == kind != "RELATION" and _mergeable(there, select)):
            return name, there["label"] if there else tried[:1].upper() + tried[1:]
    raise AssertionError("a hundred names are taken")


def _mergeable(there: dict[str, Any], select: Select | None) -> bool:
    if select is None:
        return True
    known = {one["value"]: one["label"] for one in there["options"]}
    labels = {label.casefold() for label in known.values()}
    fresh = {value: label for value, label in select.options.items() if value not in known}
    return not labels & {label.casefold() for label in fresh.values()}


def inverse(to: TwentyDraft, labels: str, label: str) -> str:
    """What the other side calls a relation: a name that is free over there."""
    for tried in (labels, f"{labels} as {label.lower()}", *(f"{labels} {number}" for number in range(2, 99))):
        name = camel_case(tried)
        if not to.taken(name) and name not in to.fields and name[:1].isalpha():
            to.inverses.add(name)
            return tried
    raise AssertionError("a hundred names are taken")
