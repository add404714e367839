"""What the skin clinics of infra/proposals/aesthetic.py sell, when, and how their program writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple
from uuid import UUID

from infra.proposals.scribe import LAST, Row, Scribe

STAFF, SITES = 11, 3
PRESCRIBERS = (1, 2, 3)
LASER, NEEDLE, SKIN, TALK = "laser", "needle", "skin", "talk"
_JUMPS = (70, 112)
"""After each of these the server was restarted, which makes SQL Server leave out a thousand numbers."""
_BLOCKS = 30
"""Every so many bookings one keeps a column of the diary free."""


class Offer(NamedTuple):
    """``price``: in pence with VAT. ``vat``: per cent, none on what is medical. ``course``: sessions, if sold so."""

    code: str
    name: str
    category: str
    minutes: int
    price: int
    vat: int
    course: int
    weeks: int
    kind: str


OFFERS = (
    Offer("LHR-UL", "Laser Hair Removal - Upper Lip", "Laser Hair Removal", 15, 4500, 20, 6, 4, LASER),
    Offer("LHR-UA", "Laser Hair Removal - Underarms", "Laser Hair Removal", 20, 6500, 20, 6, 6, LASER),
    Offer("LHR-FL", "Laser Hair Removal - Full Leg", "Laser Hair Removal", 60, 22_000, 20, 8, 8, LASER),
    Offer("LHR-BK", "Laser Hair Removal - Bikini", "Laser Hair Removal", 30, 9500, 20, 6, 6, LASER),
    Offer("IPL-FC", "IPL Photorejuvenation (Face)", "IPL & Laser", 45, 17_500, 20, 3, 4, LASER),
    Offer("LAS-TT", "Tattoo Removal - Small", "IPL & Laser", 20, 8000, 20, 10, 8, LASER),
    Offer("LAS-VN", "Thread Veins", "IPL & Laser", 30, 15_000, 20, 0, 6, LASER),
    Offer("AWI-1", "Anti-Wrinkle - 1 Area", "Injectables", 20, 17_500, 20, 0, 16, NEEDLE),
    Offer("AWI-3", "Anti-Wrinkle - 3 Areas", "Injectables", 30, 28_000, 20, 0, 16, NEEDLE),
    Offer("HYP-UA", "Hyperhidrosis Underarms", "Injectables", 40, 45_000, 0, 0, 26, NEEDLE),
    Offer("FIL-05", "Dermal Filler 0.5ml", "Injectables", 45, 22_000, 20, 0, 39, NEEDLE),
    Offer("FIL-10", "Dermal Filler 1ml", "Injectables", 45, 32_000, 20, 0, 39, NEEDLE),
    Offer("PEEL-G", "Glycolic Peel", "Skin Treatments", 30, 6500, 20, 6, 2, SKIN),
    Offer("MNEED", "Microneedling - Face", "Skin Treatments", 60, 18_000, 20, 3, 6, SKIN),
    Offer("DPLAN", "Dermaplaning", "Skin Treatments", 45, 6000, 20, 0, 4, SKIN),
    Offer("HYDRA", "Hydra Facial Deluxe", "Skin Treatments", 60, 13_500, 20, 6, 4, SKIN),
    Offer("CRYO", "Cryotherapy - Skin Tags", "Dermatology", 15, 12_000, 0, 0, 0, SKIN),
    Offer("MOLE", "Mole Check (Consultant)", "Dermatology", 20, 9500, 0, 0, 52, TALK),
    Offer("CONS", "Consultation", "Consultations", 30, 0, 20, 0, 0, TALK),
    Offer("CONSDR", "Doctor Consultation", "Consultations", 30, 5000, 0, 0, 0, TALK),
    Offer("REV2", "2 Week Review", "Consultations", 15, 0, 20, 0, 0, TALK),
    Offer("PTEST", "Patch Test", "Consultations", 10, 0, 20, 0, 0, TALK),
)
COURSES = tuple(number for number, offer in enumerate(OFFERS, 1) if offer.course)


class Visit(NamedTuple):
    """``client``: by order, 0 where the diary is only kept free. ``course``: by order, or none. ``status``: 0 to 6."""

    number: int
    client: int
    staff: int
    site: int
    begin: datetime
    service: int
    course: int | None
    status: int

    @property
    def offer(self) -> Offer:
        return OFFERS[self.service - 1]


class Course(NamedTuple):
    number: int
    client: int
    service: int
    bought: datetime
    staff: int


def identity(number: int, step: int = 1) -> int:
    """The number of a row that an IDENTITY column gave, ``step`` rows being made for every client."""
    return number + 1000 * sum(number > jump * step for jump in _JUMPS)


def guid(kind: str, number: int) -> str:
    """Rows that the clinics' tablets make have these for keys."""
    return str(UUID(int=Scribe(f"{kind} {number}").getrandbits(128), version=4)).upper()


def row_version(number: int) -> bytes:
    return (0x7D1 + number).to_bytes(8, "big")


def money(pence: int) -> Decimal:
    """SQL Server's type of that name has four places."""
    return Decimal(pence * 100).scaleb(-4)


def midnight(at: datetime) -> datetime:
    """What older columns have for a date."""
    return datetime.combine(at, time())


def stamped(scribe: Scribe, at: datetime) -> datetime:
    """As SQL Server's ``datetime`` rounds it, and never later than the last row."""
    thousandths = 10 * scribe.randrange(100) + scribe.choice([0, 3, 7])
    return min(at.replace(second=scribe.randrange(60), microsecond=thousandths * 1000), LAST)


def modified(scribe: Scribe, made: datetime, days: int = 200) -> datetime:
    minutes = min(days * 24 * 60, max(1, (LAST - made) // timedelta(minutes=1)))
    return stamped(scribe, made + timedelta(minutes=scribe.randrange(minutes)))


def mobile(scribe: Scribe) -> str:
    """Numbers that are kept for stories, written as receptionists write them."""
    end = scribe.digits(3)
    plain = f"07700 900{end}"
    return scribe.choice([plain, plain, plain, f"07700900{end}", f"+44 7700 900{end}", f"07700 900 {end}"])


def landline(scribe: Scribe) -> str:
    return scribe.choice([f"0113 496 0{scribe.digits(3)}", f"01632 960{scribe.digits(3)}"])


@cache
def courses(clients: int) -> tuple[Course, ...]:
    """What every third client has bought."""
    found = []
    for number, client in enumerate(range(3, clients + 1, 3), 1):
        scribe = Scribe(f"course {number}")
        found.append(Course(number, client, scribe.choice(COURSES), scribe.past(700), scribe.of(STAFF)))
    return tuple(found)


@cache
def visits(clients: int) -> tuple[Visit, ...]:
    """The diary: with it cards, consents, photos and the till agree."""
    owned = {course.client: course for course in courses(clients)}
    found = []
    for number in range(1, clients * 4):
        scribe = Scribe(f"booking {number}")
        begin, client = scribe.slot(), 0 if number % _BLOCKS == 0 else scribe.of(clients)
        course = owned.get(client)
        if course and (begin < course.bought or scribe.random() < 0.3):
            course = None
        status = scribe.choice([4] * 12 + [5, 6, 6]) if begin < LAST else scribe.choice([0, 1, 1, 6])
        service = course.service if course else scribe.of(len(OFFERS))
        staff, site = scribe.of(STAFF - 2), scribe.choice([1, 1, 1, 2, 2, 3])
        found.append(Visit(number, client, staff, site, begin, service, course.number if course else None, status))
    return tuple(found)


def kept(clients: int) -> Iterator[Visit]:
    return (visit for visit in visits(clients) if visit.client and visit.status == 4)


def services(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, offer in enumerate(OFFERS, 1):
        words = (
            f"<p>{offer.name} takes about {offer.minutes} minutes.</p><p>Prices from &pound;{offer.price // 100}</p>"
        )
        yield {
            "ServiceID": number,
            "ServiceCode": offer.code,
            "ServiceName": offer.name,
            "Category": offer.category,
            "DurationMins": offer.minutes,
            "Price": money(offer.price),
            "VatRate": Decimal(offer.vat).quantize(Decimal("0.01")),
            "RequiresPatchTest": offer.kind == LASER,
            "CourseQty": offer.course or None,
            "RebookWeeks": offer.weeks or None,
            "WebDescription": words if offer.price else scribe.some(0.4, "Book your free consultation today!", None),
            "DiaryColour": -scribe.randrange(256**3),
            "Discontinued": "Y" if offer.code == "LAS-VN" else "N",
        }


MADE = {"Service": services}
