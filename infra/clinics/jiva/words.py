"""The words of Jiva and of the customer who set it up."""

from __future__ import annotations

PREFIXES = {
    "organizations": "org",
    "payers": "pay",
    "coordinators": "cco",
    "members": "mbr",
    "care_plans": "cpl",
    "authorizations": "aut",
    "assessments": "asm",
    "encounters": "enc",
    "clinical_notes": "nte",
    "action_items": "act",
    "attachments": "att",
    "activities": "avt",
    "connections": "con",
    "pathways": "pth",
}
"""Tables and what their ids begin with, parents first."""

MEMBER_TYPES = ("Patient", "Member", "Caregiver")
TIERS = ("Bronze", "Silver", "Gold", "Platinum")
"""Catastrophic is a tier that can be chosen, and nobody has."""
ENROLLMENTS = ("Enrolled", "Pending outreach", "Graduated", "Opted-out")
LANGUAGES = ("English", "Español", "中文", "Tiếng Việt")
PROVIDER_TYPES = ("Hospital", "Clinic", "Home health")
NETWORKS = ("In network", "Tier 2", "Out of network")
STATES = ("IL", "IN", "IA", "MO", "WI")
PLANS = ("HMO", "PPO", "Medicare Advantage", "Medicaid")
PLAN_STATES = ("Draft", "Active", "On hold", "Closed – goals met")
PROGRAMS = ("Diabetes care", "Heart failure", "Post-discharge", "Maternity – high risk")
GOALS = (
    "HbA1c below 7 %",
    "Walk 20 min/day",
    "No readmission in 30 days",
    "Take meds as prescribed",
    "Größe & Gewicht",
)
AUTH_STATES = ("Requested", "Approved", "Denied", "Expired")
SERVICES = ("Inpatient stay", "Physical therapy", "DME", "Home infusion")
ASSESSMENTS = ("PHQ-9", "HRA", "Fall risk", "SDoH screening")
RISKS = ("Low", "Moderate", "High")
VISITS = ("Office visit", "Telehealth", "Home visit")
ENCOUNTER_STATES = ("Planned", "Completed", "Cancelled")
REASONS = ("Annual wellness", "Wound check", "Médecine du voyage", "Discharge follow-up")
OUTCOMES = ("Stable", "Referred – cardiology", "Needs follow-up")
ACTION_STATES = ("Open", "In progress", "Done")
ACTIONS = ("Call about refills", "Arrange transport", "Send “welcome” kit", "Reconcile meds")
KINDS = ("call", "email", "meeting")
DIRECTIONS = ("inbound", "outbound")
FILES = ("care plan {}.pdf", "Auth letter #{}.pdf", "it's {}.txt")

NOTES = {
    "<p>Member <b>improves</b>.</p>": "Member improves.",
    "<h2>Plan</h2><p>Call in <i>two</i> weeks.</p>": "Plan\n\nCall in two weeks.",
    "<div>BP 118/76 &lt; 120 – Größe 1,82 m</div>": "BP 118/76 \\< 120 – Größe 1,82 m",
    "<p>Dose * 2, see chart_7</p>": "Dose \\* 2, see chart\\_7",
    "No editor yet in 2019.\nTwo lines.": "No editor yet in 2019.\n\nTwo lines.",
    "Naïve to treatment 😀": "Naïve to treatment 😀",
}
"""What clinicians write, in the editor or before there was one -> Markdown that shows the plain text as it stands."""
