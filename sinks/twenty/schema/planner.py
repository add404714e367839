"""Compares what a mapping needs with what a workspace has. Decides everything, does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from schemas.requirements import FieldRequirement, ObjectRequirement, RelationRequirement
from schemas.twenty_names import camel_case
from sinks.twenty.discovery import FieldInfo, ObjectInfo, Workspace
from sinks.twenty.schema.actions import (
    Action,
    ActivateField,
    ActivateObject,
    AddOptions,
    Blocked,
    ChangeSettings,
    CreateField,
    CreateObject,
    MakeUnique,
    Plan,
)
from sinks.twenty.schema.rules import (
    BASE_FIELDS,
    columns,
    field_faults,
    morph_name,
    name_faults,
    object_faults,
    option_faults,
    settings_faults,
    unique_faults,
)

_RICH_TEXT = ("RICH_TEXT", "RICH_TEXT_V2")

Duplicates = Mapping[tuple[str, str], int]
"""(object, field) -> how many of its values more than one record holds, trashed records too."""


def plan(workspace: Workspace, requirements: Iterable[ObjectRequirement], duplicates: Duplicates | None = None) -> Plan:
    """What has to be made, objects before fields before relations, so that what is named exists."""
    return _Planning(workspace, tuple(requirements), duplicates or {}).plan()


class _Planning:
    def __init__(
        self, workspace: Workspace, requirements: tuple[ObjectRequirement, ...], duplicates: Duplicates
    ) -> None:
        self._workspace = workspace
        self._requirements = requirements
        self._duplicates = duplicates
        self._wanted = {one.name_singular for one in requirements}
        self._objects: list[Action] = []
        self._fields: list[Action] = []
        self._relations: list[Action] = []
        self._changes: list[Action] = []
        self._blocked: list[Blocked] = []
        every = (*workspace.objects.values(), *workspace.inactive.values())
        self._object_names = {name for one in every for name in (one.name_singular, one.name_plural)}
        # object -> every name that its fields take, those of this plan too
        self._taken: dict[str, set[str]] = {one.name_singular: _names_in(one) for one in every}

    def plan(self) -> Plan:
        present = [(one, self._object(one)) for one in self._requirements]
        for one, there in present:
            for requirement in one.fields:
                self._field(one.name_singular, there, self._in_its_words(requirement))
            for target in one.hangs_on:
                self._junction(one, there, target)
        actions = (*self._objects, *self._fields, *self._relations, *self._changes)
        return Plan(actions, tuple(self._blocked))

    def _block(self, address: str, *reasons: str) -> None:
        self._blocked += [Blocked(address, reason) for reason in reasons]

    # Objects

    def _object(self, wanted: ObjectRequirement) -> ObjectInfo | None:
        name = wanted.name_singular
        there = self._workspace.objects.get(name)
        if there is None and name in self._workspace.inactive:
            there = self._workspace.inactive[name]
            self._objects.append(ActivateObject(name))
        if there is not None:
            if there.name_plural != wanted.name_plural:
                self._block(
                    name,
                    f"the mapping calls its plural {wanted.name_plural!r}, Twenty {there.name_plural!r}; "
                    "write Twenty's name into the mapping",
                )
            return there
        self._objects.append(CreateObject(wanted))
        self._block(name, *object_faults(wanted))
        for taken in sorted({name, wanted.name_plural} & self._object_names):
            self._block(name, f"Twenty has an object called {taken!r} already; choose another name")
        self._object_names |= {name, wanted.name_plural}
        self._taken[name] = {column for base, kind in BASE_FIELDS.items() for column in columns(base, kind)}
        return None

    # Fields

    def _in_its_words(self, requirement: FieldRequirement) -> FieldRequirement:
        """RICH_TEXT was called RICH_TEXT_V2 until 2026."""
        if requirement.type in _RICH_TEXT:
            return replace(requirement, type=self._workspace.rich_text_type)
        return requirement

    def _field(self, object_name: str, there: ObjectInfo | None, wanted: FieldRequirement) -> None:
        if wanted.morph:
            self._morph(object_name, there, wanted)
            return
        address = f"{object_name}.{wanted.name}"
        found = there.fields.get(wanted.name) if there else None
        if found is not None:
            self._existing(object_name, found, wanted)
        elif there is not None and wanted.name in there.inactive:
            self._changes.append(ActivateField(object_name, wanted.name))
            self._existing(object_name, there.inactive[wanted.name], wanted)
        elif there is None and wanted.name in BASE_FIELDS:
            if BASE_FIELDS[wanted.name] != wanted.type or wanted.type == "RELATION":
                self._block(
                    address,
                    f"Twenty gives every object a field {wanted.name} of type {BASE_FIELDS[wanted.name]}; rename yours",
                )
            else:
                self._existing(object_name, _as_made(wanted.name), wanted)
        else:
            self._block(address, *field_faults(wanted))
            self._claim(object_name, address, wanted.name, wanted.type)
            (self._relations if wanted.relation else self._fields).append(CreateField(object_name, wanted))
            if wanted.relation is not None:
                self._relate(address, wanted.relation)

    def _claim(self, object_name: str, address: str, name: str, kind: str) -> None:
        """A name is refused where any field of the object has it, or has a column of that name."""
        taken = self._taken.setdefault(object_name, set())
        clashes = sorted(columns(name, kind) & taken)
        if clashes:
            self._block(address, f"{object_name} has {', '.join(clashes)} already; choose another name")
        taken |= columns(name, kind)

    def _relate(self, address: str, relation: RelationRequirement) -> None:
        if relation.target not in self._workspace.objects and relation.target not in self._wanted:
            self._block(address, f"relates to object {relation.target}, which neither Twenty nor the mapping has")
            return
        inverse = camel_case(relation.inverse_label)
        if relation.inverse_name not in (None, inverse):
            derived = f"{relation.inverse_label!r} -> {inverse}, not {relation.inverse_name}"
            self._block(address, f"Twenty names the other side after its label, {derived}; change the label")
            return
        faults = name_faults(inverse, "the other side")
        self._block(address, *faults)
        if not faults:
            # the other side has no column of its own
            taken = self._taken.setdefault(relation.target, set())
            if inverse in taken:
                self._block(
                    address, f"{relation.target} has a field {inverse} already; give the other side another label"
                )
            taken.add(inverse)

    def _existing(self, object_name: str, there: FieldInfo, wanted: FieldRequirement) -> None:
        address = f"{object_name}.{wanted.name}"
        reason = _unlike(there, wanted)
        if reason:
            self._block(address, reason)
            return
        known = {option["value"] for option in there.options}
        missing = tuple(option for option in wanted.options or () if option.value not in known)
        if missing:
            self._changes.append(AddOptions(object_name, wanted.name, missing))
            self._block(address, *option_faults(missing))
        if wanted.unique and not there.is_unique:
            self._changes.append(MakeUnique(object_name, wanted.name))
            self._block(address, *self._obstacles_to_unique(object_name, wanted))
        settings = {key: value for key, value in wanted.settings.items() if there.settings.get(key) != value}
        if settings:
            before = {key: there.settings.get(key) for key in settings}
            self._changes.append(ChangeSettings(object_name, wanted.name, settings, before))
            self._block(address, *settings_faults(wanted.type, wanted.settings))

    def _obstacles_to_unique(self, object_name: str, wanted: FieldRequirement) -> list[str]:
        count = self._duplicates.get((object_name, wanted.name), 0)
        if not count:
            return unique_faults(wanted)
        values = "1 value is" if count == 1 else f"{count} values are"
        reason = f"cannot become unique: {values} held by more than one record, trashed ones included"
        return [f"{reason}; make them distinct in Twenty, or drop `unique` from the mapping"]

    # Relations to one of several objects

    def _morph(self, object_name: str, there: ObjectInfo | None, wanted: FieldRequirement) -> None:
        """Twenty makes one field for each target, all in one call, and can add none later."""
        address = f"{object_name}.{wanted.name}"
        names = {relation.target: morph_name(wanted.name, relation.target) for relation in wanted.morph}
        present = there.fields if there else {}
        missing = sorted(name for name in names.values() if name not in present)
        if not missing:
            for relation in wanted.morph:
                one = replace(wanted, name=names[relation.target], relation=relation, morph=())
                self._existing(object_name, present[one.name], one)
            return
        if len(missing) < len(names):
            self._block(address, f"Twenty lacks {', '.join(missing)} and cannot add them to what is there; remove it")
            return
        self._block(address, *field_faults(wanted))
        if len(names) < len(wanted.morph) or object_name in names:
            self._block(address, "a morph relation names each object once, and not its own")
        for relation in wanted.morph:
            self._claim(object_name, address, names[relation.target], wanted.type)
            self._relate(address, relation)
        self._relations.append(CreateField(object_name, wanted))

    def _junction(self, junction: ObjectRequirement, there: ObjectInfo | None, target: str) -> None:
        """What notes, tasks and files hang on: Twenty makes this relation together with the object."""
        address = f"{junction.name_singular}.{target}"
        if there is None or (target not in self._workspace.objects and target not in self._workspace.inactive):
            if target not in self._wanted:
                self._block(address, f"relates to object {target}, which neither Twenty nor the mapping has")
            return
        column = self._workspace.target_column(target)
        if column in there.columns:
            return
        name = column.removesuffix("Id")
        if name in there.inactive:
            self._changes.append(ActivateField(junction.name_singular, name))
        elif self._workspace.target_style == "personId":
            label = junction.label_plural
            wanted = FieldRequirement(name, name.capitalize(), "RELATION", relation=RelationRequirement(target, label))
            self._field(junction.name_singular, there, wanted)
        else:
            self._block(
                address,
                f"Twenty makes the relation to {target} together with that object, and here it is missing; "
                f"remove {target} in Twenty if it holds no records, and apply again",
            )


def _names_in(one: ObjectInfo) -> set[str]:
    """An inactive field keeps its names. Of the two sides of a relation only the one with a column takes `<name>Id`."""
    taken: set[str] = set()
    for there in (*one.fields.values(), *one.inactive.values()):
        taken |= {there.name} if there.column is None else columns(there.name, there.type)
    return taken


def _as_made(name: str) -> FieldInfo:
    """A field that a new object comes with."""
    return FieldInfo("", name, BASE_FIELDS[name], False, (), None, name)


def _unlike(there: FieldInfo, wanted: FieldRequirement) -> str | None:
    """Why the field that is there can never be the one that is wanted."""
    if there.type != wanted.type:
        return (
            f"needs type {wanted.type}, but Twenty has it as {there.type}; "
            "rename the field in the mapping or remove it in Twenty"
        )
    relation = wanted.relation
    # the answer of some releases leaves a morph relation's target out
    if relation is None or (there.relation is None and there.type == "MORPH_RELATION"):
        return None
    actual = there.relation
    if actual is None or actual.kind != "MANY_TO_ONE" or actual.target != relation.target:
        target = f"{actual.kind} {actual.target}" if actual else "nothing that can be read"
        return f"needs a relation to {relation.target}, but Twenty relates it to {target}"
    return None
