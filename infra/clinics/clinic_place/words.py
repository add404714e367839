"""The words of The Clinic Place: its choices, as its vendor spells them, and its locations."""

from __future__ import annotations

from typing import NamedTuple

from infra.clinics.words import AREA_CODES, CITIES, STREETS

COUNTRIES = ("US", "USA", "United States", "us", "")
PLANS = ("Bronze 60", "Silver 70", "Gold 80", "Platinum 90", "PPO “Select”", "Family HMO")


class Location(NamedTuple):
    name: str
    street: str
    city: str
    state: str
    postcode: str
    phone: str
    hours: str
    is_hq: bool


_HOURS = ("Mon–Fri 8:00–18:00", "Mon–Sat 7:30–19:00", "Tue–Sat 9:00–17:00; closed on holidays")
LOCATIONS = tuple(
    Location(
        f"{place} {CITIES[number % len(CITIES)][0]}",
        f"{100 + 7 * number} {STREETS[number % len(STREETS)]}",
        *CITIES[number % len(CITIES)],
        f"({AREA_CODES[number]}) 555-{9900 + number}",
        _HOURS[number % len(_HOURS)],
        number == 0,
    )
    for number, place in enumerate(
        (
            "Main Clinic", "Harbor Clinic", "Riverside Family Health", "Women's Health", "Pediatrics", "Sleep Center",
            "Eye Care", "Urgent Care", "Physical Therapy", "Cardiology", "Dermatology", "Imaging", "Oncology",
            "Travel Medicine", "Café Wellness",
        )
    )
)  # fmt: skip

PRACTICES = ("Lakeside Medical Group", "Dr. O'Dell & Associates", "Uptown Cardiology", "Northern Orthopedics", "")
ROLES = (
    ("doctor", "Cardiology"),
    ("doctor", "Dermatology"),
    ("doctor", "Family medicine"),
    ("nurse", ""),
    ("admin", ""),
)
APPOINTMENT_TYPES = ("new patient", "follow-up", "procedure", "telehealth", "urgent care")
APPOINTMENT_STATUSES = ("scheduled", "completed", "cancelled", "no-show")
BILLING_STATUSES = ("paid", "pending", "overdue", "insurance-pending")
PAYMENT_METHODS = ("card", "cash", "check", "bank transfer", "insurance")
NOTE_KINDS = ("visit", "prescription", "lab")
ACTIVITY_KINDS = ("call", "email", "meeting")
DIRECTIONS = ("inbound", "outbound")
DOCUMENT_KINDS = ("scan", "referral", "consent", "lab report")
RELATIONS = ("mother", "father", "spouse", "sibling", "friend", "neighbor")
