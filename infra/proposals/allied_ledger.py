"""What infra/proposals/allied.py bills for visits: an accident's visit once to the insurer and once to the client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from infra.proposals.allied_visits import (
    ACC,
    ACCOUNT,
    COMPLETED,
    PRACTITIONERS,
    SERVICES,
    Visit,
    appointment_of,
    case_of,
    client_of,
    location_of,
    payer_of,
    service_of,
    stamps,
    user_of,
    utc,
    visits,
)
from infra.proposals.scribe import LAST, Row, Scribe

FIRST_PRODUCT = 3_310
_GOODS = (
    (1, "Resistance band 1.5m - red", "14.95"),
    (3, "Foam roller 90cm", "49.00"),
    (9, "Rigid strapping tape 38mm", "25.00"),
)
_CONTRIBUTION = Decimal("38.11")
"""What the accident insurer pays of a visit."""
_DRAFT, _SENT, _PAID, _VOID = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Line:
    """product or service: counted from one, the other is None."""

    product: int | None
    service: int | None
    code: str
    text: str
    quantity: Decimal
    price: Decimal
    discount: int

    @property
    def total(self) -> Decimal:
        return (self.quantity * self.price * (100 - self.discount) / 100).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class _Bill:
    """number: counted from one. insurer: whether the accident insurer owes it. status: as the program numbers them."""

    number: int
    visit: Visit
    insurer: bool
    lines: tuple[_Line, ...]
    status: int

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal("0.00"))


def _bills(patients: int) -> list[_Bill]:
    found: list[_Bill] = []
    for visit in visits(patients):
        if visit.status != COMPLETED:
            continue
        scribe = Scribe(f"allied bill {visit.number}")
        name, code, price = SERVICES[visit.service - 1]
        accident = visit.case.accident
        own = Decimal(price) - _CONTRIBUTION if accident and Decimal(price) > _CONTRIBUTION else Decimal(price)
        discount = scribe.choice([0, 0, 0, 0, 0, 0, 10, 20])
        lines = [_Line(None, visit.service, code, name, Decimal("1.00"), own, discount)]
        if scribe.random() < 0.2:
            product, text, cost = scribe.choice(_GOODS)
            lines.append(
                _Line(product, None, "", text, Decimal(scribe.choice(["1.00", "1.00", "2.00"])), Decimal(cost), 0)
            )
        status = scribe.choice([_SENT, _PAID, _PAID, _PAID, _PAID, _PAID, _VOID, _DRAFT])
        found.append(_Bill(len(found) + 1, visit, False, tuple(lines), status))
        if accident:
            part = _Line(None, visit.service, "PH1", f"ACC contribution - {name}", Decimal("1.00"), _CONTRIBUTION, 0)
            found.append(_Bill(len(found) + 1, visit, True, (part,), scribe.choice([_SENT, _PAID, _PAID, _PAID])))
    return found


def _invoice_of(number: int) -> int:
    return 640_000 + 2 * number


def _invoices(scribe: Scribe, patients: int) -> Iterator[Row]:
    for bill in _bills(patients):
        total, visit, made = bill.total, bill.visit, bill.visit.starts + timedelta(minutes=40)
        gst = (total * 3 / 23).quantize(Decimal("0.01"))
        day = visit.starts.date()
        yield {
            "id": _invoice_of(bill.number),
            "account_id": ACCOUNT,
            "number": f"INV-{20_400 + bill.number}",
            "client_id": client_of(visit.case.client),
            "payer_id": payer_of(ACC) if bill.insurer else scribe.some(0.05, payer_of(scribe.randint(2, 7)), None),
            "case_id": case_of(visit.case.number),
            "location_id": location_of(visit.location),
            "issued_on": day,
            "due_on": day + timedelta(days=20 if bill.insurer else 7),
            "status": bill.status,
            "subtotal": total - gst,
            "gst": gst,
            "total": total,
            "balance": total if bill.status == _SENT else Decimal("0.00"),
            "acc_schedule_number": f"{visit.starts:%y%m}{scribe.randint(1, 60):03}" if bill.insurer else None,
            "emailed_at": None if bill.insurer else scribe.some(0.5, utc(made), None),
            "xero_invoice_id": scribe.some(0.8, str(UUID(int=scribe.getrandbits(128), version=4)), None),
            **stamps(scribe, made),
        }


def _items(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    for bill in _bills(patients):
        for line in bill.lines:
            number += 1
            yield {
                "id": 1_400_000 + 3 * number,
                "invoice_id": _invoice_of(bill.number),
                "appointment_id": appointment_of(bill.visit.number) if line.service else None,
                "product_id": FIRST_PRODUCT + line.product if line.product else None,
                "service_id": service_of(line.service) if line.service else None,
                "item_code": line.code or None,
                "description": line.text,
                "quantity": line.quantity,
                "unit_price": line.price,
                "discount_percent": line.discount,
                "line_total": line.total,
                **stamps(scribe, bill.visit.starts + timedelta(minutes=40)),
            }


def _payments(scribe: Scribe, patients: int) -> Iterator[Row]:
    paid = [bill for bill in _bills(patients) if bill.status == _PAID]
    for number, bill in enumerate(paid, 1):
        method = (
            "direct_credit" if bill.insurer else scribe.choice(["eftpos", "eftpos", "credit_card", "cash", "stripe"])
        )
        card, back = method in ("credit_card", "stripe"), number > 1 and scribe.random() < 0.03
        at = min(bill.visit.starts + timedelta(days=18 if bill.insurer else scribe.choice([0, 0, 0, 5])), LAST)
        yield {
            "id": 512_000 + 2 * number,
            "client_id": client_of(bill.visit.case.client),
            "payer_id": payer_of(ACC) if bill.insurer else None,
            "invoice_id": _invoice_of(bill.number),
            "amount": -bill.total if back else bill.total,
            "surcharge_cents": int(bill.total * 2) if card else 0,
            "payment_method": method,
            "received_on": at.date(),
            "reference": f"ACC{scribe.digits(8)}" if bill.insurer else scribe.some(0.3, f"ch_{scribe.digits(9)}", None),
            "refund_of_id": 512_000 + 2 * scribe.randint(1, number - 1) if back else None,
            "received_by_id": None if bill.insurer else user_of(scribe.randint(1, PRACTITIONERS + 5)),
            **stamps(scribe, at),
        }


MADE = {"invoices": _invoices, "invoice_items": _items, "payments": _payments}
