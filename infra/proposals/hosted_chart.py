"""What infra/proposals/hosted.py writes about a patient: money, problems, drugs, documents, calls and messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.proposals.scribe import Row, Scribe

DOCTORS = 6
FIRST_PATIENT = 81_000_000
FIRST_APPOINTMENT = 212_000_000
_FIRST_LINE = 450_000_000
_PROCEDURES = (("99213", "Office visit, established"), ("99203", "Office visit, new"), ("36415", "Venipuncture"))
_PROBLEMS = (("Essential hypertension", "I10"), ("Type 2 diabetes", "E11.9"), ("Low back pain", "M54.50"))
_DRUGS = (("Lisinopril 10 mg tablet", "314076"), ("Metformin 500 mg tablet", "861007"), ("Albuterol inhaler", "745752"))


def patient(scribe: Scribe, patients: int) -> int:
    return FIRST_PATIENT + scribe.randint(1, patients)


def doctor(scribe: Scribe) -> int:
    return 290_000 + scribe.randint(1, DOCTORS)


def moment(at: datetime) -> str:
    """As the API writes times: without a zone."""
    return at.isoformat(timespec="seconds")


def _appointment(scribe: Scribe, patients: int) -> int:
    return FIRST_APPOINTMENT + scribe.randint(1, patients * 3 - 1)


def _lines(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        seen, (code, what), price = scribe.past(), scribe.choice(_PROCEDURES), float(scribe.randrange(30, 400))
        allowed = round(price * 0.7, 2)
        paid, own = scribe.some(0.6, round(allowed * 0.8, 2), 0.0), scribe.some(0.3, round(allowed * 0.2, 2), 0.0)
        yield {
            "id": _FIRST_LINE + number,
            "appointment": _appointment(scribe, patients),
            "patient": str(patient(scribe, patients)),
            "doctor": str(doctor(scribe)),
            "code": code,
            "procedure_type": scribe.choice("CCCHU"),
            "description": what,
            "quantity": scribe.choice([1.0, 1.0, 2.0]),
            "units": "UN",
            "price": price,
            "billed": price,
            "allowed": allowed,
            "adjustment": round(price - allowed, 2),
            "ins1_paid": paid,
            "ins2_paid": 0.0,
            "pt_paid": own,
            "paid_total": f"{paid + own:.2f}",
            "balance_ins": scribe.some(0.3, round(allowed - paid, 2), 0.0),
            "balance_pt": scribe.some(0.3, round(allowed * 0.2 - own, 2), 0.0),
            "balance_total": f"{allowed - paid - own:.2f}",
            "billing_status": scribe.choice(["Settled", "In Process Payer", "Balance Due", ""]),
            "insurance_status": scribe.choice(["1", "2", "11", ""]),
            "denied_flag": scribe.random() < 0.05,
            "service_date": seen.date().isoformat(),
            "posted_date": (seen + timedelta(days=1)).date().isoformat(),
            "modifiers": ["", "", "", ""],
            "diagnosis_pointers": ["1", "0", "0", "0"],
            "updated_at": moment(seen + timedelta(days=scribe.randrange(40))),
        }


def _transactions(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        posted = scribe.past()
        yield {
            "id": 150_000_000 + number,
            "line_item": _FIRST_LINE + scribe.of(patients * 3 - 1, 9_000_000, share=0.01),
            "appointment": _appointment(scribe, patients),
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "ins_name": scribe.choice([1, 1, 1, 2]),
            "ins_paid": float(scribe.randrange(0, 200)),
            "adjustment": float(scribe.randrange(0, 90)),
            "adjustment_group_code": scribe.choice(["CO", "PR", "OA", ""]),
            "adjustment_reason": scribe.choice(["-3", "1", "3", "45"]),
            "claim_status": scribe.choice(["1", "1", "2", "4", ""]),
            "check_date": scribe.some(0.6, posted.date().isoformat(), None),
            "trace_number": scribe.some(0.6, f"88{scribe.digits(8)}"),
            "posted_date": posted.date().isoformat(),
            "insurance": {},
            "created_at": moment(posted),
            "updated_at": moment(posted + timedelta(days=scribe.randrange(9))),
        }


def _payments(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        paid = scribe.past()
        yield {
            "id": 37_000_000 + number,
            "patient": patient(scribe, patients),
            "appointment": scribe.some(0.7, _appointment(scribe, patients), None),
            "line_item": scribe.some(0.5, _FIRST_LINE + scribe.randint(1, patients * 3 - 1), None),
            "doctor": doctor(scribe),
            "amount": float(scribe.choice([15, 25, 40, 120])),
            "payment_method": scribe.choice(["CASH", "CHCK", "VISA", "VISA", "AMEX"]),
            "payment_transaction_type": scribe.choice(["", "COPAY", "COPAY", "REF"]),
            "trace_number": scribe.some(0.3, scribe.digits(4)),
            "posted_date": paid.date().isoformat(),
            "received_date": paid.date().isoformat(),
            "notes": scribe.some(0.1, "paid at desk"),
            "created_by": scribe.choice(["avonstaff1", "avonstaff4"]),
            "created_at": moment(paid),
            "updated_at": moment(paid + timedelta(minutes=scribe.randrange(60))),
        }


def _allergies(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        yield {
            "id": 7_400_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "description": scribe.choice(["Penicillin", "Cat hair", "Peanut", "Latex", "Sulfa"]),
            "reaction": scribe.choice(["Hives", "Rash", "Anaphylaxis", ""]),
            "snomed_reaction": scribe.choice(["247472004", "271807003", ""]),
            "snomed_code": scribe.choice(["294505008", "260152009", ""]),
            "rxnorm": scribe.choice(["7980", "10831", ""]),
            "status": scribe.choice(["active", "active", "inactive"]),
            "verification_status": scribe.choice(["confirmed", "unconfirmed"]),
            "notes": scribe.some(0.1, scribe.text()),
        }


def _problems(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        (name, code), found = scribe.choice(_PROBLEMS), scribe.past(3000).date()
        yield {
            "id": 9_100_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "appointment": scribe.some(0.4, _appointment(scribe, patients), None),
            "name": name,
            "icd_code": code,
            "icd_version": "10",
            "snomed_ct_code": scribe.some(0.5, scribe.digits(8)),
            "category": scribe.choice(["problem-list-item", "health-concern"]),
            "description": scribe.some(0.3, scribe.text()),
            "status": scribe.choice(["active", "active", "resolved", "inactive"]),
            "date_onset": scribe.some(0.5, found.isoformat(), None),
            "date_diagnosis": found.isoformat(),
            "date_changed": scribe.some(0.5, (found + timedelta(days=90)).isoformat(), None),
            "notes": scribe.some(0.2, scribe.text()),
            "info_url": scribe.some(0.3, f"https://medline.example/{code}"),
        }


def _medications(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        (name, rxnorm), began = scribe.choice(_DRUGS), scribe.past().date()
        yield {
            "id": 61_000_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "appointment": scribe.some(0.5, _appointment(scribe, patients), None),
            "name": name,
            "ndc": scribe.some(0.6, f"{scribe.digits(5)}{scribe.digits(6)}"),
            "rxnorm": rxnorm,
            "dosage_quantity": scribe.choice(["1", "2", "0.5"]),
            "dosage_units": scribe.choice(["tablet", "puff", "ml"]),
            "route": scribe.choice(["Oral", "Oral", "Inhalation"]),
            "frequency": scribe.choice(["Once a day", "Twice a day", "At bedtime"]),
            "dispense_quantity": float(scribe.choice([30, 60, 90])),
            "number_refills": scribe.choice([0, 1, 3, 5]),
            "prn": scribe.random() < 0.2,
            "daw": scribe.random() < 0.05,
            "indication": scribe.some(0.4, scribe.choice(_PROBLEMS)[0]),
            "date_prescribed": began.isoformat(),
            "date_started_taking": began.isoformat(),
            "date_stopped_taking": scribe.some(0.3, (began + timedelta(days=90)).isoformat(), None),
            "status": scribe.choice(["active", "active", "inactive"]),
            "order_status": scribe.choice(["Ordered", "Electronic eRx Sent", "Discontinued", ""]),
            "pharmacy_note": scribe.some(0.1, "no child-proof cap"),
            "notes": scribe.some(0.1, scribe.text()),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        came = scribe.past()
        yield {
            "id": 18_000_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "date": came.date().isoformat(),
            "description": scribe.choice(["Lab report", "Insurance card", "Referral letter", f"Scan {number}"]),
            "document": f"https://media.hosted.example/documents/{number}.{scribe.choice(['pdf', 'pdf', 'png'])}",
            "metatags": scribe.choice(['["lab"]', '["insurance", "card"]', "[]"]),
            "archived": scribe.random() < 0.04,
            "updated_at": moment(came),
        }


def _calls(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        called = scribe.past()
        yield {
            "id": 2_500_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "appointment": scribe.some(0.2, _appointment(scribe, patients), None),
            "title": scribe.choice(["Results", "Refill request", "Billing question"]) + f" {called:%m/%d}",
            "message": scribe.text(3),
            "type": scribe.choice(["Phone Call", "Other", "Email"]),
            "author": scribe.choice(["avonstaff1", "avonstaff2", "avonstaff4"]),
            "scheduled_time": moment(called),
            "duration": scribe.choice([0, 5, 10]),
            "cash_charged": scribe.some(0.03, 25.0, None),
            "archived": False,
            "created_at": moment(called + timedelta(minutes=scribe.randrange(1, 50))),
            "updated_at": moment(called + timedelta(hours=2)),
        }


def _messages(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        sent = scribe.past()
        yield {
            "id": 5_800_000 + number,
            "patient": patient(scribe, patients),
            "doctor": doctor(scribe),
            "subject": scribe.choice(["Question after my visit", "Refill", "Records", "Lab"]) + f" {number}",
            "body": scribe.text(4),
            "attachments": [],
            "created_at": moment(sent),
            "updated_at": moment(sent + timedelta(hours=scribe.randrange(48))),
        }


MADE = {
    "line_items": _lines,
    "transactions": _transactions,
    "patient_payments": _payments,
    "allergies": _allergies,
    "problems": _problems,
    "medications": _medications,
    "documents": _documents,
    "comm_logs": _calls,
    "patient_messages": _messages,
}
