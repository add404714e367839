"""PostgreSQL as clinics have it: odd types, odd values, replicas, missing rights, lost connections."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from producers.known import row_hash
from producers.memory import MemoryDatabase
from producers.postgres import PostgresSource
from producers.source import Row, SourceError
from schemas.codec import Codec
from schemas.records import Json, Operation, RecordChange
from schemas.source import SourceObject
from tests.unit.producers.worlds import LIMITS, World

THING = SourceObject("thing", ("id",), "things")
CANARY = "Zanzibar-4711"
TABLE_WITH_NAMES = """CREATE TABLE things (id {} PRIMARY KEY, "größe" text, j jsonb DEFAULT '{{"ö": "ü"}}')"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def source(postgres_url: str) -> Iterator[PostgresSource]:
    source = PostgresSource(postgres_url)
    yield source
    source.close()


def only(source: PostgresSource, what: SourceObject = THING) -> Row:
    (row,) = source.scan(what, None, 10)
    return row


@pytest.mark.parametrize(
    ("column", "expression", "value"),
    [
        ("numeric(12, 2)", "12.50", Decimal("12.50")),
        ("numeric", "'NaN'", "NaN"),
        ("numeric", "'Infinity'", "Infinity"),
        ("numeric", "1e40", Decimal(10**40)),
        ("float8", "0.1", 0.1),
        ("float8", "'-Infinity'", "-Infinity"),
        ("real", "'NaN'", "NaN"),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("smallint", "-3", -3),
        ("boolean", "true", True),
        ("text", "'ünï 🦷 \\ '' '", "ünï 🦷 \\ ' "),
        ("char(3)", "'ab'", "ab "),
        ("bytea", "'\\x00ff'", b"\x00\xff"),
        ("date", "'2024-02-29'", date(2024, 2, 29)),
        ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("date", "'infinity'", "infinity"),
        ("timestamp", "'2026-03-08 02:30:00.5'", datetime(2026, 3, 8, 2, 30, 0, 500000)),  # noqa: DTZ001
        ("timestamp", "'-infinity'", "-infinity"),
        ("timestamp", "'12026-01-01'", "12026-01-01 00:00:00"),
        ("timestamptz", "'2026-03-08 02:30:00.000001-05'", datetime(2026, 3, 8, 7, 30, 0, 1, tzinfo=UTC)),
        ("timestamptz", "'0001-01-01 00:00:00+00 BC'", "0001-01-01 00:00:00+00 BC"),
        ("time", "'24:00'", "24:00:00"),
        ("interval", "'1 day 2 hours'", "P1DT2H"),
        ("jsonb", "'{\"a\": [1, null, 1e400]}'", None),
        ("jsonb", "'[1, 12345678901234567890123]'", Json([1, 12345678901234567890123])),
        ("json", "'\"\\ud800\"'", '"\\ud800"'),
        ("json", "'null'", Json(None)),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("inet", "'10.0.0.1/8'", "10.0.0.1/8"),
        ("text[]", "'{a,NULL,\"b,c\"}'", Json(["a", None, "b,c"])),
        ("numeric[]", "'{1.50,NaN}'", Json(["1.50", "NaN"])),
        ("timestamptz[]", "'{2026-01-01 00:00:00+00}'", Json(["2026-01-01T00:00:00+00:00"])),
        ("int[]", "'{{1,2},{3,4}}'", Json([[1, 2], [3, 4]])),
        ("mood", "'glad'", "glad"),
        ("mood[]", "'{glad,sad}'", Json(["glad", "sad"])),
        ("positive", "5", 5),
        ("pair", "(1, 'x')", "(1,x)"),
        ("int4range", "'[1,5)'", "[1,5)"),
    ],
)
def test_values(
    database: psycopg.Connection[tuple[object, ...]],
    source: PostgresSource,
    column: str,
    expression: str,
    value: object,
) -> None:
    database.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
    database.execute("CREATE DOMAIN positive AS int CHECK (value > 0)")
    database.execute("CREATE TYPE pair AS (n int, t text)")
    database.execute(f"CREATE TABLE things (id int PRIMARY KEY, v {column})".encode())
    database.execute(f"INSERT INTO things VALUES (1, {expression}::{column})".encode())
    row = only(source)
    if value is not None:
        assert row.record["v"] == value
        assert type(row.record["v"]) is type(value)
    change = RecordChange(
        "clinic",
        "thing",
        row.id,
        Operation.UPSERT,
        row.record,
        datetime.now(UTC),
        None,
        1,
        row_hash(row.record).hex(),
    )
    codec = Codec()
    assert codec.decode(codec.encode(change)) == change


def test_new_columns_and_new_types_flow_by_themselves(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY, name text)")
    database.execute("INSERT INTO things VALUES (1, 'a')")
    before = only(source)
    database.execute("ALTER TABLE things ADD COLUMN extra int")
    assert row_hash(only(source).record) == row_hash(before.record), "an empty column is no change"
    database.execute("CREATE TYPE shade AS ENUM ('red')")
    database.execute("ALTER TABLE things ADD COLUMN shades shade[] DEFAULT '{red}'")
    assert only(source).record["shades"] == Json(["red"])
    database.execute("ALTER TABLE things DROP COLUMN name")
    assert "name" not in only(source).record


def test_excluded_columns_stay_in_the_source(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource
) -> None:
    database.execute('CREATE TABLE things (id int PRIMARY KEY, scan bytea, "Odd "" %name" text)')
    database.execute("INSERT INTO things VALUES (1, '\\x00', 'x')")
    assert only(source, replace(THING, exclude=("scan",))).record == {"id": 1, 'Odd " %name': "x"}


def test_rows_without_a_key_do_not_stop_the_others(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("CREATE TABLE things (id int)")
    database.execute("INSERT INTO things VALUES (NULL), (1), (NULL), (2)")
    for _ in range(2):
        assert [row.id for row in source.scan(THING, None, 2)] == ["1", "2"]
    assert [record.getMessage() for record in caplog.records] == [
        "thing: 2 rows have no id and are not captured: name a key in the mapping that every row has"
    ]


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_local_change_times_follow_the_zone(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource, kind: str
) -> None:
    database.execute(f"CREATE TABLE things (id int PRIMARY KEY, at {kind})".encode())
    database.execute("INSERT INTO things VALUES (1, '2026-07-01 08:00'), (2, '2026-07-01 12:00')")
    what = replace(THING, changed_at="at", zone="America/New_York")
    noon = datetime(2026, 7, 1, 15, tzinfo=UTC)  # 11:00 in New York
    rows = {row.id: row.changed_at for row in source.increment(what, noon, None, 10)}
    midnight = datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert rows == ({"2": noon + timedelta(hours=1)} if kind == "timestamp" else {"1": midnight, "2": midnight})


@pytest.mark.parametrize("place", ["infinity", "-infinity", "0044-03-15 00:00:00 BC", "2026-01-01 00:00:00.000001"])
def test_a_pass_goes_on_behind_any_time(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource, place: str
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY, at timestamp)")
    database.execute("INSERT INTO things SELECT n, %s FROM generate_series(1, 3) AS n", (place,))
    what = replace(THING, changed_at="at")
    first = next(source.scan(what, None, 1))
    after = source.place(what, first, by_time=True)
    assert [row.id for row in source.increment(what, datetime.min.replace(tzinfo=UTC), after, 10)] == ["2", "3"]


def test_the_session_cannot_write(database: psycopg.Connection[tuple[object, ...]], source: PostgresSource) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    database.execute("INSERT INTO things VALUES (1)")
    thief = replace(THING, relation=None, query="WITH gone AS (DELETE FROM things RETURNING id) SELECT * FROM gone")
    with pytest.raises(SourceError):
        list(source.scan(thief, None, 10))
    assert database.execute("SELECT count(*) FROM things").fetchone() == (1,)


def test_a_sleeping_query_is_ended(postgres_url: str, database: psycopg.Connection[tuple[object, ...]]) -> None:
    database.execute("CREATE VIEW things AS SELECT 1 AS id, pg_sleep(60)::text AS nap")
    source = PostgresSource(postgres_url, statement_seconds=0.2)
    with pytest.raises(SourceError, match=r"is there an index on things \(id\)"):
        list(source.scan(THING, None, 10))
    source.close()


def test_a_lost_connection_is_made_again(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    database.execute("INSERT INTO things VALUES (1)")
    assert only(source).id == "1"
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'dualrun%'"
    )
    with pytest.raises(SourceError, match="is the server up"):
        source.reading()
    assert only(source).id == "1"


@pytest.fixture
def clerk(postgres_url: str, database: psycopg.Connection[tuple[object, ...]]) -> Iterator[str]:
    """The URL of a user with no rights but to connect."""
    database.execute("CREATE ROLE clerk LOGIN PASSWORD 'p@ss/word'")
    parts = urlsplit(postgres_url)
    host = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"clerk:{quote('p@ss/word', safe='')}@{host}").geturl()
    database.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'clerk'")
    database.execute("DROP OWNED BY clerk")
    database.execute("DROP ROLE clerk")


def test_missing_rights_say_what_to_grant(clerk: str, database: psycopg.Connection[tuple[object, ...]]) -> None:
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


def test_a_transaction_of_another_user_is_seen(
    clerk: str, postgres_url: str, database: psycopg.Connection[tuple[object, ...]]
) -> None:
    database.execute("GRANT pg_read_all_stats TO clerk")
    source = PostgresSource(clerk)
    with psycopg.connect(postgres_url) as other:
        began = other.execute("SELECT now()").fetchone()
        assert began == (source.reading().horizon,)
    assert source.reading().blocked_since is None
    source.close()


def test_a_prepared_transaction_is_seen(
    postgres_url: str, database: psycopg.Connection[tuple[object, ...]], source: PostgresSource
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("BEGIN")
        other.execute("INSERT INTO things VALUES (1)")
        other.execute("PREPARE TRANSACTION 'half'")
        (name,) = source.reading().untimed
        assert name.startswith("half:")
        other.execute("COMMIT PREPARED 'half'")
    assert source.reading().untimed == {}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (replace(THING, relation="nowhere"), "not in the database"),
        (replace(THING, relation="no.where"), "not in the database"),
        (replace(THING, key=("number",)), "has no column number, which the mapping names; it has id, note"),
        (replace(THING, changed_at="note"), "note is text, a change time must be one of"),
        (replace(THING, relation=None), "neither a relation nor a query"),
    ],
)
def test_wrong_mappings_are_explained(
    database: psycopg.Connection[tuple[object, ...]], source: PostgresSource, what: SourceObject, words: str
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY, note text)")
    with pytest.raises(SourceError, match=words):
        list(source.scan(what, None, 1))
    assert list(source.scan(THING, None, 1)) == [], "and the next object is read"


def test_errors_hold_no_values(database: psycopg.Connection[tuple[object, ...]], source: PostgresSource) -> None:
    database.execute("CREATE TABLE things (id text PRIMARY KEY)")
    database.execute("INSERT INTO things VALUES (%s)", (CANARY,))
    casting = replace(THING, relation=None, query="SELECT id::int AS id FROM things")
    with pytest.raises(SourceError) as caught:
        list(source.scan(casting, None, 1))
    text = "".join(traceback.format_exception(caught.value))
    assert CANARY not in text
    assert "22P02" in text


def test_an_unreachable_server_is_named_without_its_password() -> None:
    source = PostgresSource(f"postgresql://clerk:{CANARY}@127.0.0.1:1/clinic")
    with pytest.raises(SourceError, match="is the server up") as caught:
        source.reading()
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_database_without_an_encoding_is_read(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    name = f"{parts.path[1:]}_ascii"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0".encode()
        )
        try:
            with psycopg.connect(parts._replace(path=f"/{name}").geturl(), autocommit=True) as writer:
                writer.execute("SET client_encoding = 'SQL_ASCII'")
                writer.execute("CREATE TABLE things (id int PRIMARY KEY, v text)")
                for number, raw in enumerate(("é".encode(), "é".encode("cp1252"))):
                    writer.execute(b"INSERT INTO things VALUES (%d, '%b')" % (number, raw))
            source = PostgresSource(parts._replace(path=f"/{name}").geturl())
            assert [row.record["v"] for row in source.scan(THING, None, 10)] == ["é", "é"]
            source.close()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize(("key", "chunk"), [("text", 100), ("text", 1), ("int", 3)])
def test_a_byte_that_is_no_character_stops_its_row_only(postgres_url: str, key: str, chunk: int) -> None:
    """0x81 is none in Windows-1252, and PostgreSQL stores it without a word."""
    parts = urlsplit(postgres_url)
    name = f"{parts.path[1:]}_1252"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'WIN1252' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0".encode()
        )
        url = parts._replace(path=f"/{name}").geturl()
        source = PostgresSource(url)
        try:
            with psycopg.connect(url, autocommit=True) as writer:
                writer.execute(TABLE_WITH_NAMES.format(key).encode("cp1252"))
                writer.execute("SET client_encoding = 'WIN1252'")
                writer.execute(
                    f"INSERT INTO things SELECT n::text::{key}, 'é' FROM generate_series(1, 9) n".encode("cp1252")
                )
                writer.execute("UPDATE things SET \"größe\" = 'a' || chr(129) WHERE id = '7'".encode("cp1252"))
                world = World(
                    THING,
                    replace(LIMITS, chunk_rows=chunk, sweep_interval=0),
                    MemoryDatabase(datetime.now(UTC)),
                    source=source,
                )
                for _ in range(3):
                    world.database.advance(60)
                    world.snapshot_to_end()
                latest = world.latest()
                assert sorted(latest) == [str(number) for number in range(1, 10) if number != 7]
                assert {change.record["größe"] for change in latest.values()} == {"é"}
                assert {str(change.record["j"]) for change in latest.values()} == {str(Json({"ö": "ü"}))}
                (letter,) = world.topic.letters
                assert (letter.where, json.loads(letter.raw)["größe"]) == ("7", "a\udc81")
                assert world.poller.health.startswith("clinic/thing/7 is not captured: a text in it")
                if key == "text":
                    writer.execute("INSERT INTO things VALUES ('k' || chr(129)), ('z')")
                writer.execute("UPDATE things SET \"größe\" = 'mended' WHERE id = '7'".encode("cp1252"))
                world.sweep()
                assert world.latest()["7"].record["größe"] == "mended"
                if key == "text":
                    assert "z" in world.latest(), "a chunk may end at the row whose key is no text"
                    assert {letter.where for letter in world.topic.letters} == {"7", "k\\udc81"}
                    assert source.present(THING, ["7", "k\udc81", "no"]) == {"7", "k\udc81"}
        finally:
            source.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_a_late_commit_of_a_session_that_hides_its_times_arrives(
    database: psycopg.Connection[tuple[object, ...]], postgres_url: str, source: PostgresSource
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
        deadline = time.monotonic() + 30
        while source.reading().now < begun + timedelta(seconds=0.5):
            assert time.monotonic() < deadline
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
