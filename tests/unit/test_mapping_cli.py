"""``dualrun mapping`` as a person at a terminal meets it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from infra.cli.main import app
from infra.field_sheet import write_sheet
from infra.settings import SettingsError
from schemas.mapping import load_mapping, parse_mapping
from schemas.mapping.document import BUILT_IN
from schemas.mapping.sheet import HEADINGS, lines

TEXT = (BUILT_IN / "clinic_place.yaml").read_text()


def dualrun(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["mapping", *map(str, arguments)])


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    path = tmp_path / "edited.yaml"
    path.write_text(TEXT.replace("revision: 1", "revision: 2").replace("          city: city\n", ""))
    return path


def test_a_good_file_is_said_to_be_good() -> None:
    result = dualrun("check", "clinic_place")
    assert (result.exit_code, "No mistakes" in result.output) == (0, True)
    assert json.loads(dualrun("check", "clinic_place", "--json").output) == []


def test_every_mistake_has_its_line_and_a_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TEXT.replace("          city: city\n", "          citty: city\n"))
    result = dualrun("check", path)
    line = TEXT[: TEXT.index("          city: city\n")].count("\n") + 1
    assert result.exit_code == 1
    assert f"wrong.yaml:{line}:" in result.output and "did you mean 'city'" in result.output
    (problem,) = json.loads(dualrun("check", path, "--json").output)
    assert (problem["line"], problem["where"]) == (line, "objects.patient.parts[0].fields.citty")


def test_an_object_is_explained_and_so_is_a_field() -> None:
    whole = dualrun("explain", "clinic_place", "invoice").output
    assert "from public.invoices, key invoice_id" in whole
    assert "balanceDue: amount_billed less amount_paid" in whole
    one = dualrun("explain", "clinic_place", "appointment", "status").output
    assert "no-show → DONE" in one and "title" not in one
    assert (
        json.loads(dualrun("explain", "clinic_place", "appointment", "status", "--json").output)[0]["type"] == "SELECT"
    )
    assert "named in rows of patient" in dualrun("explain", "clinic_place", "~carrier").output


@pytest.mark.parametrize(
    ("arguments", "hint"), [(("patiennt",), "did you mean 'patient'"), (("patient", "citty"), "did you mean 'city'")]
)
def test_what_is_not_there_is_told_with_what_is(arguments: tuple[str, ...], hint: str) -> None:
    error = dualrun("explain", "clinic_place", *arguments).exception
    assert isinstance(error, SettingsError) and hint in str(error)


def test_two_versions_are_compared(edited: Path) -> None:
    result = dualrun("diff", "clinic_place", edited)
    assert result.exit_code == 2
    assert "- patient → person: city" in result.output
    assert "0 added, 0 changed, 1 removed." in result.output
    assert "every record of patient" in result.output
    assert json.loads(dualrun("diff", "clinic_place", edited, "--json").output)["rewritten"] == ["patient"]
    assert dualrun("diff", "clinic_place", "clinic_place").exit_code == 0


def test_the_sheet_that_a_clinic_signs_lists_every_field(tmp_path: Path) -> None:
    expected = len(list(lines(load_mapping("clinic_place"))))
    for suffix in ("xlsx", "csv"):
        assert f"{expected} fields" in dualrun("export", "clinic_place", tmp_path / f"sheet.{suffix}").output
    book = load_workbook(tmp_path / "sheet.xlsx", read_only=True)
    assert book.sheetnames == ["Fields", "Values", "Left out", "About"]
    rows = list(book["Fields"].iter_rows(values_only=True))
    assert (rows[0], len(rows)) == (HEADINGS, expected + 1)
    assert ("appointment", "status", "task.status", "no-show", "DONE") in book["Values"].iter_rows(values_only=True)
    book.close()
    with (tmp_path / "sheet.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [tuple(row)[:5] for row in csv.reader(file)] == [tuple(one or "" for one in row[:5]) for row in rows]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """A label comes from whoever wrote the mapping, and a spreadsheet runs what begins with =."""
    text = TEXT.replace("label: Practice}", "label: '=HYPERLINK(1)'}")
    of = parse_mapping(text, "clinic_place.yaml")
    write_sheet(of, tmp_path / "sheet.xlsx")
    book = load_workbook(tmp_path / "sheet.xlsx")
    cells = [cell for row in book["Fields"].iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert cells and {cell.data_type for cell in cells} == {"s"}
    write_sheet(of, tmp_path / "sheet.csv")
    assert "'=HYPERLINK(1)" in (tmp_path / "sheet.csv").read_text("utf-8-sig")


def test_a_sheet_of_another_kind_is_refused(tmp_path: Path) -> None:
    error = dualrun("export", "clinic_place", tmp_path / "sheet.pdf").exception
    assert isinstance(error, SettingsError) and ".xlsx or .csv" in str(error)


def test_types_of_properties_are_inferred_for_a_mapping(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    values = [("Consent signed", "05/24/2024"), ("City", "x"), *[("Language", "en")] * 3]
    rows.write_text("patient,property,value\n" + "".join(f"1,{name},{value}\n" for name, value in values))
    result = dualrun("properties", rows, "--name", "property", "--mapping", "clinic_place")
    assert result.exit_code == 0
    found = YAML(typ="safe").load(result.output)
    assert found["fields"]["consentSigned"] == {"type": "DATE", "label": "Consent signed"}
    assert found["fields"]["language"] == {"type": "SELECT", "label": "Language", "options": ["en"]}
    assert found["pick"]["City"] == {"city2": "value"}, "the mapping has a city already"
    error = dualrun("properties", rows).exception
    assert isinstance(error, SettingsError) and "it has patient, property, value" in str(error)
