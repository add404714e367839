"""Made-up British skin clinics on an aesthetics program of around 2015, whose tables are on SQL Server.

Its habits are those of such programs: numbers that stand for choices, money of four places, postcodes padded to their
column's width, the first of January 1900 for no date, one night in which an upgrade touched every client, numbers left
out when the server restarted, GUIDs where a tablet made the row, row versions as bytes. All is made here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from infra.proposals import aesthetic_chart, aesthetic_menu, aesthetic_till
from infra.proposals.aesthetic_menu import (
    OFFERS,
    SITES,
    STAFF,
    identity,
    kept,
    landline,
    midnight,
    mobile,
    modified,
    money,
    row_version,
    stamped,
)
from infra.proposals.aesthetic_till import SUPPLIERS, bills
from infra.proposals.scribe import LAST, Row, Scribe, written

_UNKNOWN, _UPGRADE, _BIRTHS = map(datetime.fromisoformat, ("1900-01-01", "2024-11-17T02:41:09.830", "1948-01-01"))
_CONVERTED = 45
"""Clients up to this one came from the card index of the clinic's first years, whose typist used capitals."""
_TOWNS = (
    ("Leeds", "West Yorkshire", "LS"), ("Leeds", "", "LS"), ("Harrogate", "North Yorkshire", "HG"),
    ("Ilkley", "West Yorks", "LS"), ("York", "N Yorks", "YO"), ("Wakefield", "West Yorkshire", "WF"),
)  # fmt: skip
_ROADS = ("Otley Road", "The Crescent", "Harlow Terrace", "Moor Lane", "St Mary's Walk", "Cold Bath Rd", "Victoria Ave")
_SOURCES = {
    "Google": True, "Facebook": True, "Instagram": True, "Friend / Family": True, "Walk past": True,
    "GP referral": True, "Groupon": False, "Wedding Fayre 2019": False, "Existing client": True,
}  # fmt: skip
_JOBS = (
    ("Medical Director", "GMC"), ("Aesthetic Doctor", "GMC"), ("Nurse Prescriber", "NMC"), ("Aesthetic Nurse", "NMC"),
    ("Laser Therapist", None), ("Laser Therapist", None), ("Skin Therapist", None), ("Skin Therapist", None),
    ("Laser Therapist", None), ("Clinic Manager", None), ("Front of House", None),
)  # fmt: skip
_SITE_NAMES = ("Halcyon Skin Leeds", "Halcyon Skin Harrogate", "Halcyon Skin Ilkley")
KEYS = {
    "Client": "ClientID",
    "ClientMedical": "ClientID",
    "Enquiry": "EnquiryID",
    "MarketingSource": "SourceID",
    "Staff": "StaffID",
    "Site": "SiteID",
    "Supplier": "SupplierID",
    "Service": "ServiceID",
    "Booking": "BookingID",
    "ClientCourse": "ClientCourseID",
    "Membership": "MembershipID",
    "GiftVoucher": "VoucherNo",
    "Sale": "SaleID",
    "SaleLine": "SaleLineID",
    "Payment": "PaymentID",
    "StockItem": "StockCode",
    "TreatmentCard": "TreatmentID",
    "ConsentForm": "ConsentID",
    "ClientPhoto": "PhotoID",
    "AuditLog": "AuditID",
}
"""Primary keys. No references are declared: the program's own code minds them."""


def tables(patients: int = 140, seed: int = 127) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **aesthetic_menu.MADE, **aesthetic_chart.MADE, **aesthetic_till.MADE}, patients, seed)


def _postcode(scribe: Scribe, area: str) -> str:
    """A column of eight characters, which the server fills up."""
    letters = "".join(scribe.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
    out, end = f"{area}{scribe.randint(1, 29)}", f"{scribe.randrange(1, 10)}{letters}"
    return str(scribe.choice([f"{out} {end}"] * 8 + [f"{out}{end}", f"{out} {end}".lower(), ""])).ljust(8)


def _place(scribe: Scribe, *towns: tuple[str, str, str]) -> Row:
    town, county, area = scribe.choice(towns or _TOWNS)
    return {
        "AddressLine1": f"{scribe.randint(1, 140)} {scribe.choice(_ROADS)}",
        "Town": scribe.choice([town, town, town.upper()]),
        "County": county,
        "PostCode": _postcode(scribe, area),
    }


def _person(client: int) -> int:
    """Whoever books on the web may be written down anew: some clients are the same as one before them."""
    return client - 10 if client % 23 == 0 else client


def _called(client: int) -> tuple[str, str]:
    first, last = Scribe(f"client {_person(client)}").name()
    return (first.upper(), last.upper()) if client <= _CONVERTED else (first, last)


def _born(client: int) -> datetime:
    scribe = Scribe(f"born {_person(client)}")
    return _BIRTHS + timedelta(days=scribe.randrange(21_000)) if scribe.random() < 0.93 else _UNKNOWN


def _touched(scribe: Scribe, made: datetime) -> datetime:
    """The upgrade of a night in 2024 wrote every row; only some have been written since."""
    since = modified(scribe, made, 900)
    return _UPGRADE if since < _UPGRADE else since


def _clients(scribe: Scribe, clients: int) -> Iterator[Row]:
    days: dict[int, list[datetime]] = {}
    for visit in kept(clients):
        days.setdefault(visit.client, []).append(visit.begin)
    spent = dict.fromkeys(range(clients + 1), 0)
    for bill in bills(clients):
        spent[bill.client] += bill.gross
    for number in range(1, clients + 1):
        (first, last), key, been = _called(number), identity(number), sorted(days.get(number, ()))
        made = been[0] - timedelta(days=scribe.randrange(1, 30)) if been else scribe.past(900)
        place = _place(scribe)
        friend = identity(scribe.of(clients))
        yield {
            "ClientID": key,
            "ClientRef": f"{last[:3].upper()}{key:04}",
            "Title": scribe.choice(["Mrs", "Mrs", "Miss", "Ms", "Mr", "Dr", "MRS", None]),
            "Forename": first,
            "Surname": last,
            "KnownAs": scribe.some(0.1, first[:3].title(), None),
            "Gender": scribe.choice([2, 2, 2, 2, 1, 0]),
            "DateOfBirth": _born(number),
            "AddressLine1": place["AddressLine1"],
            "AddressLine2": scribe.some(
                0.2, scribe.choice(["Flat 2", "Headingley", "Roundhay", "Apt 14 The Mill"]), None
            ),
            "Town": place["Town"],
            "County": place["County"],
            "PostCode": place["PostCode"],
            "HomeTel": scribe.some(0.25, landline(scribe), None),
            "Mobile": scribe.some(0.93, mobile(scribe), ""),
            "Email": scribe.email(first, last, _person(number)),
            "Occupation": scribe.some(
                0.4, scribe.choice(["Teacher", "nurse", "Solicitor", "Retired", "Mum", "Self emp"]), None
            ),
            "GPName": scribe.some(0.5, scribe.choice(["Dr Patel", "Dr S Hughes", "dr khan", "Any"]), None),
            "GPSurgery": scribe.some(
                0.5, scribe.choice(["Moor Lane Surgery", "The Crescent Medical Centre", "Otley Rd"]), None
            ),
            "NextOfKin": scribe.some(0.4, " ".join(scribe.name()), None),
            "NextOfKinTel": scribe.some(0.4, mobile(scribe), None),
            "PreferredStaffID": scribe.some(0.35, scribe.of(STAFF), None),
            "HomeSiteID": scribe.choice([1, 1, 2, 3]),
            "SourceID": scribe.some(0.8, scribe.of(len(_SOURCES)), None),
            "ReferredByClientID": friend if friend != key and scribe.random() < 0.15 else None,
            "FirstVisit": midnight(been[0]) if been else None,
            "LastVisit": midnight(been[-1]) if been else None,
            "VisitCount": len(been),
            "LifetimeSpend": money(spent[number]),
            "AccountBalance": money(scribe.some(0.1, scribe.randrange(-9000, 12_000, 500), 0)),
            "LoyaltyPoints": spent[number] // 1000 if spent[number] > 0 else 0,
            "EmailOptIn": scribe.choice([True, True, False, None]),
            "SmsOptIn": scribe.some(0.8, True, False),
            "PhotoConsent": scribe.some(0.5, True, False),
            "Alert": scribe.some(
                0.15, scribe.choice(["LATEX ALLERGY", "Needle phobic", "Always late - take deposit"]), None
            ),
            "ClientStatus": scribe.choice(["A"] * 12 + ["L", "L", "L", "D", "X"]),
            "PortalPassword": scribe.some(0.3, b64encode(scribe.randbytes(33)).decode(), None),
            "Spare1": None,
            "CreatedByID": None if number <= _CONVERTED else scribe.of(STAFF),
            "DateCreated": stamped(scribe, made),
            "DateModified": _touched(scribe, made),
            "IsDeleted": scribe.some(0.03, True, False),
            "RowVer": row_version(number),
        }


def _enquiries(scribe: Scribe, clients: int) -> Iterator[Row]:
    for number in range(1, clients * 3 // 4):
        at = scribe.past(500)
        stage = scribe.choice(["New", "Contacted", "Contacted", "Consult Booked", "Won", "Won", "Lost", "Lost"])
        client = scribe.of(clients) if stage == "Won" else 0
        first, last = _called(client) if client else scribe.name()
        open_, wanted = stage not in ("Won", "Lost"), scribe.choice(OFFERS[:17])
        yield {
            "EnquiryID": 400 + number,
            "EnquiredAt": stamped(scribe, at),
            "Forename": first.title(),
            "Surname": scribe.some(0.9, last.title()),
            "Telephone": scribe.some(0.85, mobile(scribe)),
            "Email": scribe.email(first, last, client or clients + number),
            "InterestedIn": scribe.choice([wanted.name, wanted.category, wanted.category.lower(), "lips", "botox"]),
            "SourceID": scribe.of(len(_SOURCES)),
            "SiteID": scribe.of(SITES),
            "HandledByID": scribe.some(0.85, scribe.choice([10, 11, 11, 4]), None),
            "Stage": stage,
            "EstValue": scribe.some(0.7, money(max(wanted.price, 5000) * scribe.choice([1, 1, 3, 6])), None),
            "CallBackOn": (at + timedelta(days=scribe.randrange(1, 21))).date() if open_ else None,
            "LostReason": scribe.choice(["Price", "No reply", "Went elsewhere", "Not suitable"])
            if stage == "Lost"
            else None,
            "ClientID": identity(client) if client else None,
            "Notes": scribe.some(
                0.5, scribe.choice(["LVM x2", "wedding in July, wants quick result", "Sent price list"])
            ),
            "DateModified": modified(scribe, at, 40),
        }


def _sources(_: Scribe, __: int) -> Iterator[Row]:
    for number, (name, active) in enumerate(_SOURCES.items(), 1):
        yield {"SourceID": number, "SourceName": name, "IsActive": active}


def _staff(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (job, body) in enumerate(_JOBS, 1):
        first, last = scribe.name()
        nurse = f"{scribe.digits(2)}{scribe.choice('ABCDEFG')}{scribe.digits(4)}E"
        yield {
            "StaffID": number,
            "Initials": f"{first[0]}{last[0]}".upper(),
            "Forename": first,
            "Surname": last,
            "JobTitle": job,
            "RegBody": body,
            "RegNumber": None if body is None else scribe.digits(7) if body == "GMC" else nurse,
            "Email": f"staff{number}@halcyonskin.example",
            "Mobile": mobile(scribe),
            "SiteID": 1 + number % SITES,
            "CommissionPct": Decimal(scribe.choice([0, 50, 75, 100])).scaleb(-1),
            "StartDate": midnight(scribe.past(2500)),
            "LeaveDate": midnight(scribe.past(200)) if number == 9 else None,
            "OnlineBookable": number < 9,
            "DiaryColour": -scribe.randrange(256**3),
            "LoginName": f"{first}.{last[0]}".lower(),
            "TillPin": scribe.digits(4),
        }


def _sites(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(_SITE_NAMES, 1):
        yield {
            "SiteID": number,
            "SiteName": name,
            **_place(scribe, *(place for place in _TOWNS if name.endswith(place[0]))),
            "Telephone": landline(scribe),
            "Email": f"{name.rpartition(' ')[2].lower()}@halcyonskin.example",
            "CQCNumber": f"1-{scribe.digits(10)}",
            "VATNumber": "GB 123 4567 89",
            "IsClosed": number == SITES,
        }


def _suppliers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(SUPPLIERS, 1):
        place = _place(scribe)
        yield {
            "SupplierID": number,
            "SupplierName": name,
            "AccountNo": scribe.choice([f"HAL{scribe.digits(3)}", scribe.digits(6)]),
            "ContactName": scribe.some(0.8, " ".join(scribe.name()), None),
            "AddressLine1": f"Unit {scribe.randint(1, 40)}, {scribe.choice(['Park Rd Ind Est', 'Aire Business Pk'])}",
            "Town": place["Town"],
            "PostCode": place["PostCode"],
            "Country": scribe.choice(["UK", "United Kingdom", "Italy"]),
            "Telephone": landline(scribe),
            "OrderEmail": f"orders@supplier{number}.example",
            "Website": f"www.supplier{number}.example",
            "TermsDays": scribe.choice([0, 30, 30, 60]),
        }


def _trail(scribe: Scribe, clients: int) -> Iterator[Row]:
    for number in range(1, clients * 6):
        yield {
            "AuditID": number,
            "LoggedAt": stamped(scribe, LAST - timedelta(minutes=7 * (clients * 6 - number))),
            "StaffID": scribe.of(STAFF),
            "TableName": scribe.choice(["Client", "Booking", "Sale", "TreatmentCard"]),
            "RecordID": scribe.of(clients * 4),
        }


_MADE = {
    "Client": _clients,
    "Enquiry": _enquiries,
    "MarketingSource": _sources,
    "Staff": _staff,
    "Site": _sites,
    "Supplier": _suppliers,
    "AuditLog": _trail,
}
