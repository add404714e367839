"""What doctors, nurses and the front desk of ``polyclinic`` enter about a visit, before it and after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.proposals.polyclinic_visits import (
    BRANCHES,
    DOCTORS,
    FAMILIES,
    MEN,
    USERS,
    Visit,
    born,
    branch_of,
    called,
    edited,
    is_baby,
    mobile,
    mrno,
    registered,
    typed,
    visits,
    yes,
)
from infra.proposals.scribe import LAST, Row, Scribe

FIRST_APPOINTMENT = 58_201
_NEVER_CAME = 55
_PURPOSES = (
    "Consultation",
    "consult",
    "BP CHECK",
    "Dressing",
    "F/up with reports",
    "VACCINATION",
    "fever",
    "Med certificate",
)
_ADVICE = (
    "Plenty of oral fluids, rest", "Steam inhalation BD. Review if fever > 3 days", "Low salt diet, walk 30 min",
    "Dressing alternate day. Inj TT given", "Bland diet x 3 days", "Review with CBC, urine R/M", "SOS",
)  # fmt: skip
_CALLED = {
    "D": ("Pt feeling better, will come if reqd", "OK", "Advised to continue tabs", "coming tomorrow eve"),
    "N": ("Not reachable", "Ringing no reply", "switched off"),
    "R": ("Consulted elsewhere", "Not interested, asked not to call"),
}
_PANELS = {
    "CBC": (
        ("Haemoglobin", "gm%", "12 - 16", 9, 16), ("TLC", "/cumm", "4000 - 11000", 3500, 14_000),
        ("Platelet count", "lakh/cumm", "1.5 - 4.5", 1, 4),
    ),
    "BSL": (("BSL Fasting", "mg/dl", "70 - 110", 80, 190), ("BSL PP", "mg/dl", "< 140", 100, 280)),
    "LIPID": (("Total Cholesterol", "mg/dl", "< 200", 130, 270), ("Triglycerides", "mg/dl", "< 150", 80, 320)),
    "DENG": (("Dengue NS1 Ag", None, "Negative", 0, 0),),
    "URINE": (("Pus cells", "/hpf", "0 - 5", 0, 0), ("Albumin", None, "Absent", 0, 0)),
}  # fmt: skip
_WORDS = {
    "Dengue NS1 Ag": ("Negative", "NEGATIVE", "Positive"), "Pus cells": ("2-3", "4-5", "Plenty", "10-12"),
    "Albumin": ("Absent", "Nil", "Trace", "+"),
}  # fmt: skip
_VACCINES = (
    ("BCG", 1, 0), ("OPV", 1, 42), ("PENTAVALENT", 1, 42), ("PENTAVALENT", 2, 70), ("ROTAVIRUS", 1, 42),
    ("MMR", 1, 270), ("TYPHOID CONJ", 1, 300), ("INFLUENZA", 1, 365), ("HEP-A", 1, 540),
)  # fmt: skip
_MAKERS = ("SERUM INST", "Bharat Bio", "GSK", "Biological E", None)
_PAPERS = {
    "LAB": "Outside lab report", "RX": "Old prescription", "XRAY": "X-Ray", "INS": "Insurance card", "ID": "ID proof",
    "CERT": "Fitness certificate",
}  # fmt: skip


def _about(visit: Visit) -> Row:
    return {"MRNO": mrno(visit.patient), "VISIT_NO": visit.number}


def _appointment(scribe: Scribe, when: datetime, doctor: str, branch: str, status: str) -> Row:
    """What every appointment has; the form asks for its day and for its time."""
    made = min(when, LAST) - timedelta(minutes=scribe.randrange(30, 6000))
    return {
        "MRNO": None,
        "CALLER_NAME": None,
        "CALLER_MOB": None,
        "DR_CD": doctor,
        "BR_CD": branch,
        "APPT_DT": when.replace(hour=0, minute=0, second=0),
        "APPT_TM": f"{when:%I:%M %p}",
        "APPT_STS": status,
        "VISIT_TYPE": scribe.choice("NFF"),
        "PURPOSE": scribe.some(0.75, scribe.choice(_PURPOSES), None),
        "CANC_RSN": scribe.choice(["Pt out of station", "DR ON LEAVE", "rain", None]) if status == "C" else None,
        "BOOK_SRC": scribe.choice(["TEL", "TEL", "TEL", "WEB", "WA", "SELF"]),
        "VISIT_NO": None,
        "CRT_BY": typed(scribe),
        "CRT_DT": made,
        "UPD_DT": edited(scribe, made),
    }


def _appointments(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = FIRST_APPOINTMENT
    for visit in booked(patients):
        when = visit.begin.replace(minute=visit.begin.minute // 15 * 15, second=0)
        row = _appointment(scribe, when, visit.doctor, visit.branch, "V")
        yield {"APPT_NO": number, **row, **_about(visit), "VISIT_TYPE": visit.kind}
        number += 1
    for nth in range(_NEVER_CAME):
        day = LAST + timedelta(days=scribe.randrange(1, 25) if nth % 2 else -scribe.randrange(1, 700))
        when = day.replace(hour=scribe.choice([9, 10, 11, 18, 19]), minute=scribe.choice([0, 15, 30, 45]), second=0)
        patient = scribe.of(patients)
        status = scribe.choice("BBBBW" if nth % 2 else "CCX")
        row = _appointment(scribe, when, scribe.choice(DOCTORS[:7]), scribe.choice(BRANCHES), status)
        who: Row = {"MRNO": mrno(patient)}
        if scribe.random() < 0.35:
            who = {
                "CALLER_NAME": f"{scribe.choice(MEN)} {scribe.choice(FAMILIES)}",
                "CALLER_MOB": f"9{scribe.digits(9)}",
            }
        yield {"APPT_NO": number, **row, **who}
        number += 1


def booked(patients: int) -> tuple[Visit, ...]:
    """Visits that had an appointment: most people walk in, and everybody who comes to the urgent-care room."""
    return tuple(visit for visit in visits(patients) if visit.kind != "E" and visit.number % 5 < 3)


def _opd(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        ill, weighed = visit.illness, scribe.random() < 0.7
        fever = "fever" in ill.complaint.lower()
        yield {
            "VISIT_NO": visit.number,
            "MRNO": mrno(visit.patient),
            "DR_CD": visit.doctor,
            "BR_CD": visit.branch,
            "VISIT_DT": visit.begin,
            "VISIT_TYPE": visit.kind,
            "TRIAGE": scribe.choice(["GREEN", "GREEN", "YELLOW", "RED"]) if visit.kind == "E" else None,
            "CHIEF_COMP": ill.complaint,
            "EXAM_FIND": scribe.some(0.85, ill.finding, None),
            "WT_KG": round(scribe.uniform(8, 96), 1) if weighed else None,
            "HT_CM": scribe.some(0.3, scribe.randint(70, 182), None),
            "BP": scribe.some(0.7, f"{scribe.randrange(100, 172, 2)}/{scribe.randrange(60, 102, 2)}", None),
            "PULSE": scribe.some(0.75, scribe.randint(58, 126), None),
            "TEMP_F": round(scribe.uniform(99.5, 103) if fever else scribe.uniform(97.6, 98.8), 1),
            "SPO2": scribe.some(0.6, scribe.randint(91, 100), None),
            "DIAG_TXT": scribe.some(0.9, ill.diagnosis, scribe.choice([ill.diagnosis.upper(), None])),
            "ICD_CD": scribe.some(0.5, ill.code, None),
            "ADVICE": scribe.some(0.7, scribe.choice(_ADVICE), None),
            "FUP_DT": _in_days(visit, 3 + visit.number % 12) if is_followed(visit) else None,
            "VISIT_STS": scribe.choice(["CL", "CL", "CL", "CL", "OP"]),
            "UPD_DT": min(visit.begin + timedelta(minutes=scribe.choice([0, 9, 14, 31, 1500])), LAST),
        }


def is_followed(visit: Visit) -> bool:
    return visit.number % 7 < 3


def _in_days(visit: Visit, days: int) -> datetime:
    return visit.begin.replace(hour=0, minute=0, second=0) + timedelta(days=days)


def _prescribed(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        for line, (name, form, dose, days) in enumerate(visit.illness.drugs, 1):
            a_day = 1 if form in ("OINT", "SYP", "SACHET") else max(dose.count("1"), 1) * days
            yield {
                "VISIT_NO": visit.number,
                "SR_NO": line,
                "DRUG_NAME": name,
                "DRUG_FORM": form,
                "DOSE": dose,
                "DAYS": days,
                "QTY": a_day,
                "INSTR": scribe.some(
                    0.5, scribe.choice(["After food", "Jevananantar", "Before food", "SOS", "A/F"]), None
                ),
                "STOP_YN": yes(scribe.random() < 0.05),
            }


def _results(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 9001
    for visit in visits(patients):
        if visit.number % 4:
            continue
        panel, lab = scribe.choice(list(_PANELS)), scribe.choice(["INHOUSE", "INHOUSE", "METROLAB", "Golwilkar"])
        taken = visit.begin + timedelta(minutes=20)
        reported = taken + timedelta(hours=scribe.choice([2, 5, 24]))
        for name, unit, normal, low, high in _PANELS[panel]:
            figure = scribe.uniform(low, high)
            value = scribe.choice(_WORDS[name]) if name in _WORDS else f"{figure:.1f}" if high < 50 else f"{figure:.0f}"
            yield {
                "RES_ID": number,
                "ORD_NO": f"L{visit.begin:%y}-{visit.number % 100_000:05}",
                **_about(visit),
                "LAB_NAME": lab,
                "TEST_CD": panel,
                "PARAM_NAME": name,
                "RES_VAL": scribe.some(0.96, value, None),
                "UNIT": unit,
                "REF_RANGE": normal,
                "ABN_FLG": scribe.choice(["N", "N", "H", "L", None]),
                "SMPL_DT": taken,
                "RPT_DT": reported,
                "RPT_PATH": None
                if lab == "INHOUSE"
                else f"\\\\SRV01\\CLINIC\\LAB\\{visit.begin:%Y}\\{visit.number}_{panel}.PDF",
                "VERIF_BY": scribe.some(0.8, "LABTECH", None),
            }
            number += 1


def _vaccines(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 3301
    for patient in filter(is_baby, range(1, patients + 1)):
        birth = born(patient)
        for name, dose, days in _VACCINES:
            due = birth + timedelta(days=days)
            given = due + timedelta(days=scribe.choice([0, 0, 1, 3, 12])) if scribe.random() < 0.85 else None
            given = given if given and given < LAST else None
            yield {
                "VACC_ID": number,
                "MRNO": mrno(patient),
                "VACC_NAME": name,
                "DOSE_NO": dose,
                "DUE_DT": due,
                "GIVEN_DT": given,
                "BATCH_NO": f"{scribe.choice(['SII', 'AC', 'BE'])}{scribe.digits(5)}" if given else None,
                "MFG": scribe.choice(_MAKERS) if given else None,
                "INJ_SITE": (
                    "ORAL" if name in ("OPV", "ROTAVIRUS") else scribe.choice(["LT THIGH", "RT THIGH", "LT ARM"])
                )
                if given
                else None,
                "DR_CD": scribe.some(0.8, "MDP", "SKL") if given else None,
                "REM_SENT_YN": yes(due < LAST + timedelta(days=3)),
                "UPD_DT": given or registered(patient),
            }
            number += 1


def _followups(scribe: Scribe, patients: int) -> Iterator[Row]:
    appointments: dict[int, list[tuple[datetime, int]]] = {}
    for number, visit in enumerate(booked(patients), FIRST_APPOINTMENT):
        appointments.setdefault(visit.patient, []).append((visit.begin, number))
    for nth, visit in enumerate(filter(is_followed, visits(patients)), 1):
        due = _in_days(visit, 3 + visit.number % 12)
        status = scribe.choice("DDDNNR") if due < LAST else "P"
        phoned = due + timedelta(hours=scribe.randint(10, 18), minutes=scribe.randrange(60))
        later = [number for begin, number in appointments.get(visit.patient, ()) if begin > visit.begin]
        yield {
            "FUP_ID": 700 + nth,
            **_about(visit),
            "DR_CD": visit.doctor,
            "FUP_DT": due,
            "REASON": scribe.choice(["Review", "Post OPD call", f"F/up {visit.illness.diagnosis}", "REPORTS AWAITED"]),
            "CALL_STS": status,
            "CALL_DT": None if status == "P" else phoned,
            "CALL_BY": None if status == "P" else scribe.choice([USERS[2], USERS[3], "SISTER1"]),
            "CALL_REMARK": scribe.some(0.8, scribe.choice(_CALLED[status]), None) if status in _CALLED else None,
            "NEXT_APPT_NO": later[0] if later else None,
            "CRT_DT": visit.begin,
            "UPD_DT": visit.begin if status == "P" else min(phoned, LAST),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4 // 5):
        visit = scribe.choice(visits(patients))
        kind = scribe.choice(list(_PAPERS))
        ending, folder = scribe.choice(["jpg", "jpg", "pdf", "JPEG"]), mrno(visit.patient)
        file = scribe.choice(
            [f"IMG_{scribe.digits(8)}.{ending}", f"{kind.lower()}_{folder}.{ending}", f"scan{number}.pdf"]
        )
        yield {
            "DOC_ID": number,
            "MRNO": scribe.some(0.98, folder, "12004417"),
            "VISIT_NO": scribe.some(0.7, visit.number, None),
            "DOC_TYPE": kind,
            "DOC_TITLE": scribe.some(0.7, scribe.choice([_PAPERS[kind], f"{_PAPERS[kind]} {visit.begin:%b %y}"]), None),
            "FILE_NAME": file,
            "FILE_PATH": f"\\\\SRV01\\CLINIC\\DOCS\\{visit.begin:%Y}\\{folder}\\{file}",
            "FILE_KB": scribe.randint(38, 4100),
            "UPL_BY": typed(scribe),
            "UPL_DT": min(visit.begin + timedelta(minutes=scribe.randrange(5, 4000)), LAST),
        }


def _messages(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        patient, sent = scribe.of(patients), scribe.past(300)
        yield {
            "SMS_ID": 88_000 + number,
            "MOB_NO": f"91{mobile(patient).replace(' ', '')[-10:]}",
            "MSG_TXT": f"Dear {called(patient)[0]}, your appt at Sanjeevani {branch_of(patient)} is on {sent:%d-%b}.",
            "SENT_DT": sent,
            "GW_RESP": scribe.choice(["DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "DND"]),
        }


MADE = {
    "APPT_BOOK": _appointments,
    "OPD_VISIT": _opd,
    "PRESC_DTL": _prescribed,
    "LAB_RESULT": _results,
    "VACC_CHART": _vaccines,
    "FOLLOWUP": _followups,
    "DOC_UPLOAD": _documents,
    "SMS_LOG": _messages,
}
