"""A plan as a list to tick off, for an administrator who makes it by hand in Twenty's settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.requirements import FieldRequirement, Option, RelationRequirement
from sinks.twenty.discovery import Workspace
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
from sinks.twenty.schema.rules import TYPES

_HEAD = """# Twenty: data model for Dualrun

Settings → Data model. Switch on **Advanced** (bottom left) so that API names show. Where the API name that Twenty
proposes differs from the one below, switch *Synchronize Objects Labels and API Names* off and type it: the API name
has to be exact, letter by letter. In the order given; then run `dualrun schema verify`.
"""


def checklist(plan: Plan, workspace: Workspace) -> str:
    """Markdown with one box for each action, labels of what is there as its names (Twenty translates labels)."""
    if plan.is_empty:
        return f"{_HEAD}\nNothing to do: Twenty has everything that the mapping needs.\n"
    lines = [_HEAD]
    if plan.blocked:
        lines.append("## Resolve first\n")
        lines += [f"- [ ] `{blocked.address}`: {blocked.reason}" for blocked in plan.blocked]
        lines.append("")
    if plan.actions:
        lines.append("## Make\n")
        lines += [line for action in plan.actions for line in _item(action, _Names(plan, workspace))]
        lines.append("")
    return "\n".join(lines)


class _Names:
    """What an administrator looks for in the list of objects."""

    def __init__(self, plan: Plan, workspace: Workspace) -> None:
        self._known = {name: one.name_plural for name, one in (*workspace.inactive.items(), *workspace.objects.items())}
        self._known |= {
            action.requirement.name_singular: action.requirement.label_plural
            for action in plan.actions
            if isinstance(action, CreateObject)
        }

    def __getitem__(self, name: str) -> str:
        return self._known.get(name, name)


def _item(action: Action, names: _Names) -> Iterator[str]:
    match action:
        case CreateObject(wanted):
            yield "- [ ] **+ New object**"
            yield f"  - Singular: `{wanted.label_singular}`, API name `{wanted.name_singular}`"
            yield f"  - Plural: `{wanted.label_plural}`, API name `{wanted.name_plural}`"
        case CreateField(object_name, wanted):
            yield f"- [ ] {names[object_name]} → Fields → **+ Add field** → *{TYPES[wanted.type]}*"
            yield f"  - Name: `{wanted.label}`, API name `{wanted.name}`"
            yield from _details(wanted, names)
        case ActivateObject(object_name):
            yield f"- [ ] *Deactivated* (end of the list) → {names[object_name]} → ⋮ → **Activate**"
        case ActivateField(object_name, field_name):
            yield (
                f"- [ ] {names[object_name]} → Fields → *Deactivated* (end of the list) → `{field_name}` "
                "→ ⋮ → **Activate**"
            )
        case AddOptions(object_name, field_name, options):
            yield f"- [ ] {names[object_name]} → Fields → `{field_name}` → **+ Add option**; leave those that are there"
            yield from _options(options)
        case MakeUnique(object_name, field_name):
            yield f"- [ ] {names[object_name]} → Fields → `{field_name}` → **Unique**: on"
        case ChangeSettings(object_name, field_name, settings, _):
            yield f"- [ ] {names[object_name]} → Fields → `{field_name}`"
            yield from (f"  - {key}: `{value}`" for key, value in settings.items())


def _details(wanted: FieldRequirement, names: _Names) -> Iterator[str]:
    if wanted.relation is not None:
        yield "  - Relation type: *Belongs to one*"
        yield from _target(wanted.relation, names)
    if wanted.morph:
        yield "  - Relation type: *Belongs to one* of several objects"
        for relation in wanted.morph:
            yield from _target(relation, names)
    yield from (f"  - {key}: `{value}`" for key, value in wanted.settings.items())
    if wanted.unique:
        yield "  - **Unique**: on"
    yield from _options(wanted.options or ())


def _target(relation: RelationRequirement, names: _Names) -> Iterator[str]:
    yield f"  - Object destination: {names[relation.target]}; field on it: `{relation.inverse_label}`"


def _options(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        yield f"  - Option `{option.label}`, API value `{option.value}`, colour {option.color}"
