"""The fields of a Twenty object that a mapping may write: the standard ones and its own."""

from __future__ import annotations

from schemas.mapping.language import SystemMapping
from schemas.mapping.standard import EVERYWHERE, MEMBER, OPTIONS, RELATION, STANDARD, TARGETS
from schemas.mapping.workspace import TwentyObject


def field_types(mapping: SystemMapping, target: str) -> dict[str, str]:
    """Every field of a Twenty object that a mapping may write: name -> type."""
    own = mapping.twenty.get(target, TwentyObject())
    types = {**EVERYWHERE, **STANDARD.get(target, {}), **{name: field.type for name, field in own.fields.items()}}
    if own.custom:
        types["name"] = "TEXT"
    if own.owner:
        types.setdefault(own.owner, RELATION)
    if target in TARGETS:
        types |= {name: RELATION for name, one in mapping.twenty.items() if one.custom}
    return types


def options(mapping: SystemMapping, target: str, field: str) -> dict[str, str]:
    """Option value -> label of a select."""
    standard = OPTIONS.get((target, field))
    if standard is not None:
        return {value: value for value in sorted(standard)}
    return {option.value: option.label for option in mapping.twenty[target].fields[field].options}


def related(mapping: SystemMapping, target: str, relation: str) -> str:
    """The object at the other side of a relation."""
    own = mapping.twenty.get(target, TwentyObject())
    custom = own.fields.get(relation)
    if custom:
        return custom.to or ""
    if relation in STANDARD.get(target, {}):
        return {"assignee": MEMBER, "accountOwner": MEMBER, "pointOfContact": "person"}.get(relation, relation)
    return MEMBER if relation == own.owner else relation
