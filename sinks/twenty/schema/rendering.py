"""A plan as people read it (`+` create, `~` change, `!` blocked) and as scripts do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.requirements import FieldRequirement, Option
from schemas.twenty_names import camel_case
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

FORMAT = 1
"""Version of the JSON; it grows when something in it changes its meaning."""


def render(plan: Plan) -> str:
    """Every action and every obstacle, then the count of each; one line where there is nothing to do."""
    if plan.is_empty:
        return "No changes. Twenty has everything that the mapping needs."
    lines = [line for action in plan.actions for line in describe(action)]
    lines += [f"! {blocked}" for blocked in plan.blocked]
    body = "\n".join(f"  {line}" for line in lines)
    return f"{body}\n\nPlan: {summary(plan)}."


def summary(plan: Plan) -> str:
    return f"{len(plan.creates)} to create, {len(plan.changes)} to change, {len(plan.blocked)} blocked"


def describe(action: Action) -> Iterator[str]:
    """The lines of one action; the first says it all but for options."""
    match action:
        case CreateObject(wanted):
            yield (
                f"+ object {wanted.name_singular} (plural {wanted.name_plural}) "
                f'"{wanted.label_singular}" / "{wanted.label_plural}"'
            )
        case CreateField(_, wanted):
            yield f'+ field  {action.address} "{wanted.label}": {_kind(wanted)}'
            yield from _option_lines(wanted.options or ())
        case ActivateObject():
            yield f"~ object {action.address}: activate"
        case ActivateField():
            yield f"~ field  {action.address}: activate"
        case AddOptions(_, _, options):
            yield f"~ field  {action.address}: add {_count(len(options), 'option')}"
            yield from _option_lines(options)
        case MakeUnique():
            yield f"~ field  {action.address}: make unique"
        case ChangeSettings(_, _, settings, before):
            changed = ", ".join(f"{key} {_shown(before[key])} -> {_shown(value)}" for key, value in settings.items())
            yield f"~ field  {action.address}: settings {changed}"


def as_json(plan: Plan) -> dict[str, Any]:
    """What `--json` prints; `docs/schema.md` describes it."""
    return {
        "format": FORMAT,
        "actions": [{"address": action.address, **_details(action)} for action in plan.actions],
        "blocked": [{"address": one.address, "reason": one.reason} for one in plan.blocked],
        "summary": {"create": len(plan.creates), "change": len(plan.changes), "blocked": len(plan.blocked)},
    }


def _kind(wanted: FieldRequirement) -> str:
    relations = wanted.morph or ((wanted.relation,) if wanted.relation else ())
    words = [wanted.type]
    if relations:
        targets = ", ".join(
            f'{one.target} (there "{one.inverse_label}", {camel_case(one.inverse_label)})' for one in relations
        )
        words.append(f"to {targets}")
    words += [f"{key} {_shown(value)}" for key, value in wanted.settings.items()]
    words += ["unique"] if wanted.unique else []
    return words[0] + "".join(f"{' ' if relations and not index else ', '}{w}" for index, w in enumerate(words[1:]))


def _option_lines(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        yield f'    + option {option.value} "{option.label}" ({option.color})'


def _shown(value: object) -> str:
    return "(not set)" if value is None else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _details(action: Action) -> dict[str, Any]:
    match action:
        case CreateObject(wanted):
            names = {"plural": wanted.name_plural, "label": wanted.label_singular, "labels": wanted.label_plural}
            return {"action": "create_object", **names}
        case CreateField(_, wanted):
            relations = wanted.morph or ((wanted.relation,) if wanted.relation else ())
            return {
                "action": "create_field",
                "type": wanted.type,
                "label": wanted.label,
                "unique": wanted.unique,
                "options": [_option(option) for option in wanted.options or ()],
                "relations": [
                    {"to": one.target, "inverse": one.inverse_label, "inverse_name": camel_case(one.inverse_label)}
                    for one in relations
                ],
                "settings": dict(wanted.settings),
            }
        case ActivateObject():
            return {"action": "activate_object"}
        case ActivateField():
            return {"action": "activate_field"}
        case AddOptions(_, _, options):
            return {"action": "add_options", "options": [_option(option) for option in options]}
        case MakeUnique():
            return {"action": "make_unique"}
        case ChangeSettings(_, _, settings, before):
            return {"action": "change_settings", "settings": dict(settings), "before": dict(before)}


def _option(option: Option) -> dict[str, str]:
    return {"value": option.value, "label": option.label, "color": option.color}
