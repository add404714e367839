"""A made-up New Zealand chain of physiotherapists and chiropractors in a Rails program's MySQL database.

The habits are those of such programs: plural tables, ``_id`` and ``_at`` and ``_on``, numbers for enums, 0 and 1 for
flags, moments in UTC, a gem's columns beside one's own, NULL here and an empty text there.
Tables and rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from infra.proposals import allied_chart, allied_ledger
from infra.proposals.allied_visits import (
    ACCOUNT,
    CONTACTS,
    DISCIPLINES,
    LOCATIONS,
    PAYERS,
    PRACTITIONERS,
    SERVICES,
    called,
    client_of,
    contact_of,
    location_of,
    payer_of,
    practitioner_of,
    rooms_of,
    service_of,
    stamps,
    user_of,
    utc,
)
from infra.proposals.scribe import LAST, Row, Scribe, written

_PLACES = (
    ("Tahunanui", "Nelson", "7011"), ("Stoke", "Nelson", "7011"), ("Richmond", "Tasman", "7020"),
    ("Te Aro", "Wellington", "6011"), ("Karori", "Wellington", "6012"), ("Riccarton", "Christchurch", "8011"),
    ("Sumner", "Christchurch", "8081"), ("", "Motueka", "7120"),
)  # fmt: skip
_ROADS = ("Waimea Road", "Tory St", "Songer Street", "Riccarton Rd", "Beach Rd", "Karori Road", "Nayland Rd", "Main Rd")
_HOMES = ((-41.2871, 173.2350), (-41.3389, 173.1841), (-41.2935, 174.7762), (-43.5310, 172.5980), (-41.1072, 173.0107))
_DEGREES = {
    "physiotherapist": ("BPhty", "BHSc (Physio)", "MPhty (Musculoskeletal)"),
    "chiropractor": ("BChiro", "DC"),
    "massage_therapist": ("DipRMT",),
    "acupuncturist": ("BHSc (Acu)",),
}
_FUNDERS = (
    ("ACC", "acc", "www.acc.example"),
    ("Southerly Health Society", "health_insurer", "https://www.southerlyhealth.example"),
    ("Tasman Mutual Medical", "health_insurer", "tasmanmutual.example"),
    ("Kōwhai Dairy Co-op (Accredited Employer)", "accredited_employer", ""),
    ("Aoraki Freight - AE programme", "accredited_employer", "https://aorakifreight.example/health"),
    ("Te Whatu Ora Nelson Marlborough", "public_health", ""),
    ("Cook Strait Rugby Union", "other", "https://csru.example"),
)
_JOBS = ("Builder", "Teacher", "Retired", "Dairy farmer", "nurse", "Student", "Office worker", "Electrician", "Chef")
_WORKS = ("Kōwhai Dairy Co-op", "Self employed", "Port Hills School", "Aoraki Freight", "Mitre & Sons Ltd", "DOC")
_ALERTS = ("Pacemaker", "Anticoagulants - no needling", "Osteoporosis", "Latex allergy", "Pregnant, due Aug")
_HISTORY = ("L4/5 discectomy", "THJR R)", "Melanoma removed", "Epilepsy, last seizure", "ACL recon L)")
_PRODUCTS = (
    ("Resistance band 1.5m - red", "Bands & exercise"), ("Resistance band 1.5m - blue", "Bands & exercise"),
    ("Foam roller 90cm", "Bands & exercise"), ("Ankle brace M", "Braces & supports"),
    ("Ankle brace L", "Braces & supports"), ("Knee sleeve", "Braces & supports"),
    ("Moon boot (hire per week)", "Hire"), ("Crutches (hire per week)", "Hire"),
    ("Rigid strapping tape 38mm", "Tape"), ("K-tape beige 5m", "Tape"), ("Wheat bag", "Heat & cold"),
    ("Contoured pillow", "Pillows"), ("Lumbar roll", "Pillows"), ("Anti-inflammatory gel 100g", "Heat & cold"),
)  # fmt: skip


def tables(patients: int = 140, seed: int = 103) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **allied_chart.MADE, **allied_ledger.MADE}, patients, seed)


def _mobile(scribe: Scribe) -> str:
    code, first, last = scribe.choice(["21", "27", "22"]), scribe.randint(200, 999), scribe.randint(100, 9999)
    return str(
        scribe.choice(
            [f"0{code} {first} {last}", f"0{code}{first}{last}", f"+64{code}{first}{last}", f"0{code}-{first} {last}"]
        )
    )


def _landline(scribe: Scribe) -> str:
    return f"{scribe.choice(['03', '(03)', '04'])} {scribe.randint(340, 989)} {scribe.randint(0, 9999):04}"


def _street(scribe: Scribe) -> str:
    flat = scribe.some(0.12, f"{scribe.randint(1, 9)}/")
    return f"{flat}{scribe.randint(1, 420)} {scribe.choice(_ROADS)}"


def _nhi(scribe: Scribe) -> str:
    """Three letters and four digits, never I nor O."""
    return "".join(scribe.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=3)) + scribe.digits(4)


def _clients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), (suburb, city, postcode) = called("client", number), scribe.choice(_PLACES)
        made, works, insured = scribe.past(2600), scribe.random() < 0.35, scribe.random() < 0.25
        call = scribe.random() < 0.55
        born = scribe.some(0.97, scribe.birth(), date(1900, 1, 1))
        yield {
            "id": client_of(number),
            "account_id": ACCOUNT,
            "client_number": f"P{4100 + number:05}",
            "first_name": scribe.some(0.97, first, first.upper()),
            "last_name": last,
            "preferred_name": scribe.some(0.1, first[:3], scribe.choice([None, ""])),
            "date_of_birth": born,
            "gender": scribe.choice([0, 1, 1, 1, 2, 2, 2, 3]),
            "nhi_number": scribe.some(0.75, _nhi(scribe), None),
            "ethnicity": scribe.some(0.7, scribe.choice(["11", "11", "11", "21", "12", "31", "42", "43", "99"]), None),
            "email": scribe.email(first, last, number) or None,
            "mobile_number": scribe.some(0.03, f"{_mobile(scribe)} (wife)", scribe.some(0.94, _mobile(scribe))),
            "home_phone": scribe.some(0.25, _landline(scribe), scribe.choice([None, ""])),
            "street_address": scribe.some(0.93, _street(scribe)),
            "suburb": suburb,
            "city": scribe.some(0.95, city, city.lower()),
            "postcode": scribe.some(0.9, postcode),
            "occupation": scribe.some(0.6, scribe.choice(_JOBS), None),
            "employer_name": scribe.choice(_WORKS) if works else None,
            "emergency_contact_name": " ".join(scribe.name()) if call else None,
            "emergency_contact_phone": _mobile(scribe) if call else None,
            "emergency_contact_relationship": scribe.choice(["Partner", "partner", "Mother", "Son"]) if call else None,
            "gp_id": scribe.some(0.7, contact_of(scribe.randint(1, CONTACTS - 8)), None),
            "referral_source": scribe.some(
                0.7, scribe.choice(["google", "gp", "friend_family", "walk_by", "sports_club", "returning"]), None
            ),
            "referred_by_id": scribe.some(0.08, client_of(scribe.randint(1, patients)), None),
            "primary_practitioner_id": scribe.some(0.85, practitioner_of(scribe.randint(1, PRACTITIONERS)), None),
            "home_location_id": location_of(scribe.randint(1, LOCATIONS)),
            "payer_id": payer_of(scribe.randint(2, 3)) if insured else None,
            "policy_number": f"{scribe.digits(7)}-{scribe.randint(1, 4):02}" if insured else None,
            "reminder_preference": scribe.choice(["sms", "sms", "sms", "email", "sms_and_email", "none"]),
            "marketing_opt_in": scribe.choice([0, 0, 1]),
            "privacy_signed_on": scribe.some(0.8, made.date(), None),
            "medical_alerts": scribe.some(
                0.15, f"{scribe.choice(_ALERTS)}. {scribe.choice(_HISTORY)} {scribe.randint(1998, 2024)}", None
            ),
            "account_balance": Decimal(scribe.some(0.2, scribe.choice(["25.00", "45.00", "-12.50", "138.00"]), "0.00")),
            "portal_token": scribe.some(0.4, f"{scribe.getrandbits(96):024x}", None),
            "preferences": scribe.some(
                0.3, f"---\n:terms: true\n:room_temp: {scribe.choice(['warm', 'any'])}\n", "--- {}\n"
            ),
            "created_by_id": scribe.some(0.7, user_of(scribe.randint(1, PRACTITIONERS + 5)), None),
            "archived_at": scribe.some(0.06, utc(scribe.past(600)), None),
            **stamps(scribe, made),
        }


def _practitioners(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, PRACTITIONERS + 1):
        (first, last), discipline = called("practitioner", number), DISCIPLINES[number % len(DISCIPLINES)]
        yield {
            "id": practitioner_of(number),
            "user_id": user_of(number),
            "first_name": first,
            "last_name": last,
            "discipline": discipline,
            "designation": scribe.choice(_DEGREES[discipline]),
            "hpi_cpn": f"{scribe.digits(2)}{''.join(scribe.choices('ABCDEFGHJKLMNPQRSTUVWXYZ', k=4))}",
            "acc_provider_number": f"{scribe.choice('JKT')}{scribe.digits(5)}",
            "apc_expires_on": date(2026 if number < PRACTITIONERS else 2024, 3, 31),
            "email": f"{first}.{last[:4]}@tasmanphysio.example".lower().replace(" ", ""),
            "mobile_number": scribe.some(0.8, _mobile(scribe), None),
            "default_location_id": location_of(1 + number % LOCATIONS),
            "calendar_colour": f"#{scribe.getrandbits(24):06x}",
            "ical_token": f"{scribe.getrandbits(80):020x}",
            "bio": scribe.some(
                0.6,
                f"<p>{first} looks after runners and sore backs, and coaches on Saturdays.</p>",
                scribe.choice([None, ""]),
            ),
            "active": int(number < PRACTITIONERS - 1),
            **stamps(scribe, scribe.past(2600)),
        }


def _users(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, PRACTITIONERS + 6):
        first, last = called("practitioner" if number <= PRACTITIONERS else "receptionist", number)
        yield {
            "id": user_of(number),
            "email": f"{first}.{last[:4]}@tasmanphysio.example".lower().replace(" ", ""),
            "full_name": f"{first} {last}",
            "role": scribe.choice([1, 2]) if number <= PRACTITIONERS else scribe.choice([0, 0, 3]),
            "encrypted_password": f"$2a$12${scribe.getrandbits(210):053x}",
            "reset_password_token": scribe.some(0.2, f"{scribe.getrandbits(128):032x}", None),
            "last_sign_in_at": utc(scribe.past(40)),
            "last_sign_in_ip": f"203.0.113.{scribe.randint(1, 250)}",
            "disabled_at": utc(scribe.past(500)) if number in {PRACTITIONERS, PRACTITIONERS + 5} else None,
            **stamps(scribe, scribe.past(2600)),
        }


def _locations(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (latitude, longitude) in enumerate(_HOMES, 1):
        suburb, city, postcode = _PLACES[(0, 2, 3, 5, 7)[number - 1]]
        yield {
            "id": location_of(number),
            "name": f"Tasman Physio & Chiro {suburb or city}",
            "street_address": _street(scribe),
            "suburb": suburb,
            "city": city,
            "postcode": postcode,
            "phone": _landline(scribe),
            "email": f"{(suburb or city).lower().replace(' ', '')}@tasmanphysio.example",
            "gst_number": "118-402-771",
            "latitude": Decimal(f"{latitude:.6f}"),
            "longitude": Decimal(f"{longitude:.6f}"),
            "opening_hours": f"M-Th {6 + number % 3}am-7pm, Fri 7am-{3 + number}pm{scribe.some(0.5, ', Sat 8-12')}",
            "closed_on": date(2023, 3, 31) if number > LOCATIONS else None,
            **stamps(scribe, scribe.past(2600)),
        }


def _rooms(_: Scribe, __: int) -> Iterator[Row]:
    for location in range(1, LOCATIONS + 1):
        for room, name in zip(rooms_of(location), ("Room 1", "Room 2", "Gym"), strict=True):
            yield {"id": room, "location_id": location_of(location), "name": name}


def _services(_: Scribe, __: int) -> Iterator[Row]:
    for number, (name, code, price) in enumerate(SERVICES, 1):
        yield {"id": service_of(number), "name": name, "item_code": code, "price": Decimal(price), "position": number}


def _contacts(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, CONTACTS + 1):
        first, last = called("contact", number)
        _suburb, city, postcode = scribe.choice(_PLACES)
        manager, practice = (
            number > CONTACTS - 8,
            scribe.choice(["Haven Road Medical", "Bayside Doctors", "Greenmeadow Health"]),
        )
        yield {
            "id": contact_of(number),
            "contact_type": "Case manager"
            if manager
            else scribe.choice(["GP", "GP", "GP", "Specialist", "Sports coach"]),
            "first_name": scribe.some(0.94, first, None),
            "last_name": last,
            "organisation_name": "ACC" if manager else scribe.some(0.85, practice, None),
            "email": scribe.some(0.5, f"{first[0]}{number}@{'acc' if manager else 'medical'}.example".lower(), None),
            "phone": scribe.some(0.9, _landline(scribe)),
            "street_address": None if manager else scribe.some(0.7, _street(scribe), None),
            "city": city,
            "postcode": scribe.some(0.7, postcode),
            "edi_address": None
            if manager
            else scribe.some(0.6, "".join(scribe.choices("abcdefhklmnprstw", k=8)), None),
            "discarded_at": scribe.some(0.05, utc(scribe.past(400)), None),
            **stamps(scribe, scribe.past(2600)),
        }


def _payers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (name, kind, site) in enumerate(_FUNDERS[:PAYERS], 1):
        yield {
            "id": payer_of(number),
            "name": name,
            "payer_type": kind,
            "attention": scribe.some(
                0.5, scribe.choice([f"Accounts - {scribe.name()[0]}", " ".join(scribe.name()), "Provider claims"])
            ),
            "billing_email": scribe.some(0.8, f"claims{number}@payer.example"),
            "phone": scribe.choice(["0800 555 0101", "0800 555 0142", _landline(scribe)]),
            "postal_address": f"PO Box {scribe.digits(5)}",
            "city": scribe.choice(["Hamilton", "Wellington", "Christchurch"]),
            "postcode": f"{scribe.choice([3240, 6140, 8140])}",
            "website": site,
            "payment_terms_days": scribe.choice([7, 20, 30]),
            "requires_approval": int(kind != "other"),
            **stamps(scribe, scribe.past(2600)),
        }


def _products(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (name, category) in enumerate(_PRODUCTS, 1):
        price = scribe.choice([1495, 2500, 3990, 4900, 8900])
        yield {
            "id": allied_ledger.FIRST_PRODUCT + number,
            "name": name,
            "sku": f"{category[:2].upper()}-{number:03}",
            "supplier_name": scribe.choice(["Wairau Supplies", "BodyTech NZ", "BodyTech NZ", None]),
            "category": category,
            "price_cents": price,
            "cost_price_cents": scribe.some(0.8, price * 55 // 100, None),
            "stock_level": scribe.randint(-1, 24),
            "image_url": scribe.some(0.3, f"https://cdn.clinicloud.example/p/{number}.png", None),
            "discontinued": int(scribe.random() < 0.15),
            **stamps(scribe, LAST - timedelta(days=scribe.randint(200, 2000))),
        }


_MADE = {
    "clients": _clients,
    "practitioners": _practitioners,
    "users": _users,
    "locations": _locations,
    "rooms": _rooms,
    "services": _services,
    "contacts": _contacts,
    "payers": _payers,
    "products": _products,
}
KEYS = dict.fromkeys({**_MADE, **allied_chart.MADE, **allied_ledger.MADE}, "id")
"""Rails gives every table an ``id``. The references are in its models, none is declared to MySQL."""
