"""The practice suite's choices as options of Twenty, and what is looked at there."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from infra.clinics.values import STANDARD

SYSTEM = "advance_practice"
ZONE = ZoneInfo("America/Chicago")

POLICY_TYPES = {"hmo": "HMO", "ppo": "PPO", "epo": "EPO", "workers' comp": "WORKERS_COMP"}
STAGES = {
    "open": "NEW",
    "estimate": "SCREENING",
    "in treatment": "MEETING",
    "invoiced": "PROPOSAL",
    "closed": "CUSTOMER",
}
CASE_TYPES = {
    "injury": "INJURY",
    "chronic care": "CHRONIC_CARE",
    "pre-employment": "PRE_EMPLOYMENT",
    "workers' comp": "WORKERS_COMP",
}
TASK_TYPES = {
    "initial visit": "INITIAL_VISIT",
    "follow-up": "FOLLOW_UP",
    "telehealth": "TELEHEALTH",
    "procedure": "PROCEDURE",
}
TASK_STATES = {"booked": "TODO", "completed": "DONE", "canceled": "DONE", "no show": "DONE"}
CLAIM_STATES = {
    "10-submitted": "SUBMITTED",
    "20-in review": "IN_REVIEW",
    "30-paid": "PAID",
    "40-denied": "DENIED",
    "41-appealed": "APPEALED",
}
CONTACTS = {"phone": "PHONE", "e-mail": "EMAIL", "letter": "LETTER", "fax": "FAX"}
KINDS = {"call": "CALL", "e-mail": "EMAIL", "meeting": "MEETING"}
DIRECTIONS = {"in": "INBOUND", "out": "OUTBOUND"}

OWNERS = {
    "person": "owner",
    "company": "accountOwner",
    "opportunity": "owner",
    "insurancePayer": "owner",
    "billingClaim": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""
PLURALS = {
    **STANDARD,
    "opportunity": "opportunities",
    "insurancePayer": "insurancePayers",
    "billingClaim": "billingClaims",
}
OURS_ALONE = frozenset({"insurancePayer", "billingClaim"})
