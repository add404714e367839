"""What every source promises the poller: one suite for the source in memory and for PostgreSQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from producers.memory import MemoryDatabase, MemorySource
from producers.postgres import PostgresSource
from producers.source import Place, Row, Source, SourceError
from schemas.source import SourceObject

VISIT = SourceObject("visit", ("site", "number"), "public.visits", changed_at="updated_at")
TOTAL = SourceObject("visit", ("site", "number"), query="SELECT * FROM public.visits WHERE note NOT LIKE '%secret%'")
LONG_AGO = datetime(2020, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)


class Clinic(ABC):
    """A source and a hand that writes into it."""

    source: Source

    @abstractmethod
    def put(self, site: str, number: int, at: datetime | None, note: str = "") -> None: ...

    @abstractmethod
    def delete(self, site: str, number: int) -> None: ...

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Open, having written, until it is left."""


class InMemory(Clinic):
    def __init__(self) -> None:
        self.database = MemoryDatabase(datetime(2026, 1, 1, tzinfo=UTC))
        self.source = MemorySource(self.database)

    def put(self, site: str, number: int, at: datetime | None, note: str = "") -> None:
        transaction = self.database.begin()
        transaction.put(VISIT, {"site": site, "number": number, "note": note, "updated_at": at})
        transaction.commit()

    def delete(self, site: str, number: int) -> None:
        transaction = self.database.begin()
        transaction.delete(VISIT, site, str(number))
        transaction.commit()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        transaction = self.database.begin()
        self.database.advance(0.01)
        yield
        transaction.commit()


class InPostgres(Clinic):
    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(
            "CREATE TABLE visits (site text, number bigint, note text, updated_at timestamptz,"
            " PRIMARY KEY (site, number))"
        )
        self.source = PostgresSource(url)

    def put(self, site: str, number: int, at: datetime | None, note: str = "") -> None:
        self.connection.execute(
            "INSERT INTO visits VALUES (%s, %s, %s, %s) ON CONFLICT (site, number)"
            " DO UPDATE SET note = excluded.note, updated_at = excluded.updated_at",
            (site, number, note, at),
        )

    def delete(self, site: str, number: int) -> None:
        self.connection.execute("DELETE FROM visits WHERE site = %s AND number = %s", (site, number))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO visits VALUES ('open', 1, '', now())")
            yield


@pytest.fixture(params=["memory", "postgres"])
def clinic(request: pytest.FixtureRequest) -> Iterator[Clinic]:
    if request.param == "memory":
        yield InMemory()
        return
    clinic = InPostgres(request.getfixturevalue("postgres_url"))
    yield clinic
    clinic.source.close()
    clinic.connection.close()


def read_by_time(clinic: Clinic, since: datetime, limit: int) -> list[str]:
    """A pass to the end in chunks of ``limit``."""
    found: list[str] = []
    after: Place | None = None
    while True:
        rows = list(clinic.source.increment(VISIT, since, after, limit))
        found += [row.id for row in rows]
        if len(rows) < limit:
            return found
        after = clinic.source.place(VISIT, rows[-1], by_time=True)


def read_by_key(clinic: Clinic, what: SourceObject, limit: int) -> list[Row]:
    found: list[Row] = []
    after: Place | None = None
    while True:
        rows = list(clinic.source.scan(what, after, limit))
        found += rows
        if len(rows) < limit:
            return found
        after = clinic.source.place(what, rows[-1], by_time=False)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_increments_begin_with_the_bound_itself_and_go_by_time_and_key(clinic: Clinic, limit: int) -> None:
    clinic.put("b", 2, LONG_AGO)
    clinic.put("a", 1, LONG_AGO)
    clinic.put("a", 3, LONG_AGO - timedelta(microseconds=1))
    clinic.put("c", 1, LONG_AGO + timedelta(microseconds=1))
    clinic.put("d", 1, None)
    assert read_by_time(clinic, LONG_AGO, limit) == ["a:1", "b:2", "c:1"]


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("what", [VISIT, TOTAL])
def test_scans_give_every_row_once(clinic: Clinic, what: SourceObject, limit: int) -> None:
    for number in (1, 2, 10):
        clinic.put("a", number, LONG_AGO)
        clinic.put("b", number, None)
    ids = [row.id for row in read_by_key(clinic, what, limit)]
    assert sorted(ids) == ["a:1", "a:10", "a:2", "b:1", "b:10", "b:2"]


def test_rows_say_when_they_changed(clinic: Clinic) -> None:
    clinic.put("a", 1, LONG_AGO)
    clinic.put("b", 1, None)
    assert {row.id: row.changed_at for row in read_by_key(clinic, VISIT, 10)} == {"a:1": LONG_AGO, "b:1": None}


def test_a_read_that_is_left_early_does_not_disturb_the_next(clinic: Clinic) -> None:
    for number in range(1, 6):
        clinic.put("a", number, LONG_AGO)
    rows = clinic.source.scan(VISIT, None, 100)
    first = next(rows)
    rows.close()
    place = clinic.source.place(VISIT, first, by_time=False)
    assert len(list(clinic.source.scan(VISIT, place, 100))) == 4


def test_a_query_goes_on_where_it_was_left_as_it_was_when_it_began(clinic: Clinic) -> None:
    for number in range(1, 6):
        clinic.put("a", number, LONG_AGO)
    rows = clinic.source.scan(TOTAL, None, 100)
    first = next(rows)
    rows.close()
    clinic.put("a", 9, LONG_AGO)
    place = clinic.source.place(TOTAL, first, by_time=False)
    assert len(list(clinic.source.scan(TOTAL, place, 100))) == 4
    assert not clinic.source.resumable(TOTAL)
    clinic.source.close()
    with pytest.raises(SourceError, match="lost in the middle"):
        list(clinic.source.scan(TOTAL, place, 100))


def test_an_open_transaction_holds_the_horizon(clinic: Clinic) -> None:
    before = clinic.source.reading()
    assert before.blocked_since is None
    with clinic.transaction():
        during = clinic.source.reading()
        assert during.blocked_since is not None
        assert before.now <= during.horizon == during.blocked_since < during.now
    after = clinic.source.reading()
    assert after.blocked_since is None
    assert after.horizon == after.now
    assert after.log_position >= before.log_position


@pytest.mark.parametrize("what", [VISIT, TOTAL])
def test_presence(clinic: Clinic, what: SourceObject) -> None:
    clinic.put("a", 1, LONG_AGO)
    clinic.put("b", 2, None)
    clinic.put("x:7", 3, None)
    clinic.delete("b", 2)
    assert clinic.source.present(what, ["a:1", "b:2", "c:3"]) == {"a:1"}
    assert clinic.source.present(what, ["a:1", "x:7:3", "x:7:4"]) == {"a:1", "x:7:3"}
    assert clinic.source.present(what, []) == set()


def test_estimates(clinic: Clinic) -> None:
    clinic.put("a", 1, LONG_AGO)
    clinic.put("a", 2, LONG_AGO)
    assert clinic.source.estimate(VISIT) == 2
    assert clinic.source.estimate(replace(TOTAL)) is None
