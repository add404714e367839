"""A mapping that does not fit its database is told so by the database, with the line in the file."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli.main import app

pytestmark = pytest.mark.stack

MAPPING = """\
system: tiny
revision: 1
zone: Europe/Berlin
region: DE
currency: EUR
source_key_field: sourceSystemId
twenty: {person: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}}}}
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts: [{target: person, fields: {name: {of: {lastName: name}}}}]
  note:
    source:
      query: >-
        select id, body from notes
         where '100%' <> body and body operator(pg_catalog.~~) 'a%'
      key: [id]
    parts: [{target: person, anchor: {to: patient, by: id}, fields: {jobTitle: body}}]
"""


def answer(tmp_path: Path, url: str, text: str) -> tuple[int, str]:
    (tmp_path / "tiny.yaml").write_text(text)
    (tmp_path / "settings.yaml").write_text(
        f"system: tiny.yaml\nprefix: p\nkafka: {{bootstrap_servers: 'localhost:1'}}\n"
        f"source: {{kind: postgres, url: '{url}'}}\ntwenty: {{url: 'http://127.0.0.1:9', api_key: none}}\n"
    )
    arguments = ["mapping", "check", str(tmp_path / "tiny.yaml"), "--settings", str(tmp_path / "settings.yaml")]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", "No mistakes."),
        (
            "lastName: name",
            "lastName: nam",
            "tiny.yaml:11: objects.patient: patients has no column 'nam'; did you mean",
        ),
        ("relation: patients", "relation: patiens", "tiny.yaml:10: objects.patient.source.relation: relation"),
        ("where '100%'", "wher '100%'", "tiny.yaml:16: objects.note.source.query: the database says: syntax error"),
        ("from notes", "from nodes", "tiny.yaml:15: objects.note.source.query: relation"),
        ("id, body from", "id, n.body from", "tiny.yaml:15: objects.note.source.query: missing FROM-clause entry"),
    ],
)
def test_the_database_names_what_it_does_not_have(
    tmp_path: Path, postgres_url: str, old: str, new: str, expected: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE patients (id int, name text); CREATE TABLE notes (id int, body text)")
    code, output = answer(tmp_path, postgres_url, MAPPING.replace(old, new) if old else MAPPING)
    assert code == (1 if old else 0), output
    assert expected in output
