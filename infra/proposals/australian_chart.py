"""What infra/proposals/australian.py writes about a client: referrals, diary, notes, money, documents and recalls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from infra.proposals.scribe import LAST, Row, Scribe

CLINICS = {
    "BAL": "Sovereign Allied Health Ballarat",
    "BEN": "Sovereign Allied Health Bendigo",
    "ECH": "Riverside Rooms",
}
CLINICIANS = ("KN", "AB", "JLM", "RS", "TO", "VW", "MH", "PDC")
BILLERS = {
    "NDP": "National Plan Partners",
    "WCV": "WorkSafe Claims Agent",
    "DVA": "Dept of Veterans' Affairs",
    "TAC": "Transport Accident Desk",
    "PLM": "Plan Tracker Murray",
    "CFS": "Child & Family Services",
}
_ITEMS = {
    "80010": ("Clin. Psych. 50+ min", 24_500),
    "80110": ("Psychology 50+ min", 21_000),
    "10960": ("Physio EPC", 9_500),
    "500": ("Physio initial", 11_800),
    "505": ("Physio standard", 9_200),
    "TAPE": ("Sports tape", 1_650),
}
_TAXED, _TAX = "TAPE", 150
FIRST_CLIENT, _FIRST_INVOICE = 10_000, 24_800
REFERRERS = 30


def day(on: date) -> str:
    return f"{on:%d/%m/%Y}"


def clock(moment: datetime) -> str:
    return f"{moment:%I:%M %p}".lstrip("0")


def dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) / 100:,.2f}"


def client_of(scribe: Scribe, patients: int) -> int:
    return scribe.randint(FIRST_CLIENT + 1, FIRST_CLIENT + patients)


def called(client: int) -> tuple[str, str]:
    """Who a client is, the same in every list."""
    return Scribe(f"client {client}").name()


def _raised(invoice: int) -> datetime:
    return Scribe(f"raised {invoice}").past(900)


def _lines(invoice: int) -> list[tuple[str, int, int]]:
    """Item, quantity and percent off of each line of an invoice: with them its lines and its total agree."""
    scribe = Scribe(f"invoice {invoice}")
    items = scribe.sample(list(_ITEMS), k=1 + invoice % 2)
    return [(item, scribe.choice([1, 1, 1, 2]), scribe.choice([0, 0, 0, 10])) for item in items]


def _referrals(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 40):
        written_on, allowed = scribe.past(1200), scribe.choice([5, 6, 6, 10, 20])
        yield {
            "Referral No.": number,
            "UR No.": client_of(scribe, patients),
            "Referrer": f"R{scribe.of(REFERRERS):04}",
            "Scheme": scribe.choice(["MHTP", "MHTP", "EPC/CDM", "DVA D904", "NDIS", "WorkCover"]),
            "Referral Date": day(written_on),
            "Expires": scribe.some(0.7, day(written_on + timedelta(days=365))),
            "Sessions Appr.": allowed,
            "Sessions Used": scribe.randint(0, allowed),
            "Approval No.": scribe.some(0.3, f"{scribe.digits(4)}/{scribe.digits(3)}"),
            "Diagnosis / Reason": scribe.choice(["Anxiety", "Low back pain", "Post ACL", "Adjustment d/o", "T2DM"]),
        }


def _diary(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        begin, client = scribe.slot(), client_of(scribe, patients)
        first, last = called(client)
        kept = scribe.choice(["Completed", "Completed", "Completed", "DNA", "Cancelled"])
        status = kept if begin < LAST else "Booked"
        yield {
            "Appt ID": 70_000 + number,
            "Date": day(begin),
            "Time": clock(begin),
            "Dur.": scribe.choice([20, 30, 40, 50, 60]),
            "Clinic": scribe.choice(list(CLINICS)),
            "Clinician": scribe.choice(CLINICIANS),
            "UR No.": client,
            "Client": f"{last.upper()}, {first}",
            "Consult Type": scribe.choice(["Initial", "Standard", "Standard", "Telehealth", "Report"]),
            "Appt Status": status,
            "Arrived": clock(begin - timedelta(minutes=scribe.randrange(12))) if status == "Completed" else "",
            "Cancel Reason": scribe.choice(["Sick", "Work", "No reason"]) if status == "Cancelled" else "",
            "Reminder": scribe.choice(["SMS", "SMS", "Email", "None"]),
            "Booked On": day(min(begin, LAST) - timedelta(days=scribe.randrange(60))),
            "Booked By": scribe.choice(["RECEPT1", "RECEPT2", "ONLINE"]),
            "Comments": scribe.some(0.15, scribe.text()),
        }


def _case_notes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        seen = scribe.past(900)
        yield {
            "Note ID": number,
            "UR No.": client_of(scribe, patients),
            "Appt ID": scribe.some(0.9, 70_000 + scribe.of(patients * 3 - 1)),
            "Clinician": scribe.choice(CLINICIANS),
            "Date of Service": day(seen),
            "Template": scribe.choice(["SOAP", "SOAP", "Intake", "Phone call", "Letter to GP"]),
            "Note": scribe.text(4),
            "Signed?": scribe.some(0.9, "Y", "N"),
            "Last Edit": f"{day(seen)} {clock(seen + timedelta(minutes=scribe.randrange(200)))}",
        }


def _invoices(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(_FIRST_INVOICE, _FIRST_INVOICE + patients * 2):
        made, total = (
            _raised(number),
            sum(_ITEMS[item][1] * qty * (100 - off) // 100 for item, qty, off in _lines(number)),
        )
        paid = scribe.some(0.75, total, scribe.choice([0, total // 2]))
        tax = sum(_TAX * qty for item, qty, _ in _lines(number) if item == _TAXED)
        yield {
            "Inv No.": f"INV-{number:06}",
            "Inv Date": day(made),
            "UR No.": client_of(scribe, patients),
            "Invoice To": scribe.some(0.25, scribe.choice(list(BILLERS))),
            "Clinic": scribe.choice(list(CLINICS)),
            "Clinician": scribe.choice(CLINICIANS),
            "Total ($)": f"{total / 100:,.2f}",
            "GST ($)": f"{tax / 100:,.2f}",
            "Paid ($)": f"{paid / 100:,.2f}",
            "Owing ($)": f"{(total - paid) / 100:,.2f}",
            "Due Date": day(made + timedelta(days=14)),
            "Inv Status": "Paid" if paid == total else scribe.choice(["Open", "Part paid", "Sent to debt coll."]),
            "Claim Ref": scribe.some(0.3, f"MC{scribe.digits(8)}@"),
            "Printed": scribe.choice([0, 1, 1, 2]),
        }


def _invoice_items(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(_FIRST_INVOICE, _FIRST_INVOICE + patients * 2):
        for line, (item, quantity, off) in enumerate(_lines(number), 1):
            what, fee = _ITEMS[item]
            yield {
                "Inv No.": f"INV-{number:06}",
                "Line": line,
                "Service Date": day(_raised(number) - timedelta(days=scribe.choice([0, 0, 7]))),
                "Item No.": item,
                "Description": what,
                "Qty": quantity,
                "Fee": dollars(fee),
                "GST": dollars(_TAX * quantity if item == _TAXED else 0),
                "Disc. %": off,
            }


def _receipts(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        yield {
            "Rcpt No.": 9000 + number,
            "Date": day(scribe.past(900)),
            "UR No.": client_of(scribe, patients),
            "Inv No.": f"INV-{_FIRST_INVOICE + scribe.randrange(patients * 2):06}",
            "Method": scribe.choice(["EFTPOS", "EFTPOS", "HICAPS", "Medicare", "Direct Dep", "Cash"]),
            "Amount": dollars(scribe.choice([1_650, 9_200, 9_500, 11_800, 24_500, -9_200])),
            "Bank Ref": scribe.some(0.4, scribe.digits(6)),
            "Taken By": scribe.choice(["RECEPT1", "RECEPT2", "ADMIN"]),
            "Reversed?": scribe.some(0.03, "Y", "N"),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 20):
        client, name = (
            client_of(scribe, patients),
            f"{scribe.choice(['GP letter', 'MHTP', 'Xray', 'Consent'])} {number}.pdf",
        )
        yield {
            "Doc ID": number,
            "UR No.": client,
            "Doc Name": name,
            "Path": f"\\\\SERVER01\\ClinicDocs\\{client}\\{name}",
            "Category": scribe.choice(["Incoming", "Incoming", "Outgoing", "Form"]),
            "KB": scribe.randint(20, 4_000),
            "Date Added": day(scribe.past(900)),
            "Added By": scribe.choice(["RECEPT1", "RECEPT2", *CLINICIANS[:3]]),
        }


def _recalls(scribe: Scribe, patients: int) -> Iterator[Row]:
    for client in range(FIRST_CLIENT + 1, FIRST_CLIENT + patients, 2):
        due = scribe.slot()
        sent = due - timedelta(days=14) < LAST and scribe.random() < 0.7
        yield {
            "UR No.": client,
            "Recall": scribe.choice(["6 month check", "Orthotic review", "MHTP review due", "Plan review"]),
            "Recall Date": day(due),
            "Clinician": scribe.choice(CLINICIANS),
            "Sent By": scribe.choice(["SMS", "Letter", "Email"]) if sent else "",
            "Date Sent": day(due - timedelta(days=14)) if sent else "",
            "Outcome": scribe.choice(["Booked", "No answer", "Declined"]) if sent else "",
        }


def _item_codes(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, (what, fee) in _ITEMS.items():
        yield {"Item No.": code, "Description": what, "Fee": dollars(fee), "GST?": "Y" if code == _TAXED else "N"}


def _user_log(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(patients * 2):
        at = scribe.past(60)
        yield {
            "Timestamp": f"{at:%d/%m/%Y %H:%M:%S}",
            "User": scribe.choice(["RECEPT1", "RECEPT2", "ADMIN", *CLINICIANS]),
            "PC": f"DESK-{scribe.randint(1, 6)}",
            "Event": scribe.choice(["LOGIN", "LOGOUT", "PRINT", "OPEN FORM frmClient", "BACKUP OK"]),
            "Seq": number,
        }


MADE = {
    "referrals": _referrals,
    "diary": _diary,
    "case_notes": _case_notes,
    "invoices": _invoices,
    "invoice_items": _invoice_items,
    "receipts": _receipts,
    "documents": _documents,
    "recalls": _recalls,
    "item_codes": _item_codes,
    "user_log": _user_log,
}
