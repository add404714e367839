"""A made-up American practice in the lists of a hosted system's API: plain ids, texts for times and some amounts, empty
texts for nothing, objects and arrays inside records.

Names of lists and fields are those of a well-known practice system's public API; the rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from infra.clinics.words import CARRIERS, CITIES
from infra.proposals import hosted_chart
from infra.proposals.dental import npi
from infra.proposals.hosted_chart import DOCTORS, FIRST_APPOINTMENT, FIRST_PATIENT, doctor, moment, patient
from infra.proposals.scribe import Row, Scribe, written

_FIRST_USER = 500_000


def tables(patients: int = 140, seed: int = 61) -> Mapping[str, Sequence[Row]]:
    """All rows by the name of their list."""
    return written({**_MADE, **hosted_chart.MADE}, patients, seed)


def _tel(scribe: Scribe) -> str:
    return f"({scribe.choice([860, 203])}) {scribe.randint(200, 999)}-{scribe.randint(0, 9999):04}"


def _user(scribe: Scribe) -> str:
    return str(_FIRST_USER + scribe.randint(1, 14))


def _patients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), made = scribe.name(), scribe.past(2500)
        city, state, postcode = scribe.choice(CITIES)
        minor, insured = scribe.random() < 0.06, scribe.random() < 0.8
        insurance = {"insurance_company": scribe.choice(CARRIERS), "insurance_id_number": f"W{scribe.digits(9)}"}
        yield {
            "id": FIRST_PATIENT + number,
            "first_name": first,
            "middle_name": scribe.some(0.3, scribe.choice("ABCDEJM")),
            "last_name": last,
            "nick_name": scribe.some(0.05, first[:3]),
            "date_of_birth": scribe.some(0.97, scribe.birth().isoformat(), None),
            "gender": scribe.choice(["Male", "Female", "Female", "Other", ""]),
            "social_security_number": scribe.some(0.4, f"{scribe.digits(3)}-{scribe.digits(2)}-{scribe.digits(4)}"),
            "race": scribe.choice(["white", "black", "asian", "declined", "blank"]),
            "ethnicity": scribe.choice(["not_hispanic", "hispanic", "declined", "blank"]),
            "preferred_language": scribe.choice(["eng", "eng", "eng", "spa", "blank"]),
            "pronouns": "",
            "home_phone": scribe.some(0.4, _tel(scribe)),
            "cell_phone": scribe.some(0.9, _tel(scribe)),
            "office_phone": scribe.some(0.08, _tel(scribe)),
            "email": scribe.email(first, last, number),
            "address": scribe.some(0.95, scribe.street()),
            "city": city,
            "state": state,
            "zip_code": postcode,
            "emergency_contact_name": scribe.some(0.5, " ".join(scribe.name())),
            "emergency_contact_phone": scribe.some(0.5, _tel(scribe)),
            "emergency_contact_relation": scribe.some(0.5, scribe.choice(["spouse", "parent", "child", "friend"])),
            "employer": scribe.some(0.3, scribe.choice(["Yard Goats", "Pratt", "Self", "Town of Avon"])),
            "responsible_party_name": " ".join(scribe.name()) if minor else "",
            "responsible_party_relation": scribe.choice(["Mother", "Father"]) if minor else None,
            "responsible_party_phone": _tel(scribe) if minor else "",
            "responsible_party_email": f"parent{number}@example.org" if minor else "",
            "primary_care_physician": scribe.some(0.3, f"Dr. {scribe.name()[1]}"),
            "doctor": doctor(scribe),
            "chart_id": f"{last[:2].upper()}{first[:2].upper()}{number:06}",
            "patient_status": scribe.choice("AAAAID"),
            "patient_payment_profile": scribe.choice(["Insurance", "Insurance", "Cash", ""]),
            "copay": scribe.some(0.6, f"{scribe.choice([15, 25, 40])}.00"),
            "referring_source": scribe.some(0.25, scribe.choice(["Google", "Friend", "Insurance directory"])),
            "disable_sms_messages": scribe.random() < 0.1,
            "medication_history_consent": scribe.choice(["Given", "Given", "Not Given", ""]),
            "default_pharmacy": scribe.some(0.5, scribe.choice(["0704125", "0719998", "0720144"])),
            "date_of_first_appointment": made.date().isoformat(),
            "date_of_last_appointment": scribe.some(0.8, scribe.past(700).date().isoformat(), None),
            "date_of_death": None,
            "patient_photo": scribe.some(0.1, f"https://media.hosted.example/photos/{number}.jpg", None),
            "patient_photo_date": None,
            "primary_insurance": insurance if insured else {},
            "secondary_insurance": {},
            "tertiary_insurance": {},
            "referring_doctor": {},
            "offices": [31_000 + scribe.randint(1, 3)],
            "custom_demographics": [{"field_type": 771, "value": "yes"}] if scribe.random() < 0.2 else [],
            "patient_flags": [],
            "created_at": moment(made),
            "updated_at": moment(scribe.past()),
        }


def _doctors(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, DOCTORS + 1):
        first, last = scribe.name()
        yield {
            "id": 290_000 + number,
            "first_name": first,
            "last_name": last,
            "suffix": scribe.choice(["MD", "DO", "NP", ""]),
            "email": f"doctor{number}@avonmedical.example",
            "job_title": "Provider/Staff (Private Practice)",
            "specialty": scribe.choice(["Family Practitioner", "Internist", "Pediatrician"]),
            "npi_number": npi(scribe),
            "group_npi_number": "1548262817",
            "office_phone": _tel(scribe),
            "cell_phone": _tel(scribe),
            "home_phone": "",
            "website": scribe.some(0.4, f"https://avonmedical.example/doctors/{number}"),
            "country": "US",
            "timezone": "US/Eastern",
            "practice_group": "40112",
            "practice_group_name": "Avon Medical Associates",
            "is_account_suspended": number == DOCTORS,
            "profile_picture": None,
        }


def _staff(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, 13):
        first, last = scribe.name()
        yield {
            "id": 66_000 + number,
            "username": f"avonstaff{number}",
            "first_name": first,
            "last_name": last,
            "user_id": str(_FIRST_USER + number),
            "doctor": str(doctor(scribe)),
            "email": f"staff{number}@avonmedical.example",
            "home_phone": "",
            "cell_phone": scribe.some(0.5, _tel(scribe)),
            "active": scribe.some(0.85, "True", "False"),
            "created_at": moment(scribe.past(2500)),
            "updated_at": moment(scribe.past()),
        }


def _offices(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (city, state, postcode) in enumerate(CITIES[:3], 1):
        yield {
            "id": 31_000 + number,
            "name": scribe.choice(["Primary Office", "Annex", "Satellite"]) + f" {number}",
            "address": scribe.street(),
            "city": city,
            "state": state,
            "zip_code": postcode,
            "country": "US",
            "phone_number": _tel(scribe),
            "fax_number": _tel(scribe),
            "doctor": str(290_000 + number),
            "tax_id_number_professional": f"06-{scribe.digits(7)}",
            "start_time": "08:00:00",
            "end_time": "17:00:00",
            "online_scheduling": number == 1,
            "archived": False,
            "exam_rooms": [{"index": 1, "name": "Exam 1"}, {"index": 2, "name": "Exam 2"}],
        }


def _profiles(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(("New Patient", "Follow Up", "Physical", "Nurse Visit"), 1):
        yield {"id": 9_200 + number, "name": name, "duration": 15 * number, "color": "#9f9f9f", "archived": False}


def _appointments(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        begin, pause, billed = scribe.slot(), scribe.random() < 0.05, scribe.random() < 0.4
        again = scribe.random() < 0.02
        yield {
            "id": str(FIRST_APPOINTMENT + number),
            "patient": None if pause else patient(scribe, patients),
            "doctor": doctor(scribe),
            "office": 31_000 + scribe.randint(1, 3),
            "scheduled_time": moment(begin),
            "duration": scribe.choice([15, 20, 30, 45, 60]),
            "exam_room": scribe.choice([0, 1, 1, 2]),
            "reason": "" if pause else scribe.choice(["Annual exam", "BP check", "Cough", "Med refill", "Knee pain"]),
            "notes": scribe.some(0.2, scribe.text()),
            "status": scribe.choice(["Complete", "Complete", "Confirmed", "Cancelled", "No Show", ""]),
            "profile": 9_200 + scribe.randint(1, 4),
            "appt_is_break": pause,
            "is_walk_in": scribe.random() < 0.05,
            "recurring_appointment": again,
            "base_recurring_appointment": str(FIRST_APPOINTMENT + scribe.randint(1, number)) if again else None,
            "allow_overlapping": False,
            "deleted_flag": scribe.random() < 0.03,
            "billing_status": scribe.choice(["Bill Insurance", "Paid In Full", "Balance Due", ""]) if billed else "",
            "payment_profile": scribe.choice(["Insurance", "Cash", ""]),
            "ins1_status": scribe.choice(["In Process Payer", "Settled", "Denied"]) if billed else "",
            "primary_insurer_name": scribe.choice(CARRIERS) if billed else "",
            "primary_insurer_payer_id": scribe.choice(["60054", "00060", "87726"]) if billed else "",
            "primary_insurance_id_number": f"W{scribe.digits(9)}" if billed else "",
            "first_billed_date": moment(begin + timedelta(days=2)) if billed else None,
            "last_billed_date": moment(begin + timedelta(days=9)) if billed else None,
            "supervising_provider": None,
            "color": scribe.choice(["#9f9f9f", "#77dd77"]),
            "created_by": scribe.choice(["avonstaff1", "avonstaff4", "Online"]),
            "vitals": {"height": None, "weight": None},
            "icd10_codes": [],
            "status_transitions": [],
            "created_at": moment(begin - timedelta(days=20)),
            "updated_at": moment(begin - timedelta(hours=3)),
        }


def _tasks(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        made = scribe.past(500)
        yield {
            "id": 3_300_000 + number,
            "title": scribe.choice(["Call back", "Fax records", "Prior auth", "Verify coverage"]) + f" #{number}",
            "due_date": (made + timedelta(days=scribe.randrange(1, 20))).date().isoformat(),
            "status": scribe.choice([10, 20, 30]),
            "category": scribe.choice([101, 102, 105]),
            "priority": scribe.choice(["10", "20", "20", "30"]),
            "assignee_user": _user(scribe),
            "assignee_group": None,
            "assigned_by": _user(scribe),
            "created_by": _user(scribe),
            "archived": False,
            "notes": [{"text": scribe.text()}] if scribe.random() < 0.3 else [],
            "associated_items": [{"type": "Patient", "value": str(patient(scribe, patients))}],
            "created_at": moment(made),
            "updated_at": moment(made + timedelta(days=scribe.randrange(10))),
        }


_MADE = {
    "patients": _patients,
    "doctors": _doctors,
    "staff": _staff,
    "offices": _offices,
    "appointment_profiles": _profiles,
    "appointments": _appointments,
    "tasks": _tasks,
}
KEYS = dict.fromkeys({**_MADE, **hosted_chart.MADE}, "id")
"""What tells the rows of a list apart. An API declares no references."""
