"""A column that nobody has mapped is told of, once, and stops nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processors.drift import UNMAPPED, DriftWatch
from processors.ports import Transformed
from schemas.mapping import load_mapping
from schemas.mapping.check import named_columns
from schemas.records import Operation, RecordChange, Unit, Value, Version


class Nothing:
    revision = 7

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        return Transformed(None, skipped=change.record_id)


def change(object_name: str, record_id: str, **columns: Value) -> RecordChange:
    return RecordChange("clinic", object_name, record_id, Operation.UPSERT, columns, datetime.now(UTC))


def test_a_new_column_is_told_of_once_by_its_name_alone(caplog: pytest.LogCaptureFixture) -> None:
    watch = DriftWatch(Nothing(), {"patient": {"id", "name"}})
    assert watch.revision == 7
    rows: list[dict[str, Value]] = [{}, {"allergy": "Canary"}, {"allergy": None}, {"shoe": 43, "allergy": "x"}]
    for number, row in enumerate(rows):
        found = watch(change("patient", str(number), id="1", name="Ada", **row), Version(1, 1, 1, 1), Unit("t", 0, 1))
        assert found.skipped == str(number)
    watch(change("~payer", "x", anything="x"), Version(1, 1, 1, 1), Unit("t", 0, 1))
    told = [record.getMessage() for record in caplog.records]
    assert [message.partition("name: ")[2].partition(".")[0] for message in told] == ["allergy", "shoe"]
    assert "Canary" not in caplog.text
    assert UNMAPPED.labels("patient")._value.get() == 2


def test_what_a_mapping_reads_declares_safe_or_leaves_out_is_named() -> None:
    mapping = load_mapping("core_practice")
    named = named_columns(mapping.objects["patient_practice"])
    assert named == {"link_id", "patient_id", "practice_id", "designation", "last_modified"}
    assert {"line_items", "invoice_number"} <= named_columns(mapping.objects["invoice"])
    assert "group_name" in named_columns(mapping.objects["practice"])
