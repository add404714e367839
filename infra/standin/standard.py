"""The standard objects of Twenty 1.10, with fields and column order as that server answered them.

Left out are the objects that a migration neither writes nor looks at (favourites, views, messages, calendars,
dashboards).
"""

from __future__ import annotations

from infra.standin.adapting import adapt
from infra.standin.building import new_field, new_object, options_of, relate
from infra.standin.eras import Era
from infra.standin.model import ObjectType
from infra.standin.workflows import workflow_objects


def standard_objects(now: str, era: Era) -> list[ObjectType]:
    """All standard objects with both sides of their relations. `now` is the ISO time of their making."""
    of_people = [_person(), _company(), _opportunity(), _task(), _note()]
    of_system = [_target("note"), _target("task"), _attachment(), _workspace_member()]
    objects = {one.name_singular: one for one in (*of_people, *of_system, *workflow_objects())}
    adapt(objects, era)
    relate(objects, "person", "company", "company", "people")
    relate(objects, "company", "accountOwner", "workspaceMember", "accountOwnerForCompanies")
    relate(objects, "opportunity", "pointOfContact", "person", "pointOfContactForOpportunities")
    relate(objects, "opportunity", "company", "company", "opportunities")
    relate(objects, "task", "assignee", "workspaceMember", "assignedTasks")
    if era.standard_fields == "newest":
        relate(objects, "opportunity", "owner", "workspaceMember", "ownedOpportunities")
    for target in ("note", "task"):
        relate(objects, f"{target}Target", target, target, f"{target}Targets", "CASCADE")
        for name in ("person", "company", "opportunity"):
            relate(objects, f"{target}Target", era.target(name), name, f"{target}Targets", "CASCADE", era.target_type)
    relate(objects, "attachment", "author", "workspaceMember", "authoredAttachments")
    for name in ("task", "note"):
        relate(objects, "attachment", era.target(name), name, "attachments", "SET NULL", era.target_type)
    for name in ("person", "company", "opportunity"):
        relate(objects, "attachment", era.target(name), name, "attachments", "CASCADE", era.target_type)
    for part, inverse in (("workflowVersion", "versions"), ("workflowAutomatedTrigger", "automatedTriggers")):
        relate(objects, part, "workflow", "workflow", inverse, "CASCADE")
    for one in objects.values():
        one.created_at = one.updated_at = now
        for field in one.fields:
            field.created_at = field.updated_at = now
    return list(objects.values())


def _person() -> ObjectType:
    return new_object(
        "person",
        "people",
        "Person",
        "People",
        "name emails linkedinLink xLink jobTitle phones city avatarUrl position createdBy searchVector "
        "id createdAt updatedAt deletedAt",
        new_field("person", "FULL_NAME", "name", "Name"),
        new_field("person", "EMAILS", "emails", "Emails", is_unique=True),
        new_field("person", "LINKS", "linkedinLink", "Linkedin"),
        new_field("person", "LINKS", "xLink", "X"),
        new_field("person", "TEXT", "jobTitle", "Job Title"),
        new_field("person", "PHONES", "phones", "Phones"),
        new_field("person", "TEXT", "city", "City"),
        new_field("person", "TEXT", "avatarUrl", "Avatar", is_system=True),
    )


def _company() -> ObjectType:
    return new_object(
        "company",
        "companies",
        "Company",
        "Companies",
        "id createdAt updatedAt deletedAt name domainName employees linkedinLink xLink annualRecurringRevenue address "
        "idealCustomerProfile position createdBy searchVector",
        new_field("company", "TEXT", "name", "Name"),
        new_field("company", "LINKS", "domainName", "Domain Name", is_unique=True),
        new_field("company", "NUMBER", "employees", "Employees"),
        new_field("company", "LINKS", "linkedinLink", "Linkedin"),
        new_field("company", "LINKS", "xLink", "X"),
        new_field("company", "CURRENCY", "annualRecurringRevenue", "ARR"),
        new_field("company", "ADDRESS", "address", "Address"),
        new_field("company", "BOOLEAN", "idealCustomerProfile", "ICP", is_nullable=False, default=False),
    )


def _opportunity() -> ObjectType:
    stages = options_of(
        "opportunity",
        ("NEW", "New", "red"),
        ("SCREENING", "Screening", "purple"),
        ("MEETING", "Meeting", "sky"),
        ("PROPOSAL", "Proposal", "turquoise"),
        ("CUSTOMER", "Customer", "yellow"),
    )
    return new_object(
        "opportunity",
        "opportunities",
        "Opportunity",
        "Opportunities",
        "name amount closeDate stage position createdBy searchVector id createdAt updatedAt deletedAt",
        new_field("opportunity", "TEXT", "name", "Name"),
        new_field("opportunity", "CURRENCY", "amount", "Amount"),
        new_field("opportunity", "DATE_TIME", "closeDate", "Close date"),
        new_field("opportunity", "SELECT", "stage", "Stage", is_nullable=False, default="'NEW'", options=stages),
    )


def _task() -> ObjectType:
    statuses = options_of(
        "task", ("TODO", "To do", "sky"), ("IN_PROGRESS", "In progress", "purple"), ("DONE", "Done", "green")
    )
    return new_object(
        "task",
        "tasks",
        "Task",
        "Tasks",
        "position title bodyV2 dueAt status createdBy searchVector id createdAt updatedAt deletedAt",
        new_field("task", "TEXT", "title", "Title"),
        new_field("task", "RICH_TEXT_V2", "bodyV2", "Body"),
        new_field("task", "DATE_TIME", "dueAt", "Due Date"),
        new_field("task", "SELECT", "status", "Status", default="'TODO'", options=statuses),
    )


def _note() -> ObjectType:
    return new_object(
        "note",
        "notes",
        "Note",
        "Notes",
        "position title bodyV2 createdBy searchVector id createdAt updatedAt deletedAt",
        new_field("note", "TEXT", "title", "Title"),
        new_field("note", "RICH_TEXT_V2", "bodyV2", "Body"),
    )


def _target(of: str) -> ObjectType:
    label = f"{of.capitalize()} Target"
    return new_object(
        f"{of}Target", f"{of}Targets", label, f"{label}s", "id createdAt updatedAt deletedAt", is_system=True
    )


def _attachment() -> ObjectType:
    kinds = ("ARCHIVE", "AUDIO", "IMAGE", "PRESENTATION", "SPREADSHEET", "TEXT_DOCUMENT", "VIDEO", "OTHER")
    categories = options_of("attachment", *((kind, kind.replace("_", " ").capitalize(), "gray") for kind in kinds))
    return new_object(
        "attachment",
        "attachments",
        "Attachment",
        "Attachments",
        "name fullPath type fileCategory createdBy id createdAt updatedAt deletedAt",
        new_field("attachment", "TEXT", "name", "Name"),
        new_field("attachment", "TEXT", "fullPath", "Full path"),
        new_field("attachment", "TEXT", "type", "Type"),
        new_field(
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
    return new_object(
        "workspaceMember",
        "workspaceMembers",
        "Workspace Member",
        "Workspace Members",
        "position name colorScheme locale avatarUrl userEmail calendarStartDay userId timeZone dateFormat timeFormat "
        "searchVector numberFormat id createdAt updatedAt deletedAt",
        new_field("workspaceMember", "FULL_NAME", "name", "Name"),
        new_field("workspaceMember", "TEXT", "colorScheme", "Color Scheme", default="'System'"),
        new_field("workspaceMember", "TEXT", "locale", "Language", default="'en'"),
        new_field("workspaceMember", "TEXT", "avatarUrl", "Avatar Url"),
        new_field("workspaceMember", "TEXT", "userEmail", "User Email"),
        new_field("workspaceMember", "NUMBER", "calendarStartDay", "Start of the week", default=7),
        new_field("workspaceMember", "UUID", "userId", "User Id", is_nullable=False),
        new_field("workspaceMember", "TEXT", "timeZone", "Time zone", default="'system'"),
        new_field("workspaceMember", "TEXT", "dateFormat", "Date format", default="'SYSTEM'"),
        new_field("workspaceMember", "TEXT", "timeFormat", "Time format", default="'SYSTEM'"),
        new_field("workspaceMember", "TEXT", "numberFormat", "Number format", default="'SYSTEM'"),
        is_system=True,
    )
