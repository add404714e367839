"""The rebuild package: what does not migrate, exported from any kind of source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.rebuild import by_relation
from infra.settings import SettingsError
from producers.memory import MemoryDatabase, MemorySource
from producers.source import Condition, SourceError
from schemas.mapping import MappingError
from schemas.source import SourceObject
from tests.tiny import HEAD, NOW, mapping, settings_file

RULE = SourceObject("rule", ("id",), "rules")
OBJECTS = """\
twenty: {}
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts: [{target: person, fields: {jobTitle: job}}]
exports:
"""
RELATION = OBJECTS + "  - {name: connections, relation: integrations, key: [id], what: Connections to rebuild}\n"
QUERY = OBJECTS + "  - {name: workflows, query: select 1, what: Workflows}\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "integrations.csv").write_text("id,name,rules\n2,Clearinghouse,weekly\n1,EHR,\n")
    (tmp_path / "mapping.yaml").write_text(HEAD + RELATION)
    source = {"kind": "csv", "directory": str(drops), "settle_seconds": 0.1}
    return settings_file(tmp_path, tmp_path / "mapping.yaml", source=source)


def test_a_clinic_without_a_database_has_its_definitions_exported_too(settings: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["rebuild-package", str(tmp_path / "package"), "--settings", str(settings)])
    assert result.exit_code == 0, result.output
    assert "connections.json: 2 definitions" in result.output
    rows = json.loads((tmp_path / "package" / "connections.json").read_text())
    assert [(row["id"], row["name"]) for row in rows] == [("1", "EHR"), ("2", "Clearinghouse")]
    inventory = json.loads((tmp_path / "package" / "inventory.json").read_text())
    assert inventory["definitions"] == [{"name": "connections", "what": "Connections to rebuild", "definitions": 2}]


def test_a_query_takes_a_database(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(HEAD + QUERY)
    result = CliRunner().invoke(app, ["rebuild-package", str(tmp_path / "package"), "--settings", str(settings)])
    assert isinstance(result.exception, SettingsError)
    assert "name a relation and its key instead" in str(result.exception)


def test_any_number_of_definitions_is_read() -> None:
    database = MemoryDatabase(NOW)
    transaction = database.begin()
    for number in range(2_345):
        transaction.put(RULE, {"id": f"{number:05}"})
    transaction.commit()
    found = by_relation(MemorySource(database), [RULE])
    assert [row["id"] for row in found["rule"]] == [f"{number:05}" for number in range(2_345)]


def test_what_does_not_come_is_named() -> None:
    source = MemorySource(MemoryDatabase(NOW))
    source.conditions["rule"] = Condition(waiting="no file yet")
    clock = iter(range(0, 1000, 7))
    slept: list[float] = []
    with pytest.raises(SourceError, match="rule: no file yet"):
        by_relation(source, [RULE], clock=lambda: next(clock), sleep=slept.append)
    assert slept


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ("{name: a, what: b}", "expected one of `query`"),
        ("{name: a, what: b, relation: c}", "expected `key` together with `relation`"),
        ("{name: a, what: b, query: c, key: [d]}", "expected `key` together with `relation`"),
        ("{name: patient, what: b, query: c}", "is an object of this mapping"),
    ],
)
def test_mistakes(export: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping(f"{OBJECTS}  - {export}\n")
