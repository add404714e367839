"""The clinic management software's codes as options of Twenty, and what is looked at there."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from infra.clinics.values import STANDARD

SYSTEM = "clinic_management"
ZONE = ZoneInfo("America/Los_Angeles")

ROLES = {"phy": "PHYSICIAN", "prv": "PROVIDER"}
SPECIALTIES = {
    "card": "CARDIOLOGY",
    "derm": "DERMATOLOGY",
    "fam": "FAMILY_MEDICINE",
    "ped": "PEDIATRICS",
    "orth": "ORTHOPEDICS",
}
TYPES = {"npe": "NEW_PATIENT_EXAM", "fup": "FOLLOW_UP", "tel": "TELEHEALTH", "prc": "PROCEDURE", "grp": "GROUP_VISIT"}
STATUSES = {"c": "COMPLETED", "s": "SCHEDULED", "x": "CANCELLED"}
TASK_STATES = {"c": "DONE", "s": "TODO", "x": "DONE"}
COVERAGES = {"hmo": "HMO", "ppo": "PPO", "mcd": "MEDICAID", "self": "SELF_PAY"}
CLAIM_STATES = {"sub": "SUBMITTED", "pen": "PENDING", "pd": "PAID", "den": "DENIED"}
LAB_STATES = {"f": "FINAL", "p": "PRELIMINARY"}
KINDS = {"ph": "CALL", "em": "EMAIL", "mt": "MEETING"}
DIRECTIONS = {"i": "INBOUND", "o": "OUTBOUND"}

OWNERS = {
    "person": "owner",
    "billingClaim": "owner",
    "carePlan": "owner",
    "labResult": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""
PLURALS = {**STANDARD, "billingClaim": "billingClaims", "carePlan": "carePlans", "labResult": "labResults"}
OURS_ALONE = frozenset({"billingClaim", "carePlan", "labResult"})
