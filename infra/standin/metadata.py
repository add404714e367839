"""The metadata API: objects and fields, with the names and options that Twenty 1.10 accepts and refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra.standin.adapting import updated_by
from infra.standin.building import system_fields
from infra.standin.eras import Era
from infra.standin.errors import metadata_error
from infra.standin.model import COMPOSITES, CREATABLE, ENUMS, RATING_OPTIONS, Field, ObjectType, Relation
from infra.standin.options import check_default, checked_options
from infra.standin.workspace import Workspace
from schemas.twenty_names import LONGEST_NAME, RESERVED, camel_case

# Objects that every new object gets a relation to: their records hang on records of any kind.
_TARGETS = ("noteTarget", "taskTarget", "attachment")


class Metadata:
    """Decides and stores changes to the data model. Every refusal is an ApiError of status 400."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _era(self) -> Era:
        return self._workspace.era

    # Answers

    def objects(self) -> list[dict[str, Any]]:
        return [self.object_json(of) for of in self._workspace.objects]

    def fields(self) -> list[dict[str, Any]]:
        return [self.field_json(of, field) for of in self._workspace.objects for field in of.fields]

    def object_json(self, of: ObjectType) -> dict[str, Any]:
        label = of.field_named("name") or of.field_named("title")
        return {
            "id": of.id,
            "nameSingular": of.name_singular,
            "namePlural": of.name_plural,
            "isCustom": of.is_custom,
            "isActive": of.is_active,
            "isSystem": of.is_system,
            "createdAt": of.created_at,
            "updatedAt": of.updated_at,
            "labelIdentifierFieldMetadataId": label.id if label else None,
            "imageIdentifierFieldMetadataId": None,
            "labelSingular": of.label_singular,
            "labelPlural": of.label_plural,
            "description": of.description,
            "icon": of.icon,
            "fields": [self.field_json(of, field) for field in of.fields],
        }

    def field_json(self, of: ObjectType, field: Field) -> dict[str, Any]:
        """The REST shape; that of 1.10 leaves out `isUnique` and `settings`."""
        if self._era.metadata == "direct":
            return self.graphql_field_json(of, field)
        return self._plain_field_json(of, field)

    def _plain_field_json(self, of: ObjectType, field: Field) -> dict[str, Any]:
        return {
            "id": field.id,
            "type": field.type,
            "name": field.name,
            "label": field.label,
            "description": field.description,
            "icon": field.icon,
            "isCustom": field.is_custom,
            "isActive": field.is_active,
            "isSystem": field.is_system,
            "isNullable": field.is_nullable,
            "createdAt": field.created_at,
            "updatedAt": field.updated_at,
            "defaultValue": field.default,
            "options": field.options,
            "relation": self._relation_json(of, field) if field.type == "RELATION" else None,
        }

    def graphql_field_json(self, of: ObjectType, field: Field) -> dict[str, Any]:
        """What `/metadata` can be asked for besides, and what the newest REST answers have too."""
        more: dict[str, Any] = {"isUnique": field.is_unique, "settings": field.settings}
        if field.relation is not None:
            more["settings"] = _relation_settings(field)
        if field.type == "MORPH_RELATION":
            more["morphRelations"] = [self._relation_json(of, field)]
        return {**self._plain_field_json(of, field), **more}

    def _relation_json(self, of: ObjectType, field: Field) -> dict[str, Any] | None:
        relation = field.relation
        if relation is None:
            return None
        target = self._workspace.by_id(relation.target_object)
        if target is None:
            return None
        other = next(one for one in target.of.fields if one.id == relation.target_field)
        return {
            "type": relation.kind,
            "targetObjectMetadata": _reference(target.of),
            "targetFieldMetadata": {"id": other.id, "name": other.name},
            "sourceObjectMetadata": _reference(of),
            "sourceFieldMetadata": {"id": field.id, "name": field.name},
        }

    # Objects

    def find_object(self, object_id: Any) -> ObjectType:
        table = self._workspace.by_id(str(object_id))
        if table is None:
            raise metadata_error(f"Unable to find ObjectMetadataEntity with id: {object_id}")
        return table.of

    def create_object(self, wanted: dict[str, Any]) -> ObjectType:
        names = [_text(wanted, key) for key in ("nameSingular", "namePlural", "labelSingular", "labelPlural")]
        singular, plural, label_singular, label_plural = names
        for name in (plural, singular):
            _check_name(name)
        if singular == plural:
            raise metadata_error("The singular and plural names cannot be the same for an object")
        taken = {name for of in self._workspace.objects for name in (of.name_singular, of.name_plural)}
        if {singular, plural} & taken:
            raise metadata_error("Object already exists")
        now = self._workspace.now()
        of = ObjectType(
            id=self._workspace.new_id(),
            name_singular=singular,
            name_plural=plural,
            label_singular=label_singular,
            label_plural=label_plural,
            description=wanted.get("description"),
            icon=wanted.get("icon"),
            is_custom=True,
            created_at=now,
            updated_at=now,
        )
        system = system_fields(of.id)
        for field in system.values():
            field.created_at = field.updated_at = now
        name_field = self._field(
            {"type": "TEXT", "name": "name", "label": "Name", "isNullable": False, "isCustom": False}, now
        )
        order = ("createdAt", "updatedAt", "deletedAt", "createdBy", "position", "searchVector")
        of.fields = [system["id"], name_field, *(system[name] for name in order)]
        if self._era.updated_by:
            of.fields.append(replace(updated_by(of.id), created_at=now, updated_at=now))
        targets = [self._workspace.tables[name].of for name in _TARGETS]
        for target in targets:
            name = self._era.target(singular)
            field, _ = self._join(target, name, label_singular, of, target.name_plural, target.label_plural, now)
            field.type = self._era.target_type
        self._workspace.save_objects(of, *targets)
        return of

    def update_object(self, object_id: str, change: dict[str, Any]) -> ObjectType:
        """Labels, description, icon, and whether it is switched on."""
        of = self.find_object(object_id)
        of.label_singular = change.get("labelSingular", of.label_singular)
        of.label_plural = change.get("labelPlural", of.label_plural)
        of.description = change.get("description", of.description)
        of.icon = change.get("icon", of.icon)
        of.is_active = change.get("isActive", of.is_active)
        of.updated_at = self._workspace.now()
        self._workspace.save_objects(of)
        return of

    def delete_object(self, object_id: str) -> ObjectType:
        of = self.find_object(object_id)
        if not of.is_custom:
            raise metadata_error("Standard objects can't be deleted")
        self._workspace.drop_object(of)
        return of

    # Fields

    def find_field(self, field_id: str) -> tuple[ObjectType, Field]:
        for of in self._workspace.objects:
            for field in of.fields:
                if field.id == field_id:
                    return of, field
        raise metadata_error(f"Unable to find FieldMetadataEntity with id: {field_id}")

    def create_field(self, wanted: dict[str, Any]) -> tuple[ObjectType, Field]:
        kind = _text(wanted, "type")
        rich_texts = {"RICH_TEXT", "RICH_TEXT_V2"} - {self._era.rich_text}
        files = {"FILES"} if self._era.attachments == "fullPath" else set()
        if kind not in CREATABLE - rich_texts - files:
            raise metadata_error(f"Value '{kind}' does not exist in 'FieldMetadataType' enum.")
        of = self.find_object(wanted.get("objectMetadataId"))
        name = _text(wanted, "name")
        _text(wanted, "label")
        _check_name(name)
        _check_free(of, name)
        now = self._workspace.now()
        if kind == "RELATION":
            return of, self._create_relation(of, wanted, now)
        field = self._field(wanted, now)
        if field.column in of.template():
            raise _taken(name)
        of.fields.append(field)
        self._workspace.save_objects(of)
        return of, field

    def update_field(self, field_id: str, change: dict[str, Any]) -> tuple[ObjectType, Field]:
        """Everything but name and type, which Twenty leaves alone."""
        of, field = self.find_field(field_id)
        options = field.options
        if field.type in ENUMS and "options" in change:
            options = self._options(change["options"])
        unique = change.get("isUnique", field.is_unique)
        if unique and self._workspace.tables[of.name_singular].has_duplicates(field.unique_path):
            raise metadata_error("Unique index cannot be created because of existing duplicate values")
        field.options, field.is_unique = options, unique
        field.label = change.get("label", field.label)
        field.description = change.get("description", field.description)
        field.icon = change.get("icon", field.icon)
        field.default = change.get("defaultValue", field.default)
        field.settings = change.get("settings", field.settings)
        field.is_active = change.get("isActive", field.is_active)
        field.updated_at = self._workspace.now()
        self._workspace.save_objects(of)
        return of, field

    def delete_field(self, field_id: str) -> Field:
        of, field = self.find_field(field_id)
        if not field.is_custom:
            raise metadata_error("Standard fields can't be deleted")
        if field.is_active:
            raise metadata_error("Active fields can't be deleted")
        changed = [of]
        of.fields.remove(field)
        if field.relation is not None:
            target = self.find_object(field.relation.target_object)
            target.fields = [one for one in target.fields if one.id != field.relation.target_field]
            changed.append(target)
        self._workspace.save_objects(*changed)
        return field

    def _field(self, wanted: dict[str, Any], now: str) -> Field:
        kind = wanted["type"]
        options = None
        if kind == "RATING":
            options = RATING_OPTIONS
        elif kind in ENUMS:
            options = self._options(wanted.get("options"))
        default = wanted.get("defaultValue")
        check_default(kind, options or [], default)
        empty_text = self._era.empty_text == "kept"
        if default is None and kind == "TEXT" and empty_text:
            default = "''"
        if default is None and kind in COMPOSITES:
            default = {part: "''" if value == "" and empty_text else None for part, value in COMPOSITES[kind].items()}
        return Field(
            id=self._workspace.new_id(),
            name=wanted["name"],
            type=kind,
            label=wanted["label"],
            description=wanted.get("description"),
            icon=wanted.get("icon"),
            is_custom=wanted.get("isCustom", True),
            # 1.10 makes every TEXT field NOT NULL, whatever was asked for.
            is_nullable=not (kind == "TEXT" and empty_text) and wanted.get("isNullable", True),
            is_unique=bool(wanted.get("isUnique")),
            default=default,
            options=options,
            settings=wanted.get("settings"),
            created_at=now,
            updated_at=now,
        )

    def _options(self, wanted: Any) -> list[dict[str, Any]]:
        return checked_options(wanted, self._workspace.new_id, colours=self._era.strict)

    def _create_relation(self, of: ObjectType, wanted: dict[str, Any], now: str) -> Field:
        payload = wanted.get("relationCreationPayload")
        if not isinstance(payload, dict):
            raise metadata_error("Relation creation payload is required")
        kind = payload.get("type")
        if kind not in ("MANY_TO_ONE", "ONE_TO_MANY"):
            raise metadata_error(f"Unknown relation type {kind}")
        target = self.find_object(payload.get("targetObjectMetadataId"))
        inverse_label = _text(payload, "targetFieldLabel")
        inverse = camel_case(inverse_label)
        _check_name(inverse)
        _check_free(target, inverse)
        name, label = wanted["name"], wanted["label"]
        many, one = (of, target) if kind == "MANY_TO_ONE" else (target, of)
        join_name = name if kind == "MANY_TO_ONE" else inverse
        if f"{join_name}Id" in many.template():
            raise _taken(join_name)
        if kind == "MANY_TO_ONE":
            field, other = self._join(of, name, label, target, inverse, inverse_label, now)
        else:
            other, field = self._join(target, inverse, inverse_label, of, name, label, now)
        for side in (field, other):
            side.is_custom = True
        field.description, field.icon = wanted.get("description"), wanted.get("icon") or "IconRelationOneToMany"
        other.icon = payload.get("targetFieldIcon")
        self._workspace.save_objects(many, *([] if one is many else [one]))
        return field

    def _join(
        self, many: ObjectType, name: str, label: str, one: ObjectType, inverse: str, inverse_label: str, now: str
    ) -> tuple[Field, Field]:
        """Both sides of a relation; 1.10 makes no foreign key for relations made through the API."""
        ids = (self._workspace.new_id(), self._workspace.new_id())
        field = Field(ids[0], name, "RELATION", label, relation=Relation("MANY_TO_ONE", one.id, ids[1]))
        other = Field(ids[1], inverse, "RELATION", inverse_label, relation=Relation("ONE_TO_MANY", many.id, ids[0]))
        field.settings = {"relationType": "MANY_TO_ONE", "joinColumnName": f"{name}Id", "onDelete": "SET_NULL"}
        other.settings = {"relationType": "ONE_TO_MANY"}
        for side in (field, other):
            side.created_at = side.updated_at = now
        many.fields.append(field)
        one.fields.append(other)
        return field, other


def _relation_settings(field: Field) -> dict[str, Any]:
    """What a standard relation leaves unsaid."""
    kind = field.relation.kind if field.relation else None
    join = {"joinColumnName": field.column} if field.column else {}
    return {"relationType": kind, **join, **(field.settings or {})}


def _text(wanted: dict[str, Any], key: str) -> str:
    value = wanted.get(key)
    if not isinstance(value, str) or not value:
        raise metadata_error(f"{key} should not be empty")
    return value


def _check_name(name: str) -> None:
    if not name[0].isalpha() or camel_case(name) != name:
        raise metadata_error(f"{name} should be in camelCase")
    if len(name) > LONGEST_NAME:
        raise metadata_error(f"Name is too long: it exceeds the {LONGEST_NAME} characters limit.")
    if name in RESERVED:
        raise metadata_error(f"The name '{name}' is not available")


def _check_free(of: ObjectType, name: str) -> None:
    if of.field_named(name) is not None or name in of.template():
        raise _taken(name)
    for field in of.fields:
        parts = (f"{field.name}{part[0].upper()}{part[1:]}" for part in COMPOSITES.get(field.type, ()))
        if name in parts:
            raise _taken(name)


def _taken(name: str) -> Exception:
    return metadata_error(f"Name '{name}' is not available, check that it is not duplicating another field's name.")


def _reference(of: ObjectType) -> dict[str, Any]:
    return {"id": of.id, "nameSingular": of.name_singular, "namePlural": of.name_plural}
