"""The Clinic Place's appointments, notes, invoices, calls and documents, field by field."""

from __future__ import annotations

from datetime import datetime

import pytest

from processors.ports import TransformError
from schemas.keys import twenty_id
from schemas.records import (
    Attachment,
    Flag,
    Value,
)
from tests.unit.mapping.clinic_place.rows import (
    ACTIVITY,
    APPOINTMENT,
    INVOICE,
    link,
    parts,
    transformed,
)


def test_an_appointment_is_a_task_and_its_target() -> None:
    found = parts("appointment", "17", APPOINTMENT)
    assert list(found) == ["", "target"]
    assert found[""].fields == {
        "sourceSystemId": "clinic_place/appointment/17",
        "title": "follow-up",
        "bodyV2": {"markdown": 'said "later" \\ *maybe* 🙂'},
        "dueAt": "2024-07-01T13:15:00.000Z",
        "status": "DONE",
        "appointmentType": "FOLLOW_UP",
        "appointmentStatus": "NO_SHOW",
        "durationMinutes": 30,
        "providerStaffId": "S-003",
    }
    assert found[""].links == (link("assignee", "staff/S-003"),)
    assert found["target"].fields == {}
    assert found["target"].internal == {"task": ""}
    assert found["target"].links == (link("person", "patient/P-000001", required=True),)


@pytest.mark.parametrize(("status", "state"), [("scheduled", "TODO"), ("completed", "DONE"), ("cancelled", "DONE")])
def test_the_status_of_an_appointment_is_kept_and_decides_the_task(status: str, state: str) -> None:
    fields = parts("appointment", "17", {**APPOINTMENT, "status": status})[""].fields
    assert (fields["status"], fields["appointmentStatus"]) == (state, status.upper())


def test_an_appointment_without_a_patient_is_a_task_alone() -> None:
    found = parts("appointment", "17", {**APPOINTMENT, "patient_id": "", "type": "", "duration_minutes": None})
    assert list(found) == [""]
    assert found[""].fields["title"] == "Appointment"
    assert found[""].fields["durationMinutes"] is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("visit", "VISIT_SUMMARY"), ("prescription", "PRESCRIPTION"), ("lab", "LAB_RESULT"), ("referral letter", None)],
)
def test_a_clinical_note_is_a_note_and_its_target(kind: str, expected: str | None) -> None:
    row: dict[str, Value] = {
        "note_id": 5,
        "patient_id": "P-000001",
        "kind": kind,
        "title": "Visit 5",
        "body": "text",
        "written_at": datetime(2024, 7, 1, 9, 15),  # noqa: DTZ001
        "author": "Dr. Lee",
    }
    found = parts("clinical_note", "5", row)
    assert found[""].target == "note"
    assert found[""].fields["noteType"] == expected
    assert found[""].fields["createdAt"] == "2024-07-01T13:15:00.000Z"
    assert found[""].fields["author"] == "Dr. Lee"
    assert [flag.raw for flag in found[""].flags] == ([] if expected else ["referral letter"])
    assert found["target"].target == "noteTarget"
    assert found["target"].internal == {"note": ""}
    assert found["target"].links == (link("person", "patient/P-000001", required=True),)


def test_an_invoice_is_a_payment() -> None:
    (part,) = parts("invoice", "8", INVOICE).values()
    assert part.target == "payment"
    assert part.fields == {
        "sourceSystemId": "clinic_place/invoice/8",
        "name": "INV-8",
        "invoiceNumber": "INV-8",
        "amountBilled": {"amountMicros": 120_500_000, "currencyCode": "CAD"},
        "amountPaid": {"amountMicros": 20_250_000, "currencyCode": "CAD"},
        "balanceDue": {"amountMicros": 100_250_000, "currencyCode": "CAD"},
        "paymentDate": "2024-03-01",
        "paymentMethod": "card",
        "invoiceStatus": "overdue",
    }
    assert part.links == (link("patient", "patient/P-000001", required=True),)


def test_an_amount_of_no_known_currency_is_no_amount() -> None:
    (part,) = parts("invoice", "8", {**INVOICE, "currency": "???"}).values()
    assert part.fields["amountBilled"] == {"amountMicros": None, "currencyCode": ""}
    assert Flag("amountBilled", "a currency of ISO 4217 was expected", "120500000 micros of ???") in part.flags
    (part,) = parts("invoice", "8", {**INVOICE, "currency": None, "amount_paid": None}).values()
    assert part.fields["balanceDue"] == {"amountMicros": 120_500_000, "currencyCode": "USD"}
    assert part.fields["amountPaid"] == {"amountMicros": None, "currencyCode": ""}


def test_an_invoice_of_nobody_is_refused() -> None:
    with pytest.raises(TransformError, match="patient: a required reference is empty"):
        transformed("invoice", "8", {**INVOICE, "patient_id": None})


@pytest.mark.parametrize("kind", ["call", "email"])
def test_a_call_or_email_is_a_note(kind: str) -> None:
    found = parts("activity", "4", {**ACTIVITY, "kind": kind})
    assert {name: part.target for name, part in found.items()} == {"note": "note", "noteTarget": "noteTarget"}
    assert found["note"].fields == {
        "sourceSystemId": "clinic_place/activity/4",
        "title": "asked",
        "bodyV2": {"markdown": "b"},
        "createdAt": "2024-07-01T13:15:00.000Z",
        "activityKind": kind.upper(),
        "activityDirection": "INBOUND",
    }
    assert found["noteTarget"].internal == {"note": "note"}


def test_a_meeting_is_a_task_that_is_done() -> None:
    found = parts("activity", "4", {**ACTIVITY, "kind": "meeting", "direction": "outbound"})
    assert {name: part.target for name, part in found.items()} == {"task": "task", "taskTarget": "taskTarget"}
    assert found["task"].fields == {
        "sourceSystemId": "clinic_place/activity/4",
        "title": "asked",
        "bodyV2": {"markdown": "b"},
        "dueAt": "2024-07-01T13:15:00.000Z",
        "status": "DONE",
        "activityKind": "MEETING",
        "activityDirection": "OUTBOUND",
    }


def test_an_activity_of_another_kind_is_refused() -> None:
    with pytest.raises(TransformError, match="no part of the mapping takes this record"):
        transformed("activity", "4", {**ACTIVITY, "kind": "fax"})


def test_a_document_is_a_note_with_a_file() -> None:
    row: dict[str, Value] = {
        "document_id": 6,
        "patient_id": "P-000001",
        "kind": "consent",
        "file_name": "consent form.pdf",
        "path": "a/b.pdf",
        "size_bytes": 26_000_000,
        "uploaded_at": datetime(2024, 7, 1, 9, 15),  # noqa: DTZ001
    }
    found = parts("document", "6", row)
    key = "clinic_place/document/6"
    assert found[""].fields == {
        "sourceSystemId": key,
        "title": "consent form.pdf",
        "hasAttachment": True,
        "attachmentUrl": f"https://crm.test/object/note/{twenty_id(key, '')}",
        "documentKind": "consent",
        "createdAt": "2024-07-01T13:15:00.000Z",
    }
    file = found["file"]
    assert file.target == "attachment"
    assert file.internal == {"note": ""}
    assert file.attachment == Attachment("file:a/b.pdf", "consent form.pdf", 26_000_000, "application/pdf")
    assert file.fields == {"name": "consent form.pdf", "createdAt": "2024-07-01T13:15:00.000Z"}
    assert set(found) == {"", "target", "file"}
    assert set(parts("document", "6", {**row, "path": " "})) == {"", "target"}
