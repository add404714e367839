"""What a workspace has: its objects and fields, read from Twenty rather than assumed.

A workspace keeps the fields that it was made with, so two servers of one release may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sinks.twenty.client import Record, TwentyClient
from sinks.twenty.errors import Kind, TwentyError

TargetStyle = Literal["personId", "targetPersonId"]

_DATA_MODEL = """{objects(paging: {first: 1000}) {edges {node {
  id nameSingular namePlural isCustom isActive fields(paging: {first: 1000}) {edges {node {
    id name type isActive isUnique options settings
    relation {type targetObjectMetadata {nameSingular} targetFieldMetadata {name}}
  }}}
}}}}"""


@dataclass(frozen=True)
class RelationInfo:
    """`kind` is MANY_TO_ONE or ONE_TO_MANY; `target` a nameSingular; `inverse` the field's name on the other side."""

    kind: str
    target: str
    inverse: str


@dataclass(frozen=True)
class FieldInfo:
    """`column` is the key under which a record carries the field (`companyId`); None where the other side does.

    `options` are as Twenty gave them, with their ids: a changed list must carry the ids of the options it keeps.
    """

    id: str
    name: str
    type: str
    is_unique: bool
    options: tuple[Mapping[str, Any], ...]
    relation: RelationInfo | None
    column: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ObjectInfo:
    """`inactive` are fields that were switched off: they keep values and names, but no record shows them."""

    id: str
    name_singular: str
    name_plural: str
    is_custom: bool
    fields: Mapping[str, FieldInfo]
    inactive: Mapping[str, FieldInfo] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(field.column for field in self.fields.values() if field.column)


@dataclass(frozen=True)
class Workspace:
    """Objects by nameSingular; `inactive` are those that were switched off."""

    objects: Mapping[str, ObjectInfo]
    inactive: Mapping[str, ObjectInfo] = field(default_factory=dict)

    @property
    def target_style(self) -> TargetStyle:
        """How noteTarget, taskTarget and attachment name the record they hang on; it changed early in 2026."""
        return "personId" if "personId" in self.objects["noteTarget"].columns else "targetPersonId"

    def target_column(self, name_singular: str) -> str:
        """The column of a noteTarget, taskTarget or attachment that refers to an object of this name."""
        if self.target_style == "personId":
            return f"{name_singular}Id"
        return f"target{name_singular[0].upper()}{name_singular[1:]}Id"

    @property
    def rich_text_type(self) -> str:
        """RICH_TEXT_V2 until 2026, RICH_TEXT since."""
        return self.objects["note"].fields["bodyV2"].type


def discover(client: TwentyClient) -> Workspace:
    """One or two metadata requests, which cost no tokens. Raises TwentyError."""
    found: dict[bool, dict[str, ObjectInfo]] = {True: {}, False: {}}
    for one in _objects(client):
        found[_is_active(one)][one["nameSingular"]] = _object(one)
    return Workspace(found[True], found[False])


def _objects(client: TwentyClient) -> list[Record]:
    """REST lists every object, but 1.10 leaves `isUnique` and `settings` of its fields out, and a key without the
    right to change the data model is refused there; GraphQL has them and serves every key.
    """
    try:
        objects = client.objects()
    except TwentyError as error:
        if error.refusal.kind is not Kind.UNAUTHORISED:
            raise
        return _over_graphql(client)
    if any("isUnique" in entry for one in objects for entry in one["fields"]):
        return objects
    details = {
        (one["nameSingular"], entry["name"]): {key: entry[key] for key in ("isUnique", "settings")}
        for one in _over_graphql(client)
        for entry in one["fields"]
    }
    return [
        {
            **one,
            "fields": [{**entry, **details.get((one["nameSingular"], entry["name"]), {})} for entry in one["fields"]],
        }
        for one in objects
    ]


def _over_graphql(client: TwentyClient) -> list[Record]:
    data = client.graphql("list objects", _DATA_MODEL, path="/metadata")
    nodes = [edge["node"] for edge in data["objects"]["edges"]]
    return [{**node, "fields": [edge["node"] for edge in node["fields"]["edges"]]} for node in nodes]


def _is_active(data: Record) -> bool:
    return data.get("isActive") is not False


def _object(data: Record) -> ObjectInfo:
    found: dict[bool, dict[str, FieldInfo]] = {True: {}, False: {}}
    for one in data["fields"]:
        found[_is_active(one)][one["name"]] = _field(one)
    name, plural, custom = data["nameSingular"], data["namePlural"], bool(data.get("isCustom"))
    return ObjectInfo(data["id"], name, plural, custom, found[True], found[False])


def _field(data: Record) -> FieldInfo:
    name, kind, relation = data["name"], data["type"], data.get("relation")
    settings = data.get("settings") or {}
    info = None
    column: str | None = name
    if kind in ("RELATION", "MORPH_RELATION"):
        many_to_one = (relation or {}).get("type") or settings.get("relationType") or "MANY_TO_ONE"
        column = settings.get("joinColumnName") or f"{name}Id" if many_to_one == "MANY_TO_ONE" else None
        if relation:
            target, inverse = relation["targetObjectMetadata"], relation["targetFieldMetadata"]
            info = RelationInfo(many_to_one, target["nameSingular"], inverse["name"])
    unique = bool(data.get("isUnique"))
    return FieldInfo(data["id"], name, kind, unique, tuple(data.get("options") or ()), info, column, settings)
