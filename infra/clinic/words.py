"""What the clinic's invented data is made of. Nobody in it exists; addresses use reserved e-mail domains."""

# ruff: noqa: RUF001  # dashes and letters of other alphabets belong to the data

from __future__ import annotations

from typing import NamedTuple

FIRST_NAMES = (
    "Ada", "Amara", "Ana", "Arjun", "Beatriz", "Björn", "Caleb", "Chloé", "Dana", "Diego", "Elif", "Emeka", "Fatima",
    "Femi", "Grace", "Hana", "Hugo", "Imani", "Ines", "Jack", "José", "Kai", "Kira", "Lars", "Leila", "Łukasz", "Mai",
    "Marcus", "Mei", "Nadia", "Noah", "Nuño", "Olga", "Omar", "Priya", "Quinn", "Ravi", "Rosa", "Saoirse", "Sven",
    "Tariq", "Uma", "Vera", "Wei", "Xenia", "Yusuf", "Zoë", "李娜",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Andersen", "Bakker", "Castillo", "Chen", "D'Angelo", "Dvořák", "Eze", "Fischer", "García-López", "Gupta",
    "Haddad", "Ito", "Johansson", "Kowalski", "Lindqvist", "MacLeod", "Mbeki", "Nguyen", "O'Brien", "O'Neill", "Okafor",
    "Papadopoulos", "Quiroga", "Rossi", "Sánchez", "Smith", "St. James", "Tanaka", "Ueda", "van der Berg", "Weiß",
    "Yılmaz", "Zhang",
)  # fmt: skip
STREETS = (
    "Alder Way",
    "Birch Lane",
    "Canal Street",
    "Dock Road",
    "Elm Avenue",
    "Foundry Row",
    "Garden Court",
    "Hill St",
)
CITIES = (
    ("Albany", "NY", "12207"), ("Boston", "MA", "02108"), ("Brooklyn", "NY", "11201"), ("Buffalo", "NY", "14202"),
    ("Hartford", "CT", "06103"), ("Newark", "NJ", "07102"), ("Providence", "RI", "02903"), ("Stamford", "CT", "06901"),
)  # fmt: skip
AREA_CODES = (
    "201", "203", "212", "315", "347", "401", "413", "516", "518", "585", "607", "617", "631", "646", "716", "718",
    "781", "845", "860", "914",
)  # fmt: skip
MAIL_DOMAINS = ("example.com", "example.net", "example.org", "mail.example.com")
COUNTRIES = ("US", "USA", "United States", "us", "")

CARRIERS = (
    "Atlantic Mutual", "Blue Harbor", "Cross & Shield of New England", "Cedar Health Plan", "Empire Care/Partners",
    "First Granite", "Hudson Valley Health", "Liberty Bell Assurance", "Northeast Union", "O'Hara Benefit Trust",
    "Santé Québec", "Seaboard HMO",
)  # fmt: skip
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
SUBJECTS = ("Reminder", "Test results are in", "Question about a bill", "Rescheduling", "Intake", "Follow-up “soon”")
SENTENCES = (
    "Patient reports feeling better.",
    "Advised rest & fluids; return if symptoms persist.",
    "BP 118/76, HR 64, temp 98.4 °F.",
    "Take 1 tablet twice daily, with food.",
    'Said: "it\'s worse at night".',
    "Naïve to treatment — Größe 1,82 m.",
    "Next steps:\n- repeat panel\n- call in two weeks",
    "**Allergy:** penicillin.",
    r"Scans are under \\fileserver\scans\2024\new; see C:\temp\n.",
    "Very happy with the visit 😀👩‍⚕️.",
    "日本語のメモ。",
    "50% of dose; cost < $20 && > $5",
)

# Clock changes of America/New_York: hours that happen twice, and hours that never happen.
DOUBLED_HOURS = ("2023-11-05 01:15", "2024-11-03 01:30", "2024-11-03 01:59")
MISSING_HOURS = ("2023-03-12 02:00", "2024-03-10 02:30", "2025-03-09 02:59")
