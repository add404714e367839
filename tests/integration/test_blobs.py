"""Files that lie in a column of a PostgreSQL source: captured by hash, and never whole in memory."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.transform import MappingTransform
from producers.blobs import BlobPublisher, Blobs
from producers.known import row_hash
from producers.memory import MemoryPublisher, MemoryTopic
from producers.postgres import BLOB_PIECE, PostgresSource
from producers.source import SourceError
from schemas.blobs import MAX_BYTES, Stored, path_of
from schemas.mapping import parse_mapping
from schemas.records import Changes, Checkpoint, Operation, RecordChange, Unit, Version
from schemas.source import SourceObject
from tests.integration.postgres_world import Database
from tests.tiny import HEAD

MAPPING = parse_mapping(
    HEAD
    + """\
twenty: {note: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}}}}
objects:
  scan:
    source: {relation: scans, key: [id, page], changed_at: changed}
    parts:
      - {target: note, fields: {title: name}}
      - name: file
        target: attachment
        when: {bytes: present}
        fields: {name: name}
        within: {note: ""}
        attachment: {blob: bytes, name: name}
""",
    "tiny.yaml",
)
(SCAN,) = MAPPING.sources


@pytest.fixture(autouse=True)
def scans(database: Database) -> None:
    database.execute(
        "create table scans (id int, page text, name text, bytes bytea, changed timestamptz default now(),"
        " primary key (id, page))"
    )


def captured(source: PostgresSource, root: Path, what: SourceObject = SCAN) -> list[RecordChange]:
    topic = MemoryTopic()
    publisher = BlobPublisher(MemoryPublisher(topic), source, what, Blobs(root))
    now = datetime.now(UTC)
    for row in source.scan(what, None, 100):
        like = RecordChange("tiny", what.name, "", Operation.UPSERT, {}, now)
        publisher.publish(Changes(like, [row.id], [row.record], [row.changed_at], [""]))
    publisher.commit(Checkpoint("tiny", what.name, 1, {}, now))
    return topic.changes


def test_a_file_is_stored_under_its_hash_and_travels_as_a_name(
    source: PostgresSource, database: Database, tmp_path: Path
) -> None:
    content = os.urandom(2 * BLOB_PIECE + 17)
    digest = hashlib.sha256(content).hexdigest()
    insert = "insert into scans (id, page, name, bytes) values (%s, %s, 'x.pdf', %s)"
    for number, page, piece in ((1, "a:b", content), (2, "1", content), (3, "1", None), (4, "1", b"")):
        database.execute(insert, (number, page, piece))
    changes = captured(source, tmp_path)
    empty = str(Stored(hashlib.sha256(b"").hexdigest(), 0))
    assert [change.record["bytes"] for change in changes] == [str(Stored(digest, len(content)))] * 2 + [None, empty]
    assert (tmp_path / path_of(digest)).read_bytes() == content
    assert sorted(path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()) == sorted(
        [digest, hashlib.sha256(b"").hexdigest()]
    )
    transform = MappingTransform(MAPPING, workspace_url="https://crm.test")
    write = transform(changes[0], Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert write is not None and write.parts[1].attachment is not None
    attachment = write.parts[1].attachment
    assert (attachment.locator, attachment.size, attachment.name) == (f"blob:{digest}", len(content), "x.pdf")
    without = transform(changes[2], Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert without is not None and [part.name for part in without.parts] == [""]


def test_a_file_that_is_too_large_never_leaves_the_source(
    source: PostgresSource, database: Database, tmp_path: Path
) -> None:
    database.execute("insert into scans (id, page, bytes) values (1, '1', repeat('x', %s)::bytea)", (MAX_BYTES + 1,))
    (change,) = captured(source, tmp_path)
    assert change.record["bytes"] == str(Stored("", MAX_BYTES + 1))
    assert not (tmp_path / "blobs").exists()


@pytest.mark.parametrize("changed_at", ["changed", None])
def test_new_bytes_are_seen_as_a_change(
    source: PostgresSource, database: Database, tmp_path: Path, changed_at: str | None
) -> None:
    what = SourceObject("scan", ("id", "page"), "scans", changed_at=changed_at, blobs=("bytes",))
    database.execute("insert into scans (id, page, bytes) values (1, '1', 'one')")
    (before,) = source.scan(what, None, 10)
    touched = ", changed = now() + interval '1 second'" if changed_at else ""
    database.execute("update scans set bytes = 'two'" + touched)
    (after,) = source.scan(what, None, 10)
    assert row_hash(before.record) != row_hash(after.record)
    assert row_hash(next(source.scan(what, None, 10)).record) == row_hash(after.record)


def test_a_row_that_is_gone_by_then_has_no_bytes(source: PostgresSource, database: Database) -> None:
    database.execute("insert into scans (id, page, bytes) values (1, '1', 'one')")
    assert list(source.blob(SCAN, ("2", "1"), "bytes")) == []


def test_a_directory_that_cannot_be_written_is_the_operators_to_mend(
    source: PostgresSource, database: Database, tmp_path: Path
) -> None:
    database.execute("insert into scans (id, page, bytes) values (1, '1', 'one')")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match="scan: a file of column bytes cannot be stored"):
        captured(source, tmp_path / "file")
