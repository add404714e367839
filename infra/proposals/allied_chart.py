"""What infra/proposals/allied.py keeps about a client: cases, appointments, notes, recalls, waiting, files, changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.proposals.allied_visits import (
    ACC,
    ACCOUNT,
    CANCELLED,
    COMPLETED,
    CONTACTS,
    LOCATIONS,
    PRACTITIONERS,
    SERVICES,
    appointment_of,
    case,
    case_of,
    cases,
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
    visits,
)
from infra.proposals.scribe import LAST, Row, Scribe

_CONDITIONS = (
    ("ankle sprain", "S550.", "Rolled ankle on uneven ground playing netball"),
    ("shoulder sprain", "S50..", "Lifting a fence post overhead, felt a pop"),
    ("lumbar sprain", "S572.", "Bent to lift a hay bale and felt sharp pain in low back"),
    ("neck sprain", "S570.", "Rear-ended at the lights, car stationary"),
    ("knee sprain", "S54..", "Twisted knee in a tackle, club rugby"),
    ("calf strain", "S5Q..", "Pushing off to sprint, felt a tear in calf"),
    ("tension headache", "F262.", ""),
    ("plantar fasciitis", "N2174", ""),
)
_SAID = (
    "Feels about 60% better, still stiff first thing.",
    "Sleeping through now. Some ache after a day on the tractor.",
    "Flare up after the weekend's game.",
    "Sat at desk all week, R) sided ache returned.",
)
_FOUND = (
    "AROM L/S flex to mid shin, ext 1/2 range. SLR 70/80. Neuro NAD.",
    "WB lunge 8cm L, 12cm R. ATFL tender ++. Ant drawer 1+.",
    "C/S rot R 60, L 75. Palp: tight UFT, stiff C5/6.",
    "Sh flex 150 with painful arc. ER 4/5.",
)
_DONE = (
    "STM QL + glutes, Gr III L4/5 PA 3x30s.",
    "US + taping, proprioception ex on wobble board.",
    "Diversified adj C5, T4. Drop table pelvis.",
    "Needling x4 UFT & levator, 10 min. Consent given.",
)
_NEXT = ("R/v 1/52.", "HEP updated, r/v 2/52. RTS plan next visit.", "Write to GP re imaging.", "D/c if symptom free.")
_ASKED = (
    "Meds: ibuprofen prn.",
    "HEP done most days.",
    "No P&N, no night pain.",
    "Back at light duties.",
    "Red flags nil.",
)
_TOLD = (
    "Ice after training.",
    "Avoid loaded flexion.",
    "Desk set-up discussed.",
    "Off work cert 5/7.",
    "Continue tape.",
)
_WHERE = ("at home", "at Saxton field", "in the milking shed", "on SH6", "at work", "on the Abel Tasman track")
_HEARD = (
    "LM",
    "Rang, no answer",
    "text dont ring",
    "Short notice ok",
    "only with female physio",
    "bring xray",
    "prefers lower plinth",
)
_SINCE = (
    "will ring back after calving",
    "away till school hols",
    "moved to Blenheim",
    "mum will drive",
    "asks re parking",
)
_FILES = (
    ("ACC45 signed", "pdf", "application/pdf", "acc"),
    ("gp referral", "pdf", "application/pdf", "referral"),
    ("xray L ankle", "jpg", "image/jpeg", "imaging"),
    ("USS report", "pdf", "application/pdf", "imaging"),
    ("IMG_2041", "HEIC", "image/heic", "photo"),
    ("discharge letter", "doc", "application/msword", "letter"),
)
_GONE = 0.03
"""The share of appointments whose client was removed."""


def _remark(scribe: Scribe) -> str:
    return f"{scribe.choice(_HEARD)} {scribe.randint(1, 28)}/{scribe.randint(1, 12)}, {scribe.choice(_SINCE)}"


def _cases(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, cases(patients) + 1):
        one = case(number, patients)
        (what, code, how), accident = scribe.choice(_CONDITIONS[:6] if one.accident else _CONDITIONS), one.accident
        side, closed = scribe.choice(["left", "right", "bilateral", None]), one.opened + timedelta(days=60)
        done, approved = closed < LAST and scribe.random() < 0.8, accident and scribe.random() < 0.3
        happened = (one.opened - timedelta(days=scribe.randrange(1, 25))).replace(minute=0, second=0)
        yield {
            "id": case_of(number),
            "client_id": client_of(one.client),
            "practitioner_id": practitioner_of(one.practitioner),
            "referrer_id": scribe.some(0.3, contact_of(scribe.randint(1, CONTACTS - 8)), None),
            "payer_id": payer_of(ACC) if accident else scribe.some(0.2, payer_of(scribe.randint(2, 7)), None),
            "name": f"{(side or '').title()} {what}".strip().capitalize(),
            "status": "discharged" if done else scribe.choice(["open", "open", "on_hold"]),
            "opened_on": one.opened.date(),
            "closed_on": closed.date() if done else None,
            "side": side,
            "read_code": scribe.some(0.95, code, None),
            "acc_claim_number": "".join(scribe.choices("ABFTMX", k=2)) + scribe.digits(5) if accident else None,
            "acc_status": scribe.choice(["accepted", "accepted", "accepted", "held", "declined"]) if accident else None,
            "accident_at": utc(happened) if accident else None,
            "accident_scene": scribe.choice(["Home", "Sport", "Work", "Road", "Farm"]) if accident else None,
            "accident_description": f"{how}, {happened:%a} {scribe.choice(_WHERE)}." if accident else None,
            "work_related": int(accident and scribe.random() < 0.3),
            "approved_visits": scribe.choice([6, 12, 16]) if approved else None,
            "visits_used": scribe.randint(0, 9),
            "approval_expires_on": (one.opened + timedelta(days=365)).date() if approved else None,
            "case_manager_id": contact_of(scribe.randint(CONTACTS - 7, CONTACTS)) if approved else None,
            **stamps(scribe, one.opened),
        }


def _appointments(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        booked = min(visit.starts, LAST) - timedelta(days=scribe.randrange(1, 15), minutes=scribe.randrange(300))
        came, gone = visit.status == COMPLETED, scribe.random() < _GONE
        again = scribe.random() < 0.15 and visit.number > 1
        yield {
            "id": appointment_of(visit.number),
            "account_id": ACCOUNT,
            "client_id": client_of(patients + visit.number) if gone else client_of(visit.case.client),
            "practitioner_id": practitioner_of(visit.case.practitioner),
            "location_id": location_of(visit.location),
            "room_id": scribe.some(0.8, scribe.choice(rooms_of(visit.location)), None),
            "service_id": service_of(visit.service),
            "case_id": scribe.some(0.9, case_of(visit.case.number), None),
            "starts_at": utc(visit.starts),
            "ends_at": utc(visit.starts + timedelta(minutes=45 if visit.service in (1, 3) else 30)),
            "status": visit.status,
            "cancellation_reason": scribe.choice(["Sick", "Work", "feeling better", "Weather", "Other"])
            if visit.status == CANCELLED
            else None,
            "arrived_at": utc(visit.starts - timedelta(minutes=scribe.randint(0, 12))) if came else None,
            "reminder_sent_at": scribe.some(0.85, utc(visit.starts - timedelta(days=1)), None)
            if visit.starts < LAST
            else None,
            "booked_online": int(scribe.random() < 0.3),
            "repeat_of_id": appointment_of(scribe.randint(max(1, visit.number - 6), visit.number - 1))
            if again
            else None,
            "notes": scribe.some(0.15, _remark(scribe), None),
            "created_by_id": scribe.some(0.7, user_of(scribe.randint(1, PRACTITIONERS + 5)), None),
            "deleted_at": utc(booked + timedelta(hours=2)) if scribe.random() < 0.03 else None,
            **stamps(scribe, booked),
        }


def _notes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for visit in visits(patients):
        if visit.status != COMPLETED or scribe.random() < 0.08:
            continue
        made, sealed = visit.starts + timedelta(minutes=35), scribe.random() < 0.9
        number = visit.number
        yield {
            "id": 1_120_000 + 4 * number,
            "client_id": client_of(visit.case.client),
            "practitioner_id": practitioner_of(visit.case.practitioner),
            "appointment_id": appointment_of(number),
            "case_id": case_of(visit.case.number),
            "template_name": scribe.choice(
                ["SOAP - follow up", "SOAP - follow up", "Initial assessment", "Chiro visit"]
            ),
            "treated_on": visit.starts.date(),
            "subjective": f"<div>{scribe.choice(_SAID)} {scribe.choice(_ASKED)} VAS {scribe.randint(1, 8)}/10.</div>",
            "objective": scribe.some(0.9, f"<div>{scribe.choice(_FOUND)}<br>{scribe.choice(_FOUND)}</div>"),
            "treatment": f"<div>{scribe.choice(_DONE)}<br>{scribe.choice(_DONE)}</div>",
            "plan": scribe.some(0.85, f"<div>{scribe.choice(_NEXT)} {scribe.choice(_TOLD)}</div>", None),
            "pain_score": scribe.some(0.6, scribe.randint(0, 9), None),
            "body_chart_path": scribe.some(0.2, f"body_charts/{ACCOUNT}/{1_120_000 + 4 * number}.png", None),
            "finalised_at": utc(made + timedelta(hours=scribe.randrange(30))) if sealed else None,
            **stamps(scribe, made),
        }


def _recalls(scribe: Scribe, patients: int) -> Iterator[Row]:
    seen = visits(patients)
    for number in range(1, patients):
        visit = scribe.choice(seen)
        made = min(visit.starts, LAST)
        status = scribe.choice(["pending", "sent", "sent", "booked", "declined"])
        yield {
            "id": 30_100 + number,
            "client_id": client_of(visit.case.client),
            "practitioner_id": practitioner_of(visit.case.practitioner),
            "reason": scribe.choice(
                ["3 month check", "Spinal check", "Return to sport review", "ACC expiring", "DNA follow up"]
            ),
            "due_on": (made + timedelta(days=scribe.choice([14, 30, 90, 180]))).date(),
            "status": status,
            "channel": scribe.choice(["sms", "sms", "phone", "email"]),
            "sent_at": None if status == "pending" else utc(made + timedelta(days=scribe.randrange(3))),
            "appointment_id": appointment_of(scribe.choice(seen).number) if status == "booked" else None,
            "notes": scribe.some(0.25, _remark(scribe)),
            **stamps(scribe, made),
        }


def _waiting(scribe: Scribe, patients: int) -> Iterator[Row]:
    seen = visits(patients)
    for number in range(1, patients // 2):
        made, filled = scribe.past(300), scribe.random() < 0.4
        days = scribe.sample(["mon", "tue", "wed", "thu", "fri"], scribe.randint(1, 4))
        yield {
            "id": 5_600 + number,
            "client_id": client_of(scribe.randint(1, patients)),
            "practitioner_id": scribe.some(0.6, practitioner_of(scribe.randint(1, PRACTITIONERS)), None),
            "location_id": location_of(scribe.randint(1, LOCATIONS)),
            "service_id": service_of(scribe.randint(1, len(SERVICES))),
            "preferred_days": scribe.some(0.8, ",".join(days)),
            "preferred_time": scribe.choice(["am", "pm", "after_school", "any", "any"]),
            "priority": scribe.choice([0, 0, 0, 1, 2]),
            "wanted_until": scribe.some(0.7, (made + timedelta(days=scribe.choice([7, 14, 28]))).date(), None),
            "notes": scribe.some(0.3, _remark(scribe), None),
            "offered_at": utc(made + timedelta(days=3)) if filled else None,
            "appointment_id": appointment_of(scribe.choice(seen).number) if filled else None,
            **stamps(scribe, made),
        }


def _attachments(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3 // 2):
        one, made = case(scribe.randint(1, cases(patients)), patients), scribe.past()
        (stem, ending, content, category), identifier = scribe.choice(_FILES), 99_000 + 7 * number
        name = f"{stem}{scribe.some(0.7, f' {made:%d%m%y}')}.{ending}"
        kind, whose = scribe.choice(
            [("Client", client_of(one.client)), ("Client", client_of(one.client)), ("Case", case_of(one.number))]
        )
        yield {
            "id": identifier,
            "client_id": client_of(one.client),
            "attachable_type": kind,
            "attachable_id": whose,
            "category": category,
            "description": scribe.some(
                0.5, f"{scribe.choice(['Signed at desk', 'From radiology', 'Emailed by client'])} {made:%d/%m/%y}", None
            ),
            "file_file_name": name,
            "file_content_type": content,
            "file_file_size": scribe.randint(9_000, 4_800_000),
            "file_updated_at": utc(made),
            "storage_key": f"attachments/{ACCOUNT}/000/{identifier // 1000:03}/{identifier % 1000:03}/{name}",
            **stamps(scribe, made),
        }


def _versions(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        kind = scribe.choice(["Client", "Appointment", "Appointment", "Invoice"])
        yield {
            "id": 7_010_000 + 3 * number,
            "item_type": kind,
            "item_id": scribe.randint(48_210, 700_000),
            "event": scribe.choice(["create", "update", "update", "update", "destroy"]),
            "whodunnit": scribe.some(0.8, str(user_of(scribe.randint(1, PRACTITIONERS + 5))), None),
            "created_at": utc(scribe.past(400)),
        }


MADE = {
    "cases": _cases,
    "appointments": _appointments,
    "treatment_notes": _notes,
    "recalls": _recalls,
    "waiting_list_entries": _waiting,
    "attachments": _attachments,
    "versions": _versions,
}
