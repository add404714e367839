"""The example of docs/profile.md, run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "profile.md").read_text()
BLOCKS = {
    name: body for _, name, body in re.findall(r"^```(csv|yaml|json) (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the page's files lie."""
    (tmp_path / "drops").mkdir()
    for name, body in BLOCKS.items():
        if name.endswith(".csv"):
            (tmp_path / "drops" / name).write_text(body)
        elif name.endswith(".yaml"):
            (tmp_path / name).write_text(body)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["profile", "--settings", "settings.yaml", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("part", ["findings", "relations"])
def test_the_example_finds_what_it_says(clinic: Path, part: str) -> None:
    assert json.loads(run("--json"))[part] == json.loads(BLOCKS[part])


def test_the_page_for_the_clinic_names_no_patient(clinic: Path) -> None:
    told = run("--out", "profile.html")
    assert told == "profile.html: 2 objects, 3 findings to decide\n"
    page = (clinic / "profile.html").read_text()
    assert "corner_clinic: what is in the source" in page
    assert "Exam <small>6</small>" in page
    assert not [name for name in ("Ada", "Bell", "Shaw", "home.example", "1980") if name in page]


def test_one_object_alone(clinic: Path) -> None:
    assert [one["name"] for one in json.loads(run("--object", "visits", "--json"))["objects"]] == ["visits"]


def test_an_object_that_is_not_there(clinic: Path) -> None:
    result = CliRunner().invoke(app, ["profile", "--settings", "settings.yaml", "--object", "visit"])
    assert "no such object in the source" in str(result.exception)
    assert "visits" in str(result.exception)


def test_the_summary_shows_every_object(clinic: Path) -> None:
    told = run()
    assert "patients" in told
    assert "visits" in told


def test_what_could_not_be_read_is_said_beside_the_result(clinic: Path) -> None:
    (clinic / "drops" / "empty.csv").write_bytes(b"")
    result = CliRunner().invoke(app, ["profile", "--settings", "settings.yaml", "--json"])
    assert result.exit_code == 0
    assert {one["name"]: one["rows"] for one in json.loads(result.stdout)["objects"]} == {
        "patients": 5,
        "visits": 6,
        "empty": 0,
    }
    assert "empty.csv is refused: empty.csv: it is empty: expected a header that names the columns" in result.stderr
    assert "patients" not in result.stderr
