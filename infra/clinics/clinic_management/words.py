"""The words and codes of the clinic management software."""

from __future__ import annotations

APPOINTMENT_TYPES = {"NPE": "New patient exam", "FUP": "Follow-up", "TEL": "Telehealth", "PRC": "Procedure"}
"""Codes that are used. GRP, a group visit, is in the table and nobody books it."""
UNUSED_TYPE = ("GRP", "Group visit")
APPOINTMENT_STATES = ("C", "S", "X")
SPECIALTIES = ("CARD", "DERM", "FAM", "PED", "ORTH")
COVERAGES = ("HMO", "PPO", "MCD", "SELF")
CLAIM_STATES = ("SUB", "PEN", "PD", "DEN")
LAB_STATES = ("F", "P")
ACTIVITY_KINDS = ("PH", "EM", "MT")
DIRECTIONS = ("I", "O")
REASONS = ("Annual physical", "Sore throat", "Post-op check", "Rash", "Back pain – again", "Médecine du voyage")
TESTS = (
    ("Hemoglobin A1c", "%", "4.0-5.6"),
    ("Cholesterol, total", "mg/dL", "< 200"),
    ("TSH", "mIU/L", "0.4-4.0"),
    ("Potassium", "mmol/L", "3.5–5.1"),
)
PROCEDURES = (
    ("99213", "Office visit"),
    ("97110", "Therapeutic exercise"),
    ("D2740", "Crown"),
    ("90686", "Flu vaccine"),
)
OUTSIDERS = ("Dr. Nadia Weiß", "O'Dell, P.", "Jo Sánchez PA-C")
"""Who refers patients and has no record here."""
FILES = ("consent form {}.pdf", "Intake #{}.pdf", "insurance card.jpg", "it's {}.txt")
SUBJECTS = ("Reminder", "Patient\u0092s bill", "\u0093Call me\u0094", "Rescheduling", "Intake")
"""Some as an import of long ago left them, that took cp1252 for Latin-1."""

HTML = {
    "<p>Patient <b>improves</b>.</p>": "Patient **improves**.",
    "<h2>Plan</h2>": "## Plan",
    "<ul><li>rest</li><li>fluids &amp; tea</li></ul>": "- rest\n- fluids & tea",
    "<p>Call in <i>two</i> weeks.</p>": "Call in *two* weeks.",
    "<p>BP 118/76 &lt; 120 – Größe 1,82 m</p>": "BP 118/76 < 120 – Größe 1,82 m",
}
"""What clinicians write in the editor -> the Markdown that says the same."""
