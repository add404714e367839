"""Patients who are rows of a table of everybody: what is drafted of them, and what links to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from producers.propose.draft import Head, draft
from producers.propose.line import QUESTION
from producers.propose.proposal import ObjectProposal, propose
from producers.propose.writing import as_yaml
from schemas.mapping import SystemMapping
from schemas.mapping.document import parse_mapping
from tests.unit.producers.profile.survey_world import survey

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
EVERYBODY, PATIENTS = 60, 40


def stamps(number: int) -> dict[str, Any]:
    written = BEGAN + timedelta(hours=number)
    return {"create_uid": 1 + number % 4, "create_date": BEGAN, "write_uid": 1 + number % 3, "write_date": written}


def visits(patient: str) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            patient: 1 + number % PATIENTS,
            "start_at": BEGAN + timedelta(days=number),
            "reason": f"Knee {number % 5}",
            **stamps(number),
        }
        for number in range(1, 90)
    ]


def suite() -> Rows:
    """A business suite: a patient's ``name`` is the number of a party."""
    parties = [
        {"id": 100 + n, "name": f"Ada{n}", "lastname": f"Bell{n}", "dob": date(1970, 1, 1) + timedelta(days=n)}
        for n in range(1, EVERYBODY)
    ]
    patients = [
        {"id": n, "name": 100 + n, "guarantor": 120 + n % 30, "chart_code": f"C-{n:04}", **stamps(n)}
        for n in range(1, PATIENTS + 1)
    ]
    phones = [{"id": n, "party": 100 + n % 50 + 1, "value": f"617 555 {n:04}"} for n in range(1, 70)]
    return {"party": parties, "care_patient": patients, "party_phone": phones, "care_visit": visits("patient")}


def hospital() -> Rows:
    """Names have their own table, and a patient has the key of his person."""
    everybody = range(1, EVERYBODY)
    return {
        "person": [
            {"person_id": n, "gender": "FM"[n % 2], "birthdate": date(1970, 1, 1) + timedelta(days=n)}
            for n in everybody
        ],
        "person_name": [
            {"person_name_id": 900 + n, "person_id": n, "given_name": f"Ada{n}", "family_name": f"Bell{n}"}
            for n in everybody
        ],
        "patient": [{"patient_id": n, "blood_type": "AB"[n % 2]} for n in range(1, PATIENTS + 1)],
        "visit": visits("patient_id"),
    }


def proposed(tables: Rows, work: Path) -> tuple[dict[str, ObjectProposal], SystemMapping]:
    keys = {name: next(iter(rows[0])) for name, rows in tables.items()}
    found = propose(survey({name: list(rows) for name, rows in tables.items()}, work, keys=keys))
    mapping = parse_mapping(as_yaml("sunrise", draft(found), Head()), "draft.yaml")
    return {one.facts.name: one for one in found}, mapping


def anchored(mapping: SystemMapping, name: str) -> tuple[str | None, list[str]]:
    anchor = mapping.objects[name].parts[0].anchor
    assert anchor is not None
    return anchor.to, [rule.from_ or "" for rule in anchor.by]


def test_a_patient_is_fields_of_the_party_that_it_names(tmp_path: Path) -> None:
    found, mapping = proposed(suite(), tmp_path)
    assert (found["care_patient"].kind.entity, found["care_patient"].kind.of) == ("patient", "party")
    assert found["party"].kind.entity == "person"
    assert mapping.objects["party"].parts[0].fields["name"].of is not None
    assert anchored(mapping, "care_patient") == ("party", ["name"])
    fields = mapping.objects["care_patient"].parts[0].fields
    assert fields["carePatientId"].from_ == "id", "filled in every row, so every patient can be linked to"
    assert fields["chartCode"].from_ == "chart_code"
    assert mapping.objects["care_patient"].parts[0].links["guarantor"].to == "party"


def test_visits_are_of_the_patient_and_phones_of_the_party(tmp_path: Path) -> None:
    _, mapping = proposed(suite(), tmp_path)
    target = mapping.objects["care_visit"].parts[1]
    assert (target.target, target.links["person"].to) == ("taskTarget", "care_patient")
    assert [one.to for one in mapping.objects["party_phone"].parts[0].links.values()] == ["party"]


def test_who_wrote_a_row_is_no_field_and_when_is_where_changes_are_found(tmp_path: Path) -> None:
    found, _ = proposed(suite(), tmp_path)
    for name in ("care_patient", "care_visit"):
        assert found[name].changed_at == "write_date"
        stamped = {line.column: line.place for line in found[name].lines if line.column.endswith("_uid")}
        assert stamped == {"create_uid": QUESTION, "write_uid": QUESTION}


def test_a_patient_has_the_key_of_his_person_whose_names_are_rows_too(tmp_path: Path) -> None:
    _, mapping = proposed(hospital(), tmp_path)
    assert anchored(mapping, "patient") == ("person", ["patient_id"])
    assert anchored(mapping, "person_name") == ("person", ["person_id"])
    assert set(mapping.objects["person_name"].parts[0].fields["name"].of or {}) == {"firstName", "lastName"}
    assert mapping.objects["person"].parts[0].anchor is None


def test_patients_with_names_of_their_own_are_nobodys_role(tmp_path: Path) -> None:
    tables = {name: [*rows] for name, rows in suite().items()}
    tables["care_patient"] = [
        {**row, "name": f"Eve{row['id']} Shaw", "party": row["name"]} for row in tables["care_patient"]
    ]
    found, mapping = proposed(tables, tmp_path)
    assert found["care_patient"].kind.of == ""
    assert mapping.objects["care_patient"].parts[0].anchor is None
