"""What infra/proposals/optical.py writes in the lane: exams, and prescriptions of spectacles and of contact lenses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from infra.proposals.optical_book import (
    FULL,
    SICK,
    Visit,
    appt_no,
    born,
    exam_no,
    has_contacts,
    midnight,
    patient_no,
    spec_rx_no,
    stamps,
    visits,
)
from infra.proposals.scribe import Row, Scribe

_COMPLAINTS = (
    "Blurry vision at distance, worse at night", "Routine eye exam, no complaints",
    "Trouble reading fine print x 6 mos", "Wants CL update", "Dry, gritty OU in am",
    "HA after computer work", "Diabetic exam, last A1c 7.1",
    "Red eye OD, discharge, woke up stuck shut", "Floaters OS, no flashes", "Lost glasses",
)  # fmt: skip
_FINDINGS = (
    ("H52.13", "Myopia OU, stable."), ("H52.03", "Hyperopia OU."), ("H52.223", "Regular astigmatism OU."),
    ("H52.4", "Presbyopia."), ("H04.123", "Dry eye syndrome OU, mild; TBUT 6s."), ("H25.13", "NS cataract OU, 1+."),
    ("E11.9", "DM2 without retinopathy OU."), ("H40.013", "Glaucoma suspect, low risk; C/D asymmetry."),
    ("Z01.00", "Healthy eyes, no abnormal findings."),
)  # fmt: skip
_SICK = (
    ("H10.31", "Acute conjunctivitis OD, viral."), ("S05.01XA", "Corneal abrasion OD, FB removed."),
    ("H43.812", "PVD OS, no tears or holes 360."), ("H00.11", "Chalazion RUL."),
)  # fmt: skip
_PLANS = (
    "New spec rx given. RTC 1 yr.", "Update PAL, discussed AR + blue. Pt ed on progressive adaptation.",
    "AT's qid OU, warm compresses, omega 3. Recheck 3 mos.", "Monitor; photo next visit, letter to PCP.",
    "Released to wear 1 day lenses. RTC CL check 1-2 wks.", "RTC sooner prn flashes/floaters/curtain.",
    "Tobradex qid x 7d then stop, no CL wear.", "Refer for cat sx consult when BCVA < 20/40.",
)  # fmt: skip
_LENSES = (
    ("Acuview Moist 1-Day", "8.5", "14.2"), ("Acuview Oasys", "8.4", "14.0"), ("Biofinesse Toric", "8.7", "14.5"),
    ("DAILIES Total One", "8.5", "14.1"), ("Air Optic Hydra", "8.6", "14.2"), ("Biofinesse MF D", "8.6", "14.0"),
)  # fmt: skip


def _exam(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        if not visit.examined:
            continue
        dx, found = scribe.choice(_SICK if visit.kind == SICK else _FINDINGS)
        pressure, cup = scribe.randint(11, 20), scribe.choice([20, 25, 30, 30, 35, 40, 50])
        full = visit.kind == FULL
        yield {
            "exam_no": exam_no(visit.number),
            "patient_no": patient_no(visit.patient),
            "provider_no": visit.doctor,
            "appt_no": appt_no(visit.number),
            "exam_dt": midnight(visit.starts),
            "exam_type": "COMP" if full else "MED" if visit.kind == SICK else "CL",
            "chief_comp": scribe.some(0.92, scribe.choice(_COMPLAINTS)),
            "od_va": _acuity(scribe),
            "os_va": _acuity(scribe),
            "od_iop": pressure if full else None,
            "os_iop": max(8, pressure + scribe.choice([-2, -1, 0, 0, 1, 2])) if full else None,
            "dilate_ind": scribe.some(0.5, "Y", "N") if full else "N",
            "od_cd_ratio": Decimal(cup).scaleb(-2) if full else None,
            "os_cd_ratio": Decimal(cup + scribe.choice([0, 0, 0, 5, 10])).scaleb(-2) if full else None,
            "dx_cd": dx,
            "assess": scribe.some(0.8, found, f"{found}\n{scribe.choice(_FINDINGS)[1]}"),
            "plan_txt": scribe.some(0.95, scribe.choice(_PLANS), None),
            "rtc_mos": scribe.choice([12, 12, 12, 6, 3, 24]) if full else None,
            "final_dt": scribe.some(0.94, visit.starts + timedelta(minutes=scribe.randint(20, 2000)), None),
            **stamps(scribe, visit.starts),
        }


def _acuity(scribe: Scribe) -> str:
    line = scribe.choice(["20/20", "20/20", "20/20", "20/25", "20/30", "20/40", "20/15", "20/200", "CF 3ft"])
    return str(scribe.some(0.2, f"{line}{scribe.choice(['-1', '-2', '+2'])}", line) if line[0] == "2" else line)


def _quarters(count: int) -> Decimal:
    """Lenses are ground in quarters of a dioptre."""
    return (Decimal(count) / 4).quantize(Decimal("0.01"))


def _eyes(visit: Visit) -> tuple[int, int]:
    """The spheres of both eyes in quarters of a dioptre: a patient's own, which drift a little from exam to exam."""
    own, now = Scribe(f"optical eyes {visit.patient}"), Scribe(f"optical drift {visit.number}")
    right = own.choice([own.randint(-24, 0), own.randint(-12, 2), own.randint(0, 14)])
    return right + now.choice([-1, 0, 0, 1]), right + own.randint(-3, 3) + now.choice([-1, 0, 0])


def _spec_rx(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        if not visit.refracted:
            continue
        age, own = visit.starts.year - born(visit.patient).year, Scribe(f"optical axes {visit.patient}")
        add = _quarters(min(11, max(3, (age - 38) // 3 + 2))) if age > 42 else None
        row: Row = {
            "spec_rx_no": spec_rx_no(visit.number),
            "patient_no": patient_no(visit.patient),
            "exam_no": exam_no(visit.number),
            "provider_no": visit.doctor,
            "rx_dt": midnight(visit.starts),
            "exp_dt": midnight(visit.starts) + timedelta(days=scribe.choice([365, 730, 730])),
            "rx_use": scribe.choice(["P", "P", "B", "N"]) if add else scribe.choice(["D", "D", "D", "C"]),
        }
        for eye, sphere in zip(("od", "os"), _eyes(visit), strict=True):
            axis = own.choice([own.randint(1, 180), 90, 180, 175, 5])
            toric, prism = own.random() < 0.65, own.random() < 0.06
            row |= {
                f"{eye}_sphere": _quarters(sphere),
                f"{eye}_cyl": _quarters(-scribe.randint(1, 9)) if toric else scribe.choice([None, Decimal("0.00")]),
                f"{eye}_axis": axis if toric else None,
                f"{eye}_add": add,
                f"{eye}_prism": Decimal(scribe.choice(["0.50", "1.00", "2.00"])) if prism else None,
                f"{eye}_base": scribe.choice(["BI", "BO", "BU", "BD"]) if prism else "",
            }
        notes = ("Adaptation discussed", "Computer use 8h/day", "Balance OS", "Full time wear")
        yield {
            **row,
            "dist_pd": Decimal(own.randint(110, 138) * 5).scaleb(-1),
            "remarks": scribe.some(0.15, scribe.choice(notes), None),
        }


def _cl_rx(scribe: Scribe, patients: int) -> Iterator[Row]:
    exams = {one.patient: one for one in visits(patients) if one.kind == FULL}
    for visit in visits(patients):
        if not has_contacts(visit):
            continue
        brand, curve, diameter = scribe.choice(_LENSES)
        row: Row = {
            "cl_rx_no": 2000 + visit.number,
            "patient_no": patient_no(visit.patient),
            "exam_no": exam_no(visit.number),
            "rx_dt": midnight(visit.starts),
            "exp_dt": midnight(visit.starts) + timedelta(days=365),
        }
        for eye, sphere in zip(("od", "os"), _eyes(exams[visit.patient]), strict=True):
            toric = (
                f"-{scribe.choice(['0.75', '1.25'])}x{scribe.choice([10, 90, 170, 180]):03}" if "Toric" in brand else ""
            )
            row |= {
                f"{eye}_brand": brand,
                f"{eye}_bc": Decimal(curve),
                f"{eye}_dia": Decimal(diameter),
                f"{eye}_power": f"{_quarters(sphere):+} {toric}".strip() if sphere else "PL",
            }
        yield {
            **row,
            "wear_cd": scribe.choice(["DW", "DW", "DW", "EW", "FW"]),
            "replace_cd": "1D" if "1-Day" in brand or "Total" in brand else scribe.choice(["2W", "1M", "1M"]),
        }


MADE = {"exam": _exam, "spec_rx": _spec_rx, "cl_rx": _cl_rx}
KEYS = {"exam": "exam_no", "spec_rx": "spec_rx_no", "cl_rx": "cl_rx_no"}
