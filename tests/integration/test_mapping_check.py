"""A mapping that does not fit its source is told so by what is there, with the line in the file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.clinics.worlds import WORLDS, Outlet
from infra.sources.rest_api import ClinicApi, PostgresTables
from schemas.mapping.document import BUILT_IN
from tests.integration.api_server import serving
from tests.tiny import HEAD, PERSON, settings_file

pytestmark = pytest.mark.stack

MAPPING = (
    HEAD
    + PERSON
    + """\
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts: [{target: person, fields: {name: {of: {lastName: name}}}}]
  note:
    source:
      query: >-
        select id, body from notes
         where '100%' <> body and body operator(pg_catalog.~~) 'a%'
      key: [id]
    parts: [{target: person, anchor: {to: patient, by: id}, fields: {jobTitle: body}}]
"""
)


def answer(tmp_path: Path, mapping: str, **sections: Any) -> tuple[int, str]:
    """What the check of a mapping says on settings with these sections."""
    path = settings_file(tmp_path, mapping, **sections)
    result = CliRunner().invoke(app, ["mapping", "check", mapping, "--settings", str(path)], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", "No mistakes."),
        (
            "lastName: name",
            "lastName: nam",
            "tiny.yaml:11: objects.patient: patients has no column 'nam'; did you mean",
        ),
        ("relation: patients", "relation: patiens", "tiny.yaml:10: objects.patient.source.relation: relation"),
        ("where '100%'", "wher '100%'", "tiny.yaml:16: objects.note.source.query: the database says: syntax error"),
        ("from notes", "from nodes", "tiny.yaml:15: objects.note.source.query: relation"),
        ("id, body from", "id, n.body from", "tiny.yaml:15: objects.note.source.query: missing FROM-clause entry"),
    ],
)
def test_the_database_names_what_it_does_not_have(
    tmp_path: Path, postgres_url: str, old: str, new: str, expected: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE patients (id int, name text); CREATE TABLE notes (id int, body text)")
    (tmp_path / "tiny.yaml").write_text(MAPPING.replace(old, new) if old else MAPPING)
    code, output = answer(tmp_path, str(tmp_path / "tiny.yaml"), source={"kind": "postgres", "url": postgres_url})
    assert code == (1 if old else 0), output
    assert expected in output


class Customer:
    """One of the five systems with its rows: a database, files, an API, or two of them."""

    def __init__(self, system: str, url: str, directory: Path, exit_: ExitStack) -> None:
        world = WORLDS[system]
        self.url = url
        self.drops = directory / "drops"
        self.outlet: Outlet | None = None
        clinic = world.clinic(5, 30, directory / "documents")
        with psycopg.connect(url) as connection:
            clinic.create(connection)
        self.sections: dict[str, Any] = {"source": {"url": url}}
        if world.outlet:
            self.outlet = world.outlet(url, self.drops)
            self.sections = {"source": world.outlet.source(self.drops)}
            exit_.enter_context(self.outlet)
        if world.api is not None:
            self.sections["drops"] = self.sections.pop("source")
            api = exit_.enter_context(serving(ClinicApi(PostgresTables(url, clinic.keys), clinic.keys)))
            self.sections["source"] = {"kind": "rest", "url": api, "objects": world.api}

    def change(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())
        if self.outlet:
            self.outlet.export()


@pytest.mark.parametrize(
    ("system", "table", "column", "place", "said"),
    [
        ("clinic_place", "patients", "city", "patient", "public.patients has"),
        ("clinic_management", "appt", "dur_txt", "appointment", "public.appt has"),
        ("core_practice", "patients", "mobile", "patient", "patients.csv has"),
        ("advance_practice", "orgs", "site", "organization", "orgs-"),
        ("advance_practice", "appointments", "provider_email", "appointment", "the first page of /v1/appointments has"),
        ("jiva", "members", "birth_date", "member", "the first page of /v1/members has"),
    ],
)
def test_the_mapping_of_each_system_fits_its_source_until_a_column_has_another_name(
    tmp_path: Path, postgres_url: str, system: str, table: str, column: str, place: str, said: str
) -> None:
    with ExitStack() as exit_:
        customer = Customer(system, postgres_url, tmp_path, exit_)
        code, output = answer(tmp_path, system, **customer.sections)
        assert (code, "No mistakes." in output) == (0, True), output
        customer.change(f"alter table {table} rename column {column} to {column}_2")
        code, output = answer(tmp_path, system, **customer.sections)
    assert code == 1
    told = [line for line in output.splitlines() if f"objects.{place}: {said}" in line]
    assert [f" no column '{column}'; did you mean '{column}_2'?" in line for line in told] == [True], output
    number = int(told[0].removeprefix(f"{system}.yaml:").partition(":")[0])
    assert column in (BUILT_IN / f"{system}.yaml").read_text().splitlines()[number - 1]


def test_a_file_and_a_list_that_are_not_there_are_named(tmp_path: Path, postgres_url: str) -> None:
    with ExitStack() as exit_:
        customer = Customer("advance_practice", postgres_url, tmp_path, exit_)
        lists, section = dict(customer.sections["source"]["objects"]), customer.sections["source"]
        lists["visits"], lists["runs"] = lists.pop("appointment"), lists.pop("workflows")
        for file in customer.drops.glob("patients-*"):
            file.unlink()
        sections = {**customer.sections, "source": {**section, "objects": lists}}
        code, output = answer(tmp_path, "advance_practice", **sections)
    assert code == 1
    assert "objects.patient.source: no file is called patients-{export}.csv in " in output
    assert "objects.appointment.source: source.objects of the settings names no list for appointment" in output
    assert "exports[0]: source.objects of the settings names no list for workflows" in output
