"""Who came to whom and when in infra/proposals/optical.py: lanes, shop and bills tell the same story of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from infra.proposals.scribe import LAST, Row, Scribe

DOCTORS, STAFF = 4, 13
"""The first of the staff are the doctors, the next the opticians."""
OPTICIANS = (5, 6, 7)
INSURANCES = 11
VISION = (1, 2, 3, 4)
"""Which insurances are for vision; the others are medical."""
ITEMS = 90
FULL, FITTING, CHECK, SICK, DISPENSE = "CEE ", "CLF ", "CLCK", "OV  ", "DISP"
"""Why somebody comes, in a column of four characters that are always there."""
DONE, TO_COME, CANCELLED, MISSED = "CO", "SC", "CX", "NS"
_FIRST_NAMES = (
    "Linda", "Robert", "Ashley", "Tyler", "Megan", "Kou", "Mai See", "Pao", "Brianna", "Cody", "Deborah", "Gary",
    "Janelle", "Kyle", "LaTonya", "Luis", "Maria", "Mary Jo", "Nathan", "Patricia", "Ramón", "Scott", "Tammy", "Wayne",
    "Xavier", "JoAnn", "Emma", "Liam", "Harper", "Mason", "Avery", "D'Andre",
)  # fmt: skip
_LAST_NAMES = (
    "Schmidt", "Vang", "Kowalczyk", "O'Malley", "Van Handel", "Vanden Heuvel", "Yang", "Peterson", "Schroeder", "Xiong",
    "Martinez", "Johnson", "Nowak", "LaPointe", "Skenandore", "Becker", "Hernández", "Krueger", "De Pere", "St. Clair",
    "Brown-Miller", "Wojcik",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """number, patient, doctor: counted from one. starts: on the practice's wall clock."""

    number: int
    patient: int
    doctor: int
    office: str
    starts: datetime
    kind: str
    status: str

    @property
    def examined(self) -> bool:
        return self.status == DONE and self.kind != DISPENSE

    @property
    def refracted(self) -> bool:
        return self.status == DONE and self.kind == FULL


@cache
def visits(patients: int) -> tuple[Visit, ...]:
    """Every patient comes every year or two, some for contact lenses or a red eye between; some are still to come."""
    found: list[Visit] = []
    for patient in range(1, patients + 1):
        scribe = Scribe(f"optical visits {patient}")
        doctor, office = doctor_of(patient), office_of(patient)
        day = LAST - timedelta(days=scribe.randint(500, 1300))
        while day < LAST + timedelta(days=90):
            turns = scribe.choice([(FULL,), (FULL,), (FULL, DISPENSE), (FULL, FITTING, CHECK), (SICK,)])
            for turn, kind in enumerate(turns):
                starts = (day + timedelta(days=turn * scribe.randint(7, 14))).replace(
                    hour=scribe.randrange(8, 17), minute=scribe.choice([0, 15, 20, 30, 40, 45]), second=0
                )
                status = scribe.choice([DONE] * 8 + [CANCELLED, MISSED]) if starts < LAST else TO_COME
                found.append(Visit(len(found) + 1, patient, doctor, office, starts, kind, status))
            day += timedelta(days=scribe.randint(330, 760))
    return tuple(found)


def called(who: str, number: int) -> tuple[str, str]:
    scribe = Scribe(f"optical {who} {number}")
    return scribe.choice(_FIRST_NAMES), scribe.choice(_LAST_NAMES)


def named(patient: int) -> tuple[str, str]:
    """A household has one last name; who pays for it is its first patient."""
    first = called("patient", patient)[0]
    return first, called("household", household(patient))[1]


def household(patient: int) -> int:
    return patient * 2 // 3


def depends(patient: int) -> bool:
    """Somebody else of the household pays."""
    return patient > 1 and household(patient - 1) == household(patient)


def born(patient: int) -> date:
    scribe = Scribe(f"optical birth {patient}")
    if depends(patient) and relation(patient) == "CH":
        return date(2007, 1, 1) + timedelta(days=scribe.randrange(4200))
    return date(1938, 1, 1) + timedelta(days=scribe.randrange(22_000))


def relation(patient: int) -> str:
    return Scribe(f"optical relation {patient}").choice(["SP", "CH", "CH"]) if depends(patient) else "SE"


def doctor_of(patient: int) -> int:
    return 1 + patient % DOCTORS


def office_of(patient: int) -> str:
    return "AP" if doctor_of(patient) < DOCTORS else "NE"


def insured(patient: int) -> tuple[int, ...]:
    """The numbers of the insurances of the household: vision, medical, both or none."""
    scribe = Scribe(f"optical insured {household(patient)}")
    vision, medical = scribe.choice(VISION), scribe.randint(len(VISION) + 1, INSURANCES)
    return scribe.choice([(vision,), (vision, medical), (vision, medical), (medical,), ()])


def has_contacts(visit: Visit) -> bool:
    return visit.status == DONE and visit.kind == FITTING


def orders(visit: Visit) -> bool:
    """The prescription is filled in the practice's own shop."""
    return visit.refracted and Scribe(f"optical order {visit.number}").random() < 0.62


def frame(visit: Visit) -> int:
    """The number of the frame that is ordered; some put new lenses into their own."""
    scribe = Scribe(f"optical frame {visit.number}")
    return 0 if scribe.random() < 0.15 else scribe.randint(1, ITEMS - 20)


def price(item: int) -> Decimal:
    return Decimal(Scribe(f"optical price {item}").choice(["129.00", "149.00", "179.00", "199.95", "229.00", "289.00"]))


def midnight(moment: datetime) -> datetime:
    """A date as the program keeps it: without a time, in a column that has one."""
    return moment.replace(hour=0, minute=0, second=0)


def stamps(scribe: Scribe, made: datetime) -> Row:
    """When a row was last written."""
    return {"last_upd_dt": min(made + timedelta(minutes=scribe.choice([0, 0, 12, 95, 1440, 40_000])), LAST)}


def patient_no(number: int) -> int:
    return 1200 + number


def party_no(number: int) -> int:
    return 700 + household(number)


def appt_no(number: int) -> int:
    return 41_000 + number


def exam_no(number: int) -> int:
    return 18_000 + number


def invoice_no(number: int) -> int:
    return 60_500 + number


def spec_rx_no(number: int) -> int:
    return 9_000 + number


def item_no(number: int) -> int:
    return 3_300 + number
