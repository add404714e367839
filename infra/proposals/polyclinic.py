"""Made-up family clinics in India with an urgent-care room, on a client-server program whose tables are on Oracle.

The habits are those of such programs: shortened names in capitals, codes of letters as keys, Y and N, NULL where
nothing was entered, days that are moments at midnight, an attribute kept for later, lines without a primary key.
All is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from infra.proposals import polyclinic_bills, polyclinic_chart
from infra.proposals.polyclinic_visits import (
    BRANCHES,
    CORPORATES,
    DOCTORS,
    FAMILIES,
    MEN,
    REFERRERS,
    USERS,
    WOMEN,
    born,
    branch_of,
    called,
    corporate_of,
    edited,
    head,
    is_woman,
    mobile,
    mrno,
    registered,
    typed,
    yes,
)
from infra.proposals.scribe import LAST, Row, Scribe, written

_AREAS = (
    ("Kothrud", "411038"), ("Karve Nagar", "411052"), ("Aundh", "411007"), ("Baner Rd", "411045"),
    ("Hadapsar", "411028"), ("Magarpatta", "411013"), ("Warje", "411058"), ("Near Dashabhuja Ganpati", "411038"),
    ("Wanowrie", "411040"),
)  # fmt: skip
_HOMES = (
    "Shivtirth Nagar",
    "Rahul Complex",
    "Sai Krupa Apt",
    "Mayur Colony",
    "Paud Road",
    "DP Road",
    "Gurukrupa Hsg Soc",
)
_JOBS = ("SERVICE", "BUSINESS", "HOUSEWIFE", "STUDENT", "RETIRED", "Software Engg", "TEACHER", "DRIVER", "FARMER")
_ALLERGIES = ("NKDA", "Sulpha", "PENICILLIN", "Brufen - rash", "allergic to prawns", "NIL")
_CHRONIC = ("DM", "HTN", "DM,HTN", "ASTHMA", "HTN,IHD", "THYROID")
_STAFF = (
    ("Dr. Sunil Kale", "MBBS, DNB (Family Med)", "GP"), ("Dr. Mrs. M. D. Phadke", "MBBS, DCH", "PAED"),
    ("Dr. R. N. Jog", "MD (Med)", "MED"), ("Dr. Ashwini Shah", "MBBS, DGO", "GYN"),
    ("Dr. V. G. Khare", "MS (Ortho)", "ORTH"),
    ("Dr. Pritesh Inamdar", "MBBS", "CMO"), ("Dr. Tanvi B. Dixit", "MBBS, PGDEMS", "CMO"),
    ("DR. N S KARVE", "BAMS", "CMO"),
    ("Dr. Jude F. D'Mello", "MD (Skin & VD)", "DERM"),
)  # fmt: skip
_PAYERS = (
    ("Tejas Castings Pvt Ltd", "CORP"), ("MedXpress TPA Services", "TPA"), ("Star Shield Health Ins. Co. Ltd", "INS"),
    ("State Govt Employees Scheme", "GOVT"), ("Falcon Health Ins TPA of India", "TPA"),
    ("Kothrud Bearings Ltd.", "CORP"), ("RK Engg Works", "CORP"), ("Shivneri Vidyalaya (School)", "CORP"),
)  # fmt: skip
_HOUSES = (("Kothrud", "411038"), ("Aundh", "411007"), ("Hadapsar", "411028"))
_ROLES = ("ADM", "REC", "REC", "REC", "REC", "BIL", "LAB", "NUR", "DOC", "DOC", "ACC")
_NAMES_OF_USERS = {
    "ADMIN": "Administrator", "SUNITA": "Sunita Gore", "RECP1": "Reception Kothrud", "RECP2": "Rupali S. Mane",
    "KAVITA.L": "Kavita Lele", "BILLING": "Mohan Bapat", "LABTECH": "Santosh Wagh", "SISTER1": "Sr. Elsy Thomas",
    "DRKALE": "Dr. Sunil Kale", "DRMDP": "Dr. M. D. Phadke", "MANOJ": "Manoj Tambe",
}  # fmt: skip
KEYS = {
    "PATIENT_MASTER": "MRNO",
    "DOCTOR_MASTER": "DR_CD",
    "REF_DR_MST": "REF_CD",
    "CORP_MST": "CORP_CD",
    "BRANCH_MST": "BR_CD",
    "USER_MST": "USER_ID",
    "APPT_BOOK": "APPT_NO",
    "OPD_VISIT": "VISIT_NO",
    "LAB_RESULT": "RES_ID",
    "BILL_HDR": "BILL_NO",
    "RECEIPT": "RCPT_NO",
    "VACC_CHART": "VACC_ID",
    "FOLLOWUP": "FUP_ID",
    "DOC_UPLOAD": "DOC_ID",
    "SMS_LOG": "SMS_ID",
}
"""Primary keys. PRESC_DTL and BILL_DTL have none: the forms number their lines. No references are declared."""


def tables(patients: int = 140, seed: int = 149) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **polyclinic_chart.MADE, **polyclinic_bills.MADE}, patients, seed)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _landline(scribe: Scribe) -> str:
    return f"{scribe.choice(['020-', '020 ', '(020) '])}2{scribe.digits(7)}"


def _identity(scribe: Scribe) -> tuple[str | None, str | None]:
    """The last four digits only of the number that a law forbids to keep; a tax number otherwise."""
    kind = scribe.choice(["ADHR", "ADHR", "PAN", "DL", None, None])
    letters = "".join(scribe.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=5))
    numbers = {
        "ADHR": f"XXXXXXXX{scribe.randrange(10_000):04}",
        "PAN": f"{letters}{scribe.digits(4)}{letters[0]}",
        "DL": f"MH12 20{scribe.randint(10, 24)}00{scribe.digits(5)}",
    }
    return kind, numbers[kind] if kind else None


def _salutation(scribe: Scribe, woman: bool, age: int) -> str | None:
    if age < 14:
        return str(scribe.choice(["BABY", "KUM"] if woman else ["MAST", "MST"]))
    return scribe.choice(["MRS", "MRS", "MS", "SMT", None] if woman else ["MR", "MR", "MR", None])


def _patients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), woman, since = called(number), is_woman(number), registered(number)
        birth, known, payer = born(number), scribe.random() < 0.88, corporate_of(number)
        age = (since - birth).days // 365
        (area, pin), (id_type, id_no) = scribe.choice(_AREAS), _identity(scribe)
        guardian, capitals = scribe.random() < 0.55, scribe.random() < 0.4
        yield {
            "MRNO": mrno(number),
            "OLD_FILE_NO": f"{scribe.choice('ABK')}-{scribe.randint(12, 980)}" if since.year < 2020 else None,
            "SALUT": _salutation(scribe, woman, age),
            "F_NAME": first.upper() if capitals else first,
            "M_NAME": scribe.some(0.5, scribe.choice(MEN), None),
            "L_NAME": last.upper() if capitals else last,
            "RELN_TYPE": ("S/O" if not woman else "W/O" if age > 24 else "D/O") if guardian else None,
            "GUARD_NAME": f"{scribe.choice(MEN)} {last}" if guardian else None,
            "SEX": scribe.some(0.99, "F" if woman else "M", "U"),
            "DOB": birth if known else None,
            "AGE_YY": age if known else age // 5 * 5,
            "BLD_GRP": scribe.some(0.4, scribe.choice(["O+", "B+", "B+", "A+", "AB+", "O-"]), None),
            "MOB_NO": scribe.some(0.96, mobile(number), None),
            "MOB_NO2": scribe.some(0.2, f"9{scribe.digits(9)}", None),
            "EMAIL_ID": scribe.some(0.6, scribe.email(first, last, number), None) or None,
            "ADD1": scribe.some(0.94, f"{scribe.choice(['Flat', 'S.No.', 'Plot', 'B/'])} {scribe.randint(1, 140)}, "
                                f"{scribe.choice(_HOMES)}", None),
            "AREA": area,
            "CITY": scribe.choice(["PUNE", "PUNE", "Pune", "Pune", "PCMC", "Mulshi"]),
            "STATE_CD": scribe.some(0.97, "MH", scribe.choice(["KA", "GJ"])),
            "PIN": scribe.some(0.85, pin, None),
            "OCCUP": scribe.some(0.65, scribe.choice(_JOBS) if age > 17 else "STUDENT", None) if age > 3 else None,
            "ABHA_NO": scribe.some(0.3, f"91-{scribe.digits(4)}-{scribe.digits(4)}-{scribe.digits(4)}", None),
            "ID_TYPE": id_type,
            "ID_NO": id_no,
            "CORP_CD": payer,
            "EMP_NO": f"{scribe.choice(['E', 'TC', ''])}{scribe.digits(5)}" if payer else None,
            "POLICY_UPTO": _day(LAST + timedelta(days=scribe.randrange(-300, 360))) if payer else None,
            "REF_CD": scribe.some(0.3, f"R{scribe.of(REFERRERS, 41, share=0.04):03}", None),
            "FAM_HEAD_MRNO": mrno(head(number)) if head(number) != number else None,
            "ALLERGY_TXT": scribe.some(0.35, scribe.choice(_ALLERGIES), None),
            "CHRONIC": scribe.some(0.4, scribe.choice(_CHRONIC), None) if age > 30 else None,
            "ADV_BAL": Decimal(scribe.choice([0, 0, 0, 0, 0, 200, 500, 1000])).quantize(Decimal("0.01")),
            "SMS_YN": scribe.some(0.85, "Y", "N"),
            "EXPIRED_YN": yes(scribe.random() < 0.03),
            "PHOTO_PATH": scribe.some(0.2, f"\\\\SRV01\\CLINIC\\PHOTO\\{mrno(number)}.JPG", None),
            "BR_CD": branch_of(number),
            "REG_DT": since,
            "ATTR1": None,
            "CRT_BY": typed(scribe),
            "UPD_BY": scribe.some(0.6, typed(scribe), None),
            "UPD_DT": edited(scribe, since),
        }  # fmt: skip


def _doctors(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (code, (name, degree, specialty)) in enumerate(zip(DOCTORS, _STAFF, strict=True)):
        fee = scribe.choice([300, 400, 500, 700])
        yield {
            "DR_CD": code,
            "DR_NAME": name,
            "DEGREE": degree,
            "SPLTY": specialty,
            "REGN_NO": scribe.choice(
                [scribe.digits(5), f"20{scribe.randint(10, 20)}/0{scribe.randint(1, 9)}/{scribe.digits(4)}"]
            ),
            "MOBILE": f"98{scribe.digits(8)}",
            "EMAIL_ID": scribe.some(
                0.7, f"{name.split()[-1].replace(chr(39), '').lower()}@sanjeevaniclinics.example", None
            ),
            "CONS_FEE": Decimal(fee),
            "FUP_FEE": Decimal(fee // 2),
            "FUP_DAYS": scribe.choice([5, 7, 7, 10]),
            "OPD_TIME": scribe.choice(["9.30-1 & 5.30-9", "MON-SAT 10 TO 1", "Tue,Thu 6-8 pm", "24 HRS (ROTATION)"]),
            "USER_ID": {"SKL": "DRKALE", "MDP": "DRMDP"}.get(code),
            "SIGN_PATH": f"\\\\SRV01\\CLINIC\\SIGN\\{code}.BMP" if number < 7 else None,
            "JOIN_DT": _day(LAST - timedelta(days=scribe.randrange(700, 5000))),
            "ACTIVE_YN": yes(number != 7),
        }


def _referrers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, REFERRERS + 1):
        first, last = scribe.choice(MEN + WOMEN), scribe.choice(FAMILIES)
        kind = scribe.choice(["DR", "DR", "DR", "LAB", "STAFF"])
        yield {
            "REF_CD": f"R{number:03}",
            "REF_NAME": f"{'Dr. ' if kind == 'DR' else ''}{first} {last}",
            "REF_TYPE": kind,
            "CLINIC_NAME": scribe.some(
                0.7, f"{scribe.choice(['Sai', 'Om', last, 'Sushrut', 'Life Line'])} Clinic", None
            ),
            "ADDR": scribe.some(0.6, f"{scribe.choice(_HOMES)}, {scribe.choice(_AREAS)[0]}", None),
            "CITY": scribe.some(0.8, "Pune", None),
            "PHONE": scribe.some(0.85, scribe.choice([f"9{scribe.digits(9)}", _landline(scribe)]), None),
            "EMAIL": scribe.some(0.35, f"dr{last.replace(chr(39), '').lower()}{number}@mail.example", None),
            "COMM_PCT": scribe.choice([0, 0, 10, 15, 20]),
        }


def _corporates(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, (name, kind) in zip(CORPORATES, _PAYERS, strict=True):
        letters = "".join(scribe.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=5))
        yield {
            "CORP_CD": code,
            "CORP_NAME": name,
            "CORP_TYPE": kind,
            "CONT_PERSON": scribe.some(0.8, f"{scribe.choice(['Mr.', 'Ms.'])} {scribe.choice(FAMILIES)} (HR)", None),
            "ADDR1": scribe.choice(["MIDC Bhosari", "Plot 14, Hinjewadi Ph I", "3rd Flr, Bund Garden Rd", "FC Road"]),
            "CITY": scribe.choice(["Pune", "PUNE", "Mumbai"]),
            "PIN": scribe.choice(["411026", "411057", "411001", "400051"]),
            "PHONE": _landline(scribe),
            "EMAIL_ID": scribe.some(0.85, f"claims@{code.lower()}.example", None),
            "GSTIN": scribe.some(0.8, f"27{letters}{scribe.digits(4)}{letters[1]}1Z{scribe.randint(1, 9)}", None),
            "CR_DAYS": scribe.choice([0, 15, 30, 45]),
            "DISC_PCT": scribe.choice([0, 5, 10, 10, 15]),
            "AGR_UPTO": _day(LAST + timedelta(days=scribe.randrange(-200, 700))),
            "ACTIVE_YN": yes(code != "RKE01"),
        }


def _branches(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, (area, pin) in zip(BRANCHES, _HOUSES, strict=True):
        yield {
            "BR_CD": code,
            "BR_NAME": f"Sanjeevani Family Clinic & Urgent Care - {area}",
            "ADDR": f"Shop {scribe.randint(1, 9)}-{scribe.randint(10, 14)}, {scribe.choice(_HOMES)}, {area}",
            "CITY": "Pune",
            "PIN": pin,
            "TEL": _landline(scribe),
            "EMAIL": f"{area.lower()}@sanjeevaniclinics.example",
            "GSTIN": "27AAKCS4417P1Z6",
            "LIC_NO": f"PMC/NH/{scribe.digits(4)}/{scribe.randint(2009, 2019)}",
            "BILL_PREFIX": code,
            "LAST_BILL_NO": scribe.randint(4000, 9000),
        }


def _users(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (user, role) in enumerate(zip(USERS, _ROLES, strict=True)):
        yield {
            "USER_ID": user,
            "USER_NAME": _NAMES_OF_USERS[user],
            "PWD": f"{scribe.getrandbits(128):032X}",
            "ROLE_CD": role,
            "EMAIL": scribe.some(0.75, f"{user.lower()}@sanjeevaniclinics.example", None),
            "BR_CD": BRANCHES[number % len(BRANCHES)],
            "LAST_LOGIN": scribe.past(60),
            "LOCK_YN": yes(user == "MANOJ"),
        }


_MADE = {
    "PATIENT_MASTER": _patients,
    "DOCTOR_MASTER": _doctors,
    "REF_DR_MST": _referrers,
    "CORP_MST": _corporates,
    "BRANCH_MST": _branches,
    "USER_MST": _users,
}
