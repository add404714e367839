"""Small workspaces, and what a workspace looks like once a plan was carried out."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from hypothesis import strategies as st

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from schemas.twenty_names import camel_case
from sinks.twenty.discovery import FieldInfo, ObjectInfo, RelationInfo, Workspace
from sinks.twenty.schema.actions import (
    Action,
    ActivateField,
    ActivateObject,
    AddOptions,
    ChangeSettings,
    CreateField,
    CreateObject,
    MakeUnique,
)
from sinks.twenty.schema.rules import morph_name


def field(
    name: str,
    kind: str,
    *,
    unique: bool = False,
    relation: RelationInfo | None = None,
    settings: dict[str, Any] | None = None,
) -> FieldInfo:
    options = ({"id": "1", "value": "RED", "label": "Red", "position": 4},) if kind == "SELECT" else ()
    column: str | None = name
    if relation:
        column = f"{name}Id" if relation.kind == "MANY_TO_ONE" else None
    return FieldInfo(f"id-{name}", name, kind, unique, options, relation, column, settings or {})


def one_object(singular: str, plural: str, *fields: FieldInfo, inactive: tuple[FieldInfo, ...] = ()) -> ObjectInfo:
    by_name = {one.name: one for one in fields}
    return ObjectInfo(f"id-{singular}", singular, plural, False, by_name, {one.name: one for one in inactive})


def workspace(*more: ObjectInfo, inactive: tuple[ObjectInfo, ...] = ()) -> Workspace:
    person = one_object(
        "person",
        "people",
        field("jobTitle", "TEXT"),
        field("colour", "SELECT"),
        field("rank", "NUMBER", settings={"dataType": "int"}),
        field("emails", "EMAILS", unique=True),
        field("company", "RELATION", relation=RelationInfo("MANY_TO_ONE", "company", "people")),
        inactive=(field("nickname", "TEXT"), field("shade", "SELECT")),
    )
    people = field("people", "RELATION", relation=RelationInfo("ONE_TO_MANY", "person", "company"))
    company = one_object("company", "companies", people)
    note = one_object("note", "notes", field("bodyV2", "RICH_TEXT_V2"))
    target = one_object(
        "noteTarget",
        "noteTargets",
        field("person", "RELATION", relation=RelationInfo("MANY_TO_ONE", "person", "noteTargets")),
    )
    objects = {one.name_singular: one for one in (person, company, note, target, *more)}
    return Workspace(objects, {one.name_singular: one for one in inactive})


def person_with(*fields: FieldRequirement) -> list[ObjectRequirement]:
    return [ObjectRequirement("person", "people", "Person", "People", fields)]


def carried_out(before: Workspace, *actions: Action) -> Workspace:
    """What Twenty shows after the actions, by its documented behaviour."""
    return reduce(_after, actions, before)


def _after(before: Workspace, action: Action) -> Workspace:
    objects, inactive = dict(before.objects), dict(before.inactive)
    if isinstance(action, CreateObject):
        wanted = action.requirement
        objects[wanted.name_singular] = one_object(wanted.name_singular, wanted.name_plural, field("name", "TEXT"))
        return replace(before, objects=objects)
    if isinstance(action, ActivateObject):
        objects[action.object_name] = inactive.pop(action.object_name)
        return Workspace(objects, inactive)
    there = objects[action.object_name]
    fields = dict(there.fields)
    if isinstance(action, CreateField):
        for made, relation in _fields_of(action.requirement):
            fields[made.name] = made
            if relation is not None:
                inverse = camel_case(relation.inverse_label)
                other = field(inverse, made.type, relation=RelationInfo("ONE_TO_MANY", action.object_name, made.name))
                target = there if relation.target == action.object_name else objects[relation.target]
                if target is there:
                    fields[inverse] = other
                else:
                    objects[relation.target] = replace(target, fields={**target.fields, inverse: other})
    elif isinstance(action, ActivateField):
        fields[action.field_name] = there.inactive[action.field_name]
        rest = {name: one for name, one in there.inactive.items() if name != action.field_name}
        there = replace(there, inactive=rest)
    else:
        fields[action.field_name] = _changed(fields[action.field_name], action)
    objects[action.object_name] = replace(there, fields=fields)
    return replace(before, objects=objects)


def _fields_of(wanted: FieldRequirement) -> list[tuple[FieldInfo, RelationRequirement | None]]:
    relations = wanted.morph or (wanted.relation,)
    made: list[tuple[FieldInfo, RelationRequirement | None]] = []
    for relation in relations:
        name = morph_name(wanted.name, relation.target) if wanted.morph and relation else wanted.name
        info = RelationInfo("MANY_TO_ONE", relation.target, camel_case(relation.inverse_label)) if relation else None
        options = tuple({"id": one.value, "value": one.value} for one in wanted.options or ())
        one = field(name, wanted.type, unique=wanted.unique, relation=info, settings=dict(wanted.settings))
        made.append((replace(one, options=options), relation))
    return made


def _changed(there: FieldInfo, action: AddOptions | MakeUnique | ChangeSettings) -> FieldInfo:
    if isinstance(action, MakeUnique):
        return replace(there, is_unique=True)
    if isinstance(action, ChangeSettings):
        return replace(there, settings={**there.settings, **action.settings})
    return replace(there, options=(*there.options, *({"value": option.value} for option in action.options)))


# Requirements of every kind. Among few names many collide, so half of them are made of parts that are all in order.

PLAIN = (
    *("TEXT", "NUMBER", "NUMERIC", "BOOLEAN", "DATE", "DATE_TIME", "RATING", "UUID", "ARRAY", "RAW_JSON", "CURRENCY"),
    *("LINKS", "EMAILS", "PHONES", "ADDRESS", "FULL_NAME", "ACTOR", "RICH_TEXT"),
)
_GOOD_NAMES = ("room", "ward", "bed", "floor", "wing")
_BAD_NAMES = (*_GOOD_NAMES, "roomId", "wardAddressCity", "jobTitle", "colour", "name", "visits", "type", "Bad", "a1")


def _fields(
    names: tuple[str, ...], labels: tuple[str, ...], values: tuple[str, ...], inverses: tuple[str, ...], *, good: bool
) -> st.SearchStrategy[tuple[FieldRequirement, ...]]:
    name = st.sampled_from(names)
    uniqueness = st.just(False) if good else st.booleans()
    option_labels = ("Red", "Blue") if good else ("Red", "a, b", "")
    option = st.builds(
        Option, st.sampled_from(values), st.sampled_from(option_labels), st.sampled_from(["red", "gray"])
    )
    options = st.lists(option, min_size=int(good), max_size=3, unique_by=(lambda one: one.value) if good else None)
    targets = ("person", "company") if good else ("person", "company", "visit", "nowhere")
    relation = st.builds(RelationRequirement, st.sampled_from(targets), st.sampled_from(inverses))
    number = st.sampled_from(["int", "float"] if good else ["int", "float", "text"])
    field_of_any_kind = st.one_of(
        st.builds(FieldRequirement, name, st.sampled_from(labels), st.sampled_from(PLAIN), unique=uniqueness),
        st.builds(FieldRequirement, name, st.just("Kind"), st.just("TEXT"), unique=st.booleans()),
        st.builds(
            FieldRequirement, name, st.just("Kind"), st.sampled_from(["SELECT", "MULTI_SELECT"]), options.map(tuple)
        ),
        st.builds(FieldRequirement, name, st.just("Link"), st.just("RELATION"), relation=relation),
        st.builds(
            FieldRequirement,
            name,
            st.just("Rank"),
            st.just("NUMBER"),
            settings=st.fixed_dictionaries({"dataType": number}),
        ),
    )
    return st.lists(field_of_any_kind, max_size=4, unique_by=lambda one: one.name).map(tuple)


def _objects(
    fields: st.SearchStrategy[tuple[FieldRequirement, ...]], plurals: tuple[str, ...]
) -> st.SearchStrategy[list[ObjectRequirement]]:
    plural = st.sampled_from(plurals)
    visit = st.builds(ObjectRequirement, st.just("visit"), plural, st.just("Visit"), st.just("Visits"), fields)
    person = st.builds(
        ObjectRequirement, st.just("person"), st.just("people"), st.just("Person"), st.just("People"), fields
    )
    return st.lists(st.one_of(visit, person), max_size=2, unique_by=lambda one: one.name_singular)


REQUIREMENTS = st.one_of(
    _objects(
        _fields(_GOOD_NAMES, ("Room", "Ward 2"), ("RED", "A_1"), ("Beds", "Tests", "Wards", "Floors"), good=True),
        ("visits",),
    ),
    _objects(
        _fields(
            _BAD_NAMES,
            ("Room", " ", "x" * 64),
            ("RED", "no-show", "1A", "A__B"),
            ("Visits", "Rooms", "People", "2nd", "Type"),
            good=False,
        ),
        ("visits", "visits", "visit", "people"),
    ),
)
"""Requirements as a mapping might state them, good and bad."""
