"""The Clinic Place's choices as options of Twenty, and how its records are called."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from infra.clinics.values import STANDARD, Reference, natural

SYSTEM = "clinic_place"
ZONE = ZoneInfo("America/New_York")

BILLING = {"paid": "PAID", "pending": "PENDING", "overdue": "OVERDUE", "insurance-pending": "INSURANCE_PENDING"}
TYPES = {
    "new patient": "NEW_PATIENT",
    "follow-up": "FOLLOW_UP",
    "procedure": "PROCEDURE",
    "telehealth": "TELEHEALTH",
    "urgent care": "URGENT_CARE",
}
STATUSES = {"scheduled": "SCHEDULED", "completed": "COMPLETED", "cancelled": "CANCELLED", "no-show": "NO_SHOW"}
TASK_STATES = {"scheduled": "TODO", "completed": "DONE", "cancelled": "DONE", "no-show": "DONE"}
NOTE_TYPES = {"visit": "VISIT_SUMMARY", "prescription": "PRESCRIPTION", "lab": "LAB_RESULT"}
KINDS = {"call": "CALL", "email": "EMAIL", "meeting": "MEETING"}
DIRECTIONS = {"inbound": "INBOUND", "outbound": "OUTBOUND"}
COUNTRIES = {"us": "United States", "usa": "United States", "united states": "United States", "canada": "Canada"}

OWNERS = {
    "person": "owner",
    "company": "accountOwner",
    "coverage": "owner",
    "payment": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""

PLURALS = {**STANDARD, "coverage": "coverages", "payment": "payments"}
OURS_ALONE = frozenset({"coverage", "payment"})


def company(kind: str, written: str | None) -> Reference | None:
    name = natural(written)
    return Reference("company", f"{SYSTEM}/~{kind}/{name}") if name else None
