"""The words and codes of Core Practice."""

from __future__ import annotations

GROUPS = ("Bright Smile Dental Group", "Côte & Söhne Dental Partners")
PRACTICE_NAMES = ("Harborside Dental", "Elm Street Dentistry", "Zähne & Co.", "Family Dental – Brooklyn")
SPECIALIZATIONS = ("General dentistry", "Orthodontics", "Endodontics", "Periodontics")
"""Those that doctors have; oral pathology is an option too, and nobody's."""
APPOINTMENT_TYPES = ("Exam", "Cleaning", "Restoration", "Emergency")
APPOINTMENT_STATES = ("Scheduled", "Completed", "Cancelled", "No-Show")
PROCEDURES = {
    "D0120": "Periodic exam",
    "D0274": "Bitewings, four films",
    "D1110": "Prophylaxis – adult",
    "D2740": "Crown, porcelain",
    "D3330": 'Root canal, "molar"',
}
PLAN_STATES = ("Proposed", "In-Progress", "Completed")
INVOICE_STATES = ("Paid", "Outstanding", "Overdue")
CLAIM_STATES = ("Submitted", "Pending", "Approved", "Denied", "Paid")
VISIBILITIES = ("doctor", "staff")
ACTIVITY_KINDS = ("Call", "Email", "Meeting")
DIRECTIONS = ("In", "Out")
FILES = ("x-ray {}.png", "panoramic #{}.jpg", "consent; signed {}.pdf", "O'Neill – plan {}.pdf")
SUBJECTS = ("Recall due", "Question about a bill", "Crown is ready", "“Call me”", "Réf. à l’orthodontiste")
STATES = {
    "NY": "New York",
    "MA": "Massachusetts",
    "CT": "Connecticut",
    "NJ": "New Jersey",
    "RI": "Rhode Island",
}
FOREIGNERS = (("Toronto", "ON", "M5V 2T6", "Canada"), ("Montréal", "QC", "h2y 1c6", "CA"))
"""Patients from abroad: city, province, postal code, country."""
