"""Rows of The Clinic Place, and what its mapping makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from processors.ports import Transformed
from processors.transform import MappingTransform
from schemas.codec import Codec
from schemas.keys import part_key
from schemas.mapping import load_mapping
from schemas.records import (
    Link,
    Operation,
    Part,
    RecordChange,
    Unit,
    Value,
    Version,
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


ACTIVITY: Mapping[str, Value] = {
    "activity_id": 4,
    "patient_id": "P-000001",
    "kind": "call",
    "direction": "inbound",
    "subject": "asked",
    "body": "b",
    "happened_at": datetime(2024, 7, 1, 9, 15),  # noqa: DTZ001
}
