"""Databases whose texts are of other character sets, or of none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest

from producers.memory import MemoryDatabase
from producers.postgres import PostgresSource
from schemas.records import Json
from tests.integration.postgres_world import THING
from tests.unit.producers.worlds import LIMITS, World

TABLE_WITH_NAMES = """CREATE TABLE things (id {} PRIMARY KEY, "größe" text, j jsonb DEFAULT '{{"ö": "ü"}}')"""


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
