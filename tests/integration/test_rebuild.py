"""Definitions out of a real PostgreSQL, by query and by table."""

from __future__ import annotations

import psycopg

from infra.rebuild import by_query, by_relation
from producers.postgres import PostgresSource
from tests.tiny import mapping

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
