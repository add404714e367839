"""Profiles of sources that no mapping knows: a PostgreSQL database, an API, and a clinic that has a mapping."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from rich.console import Console

from infra.cli.profile import take
from infra.clinics.jiva import Api, Jiva
from infra.settings import SourceSettings
from producers.profile.facts import Profile
from tests.integration.postgres_world import Database
from tests.tiny import settings_file
from tests.waiting import until

CANARY = "Zanzibar"


def settings(directory: Path, source: dict[str, object], system: str = "unheard_of") -> SourceSettings:
    return SourceSettings.model_validate({"system": system, "source": source, "data_dir": str(directory)})


def profile(directory: Path, url: str, system: str = "unheard_of") -> Profile:
    return take(settings(directory, {"url": url}, system), (), console=Console(quiet=True))


def test_tables_keys_and_references_come_from_the_catalogue(
    database: Database, postgres_url: str, tmp_path: Path
) -> None:
    database.execute(
        """
        CREATE SCHEMA billing;
        CREATE TABLE "Patient" ("PatNum" int PRIMARY KEY, "LName" text, photo bytea);
        CREATE TABLE billing.claim
            (no int, line int, "Pat" int REFERENCES "Patient", fee numeric, PRIMARY KEY (no, line));
        CREATE TABLE loose (a int, b text);
        CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
        INSERT INTO "Patient" SELECT n, 'Zanzibar', CASE WHEN n > 2 THEN 'x'::bytea END FROM generate_series(1, 5) n;
        INSERT INTO billing.claim SELECT n, 1, 5 - n, n * 1.5 FROM generate_series(1, 4) n;
        INSERT INTO loose SELECT n % 2, 'x' FROM generate_series(1, 7000) n;
        INSERT INTO parted VALUES (1);
        """
    )
    found = profile(tmp_path, postgres_url)
    assert [one.trouble for one in found.objects if one.trouble] == []
    assert {one.name: (one.relation, one.key, one.rows) for one in found.objects} == {
        "patient": ("public.Patient", ("PatNum",), 5),
        "loose": ("public.loose", (), 7000),
        "parted": ("public.parted", ("id",), 1),
        "billing_claim": ("billing.claim", ("no", "line"), 4),
    }
    assert [(one.object, one.column, one.to, one.declared) for one in found.relations] == [
        ("billing_claim", "Pat", "patient", True)
    ]
    photo = found.object("patient").column("photo")
    assert (photo.type, photo.filled) == ("bytes", 3)
    assert CANARY not in found.model_dump_json()


def test_it_needs_no_right_but_to_select(database: Database, postgres_url: str, tmp_path: Path) -> None:
    database.execute("CREATE TABLE seen (id int PRIMARY KEY); CREATE TABLE hidden (id int PRIMARY KEY)")
    database.execute("INSERT INTO seen VALUES (1)")
    database.execute("CREATE ROLE onlooker LOGIN PASSWORD 'onlooker'; GRANT SELECT ON seen TO onlooker")
    try:
        parts = urlsplit(postgres_url)
        at = parts.netloc.rpartition("@")[2]
        found = profile(tmp_path, parts._replace(netloc=f"onlooker:onlooker@{at}").geturl())
        assert [(one.name, one.rows) for one in found.objects] == [("seen", 1)]
    finally:
        database.execute("DROP OWNED BY onlooker; DROP ROLE onlooker")


def test_what_a_mapping_names_goes_by_its_name_and_its_safe_columns(
    database: Database, postgres_url: str, tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE patients (patient_id text PRIMARY KEY, billing_status text, plan_1 text, updated_at timestamptz)"
    )
    database.execute("INSERT INTO patients SELECT n::text, 'paid', 'gold', now() FROM generate_series(1, 9) n")
    found = profile(tmp_path, postgres_url, "clinic_place").object("patient")
    assert found.column("billing_status").values == (("paid", 9),)
    assert found.column("plan_1").values == ()


def test_an_api_is_read_through_its_lists(database: Database, postgres_url: str, tmp_path: Path) -> None:
    Jiva(1, 40, tmp_path / "documents").create(database)
    source = Api.source(tmp_path)
    source["objects"] = {name: source["objects"][name] for name in ("member", "payer", "encounter")}
    with Api(postgres_url, tmp_path):
        found = take(settings(tmp_path, source), (), console=Console(quiet=True))
    assert {one.name: one.key for one in found.objects} == {"member": ("id",), "payer": ("id",), "encounter": ("id",)}
    assert found.object("member").rows == 40
    assert {(one.object, one.column, one.to) for one in found.relations} == {
        ("member", "payer_id", "payer"),
        ("encounter", "member_id", "member"),
    }


def test_one_that_is_ended_leaves_no_rows_behind(database: Database, postgres_url: str, tmp_path: Path) -> None:
    """As `timeout`, `systemctl stop` or a container's end do it: what it has read is a clinic's."""
    database.execute("CREATE TABLE patients (id int PRIMARY KEY, name text)")
    path = settings_file(tmp_path, "unheard_of", source={"url": postgres_url})
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE patients")
        command = [sys.executable, "-m", "infra.cli.main", "profile", "--settings", str(path)]
        profiling = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until(lambda: database.execute(blocked).fetchone() == (1,), what="it reads the table")
            directory = tmp_path / "data" / "profile"
            assert [one.name.partition("-")[0] for one in directory.iterdir()] == ["profile"]
            profiling.terminate()
            assert profiling.wait(30) != 0
        finally:
            profiling.kill()
            profiling.wait()
    assert list(directory.iterdir()) == []
