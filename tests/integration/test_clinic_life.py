"""The made-up clinic lives in a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.clinics import values
from infra.clinics.clinic_management import ClinicManagement, ClinicManagementLife, generator
from infra.clinics.clinic_place import rows
from infra.clinics.clinic_place.generator import KEYS, ClinicPlace
from infra.clinics.clinic_place.life import CHILDREN, ClinicPlaceLife
from infra.clinics.worlds import WORLDS

DEADLINE_SECONDS = 30

Connection = psycopg.Connection[Any]


@pytest.fixture
def clinic(tmp_path: Path) -> ClinicPlace:
    return ClinicPlace(11, 150, tmp_path)


@pytest.fixture
def connection(clinic: ClinicPlace, postgres_url: str) -> Iterator[Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        clinic.create(connection)
        yield connection


def table(connection: Connection, name: str) -> dict[Any, tuple[Any, ...]]:
    """Rows by key, without the time of their last change."""
    query = sql.SQL("select * from {} order by 1").format(sql.Identifier(name))
    return {row[0]: row[1:-1] for row in connection.execute(query)}


def test_rows_come_change_and_go_in_every_table(clinic: ClinicPlace, connection: Connection, postgres_url: str) -> None:
    before = {name: table(connection, name) for name in KEYS}
    assert ClinicPlaceLife(clinic, postgres_url).run(1500, 0) >= 1500
    after = {name: table(connection, name) for name in KEYS}
    for name in ("patients", *CHILDREN):
        assert after[name].keys() - before[name].keys(), f"{name}: nothing was inserted"
        assert before[name].keys() - after[name].keys(), f"{name}: nothing was deleted"
    for name in ("patients", "physicians", "staff", *CHILDREN):
        kept = before[name].keys() & after[name].keys()
        assert any(before[name][key] != after[name][key] for key in kept), f"{name}: nothing was changed"
    moved = [
        key
        for key in before["appointments"].keys() & after["appointments"].keys()
        if before["appointments"][key][0] != after["appointments"][key][0]
    ]
    assert moved
    assert all((clinic.documents / row[3]).exists() for row in after["documents"].values())
    open_transactions = (
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert connection.execute(open_transactions).fetchone() == (0,)


def test_children_that_came_first_have_their_patients_in_the_end(
    clinic: ClinicPlace, connection: Connection, postgres_url: str
) -> None:
    connection.execute(
        """create table arrivals (patient_id text, at timestamptz default now());
           create function arrive() returns trigger language plpgsql as
               $$ begin insert into arrivals values (new.patient_id); return new; end $$;
           create trigger arrive after insert on patients for each row execute function arrive()"""
    )
    known = table(connection, "patients").keys()
    ClinicPlaceLife(clinic, postgres_url).run(300, 0)
    arrivals = dict(connection.execute("select patient_id, min(at) from arrivals group by 1").fetchall())
    waited = 0
    for patient, updated_at in connection.execute("select patient_id, updated_at from appointments"):
        assert patient in known or patient in arrivals or int(patient[2:]) >= rows.NEVER_ISSUED
        waited += patient in arrivals and patient not in known and updated_at < arrivals[patient]
    assert waited


def test_slow_transactions_are_overtaken(clinic: ClinicPlace, connection: Connection, postgres_url: str) -> None:
    overtaken = """
        select count(*) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'
           and xact_start < (select greatest((select max(updated_at) from appointments),
                                             (select max(updated_at) from patients)))"""
    stop, deadline = threading.Event(), time.monotonic() + DEADLINE_SECONDS
    with ThreadPoolExecutor(1) as pool:
        living = pool.submit(ClinicPlaceLife(clinic, postgres_url).run, 10**6, 300, stop)
        try:
            while connection.execute(overtaken).fetchone() == (0,):
                assert time.monotonic() < deadline, "no transaction stayed open while others were committed"
                assert not living.done()
        finally:
            stop.set()
        living.result(timeout=DEADLINE_SECONDS)


def test_the_rate_is_kept_and_stop_ends_it(clinic: ClinicPlace, connection: Connection, postgres_url: str) -> None:
    life, stop, started = ClinicPlaceLife(clinic, postgres_url), threading.Event(), time.monotonic()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    made = life.run(10**6, 100, stop)
    elapsed = time.monotonic() - started
    assert 0 < made <= 100 * elapsed + 100  # one transaction may be a whole location's
    assert elapsed < DEADLINE_SECONDS


@pytest.mark.parametrize("system", WORLDS)
def test_the_same_seed_lives_the_same_life(system: str, tmp_path: Path, postgres_url: str) -> None:
    world = WORLDS[system]
    clinic, lived = world.clinic(11, 80, tmp_path), []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for _ in range(2):
            clinic.create(connection)
            world.life(clinic, postgres_url).run(400, 0)
            lived.append({name: table(connection, name) for name in clinic.keys})
            connection.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(map(sql.Identifier, clinic.keys))))
    assert lived[0] == lived[1]


def test_at_a_clinic_with_its_management_software_rows_come_change_and_go(tmp_path: Path, postgres_url: str) -> None:
    clinic = ClinicManagement(11, 150, tmp_path)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        clinic.create(connection)
        before = {name: table(connection, name) for name in clinic.keys}
        ClinicManagementLife(clinic, postgres_url).run(1500, 0)
        after = {name: table(connection, name) for name in clinic.keys}
        statuses = connection.execute("select pt_no, rec_status, last_visit_on from pt_master").fetchall()
    for name in ("pt_master", *generator.CHILDREN):
        assert after[name].keys() - before[name].keys(), f"{name}: nothing was inserted"
        assert before[name].keys() - after[name].keys(), f"{name}: nothing was deleted"
    for name in ("pt_master", "prov", *generator.CHILDREN):
        kept = before[name].keys() & after[name].keys()
        assert any(before[name][key] != after[name][key] for key in kept), f"{name}: nothing was changed"
    known = {row["pt_no"]: row for row in clinic.rows("pt_master")}
    assert any(status == "M" and known[key]["rec_status"] == "A" for key, status, _ in statuses if key in known)
    long_ago = clinic.today - timedelta(days=1000)
    stale = {key for key, row in known.items() if row["last_visit_on"] and row["last_visit_on"] < long_ago}
    assert any(seen == clinic.today for key, _, seen in statuses if key in stale), "nobody came back"


MERGES = {
    "clinic_management": "select pt_no, merged_to from pt_master where merged_to is not null",
    "core_practice": "select merged_patient_id, kept_patient_id from chart_merges",
    "advance_practice": "select old_no, new_no from chart_merges",
    "jiva": "select id, replaced_by from members where replaced_by is not null",
}
"""Where each system says so; The Clinic Place keeps no word of it."""
FOR_GOOD = {"core_practice"}
"""Its log of merges only grows."""


@pytest.mark.parametrize("system", MERGES)
def test_charts_are_merged_rows_go_and_most_systems_take_merges_back(
    system: str, tmp_path: Path, postgres_url: str
) -> None:
    world = WORLDS[system]
    clinic, merges = world.clinic(11, 100, tmp_path), []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        clinic.create(connection)
        before = {name: table(connection, name).keys() for name in world.life.children}
        for changes in (0, 1200, 1200):
            world.life(clinic, postgres_url).run(changes, 0)
            merges.append(set(connection.execute(MERGES[system]).fetchall()))
        after = {name: table(connection, name).keys() for name in world.life.children}
    assert merges[0], "nobody was merged in the days before"
    assert merges[1] - merges[0] and merges[2] - merges[1]
    assert bool(merges[1] - merges[2]) == (system not in FOR_GOOD)
    for name in before:
        assert before[name] - after[name], f"{name}: nothing was deleted"


def test_settling_saves_a_row_of_every_carrier_and_location(
    clinic: ClinicPlace, connection: Connection, postgres_url: str
) -> None:
    life = ClinicPlaceLife(clinic, postgres_url)
    life.run(300, 0)
    before = connection.execute("select now()").fetchone()
    assert before
    saved = life.settle()
    newest: dict[str, datetime] = {}
    query = "select insurer_1, insurer_2, location_name, updated_at from patients"
    for *names, updated_at in connection.execute(query):
        for name in filter(None, names):
            newest[values.natural(name)] = max(newest.get(values.natural(name), updated_at), updated_at)
    assert len(newest) >= saved > 0
    assert min(newest.values()) > before[0]
