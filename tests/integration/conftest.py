"""A clinic's PostgreSQL, and the source that reads it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from producers.postgres import PostgresSource
from tests.integration.postgres_world import Database


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """Autocommits."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def source(postgres_url: str) -> Iterator[PostgresSource]:
    source = PostgresSource(postgres_url)
    yield source
    source.close()
