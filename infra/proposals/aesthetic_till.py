"""What infra/proposals/aesthetic.py writes at the till: sales, payments, vouchers, courses, memberships, stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import NamedTuple

from infra.proposals.aesthetic_menu import (
    OFFERS,
    SITES,
    STAFF,
    courses,
    identity,
    kept,
    midnight,
    modified,
    money,
    stamped,
)
from infra.proposals.scribe import LAST, Row, Scribe

FIRST_SALE = 5001
_FIRST_COURSE = 301
_REFUNDS = 45
_PLANS = {"Skin Club": 3900, "Skin Club PLUS": 5900, "Laser Lounge": 7500}
SUPPLIERS = (
    "Dermalis UK Ltd",
    "Northern Aesthetic Supplies",
    "Lumiere Pro Distribution",
    "MediPharm Direct",
    "Salon Basics",
)


class Ware(NamedTuple):
    """``supplier``: by order. ``retail``, ``cost``: in pence; what is only used in treatments has no retail price."""

    name: str
    brand: str
    supplier: int
    retail: int
    cost: int
    vat: int = 20
    pom: bool = False


WARES = {
    "DER-CLN150": Ware("Gentle Cleanser 150ml", "Dermalis", 1, 2800, 1260),
    "DER-SPF50": Ware("Daily Defence SPF50 50ml", "Dermalis", 1, 3600, 1620),
    "DER-VITC30": Ware("Vitamin C Serum 30ml", "Dermalis", 1, 6900, 3105),
    "DER-RET05": Ware("Retinol 0.5 Night 30ml", "Dermalis", 1, 7400, 3330),
    "LUM-MASK5": Ware("Hydrogel Mask (5 pack)", "Lumiere Pro", 3, 4200, 1900),
    "LUM-EYE15": Ware("Eye Contour 15ml", "Lumiere Pro", 3, 4800, 2160),
    "LUM-HYAL": Ware("Hyaluronic Concentrate 30ml", "Lumiere Pro", 3, 5900, 2650),
    "SUN-ALOE": Ware("After Care Aloe Gel 100ml", "Sunward", 2, 1250, 520),
    "SUN-LIP": Ware("Lip Balm SPF30", "Sunward", 2, 650, 240),
    "PRO-PEEL20": Ware("Glycolic Peel Solution 20% 60ml", "Dermalis Pro", 1, 0, 3900),
    "PRO-GEL5L": Ware("Ultrasound/IPL Gel 5L", "Salon Basics", 5, 0, 1450),
    "PRO-NUMB30": Ware("Numbing Cream 5% 30g", "MediPharm", 4, 0, 1150, 20, True),
    "TOX-100": Ware("Botulinum Toxin A 100u vial", "ToxiPure", 4, 0, 13_800, 20, True),
    "TOX-050": Ware("Botulinum Toxin A 50u vial", "ToxiPure", 4, 0, 7900, 20, True),
    "FIL-V1": Ware("HA Filler Volume 1ml", "Softline", 2, 0, 9800),
    "FIL-L05": Ware("HA Filler Lips 0.5ml", "Softline", 2, 0, 6400),
    "HYAL-1500": Ware("Hyaluronidase 1500iu amp", "MediPharm", 4, 0, 1325, 0, True),
    "CON-NDL30": Ware("Needles 30G x 13mm (100)", "Salon Basics", 5, 0, 690),
    "CON-GLOVM": Ware("Nitrile Gloves M (box 100)", "Salon Basics", 5, 0, 480),
}
_RETAIL = tuple(code for code, ware in WARES.items() if ware.retail)


class Line(NamedTuple):
    """``kind``: S, P, C or V for service, product, course or voucher."""

    kind: str
    service: int | None
    stock: str | None
    text: str
    quantity: int
    price: int
    vat: int
    discount: int = 0

    @property
    def total(self) -> int:
        return self.quantity * self.price - self.discount


class Bill(NamedTuple):
    """``client``: by order, 0 for who walked in. ``course``, ``voucher``: what was bought, by order, if any."""

    at: datetime
    client: int
    staff: int
    site: int
    lines: tuple[Line, ...]
    course: int = 0
    voucher: int = 0
    refund_of: int | None = None

    @property
    def gross(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def vat(self) -> int:
        return sum(round(line.total * line.vat / (100 + line.vat)) for line in self.lines)


def voucher_number(number: int) -> str:
    """The first came from a book of paper ones."""
    return f"V{450 + number:04}" if number <= 9 else f"GV-{10_200 + 7 * number}"


def _product(scribe: Scribe) -> Line:
    code = scribe.choice(_RETAIL)
    ware = WARES[code]
    return Line(
        "P", None, code, ware.name, scribe.choice([1, 1, 1, 2]), ware.retail, ware.vat, scribe.choice([0, 0, 0, 500])
    )


def _treatments(clients: int) -> Iterator[Bill]:
    for visit in kept(clients):
        scribe, offer = Scribe(f"bill {visit.number}"), visit.offer
        price = 0 if visit.course else offer.price
        name = f"{offer.name} (course)" if visit.course else offer.name
        lines = [Line("S", visit.service, None, name, 1, price, offer.vat)]
        if scribe.random() < 0.25:
            lines.append(_product(scribe))
        if sum(line.total for line in lines):
            at = visit.begin + timedelta(minutes=offer.minutes + scribe.randrange(9), seconds=scribe.randrange(60))
            yield Bill(at, visit.client, scribe.of(STAFF), visit.site, tuple(lines))


@cache
def bills(clients: int) -> tuple[Bill, ...]:
    """All that was sold, in the order of time."""
    found = list(_treatments(clients))
    for course in courses(clients):
        offer, site = OFFERS[course.service - 1], Scribe(f"sold {course.number}").of(SITES)
        total = offer.price * offer.course
        line = Line(
            "C", course.service, None, f"Course of {offer.course} {offer.name}", 1, total, offer.vat, total // 10
        )
        found.append(Bill(course.bought, course.client, course.staff, site, (line,), course=course.number))
    for number in range(1, clients // 4):
        scribe = Scribe(f"voucher sale {number}")
        line = Line("V", None, None, "Gift Voucher", 1, scribe.choice([2500, 5000, 5000, 10_000, 15_000]), 0)
        buyer = scribe.some(0.8, scribe.of(clients), 0)
        found.append(Bill(scribe.past(800), buyer, scribe.of(STAFF), scribe.of(SITES), (line,), voucher=number))
    for number in range(clients // 5):
        scribe = Scribe(f"retail {number}")
        buyer = scribe.some(0.5, scribe.of(clients), 0)
        found.append(Bill(scribe.past(900), buyer, scribe.of(STAFF), scribe.of(SITES), (_product(scribe),)))
    found.sort(key=lambda bill: bill.at)
    for number in range(_REFUNDS, len(found), _REFUNDS):
        sold = found[number]
        lines = tuple(line._replace(quantity=-line.quantity, discount=-line.discount) for line in sold.lines)
        found.append(Bill(min(sold.at + timedelta(days=6), LAST), sold.client, 1, sold.site, lines, refund_of=number))
    return tuple(found)


def _owed(number: int, bill: Bill) -> int:
    """A few pay later, and some of those never."""
    return bill.gross // 2 if number % 29 == 0 and bill.client and bill.gross > 0 else 0


def client_key(client: int) -> int:
    return identity(client) if client else 0


def _sales(scribe: Scribe, clients: int) -> Iterator[Row]:
    for number, bill in enumerate(bills(clients)):
        refunded = bill.refund_of is not None
        yield {
            "SaleID": FIRST_SALE + number,
            "ReceiptNo": f"{'LHI'[bill.site - 1]}{bill.at:%y}-{number + 1:05}",
            "SaleDate": stamped(scribe, bill.at),
            "ClientID": client_key(bill.client),
            "SiteID": bill.site,
            "TillNo": scribe.choice([1, 1, 2]),
            "StaffID": bill.staff,
            "NetTotal": money(bill.gross - bill.vat),
            "VatTotal": money(bill.vat),
            "GrossTotal": money(bill.gross),
            "Outstanding": money(_owed(number, bill)),
            "SaleStatus": "R" if refunded else scribe.choice(["C"] * 30 + ["V", "P"]),
            "RefundOfSaleID": None if bill.refund_of is None else FIRST_SALE + bill.refund_of,
        }


def _lines(scribe: Scribe, clients: int) -> Iterator[Row]:
    numbers = count(9001)
    for number, bill in enumerate(bills(clients)):
        for line in bill.lines:
            yield {
                "SaleLineID": next(numbers),
                "SaleID": FIRST_SALE + number,
                "LineType": line.kind,
                "ServiceID": line.service,
                "StockCode": scribe.some(0.98, line.stock, "DER-TONER") if line.stock else None,
                "Description": line.text,
                "Qty": line.quantity,
                "UnitPrice": money(line.price),
                "Discount": money(line.discount),
                "LineTotal": money(line.total),
                "StaffID": scribe.some(0.9, bill.staff, None),
            }


def _payments(scribe: Scribe, clients: int) -> Iterator[Row]:
    numbers, vouchers = count(7001), clients // 4 - 1
    for number, bill in enumerate(bills(clients)):
        left = bill.gross - _owed(number, bill)
        parts = [left // 2, left - left // 2] if number % 11 == 0 else [left]
        for position, pence in enumerate(parts):
            method = "GV" if position else scribe.choice(["CARD"] * 8 + ["CASH", "CASH", "BACS", "FIN"])
            card = method == "CARD"
            yield {
                "PaymentID": next(numbers),
                "SaleID": FIRST_SALE + number,
                "ClientID": client_key(bill.client),
                "PaidAt": stamped(scribe, bill.at + timedelta(seconds=scribe.randrange(20, 200))),
                "PayMethod": method,
                "Amount": money(pence),
                "CardLast4": f"{scribe.randrange(10_000):04}" if card else None,
                "AuthCode": scribe.some(0.9, f"{scribe.getrandbits(24):06X}") if card else None,
                "VoucherNo": voucher_number(scribe.of(vouchers)) if method == "GV" else None,
                "TakenByID": bill.staff,
            }


def _vouchers(scribe: Scribe, clients: int) -> Iterator[Row]:
    for number, bill in enumerate(bills(clients)):
        if not bill.voucher:
            continue
        value, (first, last) = bill.gross, scribe.name()
        yield {
            "VoucherNo": voucher_number(bill.voucher),
            "VoucherType": "PAPER" if bill.voucher <= 9 else scribe.choice(["EVOUCHER", "EVOUCHER", "CARD"]),
            "FaceValue": money(value),
            "Balance": money(scribe.choice([0, 0, value, value, value // 2])),
            "PurchaserClientID": identity(bill.client) if bill.client else None,
            "RecipientName": scribe.some(0.8, scribe.choice([f"{first} {last}", first, "Mum"])),
            "RecipientEmail": scribe.some(0.4, scribe.email(first, last, number)),
            "GiftMessage": scribe.some(
                0.5, scribe.choice(["Happy 40th xx", "Enjoy!", "Happy Mothers Day, love J & T"])
            ),
            "IssuedOn": bill.at.date(),
            "ExpiresOn": bill.at.date() + timedelta(days=365),
            "SiteID": bill.site,
            "SaleID": FIRST_SALE + number,
        }


def _courses(scribe: Scribe, clients: int) -> Iterator[Row]:
    sold = {bill.course: FIRST_SALE + number for number, bill in enumerate(bills(clients)) if bill.course}
    for course in courses(clients):
        offer = OFFERS[course.service - 1]
        used = sum(visit.course == course.number for visit in kept(clients))
        yield {
            "ClientCourseID": _FIRST_COURSE + course.number,
            "ClientID": identity(course.client),
            "ServiceID": course.service,
            "CourseName": f"Course of {offer.course} {offer.name}",
            "SessionsBought": offer.course,
            "SessionsUsed": min(used, offer.course),
            "PricePaid": money(offer.price * offer.course * 9 // 10),
            "PurchasedOn": midnight(course.bought),
            "ExpiresOn": midnight(course.bought + timedelta(days=scribe.choice([365, 365, 548]))),
            "SaleID": sold[course.number],
            "SoldByID": course.staff,
            "DateModified": modified(scribe, course.bought),
        }


def course_key(course: int | None) -> int | None:
    return None if course is None else _FIRST_COURSE + course


def _memberships(scribe: Scribe, clients: int) -> Iterator[Row]:
    for number, client in enumerate(range(4, clients + 1, 4), 1):
        plan, began = scribe.choice(list(_PLANS)), scribe.past(900)
        left = scribe.random() < 0.3
        ended = min(began + timedelta(days=scribe.randrange(60, 500)), LAST)
        status = "Cancelled" if left else scribe.choice(["Active"] * 6 + ["Frozen", "Payment Failed"])
        yield {
            "MembershipID": number,
            "ClientID": identity(client),
            "PlanName": plan,
            "MonthlyFee": money(_PLANS[plan]),
            "StartDate": began.date(),
            "MinTermMonths": scribe.choice([3, 6, 6, 12]),
            "NextPaymentOn": None if left else (LAST + timedelta(days=scribe.randrange(30))).date(),
            "MandateRef": f"MD{scribe.getrandbits(40):010X}",
            "SortCode": f"{scribe.digits(2)}-{scribe.digits(2)}-{scribe.digits(2)}",
            "AccountNumber": scribe.digits(8),
            "MembershipStatus": status,
            "CancelledOn": ended.date() if left else None,
            "CancelReason": scribe.choice(["Moved away", "Too expensive", "Pregnant", "Not using it"])
            if left
            else None,
            "DateModified": modified(scribe, ended if left else began),
        }


def _stock(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, ware in WARES.items():
        yield {
            "StockCode": code,
            "Description": ware.name,
            "Brand": ware.brand,
            "SupplierID": ware.supplier,
            "Barcode": scribe.some(0.8, f"50{scribe.digits(11)}", None),
            "RetailPrice": money(ware.retail),
            "CostPrice": money(ware.cost),
            "VatRate": Decimal(ware.vat).quantize(Decimal("0.01")),
            "QtyOnHand": scribe.randrange(-2, 40),
            "IsPOM": ware.pom,
            "LastCounted": scribe.some(0.9, midnight(scribe.past(120)), None),
            "Discontinued": code == "DER-RET05",
        }


MADE = {
    "ClientCourse": _courses,
    "Membership": _memberships,
    "GiftVoucher": _vouchers,
    "Sale": _sales,
    "SaleLine": _lines,
    "Payment": _payments,
    "StockItem": _stock,
}
