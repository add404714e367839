"""A made-up counselling group practice of Minnesota in a Django program's PostgreSQL database.

The habits are those of such programs: a table is an app and a model, ``_id`` for what is referred to, an empty text
where nothing was typed and NULL where no day was chosen, codes of a few letters for choices, arrays and jsonb.
Tables and rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from infra.proposals import counselling_billing, counselling_chart
from infra.proposals.counselling_caseload import (
    CLINICIANS,
    HOUSEHOLDS,
    OFFICES,
    SUPERVISORS,
    TIERS,
    admitted,
    called,
    client_of,
    clinician_of,
    members,
    stamps,
    tier_of,
    utc,
)
from infra.proposals.scribe import LAST, Row, Scribe, written

_TOWNS = (
    ("Minneapolis", "MN", "55407"), ("Minneapolis", "MN", "55418-2210"), ("Saint Paul", "MN", "55105"),
    ("St. Paul", "MN", "55104"), ("Roseville", "MN", "55113"), ("Edina", "MN", "55424"), ("Hudson", "WI", "54016"),
    ("Eagan", "MN", "55122"),
)  # fmt: skip
_ROADS = ("Grand Ave", "Minnehaha Pkwy", "42nd Ave S", "Snelling Avenue N", "Xerxes Ave", "Como Ave", "E Lake St")
_HOMES = (
    ("Linden Hills Counseling", "2812 W 43rd St", "Suite 210", 1, "11"),
    ("Linden Hills Counseling - Midway", "1821 University Ave W", "S-256", 3, "11"),
    ("Linden Hills Counseling Telehealth", "2812 W 43rd St", "", 1, "10"),
)
_HE, _SHE, _THEY = "he/him", "she/her", "they/them"
_CREDENTIALS = ("LMFT", "LICSW", "LPCC", "PhD, LP", "LGSW", "LAMFT", "LADC, LPCC")
_MODALITIES = ("cbt", "dbt", "emdr", "eft", "gottman", "ifs", "act", "play", "narrative")
_CONCERNS = ("anxiety", "depression", "trauma", "couples", "grief", "adhd", "parenting", "lgbtq", "substance", "eating")
_WHEN = ("evenings only", "Tu/Th after 3", "any weekday am", "lunch hour, virtual", "after school", "not Fridays")
_BUT = ("or before", "not after", "weekends any time past", "could do", "virtual ok from")
_ASKED = (
    "Wants a woman, pref. POC.", "Asked twice about EMDR.", "Partner is ambivalent.", "Court-ordered??",
    "Left vm, mailbox full.", "Sent intake link.", "Was with Dr. Lindahl until she retired.", "Needs interpreter.",
)  # fmt: skip
_PAPERS = (
    ("CONS", "Informed Consent", "informed_consent", "pdf"),
    ("NPP", "Notice of Privacy Practices", "npp_ack", "pdf"),
    ("ROI", "Release of Information - PCP", "roi_signed", "pdf"),
    ("TELE", "Telehealth consent", "telehealth_consent", "pdf"),
    ("INTK", "Adult intake packet", "intake_packet", "pdf"),
    ("EXT", "Psych eval from school district", "scan", "jpeg"),
    ("LTR", "Letter - ESA / FMLA", "letter", "docx"),
)
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def tables(patients: int = 140, seed: int = 107) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **counselling_chart.MADE, **counselling_billing.MADE}, patients, seed)


def _email(who: str, number: int) -> str:
    """Whoever became a client wrote from the same address before."""
    return Scribe(f"counselling email {who} {number}").email(*called(who, number), number)


def _phone(scribe: Scribe, typed: str = "") -> str:
    """typed: what people type before the last digits where nobody asks for a form."""
    if typed and scribe.random() < 0.6:
        return f"{typed}01{scribe.randint(0, 99):02}"
    area, last = scribe.choice(["612", "651", "763", "952", "715"]), f"01{scribe.randint(0, 99):02}"
    return str(scribe.some(0.9, f"+1{area}555{last}", f"({area}) 555-{last}"))


def _token(scribe: Scribe, length: int) -> str:
    return "".join(scribe.choices(_LETTERS, k=length))


def _clients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), (city, state, postcode) = called("client", number), scribe.choice(_TOWNS)
        child, began = number % 8 == 0, admitted(number)
        ended = began + timedelta(days=scribe.randint(60, 700))
        gone, tier = ended < LAST and scribe.random() < 0.7, tier_of(number)
        sex, (identity, pronouns) = (
            scribe.choice("FFFMMX"),
            scribe.choice(
                [("Woman", _SHE), ("woman", _SHE), ("Man", _HE), ("cis man", _HE), ("Non-binary", _THEY), ("", "")]
            ),
        )
        yield {
            "id": client_of(number),
            "chart_no": f"LH-{began:%y}{number:04}",
            "legal_first_name": first,
            "legal_last_name": last,
            "goes_by": scribe.some(0.18, scribe.choice([first[:3], scribe.name()[0]])),
            "pronouns": pronouns,
            "dob": date(2008, 1, 1) + timedelta(days=scribe.randrange(3600)) if child else _adult(scribe),
            "sex_on_file": sex,
            "gender_identity": identity,
            "email": _email("client", number),
            "ok_to_email": scribe.random() < 0.8,
            "cell": scribe.some(0.95, _phone(Scribe(f"counselling cell {number}"))),
            "ok_to_leave_vm": scribe.some(0.9, scribe.random() < 0.7, None),
            "alt_phone": scribe.some(0.15, _phone(scribe)),
            "address_1": scribe.some(0.92, f"{scribe.randint(101, 5400)} {scribe.choice(_ROADS)}"),
            "address_2": scribe.some(0.2, f"{scribe.choice(['Apt', '#', 'Unit'])} {scribe.randint(1, 40)}"),
            "city": city,
            "state": state,
            "zip": postcode,
            "relationship_status": ""
            if child
            else scribe.choice(["SGL", "PART", "MAR", "MAR", "SEP", "DIV", "WID", ""]),
            "emergency_contact": scribe.some(
                0.8,
                f"{' '.join(scribe.name())} ({scribe.choice(['mom', 'spouse', 'friend', 'brother'])}) {_phone(scribe)}",
            ),
            "clinician_id": scribe.some(0.96, clinician_of(number), None),
            "office_id": scribe.randint(1, OFFICES),
            "responsible_party_id": client_of(number - 1) if child else None,
            "status": "DC" if gone else scribe.choice(["ACT", "ACT", "ACT", "ACT", "HOLD", "PRO"]),
            "safety_level": scribe.choice(["none"] * 8 + ["monitor", "monitor", "elevated", "crisis_plan"]),
            "fee_tier": tier,
            "agreed_fee": Decimal(str(TIERS[tier])) if TIERS[tier] else None,
            "admitted_on": began.date(),
            "discharged_on": ended.date() if gone else None,
            "ssn_enc": scribe.some(0.2, f"gAAAAAB{_token(scribe, 72)}=="),
            "stripe_customer": scribe.some(0.6, f"cus_{_token(scribe, 14)}"),
            "search": f"'{last.lower()}':2A '{first.lower()}':1A",
            "extra": {},
            **stamps(scribe, began - timedelta(days=scribe.randrange(1, 9))),
        }


def _adult(scribe: Scribe) -> date:
    return date(1946, 1, 1) + timedelta(days=scribe.randrange(22_000))


def _households(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, HOUSEHOLDS + 1):
        inside = members(number)
        names = [called("client", one)[1] for one in inside[:2]]
        yield {
            "id": number,
            "label": f"{names[0]} family" if len(inside) > 2 else f"{' / '.join(names)} (#{number})",
            "kind": "FAM" if len(inside) > 2 else scribe.choice(["CPL", "CPL", "POLY", "COP"]),
            "bill_to_id": client_of(inside[0]),
            "clinician_id": clinician_of(inside[0]),
            "no_secrets_policy": scribe.random() < 0.8,
            **stamps(scribe, admitted(inside[0])),
        }


def _members(scribe: Scribe, _: int) -> Iterator[Row]:
    of_both = [(household, one) for household in range(1, HOUSEHOLDS + 1) for one in members(household)]
    for number, (household, one) in enumerate(of_both, 1):
        yield {
            "id": 3 + number,
            "household_id": household,
            "client_id": client_of(one),
            "role": "CH" if one > 2 * HOUSEHOLDS else scribe.choice(["PTR", "PTR", "SP", "PAR"]),
            "attends": scribe.random() < 0.9,
            "left_on": scribe.some(0.1, scribe.past(300).date(), None),
        }


def _clinicians(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, CLINICIANS + 1):
        first, last = called("clinician", number)
        senior = number in SUPERVISORS
        yield {
            "id": number,
            "first_name": first,
            "last_name": last,
            "credentials": scribe.choice(_CREDENTIALS[:4] if senior else _CREDENTIALS),
            "work_email": f"{first.replace(' ', '')}{number}@lindenhillscounseling.example".lower().replace("é", "e"),
            "direct_line": scribe.some(0.8, _phone(scribe)),
            "npi": f"1{scribe.digits(9)}",
            "license_no": str(scribe.randint(1100, 29_999)),
            "license_state": "WI" if number == 7 else "MN",
            "license_expires": date(2025 + number % 3, scribe.randint(1, 12), 28),
            "supervisor_id": None if senior else scribe.some(0.6, scribe.choice(SUPERVISORS), None),
            "office_id": 1 + number % OFFICES,
            "modalities": sorted(scribe.sample(_MODALITIES, scribe.randint(1, 4))),
            "taking_new": scribe.random() < 0.5,
            "headshot": scribe.some(0.7, f"headshots/{first.lower().replace(' ', '_')}_{_token(scribe, 7)}.jpg"),
            "ical_secret": f"{scribe.getrandbits(128):032x}",
            "left_on": scribe.past(500).date() if number in {6, 12} else None,
            **stamps(scribe, scribe.past(1900)),
        }


def _offices(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (name, street, suite, town, place) in enumerate(_HOMES[:OFFICES], 1):
        city, state, postcode = _TOWNS[town]
        yield {
            "id": number,
            "name": name,
            "address_1": street,
            "address_2": suite,
            "city": city,
            "state": state,
            "zip": postcode[:5],
            "main_phone": _phone(scribe),
            "pos_code": place,
            "tz": "America/Chicago",
            "is_open": number != OFFICES - 1,
        }


def _inquiries(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 5 // 4):
        became = number <= patients * 3 // 5
        came = admitted(number) - timedelta(days=scribe.randint(4, 120)) if became else scribe.past(500)
        first, last = called("client" if became else "inquirer", number)
        shut, waits = not became and scribe.random() < 0.5, scribe.random() < 0.5
        yield {
            "id": 200 + number,
            "received_at": utc(came.replace(hour=scribe.randrange(24))),
            "first_name": scribe.some(0.9, first, first.lower()),
            "last_name": scribe.some(0.94, last),
            "email": _email("client" if became else "inquirer", number),
            "phone": scribe.some(
                0.85, _phone(Scribe(f"counselling cell {number}")) if became else _phone(scribe, "612.555.")
            ),
            "seeking": scribe.choice(["IND", "IND", "IND", "CPL", "FAM", "CHILD", "GRP", "EVAL"]),
            "concerns": scribe.sample(_CONCERNS, scribe.randint(0, 3)),
            "availability": scribe.some(0.7, f"{scribe.choice(_WHEN)}, {scribe.choice(_BUT)} {scribe.randint(8, 19)}"),
            "insurance_stated": scribe.choice(
                ["BCBS", "bcbs mn", "HealthPartners", "Medica", "UCare", "none", "self pay", ""]
            ),
            "wants_reduced_fee": scribe.random() < 0.25,
            "heard_from": scribe.choice(["PT_DIR", "PT_DIR", "WEB", "PCP", "FRIEND", "SCHOOL", "EAP", ""]),
            "preferred_clinician_id": scribe.some(0.35, scribe.of(CLINICIANS), None),
            "stage": "CONV"
            if became
            else "CLOSED"
            if shut
            else scribe.choice(["NEW", "CALLED", "WAIT", "WAIT", "OFFER"]),
            "waitlisted_on": (came + timedelta(days=2)).date() if waits else None,
            "follow_up_on": scribe.some(0.4, (came + timedelta(days=scribe.choice([7, 14, 30]))).date(), None),
            "closed_reason": scribe.choice(["NO_RESP", "NO_RESP", "OON", "REFD", "WAIT_LONG", "ACUITY"])
            if shut
            else "",
            "became_client_id": client_of(number) if became else None,
            "notes": scribe.some(0.5, f"{scribe.choice(_ASKED)} {scribe.choice(_ASKED)} {came:%m/%d} KL"),
            "modified": utc(min(came + timedelta(days=scribe.randrange(40)), LAST)),
        }


def _documents(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 5 // 2):
        kind, title, stem, ending = scribe.choice(_PAPERS)
        client = scribe.randint(1, patients)
        made = min(admitted(client) + timedelta(days=scribe.choice([0, 0, 1, 40, 300]), minutes=number), LAST)
        own = kind not in {"EXT", "LTR"}
        yield {
            "id": 500 + number,
            "client_id": client_of(patients + 40 + client) if scribe.random() < 0.02 else client_of(client),
            "kind": kind,
            "title": scribe.some(0.85, title, f"{title} {made:%Y}"),
            "file": f"client_docs/{made:%Y/%m}/{stem}_{_token(scribe, 7)}.{ending}",
            "bytes": scribe.randint(18_000, 3_900_000),
            "sha256": f"{scribe.getrandbits(256):064x}",
            "esigned_at": utc(made) if own and scribe.random() < 0.9 else None,
            "expires_on": (made + timedelta(days=365)).date() if kind == "ROI" else None,
            "uploaded_by_id": None if own else scribe.of(CLINICIANS),
            "created": utc(made),
        }


_MADE = {
    "clients_client": _clients,
    "clients_household": _households,
    "clients_householdmember": _members,
    "staff_clinician": _clinicians,
    "practice_office": _offices,
    "intake_inquiry": _inquiries,
    "documents_document": _documents,
}
KEYS: Mapping[str, str] = dict.fromkeys([*_MADE, *counselling_chart.MADE, *counselling_billing.MADE], "id")
