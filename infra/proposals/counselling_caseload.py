"""Who sees whom, when and for what fee in infra/proposals/counselling.py: charts and claims tell the same story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from infra.proposals.scribe import LAST, Row, Scribe

CLINICIANS, OFFICES, HOUSEHOLDS, PAYERS = 13, 3, 18, 9
SUPERVISORS = (1, 4, 9)
"""Clinicians of full license: they sign below the notes of the associates."""
TIERS = {"FULL": None, "SS1": "120.00", "SS2": "85.00", "SS3": "50.00", "PB": "0.00"}
DIAGNOSES = ("F41.1", "F33.1", "F43.10", "F43.23", "F32.1", "F90.0", "F42.2", "F60.3", "F50.81", "F40.10")
COUPLES_DIAGNOSIS = "Z63.0"
KEPT, NO_SHOW, LATE, CANCELED, BOOKED = "KEPT", "NS", "LCX", "CX", "SCH"
_FEES = {"90791": "225.00", "90834": "150.00", "90837": "180.00", "90847": "195.00", "90853": "60.00"}
_MINUTES = {"90791": 60, "90834": 45, "90837": 53, "90847": 55, "90853": 90}
_HERE = ZoneInfo("America/Chicago")
_FIRST_NAMES = (
    "Aisha", "Anders", "Britta", "Carlos", "Cheng", "Deja", "Destiny", "Elena", "Evan", "Fadumo", "Gretchen", "Hodan",
    "Ibrahim", "Jamal", "Jess", "Kao", "Kelsey", "LaTonya", "Lukas", "Mackenzie", "Maiv", "Marisol", "Nate", "Pa Houa",
    "Quentin", "Renée", "Ryan", "Sahra", "Shannon", "Tyler", "Tou", "Vivian", "Wade", "Yesenia",
)  # fmt: skip
_LAST_NAMES = (
    "Abdi", "Anderson", "Bergström", "Carlson", "Castañeda", "Dahl", "Erickson", "Farah", "Goldberg", "Hanson", "Her",
    "Jackson", "Johnson-Reyes", "Kim", "Lor", "Lundquist", "Mohamed", "Moua", "Nelson", "O'Keefe", "Olson", "Peterson",
    "Ramirez", "St. Clair", "Thao", "Vang", "Washington", "Xiong", "Yang", "Zimmerman",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """client, household, clinician: counted from one; either a client or a household comes. starts: wall clock."""

    number: int
    client: int | None
    household: int | None
    clinician: int
    starts: datetime
    status: str
    code: str
    fee: Decimal

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=_MINUTES[self.code])

    @property
    def payer_of_bill(self) -> int:
        """The client who is billed."""
        return self.client if self.client is not None else members(self.household or 1)[0]


def utc(wall: datetime) -> datetime:
    """As Django keeps a moment in a timestamptz."""
    return wall.replace(tzinfo=_HERE).astimezone(UTC)


def stamps(scribe: Scribe, made: datetime) -> Row:
    return {"created": utc(min(made, LAST)), "modified": changed(scribe, made)}


def changed(scribe: Scribe, made: datetime) -> datetime:
    made = min(made, LAST)
    last = min(made + timedelta(minutes=scribe.choice([0, 3, 55, 1500, 44_000]), seconds=scribe.randrange(60)), LAST)
    return utc(last)


def called(who: str, number: int) -> tuple[str, str]:
    scribe = Scribe(f"counselling {who} {number}")
    return scribe.choice(_FIRST_NAMES), scribe.choice(_LAST_NAMES)


def client_of(number: int) -> int:
    """Every tenth number went to a row that was deleted."""
    return 11 + number + number // 9


def members(household: int) -> tuple[int, ...]:
    """The clients of a couple, or of a family of three."""
    couple = (2 * household - 1, 2 * household)
    return (*couple, 80 + household) if household % 3 == 0 else couple


def session_of(number: int) -> int:
    return 1_040 + number


def clinician_of(client: int) -> int:
    return Scribe(f"counselling caseload {client}").randint(1, CLINICIANS)


def tier_of(client: int) -> str:
    chosen = Scribe(f"counselling tier {client}").choice(["FULL", "FULL", "FULL", "FULL", "FULL", "SS1", "SS2", "SS3"])
    return "PB" if client % 47 == 0 else str(chosen)


def insured(client: int) -> bool:
    """Whoever pays a reduced fee has no insurance that the practice bills."""
    return tier_of(client) == "FULL" and client % 6 != 0


def diagnosis_of(client: int) -> str:
    return str(Scribe(f"counselling diagnosis {client}").choice(DIAGNOSES))


def admitted(client: int) -> datetime:
    return Scribe(f"counselling intake {client}").past(1200)


@cache
def sessions(patients: int) -> tuple[Session, ...]:
    """Clients come every week or two after an intake; households come together."""
    found: list[Session] = []
    for client in range(1, patients + 1):
        _course(found, client, None)
    for household in range(1, HOUSEHOLDS + 1):
        _course(found, None, household)
    return tuple(found)


def _course(found: list[Session], client: int | None, household: int | None) -> None:
    who = client if client is not None else members(household or 1)[0]
    scribe = Scribe(f"counselling course {client} {household}")
    first, every = admitted(who), scribe.choice([7, 7, 14])
    hour, minute = scribe.randrange(8, 19), scribe.choice([0, 0, 30])
    usual = "90847" if household else scribe.choice(["90834", "90837", "90837", "90853"])
    agreed = TIERS[tier_of(who)]
    for turn in range(scribe.choice([1, 2, 4, 6, 8, 11])):
        starts = (first + timedelta(days=3 + every * turn)).replace(hour=hour, minute=minute, second=0)
        status = scribe.choice([KEPT] * 12 + [NO_SHOW, LATE, CANCELED]) if starts < LAST else BOOKED
        code = "90791" if turn == 0 else usual
        fee = Decimal(agreed or _FEES[code])
        found.append(Session(len(found) + 1, client, household, clinician_of(who), starts, status, code, fee))
