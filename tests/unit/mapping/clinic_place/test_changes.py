"""What every change has in common: its end, its hash, and what is refused without a value in the words."""

from __future__ import annotations

import pytest

from processors.ports import TransformError
from processors.transform import MappingTransform
from schemas.mapping import load_mapping
from schemas.records import (
    Operation,
    RecordChange,
    Value,
    Write,
    WriteKind,
)
from tests.unit.mapping.clinic_place.rows import (
    ACTIVITY,
    APPOINTMENT,
    CAPTURED,
    CHANGED,
    INVOICE,
    MAPPING,
    PATIENT,
    TRANSFORM,
    UNIT,
    VERSION,
    change,
    parts,
    transformed,
)


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
