"""The parts that standard objects are made of: fields, relations and options with fixed ids."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from infra.standin.model import Field, ObjectType, Relation

_NAMESPACE = uuid.UUID("6b0c4f0e-51a5-4f6b-9d0e-1f2f4c0f7a10")


def standard_id(*path: str) -> str:
    """The fixed id of a standard object or field."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(path)))


def system_fields(owner: str) -> dict[str, Field]:
    """The fields that Twenty gives every object, by name; ids are derived from `owner`."""

    def system(kind: str, name: str, label: str, **more: Any) -> Field:
        more.setdefault("is_nullable", False)
        return Field(id=standard_id(owner, name), name=name, type=kind, label=label, is_system=True, **more)

    fields = (
        system("UUID", "id", "Id"),
        system("DATE_TIME", "createdAt", "Creation date"),
        system("DATE_TIME", "updatedAt", "Last update"),
        system("DATE_TIME", "deletedAt", "Deleted at", is_nullable=True),
        system("ACTOR", "createdBy", "Created by"),
        system("POSITION", "position", "Position", default=0),
        system("TS_VECTOR", "searchVector", "Search vector", is_nullable=True),
    )
    return {field.name: field for field in fields}


def new_field(owner: str, kind: str, name: str, label: str, **more: Any) -> Field:
    if kind == "TEXT":
        more = {"is_nullable": False, "default": "''", **more}
    return Field(id=standard_id(owner, name), name=name, type=kind, label=label, **more)


def new_object(
    singular: str, plural: str, label: str, labels: str, order: str, *own: Field, is_system: bool = False
) -> ObjectType:
    """`order` names every column; those that are not among `own` are system fields."""
    fields = {**system_fields(singular), **{one.name: one for one in own}}
    return ObjectType(
        id=standard_id(singular),
        name_singular=singular,
        name_plural=plural,
        label_singular=label,
        label_plural=labels,
        is_system=is_system,
        fields=[fields[name] for name in order.split()],
    )


def relate(
    objects: dict[str, ObjectType],
    source: str,
    name: str,
    target: str,
    inverse: str,
    on_delete: Literal["SET NULL", "CASCADE"] = "SET NULL",
    kind: Literal["RELATION", "MORPH_RELATION"] = "RELATION",
) -> None:
    one, many = standard_id(source, name), standard_id(target, inverse + ":" + source)
    objects[source].fields.append(
        Field(
            id=one,
            name=name,
            type=kind,
            label=_label(name),
            relation=Relation("MANY_TO_ONE", objects[target].id, many, enforced=True, on_delete=on_delete),
        )
    )
    objects[target].fields.append(
        Field(
            id=many,
            name=inverse,
            type="RELATION",
            label=_label(inverse),
            relation=Relation("ONE_TO_MANY", objects[source].id, one),
        )
    )


def _label(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words[0].upper() + words[1:]


def options_of(owner: str, *options: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {"id": standard_id(owner, value), "label": label, "value": value, "color": color, "position": position}
        for position, (value, label, color) in enumerate(options)
    ]
