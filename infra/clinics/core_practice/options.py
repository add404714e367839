"""Core Practice's words as options of Twenty, and what is looked at there."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from infra.clinics.values import STANDARD

SYSTEM = "core_practice"
ZONE = ZoneInfo("America/New_York")

SPECIALIZATIONS = {
    "general dentistry": "GENERAL_DENTISTRY",
    "orthodontics": "ORTHODONTICS",
    "endodontics": "ENDODONTICS",
    "periodontics": "PERIODONTICS",
    "oral pathology": "ORAL_PATHOLOGY",
}
TYPES = {
    "exam": "EXAM",
    "cleaning": "CLEANING",
    "restoration": "RESTORATION",
    "emergency": "EMERGENCY",
    "sedation": "SEDATION",
}
STATUSES = {"scheduled": "SCHEDULED", "completed": "COMPLETED", "cancelled": "CANCELLED", "no-show": "NO_SHOW"}
TASK_STATES = {"scheduled": "TODO", "completed": "DONE", "cancelled": "DONE", "no-show": "DONE"}
PROCEDURES = ("D0120", "D0274", "D1110", "D2740", "D3330")
PLAN_STATES = {"proposed": "PROPOSED", "in-progress": "IN_PROGRESS", "completed": "COMPLETED"}
INVOICE_STATES = {"paid": "PAID", "outstanding": "OUTSTANDING", "overdue": "OVERDUE"}
CLAIM_STATES = {
    "submitted": "SUBMITTED",
    "pending": "PENDING",
    "approved": "APPROVED",
    "denied": "DENIED",
    "paid": "PAID",
}
VISIBILITIES = {"doctor": "ASSIGNED_DOCTOR", "staff": "ALL_STAFF"}
KINDS = {"call": "CALL", "email": "EMAIL", "meeting": "MEETING"}
DIRECTIONS = {"in": "INBOUND", "out": "OUTBOUND"}
COUNTRIES = {"us": "US", "usa": "US", "united states": "US", "canada": "CA", "ca": "CA"}

OWNERS = {
    "company": "accountOwner",
    "person": "owner",
    "treatmentPlan": "owner",
    "invoice": "owner",
    "invoiceLine": "owner",
    "insuranceClaim": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""
_CUSTOM = {
    "treatmentPlan": "treatmentPlans",
    "invoice": "invoices",
    "invoiceLine": "invoiceLines",
    "insuranceClaim": "insuranceClaims",
}
PLURALS = {**STANDARD, **_CUSTOM}
OURS_ALONE = frozenset(_CUSTOM)
