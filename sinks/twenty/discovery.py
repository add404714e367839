"""What a workspace has: its objects and fields, read from Twenty rather than assumed.

A workspace keeps the fields that it was made with, so two servers of one release may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sinks.twenty.client import Record, TwentyClient

TargetStyle = Literal["personId", "targetPersonId"]

_UNIQUENESS = """{objects(paging: {first: 1000}) {edges {node {
  nameSingular fields(paging: {first: 1000}) {edges {node {name isUnique}}}
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


@dataclass(frozen=True)
class ObjectInfo:
    id: str
    name_singular: str
    name_plural: str
    is_custom: bool
    fields: Mapping[str, FieldInfo]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(field.column for field in self.fields.values() if field.column)


@dataclass(frozen=True)
class Workspace:
    objects: Mapping[str, ObjectInfo]

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
    objects = client.objects()
    unique = _unique_fields(client, objects)
    return Workspace({one["nameSingular"]: _object(one, unique) for one in objects if one.get("isActive", True)})


def _unique_fields(client: TwentyClient, objects: list[Record]) -> frozenset[tuple[str, str]]:
    """The REST answer of 1.10 leaves `isUnique` out; its GraphQL answer has it."""
    told = [(one["nameSingular"], field) for one in objects for field in one["fields"]]
    if any("isUnique" in field for _, field in told):
        return frozenset((name, field["name"]) for name, field in told if field.get("isUnique"))
    data = client.graphql("list unique fields", _UNIQUENESS, path="/metadata")
    nodes = [edge["node"] for edge in data["objects"]["edges"]]
    return frozenset(
        (node["nameSingular"], edge["node"]["name"])
        for node in nodes
        for edge in node["fields"]["edges"]
        if edge["node"]["isUnique"]
    )


def _object(data: Record, unique: frozenset[tuple[str, str]]) -> ObjectInfo:
    name = data["nameSingular"]
    fields = {
        field["name"]: _field(field, (name, field["name"]) in unique)
        for field in data["fields"]
        if field.get("isActive", True)
    }
    return ObjectInfo(data["id"], name, data["namePlural"], bool(data.get("isCustom")), fields)


def _field(data: Record, is_unique: bool) -> FieldInfo:
    name, kind, relation = data["name"], data["type"], data.get("relation")
    info = None
    column: str | None = name
    if kind in ("RELATION", "MORPH_RELATION"):
        settings = data.get("settings") or {}
        many_to_one = (relation or {}).get("type") or settings.get("relationType") or "MANY_TO_ONE"
        column = settings.get("joinColumnName") or f"{name}Id" if many_to_one == "MANY_TO_ONE" else None
        if relation:
            target, inverse = relation["targetObjectMetadata"], relation["targetFieldMetadata"]
            info = RelationInfo(many_to_one, target["nameSingular"], inverse["name"])
    return FieldInfo(data["id"], name, kind, is_unique, tuple(data.get("options") or ()), info, column)
