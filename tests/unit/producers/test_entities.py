"""What rows are told to be when the name of their table says nothing: by what their fields say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from producers.propose.proposal import THRESHOLD, ObjectProposal, propose
from tests.unit.producers.profile.survey_world import survey

_BEGIN = datetime(2025, 1, 6, 9, tzinfo=UTC)
_PEOPLE = [
    {
        "bozo_id": 5000 + n,
        "first_name": f"Ada{n}",
        "last_name": f"Bell{n}",
        "birth_date": f"19{40 + n}-05-04",
        "email": f"ada{n}@home.example",
    }
    for n in range(40)
]
_HEALERS = [
    {"healer_id": 900 + n, "first_name": f"Eve{n}", "last_name": f"Shaw{n}", "email": f"e{n}@c.example"}
    for n in range(8)
]
_SITES = [
    {
        "hub_id": 70 + n,
        "hub_name": f"House {n}",
        "street": f"{n} Elm St",
        "city": "Xenia",
        "phone": f"(937) 555-01{n:02}",
    }
    for n in range(6)
]


def _turns(**fields: Any) -> list[dict[str, Any]]:
    return [
        {
            "turn_id": n,
            "bozo_id": 5000 + n % 40,
            "healer_id": 900 + n % 8,
            "begins_at": _BEGIN + timedelta(hours=n),
            "status": ("open", "kept")[n % 2],
            **fields,
        }
        for n in range(120)
    ]


def _proposed(tmp_path: Path, **tables: list[dict[str, Any]]) -> Mapping[str, ObjectProposal]:
    everything = {"bozo": _PEOPLE, "healer": _HEALERS, "hub": _SITES, "turn": _turns(), **tables}
    keys = {name: f"{name}_id" for name in everything}
    return {one.facts.name: one for one in propose(survey(everything, tmp_path, keys=keys))}


def test_fields_tell_what_names_do_not(tmp_path: Path) -> None:
    found = _proposed(tmp_path)
    told = {name: (one.kind.entity, one.kind.target) for name, one in found.items()}
    assert told == {
        "bozo": ("patient", "person"),
        "healer": ("person", "person"),
        "hub": ("organization", "company"),
        "turn": ("appointment", "task"),
    }
    assert all(one.kind.confidence >= THRESHOLD for one in found.values())


def test_what_costs_money_is_no_appointment(tmp_path: Path) -> None:
    assert _proposed(tmp_path, turn=_turns(fee_amount=12.5))["turn"].kind.target == "custom"


@pytest.mark.parametrize("name", ["appointment_type", "user_settings"])
def test_what_only_serves_the_software_is_asked_about(tmp_path: Path, name: str) -> None:
    rows = [{f"{name}_id": n, "name": f"N{n}", "colour": f"c{n}", "position": n} for n in range(70)]
    assert _proposed(tmp_path, **{name: rows})[name].kind.confidence < THRESHOLD


def test_a_log_of_what_the_software_did_is_left_out(tmp_path: Path) -> None:
    rows = [{"audit_id": n, "name": f"N{n}", "colour": f"c{n}", "position": n} for n in range(70)]
    kind = _proposed(tmp_path, audit=rows)["audit"].kind
    assert (kind.entity, kind.target) == ("workings", "")
    assert kind.confidence >= THRESHOLD


@pytest.mark.parametrize(
    ("column", "value", "place"),
    [
        ("contact_email", "a{n}@b.example", "emails"),
        ("phone_type", "kind {n}", "TEXT"),
        ("email_source", "list {n}", "TEXT"),
        ("home_number", "(937) 555-01{n}", "phones"),
    ],
)
def test_the_last_word_of_a_column_counts(tmp_path: Path, column: str, value: str, place: str) -> None:
    people = [{name: text for name, text in row.items() if name != "email"} for row in _PEOPLE]
    rows = [{**row, column: value.format(n=n + 10)} for n, row in enumerate(people)]
    lines = _proposed(tmp_path, bozo=rows)["bozo"].certain
    assert [line.place for line in lines if line.column == column] == [place]


def test_whoever_a_row_is_assigned_to_works_there(tmp_path: Path) -> None:
    staff = [{"users_id": 10 + n, "login": f"u{n}", "email": f"u{n}@c.example"} for n in range(9)]
    rows = [{**row, "assigned_to": 10 + n % 9} for n, row in enumerate(_turns())]
    lines = _proposed(tmp_path, users=staff, turn=rows)["turn"].certain
    assert "-> users" in [line.place for line in lines if line.column == "assigned_to"]


def test_a_second_key_is_a_question(tmp_path: Path) -> None:
    rows = [{**row, "guid": f"00000000-0000-4000-8000-{n:012}"} for n, row in enumerate(_PEOPLE)]
    assert "guid" not in [line.column for line in _proposed(tmp_path, bozo=rows)["bozo"].certain]


def test_credit_notes_are_money_and_nothing_written(tmp_path: Path) -> None:
    rows = [{"credit_notes_id": n, "bozo_id": 5000 + n % 40, "amount": n + 0.5} for n in range(40)]
    one = _proposed(tmp_path, credit_notes=rows)["credit_notes"]
    assert one.kind.target == "custom"


def test_a_time_and_somebody_who_acts_may_be_a_task(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "status"} for row in _turns()]
    assert _proposed(tmp_path, turn=rows)["turn"].kind.confidence < THRESHOLD


def test_who_may_become_a_patient_is_an_opportunity_where_a_stage_is_kept(tmp_path: Path) -> None:
    rows = [
        {"enquiries_id": n, "forename": f"Kim{n}", "surname": f"Lund{n}", "telephone": f"(617) 555-02{n:02}"}
        for n in range(40)
    ]
    assert _proposed(tmp_path, enquiries=rows)["enquiries"].kind.confidence < THRESHOLD
    staged = [{**row, "stage": ("new", "won")[n % 2]} for n, row in enumerate(rows)]
    kind = _proposed(tmp_path, enquiries=staged)["enquiries"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("opportunity", True)


def test_the_change_time_of_a_part_is_not_that_of_the_row(tmp_path: Path) -> None:
    rows = [
        {**row, "photo_updated_at": _BEGIN, "updated_at": _BEGIN + timedelta(hours=n)} for n, row in enumerate(_PEOPLE)
    ]
    assert _proposed(tmp_path, bozo=rows)["bozo"].changed_at == "updated_at"


def test_what_has_a_price_is_of_the_business(tmp_path: Path) -> None:
    rows = [{"gubbins_id": n, "brand": f"B{n}", "colour": f"c{n % 3}", "shelf": f"s{n}"} for n in range(70)]
    assert _proposed(tmp_path, gubbins=rows)["gubbins"].kind.confidence < THRESHOLD
    priced = [{**row, "cost_amount": n + 0.5} for n, row in enumerate(rows)]
    kind = _proposed(tmp_path, gubbins=priced)["gubbins"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("custom", True)


@pytest.mark.parametrize(("name", "target"), [("guarantor", "person"), ("household", "person"), ("gubbins", "")])
def test_whoever_pays_for_patients_is_somebody(tmp_path: Path, name: str, target: str) -> None:
    rows = [
        {f"{name}_id": 7000 + n, "bozo_id": 5000 + n % 40, "first_name": f"Kim{n}", "last_name": f"Lund{n}"}
        for n in range(60)
    ]
    for n, row in enumerate(rows):
        row["phone"] = f"(617) 555-02{n:02}"
    kind = _proposed(tmp_path, **{name: rows})[name].kind
    assert (kind.target if kind.confidence >= THRESHOLD else "") == target


def test_the_day_of_an_appointment_is_due_though_its_time_is_beside_it(tmp_path: Path) -> None:
    rows = [
        {
            **{name: value for name, value in row.items() if name != "begins_at"},
            "turn_date": row["begins_at"].date(),
            "referral_date": row["begins_at"].date(),
            "turn_time": row["begins_at"].strftime("%H:%M"),
        }
        for row in _turns()
    ]
    lines = _proposed(tmp_path, turn=rows)["turn"].certain
    assert {line.column: line.place for line in lines if line.column.endswith("date")} == {
        "turn_date": "dueAt",
        "referral_date": "DATE",
    }


def test_rows_of_rows_are_objects_too(tmp_path: Path) -> None:
    claims = [{"claims_id": 300 + n, "bozo_id": 5000 + n % 40, "total_amount": n + 0.5} for n in range(60)]
    rows = [{"blib_id": n, "claims_id": 300 + n % 60, "gizmo": f"g{n % 7}", "position": n} for n in range(90)]
    kind = _proposed(tmp_path, claims=claims, blib=rows)["blib"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("custom", True)


def test_what_is_named_after_patients_and_says_more_belongs_to_them(tmp_path: Path) -> None:
    led = [{"bozo_patient_gizmo_id": n, "bozo_id": 5000 + n % 40, "hub_id": 70 + n % 6} for n in range(60)]
    kind = _proposed(tmp_path, bozo_patient_gizmo=led)["bozo_patient_gizmo"].kind
    assert kind.confidence < THRESHOLD
    told = [{**row, "brand": f"B{n}", "colour": "red", "shelf": "a", "size": n} for n, row in enumerate(led)]
    kind = _proposed(tmp_path, bozo_patient_gizmo=told)["bozo_patient_gizmo"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("custom", True)


def test_visits_beside_the_appointments_that_name_them_are_objects_of_their_own(tmp_path: Path) -> None:
    seen = [{**row, "visit_id": 800 + n} for n, row in enumerate(_turns())]
    booked = [{**row, "appointment_id": n, "visit_id": 800 + n % 120} for n, row in enumerate(_turns())]
    alone = _proposed(tmp_path, visit=seen)["visit"].kind
    assert alone.target == "task"
    kind = _proposed(tmp_path, visit=seen, appointment=booked)["visit"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("custom", True)


def test_who_lives_together_is_an_object_of_its_own(tmp_path: Path) -> None:
    rows = [{"patient_household_id": n, "label": f"H{n}", "kind": "ab"[n % 2]} for n in range(30)]
    kind = _proposed(tmp_path, patient_household=rows)["patient_household"].kind
    assert (kind.target, kind.confidence >= THRESHOLD) == ("custom", True)


def test_the_name_of_a_bank_is_no_name_of_a_receipt(tmp_path: Path) -> None:
    rows = [{"receipt_id": n, "bozo_id": 5000 + n % 40, "amount": 4.5, "bank_name": "ABC"[n % 3]} for n in range(60)]
    lines = _proposed(tmp_path, receipt=rows)["receipt"].certain
    assert [line.place for line in lines if line.column == "bank_name"] == ["TEXT"]
