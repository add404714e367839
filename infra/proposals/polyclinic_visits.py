"""Who sees whom, when and why in the family clinics of ``polyclinic``: what all of their tables agree about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from infra.proposals.scribe import LAST, Scribe

MEN = (
    "Sanjay", "Amit", "Rajesh", "Vivek", "Nikhil", "Suresh", "Ganesh", "Imran", "Prakash", "Rohan", "Aarav", "Mahesh",
    "Anil", "Joseph", "Tushar", "Vishal", "Harish", "Yusuf", "Arjun", "Dattatray",
)  # fmt: skip
WOMEN = (
    "Sunita", "Priya", "Kavita", "Meena", "Anjali", "Pooja", "Shobha", "Fatima", "Asha", "Sneha", "Rekha", "Ananya",
    "Mangal", "Deepa", "Vaishali", "Lata", "Neha", "Farida", "Ishita", "Usha",
)  # fmt: skip
FAMILIES = (
    "Kulkarni", "Patil", "Deshmukh", "Jadhav", "Shaikh", "Joshi", "Pawar", "Gaikwad", "Shinde", "Iyer", "Nair",
    "Agarwal", "Bhosale", "D'Souza", "Khan", "More", "Chavan", "Reddy", "Sharma", "Mulla",
)  # fmt: skip
DOCTORS = ("SKL", "MDP", "RNJ", "ASH", "VGK", "PRI", "TBD", "NSK", "JFD")
"""A doctor's code is made of initials."""
BRANCHES = ("KTR", "AUN", "HDP")
USERS = ("ADMIN", "SUNITA", "RECP1", "RECP2", "KAVITA.L", "BILLING", "LABTECH", "SISTER1", "DRKALE", "DRMDP", "MANOJ")
CORPORATES = ("TCP01", "MDX01", "STR02", "GVT01", "FHI01", "KBL01", "RKE01", "SHV01")
PAID_BY_TPA = CORPORATES[1:5]
REFERRERS = 16
_VISITS_EACH = 3
_FIRST_VISIT = 240117


@dataclass(frozen=True, slots=True)
class Illness:
    complaint: str
    finding: str
    diagnosis: str
    code: str
    drugs: tuple[tuple[str, str, str, int], ...]
    """Name, form, dose, days."""


@dataclass(frozen=True, slots=True)
class Visit:
    number: int
    patient: int
    doctor: str
    branch: str
    begin: datetime
    kind: str
    """N: new, F: follow-up, E: from the urgent-care room."""
    illness: Illness


_PARA = ("TAB. DOLO 650", "TAB", "1-1-1", 3)
_PAN = ("CAP. PAN-D", "CAP", "1-0-0 (BBF)", 5)
ILLNESSES = (
    Illness("Fever with chills x 3 days, bodyache", "Febrile, throat congested", "Viral fever", "B34.9", (_PARA,)),
    Illness("C/o cold, cough, sore throat since 4 days", "Tonsils enlarged, chest clear", "URTI", "J06.9",
            (_PARA, ("TAB. LEVOCET", "TAB", "0-0-1", 5), ("SYP. ASCORIL LS", "SYP", "5ml TDS", 5))),
    Illness("Loose motions 6-7 episodes, vomiting x 2", "Mild dehydration, P/A soft", "Acute gastroenteritis", "A09",
            (("ORS SACHET", "SACHET", "SOS", 3), ("TAB. ONDEM 4MG", "TAB", "1-0-1", 2), _PAN)),
    Illness("Burning in epigastrium after meals", "P/A: epigastric tenderness +", "APD / Gastritis", "K29.7", (_PAN,)),
    Illness("Routine BP check, no fresh complaints", "CVS S1S2 normal", "Hypertension", "I10",
            (("TAB. TELMA 40", "TAB", "1-0-0", 30), ("TAB. AMLONG 5", "TAB", "0-0-1", 30))),
    Illness("K/c/o DM, came with sugar report", "Feet: pulses felt, no ulcer", "Type 2 DM", "E11.9",
            (("TAB. GLYCOMET GP1", "TAB", "1-0-1", 30),)),
    Illness("Pain Rt knee, difficulty climbing stairs", "Crepitus +, no effusion", "OA knee", "M17.1",
            (("TAB. ZERODOL-P", "TAB", "1-0-1", 5), ("VOLINI GEL", "OINT", "L/A BD", 10))),
    Illness("Cut on Lt hand with kitchen knife", "CLW 2 x 0.5 cm, no tendon injury", "CLW hand", "S61.9",
            (("TAB. AUGMENTIN 625", "TAB", "1-0-1", 5), _PARA)),
    Illness("Breathlessness since morning, wheeze", "B/L rhonchi +, RR 26", "Acute exac. of asthma", "J45.9",
            (("DUOLIN RESPULES", "RESP", "stat", 1), ("TAB. OMNACORTIL 20", "TAB", "1-0-0", 5))),
    Illness("Itching and rash over groin", "Annular lesions, scaly border", "Tinea cruris", "B35.6",
            (("CAP. ITRACONAZOLE 100", "CAP", "1-0-1", 14), ("LULIFIN CREAM", "OINT", "L/A BD", 21))),
    Illness("Burning micturition x 2 days", "No renal angle tenderness", "UTI", "N39.0",
            (("TAB. NIFTRAN 100", "TAB", "1-0-1", 7), ("SYP. CITAL", "SYP", "10ml BD", 5))),
    Illness("Baby brought for vaccination", "Active, feeding well", "Well baby", "Z00.1", ()),
)  # fmt: skip

_OF_BABIES = (*ILLNESSES[:2], *[ILLNESSES[-1]] * 4)


def head(patient: int) -> int:
    """The patient whose family this one was entered under; most are their own."""
    return patient - patient % 5 + 1 if patient % 5 in (2, 3) else patient


def is_woman(patient: int) -> bool:
    return Scribe(f"polyclinic sex {patient}").random() < 0.5


def called(patient: int) -> tuple[str, str]:
    """First name, and the name of the family."""
    first = Scribe(f"polyclinic first {patient}").choice(WOMEN if is_woman(patient) else MEN)
    return first, Scribe(f"polyclinic last {head(patient)}").choice(FAMILIES)


def mobile(patient: int) -> str:
    """A wife and a child are often reached on the number of the head of the family."""
    scribe = Scribe(f"polyclinic mobile {head(patient)}")
    number = f"{scribe.choice('9876')}{scribe.digits(9)}"
    return str(scribe.choice([number] * 7 + [f"0{number}", f"+91{number}", f"{number[:5]} {number[5:]}"]))


def registered(patient: int) -> datetime:
    return Scribe(f"polyclinic registered {patient}").past(2900)


def is_baby(patient: int) -> bool:
    """Parents bring some of the patients in their first weeks, to be vaccinated."""
    return patient % 6 == 3


def born(patient: int) -> datetime:
    """Everybody is born before being registered."""
    scribe, since = Scribe(f"polyclinic born {patient}"), registered(patient)
    days = scribe.randrange(20, 60) if is_baby(patient) else scribe.randrange(1200, 29_000)
    return (since - timedelta(days=days)).replace(hour=0, minute=0, second=0)


def mrno(patient: int) -> str:
    """The number of the record: the year in which it was opened, and a number that goes on for ever."""
    return f"{registered(patient):%y}{10_040 + patient:06}"


def branch_of(patient: int) -> str:
    return Scribe(f"polyclinic branch {patient}").choice(BRANCHES)


def corporate_of(patient: int) -> str | None:
    """Who pays for this patient; a family is insured together."""
    scribe = Scribe(f"polyclinic corporate {head(patient)}")
    return scribe.choice(CORPORATES) if scribe.random() < 0.4 else None


def typed(scribe: Scribe) -> str:
    return str(scribe.choice(USERS[1:6]))


def edited(scribe: Scribe, made: datetime) -> datetime:
    """When a row was written last; at first that is when it was made."""
    later = made + timedelta(minutes=scribe.randrange(1, 60 * 24 * 200))
    return min(later, LAST) if scribe.random() < 0.45 else made


def yes(answer: bool) -> str:
    return "Y" if answer else "N"


@cache
def visits(patients: int) -> tuple[Visit, ...]:
    """All visits in the order in which they came, which is that of their numbers."""
    found = []
    for patient in range(1, patients + 1):
        scribe, since = Scribe(f"polyclinic visits {patient}"), registered(patient)
        for nth in range(scribe.randrange(1, 2 * _VISITS_EACH)):
            day = since + timedelta(days=scribe.randrange((LAST - since).days + 1)) if nth else since
            later = day.replace(hour=scribe.choice([9, 10, 11, 12, 17, 18, 19, 20]), minute=scribe.randrange(60))
            begin = min(max(later, since + timedelta(minutes=12)), LAST)
            kind = scribe.choice("FFFE") if nth else "N"
            illness = scribe.choice(_OF_BABIES if is_baby(patient) else ILLNESSES[:-1])
            branch = scribe.choice([branch_of(patient)] * 4 + [*BRANCHES])
            found.append((begin, patient, scribe.choice(DOCTORS[:7]), branch, kind, illness))
    ordered = sorted(found, key=lambda one: one[:2])
    return tuple(
        Visit(_FIRST_VISIT + number, patient, doctor, branch, begin, kind, illness)
        for number, (begin, patient, doctor, branch, kind, illness) in enumerate(ordered)
    )
