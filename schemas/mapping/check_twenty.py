"""Whether the objects, fields and options that a mapping declares can be made in Twenty."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.mapping.fields import field_types, related
from schemas.mapping.language import SystemMapping
from schemas.mapping.mistakes import Location, Mistake, suggestion
from schemas.mapping.standard import MEMBER, STANDARD
from schemas.mapping.workspace import CustomField, TwentyObject
from schemas.twenty_names import RESERVED, SYSTEM, camel_case

_TAKEN = RESERVED | SYSTEM
"""Names that no custom field or object can have."""


def check_twenty(mapping: SystemMapping) -> Iterator[Mistake]:
    for name, one in mapping.twenty.items():
        yield from _twenty_object(mapping, name, one)
    yield from _inverses(mapping)


def _twenty_object(mapping: SystemMapping, name: str, one: TwentyObject) -> Iterator[Mistake]:
    where: Location = ("twenty", name)
    if one.custom is None and name not in STANDARD:
        hint = suggestion(name, STANDARD)
        yield Mistake(where, f"Twenty has no standard object {name!r}{hint or ': expected `custom` with its labels'}")
    if one.custom and name in STANDARD:
        yield Mistake((*where, "custom"), f"{name!r} is a standard object of Twenty: leave `custom` out")
    if one.custom and (name in _TAKEN or one.custom.plural in _TAKEN or one.custom.plural == name):
        yield Mistake(where, "Twenty reserves this name, or singular and plural are the same: expected another one")
    if one.owner and (one.owner in _TAKEN or related(mapping, name, one.owner) != MEMBER):
        yield Mistake((*where, "owner"), f"{one.owner!r} is no relation to a workspace member: expected another name")
    for field_name, field in one.fields.items():
        at = (*where, "fields", field_name)
        if field_name in _TAKEN:
            yield Mistake(at, f"Twenty reserves the name {field_name!r}: expected another one")
        if field_name in STANDARD.get(name, {}):
            yield Mistake(at, f"{name} has a standard field {field_name!r}: expected another name")
        yield from _custom_field(mapping, at, field)


def _custom_field(mapping: SystemMapping, at: Location, field: CustomField) -> Iterator[Mistake]:
    if (field.type in ("SELECT", "MULTI_SELECT")) != bool(field.options):
        yield Mistake(at, "expected `options` for a SELECT or MULTI_SELECT, and only there")
    for what in ("value", "label"):
        seen: set[str] = set()
        for position, option in enumerate(field.options):
            text = getattr(option, what)
            if text in seen:
                yield Mistake((*at, "options", position), f"the {what} {text!r} is there already: expected another one")
            seen.add(text)
    if field.type == "RELATION":
        if field.to is None or field.inverse is None:
            yield Mistake(at, "a RELATION needs `to` (the other object) and `inverse` (its label over there)")
        elif field.to not in STANDARD and field.to not in mapping.twenty:
            known = [*STANDARD, *mapping.twenty]
            yield Mistake((*at, "to"), f"no object {field.to!r} in Twenty{suggestion(field.to, known)}")
    elif field.to or field.inverse:
        yield Mistake(at, "expected `to` and `inverse` only for a RELATION")
    if field.unique and field.type != "TEXT":
        yield Mistake((*at, "unique"), "expected `unique` only for a TEXT")


def _inverses(mapping: SystemMapping) -> Iterator[Mistake]:
    """Twenty names the other side of a relation after its label: that name must be free over there."""
    seen: set[tuple[str, str]] = set()
    for name, one in mapping.twenty.items():
        for field_name, field in one.fields.items():
            if field.to is None or field.inverse is None:
                continue
            there = (field.to, camel_case(field.inverse))
            if there in seen or there[1] in field_types(mapping, field.to):
                at: Location = ("twenty", name, "fields", field_name, "inverse")
                yield Mistake(at, f"{field.to} has a field {there[1]!r} already: expected another label")
            seen.add(there)
