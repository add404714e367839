"""The standard objects of Twenty 1.10, with fields and column order as that server answered them.

Left out are the objects that a migration never writes (favourites, views, messages, calendars, dashboards, workflows).
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

from infra.standin.model import Field, ObjectType, Relation

_NAMESPACE = uuid.UUID("6b0c4f0e-51a5-4f6b-9d0e-1f2f4c0f7a10")


def standard_id(*path: str) -> str:
    """The fixed id of a standard object or field."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(path)))


def standard_objects(now: str) -> list[ObjectType]:
    """All standard objects with both sides of their relations. `now` is the ISO time of their making."""
    of_people = [_person(), _company(), _opportunity(), _task(), _note()]
    of_system = [_target("note"), _target("task"), _attachment(), _workspace_member()]
    objects = {one.name_singular: one for one in (*of_people, *of_system)}
    _relate(objects, "person", "company", "company", "people")
    _relate(objects, "company", "accountOwner", "workspaceMember", "accountOwnerForCompanies")
    _relate(objects, "opportunity", "pointOfContact", "person", "pointOfContactForOpportunities")
    _relate(objects, "opportunity", "company", "company", "opportunities")
    _relate(objects, "task", "assignee", "workspaceMember", "assignedTasks")
    for target in ("note", "task"):
        for name in (target, "person", "company", "opportunity"):
            _relate(objects, f"{target}Target", name, name, f"{target}Targets", "CASCADE")
    _relate(objects, "attachment", "author", "workspaceMember", "authoredAttachments")
    _relate(objects, "attachment", "task", "task", "attachments")
    _relate(objects, "attachment", "note", "note", "attachments")
    for name in ("person", "company", "opportunity"):
        _relate(objects, "attachment", name, name, "attachments", "CASCADE")
    for one in objects.values():
        one.created_at = one.updated_at = now
        for field in one.fields:
            field.created_at = field.updated_at = now
    return list(objects.values())


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


def _field(owner: str, kind: str, name: str, label: str, **more: Any) -> Field:
    if kind == "TEXT":
        more = {"is_nullable": False, "default": "''", **more}
    return Field(id=standard_id(owner, name), name=name, type=kind, label=label, **more)


def _object(
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


def _relate(
    objects: dict[str, ObjectType],
    source: str,
    name: str,
    target: str,
    inverse: str,
    on_delete: Literal["SET NULL", "CASCADE"] = "SET NULL",
) -> None:
    one, many = standard_id(source, name), standard_id(target, inverse + ":" + source)
    objects[source].fields.append(
        Field(
            id=one,
            name=name,
            type="RELATION",
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


def _options(owner: str, *options: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {"id": standard_id(owner, value), "label": label, "value": value, "color": color, "position": position}
        for position, (value, label, color) in enumerate(options)
    ]


def _person() -> ObjectType:
    return _object(
        "person",
        "people",
        "Person",
        "People",
        "name emails linkedinLink xLink jobTitle phones city avatarUrl position createdBy searchVector "
        "id createdAt updatedAt deletedAt",
        _field("person", "FULL_NAME", "name", "Name"),
        _field("person", "EMAILS", "emails", "Emails", is_unique=True),
        _field("person", "LINKS", "linkedinLink", "Linkedin"),
        _field("person", "LINKS", "xLink", "X"),
        _field("person", "TEXT", "jobTitle", "Job Title"),
        _field("person", "PHONES", "phones", "Phones"),
        _field("person", "TEXT", "city", "City"),
        _field("person", "TEXT", "avatarUrl", "Avatar", is_system=True),
    )


def _company() -> ObjectType:
    return _object(
        "company",
        "companies",
        "Company",
        "Companies",
        "id createdAt updatedAt deletedAt name domainName employees linkedinLink xLink annualRecurringRevenue address "
        "idealCustomerProfile position createdBy searchVector",
        _field("company", "TEXT", "name", "Name"),
        _field("company", "LINKS", "domainName", "Domain Name", is_unique=True),
        _field("company", "NUMBER", "employees", "Employees"),
        _field("company", "LINKS", "linkedinLink", "Linkedin"),
        _field("company", "LINKS", "xLink", "X"),
        _field("company", "CURRENCY", "annualRecurringRevenue", "ARR"),
        _field("company", "ADDRESS", "address", "Address"),
        _field("company", "BOOLEAN", "idealCustomerProfile", "ICP", is_nullable=False, default=False),
    )


def _opportunity() -> ObjectType:
    stages = _options(
        "opportunity",
        ("NEW", "New", "red"),
        ("SCREENING", "Screening", "purple"),
        ("MEETING", "Meeting", "sky"),
        ("PROPOSAL", "Proposal", "turquoise"),
        ("CUSTOMER", "Customer", "yellow"),
    )
    return _object(
        "opportunity",
        "opportunities",
        "Opportunity",
        "Opportunities",
        "name amount closeDate stage position createdBy searchVector id createdAt updatedAt deletedAt",
        _field("opportunity", "TEXT", "name", "Name"),
        _field("opportunity", "CURRENCY", "amount", "Amount"),
        _field("opportunity", "DATE_TIME", "closeDate", "Close date"),
        _field("opportunity", "SELECT", "stage", "Stage", is_nullable=False, default="'NEW'", options=stages),
    )


def _task() -> ObjectType:
    statuses = _options(
        "task", ("TODO", "To do", "sky"), ("IN_PROGRESS", "In progress", "purple"), ("DONE", "Done", "green")
    )
    return _object(
        "task",
        "tasks",
        "Task",
        "Tasks",
        "position title bodyV2 dueAt status createdBy searchVector id createdAt updatedAt deletedAt",
        _field("task", "TEXT", "title", "Title"),
        _field("task", "RICH_TEXT_V2", "bodyV2", "Body"),
        _field("task", "DATE_TIME", "dueAt", "Due Date"),
        _field("task", "SELECT", "status", "Status", default="'TODO'", options=statuses),
    )


def _note() -> ObjectType:
    return _object(
        "note",
        "notes",
        "Note",
        "Notes",
        "position title bodyV2 createdBy searchVector id createdAt updatedAt deletedAt",
        _field("note", "TEXT", "title", "Title"),
        _field("note", "RICH_TEXT_V2", "bodyV2", "Body"),
    )


def _target(of: str) -> ObjectType:
    label = f"{of.capitalize()} Target"
    return _object(
        f"{of}Target", f"{of}Targets", label, f"{label}s", "id createdAt updatedAt deletedAt", is_system=True
    )


def _attachment() -> ObjectType:
    kinds = ("ARCHIVE", "AUDIO", "IMAGE", "PRESENTATION", "SPREADSHEET", "TEXT_DOCUMENT", "VIDEO", "OTHER")
    categories = _options("attachment", *((kind, kind.replace("_", " ").capitalize(), "gray") for kind in kinds))
    return _object(
        "attachment",
        "attachments",
        "Attachment",
        "Attachments",
        "name fullPath type fileCategory createdBy id createdAt updatedAt deletedAt",
        _field("attachment", "TEXT", "name", "Name"),
        _field("attachment", "TEXT", "fullPath", "Full path"),
        _field("attachment", "TEXT", "type", "Type"),
        _field(
            "attachment",
            "SELECT",
            "fileCategory",
            "File category",
            is_nullable=False,
            default="'OTHER'",
            options=categories,
        ),
        is_system=True,
    )


def _workspace_member() -> ObjectType:
    return _object(
        "workspaceMember",
        "workspaceMembers",
        "Workspace Member",
        "Workspace Members",
        "position name colorScheme locale avatarUrl userEmail calendarStartDay userId timeZone dateFormat timeFormat "
        "searchVector numberFormat id createdAt updatedAt deletedAt",
        _field("workspaceMember", "FULL_NAME", "name", "Name"),
        _field("workspaceMember", "TEXT", "colorScheme", "Color Scheme", default="'System'"),
        _field("workspaceMember", "TEXT", "locale", "Language", default="'en'"),
        _field("workspaceMember", "TEXT", "avatarUrl", "Avatar Url"),
        _field("workspaceMember", "TEXT", "userEmail", "User Email"),
        _field("workspaceMember", "NUMBER", "calendarStartDay", "Start of the week", default=7),
        _field("workspaceMember", "UUID", "userId", "User Id", is_nullable=False),
        _field("workspaceMember", "TEXT", "timeZone", "Time zone", default="'system'"),
        _field("workspaceMember", "TEXT", "dateFormat", "Date format", default="'SYSTEM'"),
        _field("workspaceMember", "TEXT", "timeFormat", "Time format", default="'SYSTEM'"),
        _field("workspaceMember", "TEXT", "numberFormat", "Number format", default="'SYSTEM'"),
        is_system=True,
    )
