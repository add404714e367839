"""What is right for a source: written by a person, or told by the mapping that a clinic signed.

An answer names the places that are right for a column: ``firstName``, ``emails``, ``dueAt`` for standard fields and
sub-fields, ``DATE``, ``SELECT`` for custom fields by their type, ``-> patients`` for a relation, ``none``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from producers.propose.merges import LOSER, MERGES, SURVIVOR
from schemas.mapping import SystemMapping
from schemas.mapping.fields import field_types
from schemas.mapping.language import DERIVED, Part
from schemas.mapping.rules import Reference, Rule
from schemas.mapping.standard import EVERYWHERE, STANDARD, TARGETS

NONE = frozenset({"none"})
_AS_GOOD = ({"TEXT", "SELECT"}, {"createdAt", "DATE_TIME"})
"""Places between which a clinic chooses by taste: a mapping that has the one could have the other."""


@dataclass(slots=True)
class Answer:
    """targets: any of them is right; ``none`` where the object becomes no records. columns: column -> right places."""

    targets: frozenset[str]
    keys: tuple[tuple[str, ...], ...]
    columns: dict[str, set[str]] = field(default_factory=dict)
    changed_at: str | None = None


def written(path: Path) -> dict[str, Answer]:
    """The answers in a file of ``infra/proposals/keys``, by table."""
    tree = YAML(typ="safe").load(path.read_text("utf-8"))
    return {
        name: Answer(
            frozenset(str(one["target"]).split("|")),
            tuple((key,) for key in one["key"]),
            {column: set(str(places).split("|")) for column, places in one["columns"].items()},
            one.get("changed_at"),
        )
        for name, one in tree.items()
    }


def signed(mapping: SystemMapping) -> dict[str, Answer]:
    """The answers that a mapping gives for the tables that it reads; its queries have no table of their own."""
    tables = {name: table(one.source.relation) for name, one in mapping.objects.items() if one.source.relation}
    found: dict[str, Answer] = {}
    for name, mapped in mapping.objects.items():
        if name not in tables:
            continue
        targets = {
            "custom" if part.target not in STANDARD else part.target
            for part in mapped.parts
            if part.target not in TARGETS or part.attachment
        }
        if mapped.merges is not None:
            targets = {MERGES}
        answer = Answer(frozenset(targets), (tuple(mapped.source.key),), {}, mapped.source.changed_at)
        for column in mapped.source.exclude:
            answer.columns.setdefault(column, set()).add("none")
        for derivation in mapped.derives:
            for column in derivation.carry.values():
                answer.columns.setdefault(column, set()).add("derived")
        for role in (LOSER, SURVIVOR) if mapped.merges else ():
            for rule in getattr(mapped.merges, role):
                for column in rule.columns:
                    answer.columns.setdefault(column, set()).add(role)
        for part in mapped.parts:
            _part(mapping, part, tables, answer)
        found[tables[name]] = answer
    for export in mapping.exports:
        found[table(export.relation) if export.relation else export.name] = Answer(NONE, ())
    for answer in found.values():
        for places in answer.columns.values():
            places |= set().union(*(pair for pair in _AS_GOOD if pair & places))
    return found


def table(relation: str | None) -> str:
    return (relation or "").rpartition(".")[2]


def _part(mapping: SystemMapping, part: Part, tables: Mapping[str, str], answer: Answer) -> None:
    types = field_types(mapping, part.target)
    own = {*STANDARD.get(part.target, {}), *EVERYWHERE, *(("name",) if part.target not in STANDARD else ())}
    renamed: dict[str, str] = dict.fromkeys(part.items.columns, part.items.array) if part.items else {}
    for element in part.repeated:
        renamed |= element.columns

    def add(rule: Rule, place: str) -> None:
        for column in rule.columns:
            real = renamed.get(column, column)
            answer.columns.setdefault(real, set()).add("each" if part.items and column in renamed else place)

    for name, rule in part.rules:
        for inner, sub in (rule.of or {}).items():
            add(sub, inner)
        if rule.of is None:
            add(rule, name if name in own else types[name])
    for reference in part.links.values():
        _reference(mapping, reference, tables, add)
    if part.anchor:
        _reference(mapping, part.anchor, tables, add)
    if part.match:
        add(part.match.by, "userEmail")
        if part.match.name:
            for column in part.match.name.columns:
                answer.columns.setdefault(column, set()).update({"first_name", "last_name", "name"})
    if part.attachment:
        for value in (part.attachment.path, part.attachment.blob, part.attachment.name, part.attachment.size):
            if value:
                answer.columns.setdefault(value, set()).add("file")


def _reference(mapping: SystemMapping, reference: Reference, tables: Mapping[str, str], add: Any) -> None:
    named = (
        [reference.to]
        if reference.to
        else [
            name
            for name, parts in mapping.all_parts().items()
            if any(reference.alias in part.aliases for part in parts)
        ]
    )
    for rule in reference.by:
        for to in named:
            add(rule, "derived" if to is None or to.startswith(DERIVED) else f"-> {tables.get(to, to)}")
