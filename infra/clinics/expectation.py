"""What Twenty should hold when everything has arrived, worked out from the source's tables alone.

Nothing here or in a clinic's own expectation is shared with the pipeline: neither the mapping nor a converter nor a
rule of hold. It knows the agreed targets, what the generator writes, and how Twenty 1.10 stores values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.clinics import values
from infra.clinics.clinic import Row
from infra.clinics.values import Email, Expected, ExpectedRow, Reference

Fields = dict[str, Any]
K = TypeVar("K")


def read_tables(connection: psycopg.Connection[Any], keys: Mapping[str, str]) -> dict[str, list[Row]]:
    """All rows of the tables, each in the order of its key, from one snapshot; outside of a transaction."""
    tables: dict[str, list[Row]] = {}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        for table, key in keys.items():
            query = sql.SQL("select * from {} order by {}").format(sql.Identifier(table), sql.Identifier(key))
            tables[table] = cursor.execute(query).fetchall()
    return tables


def survivors(merged_into: Mapping[K, K | None], arrived: Collection[K]) -> dict[K, K]:
    """Whose record a number leads to: the last one in its line of merges that Twenty has. Without those that lead to
    none.
    """
    leads: dict[K, K] = {}
    for number in {*merged_into, *arrived}:
        line = [number]
        while (following := merged_into.get(line[-1])) is not None and following not in line:
            line.append(following)
        if in_twenty := [one for one in line if one in arrived]:
            leads[number] = in_twenty[-1]
    return leads


class Expectation:
    """What all expectations share: how values arrive, and who answers for a record.

    accounts: e-mails of Twenty's members. fallback_owner: e-mail of the member who answers for a record that nobody
    else does.
    """

    system: ClassVar[str]
    zone: ClassVar[ZoneInfo]
    plurals: ClassVar[Mapping[str, str]]
    """Every Twenty object that is looked at, and its plural."""
    ours_alone: ClassVar[frozenset[str]]
    owners: ClassVar[Mapping[str, str]]
    """Twenty object -> its relation to the member who answers for a record."""

    def __init__(self, accounts: Collection[str], fallback_owner: str) -> None:
        self.result = Expected(self.system, self.plurals, self.ours_alone)
        self._fallback = Reference("workspaceMember", fallback_owner)
        self._accounts = {address.strip().lower() for address in accounts}

    def key(self, object_name: str, record_id: object) -> str:
        return f"{self.system}/{object_name}/{record_id}"

    def _add(self, target: str, key: str, fields: Fields) -> None:
        if target in self.owners:
            fields[self.owners[target]] = fields.get(self.owners[target]) or self._fallback
        self.result.rows[target][key] = ExpectedRow(key, fields)

    def _email(self, key: str, written: str | None) -> Email:
        address = (written or "").strip().lower()
        if address and not re.fullmatch(r"[a-z0-9.]+@[a-z.]+", address):
            self.result.flagged.add((key, "emails"))
            return Email("")
        return Email(address)

    def _phones(self, key: str, name: str, written: str | None) -> Fields | None:
        """As Twenty splits a number: the national digits, the country, the calling code."""
        digits = values.digits(written)
        if digits:
            return {"primaryPhoneNumber": digits, "primaryPhoneCountryCode": "US", "primaryPhoneCallingCode": "+1"}
        if (written or "").strip():
            self.result.flagged.add((key, name))
        return None

    def _choice(self, key: str, name: str, written: str | None, options: Mapping[str, str]) -> str | None:
        chosen = options.get(values.natural(written))
        if chosen is None and values.natural(written):
            self.result.flagged.add((key, name))
        return chosen

    def _created(self, key: str, wall_clock: datetime | None) -> Fields:
        """Where the source knows no time, Twenty's own stands and nothing is expected."""
        return {"createdAt": self._instant(key, "createdAt", wall_clock)} if wall_clock else {}

    def _instant(self, key: str, name: str, wall_clock: datetime | None) -> datetime | None:
        if wall_clock is None:
            return None
        instant, doubtful = values.instant(wall_clock, self.zone)
        if doubtful:
            self.result.flagged.add((key, name))
        return instant

    def _target(self, kind: str, key: str, person: str) -> None:
        """The link of a task or a note to a person, both by their source keys."""
        fields = {kind: Reference(kind, key), "person": Reference("person", person)}
        self._add(f"{kind}Target", f"{key} -> {person}", fields)
