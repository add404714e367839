"""The objects, fields, options and relations that a mapping needs and Twenty lacks: planned, read, then applied.

`plan` decides and does nothing; `apply` does what a plan says and reads back that it is so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from schemas.requirements import FieldRequirement, ObjectRequirement, Option
from schemas.twenty_names import LONGEST_NAME, OPTION_VALUE, RESERVED, camel_case
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import FieldInfo, ObjectInfo, Workspace, discover
from sinks.twenty.errors import Kind, TwentyError

_RICH_TEXT = ("RICH_TEXT", "RICH_TEXT_V2")

# A new field is read this often in a row before it counts as usable: server processes learn of it one by one.
_STEADY_READS = 2
_DEADLINE_S = 60.0

# One sub-field of each composite type, enough to read a field of that type.
_SUB_FIELD = {
    "FULL_NAME": "firstName",
    "EMAILS": "primaryEmail",
    "LINKS": "primaryLinkUrl",
    "PHONES": "primaryPhoneNumber",
    "ADDRESS": "addressCity",
    "CURRENCY": "currencyCode",
    "ACTOR": "source",
    "RICH_TEXT": "markdown",
    "RICH_TEXT_V2": "markdown",
}


class SchemaError(Exception):
    """The schema cannot be applied, or Twenty did not take it; the text says what, line by line."""


@dataclass(frozen=True)
class NewObject:
    requirement: ObjectRequirement

    def __str__(self) -> str:
        return f"create object {self.requirement.name_singular}"


@dataclass(frozen=True)
class NewField:
    object_name: str
    requirement: FieldRequirement

    def __str__(self) -> str:
        relation = self.requirement.relation
        to = f" to {relation.target}" if relation else ""
        unique = ", unique" if self.requirement.unique else ""
        return f"create field {self.object_name}.{self.requirement.name} ({self.requirement.type}{to}{unique})"


@dataclass(frozen=True)
class NewOptions:
    object_name: str
    field_name: str
    options: tuple[Option, ...]

    def __str__(self) -> str:
        values = ", ".join(option.value for option in self.options)
        return f"add to {self.object_name}.{self.field_name} the options {values}"


@dataclass(frozen=True)
class MakeUnique:
    object_name: str
    field_name: str

    def __str__(self) -> str:
        return f"make {self.object_name}.{self.field_name} unique"


Change = NewObject | NewField | NewOptions | MakeUnique


@dataclass(frozen=True)
class Plan:
    """`changes` in the order in which they can be made; `conflicts` are what a person has to resolve first."""

    requirements: tuple[ObjectRequirement, ...]
    changes: tuple[Change, ...]
    conflicts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)


def plan(workspace: Workspace, requirements: Iterable[ObjectRequirement]) -> Plan:
    """Compares what is needed with what is there. Objects come first, relations last, so that targets exist."""
    wanted = tuple(requirements)
    objects: list[Change] = []
    fields: list[Change] = []
    relations: list[Change] = []
    rest: list[Change] = []
    conflicts: list[str] = []
    made = {one.name_singular for one in wanted}
    inverses: set[tuple[str, str]] = set()
    for one in wanted:
        present = workspace.objects.get(one.name_singular)
        if present is None:
            objects.append(NewObject(one))
            conflicts += _name_faults(one.name_singular, f"object {one.name_singular}")
            conflicts += _name_faults(one.name_plural, f"plural of object {one.name_singular}")
        elif present.name_plural != one.name_plural:
            conflicts.append(
                f"object {one.name_singular}: the mapping calls its plural {one.name_plural!r}, "
                f"Twenty {present.name_plural!r}; write Twenty's name into the mapping"
            )
        for requirement in one.fields:
            requirement = _in_words_of(workspace, requirement)
            where = f"{one.name_singular}.{requirement.name}"
            there = present.fields.get(requirement.name) if present else None
            if there is not None:
                found, faults = _compare(where, one.name_singular, there, requirement)
                rest += found
                conflicts += faults
                continue
            conflicts += _field_faults(where, requirement)
            (relations if requirement.relation else fields).append(NewField(one.name_singular, requirement))
            if requirement.relation is not None:
                conflicts += _relation_faults(where, requirement, workspace, made, inverses)
    return Plan(wanted, (*objects, *fields, *relations, *rest), tuple(conflicts))


def apply(
    client: TwentyClient,
    wanted: Plan,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Workspace:
    """Makes the changes, waits until they can be used, and reads them back. A second run changes nothing.

    Raises SchemaError where the plan has conflicts or Twenty still lacks something, TwentyError where it refuses.
    """
    if wanted.conflicts:
        raise SchemaError("the schema has conflicts:\n" + "\n".join(f"- {one}" for one in wanted.conflicts))
    workspace = discover(client)
    for change in wanted.changes:
        if not _names(change) <= workspace.objects.keys():
            workspace = discover(client)
        _repeat(client, workspace, change, sleep)
    workspace = discover(client)
    left = plan(workspace, wanted.requirements)
    if left.changes or left.conflicts:
        lines = [str(one) for one in (*left.changes, *left.conflicts)]
        raise SchemaError("Twenty does not show what was applied:\n" + "\n".join(f"- {line}" for line in lines))
    for name, fields in _touched(wanted, workspace).items():
        _await_usable(client, workspace.objects[name], fields, sleep, clock)
    return workspace


# Planning


def _in_words_of(workspace: Workspace, requirement: FieldRequirement) -> FieldRequirement:
    if requirement.type in _RICH_TEXT:
        return replace(requirement, type=workspace.rich_text_type)
    return requirement


def _compare(
    where: str, object_name: str, there: FieldInfo, requirement: FieldRequirement
) -> tuple[list[Change], list[str]]:
    if there.type != requirement.type:
        reason = f"{where}: needs type {requirement.type}, but Twenty has it as {there.type}"
        return [], [f"{reason}; rename the field in the mapping or remove it in Twenty"]
    relation = requirement.relation
    if relation is not None:
        actual = there.relation
        if actual is None or actual.kind != "MANY_TO_ONE" or actual.target != relation.target:
            target = f"{actual.kind} {actual.target}" if actual else "nothing that can be read"
            return [], [f"{where}: needs a relation to {relation.target}, but Twenty relates it to {target}"]
    changes: list[Change] = []
    known = {option["value"] for option in there.options}
    missing = tuple(option for option in requirement.options or () if option.value not in known)
    if missing:
        changes.append(NewOptions(object_name, requirement.name, missing))
    if requirement.unique and not there.is_unique:
        changes.append(MakeUnique(object_name, requirement.name))
    return changes, [fault for option in missing for fault in _option_faults(where, option)]


def _field_faults(where: str, requirement: FieldRequirement) -> list[str]:
    faults = _name_faults(requirement.name, f"field {where}")
    if requirement.type in ("SELECT", "MULTI_SELECT"):
        if not requirement.options:
            faults.append(f"{where}: a {requirement.type} needs at least one option")
        values = [option.value for option in requirement.options or ()]
        if len(set(values)) < len(values):
            faults.append(f"{where}: an option value occurs twice in {', '.join(values)}")
        faults += [fault for option in requirement.options or () for fault in _option_faults(where, option)]
    if (requirement.type == "RELATION") != (requirement.relation is not None):
        faults.append(f"{where}: type RELATION and a relation's target belong together")
    return faults


def _relation_faults(
    where: str,
    requirement: FieldRequirement,
    workspace: Workspace,
    made: set[str],
    inverses: set[tuple[str, str]],
) -> list[str]:
    relation = requirement.relation
    assert relation is not None
    target = workspace.objects.get(relation.target)
    if target is None and relation.target not in made:
        return [f"{where}: relates to object {relation.target}, which neither Twenty nor the mapping has"]
    inverse = camel_case(relation.inverse_label)
    if relation.inverse_name not in (None, inverse):
        derived = f"{relation.inverse_label!r} -> {inverse}, not {relation.inverse_name}"
        return [f"{where}: Twenty names the other side after its label, {derived}; change the label"]
    faults = _name_faults(inverse, f"other side of {where}")
    taken = target is not None and inverse in target.fields
    if taken or (relation.target, inverse) in inverses:
        faults.append(f"{where}: {relation.target} has a field {inverse} already; give the other side another label")
    inverses.add((relation.target, inverse))
    return faults


def _name_faults(name: str, what: str) -> list[str]:
    if name in RESERVED:
        return [f"{what}: Twenty keeps the name {name!r} for itself; choose another"]
    if not name or not name[0].isalpha() or camel_case(name) != name or len(name) > LONGEST_NAME:
        return [f"{what}: {name!r} is not a name that Twenty takes; try {camel_case(name)[:LONGEST_NAME]!r}"]
    return []


def _option_faults(where: str, option: Option) -> list[str]:
    faults = []
    if not OPTION_VALUE.match(option.value) or len(option.value) > LONGEST_NAME:
        faults.append(
            f"{where}: option value {option.value!r} must be UPPER_SNAKE_CASE, at most {LONGEST_NAME} letters"
        )
    if not option.label.strip() or "," in option.label or len(option.label) > LONGEST_NAME:
        faults.append(f"{where}: option label {option.label!r} must be 1 to {LONGEST_NAME} letters without a comma")
    return faults


# Applying


def _names(change: Change) -> set[str]:
    """The objects that have to exist before the change."""
    if isinstance(change, NewObject):
        return set()
    relation = change.requirement.relation if isinstance(change, NewField) else None
    return {change.object_name, *([relation.target] if relation else [])}


def _repeat(client: TwentyClient, workspace: Workspace, change: Change, sleep: Callable[[float], None]) -> None:
    """Tries a change until it is there. A metadata call may time out and be carried out all the same, so every
    repeat looks first.
    """
    attempts = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_delay(_DEADLINE_S),
        wait=wait_exponential(multiplier=0.5, max=10),
        sleep=sleep,
        reraise=True,
    )
    for attempt in attempts:
        with attempt:
            if attempt.retry_state.attempt_number > 1:
                workspace = discover(client)
            if not _is_made(workspace, change):
                _make(client, workspace, change)


def _may_pass(error: BaseException) -> bool:
    if not isinstance(error, TwentyError):
        return False
    status = error.refusal.status
    return status is None or status >= 500 or error.refusal.kind is Kind.THROTTLED


def _is_made(workspace: Workspace, change: Change) -> bool:
    if isinstance(change, NewObject):
        return change.requirement.name_singular in workspace.objects
    fields = workspace.objects[change.object_name].fields
    if isinstance(change, NewField):
        return change.requirement.name in fields
    field = fields[change.field_name]
    if isinstance(change, MakeUnique):
        return field.is_unique
    return {option.value for option in change.options} <= {option["value"] for option in field.options}


def _make(client: TwentyClient, workspace: Workspace, change: Change) -> None:
    if isinstance(change, NewObject):
        wanted = change.requirement
        client.create_object(
            {
                "nameSingular": wanted.name_singular,
                "namePlural": wanted.name_plural,
                "labelSingular": wanted.label_singular,
                "labelPlural": wanted.label_plural,
            }
        )
    elif isinstance(change, NewField):
        client.create_field(_definition(workspace, change))
    else:
        field = workspace.objects[change.object_name].fields[change.field_name]
        if isinstance(change, MakeUnique):
            client.update_field(field.id, {"isUnique": True})
        else:
            client.update_field(field.id, {"options": _extended(field, change.options)})


def _definition(workspace: Workspace, change: NewField) -> dict[str, Any]:
    wanted = change.requirement
    definition: dict[str, Any] = {
        "objectMetadataId": workspace.objects[change.object_name].id,
        "name": wanted.name,
        "label": wanted.label,
        "type": wanted.type,
        "isNullable": True,
    }
    if wanted.unique:
        definition["isUnique"] = True
    if wanted.options:
        definition["options"] = [_option(option, position) for position, option in enumerate(wanted.options)]
    if wanted.settings:
        definition["settings"] = dict(wanted.settings)
    if wanted.relation is not None:
        definition["relationCreationPayload"] = {
            "type": "MANY_TO_ONE",
            "targetObjectMetadataId": workspace.objects[wanted.relation.target].id,
            "targetFieldLabel": wanted.relation.inverse_label,
            "targetFieldIcon": "IconList",
        }
    return definition


def _extended(field: FieldInfo, options: Sequence[Option]) -> list[dict[str, Any]]:
    """The options there are, with their ids, and the new ones behind them."""
    first = max((int(option.get("position", 0)) for option in field.options), default=-1) + 1
    added = [_option(option, first + index) for index, option in enumerate(options)]
    return [*(dict(option) for option in field.options), *added]


def _option(option: Option, position: int) -> dict[str, Any]:
    return {"value": option.value, "label": option.label, "color": option.color, "position": position}


def _touched(wanted: Plan, workspace: Workspace) -> dict[str, list[FieldInfo]]:
    touched: dict[str, list[FieldInfo]] = {}
    for change in wanted.changes:
        if isinstance(change, NewObject):
            touched.setdefault(change.requirement.name_singular, [])
        elif isinstance(change, NewField):
            fields = workspace.objects[change.object_name].fields
            touched.setdefault(change.object_name, []).append(fields[change.requirement.name])
    return touched


def _await_usable(
    client: TwentyClient,
    one: ObjectInfo,
    fields: Sequence[FieldInfo],
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    """Reads the new fields until that works several times running (each read costs a token)."""
    names = [_readable(field) for field in fields]
    query = f"{{{one.name_plural}(first: 1) {{edges {{node {{id {' '.join(names)}}}}}}}}}"
    deadline, steady = clock() + _DEADLINE_S, 0
    while steady < _STEADY_READS:
        try:
            client.graphql(f"read new fields of {one.name_singular}", query)
            steady += 1
        except TwentyError:
            if clock() > deadline:
                raise
            steady = 0
            sleep(1.0)


def _readable(field: FieldInfo) -> str:
    sub = _SUB_FIELD.get(field.type)
    return f"{field.name} {{{sub}}}" if sub else str(field.column)
