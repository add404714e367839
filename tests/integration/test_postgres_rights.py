"""What an account may see, what it needs to be granted, and whose transactions are seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from producers.memory import MemoryDatabase
from producers.postgres import PostgresSource
from producers.source import SourceError
from tests.integration.postgres_world import THING, Database
from tests.unit.producers.worlds import LIMITS, World
from tests.waiting import until


@pytest.fixture
def clerk(postgres_url: str, database: Database) -> Iterator[str]:
    """The URL of a user with no rights but to connect."""
    database.execute("CREATE ROLE clerk LOGIN PASSWORD 'p@ss/word'")
    parts = urlsplit(postgres_url)
    host = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"clerk:{quote('p@ss/word', safe='')}@{host}").geturl()
    database.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'clerk'")
    database.execute("DROP OWNED BY clerk")
    database.execute("DROP ROLE clerk")


def test_missing_rights_say_what_to_grant(clerk: str, database: Database) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    source = PostgresSource(clerk)
    with pytest.raises(SourceError, match='GRANT pg_read_all_stats TO "clerk"'):
        source.reading()
    with pytest.raises(SourceError, match="overlap_seconds"):
        source.reading()
    database.execute("GRANT pg_read_all_stats TO clerk")
    with pytest.raises(SourceError, match="GRANT SELECT ON things"):
        list(source.scan(THING, None, 1))
    database.execute("GRANT SELECT ON things TO clerk")
    assert list(source.scan(THING, None, 1)) == []
    source.close()


def test_an_overlap_stands_in_for_the_right_to_see_sessions(clerk: str) -> None:
    source = PostgresSource(clerk, overlap_seconds=90)
    reading = source.reading()
    assert reading.now - reading.horizon == timedelta(seconds=90)
    source.close()


def test_a_transaction_of_another_user_is_seen(clerk: str, postgres_url: str, database: Database) -> None:
    database.execute("GRANT pg_read_all_stats TO clerk")
    source = PostgresSource(clerk)
    with psycopg.connect(postgres_url) as other:
        began = other.execute("SELECT now()").fetchone()
        assert began == (source.reading().horizon,)
    assert source.reading().blocked_since is None
    source.close()


def test_a_prepared_transaction_is_seen(postgres_url: str, database: Database, source: PostgresSource) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("BEGIN")
        other.execute("INSERT INTO things VALUES (1)")
        other.execute("PREPARE TRANSACTION 'half'")
        (name,) = source.reading().untimed
        assert name.startswith("half:")
        other.execute("COMMIT PREPARED 'half'")
    assert source.reading().untimed == {}


def test_a_late_commit_of_a_session_that_hides_its_times_arrives(
    database: Database, postgres_url: str, source: PostgresSource
) -> None:
    """With track_activities off nobody sees when a transaction began: it may not have written yet, nor read."""
    database.execute("CREATE TABLE things (id int PRIMARY KEY, at timestamptz DEFAULT now())")
    database.execute(f"ALTER DATABASE {urlsplit(postgres_url).path[1:]} SET track_activities = off".encode())
    timed = replace(THING, changed_at="at")
    limits = replace(LIMITS, chunk_rows=100, margin=0.05)
    world = World(timed, limits, MemoryDatabase(datetime.now(UTC)), source=source)
    with psycopg.connect(postgres_url) as before, psycopg.connect(postgres_url) as late:
        before.execute("SELECT 1")
        world.snapshot_to_end()
        late.execute("SELECT 1")
        (begun,) = late.execute("SELECT now()").fetchone() or ()
        world.database.advance(60)
        world.poll_to_end()
        until(lambda: source.reading().now >= begun + timedelta(seconds=0.5))
        world.database.advance(60)
        world.poll_to_end()
        for number, session in enumerate((before, late)):
            session.execute("INSERT INTO things VALUES (%s)", (number,))
            session.commit()
        cursor = world.poller.position.cursor
        assert cursor is not None
        assert cursor <= begun
        world.database.advance(60)
        world.poll_to_end()
        assert sorted(change.record_id for change in world.published) == ["0", "1"]
    world.database.advance(60)
    world.poll_to_end()
    assert source.reading().untimed == {}
    assert world.poller.position.cursor is not None
    assert world.poller.position.cursor > begun
