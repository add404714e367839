"""What infra/proposals/aesthetic.py writes about visits: diary, treatment cards, consents, photos, history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from infra.proposals.aesthetic_menu import (
    LASER,
    NEEDLE,
    PRESCRIBERS,
    STAFF,
    TALK,
    Visit,
    guid,
    identity,
    kept,
    midnight,
    modified,
    money,
    row_version,
    stamped,
    visits,
)
from infra.proposals.aesthetic_till import course_key
from infra.proposals.scribe import LAST, Row, Scribe

_PER_CLIENT = 4
_ROOMS = ("Room 1", "Room 1", "Room 2", "Room 3", "LASER", "Consult Rm")
_DEVICES = ("AlexLase 755", "NdYag Pro 1064", "Q-Lite 532/1064", "IPL-560")
_AREAS = {
    LASER: ("Upper lip", "Underarms", "Lower legs", "Full face", "Chin", "L forearm tattoo"),
    NEEDLE: ("Glabella", "Glabella, forehead", "Glabella, forehead, crow's feet", "Lips", "Cheeks", "Axillae"),
    "skin": ("Full face", "Face + neck", "Neck x3 tags", "Cheeks"),
}
_DOSES = {"TOX-100": (100, 200, 400, 1000), "TOX-050": (100, 200, 500), "FIL-V1": (5, 10), "FIL-L05": (3, 5)}
"""Tenths of a unit of toxin, or of a millilitre of filler."""
_SAID = (
    "Shaved on arrival. Test shot ok, full pass completed, perifollicular erythema as expected.",
    "Pt happy with last session, approx 40% reduction. Increased fluence slightly.",
    "Discussed risks: bruising, asymmetry, ptosis. Written aftercare given.",
    "No change to medical hx. Not pregnant, no new meds. Tolerated well, cool air throughout.",
    "Bruise L side, arnica advised. Review 2/52.",
    "2 x 0.5ml via cannula, bolus to commissures. Cap refill <2 secs.\r\nPt shown mirror, pleased.",
    "Mild frosting to nose, neutralised at 3 mins. SPF50 + no retinol 7/7.",
    "Client arrived tanned from holiday - treatment declined on forehead, rest ok'd by Dr.",
)
_FORMS = {LASER: "Laser & IPL Consent", NEEDLE: "Injectables Consent", "skin": "Skin Treatment Consent"}
_SKIN_TYPES = ("I", "II", "II", "III", "III", "IV", "V", "VI")
_CANCELLED = 6
_PURGED = 640
"""A client whose row was deleted by hand; bookings still name it."""
_PNG = b"\x89PNG\r\n\x1a\n"


def _bookings(scribe: Scribe, clients: int) -> Iterator[Row]:
    earlier: dict[int, int] = {}
    for visit in visits(clients):
        offer, blocked = visit.offer, not visit.client
        booked = min(visit.begin, LAST) - timedelta(days=scribe.randrange(1, 70), minutes=scribe.randrange(400))
        here, off = visit.status == 4 and not blocked, visit.status == _CANCELLED and not blocked
        key = identity(visit.number, _PER_CLIENT)
        before = earlier.pop(visit.client, None)
        if off:
            earlier[visit.client] = key
        note = scribe.some(
            0.3, scribe.choice(["running late", "wants Claire only", "Deposit waived - DR", "1st time"]), None
        )
        yield {
            "BookingID": key,
            "ClientID": None if blocked else _PURGED if visit.number % 130 == 7 else identity(visit.client),
            "StaffID": visit.staff,
            "SiteID": visit.site,
            "ServiceID": None if blocked else visit.service,
            "Room": scribe.some(0.85, scribe.choice(_ROOMS), None),
            "StartTime": visit.begin,
            "EndTime": visit.begin + timedelta(minutes=60 if blocked else offer.minutes),
            "BookingStatus": 1 if blocked else visit.status,
            "BookedVia": scribe.choice(["Phone", "Phone", "Desk", "Online", "App"]),
            "ClientCourseID": course_key(visit.course),
            "Deposit": money(scribe.some(0.25, 2500, 0)),
            "ArrivedAt": stamped(scribe, visit.begin - timedelta(minutes=scribe.randrange(-6, 15))) if here else None,
            "CancelledAt": stamped(scribe, booked + timedelta(hours=scribe.randrange(1, 20))) if off else None,
            "CancelReason": scribe.choice(["Unwell", "Work", "Childcare", "Clinic cancelled", ""]) if off else None,
            "RebookedFromID": before,
            "ReminderSentAt": stamped(scribe, visit.begin - timedelta(hours=24)) if here else None,
            "Notes": scribe.choice(["LUNCH", "Training - new laser", "Stock take", "HOLD"]) if blocked else note,
            "BookedByID": scribe.some(0.8, scribe.of(STAFF), None),
            "DateCreated": stamped(scribe, booked),
            "DateModified": modified(scribe, booked, 30),
            "RowVer": row_version(20_000 + visit.number),
        }


def _treated(clients: int) -> Iterator[Visit]:
    return (visit for visit in kept(clients) if visit.offer.kind != TALK)


def _note(scribe: Scribe, old: bool) -> str:
    """Before 2023 the program kept rich text."""
    plain = " ".join(scribe.sample(_SAID, scribe.choice([1, 1, 2])))
    body = plain.replace("\r\n", r"\par ")
    return rf"{{\rtf1\ansi\deff0{{\fonttbl{{\f0 Tahoma;}}}}\f0\fs17 {body}\par}}" if old else plain


def _cards(scribe: Scribe, clients: int) -> Iterator[Row]:
    for visit in _treated(clients):
        laser, needle = visit.offer.kind == LASER, visit.offer.kind == NEEDLE
        at = stamped(scribe, visit.begin + timedelta(minutes=scribe.randrange(3, 20)))
        stock = scribe.choice(list(_DOSES)) if needle else None
        yield {
            "TreatmentID": guid("treatment", visit.number),
            "ClientID": identity(visit.client),
            "BookingID": identity(visit.number, _PER_CLIENT),
            "StaffID": visit.staff,
            "PrescriberID": scribe.choice(PRESCRIBERS) if needle else None,
            "ServiceID": visit.service,
            "TreatedAt": at,
            "Area": scribe.choice(_AREAS[visit.offer.kind]),
            "Device": scribe.choice(_DEVICES) if laser else None,
            "Fluence": Decimal(scribe.randrange(60, 280, 5)).scaleb(-1) if laser else None,
            "SpotSizeMm": Decimal(scribe.choice([30, 60, 100, 120, 150, 180])).scaleb(-1) if laser else None,
            "Shots": scribe.randrange(12, 480) if laser else None,
            "StockCode": stock,
            "BatchNo": f"{scribe.choice(['C', 'L', 'AB'])}{scribe.digits(5)}{scribe.choice(['', 'A', 'C3'])}"
            if needle
            else None,
            "UnitsUsed": Decimal(scribe.choice(_DOSES[stock])).scaleb(-1) if stock else None,
            "Reaction": scribe.choice(["None", "None", "Mild erythema", "Mild erythema", "Oedema", "Bruising", ""]),
            "Notes": _note(scribe, visit.begin.year < 2023),
            "DateModified": modified(scribe, at, 3),
        }


def _consents(scribe: Scribe, clients: int) -> Iterator[Row]:
    for visit in _treated(clients):
        if scribe.random() < 0.45:
            continue
        key, withdrawn = guid("consent", visit.number), scribe.random() < 0.05
        signed = stamped(scribe, visit.begin - timedelta(minutes=scribe.randrange(1, 12)))
        yield {
            "ConsentID": key,
            "ClientID": identity(visit.client),
            "BookingID": identity(visit.number, _PER_CLIENT),
            "TemplateName": _FORMS[visit.offer.kind],
            "TemplateVersion": "v1.4" if signed.year < 2024 else scribe.choice(["v2.0", "v2.1"]),
            "SignedAt": signed,
            "SignatureImage": scribe.some(0.9, _PNG + scribe.randbytes(scribe.randrange(40, 90)), None),
            "PdfPath": rf"Consents\{signed:%Y}\{key}.pdf",
            "WitnessID": scribe.some(0.6, visit.staff, None),
            "WithdrawnAt": modified(scribe, signed) if withdrawn else None,
        }


def _photos(scribe: Scribe, clients: int) -> Iterator[Row]:
    for visit in _treated(clients):
        if visit.number % 2:
            continue
        for position, stage in enumerate(scribe.choice([["Before"], ["Before", "After"]])):
            key = guid("photo", 10 * visit.number + position)
            at = stamped(scribe, visit.begin + timedelta(minutes=position * visit.offer.minutes + scribe.randrange(4)))
            yield {
                "PhotoID": key,
                "ClientID": identity(visit.client),
                "TreatmentID": guid("treatment", visit.number),
                "TakenAt": at,
                "TakenByID": visit.staff,
                "Angle": scribe.choice(["Front", "Front", "L45", "R45", "Left", "Right"]),
                "Stage": stage,
                "FilePath": rf"\\SKINSRV01\Images\{at:%Y}\{at:%m}\{key}.jpg",
                "FileSize": scribe.randrange(380_000, 4_900_000),
                "Caption": scribe.some(
                    0.3, scribe.choice(["Pre tx 1", "6/52 post", "frown at rest", "animated"]), None
                ),
                "MarketingOK": scribe.some(0.2, True, False),
            }


def _histories(scribe: Scribe, clients: int) -> Iterator[Row]:
    def ticked(share: float) -> str | None:
        asked, yes = scribe.random() < 0.95, scribe.random() < share
        return ("Y" if yes else "N") if asked else None

    for client in range(1, clients + 1):
        if client % 9 == 0:
            continue
        tested, filled = scribe.past(700), scribe.past(900)
        patch = scribe.random() < 0.45
        yield {
            "ClientID": identity(client),
            "SkinType": scribe.some(0.85, scribe.choice(_SKIN_TYPES), None),
            "Pregnant": ticked(0.02),
            "Pacemaker": ticked(0.03),
            "ColdSores": ticked(0.2),
            "KeloidScars": ticked(0.05),
            "Isotretinoin": ticked(0.06),
            "Smoker": scribe.choice([0, 0, 0, 1, 2]),
            "Allergies": scribe.some(
                0.3, scribe.choice(["Penicillin", "LATEX", "nuts, kiwi", "Lidocaine - ?", "NKDA"])
            ),
            "CurrentMeds": scribe.some(
                0.35, scribe.choice(["Levothyroxine 50mcg", "COCP", "Sertraline 100", "HRT patches"])
            ),
            "PatchTestOn": tested.date() if patch else None,
            "PatchTestResult": scribe.choice(["Pass", "Pass", "Pass", "Reaction"]) if patch else None,
            "ReviewDue": midnight(filled + timedelta(days=365)),
            "DateModified": modified(scribe, filled),
        }


MADE = {
    "Booking": _bookings,
    "TreatmentCard": _cards,
    "ConsentForm": _consents,
    "ClientPhoto": _photos,
    "ClientMedical": _histories,
}
