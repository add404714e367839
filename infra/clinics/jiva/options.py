"""Jiva's words as options of Twenty, and what is looked at there."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from infra.clinics.values import STANDARD

SYSTEM = "jiva"
ZONE = ZoneInfo("America/Chicago")

MEMBER_TYPES = {"patient": "PATIENT", "member": "MEMBER", "caregiver": "CAREGIVER"}
TIERS = {"bronze": "BRONZE", "silver": "SILVER", "gold": "GOLD", "platinum": "PLATINUM", "catastrophic": "CATASTROPHIC"}
ENROLLMENTS = {
    "enrolled": "ENROLLED",
    "pending outreach": "PENDING_OUTREACH",
    "graduated": "GRADUATED",
    "opted-out": "OPTED_OUT",
}
PROVIDER_TYPES = {"hospital": "HOSPITAL", "clinic": "CLINIC", "home health": "HOME_HEALTH"}
NETWORKS = {"in network": "IN_NETWORK", "tier 2": "TIER_2", "out of network": "OUT_OF_NETWORK"}
STATES = {"IL": "ILLINOIS", "IN": "INDIANA", "IA": "IOWA", "MO": "MISSOURI", "WI": "WISCONSIN"}
PLANS = {"HMO": "HMO", "PPO": "PPO", "Medicare Advantage": "MEDICARE_ADVANTAGE", "Medicaid": "MEDICAID"}
PLAN_STATES = {"draft": "DRAFT", "active": "ACTIVE", "on hold": "ON_HOLD", "closed – goals met": "CLOSED_GOALS_MET"}
AUTH_STATES = {"requested": "REQUESTED", "approved": "APPROVED", "denied": "DENIED", "expired": "EXPIRED"}
SERVICES = {
    "inpatient stay": "INPATIENT_STAY",
    "physical therapy": "PHYSICAL_THERAPY",
    "dme": "DME",
    "home infusion": "HOME_INFUSION",
}
ASSESSMENTS = {"phq-9": "PHQ_9", "hra": "HRA", "fall risk": "FALL_RISK", "sdoh screening": "SDOH_SCREENING"}
RISKS = {"low": "LOW", "moderate": "MODERATE", "high": "HIGH"}
VISITS = {"office visit": "OFFICE_VISIT", "telehealth": "TELEHEALTH", "home visit": "HOME_VISIT"}
ENCOUNTER_STATES = {"planned": "TODO", "completed": "DONE", "cancelled": "DONE"}
ACTION_STATES = {"open": "TODO", "in progress": "IN_PROGRESS", "done": "DONE"}
KINDS = {"call": "CALL", "email": "EMAIL", "meeting": "MEETING"}
DIRECTIONS = {"inbound": "INBOUND", "outbound": "OUTBOUND"}

ABOUT = {"member": "person", "care_plan": "carePlan", "authorization": "authorization"}
"""What a note or a file can be about -> the object of Twenty that it hangs on."""
OWNERS = {
    "person": "owner",
    "company": "accountOwner",
    "carePlan": "owner",
    "authorization": "owner",
    "assessment": "owner",
    "task": "assignee",
}
"""Twenty object -> its relation to the member who answers for a record."""
PLURALS = {**STANDARD, "carePlan": "carePlans", "authorization": "authorizations", "assessment": "assessments"}
OURS_ALONE = frozenset({"carePlan", "authorization", "assessment"})
