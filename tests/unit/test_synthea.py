"""Synthea's files are read for comparison, or the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.synthea import TABLES, SyntheaError, Table, read
from producers.landing import CONTENT_KEY
from schemas.mapping import load_mapping


def test_rows_by_id_with_columns_in_lower_case(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text('Id,PATIENTID,NOTES\nc1,p1,\nc2,p1,"says ""hi"", then\nleaves"\n')
    assert read(path, TABLES["claims"])["c2"] == {"id": "c2", "patientid": "p1", "notes": 'says "hi", then\nleaves'}


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SyntheaError, match=r"claims\.csv: cannot be read .* directory of a Synthea CSV export"):
        read(tmp_path / "claims.csv", TABLES["claims"])
    (tmp_path / "claims.csv").write_text("NAME\nx\n")
    with pytest.raises(SyntheaError, match=r"claims\.csv:1: expected a header with ID in it"):
        read(tmp_path / "claims.csv", TABLES["claims"])


def test_rows_have_the_ids_that_the_mapping_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Id,TYPE\na,PAYMENT\nb,CHARGE\nb,PAYMENT\n")
    assert list(read(path, Table("payment", "payments", ("id", "type"), only=("type", "PAYMENT")))) == [
        "a:PAYMENT",
        "b:PAYMENT",
    ]
    assert list(read(path, Table("payment", "payments", ()))) == ["0", "1", "2"]


def test_every_object_of_the_mapping_is_looked_at() -> None:
    mapping = load_mapping("synthea")
    assert {one.object for one in TABLES.values()} | {"claim_paid"} == set(mapping.objects)
    keys = {one.object: one.key or (CONTENT_KEY,) for one in TABLES.values()}
    assert {what.name: what.key for what in mapping.sources if not what.view} == keys
    relations = {what.relation.rpartition(".")[2]: what.name for what in mapping.sources if what.relation}
    assert relations == {name: one.object for name, one in TABLES.items()}
