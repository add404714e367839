"""What infra/proposals/counselling.py bills: insurers by claims, other clients by superbills, and what either paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from infra.proposals.counselling_caseload import (
    COUPLES_DIAGNOSIS,
    KEPT,
    PAYERS,
    Session,
    admitted,
    called,
    changed,
    client_of,
    diagnosis_of,
    insured,
    session_of,
    sessions,
    stamps,
    utc,
)
from infra.proposals.scribe import LAST, Row, Scribe

_INSURERS = (
    ("North Star Blue (MN)", "00720", "COMM", "northstarblue.example"),
    ("HealthPath Partners", "55413", "COMM", "https://provider.healthpath.example"),
    ("Medina Health Plans", "94265", "COMM", "https://www.medinahp.example/providers"),
    ("YouCare PMAP", "52629", "MCO", "youcare.example"),
    ("Medical Assistance (MN DHS)", "41600", "MCAID", ""),
    ("Unified Behavioral", "87726", "COMM", "https://unifiedbehavioral.example"),
    ("Lakeland EAP", "", "EAP", "https://lakelandeap.example"),
    ("TriWest Region", "99726", "TRI", ""),
    ("Preferred First", "41147", "COMM", "preferredfirst.example"),
)
_PLANS = ("Choice Plus", "HSA Gold 3000", "PMAP", "High Value Network", "Open Access", "State Employee Advantage")
_DENIALS = ("CO-29", "CO-197", "PR-1", "CO-16", "PR-204", "CO-45")
_FIRST_CLAIM, _FIRST_COVERAGE = 4_400, 90
_PAID, _DENIED, _GIVEN = "PAID", "DENIED", "GIVEN"


@dataclass(frozen=True, slots=True)
class _Claim:
    """number: counted from one. superbill: the client sends it to an insurer, the practice does not."""

    number: int
    session: Session
    superbill: bool
    status: str
    allowed: Decimal
    copay: Decimal


@cache
def _claims(patients: int) -> tuple[_Claim, ...]:
    found: list[_Claim] = []
    for one in sessions(patients):
        scribe = Scribe(f"counselling claim {one.number}")
        if one.status != KEPT or (not insured(one.payer_of_bill) and scribe.random() < 0.5):
            continue
        superbill = not insured(one.payer_of_bill)
        old = one.starts < LAST - timedelta(days=45)
        billed = (
            scribe.choice([_PAID] * 8 + [_DENIED, "APPEAL"]) if old else scribe.choice(["SENT", "ACCEPTED", "DRAFT"])
        )
        allowed = (one.fee * scribe.choice([62, 71, 80]) / 100).quantize(Decimal("0.01"))
        copay = Decimal(scribe.choice(["0.00", "20.00", "25.00", "40.00"]))
        found.append(_Claim(len(found) + 1, one, superbill, _GIVEN if superbill else billed, allowed, copay))
    return tuple(found)


def _coverage_of(client: int) -> int:
    return _FIRST_COVERAGE + client


def _payer_of(client: int) -> int:
    return Scribe(f"counselling payer {client}").randint(1, PAYERS)


def _payers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, (name, edi, kind, site) in enumerate(_INSURERS[:PAYERS], 1):
        city, state, postcode = scribe.choice(
            [("Eagan", "MN", "55121"), ("Salt Lake City", "UT", "84130"), ("El Paso", "TX", "79998-1001")]
        )
        yield {
            "id": number,
            "name": name,
            "edi_payer_id": edi,
            "kind": kind,
            "in_network": number not in {6, 8},
            "claims_address": f"PO Box {scribe.digits(5)}",
            "city": city,
            "state": state,
            "zip": postcode,
            "provider_line": f"+1800555{scribe.randint(100, 199):04}",
            "portal_url": site,
            "modified": changed(scribe, scribe.past(1900)),
        }


def _coverages(scribe: Scribe, patients: int) -> Iterator[Row]:
    first = [
        (client, 1, _coverage_of(client), _payer_of(client)) for client in range(1, patients + 1) if insured(client)
    ]
    second = [
        (client, 2, _coverage_of(patients + client), 1 + client % PAYERS) for client, *_rest in first if client % 9 == 0
    ]
    for client, rank, number, payer in [*first, *second]:
        began, own = admitted(client), scribe.random() < 0.65
        yield {
            "id": number,
            "client_id": client_of(client),
            "payer_id": payer,
            "rank": rank,
            "member_no": f"{scribe.choice(['XZN', 'R', 'W', ''])}{scribe.digits(9)}",
            "group_no": scribe.some(0.7, scribe.choice([f"{scribe.digits(6)}", f"MN{scribe.digits(3)}-01", "NONE"])),
            "plan": scribe.some(0.8, scribe.choice(_PLANS)),
            "insured_is": "SELF" if own else scribe.choice(["SPO", "SPO", "CHD", "OTH"]),
            "insured_name": "" if own else f"{scribe.name()[0]} {called('client', client)[1]}",
            "insured_dob": None if own else date(1955, 1, 1) + timedelta(days=scribe.randrange(14_000)),
            "copay": scribe.some(0.85, Decimal(scribe.choice(["0.00", "20.00", "25.00", "40.00"])), None),
            "coinsurance_pct": scribe.some(0.4, scribe.choice([10, 20, 30]), None),
            "effective": scribe.some(0.9, date(began.year, 1, 1), None),
            "termed": scribe.some(0.12, date(2024, 12, 31), None),
            "verified_at": scribe.some(0.7, utc(min(began + timedelta(hours=3), LAST)), None),
            "card_front": scribe.some(
                0.5, f"insurance_cards/{client_of(client)}/front_{scribe.getrandbits(28):07x}.jpg"
            ),
            "modified": changed(scribe, began),
        }


def _claim_rows(scribe: Scribe, patients: int) -> Iterator[Row]:
    for one in _claims(patients):
        visit, client = one.session, one.session.payer_of_bill
        sent = visit.ends + timedelta(days=scribe.randint(1, 9), minutes=scribe.randrange(300))
        paid = max(one.allowed - one.copay, Decimal("0.00")) if one.status == _PAID else Decimal("0.00")
        codes = [COUPLES_DIAGNOSIS] if visit.household else [diagnosis_of(client)]
        owed = {_PAID: min(one.copay, one.allowed), _DENIED: visit.fee, _GIVEN: visit.fee}
        yield {
            "id": _FIRST_CLAIM + one.number,
            "claim_no": f"{'SB' if one.superbill else 'CLM'}-{visit.starts:%y%m}-{one.number:05}",
            "form": "SB" if one.superbill else "1500",
            "session_id": session_of(visit.number),
            "client_id": client_of(client),
            "coverage_id": None if one.superbill else _coverage_of(client),
            "rendering_id": visit.clinician,
            "dos": visit.starts.date(),
            "cpt_code": visit.code,
            "modifier": scribe.choice(["", "95", "95", "GT", "U4", "HN"]),
            "dx_codes": codes if scribe.random() < 0.7 else [*codes, "Z91.51"],
            "billed": visit.fee,
            "allowed": None if one.superbill or one.status != _PAID else one.allowed,
            "payer_paid": paid,
            "client_owes": owed.get(one.status, Decimal("0.00")),
            "status": one.status,
            "denial_code": scribe.choice(_DENIALS) if one.status in {_DENIED, "APPEAL"} else "",
            "submitted_at": None if one.superbill or one.status == "DRAFT" else utc(min(sent, LAST)),
            **stamps(scribe, min(visit.ends + timedelta(hours=1), LAST)),
        }


def _payments(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    claims = {one.session.number: one for one in _claims(patients)}
    for visit in sessions(patients):
        claim = claims.get(visit.number)
        by_payer = claim is not None and claim.status == _PAID and claim.allowed > claim.copay
        if claim is not None and by_payer:
            number += 1
            yield _payment(scribe, number, visit, claim.allowed - claim.copay, claim)
        share = claim.copay if claim is not None and not claim.superbill else visit.fee
        if visit.status == KEPT and share and scribe.random() < 0.85:
            number += 1
            yield _payment(scribe, number, visit, share, None)


def _payment(scribe: Scribe, number: int, visit: Session, amount: Decimal, claim: _Claim | None) -> Row:
    """claim: an insurer pays for it; None where clients pay themselves."""
    came = visit.ends + timedelta(days=scribe.randint(14, 40) if claim else 0, minutes=scribe.randint(1, 30))
    method = (
        scribe.choice(["EFT", "EFT", "EFT", "CHK"]) if claim else scribe.choice(["CARD"] * 6 + ["HSA", "CASH", "CHK"])
    )
    charged = method in {"CARD", "HSA"}
    refunded = charged and scribe.random() < 0.03
    return {
        "id": 7_000 + number,
        "client_id": None if visit.client is None else client_of(visit.client),
        "household_id": visit.household,
        "claim_id": _FIRST_CLAIM + claim.number if claim else None,
        "payer_id": _payer_of(visit.payer_of_bill) if claim else None,
        "amount": amount,
        "method": method,
        "received_on": min(came, LAST).date(),
        "reference": f"{'ERA' if method == 'EFT' else '#'}{scribe.randint(1001, 998_000)}"
        if method in {"EFT", "CHK"}
        else "",
        "stripe_charge": f"ch_3{scribe.getrandbits(92):023x}" if charged else "",
        "refunded_at": utc(min(came + timedelta(days=4), LAST)) if refunded else None,
        "memo": scribe.some(
            0.08, f"{scribe.choice(['copay', 'bal fwd', 'late cxl fee waived', 'split w/ ex'])} {came:%m/%d}"
        ),
        "created": utc(min(came, LAST)),
    }


MADE = {
    "billing_payer": _payers,
    "billing_coverage": _coverages,
    "billing_claim": _claim_rows,
    "billing_payment": _payments,
}
