"""What infra/proposals/desktop.py writes about a patient: coverage, visits, ledger, notes, scans and recalls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from infra.proposals.scribe import LAST, Row, Scribe

FIRST_PATIENT = 1000
_BREAKS = 25
"""Every so many appointments one is time without a patient."""
PROVIDERS, CARRIER_COUNT = 11, 17
SUPERVISED = (3, 7, 11)
LOCATIONS = {"MAIN": "Lakeside Counseling", "EAST": "Lakeside East", "KIDS": "LAKESIDE KIDS", "TELE": "Telehealth"}
STAFF = ("JDIAZ", "MKOVACS", "TREED", "admin")
_SERVICES = {
    "90791": ("Psych diagnostic evaluation", 22_500, 60),
    "90834": ("Psychotherapy, 45 min", 14_000, 45),
    "90837": ("Psychotherapy, 60 min", 17_500, 60),
    "90847": ("FAMILY THERAPY W/PT", 16_000, 50),
    "99214": ("Med management", 16_550, 30),
}
_DIAGNOSES = ("F32.9", "F41.1", "F43.23", "F90.2", "F10.20", "300.02", "309.28")
_LISTS = {
    "APPTTYPE": {"INT": "Intake", "IND": "Individual", "FAM": "Family", "MED": "Med Check", "TST": "Psych Testing"},
    "CANCEL": {"ILL": "Illness", "WTH": "Weather", "PRV": "Provider out"},
    "REFSRC": {"PCP": "Physician", "SCH": "School", "WEB": "Internet", "INS": "Insurance list", "CRT": "Court"},
    "DOCTYPE": {"INS": "Insurance card", "CON": "Consent", "REF": "Referral", "ROI": "Release of info"},
    "RECALL": {"TXP": "Treatment plan review", "MED": "Med follow-up", "ANN": "Annual update"},
}
_CHOICES = [(kind, code, text) for kind, choices in _LISTS.items() for code, text in choices.items()]


class Visit(NamedTuple):
    """``status``: scheduled, confirmed, checked out, no show or cancelled."""

    patient: int
    provider: int
    location: int
    begin: datetime
    service: str
    status: str


def day(at: datetime, later: int = 0) -> datetime:
    """Its midnight: the program's database knows no dates."""
    return datetime.combine(at + timedelta(days=later), time())


def dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def known(at: datetime) -> datetime:
    """Nobody has written down what is still to come."""
    return min(at, LAST)


def chosen(scribe: Scribe, kind: str) -> int:
    """The id of one of the choices of a kind."""
    return scribe.choice([number for number, choice in enumerate(_CHOICES, 1) if choice[0] == kind])


def minor(number: int) -> bool:
    """Every fifth patient is a child of the one before, who pays."""
    return number % 5 == 0


def guarantor(number: int) -> int:
    return number - 1 if minor(number) else number


def _carrier(number: int) -> int | None:
    """Who insures a patient first; every seventh pays alone."""
    return Scribe(f"carrier {number}").of(CARRIER_COUNT) if number % 7 else None


def _visit(number: int, patients: int) -> Visit:
    """What an appointment was: with it the schedule, the notes and the ledger agree."""
    scribe = Scribe(f"visit {number}")
    begin, who = scribe.slot(), FIRST_PATIENT + scribe.of(patients)
    status = scribe.choice("OOOOONX") if begin < LAST else scribe.choice("SSC")
    return Visit(who, scribe.of(PROVIDERS), scribe.of(len(LOCATIONS)), begin, scribe.choice(list(_SERVICES)), status)


def _kept(patients: int) -> Iterator[tuple[int, Visit]]:
    for number in range(1, patients * 3):
        found = _visit(number, patients)
        if found.status == "O" and number % _BREAKS:
            yield number, found


def _coverage(scribe: Scribe, patients: int) -> Iterator[Row]:
    insured = [who for who in range(1, patients + 1) if _carrier(who)]
    policies = [(who, order) for who in insured for order in ((1, 2) if who % 4 == 0 else (1,))]
    for number, (who, order) in enumerate(policies, 1):
        (first, last), other, asked = scribe.name(), scribe.random() < 0.3, scribe.random() < 0.35
        began, allowed = scribe.past(1500), scribe.choice([8, 10, 12, 20])
        yield {
            "PatInsID": number,
            "PatientID": FIRST_PATIENT + who,
            "InsCoID": _carrier(who) if order == 1 else scribe.of(CARRIER_COUNT),
            "CoverageOrder": order,
            "PolicyNo": f"{scribe.choice(['', 'W', 'XJB', 'YLP'])}{scribe.digits(9)}",
            "GroupNo": scribe.some(0.7, scribe.choice([scribe.digits(6), "NONE", f"00{scribe.digits(5)}-01"])),
            "PlanName": scribe.some(0.6, scribe.choice(["PPO", "HMO", "Open Access", "HUSKY A", "Medicare Part B"])),
            "SubscriberRel": scribe.choice(["SPOUSE", "CHILD", "CHILD", "OTHER"]) if other else "SELF",
            "SubLastName": last if other else "",
            "SubFirstName": first if other else "",
            "SubDOB": day(datetime.combine(scribe.birth(), time())) if other else None,
            "Copay": dollars(scribe.choice([0, 1500, 2500, 4000])),
            "CoinsPct": scribe.choice([0, 0, 10, 20]),
            "Deductible": dollars(scribe.choice([0, 50_000, 150_000, 300_000])),
            "DeductibleMet": dollars(scribe.randrange(0, 50_000)),
            "EffDate": day(began),
            "TermDate": scribe.some(0.15, day(began, scribe.randrange(100, 400)), None),
            "AuthNo": f"A{scribe.digits(8)}" if asked else "",
            "AuthVisits": allowed if asked else None,
            "AuthVisitsUsed": scribe.randint(0, allowed) if asked else None,
            "AuthExpires": day(scribe.past(), 365) if asked else None,
            "VerifiedDate": scribe.some(0.7, day(scribe.past(300)), None),
            "VerifiedBy": scribe.some(0.7, scribe.choice(STAFF)),
            "LastModified": known(began + timedelta(days=scribe.randrange(60), minutes=scribe.randrange(500))),
        }


def _appointments(scribe: Scribe, patients: int) -> Iterator[Row]:
    earlier: dict[int, int] = {}
    for number in range(1, patients * 3):
        found, blocked = _visit(number, patients), number % _BREAKS == 0
        minutes, begin = _SERVICES[found.service][2], found.begin
        made = known(begin) - timedelta(days=scribe.randrange(1, 60), minutes=scribe.randrange(300))
        why = scribe.some(0.5, scribe.choice(["anxiety", "Couples - see note", "ADHD f/u", "new pt", "Med refill"]))
        here = found.status == "O" and not blocked
        arrived = begin + timedelta(minutes=scribe.randrange(-15, 9), seconds=scribe.randrange(60))
        yield {
            "ApptID": number,
            "PatientID": None if blocked else found.patient,
            "ProviderID": found.provider,
            "LocationID": found.location,
            "Room": scribe.some(0.6, scribe.choice(["1", "2", "Group Rm", "PLAY"])),
            "ApptStart": begin,
            "ApptEnd": begin + timedelta(minutes=minutes),
            "Minutes": minutes,
            "ApptTypeID": None if blocked else chosen(scribe, "APPTTYPE"),
            "ApptStatus": "B" if blocked else found.status,
            "Reason": scribe.choice(["LUNCH", "Staff mtg", "ON CALL"]) if blocked else why,
            "Comments": scribe.some(0.15, scribe.text()),
            "CheckInTime": arrived if here else None,
            "CheckOutTime": begin + timedelta(minutes=minutes + scribe.randrange(20)) if here else None,
            "CancelReasonID": chosen(scribe, "CANCEL") if found.status == "X" and not blocked else None,
            "RescheduledFromID": scribe.some(0.15, earlier.get(found.patient), None),
            "RecurGroup": scribe.some(0.3, scribe.of(60), None),
            "ReminderSent": scribe.some(0.7, True, False),
            "CopayDue": dollars(0 if blocked else scribe.choice([0, 1500, 2500, 4000])),
            "LockedBy": scribe.some(0.01, scribe.choice(STAFF), None),
            "CreatedBy": scribe.choice(STAFF),
            "CreateDate": made,
            "LastModified": max(made, known(begin)) + timedelta(minutes=scribe.randrange(90)),
        }
        earlier[found.patient] = number


def _ledger(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    for appointment, seen in _kept(patients):
        what, fee, _ = _SERVICES[seen.service]
        charge, carrier = number + 1, _carrier(seen.patient - FIRST_PATIENT)
        share = scribe.choice([0, 1500, 2500, 4000])
        allowed, paid = fee * 7 // 10, carrier is not None and scribe.random() < 0.8
        billed = day(known(seen.begin + timedelta(days=scribe.randrange(1, 9)))) if carrier else None
        lines = [("CHG", what, fee, 0, "")]
        lines += [("PMT", "Patient copay", -share, 0, scribe.choice(["CASH", "CHK", "VISA", "VISA"]))] if share else []
        lines += [("PMT", "INSURANCE PAYMENT", share - allowed, 30, scribe.choice(["EFT", "CHK"]))] if paid else []
        lines += [("ADJ", "Contractual write-off", allowed - fee, 30, "")] if paid else []
        for kind, text, amount, later, method in lines:
            number += 1
            posted, first = min(day(seen.begin, later), day(LAST)), kind == "CHG"
            yield {
                "TransID": number,
                "PatientID": seen.patient,
                "GuarantorID": guarantor(seen.patient - FIRST_PATIENT),
                "ProviderID": seen.provider,
                "LocationID": seen.location,
                "ApptID": scribe.some(0.95, appointment, None),
                "TransType": kind,
                "PostDate": posted,
                "DOS": day(seen.begin),
                "ProcCode": seen.service if first else "",
                "Modifier": scribe.some(0.25, scribe.choice(["95", "GT", "HO"])) if first else "",
                "DxCode1": scribe.choice(_DIAGNOSES) if first else "",
                "DxCode2": scribe.some(0.3, scribe.choice(_DIAGNOSES)) if first else "",
                "Description": text,
                "Units": scribe.choice([1, 1, 1, 2]) if first else None,
                "Amount": dollars(amount),
                "Balance": dollars(fee + sum(line[2] for line in lines[1:])) if first else dollars(0),
                "InsCoID": carrier if first or later else None,
                "AppliedToID": None if first else scribe.some(0.95, charge, None),
                "PayMethod": method,
                "CheckNo": scribe.digits(5) if method == "CHK" else "",
                "ClaimNo": f"{billed:%y%m}{charge:05}" if first and billed else "",
                "ClaimStatus": ("PAID" if paid else scribe.choice(["SENT", "DENIED"])) if first and billed else "",
                "DateBilled": billed if first else None,
                "BatchNo": int(f"{posted:%y%m%d}"),
                "Void": scribe.some(0.02, True, False),
                "EnteredBy": scribe.choice(STAFF),
                "EnteredDate": posted + timedelta(hours=9, seconds=scribe.randrange(30_000)),
            }


def _rich(text: str) -> str:
    """As the program's first releases kept a note: letters beyond ASCII were lost."""
    plain = text.encode("ascii", "replace").decode().replace("\\", r"\\").replace("\n", "\\par\n")
    return rf"{{\rtf1\ansi\deff0{{\fonttbl{{\f0 Arial;}}}}\f0\fs20 {plain}\par }}"


def _notes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number, (appointment, seen) in enumerate(_kept(patients), 1):
        text, begun, signed = scribe.text(4), seen.begin + timedelta(minutes=70), scribe.random() < 0.93
        watched = seen.provider in SUPERVISED
        yield {
            "NoteID": number,
            "PatientID": seen.patient,
            "ProviderID": seen.provider,
            "ApptID": scribe.some(0.92, appointment, None),
            "NoteDate": day(seen.begin),
            "NoteType": scribe.choice(["DAP", "DAP", "SOAP", "Intake", "Phone"]),
            "DxCode": scribe.some(0.9, scribe.choice(_DIAGNOSES)),
            "SessionMin": _SERVICES[seen.service][2],
            "RiskLevel": scribe.choice(["None", "None", "Low", "Moderate", ""]),
            "NoteText": _rich(text) if number % 3 == 0 else text,
            "Signed": signed,
            "SignedDate": known(begun + timedelta(hours=scribe.randrange(90))) if signed else None,
            "CosignerID": seen.provider - 2 if watched else None,
            "CosignedDate": known(begun + timedelta(days=5)) if watched and signed else None,
            "CreateDate": begun,
            "LastModified": known(begun + timedelta(days=6, minutes=scribe.randrange(9000))),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        who, came, read = FIRST_PATIENT + scribe.of(patients), scribe.past(), scribe.random() < 0.4
        yield {
            "DocID": number,
            "PatientID": who,
            "DocTypeID": chosen(scribe, "DOCTYPE"),
            "DocName": scribe.choice(["Ins card front", "ROI - school", f"SCAN{number}", "WISC-V report", "Consent"]),
            "DocDate": day(came, -scribe.randrange(30)),
            "FilePath": rf"\\CLINICSRV\Images\{who}\{number:08}.{scribe.choice(['tif', 'pdf', 'pdf', 'jpg'])}",
            "FileSizeKB": scribe.randint(14, 5200),
            "ScannedBy": scribe.choice(STAFF),
            "ScannedDate": came,
            "ReviewedByID": scribe.of(PROVIDERS) if read else None,
            "ReviewedDate": day(known(came + timedelta(days=scribe.randrange(9)))) if read else None,
            "Comments": scribe.some(0.1, scribe.choice(["page 2 missing", "sent to PCP also"])),
            "Deleted": scribe.some(0.03, True, False),
        }


def _recalls(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        due, months, booked = scribe.slot(), scribe.choice([1, 3, 3, 6, 12]), scribe.of(patients * 3 - 1)
        told = due < LAST and scribe.random() < 0.7
        yield {
            "RecallID": number,
            "PatientID": _visit(booked, patients).patient,
            "ProviderID": scribe.some(0.9, scribe.of(PROVIDERS), None),
            "RecallTypeID": chosen(scribe, "RECALL"),
            "DueDate": day(due),
            "IntervalMonths": months,
            "ContactMethod": scribe.choice(["PHONE", "LETTER", "TEXT", ""]),
            "LetterSent": day(due, -14) if told else None,
            "ApptID": scribe.some(0.3, booked, None),
            "Completed": told and scribe.random() < 0.6,
            "Comments": scribe.some(0.2, scribe.choice(["LMOM", "mailbox full", "will call back"])),
            "CreateDate": known(due - timedelta(days=30 * months)),
        }


def _lookups(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (kind, code, text) in enumerate(_CHOICES, 1):
        row = {"LookupID": number, "LookupType": kind, "Code": code, "Description": text}
        yield {**row, "SortOrder": number * 10, "Inactive": scribe.some(0.1, True, False)}


MADE = {
    "PatientInsurance": _coverage,
    "Appointments": _appointments,
    "Transactions": _ledger,
    "ProgressNotes": _notes,
    "Documents": _documents,
    "Recalls": _recalls,
    "Lookups": _lookups,
}
