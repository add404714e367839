"""What later releases changed about the standard objects of 1.10."""

from __future__ import annotations

from infra.standin.building import new_field, standard_id
from infra.standin.eras import Era
from infra.standin.model import Field, ObjectType

_DROPPED = {
    "person": ("city", "xLink"),
    "company": ("employees", "xLink", "annualRecurringRevenue", "idealCustomerProfile"),
}


def adapt(objects: dict[str, ObjectType], era: Era) -> None:
    """Changes fields in place; relations are made afterwards."""
    if era.standard_fields == "newest":
        for name, dropped in _DROPPED.items():
            objects[name].fields = [field for field in objects[name].fields if field.name not in dropped]
        _insert(objects["company"], "linkedinLink", new_field("company", "CURRENCY", "annualRevenue", "Annual revenue"))
    if era.attachments == "file":
        settings = {"maxNumberOfValues": 1}
        _insert(objects["attachment"], "name", new_field("attachment", "FILES", "file", "File", settings=settings))
    for one in objects.values():
        if era.updated_by and one.field_named("createdBy"):
            _insert(one, "createdBy", updated_by(one.name_singular))
        for field in one.fields:
            if field.type == "RICH_TEXT_V2":
                field.type = era.rich_text
            if era.empty_text == "null" and field.type == "TEXT":
                field.is_nullable = True
                field.default = None if field.default == "''" else field.default


def updated_by(owner: str) -> Field:
    return Field(standard_id(owner, "updatedBy"), "updatedBy", "ACTOR", "Updated by", is_system=True, is_nullable=False)


def _insert(of: ObjectType, after: str, field: Field) -> None:
    place = next(index for index, one in enumerate(of.fields) if one.name == after)
    of.fields.insert(place + 1, field)
