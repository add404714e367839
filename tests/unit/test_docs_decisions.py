"""The example of docs/decisions.md, run; and what is told of mistakes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from processors.ports import Transformed
from processors.transform import MappingTransform
from schemas.decisions import Decisions, DecisionsError, check_decisions, load_decisions
from schemas.mapping import load_mapping
from schemas.records import Merger, Operation, RecordChange, Unit, Value, Version, WriteKind

PAGE = (Path(__file__).parents[2] / "docs" / "decisions.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```(?:yaml|json) (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in BLOCKS.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["decisions", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def transformed(name: str, record_id: str, **row: Value) -> Transformed:
    mapping = load_mapping("clinic.yaml")
    decisions = check_decisions(Path("decisions.yaml"), mapping)
    change = RecordChange("corner_clinic", name, record_id, Operation.UPSERT, row, datetime.now(UTC))
    transform = MappingTransform(mapping, workspace_url="https://crm.test", decisions=decisions)
    return transform(change, Version(1, 1, 1, 1), Unit("cdc", 0, 1))


def links(made: Transformed) -> dict[str, str]:
    assert made.write is not None
    return {link.field: link.token.removesuffix("\0") for link in made.write.parts[0].links}


def flags(made: Transformed) -> list[tuple[str, str]]:
    assert made.write is not None
    return [(flag.field, flag.reason) for flag in made.write.parts[0].flags]


def token(number: str) -> str:
    return f"corner_clinic/patients/{number}\0"


@pytest.mark.usefixtures("clinic")
def test_mappings_obey_it() -> None:
    loser = transformed("patients", "4", last="Reed", guarantor=None).write
    assert loser is not None
    assert [part.merger for part in loser.parts] == [None, Merger(token("4"), token("3"))]
    survivor = transformed("patients", "3", last="Reed", guarantor=None).write
    assert survivor is not None
    assert [part.merger for part in survivor.parts] == [None]
    cut = transformed("patients", "2", first="Eve", last="Shaw", guarantor="1")
    assert (links(cut), flags(cut)) == ({}, [("guarantor", "cut by decision")])
    assert links(transformed("patients", "1", last="Bell", guarantor="2")) == {"guarantor": "corner_clinic/patients/2"}
    attached = transformed("visits", "102", kind="Exam", patientno="9")
    assert links(attached) == {"patient": "corner_clinic/patients/1"}
    assert flags(attached) == [("patientno", "attached by decision")]
    empty = transformed("visits", "107", kind="Exam", patientno="9")
    assert (links(empty), flags(empty)) == ({}, [("patientno", "left empty by decision")])
    out = transformed("visits", "104", kind="Exam", patientno="9").write
    assert out is not None
    assert (out.kind, out.skip) == (WriteKind.DELETE, "left out by decision")


def test_a_merge_of_the_source_is_not_followed_where_a_person_keeps_them_apart(clinic: Path) -> None:
    path = clinic / "clinic.yaml"
    path.write_text(path.read_text().replace("key: [patientno]}", "key: [patientno]}\n    merged_into: into"))
    apart = transformed("patients", "5", last="Hale", into="6").write
    other = transformed("patients", "5", last="Hale", into="1").write
    assert apart is not None
    assert other is not None
    assert [part.merger for part in apart.parts] == [None]
    assert [part.merger for part in other.parts] == [None, Merger(token("5"), token("1"))]


def test_nor_where_the_other_one_is_to_survive(clinic: Path) -> None:
    path = clinic / "clinic.yaml"
    path.write_text(path.read_text().replace("key: [patientno]}", "key: [patientno]}\n    merged_into: into"))
    survivor = transformed("patients", "3", last="Reed", into="4").write
    loser = transformed("patients", "4", last="Reed", into="1").write
    assert survivor is not None
    assert loser is not None
    assert [part.merger for part in survivor.parts] == [None]
    assert [part.merger for part in loser.parts] == [None, Merger(token("4"), token("3"))]


def test_nor_where_a_log_tells_of_the_merge(clinic: Path) -> None:
    path = clinic / "clinic.yaml"
    path.write_text(
        path.read_text()
        + """
  mergers:
    source: {relation: mergers, key: [id]}
    merges: {object: patients, loser: old, survivor: new}
"""
    )
    apart, other = (transformed("mergers", number, old="5", new=new).write for number, new in (("1", "6"), ("2", "1")))
    assert apart is not None
    assert other is not None
    assert (apart.kind, [part.merger for part in other.parts]) == (WriteKind.DELETE, [Merger(token("5"), token("1"))])


def test_a_new_draft_keeps_what_was_decided(clinic: Path) -> None:
    findings = orjson.loads((clinic / "profile.json").read_bytes())["findings"]
    drafted = run("draft", "profile.json", "fresh.yaml")
    assert drafted == "2 duplicates, 1 cycle, 3 orphans; 6 not decided yet\n"
    assert load_decisions(Path("fresh.yaml")).open == Decisions.drafted(findings).decisions
    decided = load_decisions(Path("decisions.yaml"))
    new = {"kind": "duplicate", "object": "patients", "keys": ["8", "7"]}
    # the keys may come in another order, and one finding has gone
    again = [{**finding, "keys": finding["keys"][::-1]} for finding in findings[1:]]
    (clinic / "profile.json").write_bytes(orjson.dumps({"findings": [new, *again]}))
    assert run("draft", "profile.json", "decisions.yaml").endswith("; 1 not decided yet\n")
    kept = load_decisions(Path("decisions.yaml"))
    assert [entry.keys for entry in kept.open] == [["8", "7"]]
    assert {entry.model_dump_json() for entry in decided.decisions} < {
        entry.model_dump_json() for entry in kept.decisions
    }


@pytest.mark.usefixtures("clinic")
def test_check_says_what_is_open() -> None:
    assert run("check", "decisions.yaml", "clinic.yaml") == "2 duplicates, 1 cycle, 3 orphans; 0 not decided yet\n"


UNMAPPED = """
- kind: orphan
  object: lookups
  reference: kind
  keys: ['1', '2']
  decision: null
- kind: orphan
  object: visits
  reference: kind
  keys: ['100']
  decision: null
"""


def test_what_the_mapping_makes_nothing_of_needs_no_decision(clinic: Path) -> None:
    """A profile reads all tables: the draft of its findings is good as it is."""
    path = clinic / "decisions.yaml"
    path.write_text(path.read_text() + UNMAPPED)
    told = "2 duplicates, 1 cycle, 5 orphans; 0 not decided yet; of 2 more the mapping makes nothing\n"
    assert run("check", "decisions.yaml", "clinic.yaml") == told
    (clinic / "settings.yaml").write_text(
        "{system: clinic.yaml, decisions: decisions.yaml, source: {kind: csv, directory: drops},"
        " kafka: {bootstrap_servers: '127.0.0.1:1'}, twenty: {url: 'http://127.0.0.1:1', api_key: unused}}"
    )
    assert run("status", "--settings", "settings.yaml").splitlines() == [
        told.strip(),
        "nothing to decide (no object 'lookups' in the mapping): orphan of lookups by kind: 1, 2",
        "nothing to decide ('kind' is no column of a reference of visits): orphan of visits by kind: 100",
    ]
    path.write_text(path.read_text().replace("decision: {cut: '2'}", "decision: null"))
    assert "open: cycle of patients by guarantor: 1, 2" in run("status", "--settings", "settings.yaml", code=1)
    path.write_text(path.read_text().replace("keys: ['100']\n  decision: null", "keys: ['100']\n  decision: leave out"))
    with pytest.raises(DecisionsError, match="'kind' is no column of a reference of visits"):
        check_decisions(path, load_mapping("clinic.yaml"))


@pytest.mark.parametrize(
    ("text", "wrong", "line", "said"),
    [
        ("{survivor: '3'}", "{survivor: '9'}", 3, "'9' is none of the keys: expected one of 3, 4"),
        ("{survivor: '3'}", "{keep: '3'}", 6, "expected {survivor: KEY}, or keep apart"),
        ("kind: cycle", "kind: circle", 11, "expected a kind: duplicate, cycle, orphan"),
        ("reference: guarantor", "reference: guarantr", 11, "did you mean 'guarantor'"),
        ("object: visits", "object: visit", 16, "did you mean 'visits'"),
        ("keys: ['102']", "keys: []", 19, "keys: "),
        ("keys: ['102']", "keys: [102]", 19, "keys: expected each key in quotes"),
        ("{attach: '1'}", "{attach: 007}", 20, "decision: expected each key in quotes"),
        ("['5', '6']\n  decision: keep apart", "['3', '4', '5']\n  decision: {survivor: '4'}", 1, "in a circle"),
        (
            "['5', '6']\n  decision: keep apart",
            "['4', '6']\n  decision: {survivor: '6'}",
            7,
            "patients/4 is merged into 3 above, and here into 6",
        ),
        ("format: 1", "format: 2", 1, "format: expected 1"),
    ],
)
def test_mistakes_are_told_with_their_line(clinic: Path, text: str, wrong: str, line: int, said: str) -> None:
    path = clinic / "decisions.yaml"
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, wrong, 1))
    with pytest.raises(DecisionsError, match=re.escape(said)) as error:
        check_decisions(path, load_mapping("clinic.yaml"))
    assert f"decisions.yaml:{line}: " in str(error.value)


def test_a_reference_that_is_required_cannot_be_left_empty(clinic: Path) -> None:
    path = clinic / "clinic.yaml"
    path.write_text(path.read_text().replace("by: patientno}", "by: patientno, required: true}"))
    with pytest.raises(DecisionsError, match="visits needs 'patientno': expected leave out"):
        check_decisions(clinic / "decisions.yaml", load_mapping("clinic.yaml"))
