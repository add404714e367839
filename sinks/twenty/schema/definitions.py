"""The bodies of metadata calls, as Twenty's REST takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.requirements import FieldRequirement, ObjectRequirement, Option, RelationRequirement
from sinks.twenty.discovery import FieldInfo, Workspace


def new_object(wanted: ObjectRequirement) -> dict[str, Any]:
    return {
        "nameSingular": wanted.name_singular,
        "namePlural": wanted.name_plural,
        "labelSingular": wanted.label_singular,
        "labelPlural": wanted.label_plural,
    }


def new_field(workspace: Workspace, object_name: str, wanted: FieldRequirement) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "objectMetadataId": workspace.objects[object_name].id,
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
        definition["relationCreationPayload"] = _relation(workspace, wanted.relation)
    if wanted.morph:
        definition["morphRelationsCreationPayload"] = [_relation(workspace, relation) for relation in wanted.morph]
    return definition


def extended_options(field: FieldInfo, options: Sequence[Option]) -> list[dict[str, Any]]:
    """The options there are, with their ids, and those of `options` that are missing behind them.

    An option without its id would be a new one to Twenty, and the rows that hold the old one could lose it.
    """
    known = {option["value"] for option in field.options}
    missing = [option for option in options if option.value not in known]
    first = max((int(option.get("position") or 0) for option in field.options), default=-1) + 1
    added = [_option(option, first + index) for index, option in enumerate(missing)]
    return [*(dict(option) for option in field.options), *added]


def _relation(workspace: Workspace, wanted: RelationRequirement) -> dict[str, Any]:
    return {
        "type": "MANY_TO_ONE",
        "targetObjectMetadataId": workspace.objects[wanted.target].id,
        "targetFieldLabel": wanted.inverse_label,
        "targetFieldIcon": "IconList",
    }


def _option(option: Option, position: int) -> dict[str, Any]:
    return {"value": option.value, "label": option.label, "color": option.color, "position": position}
