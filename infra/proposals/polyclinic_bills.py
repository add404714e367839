"""What visits to the clinics of ``polyclinic`` cost, and who pays: a bill for each visit, its lines, and receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from infra.proposals.polyclinic_visits import PAID_BY_TPA, Visit, corporate_of, mrno, visits, yes
from infra.proposals.scribe import LAST, Row, Scribe

_CONSULTED = {
    "N": ("CONS", "Consultation", 500),
    "F": ("FUP", "Follow up", 250),
    "E": ("CASU", "Casualty charges", 800),
}
_SERVICES = (
    ("INJ", "Injection charges", 100, 0), ("DRSG", "Dressing (small)", 250, 0), ("ECG", "ECG", 300, 0),
    ("NEB", "Nebulisation", 150, 0), ("SUT", "Suturing (per stitch)", 200, 0), ("CBC", "CBC", 320, 0),
    ("BSL", "BSL F/PP", 140, 0), ("VACC", "Vaccine", 1850, 5), ("MATL", "Material used", 90, 12),
    ("MCERT", "Medical certificate", 200, 18), ("IV", "IV fluids with obs.", 900, 0),
)  # fmt: skip
_TPA, _COMPANY = "T", "K"


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    name: str
    quantity: int
    rate: int
    tax: int
    discount: int

    @property
    def gross(self) -> Decimal:
        return Decimal(self.quantity * self.rate)

    @property
    def amount(self) -> Decimal:
        """After the discount and with the tax."""
        return (self.gross * (100 - self.discount) * (100 + self.tax) / 10_000).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Bill:
    number: str
    visit: Visit
    payer: str | None
    lines: tuple[Line, ...]
    share: Decimal
    """How much of it has been paid, from 0 to 1."""
    cancelled: bool

    @property
    def net(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def paid(self) -> Decimal:
        return (self.net * self.share).quantize(Decimal("0.01"))

    @property
    def kind(self) -> str:
        """C: cash, T: a TPA or insurer pays, K: the company pays."""
        return "C" if self.payer is None else _TPA if self.payer in PAID_BY_TPA else _COMPANY


def _fiscal(day: datetime) -> str:
    """A fiscal year begins in April."""
    first = day.year - (day.month < 4)
    return f"{first % 100:02}-{(first + 1) % 100:02}"


@cache
def _bills(patients: int) -> tuple[Bill, ...]:
    counted: dict[tuple[str, str], int] = {}
    found = []
    for visit in visits(patients):
        scribe = Scribe(f"polyclinic bill {visit.number}")
        if scribe.random() < 0.06:
            continue
        book = visit.branch, _fiscal(visit.begin)
        counted[book] = counted.get(book, 0) + scribe.randint(1, 60)
        discount = scribe.choice([0, 0, 0, 0, 10, 50])
        lines = [Line(*_CONSULTED[visit.kind][:2], 1, _CONSULTED[visit.kind][2], 0, discount)]
        for code, name, rate, tax in scribe.sample(_SERVICES, scribe.choice([0, 0, 1, 1, 2, 3])):
            lines.append(Line(code, name, scribe.choice([1, 1, 1, 2]), rate, tax, 0))
        payer, cancelled = corporate_of(visit.patient), scribe.random() < 0.04
        share = Decimal(scribe.choice(["1", "1", "0", "0.8"]) if payer else scribe.choice(["1"] * 8 + ["0.5", "0"]))
        number = f"{visit.branch}/{book[1]}/{counted[book]:05}"
        found.append(Bill(number, visit, payer, tuple(lines), Decimal(0) if cancelled else share, cancelled))
    return tuple(found)


def _headers(scribe: Scribe, patients: int) -> Iterator[Row]:
    for bill in _bills(patients):
        visit, gross = bill.visit, sum((line.gross for line in bill.lines), Decimal(0))
        off = sum((line.gross * line.discount / 100 for line in bill.lines), Decimal(0)).quantize(Decimal("0.01"))
        status = "P" if bill.share == 1 else scribe.choice("SSQR")
        billed = min(visit.begin + timedelta(minutes=scribe.randint(10, 50)), LAST)
        yield {
            "BILL_NO": bill.number,
            "BILL_DT": billed,
            "MRNO": mrno(visit.patient),
            "VISIT_NO": visit.number,
            "DR_CD": visit.doctor,
            "BR_CD": visit.branch,
            "CORP_CD": bill.payer,
            "BILL_TYPE": bill.kind,
            "GROSS_AMT": gross,
            "DISC_AMT": off,
            "NET_AMT": bill.net,
            "BAL_AMT": Decimal(0) if bill.cancelled else bill.net - bill.paid,
            "DISC_RSN": scribe.choice(["Staff relative", "DR. KALE SIR", "poor pt", "Regular patient"])
            if off
            else None,
            "CLAIM_NO": f"CLM{scribe.digits(9)}" if bill.kind == _TPA else None,
            "CLAIM_STS": status if bill.kind == _TPA else None,
            "CANC_YN": yes(bill.cancelled),
            "CRT_BY": scribe.choice(["BILLING", "BILLING", "SUNITA", "RECP1", "RECP2"]),
            "MOD_DT": min(billed + timedelta(days=scribe.randrange(1, 40)), LAST)
            if bill.cancelled or scribe.random() < 0.12
            else None,
        }


def _details(_: Scribe, patients: int) -> Iterator[Row]:
    for bill in _bills(patients):
        for number, line in enumerate(bill.lines, 1):
            yield {
                "BILL_NO": bill.number,
                "SR_NO": number,
                "SVC_CD": line.code,
                "SVC_NAME": line.name,
                "QTY": line.quantity,
                "RATE": Decimal(line.rate),
                "DISC_PCT": line.discount,
                "GST_PCT": line.tax,
                "AMT": line.amount,
            }


def _receipts(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 14_300
    for bill in _bills(patients):
        advance = bill.payer is None and scribe.random() < 0.05
        if not bill.paid and not advance:
            continue
        visit = bill.visit
        mode = (
            scribe.choice(["CHQ", "NEFT", "NEFT"])
            if bill.payer
            else scribe.choice(["CASH", "CASH", "UPI", "UPI", "CARD"])
        )
        wait = timedelta(days=scribe.randrange(15, 75)) if bill.payer else timedelta(minutes=55)
        received = min(visit.begin + wait, LAST)
        cheque = mode == "CHQ"
        yield {
            "RCPT_NO": f"R{visit.branch[0]}{number:06}",
            "RCPT_DT": received,
            "BILL_NO": None if advance else bill.number,
            "MRNO": mrno(visit.patient),
            "CORP_CD": bill.payer,
            "RCPT_TYPE": "ADV" if advance else "RCT",
            "PAY_MODE": mode,
            "AMT": Decimal(scribe.choice([200, 500, 1000])) if advance else bill.paid,
            "CHQ_NO": f"{scribe.randrange(1_000_000):06}" if cheque else None,
            "CHQ_DT": received.replace(hour=0, minute=0, second=0) - timedelta(days=3) if cheque else None,
            "BANK_NAME": scribe.choice(["SBI", "HDFC", "Cosmos Bank", "BOM"]) if mode in ("CHQ", "NEFT") else None,
            "UPI_REF": f"{scribe.digits(12)}" if mode == "UPI" else None,
            "CRT_BY": scribe.choice(["BILLING", "SUNITA", "RECP1", "RECP2"]),
        }
        number += scribe.randint(1, 9)


MADE = {"BILL_HDR": _headers, "BILL_DTL": _details, "RECEIPT": _receipts}
