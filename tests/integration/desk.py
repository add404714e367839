"""What a clinic's front desk does at the source, and what it sees in Twenty."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import TwentyClient
from tests.waiting import until

Row = dict[str, Any]


@contextmanager
def opened(options: ShowcaseOptions) -> Iterator[Desk]:
    """The desk of a small clinic with everything at work, once all that the clinic had has arrived."""
    with Showcase(Path(tempfile.mkdtemp(prefix="dualrun-desk-")), options, keep=False) as showcase:
        showcase.start_systems()
        showcase.start_components()
        desk = Desk(showcase)
        desk.settle()
        yield desk
        desk.twenty.close()


class Desk:
    """The source's SQL on one side, Twenty's REST on the other."""

    def __init__(self, showcase: Showcase) -> None:
        self.showcase = showcase
        self.twenty = TwentyClient(showcase.twenty_url, showcase.twenty_api_key, timeout=30)

    def sql(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.showcase.source_url) as connection:
            connection.execute(statement, values)

    def patient(self, patient_id: str, **columns: object) -> None:
        self.insert("patients", patient_id=patient_id, first_name="Flow", last_name=patient_id, **columns)

    def appointment(self, appointment_id: int, patient_id: str, **columns: object) -> None:
        self.insert(
            "appointments",
            appointment_id=appointment_id,
            patient_id=patient_id,
            type="follow-up",
            status="scheduled",
            starts_at="2026-05-04 09:30",
            **columns,
        )

    def insert(self, table: str, **columns: object) -> None:
        names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
        self.sql(f"insert into {table} ({names}) values ({marks})", *columns.values())

    def rows(self, plural: str, key: str, *, trashed: bool = False) -> list[Row]:
        return self.where(plural, "sourceSystemId", f"clinic_place/{key}", trashed=trashed)

    def where(self, plural: str, field: str, value: str, *, trashed: bool = False) -> list[Row]:
        wanted = f'{field}[eq]:"{value}"'
        found = self.twenty.list_page(plural, filter=f"and({wanted},deletedAt[is]:NOT_NULL)" if trashed else wanted)
        return list(found.records)

    def the(self, plural: str, field: str, value: str) -> Row:
        """The one row of which this is true; waits for it."""
        found = until(lambda: self.where(plural, field, value))
        assert len(found) == 1
        return found[0]

    def row(self, plural: str, key: str) -> Row:
        """The one row of a record; waits for it."""
        found = until(lambda: self.rows(plural, key))
        assert len(found) == 1
        return found[0]

    def becomes(self, plural: str, key: str, condition: Callable[[Row], bool]) -> None:
        until(lambda: any(condition(row) for row in self.rows(plural, key)))

    def settle(self) -> None:
        """Until everything that is committed at the source now has gone as far as it can."""
        moment = self.showcase.source_now()
        until(lambda: self.showcase.captured_since(moment))
        until(lambda: self.showcase.monitor.look().settled)

    def dualrun(self, *arguments: str) -> Any:
        """The JSON that a ``dualrun`` command prints."""
        return json.loads(self.run(*arguments, "--json", check=True).stdout)

    def run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.cli.main", *arguments, "--settings", str(self.showcase.settings_path)]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=check)
