"""What The Clinic Place's mapping says of itself to pollers, to the schema phase and to whoever hides patient data."""

from __future__ import annotations

from schemas.mapping import producible, requirements
from tests.unit.mapping.clinic_place.rows import (
    MAPPING,
)


def test_producers_take_parents_first() -> None:
    sources = {source.name: source for source in MAPPING.sources}
    assert list(sources) == [
        "patient",
        "physician",
        "staff",
        "appointment",
        "clinical_note",
        "invoice",
        "emergency_contact",
        "activity",
        "document",
        "patient_balance",
    ]
    assert sources["patient"].parents == ("physician",)
    assert sources["appointment"].parents == ("patient", "staff")
    assert sources["emergency_contact"].parents == ("patient",)
    assert {source.zone for source in sources.values()} == {"America/New_York"}
    assert (sources["patient"].relation, sources["patient"].key, sources["patient"].changed_at) == (
        "public.patients",
        ("patient_id",),
        "updated_at",
    )
    assert sources["patient_balance"].query is not None
    assert sources["patient_balance"].changed_at is None
    assert [export.name for export in MAPPING.exports] == ["workflows"]


def test_every_field_that_is_written_is_provisioned_or_standard() -> None:
    needed = {one.name_singular: one for one in requirements(MAPPING)}
    assert set(needed) == {"person", "company", "coverage", "payment", "task", "note", "workspaceMember"}
    assert (needed["payment"].name_plural, needed["payment"].label_plural) == ("payments", "Payments")
    person = {field.name: field for field in needed["person"].fields}
    assert person["patientId"].unique
    assert person["primaryInsurer"].relation is not None
    assert person["primaryInsurer"].relation.target == "company"
    billing = person["billingStatus"].options
    assert billing is not None
    assert [(option.value, option.label) for option in billing] == [
        ("PAID", "paid"),
        ("PENDING", "pending"),
        ("OVERDUE", "overdue"),
        ("INSURANCE_PENDING", "insurance-pending"),
    ]
    types = {field.name: field.options for field in needed["task"].fields}["appointmentType"]
    assert types is not None
    assert [option.label for option in types] == ["new patient", "follow-up", "procedure", "telehealth", "urgent care"]


def test_options_that_records_can_have() -> None:
    found = producible(MAPPING)
    assert found["clinical_note", "note", "noteType"] == {"VISIT_SUMMARY", "PRESCRIPTION", "LAB_RESULT"}
    assert found["patient", "person", "personRole"] == {"PATIENT"}
    assert found["activity", "note", "activityKind"] == {"CALL", "EMAIL"}
    assert found["activity", "task", "activityKind"] == {"MEETING"}
    assert found["activity", "task", "status"] == {"DONE"}


def test_every_column_is_patient_data_unless_declared_safe() -> None:
    assert MAPPING.is_phi("patient", "email")
    assert MAPPING.is_phi("patient", "a column of tomorrow")
    assert MAPPING.is_phi("nothing known", "updated_at")
    assert not MAPPING.is_phi("patient", "updated_at")
    for name, mapped in MAPPING.objects.items():
        personal = {"first_name", "last_name", "email", "phone", "body", "note", "name", "title", "subject", "policy_1"}
        assert not personal & set(mapped.safe), name
