"""PostgreSQL as clinics have it: odd types, odd values, lost connections, wrong mappings."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from producers.known import row_hash
from producers.postgres import PostgresSource
from producers.source import SourceError
from schemas.codec import Codec
from schemas.records import Json, Operation, RecordChange
from schemas.source import SourceObject
from tests.integration.postgres_world import THING, Database, only


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
    database: Database,
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


def test_new_columns_and_new_types_flow_by_themselves(database: Database, source: PostgresSource) -> None:
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


def test_excluded_columns_stay_in_the_source(database: Database, source: PostgresSource) -> None:
    database.execute('CREATE TABLE things (id int PRIMARY KEY, scan bytea, "Odd "" %name" text)')
    database.execute("INSERT INTO things VALUES (1, '\\x00', 'x')")
    assert only(source, replace(THING, exclude=("scan",))).record == {"id": 1, 'Odd " %name': "x"}


def test_rows_without_a_key_do_not_stop_the_others(
    database: Database, source: PostgresSource, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("CREATE TABLE things (id int)")
    database.execute("INSERT INTO things VALUES (NULL), (1), (NULL), (2)")
    for _ in range(2):
        assert [row.id for row in source.scan(THING, None, 2)] == ["1", "2"]
    assert [record.getMessage() for record in caplog.records] == [
        "thing: 2 rows have no id and are not captured: name a key in the mapping that every row has"
    ]


CANARY = "Zanzibar-4711"


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_local_change_times_follow_the_zone(database: Database, source: PostgresSource, kind: str) -> None:
    database.execute(f"CREATE TABLE things (id int PRIMARY KEY, at {kind})".encode())
    database.execute("INSERT INTO things VALUES (1, '2026-07-01 08:00'), (2, '2026-07-01 12:00')")
    what = replace(THING, changed_at="at", zone="America/New_York")
    noon = datetime(2026, 7, 1, 15, tzinfo=UTC)  # 11:00 in New York
    rows = {row.id: row.changed_at for row in source.increment(what, noon, None, 10)}
    midnight = datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert rows == ({"2": noon + timedelta(hours=1)} if kind == "timestamp" else {"1": midnight, "2": midnight})


@pytest.mark.parametrize("place", ["infinity", "-infinity", "0044-03-15 00:00:00 BC", "2026-01-01 00:00:00.000001"])
def test_a_pass_goes_on_behind_any_time(database: Database, source: PostgresSource, place: str) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY, at timestamp)")
    database.execute("INSERT INTO things SELECT n, %s FROM generate_series(1, 3) AS n", (place,))
    what = replace(THING, changed_at="at")
    first = next(source.scan(what, None, 1))
    after = source.place(what, first, by_time=True)
    assert [row.id for row in source.increment(what, datetime.min.replace(tzinfo=UTC), after, 10)] == ["2", "3"]


def test_the_session_cannot_write(database: Database, source: PostgresSource) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    database.execute("INSERT INTO things VALUES (1)")
    thief = replace(THING, relation=None, query="WITH gone AS (DELETE FROM things RETURNING id) SELECT * FROM gone")
    with pytest.raises(SourceError):
        list(source.scan(thief, None, 10))
    assert database.execute("SELECT count(*) FROM things").fetchone() == (1,)


def test_a_sleeping_query_is_ended(postgres_url: str, database: Database) -> None:
    database.execute("CREATE VIEW things AS SELECT 1 AS id, pg_sleep(60)::text AS nap")
    source = PostgresSource(postgres_url, statement_seconds=0.2)
    with pytest.raises(SourceError, match=r"is there an index on things \(id\)"):
        list(source.scan(THING, None, 10))
    source.close()


def test_a_lost_connection_is_made_again(database: Database, source: PostgresSource) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY)")
    database.execute("INSERT INTO things VALUES (1)")
    assert only(source).id == "1"
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'dualrun%'"
    )
    with pytest.raises(SourceError, match="is the server up"):
        source.reading()
    assert only(source).id == "1"


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
    database: Database, source: PostgresSource, what: SourceObject, words: str
) -> None:
    database.execute("CREATE TABLE things (id int PRIMARY KEY, note text)")
    with pytest.raises(SourceError, match=words):
        list(source.scan(what, None, 1))
    assert list(source.scan(THING, None, 1)) == [], "and the next object is read"


def test_errors_hold_no_values(database: Database, source: PostgresSource) -> None:
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
