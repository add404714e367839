"""What all invented clinics are made of. Nobody in it exists; addresses use reserved e-mail domains."""

# ruff: noqa: RUF001  # dashes and letters of other alphabets belong to the data

from __future__ import annotations

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
CARRIERS = (
    "Atlantic Mutual", "Blue Harbor", "Cross & Shield of New England", "Cedar Health Plan", "Empire Care/Partners",
    "First Granite", "Hudson Valley Health", "Liberty Bell Assurance", "Northeast Union", "O'Hara Benefit Trust",
    "Santé Québec", "Seaboard HMO",
)  # fmt: skip
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

# Clock changes of the United States, in every zone that has them: hours that happen twice, and hours that never happen.
DOUBLED_HOURS = ("2023-11-05 01:15", "2024-11-03 01:30", "2024-11-03 01:59")
MISSING_HOURS = ("2023-03-12 02:00", "2024-03-10 02:30", "2025-03-09 02:59")
