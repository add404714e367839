"""A made-up American practice of chiropractors and counselors in a business suite's tables: everybody is a party.

The habits are those of open-source suites with a health module (what a patient is called stands with its party, a row
knows who made and last wrote it, texts that are translated are objects); tables, columns and rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from infra.clinics.words import CARRIERS, CITIES
from infra.proposals import erp_ledger
from infra.proposals.dental import npi
from infra.proposals.erp_ledger import (
    PRACTITIONERS,
    SITES,
    ahead,
    bookings,
    invoices,
    party_of,
    policy_of,
    stamps,
)
from infra.proposals.scribe import LAST, Row, Scribe, written

_FIRST_PAYER = 1 + SITES
_FIRST_PRACTITIONER = _FIRST_PAYER + len(CARRIERS)
_RELATIVES = 40
"""Parties who are no patients: parents who pay, and whom to call."""


def tables(patients: int = 140, seed: int = 97) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **erp_ledger.MADE}, patients, seed)


def _relative(scribe: Scribe, patients: int) -> int:
    return scribe.randint(party_of(patients) + 1, party_of(patients) + _RELATIVES)


def _called(party: int) -> tuple[str, str]:
    return Scribe(f"party {party}").name()


def _parties(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, party_of(patients) + _RELATIVES + 1):
        payer = _FIRST_PAYER <= number < _FIRST_PRACTITIONER
        person, (first, last) = number >= _FIRST_PRACTITIONER, _called(number)
        name = CARRIERS[number - _FIRST_PAYER] if payer else f"Wellspring Spine & Mind {number}"
        yield {
            "id": number,
            "code": f"{number:06}",
            "name": first if person else name,
            "lastname": last if person else None,
            "is_person": person,
            "is_patient": party_of(1) <= number <= party_of(patients),
            "is_practitioner": _FIRST_PRACTITIONER <= number < party_of(1),
            "is_payer": payer,
            "dob": scribe.some(0.95, scribe.birth(), None) if person else None,
            "gender": scribe.choice(["f", "f", "m", "nb"]) if person else None,
            "civil_status": scribe.choice(["s", "m", "m", "d", "w", None]) if person else None,
            "lang": scribe.choice(["en_US", "en_US", "en_US", "es_US", None]),
            "vat": f"{scribe.digits(2)}-{scribe.digits(7)}" if payer else None,
            "active": scribe.some(0.97, True, False),
            **stamps(scribe),
        }


def _contacts(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    for party in range(1, party_of(patients) + _RELATIVES + 1):
        first, last = _called(party)
        email, phone = scribe.email(first, last, party), f"+1{scribe.randint(201, 989)}555{scribe.randint(0, 9999):04}"
        found = {"mobile": scribe.some(0.85, phone), "email": email, "phone": scribe.some(0.3, f"{phone[:-4]}0100")}
        found |= {} if party >= _FIRST_PRACTITIONER else {"website": f"https://party{party}.example", "fax": phone}
        for kind, value in found.items():
            if value:
                number += 1
                yield {
                    "id": number,
                    "party": party,
                    "kind": kind,
                    "value": value,
                    "sequence": 10,
                    "comment": scribe.some(0.06, scribe.choice(["work", "mother's", "after 5 pm"]), None),
                    "active": scribe.some(0.95, True, False),
                    **stamps(scribe),
                }


def _addresses(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number, party in enumerate((*range(1, party_of(patients) + 1), *range(30, 50)), 1):
        city, state, postcode = scribe.choice(CITIES)
        yield {
            "id": number,
            "party": party,
            "kind": scribe.choice(["home", "home", "billing"]),
            "street": scribe.street(),
            "street_bis": scribe.some(0.2, f"Apt {scribe.randint(1, 40)}", None),
            "city": city,
            "subdivision": f"US-{state}",
            "zip": postcode,
            "country": "US",
            "active": scribe.some(0.95, True, False),
            **stamps(scribe),
        }


def _patients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        dead, joined = scribe.random() < 0.03, scribe.past(2500)
        yield {
            "id": number,
            "name": party_of(number),
            "chart_code": f"WS-{joined:%y}-{number:04}",
            "practitioner": scribe.some(0.9, scribe.of(PRACTITIONERS), None),
            "site": scribe.of(SITES),
            "guarantor": scribe.some(0.15, _relative(scribe, patients), None),
            "emergency_party": scribe.some(0.4, _relative(scribe, patients), None),
            "policy": policy_of(number, patients),
            "referred_by": scribe.choice(["friend", "web", "physician", "insurer", None]),
            "critical_info": scribe.some(0.1, scribe.choice(["Osteoporosis", "Anticoagulants", "Seizures"]), None),
            "general_info": scribe.some(0.2, scribe.text(), None),
            "sms_ok": scribe.some(0.8, True, False),
            "consent_on": scribe.some(0.85, joined.date(), None),
            "stage": scribe.choice(["intake", "active", "active", "maintenance", "discharged"]),
            "deceased": dead,
            "dod": scribe.past(700) if dead else None,
            "balance": erp_ledger.money(scribe.some(0.3, scribe.randrange(500, 90_000), 0)),
            **stamps(scribe, joined),
        }


def _practitioners(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, PRACTITIONERS + 1):
        yield {
            "id": number,
            "name": _FIRST_PRACTITIONER + number - 1,
            "licence": f"{scribe.choice(['CT', 'MA'])}{scribe.digits(6)}",
            "npi": npi(scribe),
            "discipline": scribe.choice(["chiro", "chiro", "lpc", "psyd", "massage"]),
            "work_email": f"practitioner{number}@wellspring.example",
            "site": scribe.of(SITES),
            "color": scribe.randint(0, 11),
            "active": number < PRACTITIONERS,
            **stamps(scribe),
        }


def _sites(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (city, _state, _postcode) in enumerate(CITIES[:SITES], 1):
        yield {
            "id": number,
            "name": f"Wellspring {city}",
            "code": city[:3].upper(),
            "party": number,
            "phone": f"+1860555{number:04}",
            "tz": "America/New_York",
            "rooms": scribe.randint(2, 7),
            "active": True,
            **stamps(scribe),
        }


def _kinds(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(("First visit", "Adjustment", "Counseling 50", "Massage 60"), 1):
        yield {
            "id": number,
            "name": {"en_US": name},
            "minutes": [40, 15, 50, 60][number - 1],
            "active": True,
            **stamps(scribe),
        }


def _bookings(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, bookings(patients) + 1):
        begin: datetime = scribe.slot()
        state = scribe.choice(["done", "done", "done", "no_show", "cancelled"]) if begin < LAST else "confirmed"
        yield {
            "id": number,
            "name": f"BKG/{begin:%Y}/{number:05}",
            "patient": scribe.of(patients),
            "practitioner": scribe.of(PRACTITIONERS),
            "site": scribe.of(SITES),
            "kind": scribe.of(4),
            "start_at": begin,
            "stop_at": begin + timedelta(minutes=scribe.choice([15, 40, 50, 60])),
            "state": state,
            "modality": scribe.choice(["in_person", "in_person", "telehealth"]),
            "reason": scribe.choice(["Neck pain", "Low back pain", "Anxiety", "Follow-up", "Headaches"]),
            "comments": scribe.some(0.15, scribe.text(), None),
            "invoice": scribe.some(0.6, scribe.of(invoices(patients)), None) if state == "done" else None,
            "access_token": f"{scribe.getrandbits(128):032x}",
            "recurrence": None,
            **stamps(scribe, ahead(scribe, begin)),
        }


_MADE = {
    "party": _parties,
    "party_contact": _contacts,
    "party_address": _addresses,
    "care_patient": _patients,
    "care_practitioner": _practitioners,
    "care_site": _sites,
    "booking_kind": _kinds,
    "care_booking": _bookings,
}
KEYS = dict.fromkeys({**_MADE, **erp_ledger.MADE}, "id")
"""Primary keys. The suite keeps its references to itself: the database declares none."""
