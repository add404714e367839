"""The objects that hold workflows. The stand-in keeps them so that they can be listed over the API; it runs none."""

from __future__ import annotations

from infra.standin.building import new_field, new_object, options_of
from infra.standin.model import ObjectType


def workflow_objects() -> list[ObjectType]:
    """A workflow, its versions and the trigger that an active one has; fields as in the source of 1.10."""
    states = (("DRAFT", "Draft", "yellow"), ("ACTIVE", "Active", "green"), ("DEACTIVATED", "Deactivated", "gray"))
    archived = ("ARCHIVED", "Archived", "gray")
    kinds = (("DATABASE_EVENT", "Database Event", "green"), ("CRON", "Cron", "blue"))
    workflow = new_object(
        "workflow",
        "workflows",
        "Workflow",
        "Workflows",
        "name lastPublishedVersionId statuses position createdBy searchVector id createdAt updatedAt deletedAt",
        new_field("workflow", "TEXT", "name", "Name"),
        new_field(
            "workflow", "TEXT", "lastPublishedVersionId", "Last published Version Id", is_nullable=True, default=None
        ),
        new_field("workflow", "MULTI_SELECT", "statuses", "Statuses", options=options_of("workflow", *states)),
    )
    version = new_object(
        "workflowVersion",
        "workflowVersions",
        "Workflow Version",
        "Workflow Versions",
        "name trigger steps status position searchVector id createdAt updatedAt deletedAt",
        new_field("workflowVersion", "TEXT", "name", "Name"),
        new_field("workflowVersion", "RAW_JSON", "trigger", "Version trigger"),
        new_field("workflowVersion", "RAW_JSON", "steps", "Version steps"),
        new_field(
            "workflowVersion",
            "SELECT",
            "status",
            "Version status",
            is_nullable=False,
            default="'DRAFT'",
            options=options_of("workflowVersion", *states, archived),
        ),
    )
    trigger = new_object(
        "workflowAutomatedTrigger",
        "workflowAutomatedTriggers",
        "WorkflowAutomatedTrigger",
        "WorkflowAutomatedTriggers",
        "type settings id createdAt updatedAt deletedAt",
        new_field(
            "workflowAutomatedTrigger",
            "SELECT",
            "type",
            "Automated Trigger Type",
            is_nullable=False,
            options=options_of("workflowAutomatedTrigger", *kinds),
        ),
        new_field("workflowAutomatedTrigger", "RAW_JSON", "settings", "Settings", is_nullable=False),
        is_system=True,
    )
    return [workflow, version, trigger]
