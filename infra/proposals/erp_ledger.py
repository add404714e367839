"""What infra/proposals/erp.py writes about a patient: encounters, policies, recalls, money and documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from infra.clinics.words import CARRIERS
from infra.proposals.scribe import LAST, Row, Scribe

SITES, PRACTITIONERS = 3, 9
_USERS = 11
_CODES = {"98941": ("CMT 3-4 regions", 7_500), "90834": ("Psychotherapy 45 min", 15_000), "97124": ("Massage", 6_000)}


def party_of(patient: int) -> int:
    """Sites, payers and practitioners are the parties before."""
    return SITES + len(CARRIERS) + PRACTITIONERS + patient


def policies(patients: int) -> int:
    return patients * 9 // 10


def bookings(patients: int) -> int:
    return patients * 3


def invoices(patients: int) -> int:
    return patients * 2


def policy_of(patient: int, patients: int) -> int | None:
    """Who was insured first came last."""
    number = patients + 1 - patient
    return number if number <= policies(patients) else None


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def stamps(scribe: Scribe, made: datetime | None = None) -> Row:
    """Who made a row and wrote it last, and when: to the microsecond, as the database's clock has it."""
    made = (made or scribe.past(2000)).replace(microsecond=scribe.randrange(1_000_000))
    wrote = min(LAST, made + timedelta(seconds=scribe.choice([0, scribe.randrange(2_000_000)])))
    return {
        "create_uid": scribe.of(_USERS),
        "create_date": made,
        "write_uid": scribe.of(_USERS),
        "write_date": wrote,
    }


def ahead(scribe: Scribe, of: datetime) -> datetime:
    """When something that was planned for then was written down."""
    return min(of, LAST) - timedelta(days=scribe.randrange(1, 40))


def _raised(invoice: int) -> datetime:
    return Scribe(f"raised {invoice}").past(900)


def _billed(invoice: int) -> list[tuple[str, int, int]]:
    """Code, quantity and percent off of each line of an invoice: with them its lines and its total agree."""
    scribe = Scribe(f"invoice {invoice}")
    codes = scribe.sample(list(_CODES), k=1 + invoice % 2)
    return [(code, scribe.choice([1, 1, 1, 2]), scribe.choice([0, 0, 0, 15])) for code in codes]


def _cents(code: str, quantity: int, off: int) -> int:
    return _CODES[code][1] * quantity * (100 - off) // 100


def _encounters(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        begin = scribe.past(900)
        end = begin + timedelta(minutes=scribe.randint(12, 60))
        signed = scribe.random() < 0.85
        yield {
            "id": number,
            "name": f"EV{number:06}",
            "patient": scribe.of(patients),
            "practitioner": scribe.of(PRACTITIONERS),
            "booking": scribe.some(0.9, scribe.of(bookings(patients)), None),
            "started": begin,
            "ended": end,
            "complaint": scribe.choice(["Neck pain", "LBP w/ radiation", "Panic attacks", "Sleep", "Tension headache"]),
            "narrative": f"<p>{scribe.text(3)}</p><p><br></p>",
            "plan": scribe.some(0.7, scribe.text(), None),
            "pain_score": scribe.some(0.6, scribe.randint(0, 10), None),
            "dx_code": scribe.some(0.9, scribe.choice(["M54.2", "M54.50", "F41.1", "G44.209"]), None),
            "state": "signed" if signed else "draft",
            "signed_on": end if signed else None,
            **stamps(scribe, end),
        }


def _policies(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, policies(patients) + 1):
        since = scribe.past(2000).date()
        yield {
            "id": number,
            "name": party_of(patients + 1 - number),
            "payer": 1 + SITES + scribe.randrange(len(CARRIERS)),
            "number": f"{scribe.choice('HWX')}{scribe.digits(9)}",
            "plan": scribe.choice(["PPO Choice", "HMO Select", "EAP 6 visits", "Med Pay"]),
            "kind": scribe.choice(["private", "private", "state", "auto"]),
            "rank": scribe.choice([1, 1, 1, 2]),
            "member_since": since,
            "member_until": scribe.some(0.3, since + timedelta(days=730), None),
            "copay": money(scribe.choice([0, 2_000, 3_550])),
            "notes": scribe.some(0.1, scribe.text(), None),
            **stamps(scribe),
        }


def _recalls(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        due = scribe.slot()
        done = due < LAST and scribe.random() < 0.6
        yield {
            "id": number,
            "patient": scribe.of(patients),
            "practitioner": scribe.some(0.7, scribe.of(PRACTITIONERS), None),
            "subject": scribe.choice(["Re-exam", "Annual posture screen", "PHQ-9 review", "No-show follow-up"]),
            "due_on": due.date(),
            "channel": scribe.choice(["sms", "email", "call"]),
            "done": done,
            "done_on": (min(LAST, due + timedelta(days=scribe.randrange(9)))).date() if done else None,
            "note": scribe.some(0.2, scribe.text(), None),
            **stamps(scribe, ahead(scribe, due)),
        }


def _invoices(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, invoices(patients) + 1):
        made, patient, cents = _raised(number), scribe.of(patients), sum(_cents(*line) for line in _billed(number))
        policy = scribe.some(0.6, policy_of(patient, patients), None)
        open_ = scribe.some(0.25, cents, 0)
        yield {
            "id": number,
            "number": f"INV/{made:%Y}/{number:05}",
            "party": 1 + SITES + scribe.randrange(len(CARRIERS)) if policy else party_of(patient),
            "patient": patient,
            "policy": policy,
            "kind": scribe.some(0.95, "out_invoice", "out_refund"),
            "state": scribe.choice(["posted", "sent"]) if open_ else "paid",
            "invoice_date": made.date(),
            "due_date": (made + timedelta(days=30)).date(),
            "untaxed": money(cents),
            "tax": money(0),
            "total": money(cents),
            "residual": money(open_),
            "currency": 2,
            "journal": 1,
            "narration": scribe.some(0.1, scribe.text(), None),
            **stamps(scribe, made),
        }


def _lines(scribe: Scribe, patients: int) -> Iterator[Row]:
    billed = ((invoice, *line) for invoice in range(1, invoices(patients) + 1) for line in _billed(invoice))
    for number, (invoice, code, quantity, off) in enumerate(billed, 1):
        what, price = _CODES[code]
        made = _raised(invoice)
        yield {
            "id": number,
            "invoice": invoice,
            "sequence": 10,
            "description": what,
            "cpt": code,
            "practitioner": scribe.of(PRACTITIONERS),
            "service_date": (made - timedelta(days=scribe.choice([0, 0, 7]))).date(),
            "quantity": money(quantity * 100),
            "price_unit": money(price),
            "discount": money(off * 100),
            "subtotal": money(_cents(code, quantity, off)),
            **stamps(scribe, made),
        }


def _payments(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        paid = scribe.past(900)
        yield {
            "id": number,
            "name": f"PAY/{paid:%Y}/{number:05}",
            "party": scribe.some(0.5, party_of(scribe.of(patients)), 1 + SITES + scribe.randrange(len(CARRIERS))),
            "invoice": scribe.some(0.95, scribe.of(invoices(patients)), None),
            "amount": money(scribe.choice([2_000, 3_550, 6_000, 7_500, 15_000])),
            "paid_on": paid.date(),
            "method": scribe.choice(["card", "card", "check", "era", "cash"]),
            "memo": scribe.some(0.3, f"Check {scribe.digits(4)}", None),
            "state": scribe.some(0.97, "posted", "cancelled"),
            **stamps(scribe, paid),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 60):
        of_patient, digest = scribe.random() < 0.97, f"{scribe.getrandbits(160):040x}"
        kind = scribe.choice(["pdf", "pdf", "jpeg"])
        yield {
            "id": number,
            "name": f"{scribe.choice(['intake', 'xray', 'id card', 'PHQ-9'])} {number}.{kind}",
            "res_model": "care.patient" if of_patient else "care.encounter",
            "res_id": scribe.of(patients if of_patient else patients * 2 - 1),
            "description": scribe.some(0.2, scribe.text(1), None),
            "mimetype": "application/pdf" if kind == "pdf" else "image/jpeg",
            "store_fname": f"{digest[:2]}/{digest}",
            "file_size": scribe.randint(9_000, 5_000_000),
            "checksum": digest,
            **stamps(scribe),
        }


def _audit(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        at = scribe.past(200).replace(microsecond=scribe.randrange(1_000_000))
        yield {
            "id": number,
            "uid": scribe.of(_USERS),
            "model": scribe.choice(["care.patient", "care.booking", "acc.invoice", "party.contact"]),
            "record": scribe.of(patients),
            "method": scribe.choice(["read", "write", "create", "export"]),
            "ip": f"10.0.0.{scribe.randint(2, 90)}",
            "at": at,
        }


MADE = {
    "care_encounter": _encounters,
    "care_policy": _policies,
    "care_recall": _recalls,
    "acc_invoice": _invoices,
    "acc_invoice_line": _lines,
    "acc_payment": _payments,
    "doc_attachment": _documents,
    "ir_audit": _audit,
}
