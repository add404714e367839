"""The table that most tests of a clinic's PostgreSQL read."""

from __future__ import annotations

import psycopg

from producers.postgres import PostgresSource
from producers.source import Row
from schemas.source import SourceObject

Database = psycopg.Connection[tuple[object, ...]]
THING = SourceObject("thing", ("id",), "things")


def only(source: PostgresSource, what: SourceObject = THING) -> Row:
    (row,) = source.scan(what, None, 10)
    return row
