"""What a mapping needs of a Twenty workspace: objects, fields, options, relations to make before a record moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a select. ``value`` is UPPER_SNAKE_CASE, ``label`` is what people read."""

    value: str
    label: str
    color: str = "gray"


@dataclass(frozen=True, slots=True)
class RelationRequirement:
    """Many-to-one to ``target`` (nameSingular). The other side is labelled ``inverse_label``.

    ``inverse_name`` is the name that Twenty must give the other side; None leaves it to the label.
    """

    target: str
    inverse_label: str
    inverse_name: str | None = None


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One field. ``type`` is Twenty's (TEXT, SELECT, RELATION, …); ``settings`` go to Twenty as they stand.

    ``relation`` belongs to a RELATION, ``morph`` (one per object that it may name) to a MORPH_RELATION.
    """

    name: str
    label: str
    type: str
    options: tuple[Option, ...] | None = None
    unique: bool = False
    relation: RelationRequirement | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    morph: tuple[RelationRequirement, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectRequirement:
    """A standard or custom object with the fields that the mapping writes. A missing object is made.

    ``hangs_on`` is for noteTarget, taskTarget and attachment: custom objects whose records they must be able to name.
    """

    name_singular: str
    name_plural: str
    label_singular: str
    label_plural: str
    fields: tuple[FieldRequirement, ...] = ()
    hangs_on: tuple[str, ...] = ()
