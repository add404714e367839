"""Who came to whom, when and for what in infra/proposals/allied.py: charts and bills tell the same story of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from infra.proposals.scribe import LAST, Row, Scribe

ACCOUNT = 412
PRACTITIONERS, LOCATIONS, CONTACTS, PAYERS = 11, 4, 46, 7
ACC = 1
"""The accident insurer's number among the payers."""
DISCIPLINES = ("physiotherapist", "physiotherapist", "chiropractor", "massage_therapist", "acupuncturist")
SERVICES = (
    ("Physio Initial (45)", "PT1", "95.00"),
    ("Physio Follow-up (30)", "PT2", "72.00"),
    ("Chiro Initial", "CH1", "110.00"),
    ("Chiro Adjustment", "CH2", "65.00"),
    ("Sports Massage 60", "MT60", "98.00"),
    ("Acupuncture", "AC1", "85.00"),
    ("Telehealth consult", "TH", "60.00"),
    ("Gym rehab class", "GYM", "25.00"),
)
COMPLETED, CANCELLED = 3, 4
_HERE = ZoneInfo("Pacific/Auckland")
_FIRST_NAMES = (
    "Aroha", "Wiremu", "Hēmi", "Ngaire", "Mere", "Tāne", "Sophie", "Liam", "Charlotte", "Oliver", "Isla", "Jack",
    "Ruby", "Mason", "Priya", "Sione", "Tevita", "Lupe", "Wei", "Heather", "Graeme", "Murray", "Bronwyn", "Kirsty",
    "Hamish", "Angus", "Fleur", "Jo", "Te Ariki", "Siobhán",
)  # fmt: skip
_LAST_NAMES = (
    "Ngata", "Parata", "Smith", "Wilson", "McKenzie", "Taylor", "Tuilagi", "Fonoti", "Patel", "Li", "O'Connor",
    "Campbell", "Te Rangi", "Walker", "van Dyk", "Harris-Jones", "Fraser", "MacDonald", "Singh", "Robertson",
    "Hohepa", "Clarke",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """number, client, practitioner: counted from one. accident: the accident insurer pays a part."""

    number: int
    client: int
    practitioner: int
    opened: datetime
    accident: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """starts: on the clinic's wall clock. status: as the program numbers them."""

    number: int
    case: Case
    location: int
    service: int
    starts: datetime
    status: int


def utc(wall: datetime) -> datetime:
    """As Rails keeps a moment: in UTC, without saying so."""
    return wall.replace(tzinfo=_HERE).astimezone(UTC).replace(tzinfo=None)


def stamps(scribe: Scribe, made: datetime) -> Row:
    written = min(made + timedelta(minutes=scribe.choice([0, 0, 7, 1440, 90_000])), LAST)
    return {"created_at": utc(made), "updated_at": utc(written)}


def called(who: str, number: int) -> tuple[str, str]:
    scribe = Scribe(f"allied {who} {number}")
    return scribe.choice(_FIRST_NAMES), scribe.choice(_LAST_NAMES)


def case(number: int, patients: int) -> Case:
    scribe = Scribe(f"allied case {number}")
    client, practitioner = scribe.randint(1, patients), scribe.randint(1, PRACTITIONERS)
    return Case(number, client, practitioner, scribe.past(1100), scribe.random() < 0.6)


def visits(patients: int) -> list[Visit]:
    """Every case has an initial visit and some that follow; a few are still to come."""
    found: list[Visit] = []
    for number in range(1, cases(patients) + 1):
        one, scribe = case(number, patients), Scribe(f"allied visits {number}")
        for turn in range(scribe.choice([1, 2, 3, 4, 4, 6])):
            day = one.opened + timedelta(days=7 * turn)
            starts = day.replace(hour=scribe.randrange(7, 18), minute=scribe.choice([0, 15, 30, 45]), second=0)
            status = scribe.choice([3, 3, 3, 3, 3, 3, 4, 5]) if starts < LAST else scribe.choice([0, 1])
            service = scribe.choice([1, 3]) if turn == 0 else scribe.choice([2, 2, 4, 5, 6, 7, 8])
            location = 1 + one.practitioner % LOCATIONS
            found.append(Visit(len(found) + 1, one, location, service, starts, status))
    return found


def cases(patients: int) -> int:
    return patients * 5 // 4


def client_of(number: int) -> int:
    """Many chains share the table, so a chain's ids have gaps."""
    return 48_210 + 3 * number


def practitioner_of(number: int) -> int:
    return 910 + number


def user_of(number: int) -> int:
    return 2_300 + number


def location_of(number: int) -> int:
    return 70 + number


def rooms_of(location: int) -> tuple[int, ...]:
    """The ids of its rooms."""
    return tuple(237 + 3 * location + room for room in (1, 2, 3))


def contact_of(number: int) -> int:
    return 8_800 + 2 * number


def payer_of(number: int) -> int:
    return 36 + number


def service_of(number: int) -> int:
    return 1_530 + number


def case_of(number: int) -> int:
    return 77_000 + 2 * number


def appointment_of(number: int) -> int:
    return 1_904_000 + 5 * number
