"""What infra/proposals/prefixed.py writes about a patient: appointments, notes, money, cover, drugs and scans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.clinics.words import CARRIERS
from infra.proposals.scribe import Row, Scribe

DOCTORS = 14
_COPIES = 30
"""So many patients more than there are have had cover: some have two."""
_DRUGS = ("Lisinopril", "Metformin", "Amoxicillin", "Sertraline", "Albuterol")


def doctor(scribe: Scribe) -> str:
    """A text: the program keeps some numbers of physicians so."""
    return str(scribe.of(DOCTORS))


def user(scribe: Scribe) -> int:
    return scribe.randint(1, 9)


def _scheduler(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        begin, block = scribe.slot(), scribe.random() < 0.05
        yield {
            "caldateof": begin.date(),
            "calcreated": begin - timedelta(days=scribe.randrange(2, 70)),
            "calmodified": begin - timedelta(hours=scribe.randrange(1, 40)),
            "caltype": "block" if block else "pat",
            "calhour": begin.hour,
            "calminute": begin.minute,
            "calduration": scribe.choice([15, 30, 45]),
            "calfacility": scribe.of(3, 0, share=0.03),
            "calroom": scribe.choice([0, 1, 2]),
            "calphysician": scribe.of(DOCTORS),
            "calpatient": 0 if block else scribe.of(patients, patients + 500, share=0.01),
            "calcptcode": 0,
            "calstatus": scribe.choice(["scheduled", "confirmed", "attended", "attended", "cancelled", "noshow"]),
            "calprenote": scribe.choice(["bp check", "annual", "lbp", "rash", "school physical"]),
            "calpostnote": scribe.some(0.1, scribe.text()),
            "calmark": 0,
            "calgroupid": 0,
            "calrecurnote": None,
            "user": user(scribe),
            "id": number,
        }


def _pnotes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        seen = scribe.past()
        yield {
            "pnotesdt": seen.date(),
            "pnotesdtadd": seen.date(),
            "pnotesdtmod": (seen + timedelta(days=scribe.randrange(9))).date(),
            "pnotespat": scribe.of(patients),
            "pnotesdescrip": scribe.choice(["Follow up", "New complaint", "Physical"]) + f" {seen:%m/%d/%y}",
            "pnotesdoc": scribe.of(DOCTORS),
            "pnoteseoc": None,
            "pnotes_S": scribe.text(3),
            "pnotes_O": scribe.some(0.7, scribe.text()),
            "pnotes_A": scribe.some(0.8, scribe.text()),
            "pnotes_P": scribe.text(),
            "pnotes_I": "",
            "pnotessbp": scribe.some(0.7, scribe.randint(95, 180), None),
            "pnotesdbp": scribe.some(0.7, scribe.randint(55, 110), None),
            "pnotestemp": scribe.some(0.4, scribe.randint(970, 1020) / 10, None),
            "pnotesheartrate": scribe.some(0.6, scribe.randint(50, 120), None),
            "pnotesweight": scribe.some(0.6, scribe.randint(90, 300), None),
            "iso": "",
            "locked": scribe.some(0.6, user(scribe), 0),
            "user": user(scribe),
            "active": scribe.some(0.97, "active", "inactive"),
            "id": number,
        }


def _procrec(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        done, charge = scribe.past().date(), scribe.randrange(3_000, 40_000) / 100
        paid = scribe.some(0.6, round(charge * 0.7, 2), 0.0)
        yield {
            "procpatient": scribe.of(patients),
            "proceoc": "",
            "proccpt": scribe.of(3),
            "proccptmod": 0,
            "procdiag1": 0,
            "proccharges": charge,
            "procunits": scribe.choice([1.0, 1.0, 2.0]),
            "procvoucher": scribe.some(0.1, f"V{scribe.digits(5)}"),
            "procphysician": scribe.of(DOCTORS),
            "procdt": done,
            "procdtend": None,
            "proccomment": scribe.some(0.1, scribe.text()),
            "procbalorig": charge,
            "procbalcurrent": round(charge - paid, 2),
            "procamtpaid": paid,
            "procbilled": scribe.some(0.8, 1, 0),
            "procbillable": scribe.some(0.9, 1, 0),
            "procrefdoc": scribe.of(DOCTORS, 0, share=0.8),
            "procrefdt": scribe.some(0.2, done, None),
            "procamtallowed": round(charge * 0.75, 2),
            "proccurcovid": scribe.of(patients + _COPIES, 0, share=0.1),
            "procstatus": scribe.choice(["", "billed", "paid", "denied"]),
            "user": user(scribe),
            "id": number,
        }


def _payrec(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        paid = scribe.past().date()
        yield {
            "payrecdtadd": paid,
            "payrecdtmod": paid + timedelta(days=scribe.randrange(4)),
            "payrecpatient": scribe.of(patients),
            "payrecdt": paid,
            "payreccat": scribe.choice([0, 1, 3, 5, 11]),
            "payrecproc": scribe.of(patients * 3 - 1, 0, share=0.05),
            "payrecsource": 0,
            "payreclink": 0,
            "payrectype": scribe.choice([0, 1, 1, 2]),
            "payrecnum": scribe.some(0.5, scribe.digits(4)),
            "payrecamt": scribe.randrange(1_000, 20_000) / 100,
            "payrecdescrip": scribe.some(0.4, scribe.choice(["copay", "check from carrier", "write off"])),
            "payreclock": scribe.choice(["unlocked", "locked"]),
            "user": user(scribe),
            "active": "active",
            "id": number,
        }


def _coverage(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + _COPIES + 1):
        (first, last), own, added = scribe.name(), scribe.random() < 0.7, scribe.past().date()
        yield {
            "covdtadd": added,
            "covdtmod": added,
            "covpatient": (number - 1) % patients + 1,
            "coveffdt": added.isoformat(),
            "covinsco": scribe.of(len(CARRIERS)),
            "covpatinsno": f"{scribe.choice('WXY')}{scribe.digits(9)}",
            "covpatgrpno": scribe.some(0.8, scribe.digits(6)),
            "covtype": 1 if number <= patients else 2,
            "covstatus": 0,
            "covrel": "S" if own else scribe.choice(["C", "H", "W"]),
            "covlname": "" if own else last,
            "covfname": "" if own else first,
            "covdob": None if own else scribe.birth(),
            "covsex": None if own else scribe.choice("mf"),
            "covssn": "" if own else scribe.digits(9),
            "covplanname": scribe.choice(["PPO Choice", "HMO Select", "Basic", "Medicare Supplement"]),
            "covschool": "",
            "covemployer": scribe.some(0.3, scribe.choice(["Electric Boat", "Frito Lay", "Town of Putnam"])),
            "covcopay": scribe.choice([0.0, 20.0, 35.5]),
            "covdeduct": scribe.choice([0.0, 500.0, 1500.5]),
            "user": user(scribe),
            "id": number,
        }


def _rx(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        given = scribe.past()
        yield {
            "rxphy": scribe.of(DOCTORS),
            "rxpatient": scribe.of(patients),
            "rxdtadd": given,
            "rxdtmod": given.date(),
            "rxdtfrom": given.date(),
            "rxdrug": f"{scribe.choice(_DRUGS)} {scribe.choice([5, 10, 50, 500])} mg",
            "rxdrugmultum": "",
            "rxform": scribe.choice(["tablet", "capsule", "inhaler"]),
            "rxdosage": scribe.choice(["1", "2", "1/2"]),
            "rxquantity": scribe.choice([30.0, 60.0, 90.0]),
            "rxunit": scribe.choice(["mg", "mg", "puff"]),
            "rxinterval": scribe.choice(["QD", "BID", "TID", "QHS"]),
            "rxsubstitute": scribe.some(0.9, 1, 0),
            "rxrefills": scribe.choice([0, 1, 2, 3, 5, 11]),
            "rxdx": scribe.some(0.3, scribe.choice(["I10", "E11.9", "J45.909"])),
            "rxsig": scribe.some(0.8, "Take as directed"),
            "rxnote": scribe.some(0.1, scribe.text()),
            "orderid": 0,
            "locked": 0,
            "user": user(scribe),
            "active": scribe.some(0.9, "active", "inactive"),
            "id": number,
        }


def _images(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        owner = scribe.of(patients)
        yield {
            "imagedt": scribe.past().date(),
            "imagepat": owner,
            "imagetype": scribe.choice(["lab_report", "op_report", "insurance_card", "misc"]),
            "imagecat": scribe.some(0.4, scribe.choice(["misc", "xray", "mri"])),
            "imagedesc": scribe.choice(["CBC", "Card front", "Op note knee", f"Scan {number}"]),
            "imageeoc": "",
            "imagefile": f"img/store/{owner // 100:02}/{owner:06}.{number}.djvu",
            "imageformat": "djvu",
            "imagephy": scribe.of(DOCTORS, 0, share=0.3),
            "imagereviewed": scribe.of(DOCTORS, 0, share=0.5),
            "imagetext": None,
            "user": user(scribe),
            "active": "active",
            "id": number,
        }


MADE = {
    "scheduler": _scheduler,
    "pnotes": _pnotes,
    "procrec": _procrec,
    "payrec": _payrec,
    "coverage": _coverage,
    "rx": _rx,
    "images": _images,
}
