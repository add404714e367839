"""A total of rows that no source can add up is right whatever comes, goes, moves, is repeated, or crashes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from producers.memory import MemoryDatabase
from producers.publisher import Publisher
from producers.query import QueryError, read_query
from producers.source import SourceError
from producers.views import FollowedPublisher, Views
from schemas.records import Json, Operation, Value
from schemas.source import SourceObject
from tests.unit.producers.worlds import LIMITS, NOON, World

PATIENT = SourceObject("patient", ("id",), "clinic.patients", changed_at="updated_at")
INVOICE = SourceObject("invoice", ("id",), "invoices", changed_at="updated_at")
BALANCE = SourceObject(
    "balance",
    ("patient",),
    view="""select p.id as patient, coalesce(sum(try_cast(i.owed as decimal(18, 2))), 0) as total,
                    max_by(i.practice, i.visits::int) as practice
               from patients p left join Invoices i on i.patient = p.id group by p.id""",
)


def _as_it_is(publisher: Publisher) -> Publisher:
    return publisher


class Clinic:
    """Two objects and the query over both, each with its poller and topic, under one clock."""

    def __init__(self, tmp: Path, what: SourceObject = BALANCE) -> None:
        self.tmp, self.what = tmp, what
        self.database = MemoryDatabase(NOON)
        self.start()

    def start(self) -> None:
        """A new process: what it knows is in the topics."""
        old: list[World] | None = getattr(self, "worlds", None)
        self.views = Views(
            self.tmp,
            [PATIENT, INVOICE, self.what],
            clock=lambda: self.database.now,
            monotonic=lambda: (self.database.now - NOON).total_seconds(),
        )
        worlds: list[World] = []
        for number, what in enumerate((PATIENT, INVOICE)):
            followed = what.name in self.views.inputs
            wrapped = partial(FollowedPublisher, views=self.views, name=what.name) if followed else _as_it_is
            if old is None:
                worlds.append(World(what, LIMITS, self.database, wrapped=wrapped))
                continue
            world = old[number]
            world.wrapped = wrapped
            world.start()
            if followed:
                self.views.follow(what.name, world.published, whole=world.poller.position.snapshot.done)
            worlds.append(world)
        if old is None:
            worlds.append(World(self.what, LIMITS, self.database, source=self.views))
        else:
            old[2].source = self.views
            old[2].start()
            worlds.append(old[2])
        self.worlds = worlds

    def put(self, what: SourceObject, record_id: str, **columns: Value) -> None:
        transaction = self.database.begin()
        transaction.put(what, {"id": record_id, **columns})
        transaction.commit()

    def delete(self, what: SourceObject, record_id: str) -> None:
        transaction = self.database.begin()
        transaction.delete(what, record_id)
        transaction.commit()

    def round(self) -> None:
        self.database.advance(12)
        for world in self.worlds:
            world.poll_to_end()
            while world.poller.snapshot():
                pass
            while world.poller.sweep(world.poller._source.reading()):
                pass
            world.poller.heartbeat()

    def settle(self) -> None:
        for _ in range(5):
            self.round()

    @property
    def totals(self) -> dict[str, Value]:
        return {key: change.record["total"] for key, change in self.worlds[2].latest().items()}

    def events(self) -> list[tuple[str, str]]:
        return [(change.operation.value, change.record_id) for change in self.worlds[2].published]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.views.close()


def test_a_total_follows_its_rows_and_only_what_changed_is_published(clinic: Clinic) -> None:
    for number in ("1", "2", "3"):
        clinic.put(PATIENT, number)
    clinic.put(INVOICE, "a", patient="1", owed="10.50", practice="North", visits="3")
    clinic.put(INVOICE, "b", patient="1", owed="see file", practice="South", visits="5")
    clinic.settle()
    assert clinic.totals == {"1": Decimal("10.50"), "2": Decimal(0), "3": Decimal(0)}
    assert clinic.worlds[2].latest()["1"].record["practice"] == "South"
    before = len(clinic.events())
    clinic.put(INVOICE, "b", patient="2", owed="7", practice="South", visits="5")  # of another patient now
    clinic.settle()
    assert clinic.totals == {"1": Decimal("10.50"), "2": Decimal(7), "3": Decimal(0)}
    assert sorted(clinic.events()[before:]) == [(Operation.UPSERT, "1"), (Operation.UPSERT, "2")]
    clinic.delete(INVOICE, "a")
    clinic.delete(PATIENT, "3")
    clinic.settle()
    assert clinic.totals == {"1": Decimal(0), "2": Decimal(7)}


def test_it_waits_for_the_snapshots_of_what_it_reads(clinic: Clinic) -> None:
    clinic.put(PATIENT, "1")
    clinic.put(INVOICE, "a", patient="1", owed="1")
    patients, _, balance = clinic.worlds
    patients.snapshot_to_end()
    patients.poller.heartbeat()
    balance.snapshot_to_end()
    assert balance.poller.health == "the snapshot of invoice comes first"
    assert clinic.events() == []
    clinic.settle()
    assert clinic.totals == {"1": Decimal(1)}


def test_what_is_not_committed_does_not_count(clinic: Clinic) -> None:
    clinic.put(PATIENT, "1")
    clinic.settle()
    clinic.put(INVOICE, "a", patient="1", owed="1")
    clinic.database.advance(60)
    clinic.worlds[1].publisher.fail = True
    clinic.worlds[1].poll()
    clinic.worlds[2].sweep()
    assert clinic.totals == {"1": Decimal(0)}
    clinic.settle()
    assert clinic.totals == {"1": Decimal(1)}


@pytest.mark.parametrize("seed", range(6))
def test_totals_are_exact_after_deletes_moves_repeats_and_crashes(clinic: Clinic, seed: int) -> None:
    draw = random.Random(seed)
    truth: dict[str, tuple[str, int]] = {}
    people = [str(number) for number in range(5)]
    for number in people:
        clinic.put(PATIENT, number)
    for _ in range(40):
        key = str(draw.randrange(12))
        if draw.random() < 0.3:
            clinic.delete(INVOICE, key)
            truth.pop(key, None)
        else:
            truth[key] = (draw.choice([*people, "nobody"]), draw.randrange(1000))
            clinic.put(INVOICE, key, patient=truth[key][0], owed=str(truth[key][1]))
        for world in clinic.worlds:
            world.publisher.fail = draw.random() < 0.1
        if draw.random() < 0.2:
            clinic.round()
        if draw.random() < 0.1:
            clinic.views.close()
            clinic.start()
    clinic.settle()
    totals = {number: sum(owed for patient, owed in truth.values() if patient == number) for number in people}
    assert clinic.totals == {number: Decimal(total) for number, total in totals.items()}


def test_a_query_that_takes_long_rests_in_between(clinic: Clinic) -> None:
    clinic.put(PATIENT, "1")
    clinic.settle()
    clock = iter([0.0, 8.0, 8.0])  # the query begins, ends, and its rest is reckoned
    clinic.views._monotonic = lambda: next(clock)
    clinic.views._run(BALANCE)
    clinic.views._monotonic = lambda: 87.0
    clinic.views.follow("patient", clinic.worlds[0].published, whole=True)
    version = clinic.views.condition(BALANCE).version
    clinic.views._monotonic = lambda: 88.0
    assert clinic.views.condition(BALANCE).version != version


def test_values_come_as_they_were(tmp_path: Path) -> None:
    what = replace(BALANCE, view="select id as patient, born, tags, missing as total from patients", exclude=("tags",))
    clinic = Clinic(tmp_path, what)
    clinic.put(PATIENT, "1", born=NOON, tags=Json(["a", 1]), amount=2**70)
    clinic.settle()
    assert dict(clinic.worlds[2].latest()["1"].record) == {"patient": "1", "born": str(NOON), "total": None}
    clinic.views.close()


def test_rows_without_a_key_are_told_of(tmp_path: Path) -> None:
    clinic = Clinic(
        tmp_path, replace(BALANCE, view="select doctor as patient, count(*) as total from patients group by 1")
    )
    clinic.put(PATIENT, "1", doctor="D1")
    clinic.put(PATIENT, "2")
    clinic.settle()
    assert clinic.totals == {"D1": 1}
    assert clinic.worlds[2].poller.health == "1 rows have no patient and are not captured"
    clinic.views.close()


def test_a_query_that_fails_says_what_to_do_and_quotes_no_value(tmp_path: Path) -> None:
    what = replace(BALANCE, view="select id as patient, cast(name as int) as total from patients")
    clinic = Clinic(tmp_path, what)
    clinic.put(PATIENT, "1", name="Zanzibar")
    clinic.settle()
    health = clinic.worlds[2].poller.health
    assert (
        "balance: its query failed (ConversionException): all columns are texts" in health and "Zanzibar" not in health
    )
    clinic.views.close()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("selec 1", "its query cannot be read: .*selec"),
        ("select 1 as patient", "its query reads no object: expected one of invoices, patients"),
        ("select patient from payments", "its query reads 'payments': expected one of invoices, patients"),
    ],
)
def test_a_query_over_what_is_not_there_is_refused_at_once(tmp_path: Path, query: str, message: str) -> None:
    with pytest.raises(SourceError, match=f"balance: {message}"):
        Clinic(tmp_path, replace(BALANCE, view=query))


def test_a_query_tells_what_it_reads() -> None:
    query = read_query(
        "with recent as (select * from Invoices i where i.paid is null) select p.id, owed from patients p, recent;",
        ["patients", "invoices"],
    )
    assert query.tables == ("invoices", "patients")
    assert query.columns == {"invoices": {"paid"}, "patients": {"id"}}
    with pytest.raises(QueryError):
        read_query("", ["patients"])
