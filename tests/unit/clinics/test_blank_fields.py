"""A Twenty that lacks what a mapping should have written is seen to lack it, field by field of all five systems."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from infra.clinics.comparison import LINKS, Comparison, compare_rows
from infra.clinics.needs import Place, written
from infra.clinics.values import Content, Email, Expected, RecordPage, Reference, Unique
from infra.clinics.worlds import WORLDS
from schemas.mapping import load_mapping

Rows = dict[str, list[dict[str, Any]]]
URL = "https://crm.example.com"
NOBODY = {"primaryEmail": "", "additionalEmails": []}


def identifier(target: str, key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{target} {key}"))


class Twenty:
    """What a workspace would answer that holds exactly what is expected."""

    def __init__(self, expected: Expected) -> None:
        self._taken: set[tuple[str, str]] = set()
        self._files: dict[str, Content] = {}
        self._expected = expected

    def rows(self) -> Rows:
        return {
            name: [self._row(name, *one) for one in self._expected.rows[name].items()]
            for name in self._expected.plurals
        }

    def _row(self, name: str, key: str, row: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"id": identifier(name, key)}
        if name == "workspaceMember":
            made["userEmail"] = key
        elif name not in LINKS:
            made["sourceSystemId"] = key
        elif name != "attachment":
            made |= {f"{one}Id": None for one in (*self._expected.plurals, LINKS[name])}
        for field, value in row.fields.items():
            made |= dict(self._held(made["id"], field, value))
        return made

    def _held(self, own: str, field: str, value: Any) -> Iterator[tuple[str, Any]]:
        match value:
            case Reference(target, key):
                yield f"{field}Id", identifier(target, key)
            case Email(""):
                yield field, NOBODY
            case Email(address):
                first = self._first(field, address)
                yield field, {"primaryEmail": address if first else "", "additionalEmails": [] if first else [address]}
            case Unique(text):
                yield field, text if self._first(field, text) else ""
            case RecordPage(prefix):
                yield field, f"{prefix}{own}"
            case Content():
                self._files[own] = value
                yield field, own
            case datetime():
                yield field, value.isoformat()
            case _:
                yield field, value

    def _first(self, field: str, text: str) -> bool:
        first = (field, text) not in self._taken
        self._taken.add((field, text))
        return first

    def download(self, link: str) -> Content:
        return self._files.get(link, Content(0, ""))


def blank(row: dict[str, Any], field: str) -> dict[str, Any]:
    empty = NOBODY if field == "emails" else None
    return {name: empty if name in (field, f"{field}Id") else value for name, value in row.items()}


@pytest.mark.parametrize("system", WORLDS)
def test_a_field_that_was_not_written_is_seen(system: str, tmp_path: Path) -> None:
    world, mapping = WORLDS[system], load_mapping(system)
    clinic = world.clinic(5, 60, tmp_path)
    tables = {table: list(clinic.rows(table)) for table in clinic.keys}
    clinic.write_documents()
    emails = [account.email for account in clinic.accounts]
    expected = world.expected(tables, emails, documents=tmp_path, workspace_url=URL, fallback_owner=emails[0])
    twenty = Twenty(expected)
    rows = twenty.rows()
    others = set(emails) - expected.rows["workspaceMember"].keys()
    rows["workspaceMember"] += [{"id": identifier("workspaceMember", one), "userEmail": one} for one in others]

    def compared(live: Rows) -> Comparison:
        return compare_rows(expected, live, {"person": []}, twenty.download)

    assert compared(rows).mismatches == ()
    for place in written(mapping) - HARDLY_EVER.get(system, set()):
        own = {key for key, row in expected.rows[place.target].items() if row.source.split("/")[1] == place.object}
        ids = {identifier(place.target, key) for key in own}
        live = [blank(row, place.field) if row["id"] in ids else row for row in rows[place.target]]
        assert compared({**rows, place.target: live}).mismatches, place


HARDLY_EVER = {"advance_practice": {Place("provider", "workspaceMember", "credentials")}}
"""Whoever has an account there is seldom anything in so few rows."""
