"""Definitions out of a real PostgreSQL, by query and by table."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from infra.clinics.worlds import WORLDS
from infra.rebuild import by_query, by_relation, write_package
from producers.postgres import PostgresSource
from schemas.mapping import load_mapping
from tests.unit.mapping.snippets import mapping

EXPORTS = mapping(
    """\
    twenty: {}
    objects:
      patient:
        source: {relation: patients, key: [id]}
        parts: [{target: person, fields: {jobTitle: job}}]
    exports:
      - {name: workflows, query: select name from workflows order by id, what: Workflows}
      - {name: rules, relation: workflows, key: [id], what: Rules}
    """
)


def test_queries_and_tables(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create table workflows (id int primary key, name text, definition jsonb)")
        connection.execute("insert into workflows values (2, 'Recall', '{\"every\": 6}'), (1, 'Remind', null)")
    assert by_query(EXPORTS, postgres_url) == {"workflows": [{"name": "Remind"}, {"name": "Recall"}]}
    source = PostgresSource(postgres_url)
    try:
        found = by_relation(source, EXPORTS.exported)
    finally:
        source.close()
    assert found["rules"] == [
        {"id": 1, "name": "Remind", "definition": None},
        {"id": 2, "name": "Recall", "definition": {"every": 6}},
    ]


@pytest.mark.parametrize(
    ("system", "first"),
    [
        (
            "clinic_place",
            {
                "workflow_id": 1,
                "name": "Appointment reminder",
                "definition": {
                    "trigger": "appointment.created",
                    "steps": ["wait 24h before", "send text"],
                    "active": True,
                },
            },
        ),
        (
            "clinic_management",
            {"wf_no": 1, "nm": "Text a day before", "def_json": '{"when": "appt.booked", "do": ["wait -24h", "sms"]}'},
        ),
    ],
)
def test_the_definitions_of_workflows_are_exported(
    postgres_url: str, tmp_path: Path, system: str, first: dict[str, object]
) -> None:
    clinic = WORLDS[system].clinic(1, 5, tmp_path / "documents")
    with psycopg.connect(postgres_url) as connection:
        clinic.create(connection)
    built_in, directory = load_mapping(system), tmp_path / "package"
    inventory = write_package(built_in, by_query(built_in, postgres_url), directory)
    exported = json.loads((directory / "workflows.json").read_text())
    assert inventory == {"workflows": len(exported)}
    assert len(exported) == len(list(clinic.rows(list(clinic.keys)[-1]))) >= 3
    assert exported[0].items() >= first.items()
    told = json.loads((directory / "inventory.json").read_text())
    assert (told["system"], told["definitions"][0]["definitions"]) == (system, len(exported))
