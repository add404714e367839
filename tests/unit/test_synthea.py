"""Synthea's files are read for comparison, or the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.synthea import SyntheaError, read


def test_rows_by_id_with_columns_in_lower_case(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text('Id,PATIENTID,NOTES\nc1,p1,\nc2,p1,"says ""hi"", then\nleaves"\n')
    assert read(path)["c2"] == {"id": "c2", "patientid": "p1", "notes": 'says "hi", then\nleaves'}


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SyntheaError, match=r"claims\.csv: cannot be read .* directory of a Synthea CSV export"):
        read(tmp_path / "claims.csv")
    (tmp_path / "claims.csv").write_text("NAME\nx\n")
    with pytest.raises(SyntheaError, match=r"claims\.csv:1: expected a header with ID in it"):
        read(tmp_path / "claims.csv")
