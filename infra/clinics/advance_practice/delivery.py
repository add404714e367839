"""How the practice suite hands out what it keeps: an API for what is billed and written, files for the rest."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from infra.clinics.advance_practice.generator import KEYS
from infra.clinics.advance_practice.words import CODE_PAGE
from infra.clinics.clinic import Row
from infra.clinics.expectation import read_tables

EVERY_SECONDS = 1.0
_SEEN_SECONDS = 3.0
"""The poller looks once a second at what is marked as complete; a document is there when it was the same twice."""
_KEPT = 5
_EXPORTED = {
    "organization": "orgs",
    "insurance_payer": "payers",
    "patient": "patients",
    "property": "properties",
    "document": "documents",
}
"""Object of the mapping -> its table, and the name of its files."""
_LEFT_OUT = {"updated_at", "prop_no"}
"""Columns that no export shows."""

_CURSOR = {"kind": "cursor", "parameter": "cursor", "next": "next_cursor", "size": 100}
_OFFSET = {"kind": "offset", "parameter": "offset", "size": 50}


def _listed(table: str, **reading: Any) -> dict[str, Any]:
    return {
        "path": f"/v1/{table}",
        "rows": "data",
        "modified_since": "updated_since",
        "record": f"/v1/{table}/{{id}}",
        "paging": _CURSOR,
        **reading,
    }


API: Mapping[str, Mapping[str, Any]] = {
    "provider": _listed("providers"),
    "case": _listed("cases"),
    "appointment": _listed("appointments", paging=_OFFSET, parallel=2),
    "billing_claim": _listed("claims"),
    "chart_merge": _listed("chart_merges"),
    "note": _listed("notes"),
    "activity": _listed("activities", paging=_OFFSET, parallel=2),
    "workflows": _listed("workflows"),
}
"""``source.objects`` of the settings."""


class AdvancePracticeDrops:
    """A context manager: the export job, which writes every table that has changed since it last ran.

    A file is named by the time of its export, and complete once its marker is there, which tells the number of rows.
    """

    def __init__(self, url: str, directory: Path) -> None:
        self._url = url
        self._directory = directory
        self._written: dict[str, bytes] = {}
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="exports", daemon=True)

    @staticmethod
    def source(directory: Path) -> dict[str, Any]:
        """The settings' section that reads ``directory``. Half of a small table may go at once."""
        objects: dict[str, Any] = {
            name: {"full": f"{table}-{{export}}.csv", "marker": f"{table}-{{export}}.done", "encoding": CODE_PAGE}
            for name, table in _EXPORTED.items()
        }
        objects["document"]["manifest"] = {"path": "path", "size": "bytes", "sha256": "sha256"}
        return {
            "kind": "csv",
            "directory": str(directory),
            "settle_seconds": 0.5,
            "sweep_seconds": 2,
            "missing_ratio": 0.5,
            "objects": objects,
        }

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.export()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def export(self) -> float:
        """All tables as they are now. How many seconds later a reader of files has seen them for certain."""
        with self._turn:
            with psycopg.connect(self._url, autocommit=True) as connection:
                tables = read_tables(connection, {table: KEYS[table] for table in _EXPORTED.values()})
            for table, found in tables.items():
                if found:
                    self._write(table, found)
        return _SEEN_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self.export()

    def _write(self, table: str, found: list[Row]) -> None:
        content = exported(found)
        if self._written.get(table) == content:
            return
        stem = f"{table}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        (self._directory / f"{stem}.csv").write_bytes(content)
        (self._directory / f"{stem}.done").write_text(str(len(found)))
        self._written[table] = content
        for old in sorted(self._directory.glob(f"{table}-*.csv"))[:-_KEPT]:
            old.unlink()
            old.with_suffix(".done").unlink(missing_ok=True)


def exported(found: list[Row]) -> bytes:
    """A file of rows as the suite writes it: semicolons, the old code page, line ends of Windows."""
    names = [name for name in found[0] if name not in _LEFT_OUT]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in found)
    return text.getvalue().encode(CODE_PAGE)
