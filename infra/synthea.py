"""``python -m infra.synthea DIRECTORY``: Synthea's CSV files through the whole pipeline, every relation checked."""

from __future__ import annotations

import argparse
import csv
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import TwentyClient


@dataclass(frozen=True, slots=True)
class Table:
    """A file, and what is to be found of it in Twenty.

    object: of the mapping. key: columns that are its record ids; none where the whole row is. relations: relation in
    Twenty -> column, and the table that the column refers to. target: the join object that links the patient, and its
    relation to the record. only: (column, value) of the rows that have a place there.
    """

    object: str
    plural: str
    key: tuple[str, ...] = ("id",)
    relations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    target: tuple[str, str] | None = None
    only: tuple[str, str] | None = None


_VISIT = {"encounterId": ("encounter", "encounters")}
_OF_PATIENT = {"patientId": ("patient", "patients"), **_VISIT}
_NOTE = ("noteTargets", "noteId")


def _findings(object_name: str, *key: str) -> Table:
    return Table(object_name, "notes", key, _VISIT, _NOTE)


TABLES: Mapping[str, Table] = {
    "organizations": Table("organization", "companies"),
    "payers": Table("payer", "companies"),
    "providers": Table("provider", "people", relations={"companyId": ("organization", "organizations")}),
    "patients": Table("patient", "people"),
    "encounters": Table(
        "encounter",
        "tasks",
        relations={
            "facilityId": ("organization", "organizations"),
            "providerId": ("provider", "providers"),
            "payerId": ("payer", "payers"),
        },
        target=("taskTargets", "taskId"),
    ),
    "claims": Table(
        "claim",
        "claims",
        relations={
            "patientId": ("patientid", "patients"),
            "encounterId": ("appointmentid", "encounters"),
            "payerId": ("primarypatientinsuranceid", "payers"),
            "secondaryPayerId": ("secondarypatientinsuranceid", "payers"),
            "providerId": ("providerid", "providers"),
        },
    ),
    "claims_transactions": Table(
        "payment",
        "payments",
        relations={"claimId": ("claimid", "claims"), "patientId": ("patientid", "patients")},
        only=("type", "PAYMENT"),
    ),
    "payer_transitions": Table(
        "coverage",
        "coverages",
        ("patient", "start_year", "payer"),
        {
            "patientId": ("patient", "patients"),
            "payerId": ("payer", "payers"),
            "secondaryPayerId": ("secondary_payer", "payers"),
        },
    ),
    "careplans": Table("care_plan", "carePlans", relations=_OF_PATIENT),
    "observations": Table("observation", "observations", ("patient", "code", "date"), _OF_PATIENT),
    "conditions": _findings("condition", "patient", "encounter", "code", "start"),
    "allergies": _findings("allergy", "patient", "encounter", "code"),
    "medications": _findings("medication"),
    "immunizations": _findings("immunization", "patient", "encounter", "code", "date"),
    "procedures": _findings("procedure", "patient", "encounter", "code", "start"),
    "imaging_studies": _findings("imaging", "id", "instance_uid"),
    "devices": _findings("device", "patient", "encounter", "code", "start"),
}
"""Every file that has a place in a CRM. Not there: supplies (what was used up at a visit)."""
PATIENCE_SECONDS = 900.0

Row = dict[str, Any]


class SyntheaError(ValueError):
    """A file is missing or not as Synthea writes it."""


class SyntheaShowcase(Showcase):
    """The showcase with a directory of Synthea's files as its source."""

    def __init__(self, csv: Path, directory: Path, options: ShowcaseOptions) -> None:
        super().__init__(directory, options, keep=False)
        self._csv = csv

    @property
    def system(self) -> str:
        return "synthea"

    def _fill(self, connection: psycopg.Connection[Any]) -> None:
        """The files are all there is."""

    def _source(self) -> dict[str, Any]:
        return {"kind": "csv", "directory": str(self._csv), "settle_seconds": 1, "sweep_seconds": 5}


def read(path: Path, table: Table) -> dict[str, Row]:
    """``record id -> row`` of a file, columns in lower case; numbered where rows have no key. Raises SyntheaError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{name.strip().lower(): value for name, value in row.items()} for row in csv.DictReader(file)]
    except OSError as error:
        raise SyntheaError(
            f"{path}: cannot be read ({error.strerror}); give the directory of a Synthea CSV export"
        ) from None
    if not rows or not set(table.key) <= rows[0].keys():
        raise SyntheaError(
            f"{path}:1: expected a header with {', '.join(map(str.upper, table.key)) or 'columns'} in it, and rows, as"
            " Synthea writes them"
        )
    if table.only is not None:
        column, value = table.only
        rows = [row for row in rows if row[column] == value]
    return {":".join(row[name] for name in table.key) or str(number): row for number, row in enumerate(rows)}


def differences(rows: Mapping[str, Mapping[str, Row]], showcase: Showcase) -> Iterator[str]:
    """Rows without their record, records without their row, and relations that lead elsewhere; ids only.

    ``rows``: table -> record id -> row of its file.
    """
    with TwentyClient(showcase.twenty_url, showcase.twenty_api_key, timeout=60) as twenty:
        records = {
            str(record["sourceSystemId"]): record
            for plural in {table.plural for table in TABLES.values()}
            for record in _all(twenty, plural)
        }
        people = {
            record[relation]: record["personId"]
            for join, relation in {table.target for table in TABLES.values() if table.target}
            for record in _all(twenty, join)
        }
    for name, table in TABLES.items():
        prefix = f"synthea/{table.object}/"
        found = {key.removeprefix(prefix): record for key, record in records.items() if key.startswith(prefix)}
        if not table.key:
            yield from _without_key(name, rows[name], found, people, records)
            continue
        for missing in sorted(rows[name].keys() - found.keys()):
            yield f"{name} {missing}: not in Twenty"
        for extra in sorted(found.keys() - rows[name].keys()):
            yield f"{name} {extra}: not in the CSV"
        for key in found.keys() & rows[name].keys():
            row, record = rows[name][key], found[key]
            for relation, (column, parents) in table.relations.items():
                parent = records.get(f"synthea/{TABLES[parents].object}/{row[column]}", {})
                if record[relation] != parent.get("id"):
                    yield f"{name} {key}: {relation} does not lead to the row that {column} names"
            if table.target and people.get(record["id"]) != _person(records, row):
                yield f"{name} {key}: it is not linked to its patient"
    yield from _amounts(rows, records)


def _person(records: Mapping[str, Row], row: Row) -> str | None:
    person = records.get(f"synthea/patient/{row['patient']}")
    return str(person["id"]) if person else None


def _without_key(
    name: str,
    rows: Mapping[str, Row],
    found: Mapping[str, Row],
    people: Mapping[str, str],
    records: Mapping[str, Row],
) -> Iterator[str]:
    """Rows that nothing tells apart are as many as their records, of each patient and of each name."""
    wanted = Counter((row["description"], _person(records, row)) for row in rows.values())
    there = Counter((record["title"], people.get(record["id"])) for record in found.values())
    if wanted != there:
        lacking, more = (wanted - there).total(), (there - wanted).total()
        yield f"{name}: {lacking} rows are not in Twenty, {more} records have no row"


def _amounts(rows: Mapping[str, Mapping[str, Row]], records: Mapping[str, Row]) -> Iterator[str]:
    """What was paid for a claim is the sum of its payments."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows["claims_transactions"].values():
        paid[row["claimid"]] += Decimal(row["payments"])
    for key in rows["claims"]:
        amount = (records.get(f"synthea/claim/{key}") or {}).get("amountPaid") or {}
        micros = amount.get("amountMicros")
        if (Decimal(micros) / 1_000_000 if micros is not None else None) != paid.get(key):
            yield f"claims {key}: amountPaid is not the sum of its payments"


def _all(twenty: TwentyClient, plural: str) -> Iterator[Row]:
    after: str | None = None
    while True:
        page = twenty.list_page(plural, after=after)
        yield from page.records
        if not page.has_next:
            return
        after = page.end_cursor


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.synthea", description=__doc__)
    parser.add_argument("directory", type=Path, help="with the CSV files of an export")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended by `timeout`, the stack goes too
    try:
        files = {name: read(options.directory / f"{name}.csv", table) for name, table in TABLES.items()}
        stack = Path(tempfile.mkdtemp(prefix="dualrun-synthea-"))
        with SyntheaShowcase(options.directory, stack, ShowcaseOptions(requests=0)) as showcase:
            showcase.start_systems()
            moment, deadline = showcase.source_now(), time.monotonic() + PATIENCE_SECONDS
            showcase.start_components()
            while (look := showcase.settled(moment)) is None:
                if time.monotonic() > deadline:
                    sys.stderr.write(f"not settled after {PATIENCE_SECONDS:.0f} s\n")
                    return 1
                time.sleep(1)
            found = list(differences(files, showcase))
    except SyntheaError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = look.as_json()
    for name in ("captured_by_object", "outcomes", "parked", "dead_letters", "flagged", "conservation"):
        sys.stdout.write(f"{name}: {report[name]}\n")
    for line in found[:20]:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} differences between the CSV files and Twenty\n")
    return 1 if found or look.account.unaccounted else 0


if __name__ == "__main__":
    sys.exit(main())
