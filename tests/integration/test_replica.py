"""A real streaming replica that falls behind its primary: what it has not replayed is not passed by."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.stack.ports import free_port
from infra.stack.postgres import open_way_to, programs, unprivileged_account
from infra.stack.supervisor import leashed
from producers.postgres import PostgresSource
from producers.source import SourceError
from schemas.source import SourceObject
from tests.waiting import until

PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


@dataclass
class Pair:
    primary: psycopg.Connection[tuple[object, ...]]
    replica: psycopg.Connection[tuple[object, ...]]
    url: str

    def replayed(self) -> bool:
        position = self.primary.execute("SELECT pg_current_wal_lsn()").fetchone()
        assert position is not None
        row = self.replica.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position).fetchone()
        return row is not None and bool(row[0])


@pytest.fixture
def pair(postgres_url: str) -> Iterator[Pair]:
    account = unprivileged_account() if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="dualrun-replica-"))
    if account is not None:
        os.chown(home, *account)
        open_way_to(home / "data")
    port = free_port(random.SystemRandom())
    with psycopg.connect(postgres_url, autocommit=True) as primary:
        primary.execute("CREATE TABLE patients (id text PRIMARY KEY, updated_at timestamptz DEFAULT now())")
        copy = [str(programs() / "pg_basebackup"), "-d", postgres_url, "-D", str(home / "data"), "-R", "-c", "fast"]
        subprocess.run(leashed(copy, account), check=True, capture_output=True, timeout=120)
        serve = [str(programs() / "postgres"), "-D", str(home / "data"), "-c", f"port={port}"]
        serve += [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off",
            "-c",
            "max_prepared_transactions=10",
        ]
        server = subprocess.Popen(leashed(serve, account), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        parts = urlsplit(postgres_url)
        url = parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()
        try:
            until(lambda: answers(url))
            with psycopg.connect(url, autocommit=True) as replica:
                yield Pair(primary, replica, url)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
            shutil.rmtree(home)


def test_a_replica_that_is_behind_holds_the_horizon(pair: Pair) -> None:
    source = PostgresSource(pair.url, overlap_seconds=0.1)
    try:
        pair.primary.execute("INSERT INTO patients VALUES ('p1')")
        until(pair.replayed)
        pair.replica.execute("SELECT pg_wal_replay_pause()")
        pair.primary.execute("INSERT INTO patients VALUES ('p2')")
        late = pair.primary.execute("SELECT updated_at FROM patients WHERE id = 'p2'").fetchone()
        assert late is not None and isinstance(late[0], datetime)
        reading = source.reading()
        assert reading.now > late[0], "the clock has passed the row that is not here yet"
        assert reading.horizon < late[0], "the cursor must not"
        assert reading.blocked_since is not None, "and the lag shows"
        assert [row.id for row in source.scan(PATIENT, None, 10)] == ["p1"]
        pair.replica.execute("SELECT pg_wal_replay_resume()")
        until(pair.replayed)
        assert [row.id for row in source.increment(PATIENT, reading.horizon, None, 10)][-1] == "p2"
    finally:
        source.close()


def test_a_replica_is_not_read_as_if_it_knew_the_open_transactions(pair: Pair) -> None:
    source = PostgresSource(pair.url)
    try:
        with pytest.raises(SourceError, match=r"the source is a replica, .* or set overlap_seconds"):
            source.reading()
    finally:
        source.close()
