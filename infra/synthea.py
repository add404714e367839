"""``python -m infra.synthea DIRECTORY``: Synthea's CSV files through the whole pipeline, every relation checked."""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import TwentyClient

PLURALS = {"organizations": "companies", "patients": "people", "encounters": "tasks", "claims": "claims"}
RELATIONS = (
    ("encounters", "organization", "facilityId", "organizations"),
    ("claims", "patientid", "patientId", "patients"),
)
"""(table, its column, the relation in Twenty, the table that the column refers to)."""
PATIENCE_SECONDS = 600.0
TABLES = tuple(PLURALS)

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


def read(path: Path) -> dict[str, Row]:
    """``id -> row`` of a file, columns in lower case. Raises SyntheaError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{name.strip().lower(): value for name, value in row.items()} for row in csv.DictReader(file)]
    except OSError as error:
        raise SyntheaError(
            f"{path}: cannot be read ({error.strerror}); give the directory of a Synthea CSV export"
        ) from None
    if not rows or "id" not in rows[0]:
        raise SyntheaError(f"{path}:1: expected a header with ID in it, and rows, as Synthea writes them")
    return {row["id"]: row for row in rows}


def differences(rows: Mapping[str, Mapping[str, Row]], showcase: Showcase) -> Iterator[str]:
    """Rows without their record, records without their row, and relations that lead elsewhere; ids only.

    ``rows``: table -> id -> row of its file.
    """
    with TwentyClient(showcase.twenty_url, showcase.twenty_api_key, timeout=60) as twenty:
        records = {table: {_source_id(record): record for record in _all(twenty, PLURALS[table])} for table in TABLES}
        targets = {record["taskId"]: record["personId"] for record in _all(twenty, "taskTargets")}
    for table in TABLES:
        for missing in sorted(rows[table].keys() - records[table].keys()):
            yield f"{table} {missing}: not in Twenty"
        for extra in sorted(records[table].keys() - rows[table].keys()):
            yield f"{table} {extra}: not in the CSV"
    for table, column, relation, parents in RELATIONS:
        for key, record in records[table].items():
            parent = records[parents].get(rows[table][key][column], {})
            if record[relation] != parent.get("id"):
                yield f"{table} {key}: {relation} does not lead to the row that {column} names"
    for key, record in records["encounters"].items():
        person = records["patients"].get(rows["encounters"][key]["patient"], {})
        if targets.get(record["id"]) != person.get("id"):
            yield f"encounters {key}: the task is not linked to its patient"


def _all(twenty: TwentyClient, plural: str) -> Iterator[Row]:
    after: str | None = None
    while True:
        page = twenty.list_page(plural, after=after)
        yield from page.records
        if not page.has_next:
            return
        after = page.end_cursor


def _source_id(record: Row) -> str:
    return str(record["sourceSystemId"]).rpartition("/")[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.synthea", description=__doc__)
    parser.add_argument("directory", type=Path, help="with organizations.csv, patients.csv, encounters.csv, claims.csv")
    options = parser.parse_args(arguments)
    stack = Path(tempfile.mkdtemp(prefix="dualrun-synthea-"))
    try:
        files = {table: read(options.directory / f"{table}.csv") for table in TABLES}
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
