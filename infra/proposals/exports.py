"""Made-up CSV exports of a physiotherapy practice's online software: headings for people, with blanks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from infra.proposals.dental import Row, npi

_LAST = datetime(2025, 5, 30, 17)  # noqa: DTZ001  # the software exports the practice's wall clock
_FIRST_NAMES = [
    "Ava",
    "Ben",
    "Cora",
    "Dev",
    "Ella",
    "Finn",
    "Gia",
    "Hugo",
    "Isla",
    "Jude",
    "Kira",
    "Leo",
    "Maya",
    "Nico",
    "Orla",
    "Pia",
    "Rafe",
    "Sia",
    "Theo",
    "Uma",
]
_LAST_NAMES = [
    "Adler",
    "Boone",
    "Chen",
    "Doyle",
    "Ellis",
    "Fisher",
    "Grant",
    "Hayes",
    "Ingram",
    "Joshi",
    "Knox",
    "Lane",
    "Mason",
    "Nash",
    "Ortiz",
    "Pruitt",
]
_TOWNS = (("Durham", "NC", "27701"), ("Raleigh", "NC", "27601"), ("Cary", "NC", "27511"), ("Danville", "VA", "24540"))
_STREETS = ("Ninth", "Foster", "Club", "Hope Valley")
_SERVICES = ("Initial Evaluation", "Follow Up 45 min", "Dry Needling", "Post-Op Rehab", "Telehealth Visit")
_WORDS = [
    "left",
    "knee",
    "pain",
    "improving",
    "gait",
    "stable",
    "range",
    "of",
    "motion",
    "limited",
    "continue",
    "strengthening",
    "reassess",
    "next",
    "visit",
]


def tables(patients: int = 140, seed: int = 23) -> Mapping[str, list[Row]]:
    """All rows by the name of their file."""
    return {name: list(make(Random(f"{seed}/{name}"), patients)) for name, make in _MADE.items()}  # noqa: S311


def write(directory: Path) -> None:
    """The exports as files."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _text(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(4, 16))).capitalize() + "."


def _past(random: Random, days: int = 1100) -> datetime:
    return _LAST - timedelta(days=random.randrange(days), minutes=15 * random.randrange(40))


def _day(moment: datetime | date) -> str:
    return f"{moment:%m/%d/%Y}"


def _tel(random: Random) -> str:
    return f"({random.choice([919, 984])}) {random.randint(200, 999)}-{random.randint(0, 9999):04}"


def _clients(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        town, state, postcode = random.choice(_TOWNS)
        yield {
            "Client ID": f"C{10_000 + number}",
            "First Name": first,
            "Last Name": last,
            "Date of Birth": _day(date(1940, 1, 1) + timedelta(days=random.randrange(28_000))),
            "Gender": random.choice(["Female", "Male", "Non-binary"]),
            "Email Address": f"{first}{last}{number}@inbox.example" if random.random() < 0.85 else "",
            "Mobile Phone": _tel(random),
            "Home Phone": _tel(random) if random.random() < 0.3 else "",
            "Address Line 1": f"{random.randint(1, 999)} {random.choice(_STREETS)} Rd",
            "Address Line 2": f"Unit {random.randint(1, 60)}" if random.random() < 0.2 else "",
            "City": town,
            "State": state,
            "Zip Code": postcode,
            "Primary Therapist": f"T{random.randint(1, 8)}",
            "Referral Source": random.choice(["Physician", "Google", "Friend/Family", "Insurance"]),
            "Client Since": _day(_past(random)),
            "Client Status": random.choice(["Active", "Active", "Discharged", "Inactive"]),
            "Balance Due": f"${random.randrange(0, 40_000) / 100:,.2f}",
            "Marketing Opt In": random.choice(["Yes", "No"]),
            "Home Location": f"L{random.randint(1, 3)}",
            "Emergency Contact Name": f"{random.choice(_FIRST_NAMES)} {last}",
            "Emergency Contact Phone": _tel(random),
            "Allergies": random.choice(["", "", "", "Latex", "Adhesive tape, latex", "Penicillin"]),
        }


def _therapists(random: Random, _: int) -> Iterator[Row]:
    for number in range(1, 9):
        first, last = _FIRST_NAMES[-number], random.choice(_LAST_NAMES)
        yield {
            "Therapist ID": f"T{number}",
            "Full Name": f"{first} {last}",
            "Credentials": random.choice(["DPT", "PT, OCS", "PTA"]),
            "Email": f"{first}.{last}@triadpt.example".lower(),
            "NPI Number": npi(random),
            "Hire Date": _day(_past(random, 3000)),
            "Active": random.choice(["Yes", "Yes", "Yes", "No"]),
        }


def _locations(random: Random, _: int) -> Iterator[Row]:
    for number, (town, state, postcode) in enumerate(_TOWNS[:3], 1):
        yield {
            "Location ID": f"L{number}",
            "Location Name": f"Triad PT {town}",
            "Street Address": f"{random.randint(100, 999)} Main Street",
            "City": town,
            "State": state,
            "Zip Code": postcode,
            "Phone Number": _tel(random),
            "Time Zone": "US/Eastern",
        }


def _appointments(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        begin = _LAST + timedelta(days=random.randrange(-900, 60), minutes=15 * random.randrange(-30, 1))
        status = random.choice(["Completed", "Completed", "Completed", "Scheduled", "Cancelled", "No Show"])
        yield {
            "Appointment ID": str(500_000 + number),
            "Client ID": f"C{10_000 + random.randint(1, patients)}",
            "Therapist ID": f"T{random.randint(1, 8)}",
            "Location ID": f"L{random.randint(1, 3)}",
            "Start Time": f"{begin:%m/%d/%Y %I:%M %p}",
            "End Time": f"{begin + timedelta(minutes=45):%m/%d/%Y %I:%M %p}",
            "Service Name": random.choice(_SERVICES),
            "Appointment Status": status,
            "Cancellation Reason": random.choice(["Illness", "Weather", "Conflict"]) if status == "Cancelled" else "",
            "Copay Collected": f"${random.choice([0, 20, 35, 50]):.2f}",
            "Notes": _text(random) if random.random() < 0.3 else "",
        }


def _notes(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        seen = _past(random)
        signed = random.random() < 0.9
        yield {
            "Note ID": str(900_000 + number),
            "Client ID": f"C{10_000 + random.randint(1, patients)}",
            "Therapist ID": f"T{random.randint(1, 8)}",
            "Date of Service": _day(seen),
            "Note Type": random.choice(["Evaluation", "Daily Note", "Progress Note", "Discharge"]),
            "Subjective": _text(random),
            "Plan": _text(random),
            "Signed": "Yes" if signed else "No",
            "Signed At": f"{seen + timedelta(hours=5):%m/%d/%Y %I:%M %p}" if signed else "",
        }


def _invoices(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        made, total = _past(random), random.randrange(4_000, 38_000)
        yield {
            "Invoice Number": f"INV-{20_000 + number}",
            "Client ID": f"C{10_000 + random.randint(1, patients)}",
            "Appointment ID": str(500_000 + random.randint(1, patients * 4 - 1)),
            "Invoice Date": _day(made),
            "Due Date": _day(made + timedelta(days=30)),
            "Total Amount": f"${total / 100:,.2f}",
            "Amount Paid": f"${random.choice([0, total]) / 100:,.2f}",
            "Payment Method": random.choice(["Visa", "Check", "Cash", "ACH", ""]),
            "Payer Name": random.choice(["Self Pay", "Piedmont Health", "Blue Ridge Care", "Dogwood Mutual"]),
            "Status": random.choice(["Paid", "Open", "Overdue", "Void"]),
            "Sent": random.choice(["Yes", "No"]),
        }


def _waitlist(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, 61):
        yield {
            "Entry ID": str(number),
            "Client ID": f"C{10_000 + random.randint(1, patients)}",
            "Requested Service": random.choice(_SERVICES),
            "Preferred Days": ", ".join(random.sample(["Mon", "Tue", "Wed", "Thu", "Fri"], random.randint(1, 3))),
            "Added On": _day(_past(random, 90)),
            "Priority": str(random.randint(1, 3)),
            "Comments": random.choice(["", _text(random)]),
        }


_MADE = {
    "Clients": _clients,
    "Therapists": _therapists,
    "Locations": _locations,
    "Appointments": _appointments,
    "Treatment Notes": _notes,
    "Invoices": _invoices,
    "Waitlist": _waitlist,
}
