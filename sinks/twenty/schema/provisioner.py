"""Makes what a plan says, waits until it can be used, and reads it back.

Safe to run at any time, by several at once, and again after it was interrupted anywhere: before each call it knows what
is there, and after a refused or unanswered one it looks again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_exponential

from schemas.requirements import ObjectRequirement
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import FieldInfo, ObjectInfo, Workspace, discover
from sinks.twenty.errors import Kind, TwentyError
from sinks.twenty.schema.actions import (
    Action,
    ActivateField,
    ActivateObject,
    AddOptions,
    ChangeSettings,
    CreateField,
    CreateObject,
    MakeUnique,
    Plan,
)
from sinks.twenty.schema.definitions import extended_options, new_field, new_object
from sinks.twenty.schema.planner import plan
from sinks.twenty.schema.reading import count_duplicates, read_once
from sinks.twenty.schema.rendering import describe, render
from sinks.twenty.schema.rules import morph_name

Sleep = Callable[[float], None]
Clock = Callable[[], float]
Tell = Callable[[Action], None]

# Server processes learn of a new field one by one, so one good answer proves little.
_STEADY_ROUNDS = 3
# A second writer, or a lagging server process, may leave something over; a third round finds nothing but trouble.
_ROUNDS = 3

# Said to the later of two who make the same, and by a process whose cache is not what the database is.
_OVERTAKEN = re.compile(
    r"already exists|is not available, check|Unable to find|Could not find|not found", re.IGNORECASE
)
# 1.10 answers 400 to whatever it does not recognise, so a refusal that is not known is not final at once.
_TRIES = 4
# While anybody changes the data model, 1.10 may for a moment refuse to list it ("Could not find flat entity in maps").
_LIST_FOR_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    sleep: Sleep
    clock: Clock
    deadline_s: float


class SchemaError(Exception):
    """The schema cannot be applied, or Twenty did not take it; the text says what, line by line."""


class NoRightError(SchemaError):
    """The key's role may not change the data model."""

    def __init__(self, error: TwentyError) -> None:
        super().__init__(
            f"{error}\nThe API key may not change the data model. Give its role the permission 'Data model' "
            "(Twenty: Settings → Roles), or have an administrator make the changes by hand: "
            "`dualrun schema plan --checklist` prints them."
        )


def examine(
    client: TwentyClient, requirements: Iterable[ObjectRequirement], *, sleep: Sleep = time.sleep
) -> tuple[Plan, Workspace]:
    """What is to do, and the workspace that says so. Reads data only of fields that are to become unique.

    Raises TwentyError.
    """
    wanted = tuple(requirements)
    workspace = _look(client, sleep)
    found = plan(workspace, wanted)
    duplicates = {
        (action.object_name, action.field_name): _duplicates(client, workspace, action, sleep)
        for action in found.actions
        if isinstance(action, MakeUnique)
    }
    return (plan(workspace, wanted, duplicates) if duplicates else found), workspace


def apply(
    client: TwentyClient,
    requirements: Iterable[ObjectRequirement],
    *,
    tell: Tell = lambda action: None,
    sleep: Sleep = time.sleep,
    clock: Clock = time.monotonic,
    deadline_s: float = 60.0,
) -> list[Action]:
    """Makes what is missing, one call at a time, and returns what it made; `tell` hears of each before it is tried.

    At the end everything that the mapping needs has been seen in the data model and read from records. `deadline_s`
    bounds the repeats of one call, and the wait until everything can be read. Raises SchemaError where something is
    blocked, refused or still missing, TwentyError where Twenty cannot be reached.
    """
    wanted = tuple(requirements)
    pace = Pace(sleep, clock, deadline_s)
    made: list[Action] = []
    for _ in range(_ROUNDS):
        found, workspace = examine(client, wanted, sleep=sleep)
        if found.blocked:
            raise SchemaError(f"nothing is applied while something is blocked:\n{render(found)}")
        if not found.actions:
            _await_usable(client, workspace, wanted, _STEADY_ROUNDS if made else 1, pace)
            return made
        for action in found.actions:
            tell(action)
            workspace, was_made = _carry_out(client, workspace, action, pace)
            made += [action] if was_made else []
    left, workspace = examine(client, wanted, sleep=sleep)
    if not left.is_empty:
        raise SchemaError(f"Twenty does not show what was applied:\n{render(left)}")
    _await_usable(client, workspace, wanted, _STEADY_ROUNDS, pace)
    return made


def _look(client: TwentyClient, sleep: Sleep) -> Workspace:
    patient = Retrying(
        retry=retry_if_exception(_is_answered),
        stop=stop_after_delay(_LIST_FOR_S),
        wait=wait_exponential(multiplier=0.25, max=5),
        sleep=sleep,
        reraise=True,
    )
    return patient(discover, client)


def _is_answered(error: BaseException) -> bool:
    return (
        isinstance(error, TwentyError)
        and error.refusal.status is not None
        and error.refusal.kind not in (Kind.UNAUTHORISED, Kind.QUOTA)
    )


def _duplicates(client: TwentyClient, workspace: Workspace, action: MakeUnique, sleep: Sleep) -> int:
    one = workspace.objects.get(action.object_name)
    there = one.fields.get(action.field_name) if one else None
    # what is switched off cannot be read: Twenty says itself what it thinks of its data
    return count_duplicates(client, one, there, sleep) if one and there else 0


# One action


def _carry_out(client: TwentyClient, workspace: Workspace, action: Action, pace: Pace) -> tuple[Workspace, bool]:
    """Tries until the action is done, by us or by another; also gives the newest workspace seen and whether it was us.

    A metadata call may time out and be carried out all the same.
    """
    if isinstance(action, AddOptions) or not _names(action) <= workspace.objects.keys():
        # the list of options is sent whole, so it must be the newest
        workspace = _look(client, pace.sleep)
    too_long = stop_after_delay(pace.deadline_s)
    attempts = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=lambda state: too_long(state) or _is_final(state),
        wait=wait_exponential(multiplier=0.5, max=10),
        sleep=pace.sleep,
        reraise=True,
    )
    tried = False
    try:
        for attempt in attempts:
            with attempt:
                if tried:
                    workspace = _look(client, pace.sleep)
                if _is_made(workspace, action):
                    return workspace, tried
                tried = True
                try:
                    _make(client, workspace, action)
                except TwentyError as error:
                    if error.refusal.kind is Kind.UNAUTHORISED:
                        raise
                    workspace = _look(client, pace.sleep)
                    if not _is_made(workspace, action):
                        raise
                    # a refusal of what is there says that another made it; no answer leaves that open
                    return workspace, not _is_refusal(error)
    except TwentyError as error:
        if error.refusal.kind is Kind.UNAUTHORISED:
            raise NoRightError(error) from None
        raise SchemaError(f"{next(describe(action))}\n  is not done: {error}{_hint(action)}") from None
    return workspace, True


def _is_refusal(error: TwentyError) -> bool:
    status = error.refusal.status
    return status is not None and 400 <= status < 500 and error.refusal.kind is not Kind.UNKNOWN_OUTCOME


def _hint(action: Action) -> str:
    """One engine of 1.10 gives the rows that are there an empty text, and cannot index several of those."""
    if not isinstance(action, MakeUnique) and not (isinstance(action, CreateField) and action.requirement.unique):
        return ""
    return (
        f"\n  Some releases cannot make a field unique while {action.object_name} holds records without a value: drop "
        "`unique` from the mapping, or apply before the first record."
    )


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, TwentyError) and error.refusal.kind not in (Kind.UNAUTHORISED, Kind.QUOTA)


def _is_final(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, TwentyError):
        return False
    refusal = error.refusal
    passing = refusal.kind in (Kind.THROTTLED, Kind.UNKNOWN_OUTCOME, Kind.SCHEMA_STALE)
    passing |= refusal.status is None or refusal.status >= 500 or bool(_OVERTAKEN.search(refusal.template))
    return not passing and state.attempt_number >= _TRIES


def _names(action: Action) -> set[str]:
    """The objects that have to be known before the call."""
    if isinstance(action, (CreateObject, ActivateObject)):
        return set()
    if isinstance(action, CreateField):
        relation = action.requirement.relation
        relations = (*action.requirement.morph, *((relation,) if relation else ()))
        return {action.object_name, *(one.target for one in relations)}
    return {action.object_name}


def _is_made(workspace: Workspace, action: Action) -> bool:
    if isinstance(action, CreateObject):
        return action.requirement.name_singular in workspace.objects
    one = workspace.objects.get(action.object_name)
    if isinstance(action, ActivateObject) or one is None:
        return one is not None
    if isinstance(action, CreateField):
        return all(name in one.fields for name in _field_names(action))
    there = one.fields.get(action.field_name)
    if isinstance(action, ActivateField) or there is None:
        return there is not None
    if isinstance(action, MakeUnique):
        return there.is_unique
    if isinstance(action, ChangeSettings):
        return all(there.settings.get(key) == value for key, value in action.settings.items())
    return {option.value for option in action.options} <= {option["value"] for option in there.options}


def _field_names(action: CreateField) -> list[str]:
    wanted = action.requirement
    return [morph_name(wanted.name, relation.target) for relation in wanted.morph] or [wanted.name]


def _make(client: TwentyClient, workspace: Workspace, action: Action) -> None:
    match action:
        case CreateObject(wanted):
            client.create_object(new_object(wanted))
        case CreateField(object_name, field_wanted):
            client.create_field(new_field(workspace, object_name, field_wanted))
        case ActivateObject(object_name):
            client.update_object(workspace.inactive[object_name].id, {"isActive": True})
        case ActivateField(object_name, field_name):
            client.update_field(workspace.objects[object_name].inactive[field_name].id, {"isActive": True})
        case AddOptions(object_name, field_name, options):
            there = workspace.objects[object_name].fields[field_name]
            client.update_field(there.id, {"options": extended_options(there, options)})
        case MakeUnique(object_name, field_name):
            client.update_field(workspace.objects[object_name].fields[field_name].id, {"isUnique": True})
        case ChangeSettings(object_name, field_name, settings, _):
            there = workspace.objects[object_name].fields[field_name]
            client.update_field(there.id, {"settings": {**there.settings, **settings}})


# Reading back


def _await_usable(
    client: TwentyClient,
    workspace: Workspace,
    requirements: Iterable[ObjectRequirement],
    rounds: int,
    pace: Pace,
) -> None:
    """Reads every required field of every required object, until that works this many rounds running."""
    wanted = [(workspace.objects[one.name_singular], _required(workspace, one)) for one in requirements]
    deadline, steady = pace.clock() + pace.deadline_s, 0
    while steady < rounds:
        try:
            for one, fields in wanted:
                read_once(client, one, fields)
            steady += 1
        except TwentyError as error:
            if error.refusal.kind is Kind.UNAUTHORISED or pace.clock() > deadline:
                raise SchemaError(f"the schema is applied, but cannot be used: {error}") from None
            steady = 0
            pace.sleep(1.0)


def _required(workspace: Workspace, wanted: ObjectRequirement) -> list[FieldInfo]:
    one: ObjectInfo = workspace.objects[wanted.name_singular]
    names = [name for field in wanted.fields for name in _field_names(CreateField(one.name_singular, field))]
    columns = {workspace.target_column(target) for target in wanted.hangs_on}
    return [there for name, there in one.fields.items() if name in names or there.column in columns]
