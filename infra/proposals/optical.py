"""A made-up American optometry practice of two offices, on a program that has grown since the nineties, on SQL Server.

The habits are those of such programs: short names with ``_no``, ``_dt``, ``_cd`` and ``_ind``, Y and N for flags, codes
padded to the length of their column, dates that have a time of midnight, 0 for nobody, and what nobody uses any more.
Tables and rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from infra.proposals import optical_chart, optical_shop
from infra.proposals.optical_book import (
    CANCELLED,
    DISPENSE,
    DOCTORS,
    DONE,
    FULL,
    INSURANCES,
    MISSED,
    OPTICIANS,
    STAFF,
    TO_COME,
    VISION,
    appt_no,
    born,
    called,
    depends,
    doctor_of,
    exam_no,
    household,
    insured,
    midnight,
    named,
    office_of,
    party_no,
    patient_no,
    relation,
    stamps,
    visits,
)
from infra.proposals.scribe import LAST, Row, Scribe, written

_TOWNS = (
    ("Appleton", "54911"), ("Appleton", "54914"), ("APPLETON", "54911-2204"), ("Neenah", "54956"), ("Menasha", "54952"),
    ("Kaukauna", "54130"), ("Little Chute", "54140"), ("Oshkosh", "54901"), ("Green Bay", "54304"),
)  # fmt: skip
_ROADS = ("W College Ave", "N Oneida St", "E Wisconsin Ave", "S Commercial St", "County Rd CB", "Racine St", "Mason St")
_JOBS = (
    "Retired",
    "Teacher",
    "Paper mill",
    "RN",
    "student",
    "Truck driver",
    "Welder",
    "Homemaker",
    "IT",
    "Cashier",
    "Sales",
)
_COMMENTS = (
    "Prefers Dr. at Neenah on Fridays", "HOH - speak up", "Needs Hmong interpreter", "Allergic to sulfa",
    "Collections 2019 - cash only", "Wants Oakley only", "Pt is diabetic, send letter to PCP every yr",
    "Mother brings all 3 kids same day", "Wheelchair, use lane 2",
)  # fmt: skip
_PLANS = (
    ("VISION SERVICE PLAN", "VSP01", "https://www.visionserviceplan.example"), ("EyeBenefit Select", "EYB77", ""),
    ("Davidson Vision", "DVV55", "davidsonvision.example"), ("SUPERIOR SIGHT", "SUPSI", "www.superiorsight.example"),
    ("Medicare Part B - WI", "06302", "www.medicare-wi.example"), ("BadgerCare Plus", "WIMCD", "badgercare.example"),
    ("Blue Shield of Wisconsin", "00950", "https://bswi.example"), ("Fox Valley Health Alliance", "39113", ""),
    ("UNITED MUTUAL HC", "87726", "unitedmutual.example"), ("Humane Gold HMO", "61101", "www.humanegold.example"),
    ("WPX Tri-Service", "99726", ""),
)  # fmt: skip
_CITIES = (
    ("Sacramento", "CA", "95851"),
    ("Mason", "OH", "45040"),
    ("Madison", "WI", "53713"),
    ("Lexington", "KY", "40512"),
)
_REASONS = (
    "blurry at distance", "annual", "broke glasses", "CL supply out, needs rx", "headaches", "DM eval",
    "red OD x 3 days", "flashes/floaters OS", "school form", "new pt, ref by sister",
)  # fmt: skip
_PAPERS = {
    "INS": ("Insurance card front/back", ""),
    "HIP": ("HIPAA acknowledgement signed", ""),
    "REF": ("Referral letter - cataract consult", "Fox Valley Eye Surgeons"),
    "RET": ("Optomap OU", ""),
    "OCT": ("OCT RNFL OU", ""),
    "VF": ("VF 24-2", ""),
    "PCP": ("Diabetic report to PCP", "Dr Kathleen Brandt"),
}


def tables(patients: int = 130, seed: int = 109) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **optical_chart.MADE, **optical_shop.MADE}, patients, seed)


def _phone(scribe: Scribe) -> str:
    code, last = scribe.choice(["920", "920", "414", "715"]), f"01{scribe.randint(0, 99):02}"
    return str(scribe.choice([f"({code}) 555-{last}", f"{code}-555-{last}", f"{code}555{last}", f"{code}.555.{last}"]))


def _login(number: int) -> str:
    first, last = called("staff", number)
    return f"{first[0]}{last[:5]}".upper().replace(" ", "").replace("'", "")


def _flag(scribe: Scribe, share: float) -> str:
    return str(scribe.some(share, "Y", "N"))


def _home(number: int) -> Row:
    """Where a household lives."""
    scribe = Scribe(f"optical home {number}")
    city, zip_code = scribe.choice(_TOWNS)
    return {
        "addr_1": f"{scribe.choice(['', 'N', 'W'])}{scribe.randint(100, 3999)} {scribe.choice(_ROADS)}",
        "city": city,
        "state": "WI",
        "zip": zip_code,
    }


def _patient(scribe: Scribe, patients: int) -> Iterator[Row]:
    seen: dict[int, datetime] = {}
    for visit in visits(patients):
        if visit.refracted:
            seen[visit.patient] = midnight(visit.starts)
    for number in range(1, patients + 1):
        (first, last), made, home = (
            named(number),
            LAST - timedelta(days=1320 + number * 17, minutes=scribe.randint(0, 530)),
            _home(household(number)),
        )
        yield {
            "patient_no": patient_no(number),
            "chart_no": f"{last[0]}{number + 400:05}",
            "last_name": scribe.some(0.9, last, last.upper()),
            "first_name": first,
            "mi": scribe.some(0.6, scribe.choice("ABCDEJKLMRST")),
            "nickname": scribe.some(0.1, first[:3]),
            "sex": scribe.choice(["F", "F", "M", "M", "M", "F", "F", "U"]),
            "birth_dt": datetime.combine(born(number), time()),
            "ssn": scribe.some(0.45, f"9{scribe.digits(2)}-{scribe.digits(2)}-{scribe.digits(4)}", "   -  -    "),
            "addr_1": home["addr_1"],
            "addr_2": scribe.some(0.12, scribe.choice(["Apt 4", "# 210", "PO Box 118", "Lot 22", "Unit B"])),
            "city": home["city"],
            "state": home["state"],
            "zip": home["zip"],
            "home_phone": scribe.some(0.5, _phone(scribe)),
            "cell_phone": scribe.some(0.02, "no cell", scribe.some(0.8, _phone(scribe))),
            "email": scribe.some(0.04, "declined", scribe.email(first, last, number)),
            "contact_pref": scribe.choice(["T", "T", "T", "E", "H", "M", ""]),
            "resp_party_no": party_no(number),
            "relation_cd": relation(number),
            "provider_no": scribe.some(0.94, doctor_of(number), 0),
            "office_cd": office_of(number),
            "occupation": "" if relation(number) == "CH" else scribe.some(0.7, scribe.choice(_JOBS)),
            "ref_src_cd": scribe.choice(["INS", "INS", "FAM", "FAM", "WEB", "DR", "WALK", "YP", ""]),
            "ref_patient_no": scribe.some(0.12, patient_no(scribe.randint(1, patients)), 0),
            "last_exam_dt": seen.get(number),
            "hipaa_dt": scribe.some(0.85, midnight(made), None),
            "status_cd": scribe.choice(["A"] * 12 + ["I", "I", "M", "D", "X"]),
            "comment": scribe.some(0.3, scribe.choice(_COMMENTS), scribe.choice([None, ""])),
            "user_def_1": None,
            "entry_dt": made,
            **stamps(scribe, scribe.past(900)),
        }


def _resp_party(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        if depends(number):
            continue
        first, last = named(number)
        # a parent who has never had an exam is a party of its own
        absent = scribe.random() < 0.15
        yield {
            "resp_party_no": party_no(number),
            "patient_no": 0 if absent else patient_no(number),
            "last_name": last,
            "first_name": called("parent", number)[0] if absent else first,
            **_home(household(number)),
            "phone": scribe.some(0.85, _phone(scribe)),
            "stmt_ind": _flag(scribe, 0.85),
            "balance_amt": Decimal(scribe.some(0.3, scribe.choice(["25.00", "112.40", "-15.00", "289.00"]), "0.00")),
        }


def _insurance(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (name, payer, website) in enumerate(_PLANS, 1):
        city, state, zip_code = scribe.choice(_CITIES)
        yield {
            "ins_no": number,
            "ins_name": name,
            "ins_type": "V" if number in VISION else "M",
            "payer_id": payer,
            "addr_1": f"PO Box {scribe.randint(1000, 99_999)}",
            "city": city,
            "state": state,
            "zip": zip_code,
            "phone": f"{scribe.choice(['800', '888', '877'])}-555-01{scribe.randint(0, 99):02}",
            "website": website,
            "assign_ind": "N" if number == INSURANCES else "Y",
        }


def _patient_ins(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 5000
    for patient in range(1, patients + 1):
        for priority, insurance in enumerate(insured(patient), 1):
            number, since = number + 1, midnight(scribe.past(2500)).replace(day=1)
            vision = insurance in VISION
            yield {
                "pat_ins_no": number,
                "patient_no": patient_no(patient),
                "ins_no": insurance,
                "priority": priority,
                "insured_no": party_no(patient),
                "member_id": scribe.choice([scribe.digits(9), f"XQ{scribe.digits(8)}", f"{scribe.digits(9)}-01"]),
                "group_no": scribe.some(0.6, scribe.choice(["0071442", "FV-2200", "12009655", "STATE WI", "76-411"])),
                "eff_dt": since,
                "term_dt": scribe.some(0.15, since + timedelta(days=730), None),
                "exam_copay": Decimal(scribe.choice(["10.00", "10.00", "15.00", "25.00", "0.00"])),
                "mat_copay": Decimal(scribe.choice(["25.00", "20.00"])) if vision else None,
                "frame_allow": Decimal(scribe.choice(["130.00", "150.00", "170.00", "200.00"])) if vision else None,
            }


def _provider(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, STAFF + 1):
        (first, last), doctor, optician = called("staff", number), number <= DOCTORS, number in OPTICIANS
        yield {
            "provider_no": number,
            "last_name": last,
            "first_name": first,
            "degree": "O.D." if doctor else scribe.choice(["ABOC", "ABOC, NCLE"]) if optician else "",
            "role_cd": "DR  " if doctor else "OPT " if optician else scribe.choice(["TECH", "FD  ", "FD  ", "BILL"]),
            "npi": f"1{scribe.digits(9)}" if doctor else "",
            "email": f"{first[:1]}{last}@foxvalleyvision.example".lower().replace(" ", "").replace("'", ""),
            "login_id": _login(number),
            "pwd_hash": f"{scribe.getrandbits(128):032X}",
            "appt_color": scribe.choice([16_711_680, 65_280, 255, 8_421_504, 16_776_960]),
            "office_cd": "NE" if number in {DOCTORS, DOCTORS + 3} else "AP",
            "term_dt": midnight(scribe.past(900)) if number in {7, STAFF} else None,
        }


def _appt(scribe: Scribe, patients: int) -> Iterator[Row]:
    met: set[int] = set()
    for visit in visits(patients):
        made = min(visit.starts - timedelta(days=scribe.randint(0, 60), minutes=scribe.randint(1, 400)), LAST)
        # charts that were purged leave appointments that nobody came to
        purged = visit.status in {CANCELLED, MISSED} and scribe.random() < 0.2
        patient = 1100 + visit.number % 90 if purged else patient_no(visit.patient)
        yield {
            "appt_no": appt_no(visit.number),
            "patient_no": patient,
            "provider_no": scribe.choice(OPTICIANS) if visit.kind == DISPENSE else visit.doctor,
            "office_cd": visit.office,
            "appt_dt": midnight(visit.starts),
            "appt_time": f"{visit.starts:%I:%M %p}",
            "dur_min": 40 if visit.kind == FULL else scribe.choice([10, 20, 20, 30]),
            "appt_type": visit.kind,
            "status_cd": visit.status,
            "reason": scribe.some(0.5, scribe.choice(_REASONS), scribe.choice([None, ""])),
            "confirm_cd": scribe.choice(["", "N"])
            if visit.status == TO_COME
            else scribe.choice(["Y", "Y", "LM", "TX", "N"]),
            "new_pat_ind": "N" if visit.patient in met else "Y",
            "entry_dt": made,
            **stamps(scribe, made if visit.status == TO_COME else visit.starts),
        }
        met.add(visit.patient)


def _recall(scribe: Scribe, patients: int) -> Iterator[Row]:
    later = {one.patient: one.number for one in visits(patients) if one.kind == FULL}
    for visit in visits(patients):
        if not visit.refracted:
            continue
        due = midnight(visit.starts) + timedelta(days=scribe.choice([365, 365, 365, 182, 730]))
        again = later[visit.patient]
        came = again != visit.number
        yield {
            "recall_no": 7000 + visit.number,
            "patient_no": patient_no(visit.patient),
            "provider_no": visit.doctor,
            "recall_type": scribe.choice(
                ["ANNUAL EXAM", "ANNUAL EXAM", "CL RENEWAL", "DIABETIC EYE EXAM", "IOP CHECK"]
            ),
            "due_dt": due.replace(day=1),
            "notice_cnt": scribe.choice([0, 1, 2, 3]) if due < LAST else 0,
            "status_cd": "C" if came else "O" if due > LAST else scribe.choice(["O", "S", "S", "X"]),
            "appt_no": appt_no(again) if came else 0,
        }


def _document(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    for visit in visits(patients):
        if visit.status != DONE or scribe.random() > 0.6:
            continue
        number += 1
        kind = scribe.choice(list(_PAPERS) if visit.examined else ["INS", "HIP"])
        descr, refer_to = _PAPERS[kind]
        scanned = visit.starts + timedelta(minutes=scribe.randint(2, 90))
        name = f"{patient_no(visit.patient)}_{scanned:%Y%m%d%H%M%S}.{scribe.choice(['tif', 'pdf', 'jpg', 'PDF'])}"
        yield {
            "doc_no": number,
            "patient_no": patient_no(visit.patient),
            "exam_no": exam_no(visit.number) if visit.examined else 0,
            "doc_type": kind,
            "descr": scribe.some(0.9, descr, f"{descr} {scanned:%m/%d/%y}"),
            "file_path": rf"\\FVVSRV1\scans\{scanned:%Y}\{name}",
            "refer_to": refer_to,
            "scan_dt": scanned,
        }


_MADE = {
    "patient": _patient,
    "resp_party": _resp_party,
    "insurance": _insurance,
    "patient_ins": _patient_ins,
    "provider": _provider,
    "appt": _appt,
    "recall": _recall,
    "document": _document,
}
KEYS = {
    "patient": "patient_no",
    "resp_party": "resp_party_no",
    "insurance": "ins_no",
    "patient_ins": "pat_ins_no",
    "provider": "provider_no",
    "appt": "appt_no",
    "recall": "recall_no",
    "document": "doc_no",
    **optical_chart.KEYS,
    **optical_shop.KEYS,
}
"""Primary keys are declared; references are not."""
