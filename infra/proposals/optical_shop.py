"""What infra/proposals/optical.py writes in the shop: stock, orders at a lab, invoices and what was received."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from infra.proposals.optical_book import (
    DONE,
    FITTING,
    FULL,
    INSURANCES,
    ITEMS,
    OPTICIANS,
    SICK,
    VISION,
    Visit,
    born,
    called,
    frame,
    has_contacts,
    insured,
    invoice_no,
    item_no,
    midnight,
    orders,
    party_no,
    patient_no,
    price,
    spec_rx_no,
    stamps,
    visits,
)
from infra.proposals.scribe import LAST, Row, Scribe

_FRAMES = (
    ("Luxora USA", "RayBand"), ("Luxora USA", "Oakleaf"), ("Safilux", "Kate Spayed"), ("Safilux", "Carerra"),
    ("Marchant", "Nikea Vision"), ("Marchant", "Flexonite"), ("Modern Opt", "MODERN"), ("ClearVue", "Izodd"),
)  # fmt: skip
_COLORS = ("BLACK", "TORTOISE", "GUNMETAL", "BRN", "Matte Black", "Demi Amber", "NAVY", "210", "C2 ROSE", "CRYSTAL")
_BOXES = ("Acuview Moist 90pk", "Acuview Oasys 12pk", "Biofinesse Toric 6pk", "Total One 90pk", "Air Optic 6pk")
_EXTRAS = ("Lens cleaner 2oz", "Case hard lg", "Nose pads pr", "Sunclip", "Dry eye mask", "Croakie")
_LABS = ("WALMER LAB", "Hoyer Lab GB", "Essilux Milwaukee", "VSP-ONE", "in house")
_SETS = ("AR", "AR", "AR,BLUE", "AR,TRANS", "AR,UV,SRC", "UV,SRC", "POLAR", "")
_INSTRUCTIONS = ("RUSH - leaving for vacation", "Edge polish", "Match old base curve", "Pt's own frame, handle w/ care")
_REMADE = 0.06
_NOTHING = Decimal("0.00")


class Line(NamedTuple):
    """``item``: its number, 0 for a service. ``unit``: in dollars."""

    code: str
    text: str
    quantity: int
    unit: Decimal
    item: int = 0
    modifier: str = ""
    discount: Decimal = _NOTHING

    @property
    def total(self) -> Decimal:
        return self.quantity * self.unit - self.discount

    def insurer(self, visit: Visit) -> Decimal:
        """What an insurance is to pay: most of a service, a part of what is worn."""
        if not insured(visit.patient) or self.code in {"92015", ""}:
            return _NOTHING
        share = Decimal("0.45") if self.item or self.code.startswith("V") else Decimal("0.80")
        return (self.total * share).quantize(Decimal("0.01"))


@cache
def lines(visit: Visit) -> tuple[Line, ...]:
    scribe, found = Scribe(f"optical lines {visit.number}"), list[Line]()
    if visit.kind == FULL:
        new = scribe.random() < 0.3
        code, text = ("92004", "Comprehensive exam, new") if new else ("92014", "Comprehensive exam, est")
        found.append(Line(code, text, 1, Decimal("165.00" if new else "129.00")))
        found.append(Line("92015", "Refraction", 1, Decimal("45.00")))
        if scribe.random() < 0.4:
            found.append(Line("92250", "Fundus photo / Optomap", 1, Decimal("39.00")))
    elif visit.kind == FITTING:
        found.append(Line("92310", "CL fitting", 1, Decimal(scribe.choice(["65.00", "95.00", "120.00"]))))
    elif visit.kind == SICK:
        found.append(
            Line("99213", "Office visit, est, low", 1, Decimal("98.00"), 0, scribe.choice(["", "RT", "LT", "25"]))
        )
    if orders(visit):
        number = frame(visit)
        if number:
            off = scribe.some(0.2, Decimal("20.00"), _NOTHING)
            found.append(Line("V2020", "Frame", 1, price(number), number, "", off))
        multifocal = visit.starts.year - born(visit.patient).year > 42
        code, text, unit = ("V2781", "Progressive lens", "112.00") if multifocal else ("V2103", "SV lens", "48.00")
        found += [Line(code, text, 1, Decimal(unit), 0, side) for side in ("RT", "LT")]
        if scribe.random() < 0.6:
            found.append(Line("V2750", "AR coating", 2, Decimal("42.50")))
    if has_contacts(visit):
        box = scribe.randint(ITEMS - 19, ITEMS - 10)
        found.append(Line("V2520", "CL, spherical, hydrophilic", scribe.choice([2, 4, 8]), Decimal("38.50"), box))
    if not found or scribe.random() < 0.08:
        number = scribe.randint(ITEMS - 9, ITEMS)
        found.append(Line("", _EXTRAS[number % len(_EXTRAS)], 1, Decimal("12.95"), number))
    return tuple(found)


def _billed(patients: int) -> list[Visit]:
    return [one for one in visits(patients) if one.status == DONE]


def _shares(visit: Visit) -> tuple[Decimal, Decimal, Decimal]:
    """Sales tax (what is worn to see is free of it), what the insurance is to pay, what the patient is."""
    taxed = sum((one.total for one in lines(visit) if not one.code), _NOTHING)
    tax = (taxed * Decimal("0.055")).quantize(Decimal("0.01"))
    insurer = sum((one.insurer(visit) for one in lines(visit)), _NOTHING)
    return tax, insurer, sum((one.total for one in lines(visit)), _NOTHING) + tax - insurer


def _open(visit: Visit) -> bool:
    """Not paid by the insurance yet; a few never are."""
    return (LAST - visit.starts).days < 45 or Scribe(f"optical open {visit.number}").random() < 0.05


def _inventory(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, ITEMS + 1):
        framed, boxed = number <= ITEMS - 20, number <= ITEMS - 10
        vendor, brand = scribe.choice(_FRAMES)
        if not framed:
            vendor, brand = ("CL Direct", scribe.choice(_BOXES)) if boxed else ("Hilsinger Co", "")
        model = (
            f"{brand[:2].upper()}{scribe.randint(1000, 8999)}" if framed else brand or _EXTRAS[number % len(_EXTRAS)]
        )
        retail = price(number) if framed else Decimal("38.50" if boxed else "12.95")
        yield {
            "item_no": item_no(number),
            "upc": scribe.some(0.85, f"7{scribe.digits(11)}"),
            "item_type": "F" if framed else "C" if boxed else "A",
            "vendor": vendor,
            "brand": brand,
            "model": model,
            "color": scribe.choice(_COLORS) if framed else "",
            "eye_size": scribe.randint(46, 58) if framed else None,
            "cost_amt": (retail * scribe.choice([35, 40, 45]) / 100).quantize(Decimal("0.01")),
            "retail_amt": retail,
            "qty_on_hand": scribe.choice([0, 1, 1, 1, 2, -1]) if framed else scribe.randint(0, 30),
            "discon_ind": scribe.some(0.15, "Y", "N"),
        }


def _optical_order(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 12_000
    for visit in visits(patients):
        if not orders(visit):
            continue
        multifocal = visit.starts.year - born(visit.patient).year > 42
        for remake in (False, True) if scribe.random() < _REMADE else (False,):
            number += 1
            ordered = midnight(visit.starts) + timedelta(days=35 * remake)
            received = ordered + timedelta(days=scribe.randint(4, 16))
            given = received + timedelta(days=scribe.randint(0, 12))
            # some orders nobody closes, and some glasses nobody comes for
            there = received < LAST and scribe.random() > 0.04
            worn = there and given < LAST and scribe.random() > 0.06
            height = Decimal(scribe.randint(28, 44) * 5).scaleb(-1) if multifocal else None
            yield {
                "order_no": number,
                "patient_no": patient_no(visit.patient),
                "spec_rx_no": spec_rx_no(visit.number),
                "invoice_no": invoice_no(visit.number),
                "optician_no": scribe.some(0.9, scribe.choice(OPTICIANS), 0),
                "order_dt": ordered,
                "promise_dt": ordered + timedelta(days=10),
                "recv_dt": received if there else None,
                "disp_dt": given if worn else None,
                "status_cd": "DSP" if worn else "RCV" if there else scribe.choice(["LAB", "ORD", "BO"]),
                "lab_name": scribe.choice(_LABS),
                "frame_item_no": item_no(frame(visit)) if frame(visit) else 0,
                "frame_src": scribe.choice(["S", "S", "S", "L"]) if frame(visit) else "P",
                "lens_style": scribe.choice(["PAL", "PAL", "FT28"]) if multifocal else "SV",
                "lens_mat": scribe.choice(["POLY", "POLY", "CR39", "TRVX", "1.67"]),
                "coatings": scribe.choice(_SETS),
                "seg_ht": height,
                "remake_ind": "Y" if remake else "N",
                "instr": scribe.some(0.12, scribe.choice(_INSTRUCTIONS), scribe.choice([None, ""])),
                **stamps(scribe, min(given, LAST)),
            }


def _invoice(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in _billed(patients):
        tax, insurer, own = _shares(visit)
        void = scribe.random() < 0.02
        yield {
            "invoice_no": invoice_no(visit.number),
            "patient_no": patient_no(visit.patient),
            "resp_party_no": party_no(visit.patient),
            "provider_no": visit.doctor,
            "office_cd": visit.office,
            "inv_dt": midnight(visit.starts),
            "tax_amt": tax,
            "total_amt": insurer + own,
            "pat_bal_amt": own if _owes(visit) and not void else _NOTHING,
            "ins_bal_amt": insurer if _open(visit) and not void else _NOTHING,
            "claim_no": f"{visit.starts:%y%j}{visit.number:05}" if insurer else "",
            "void_ind": "Y" if void else "N",
            **stamps(scribe, visit.starts),
        }


def _invoice_line(_: Scribe, patients: int) -> Iterator[Row]:
    number = 150_000
    for visit in _billed(patients):
        for turn, line in enumerate(lines(visit), 1):
            number += 1
            insurer = line.insurer(visit)
            yield {
                "line_id": number,
                "invoice_no": invoice_no(visit.number),
                "line_seq": turn,
                "proc_cd": line.code,
                "modifier": line.modifier,
                "item_no": item_no(line.item) if line.item else 0,
                "descr": line.text,
                "qty": line.quantity,
                "unit_amt": line.unit,
                "disc_amt": line.discount,
                "ins_amt": insurer,
                "pat_amt": line.total - insurer,
            }


def _owes(visit: Visit) -> bool:
    return Scribe(f"optical owes {visit.number}").random() < 0.08


def _receipt(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 88_000
    for visit in _billed(patients):
        _tax, insurer, own = _shares(visit)
        paid = [(visit.starts, own, 0)] if own and not _owes(visit) else []
        if insurer and not _open(visit):
            payer = next((one for one in insured(visit.patient) if one in VISION), INSURANCES)
            if visit.kind == SICK or payer not in insured(visit.patient):
                payer = insured(visit.patient)[-1]
            paid.append((visit.starts + timedelta(days=scribe.randint(14, 44)), insurer, payer))
        for received, amount, payer in paid:
            number += 1
            how = (
                scribe.choice(["INS", "EFT"]) if payer else scribe.choice(["VI", "VI", "MC", "CK", "CA", "CARE", "DS"])
            )
            slip = {"CK": scribe.digits(4), "INS": scribe.digits(8), "EFT": f"EFT{scribe.digits(9)}"}
            first, last = called("staff", 8 + number % 5)
            yield {
                "receipt_no": number,
                "patient_no": patient_no(visit.patient),
                "invoice_no": scribe.some(0.96, invoice_no(visit.number), 0),
                "ins_no": payer,
                "rcv_dt": midnight(received),
                "pay_cd": how,
                "rcv_amt": amount,
                "check_no": slip.get(how, ""),
                "entry_by": f"{first[0]}{last[0]}",
            }


MADE = {
    "inventory": _inventory,
    "optical_order": _optical_order,
    "invoice": _invoice,
    "invoice_line": _invoice_line,
    "receipt": _receipt,
}
KEYS = {
    "inventory": "item_no",
    "optical_order": "order_no",
    "invoice": "invoice_no",
    "invoice_line": "line_id",
    "receipt": "receipt_no",
}
