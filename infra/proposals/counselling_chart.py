"""What infra/proposals/counselling.py keeps of its sessions: calendar, notes, treatment plans and questionnaires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.proposals.counselling_caseload import (
    BOOKED,
    CANCELED,
    COUPLES_DIAGNOSIS,
    KEPT,
    LATE,
    OFFICES,
    SUPERVISORS,
    admitted,
    changed,
    client_of,
    clinician_of,
    diagnosis_of,
    session_of,
    sessions,
    stamps,
    utc,
)
from infra.proposals.scribe import LAST, Row, Scribe

_KINDS = {"90791": "INT", "90834": "IND", "90837": "IND", "90847": "CPL", "90853": "GRP"}
_BRINGS = (
    "Cl reported increased worry re: job review and slept ~4 hrs/night.",
    "Cl presented tearful, processed argument w/ mother over the weekend.",
    "Client arrived 10 min late, oriented x4, affect constricted.",
    "Partners described the same fight two ways; cl A withdrew when cl B raised voice.",
    "Cl shared completing 3 of 5 exposures. Denied SI/HI/SIB.",
    'Anniversary of brother\'s death this week; grief waves, "like being hit by a truck".',
    "Discussed drinking: 4 nights, 2-3 drinks, down from daily.",
)
_SEES = (
    "Sx of anxiety moderately improved; insight good.",
    "Mood depressed, congruent. No psychosis. Protective factors: kids, faith community.",
    "Avoidance maintaining PTSD sx. Window of tolerance widening.",
    "Pursue/withdraw cycle identified by both w/ less blame.",
    "Medically necessary to continue at current LOC.",
)
_NEXT = (
    "Cont weekly. Thought record before next session.",
    "Begin target #2 (EMDR phase 4).",
    "Coordinate w/ PCP re: sertraline once ROI signed.",
    "Review safety plan each session x4.",
    "Homework: 20-min stress-reducing conversation daily.",
)
_INTERVENTIONS = (
    "cog_restruct",
    "exposure",
    "emdr_processing",
    "psychoed",
    "mindfulness",
    "safety_plan",
    "eft_enact",
    "mi",
)
_DESK = (
    "back door ok", "needs ASL interp", "copay card declined, ask", "parent waits in lobby", "hybrid?",
    "first time in Midway", "bring PHQ clipboard",
)  # fmt: skip
_REASONS = ("sick", "childcare", "Work conflict", "weather", "clinician out", "forgot", "insurance lapsed")
_PROBLEMS = (
    "Panic attacks 2-3x/wk since promotion, avoids highway driving.",
    "Low mood, anhedonia, isolating since divorce.",
    "Intrusive memories and nightmares following MVA.",
    "Conflict and loss of trust after affair disclosure.",
    "School refusal, somatic complaints on Sunday nights.",
)
_GOALS = (
    "Reduce panic attacks to fewer than one per month", "Return to work full time", "Sleep 7 hours 5 nights of 7",
    "Restore trust and share finances openly", "Attend school 90% of days", "Reduce PHQ-9 below 10",
)  # fmt: skip
_STEPS = (
    "Cl will practice diaphragmatic breathing daily", "Cl will identify 3 cognitive distortions per week",
    "Couple will hold weekly check-in without phones", "Cl will drive on 35W with therapist on phone",
    "Cl will contact one friend per week", "Caregiver will implement morning routine chart",
)  # fmt: skip
_MEASURES = (", self-report,", " per log", " AEB partner report", ", with prompts,", "", " (PHQ/GAD trend)")
_INSTRUMENTS = {"PHQ9": (9, 3), "GAD7": (7, 3), "PCL5": (20, 4), "RDAS": (14, 5)}
"""How many items each has, and the highest answer to one."""


def _sessions(scribe: Scribe, patients: int) -> Iterator[Row]:
    for one in sessions(patients):
        online, off = scribe.random() < 0.55, one.status in {CANCELED, LATE}
        booked = min(one.starts, LAST) - timedelta(days=scribe.randint(1, 21), minutes=scribe.randrange(400))
        asked = one.starts - timedelta(hours=scribe.randint(2, 20) if one.status == LATE else scribe.randint(26, 90))
        yield {
            "id": session_of(one.number),
            "client_id": None if one.client is None else client_of(one.client),
            "household_id": one.household,
            "clinician_id": one.clinician,
            "office_id": OFFICES if online else scribe.randint(1, OFFICES - 1),
            "begins": utc(one.starts),
            "ends": utc(one.ends),
            "kind": _KINDS[one.code],
            "status": one.status,
            "cpt_code": one.code,
            "is_telehealth": online,
            "join_url": f"https://linden.telehealth.example/j/{scribe.digits(10)}" if online else "",
            "fee": one.fee,
            "rrule": scribe.some(0.5, f"FREQ=WEEKLY;INTERVAL={scribe.choice([1, 1, 2])}"),
            "canceled_at": utc(min(asked, LAST)) if off else None,
            "cancel_reason": scribe.choice(_REASONS) if off else "",
            "front_desk_note": scribe.some(0.12, f"{scribe.choice(_DESK)}; {scribe.choice(_DESK)} {booked:%m/%d}"),
            **stamps(scribe, booked),
        }


def _notes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for one in sessions(patients):
        if one.status != KEPT or scribe.random() < 0.05:
            continue
        client, made = one.payer_of_bill, one.ends + timedelta(minutes=scribe.randint(2, 2000))
        signed, below = scribe.random() < 0.93, one.clinician not in SUPERVISORS and one.clinician % 2 == 0
        yield {
            "id": 880 + one.number,
            "session_id": session_of(one.number),
            "client_id": client_of(client),
            "author_id": one.clinician,
            "template": "INTAKE" if one.code == "90791" else scribe.choice(["DAP", "DAP", "DAP", "BIRP", "GROUP"]),
            "data": f"{scribe.choice(_BRINGS)} {scribe.choice(_BRINGS)} SUDS {scribe.randint(2, 9)}.",
            "assessment": f"{scribe.choice(_SEES)} GAF est {scribe.randint(45, 80)}.",
            "plan": f"{scribe.choice(_NEXT)} RTC {one.starts + timedelta(days=7):%m/%d}.",
            "interventions": scribe.sample(_INTERVENTIONS, scribe.randint(1, 3)),
            "si_risk": scribe.choice(["NONE"] * 9 + ["PASSIVE", "LOW", "MOD"]),
            "dx": COUPLES_DIAGNOSIS if one.household else diagnosis_of(client),
            "signed_at": utc(min(made, LAST)) if signed else None,
            "cosigner_id": scribe.choice(SUPERVISORS) if signed and below else None,
            "cosigned_at": utc(min(made + timedelta(days=scribe.randint(1, 6)), LAST)) if signed and below else None,
            **stamps(scribe, made),
        }


def _plans(scribe: Scribe, patients: int) -> Iterator[Row]:
    for client in range(1, patients + 1):
        if client % 7 == 0:
            continue
        began = admitted(client) + timedelta(days=scribe.randint(7, 30))
        yield {
            "id": 60 + client,
            "client_id": client_of(client),
            "clinician_id": clinician_of(client),
            "primary_dx": diagnosis_of(client),
            "presenting_problem": f"{scribe.choice(_PROBLEMS)} Onset ~{scribe.randint(1, 36)} mo ago.",
            "frequency": scribe.choice(["WK", "WK", "BIWK", "MO"]),
            "starts_on": began.date(),
            "review_due": (began + timedelta(days=scribe.choice([90, 180]))).date(),
            "status": scribe.choice(["ACTIVE", "ACTIVE", "DRAFT", "CLOSED", "SUPERSEDED"]),
            "client_signed_at": scribe.some(0.75, utc(min(began + timedelta(days=2), LAST)), None),
            "modified": changed(scribe, began),
        }


def _goals(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 300
    for client in range(1, patients + 1):
        if client % 7 == 0:
            continue
        began = admitted(client) + timedelta(days=scribe.randint(7, 30))
        number += 1
        goal = number
        for step in range(scribe.randint(1, 4)):
            if step:
                number += 1
            state, what = (
                scribe.choice(["NS", "IP", "IP", "IP", "MET", "DROP"]),
                scribe.choice(_STEPS if step else _GOALS),
            )
            yield {
                "id": number,
                "plan_id": 60 + client,
                "parent_id": goal if step else None,
                "statement": f"{what}{scribe.choice(_MEASURES)} x{scribe.randint(2, 12)} wks",
                "target_date": scribe.some(0.8, (began + timedelta(days=scribe.choice([60, 90, 180]))).date(), None),
                "pct_progress": 100 if state == "MET" else scribe.choice([0, 10, 25, 40, 50, 75]),
                "state": state,
                "ordinal": step,
                "modified": utc(min(began + timedelta(days=scribe.randint(0, 200)), LAST)),
            }


def _responses(scribe: Scribe, patients: int) -> Iterator[Row]:
    number = 0
    for one in sessions(patients):
        if one.client is None or one.status == BOOKED or scribe.random() < 0.45:
            continue
        number += 1
        instrument = scribe.choice(["PHQ9", "PHQ9", "GAD7", "GAD7", "PCL5", "RDAS"])
        items, highest = _INSTRUMENTS[instrument]
        tilt = scribe.choice([0.4, 0.7, 1.0, 1.5, 2.6])
        weights = [tilt**answer for answer in range(highest + 1)]
        answers = {
            f"{instrument.lower()}_{item}": scribe.choices(range(highest + 1), weights)[0]
            for item in range(1, items + 1)
        }
        done, sent = scribe.random() < 0.82, one.starts - timedelta(days=2, minutes=scribe.randrange(300))
        score = sum(answers.values())
        yield {
            "id": number,
            "client_id": client_of(one.client),
            "session_id": scribe.some(0.85, session_of(one.number), None),
            "instrument": instrument,
            "sent_at": utc(sent),
            "submitted_at": utc(sent + timedelta(minutes=scribe.randint(9, 2700))) if done else None,
            "item_answers": answers if done else {},
            "score": score if done else None,
            "severity": _severity(score / (items * highest)) if done and instrument != "RDAS" else "",
            "si_item_positive": answers["phq9_9"] > 0 if done and instrument == "PHQ9" else None,
            "reviewed_by_id": scribe.some(0.8, one.clinician, None) if done else None,
            "link_token": f"{scribe.getrandbits(160):040x}",
        }


def _severity(share: float) -> str:
    """share: of the highest score there is."""
    return (
        "MIN"
        if share < 0.18
        else "MILD"
        if share < 0.36
        else "MOD"
        if share < 0.54
        else "MODSEV"
        if share < 0.72
        else "SEV"
    )


MADE = {
    "scheduling_session": _sessions,
    "charting_note": _notes,
    "charting_treatmentplan": _plans,
    "charting_goal": _goals,
    "assessments_response": _responses,
}
