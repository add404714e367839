"""The Clinic Place's rows through its mapping: every object, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from processors.ports import Transformed, TransformError
from processors.transform import MappingTransform
from schemas.codec import Codec
from schemas.keys import alias_key, part_key, twenty_id
from schemas.mapping import load_mapping, producible, requirements
from schemas.records import (
    Attachment,
    Flag,
    Link,
    Match,
    Operation,
    Part,
    PartMode,
    RecordChange,
    Unit,
    Value,
    Version,
    Write,
    WriteKind,
)

MAPPING = load_mapping("clinic_place")
TRANSFORM = MappingTransform(MAPPING, workspace_url="https://crm.test/")
CODEC = Codec()
VERSION, UNIT = Version(1, 2, 3, MAPPING.revision), Unit("cdc", 0, 3)
CHANGED, CAPTURED = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC)

PATIENT: Mapping[str, Value] = {
    "patient_id": "P-000001",
    "first_name": "Zoë",
    "last_name": "O'Hara ",
    "email": " Zoe@Example.TEST",
    "phone": "(617) 253-0000",
    "street": "1 Main St",
    "city": "Boston",
    "state": "MA",
    "postcode": "02139",
    "country": "usa",
    "date_of_birth": "1980-02-29",
    "billing_status": "Insurance-Pending ",
    "insurer_1": "Blue  Harbor",
    "plan_1": "Gold",
    "policy_1": "0001",
    "insurer_2": "CEDAR health plan",
    "plan_2": None,
    "policy_2": "0002",
    "primary_insurer": 2,
    "location_name": "Back Bay ",
    "location_street": "9 Bay Rd",
    "location_city": "Boston",
    "location_state": "MA",
    "location_postcode": "02116",
    "location_phone": "617-253-0001",
    "location_hours": "9 to 5",
    "location_is_hq": True,
    "referring_physician_id": "D-00007",
    "created_at": datetime(2024, 1, 2, 9, 30, 0, 123456),  # noqa: DTZ001
    "updated_at": CHANGED,
}


def change(
    object_name: str, record_id: str, row: Mapping[str, Value], operation: Operation = Operation.UPSERT
) -> RecordChange:
    return RecordChange("clinic_place", object_name, record_id, operation, row, CAPTURED, CHANGED, 1, "hash")


def transformed(object_name: str, record_id: str, row: Mapping[str, Value]) -> Transformed:
    return TRANSFORM(change(object_name, record_id, row), VERSION, UNIT)


def parts(object_name: str, record_id: str, row: Mapping[str, Value]) -> dict[str, Part]:
    write = transformed(object_name, record_id, row).write
    assert write is not None
    assert CODEC.decode(CODEC.encode(write)) == write
    return {part.name: part for part in write.parts}


def link(field: str, token: str, *, required: bool = False) -> Link:
    return Link(field, part_key(f"clinic_place/{token}", ""), required)


def test_a_patient_is_a_person() -> None:
    person = parts("patient", "P-000001", PATIENT)[""]
    assert person.target == "person"
    assert person.mode is PartMode.OWN
    assert person.fields == {
        "sourceSystemId": "clinic_place/patient/P-000001",
        "name": {"firstName": "Zoë", "lastName": "O'Hara "},
        "emails": {"primaryEmail": "zoe@example.test", "additionalEmails": []},
        "phones": {
            "primaryPhoneNumber": "6172530000",
            "primaryPhoneCountryCode": "US",
            "primaryPhoneCallingCode": "+1",
            "additionalPhones": [],
        },
        "city": "Boston",
        "homeAddress": {
            "addressStreet1": "1 Main St",
            "addressStreet2": "",
            "addressCity": "Boston",
            "addressState": "MA",
            "addressPostcode": "02139",
            "addressCountry": "United States",
            "addressLat": None,
            "addressLng": None,
        },
        "dateOfBirth": "1980-02-29",
        "patientId": "P-000001",
        "personRole": "PATIENT",
        "billingStatus": "INSURANCE_PENDING",
        "insuranceProvider": "CEDAR health plan",
        "createdAt": "2024-01-02T14:30:00.123Z",
    }
    assert person.links == (
        link("primaryInsurer", "~carrier/cedar health plan"),
        link("clinicLocation", "~location/back bay"),
        link("referringPhysician", "physician/D-00007"),
    )
    assert person.aliases == (alias_key("clinic_place", "patient_contact", "zoë o'hara", "+16172530000"),)
    confirm = {"name.firstName": "Zoë", "name.lastName": "O'Hara ", "dateOfBirth": "1980-02-29"}
    assert person.matches == (Match("emails.primaryEmail", "zoe@example.test", confirm),)
    assert person.flags == ()


def test_each_insurer_is_a_coverage() -> None:
    found = parts("patient", "P-000001", PATIENT)
    assert set(found) == {"", "coverage:blue harbor", "coverage:cedar health plan"}
    second = found["coverage:cedar health plan"]
    assert second.fields == {
        "sourceSystemId": "clinic_place/patient/P-000001#coverage:cedar health plan",
        "name": "CEDAR health plan",
        "planName": "",
        "policyNumber": "0002",
        "isPrimary": True,
    }
    assert second.internal == {"patient": ""}
    assert second.links == (link("carrier", "~carrier/cedar health plan", required=True),)
    assert found["coverage:blue harbor"].fields["name"] == "Blue  Harbor – Gold"
    assert found["coverage:blue harbor"].fields["isPrimary"] is False


def test_a_coverage_keeps_its_name_when_the_columns_change_places() -> None:
    swapped = dict(PATIENT)
    for name in ("insurer", "plan", "policy"):
        swapped[f"{name}_1"], swapped[f"{name}_2"] = PATIENT[f"{name}_2"], PATIENT[f"{name}_1"]
    swapped["primary_insurer"] = 1
    before, after = parts("patient", "P-000001", PATIENT), parts("patient", "P-000001", swapped)
    assert {name: part.content_hash for name, part in before.items()} == {
        name: part.content_hash for name, part in after.items()
    }


def test_two_plans_of_one_carrier_are_two_coverages() -> None:
    row = {**PATIENT, "insurer_2": "blue harbor", "plan_2": "Silver"}
    assert set(parts("patient", "P-000001", row)) == {"", "coverage:blue harbor", "coverage:blue harbor:silver"}


def test_a_plan_without_an_insurer_is_flagged() -> None:
    row = {**PATIENT, "insurer_2": " ", "primary_insurer": 1}
    found = parts("patient", "P-000001", row)
    assert set(found) == {"", "coverage:blue harbor"}
    assert found[""].flags == (Flag("coverage", "policy_2 without insurer_2", "0002"),)


def test_the_row_speaks_of_its_carriers_and_its_location() -> None:
    derived = transformed("patient", "P-000001", PATIENT).derived
    assert [one.key for one in derived] == [
        "clinic_place/~carrier/blue harbor",
        "clinic_place/~carrier/cedar health plan",
        "clinic_place/~location/back bay",
    ]
    for one in derived:
        assert (one.origin_key, one.origin_version) == ("clinic_place/patient/P-000001", VERSION)
        assert (one.source_changed_at, one.captured_at, one.run) == (CHANGED, CAPTURED, 1)
        assert one.operation is Operation.UPSERT
    again = transformed("patient", "P-000002", {**PATIENT, "patient_id": "P-000002"}).derived
    assert [one.content_hash for one in again] == [one.content_hash for one in derived]
    other = transformed("patient", "P-000001", {**PATIENT, "location_hours": "8 to 4"}).derived
    assert [a.content_hash == b.content_hash for a, b in zip(derived, other, strict=True)] == [True, True, False]


def test_a_derived_record_is_a_company() -> None:
    carrier, _, location = transformed("patient", "P-000001", PATIENT).derived
    (part,) = parts(carrier.object, carrier.record_id, carrier.record).values()
    assert part.fields == {
        "sourceSystemId": "clinic_place/~carrier/blue harbor",
        "name": "Blue  Harbor",
        "insuranceCarrier": True,
    }
    (part,) = parts(location.object, location.record_id, location.record).values()
    assert part.target == "company"
    assert part.fields["name"] == "Back Bay "
    assert part.fields["address"]["addressPostcode"] == "02116"
    assert part.fields["companyPhones"]["primaryPhoneNumber"] == "6172530001"
    assert part.fields["operatingHours"] == "9 to 5"
    assert (part.fields["isHeadquarters"], part.fields["insuranceCarrier"]) == (True, False)


def test_two_ways_to_write_a_carrier_in_one_row_speak_once() -> None:
    derived = transformed("patient", "P-000001", {**PATIENT, "insurer_2": " BLUE harbor"}).derived
    assert [one.record_id for one in derived if one.object == "~carrier"] == ["blue harbor"]


def test_what_cannot_be_written_is_empty_and_flagged() -> None:
    row = {
        **PATIENT,
        "email": "none",
        "phone": "call front desk",
        "date_of_birth": "2023-02-30",
        "billing_status": "collections",
        "country": "Narnia",
        "primary_insurer": 3,
        "street": "1\0 Main St",
        "created_at": datetime(2024, 11, 3, 1, 30),  # noqa: DTZ001
    }
    person = parts("patient", "P-000001", row)[""]
    assert person.fields["emails"] == {"primaryEmail": "", "additionalEmails": []}
    assert person.fields["phones"]["primaryPhoneNumber"] == ""
    assert (person.fields["dateOfBirth"], person.fields["billingStatus"]) == (None, None)
    assert person.fields["homeAddress"]["addressCountry"] == ""
    assert person.fields["homeAddress"]["addressStreet1"] == "1 Main St"
    assert person.fields["insuranceProvider"] == ""
    assert person.fields["createdAt"] == "2024-11-03T05:30:00.000Z"
    assert person.matches == ()
    assert person.aliases == ()
    assert {(flag.field, flag.raw) for flag in person.flags} == {
        ("emails", "none"),
        ("phones", "call front desk"),
        ("dateOfBirth", "2023-02-30"),
        ("billingStatus", "collections"),
        ("homeAddress.addressCountry", "Narnia"),
        ("homeAddress.addressStreet1", "1\0 Main St"),
        ("insuranceProvider", "3"),
        ("primaryInsurer", "3"),
        ("createdAt", "2024-11-03T01:30:00"),
    }


def test_a_patient_of_whom_nothing_is_known_is_a_person_with_empty_fields() -> None:
    found = parts("patient", "P-2", {**dict.fromkeys(PATIENT), "patient_id": "P-2"})
    person = found.pop("")
    assert found == {}
    assert person.flags == ()
    assert person.links == ()
    assert "createdAt" not in person.fields
    assert person.fields["name"] == {"firstName": "", "lastName": ""}
    assert (person.fields["dateOfBirth"], person.fields["billingStatus"]) == (None, None)
    assert transformed("patient", "P-2", {"patient_id": "P-2"}).derived == ()


def test_a_column_that_is_gone_is_flagged() -> None:
    row = {name: value for name, value in PATIENT.items() if name not in ("city", "referring_physician_id")}
    person = parts("patient", "P-000001", row)[""]
    assert {flag.field: flag.reason for flag in person.flags} == {
        "city": "the source has no column city",
        "homeAddress.addressCity": "the source has no column city",
        "referringPhysician": "the source has no column referring_physician_id",
    }


def test_a_physician_is_a_person_of_another_role() -> None:
    row: dict[str, Value] = {
        "physician_id": "D-00007",
        "first_name": "Ada",
        "last_name": "Lee",
        "practice": "Lee & Co",
        "email": "ada@lee.test",
        "phone": None,
        "updated_at": CHANGED,
    }
    (part,) = parts("physician", "D-00007", row).values()
    assert part.fields["personRole"] == "REFERRING_PHYSICIAN"
    assert part.fields["practice"] == "Lee & Co"
    assert "patientId" not in part.fields  # unique: Twenty's own '' is exempt
    assert part.matches == (
        Match("emails.primaryEmail", "ada@lee.test", {"name.firstName": "Ada", "name.lastName": "Lee"}),
    )


@pytest.mark.parametrize(
    ("email", "matches"), [(" Ann@Clinic.TEST ", (Match("userEmail", "ann@clinic.test"),)), (None, ())]
)
def test_staff_are_matched_to_members_by_email(email: str | None, matches: tuple[Match, ...]) -> None:
    row: dict[str, Value] = {
        "staff_id": "S-003",
        "email": email,
        "specialty": "Cardiology",
        "licence_number": "L1",
        "location_name": "Back Bay",
    }
    (part,) = parts("staff", "S-003", row).values()
    assert (part.target, part.mode) == ("workspaceMember", PartMode.MATCH)
    assert part.matches == matches
    assert part.fields == {"specialty": "Cardiology", "licenceNumber": "L1", "clinicLocationName": "Back Bay"}
    assert [flag.field for flag in part.flags] == ([] if matches else ["userEmail"])


APPOINTMENT: Mapping[str, Value] = {
    "appointment_id": 17,
    "patient_id": "P-000001",
    "staff_id": "S-003",
    "type": "follow-up",
    "starts_at": datetime(2024, 7, 1, 9, 15),  # noqa: DTZ001
    "duration_minutes": 30,
    "status": "no-show",
    "note": 'said "later" \\ *maybe* 🙂',
    "updated_at": CHANGED,
}


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


INVOICE: Mapping[str, Value] = {
    "invoice_id": 8,
    "patient_id": "P-000001",
    "invoice_number": "INV-8",
    "amount_billed": Decimal("120.50"),
    "amount_paid": Decimal("20.25"),
    "currency": "CAD",
    "payment_date": date(2024, 3, 1),
    "payment_method": "card",
    "status": "overdue",
}


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


def test_an_emergency_contact_is_a_share_in_the_patient() -> None:
    row: dict[str, Value] = {
        "contact_id": 3,
        "patient_id": "P-000009",
        "name": " zoë  O'HARA",
        "phone": "617.253.0000",
        "relation": "sister",
    }
    (part,) = parts("emergency_contact", "3", row).values()
    assert (part.target, part.mode) == ("person", PartMode.FRAGMENT)
    assert part.anchor == link("anchor", "patient/P-000009", required=True)
    assert part.fields["emergencyContactName"] == " zoë  O'HARA"
    assert part.fields["emergencyContactPhone"]["primaryPhoneNumber"] == "6172530000"
    assert part.fields["emergencyContactRelation"] == "sister"
    assert "sourceSystemId" not in part.fields
    alias = parts("patient", "P-000001", PATIENT)[""].aliases[0]
    assert part.links == (Link("emergencyContact", alias, required=False),)
    (part,) = parts("emergency_contact", "3", {**row, "phone": "same as mine"}).values()
    assert part.links == ()
    assert {flag.field for flag in part.flags} == {"emergencyContactPhone", "emergencyContact"}


def test_a_balance_is_a_share_in_the_patient() -> None:
    row: dict[str, Value] = {"patient_id": "P-1", "outstanding": Decimal("10.00"), "overdue": 0, "currency": "USD"}
    (part,) = parts("patient_balance", "P-1", row).values()
    assert part.mode is PartMode.FRAGMENT
    assert part.anchor == link("anchor", "patient/P-1", required=True)
    assert part.fields == {
        "outstandingBalance": {"amountMicros": 10_000_000, "currencyCode": "USD"},
        "overdueBalance": {"amountMicros": 0, "currencyCode": "USD"},
    }


ACTIVITY: Mapping[str, Value] = {
    "activity_id": 4,
    "patient_id": "P-000001",
    "kind": "call",
    "direction": "inbound",
    "subject": "asked",
    "body": "b",
    "happened_at": datetime(2024, 7, 1, 9, 15),  # noqa: DTZ001
}


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


def test_ends_of_records_need_no_row() -> None:
    deleted = TRANSFORM(change("patient", "P-1", {}, Operation.DELETE), VERSION, UNIT)
    assert deleted.write == Write("clinic_place/patient/P-1", WriteKind.DELETE, VERSION, UNIT, (), CHANGED, CAPTURED)
    assert deleted.derived == ()
    vanished = TRANSFORM(change("patient", "P-1", {}, Operation.VANISHED), VERSION, UNIT)
    assert (vanished.write, vanished.skipped) == (None, "vanished")


@pytest.mark.parametrize(
    ("object_name", "record_id", "system", "reason"),
    [
        ("patient", "", "clinic_place", "the record id is empty"),
        ("patient", "a\0b", "clinic_place", "the record id is empty, holds a NUL"),
        ("patient", "x" * 1001, "clinic_place", "longer than 1000"),
        ("patients", "P-1", "clinic_place", "the mapping has no such object"),
        ("patient", "P-1", "jiva", "another system"),
    ],
)
def test_a_change_that_names_nothing_known_is_refused(
    object_name: str, record_id: str, system: str, reason: str
) -> None:
    with pytest.raises(TransformError, match=reason):
        TRANSFORM(RecordChange(system, object_name, record_id, Operation.UPSERT, PATIENT, CAPTURED), VERSION, UNIT)


def test_what_no_request_can_carry_is_refused() -> None:
    row: dict[str, Value] = {"note_id": 5, "patient_id": "P-1", "body": "é" * 4_400_000}
    assert len(parts("clinical_note", "5", row)[""].fields["bodyV2"]["markdown"]) == 4_400_000
    with pytest.raises(TransformError, match=r"too large: 96001[0-9]{2} bytes"):
        transformed("clinical_note", "5", {**row, "body": "é" * 4_800_000})


def test_the_content_hash_follows_what_is_written_and_nothing_else() -> None:
    def hashes(**changed: Value) -> list[str]:
        return [part.content_hash for part in parts("appointment", "17", {**APPOINTMENT, **changed}).values()]

    first = hashes()
    assert hashes(updated_at=CAPTURED, patient_id="P-000002") == first  # a link is compared as a link
    assert [a == b for a, b in zip(first, hashes(note="other"), strict=True)] == [False, True]


def test_the_same_change_gives_the_same_write() -> None:
    again = MappingTransform(load_mapping("clinic_place"), workspace_url="https://crm.test")
    assert again(change("patient", "P-000001", PATIENT), VERSION, UNIT) == transformed("patient", "P-000001", PATIENT)
    assert again.revision == MAPPING.revision


def test_no_refusal_quotes_a_value() -> None:
    canary = "canary-4711"
    for name in [*MAPPING.objects, *(f"~{name}" for name in MAPPING.derived)]:
        row: dict[str, Value] = dict.fromkeys([*PATIENT, *APPOINTMENT, *ACTIVITY, *INVOICE, "body", "path"], canary)
        for missing in ("patient_id", "kind"):
            try:
                TRANSFORM(change(name, canary, {**row, missing: None}), VERSION, UNIT)
            except TransformError as error:
                assert canary not in f"{error!r}{error.__cause__!r}{error.reason}"
    with pytest.raises(TransformError) as caught:
        TRANSFORM(change(canary, canary, {}), VERSION, UNIT)
    assert canary not in str(caught.value)


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


def test_values_of_every_kind_have_their_empty_form() -> None:
    """Twenty answers 400 to a null composite and 500 to a null text."""
    empty: Mapping[str, Any] = parts("patient", "P-2", {**dict.fromkeys(PATIENT), "patient_id": "P-2"})[""].fields
    assert empty["emails"] == {"primaryEmail": "", "additionalEmails": []}
    assert empty["phones"] == {
        "primaryPhoneNumber": "",
        "primaryPhoneCountryCode": "",
        "primaryPhoneCallingCode": "",
        "additionalPhones": [],
    }
    assert empty["insuranceProvider"] == ""
