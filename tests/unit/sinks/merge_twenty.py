"""A Twenty in memory with a trash and unique e-mails, for a clinic that merges charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sinks.twenty.client import Page
from sinks.twenty.errors import Kind, TwentyError
from sinks.unique import at
from tests.unit.sinks.sender_fakes import FakeTwenty, refusal

Values = dict[str, Any]


class Twenty(FakeTwenty):
    """As 1.10: a row that is deleted lies in the trash, still holds its id and its e-mail, and comes back by a restore
    or an upsert."""

    def __init__(self) -> None:
        super().__init__()
        self.trash: dict[str, Values] = {}
        self.people: set[str] = set()

    def create_batch(self, plural: str, records: Sequence[Values], upsert: bool) -> list[Values]:
        ids = {record["id"] for record in records}
        if not upsert and (ids & self.rows.keys() or ids & self.trash.keys()):
            raise TwentyError("create", refusal(Kind.DUPLICATE))
        if plural == "people":
            self._hold_emails(records)
            self.people |= ids
        self._back(ids)
        return super().create_batch(plural, records, upsert)

    def update_many(self, plural: str, ids: Sequence[str], fields: Values) -> list[Values]:
        self._ask("update", [{"id": row} for row in ids])
        there = [row for row in ids if row in self.rows]
        for row in there:
            for name, value in fields.items():
                self.rows[row][name] = value
            self.rows[row]["updatedAt"] = self._now()
        return [self.rows[row] for row in there]

    def delete_many(self, plural: str, ids: Sequence[str]) -> list[Values]:
        self._ask("delete", [{"id": row} for row in ids])
        now = self._now()
        self.trash |= {
            row: {**self.rows.pop(row), "updatedAt": now, "deletedAt": now} for row in ids if row in self.rows
        }
        return [{"id": row} for row in ids]

    def restore_many(self, plural: str, ids: Sequence[str]) -> list[Values]:
        self._ask("restore", [{"id": row} for row in ids])
        self._back(ids)
        return [self.rows[row] for row in ids if row in self.rows]

    def read_ids(self, plural: str, ids: Sequence[str], *, trashed: bool) -> list[Values]:
        there = super().read_ids(plural, ids, trashed=trashed)
        return there + [self.trash[row] for row in ids if row in self.trash]

    def find(self, plural: str, field: str, values: Sequence[str], trashed: bool, select: object) -> list[Values]:
        self._ask("find", [])
        return [row for row in self._all() if row["id"] in self.people and at(row, field) in values]

    def list_page(self, plural: str, *, limit: int, after: str | None) -> Page:
        self._ask("list", [])
        found = [row for row in self.rows.values() if plural == "people" and row["id"] in self.people]
        return Page(found[:limit], None, False, len(found))

    def purge(self, row: str) -> None:
        """Removes a row for good, also out of the trash, and every relation that leads to it."""
        self.rows.pop(row, None)
        self.trash.pop(row, None)
        for other in self._all():
            other.update({name: None for name, value in other.items() if value == row})

    def newest_update(self, plural: str, since: datetime) -> datetime | None:
        times = [datetime.fromisoformat(row["updatedAt"]) for row in self._all()]
        return max((time for time in times if time >= since), default=None)

    def updated_between(self, plural: str, since: datetime, before: datetime, after: str | None) -> Page:
        found = [row for row in self._all() if since <= datetime.fromisoformat(row["updatedAt"]) < before]
        return Page(found, None, False, len(found))

    def _all(self) -> Iterator[Values]:
        yield from self.rows.values()
        yield from self.trash.values()

    def _hold_emails(self, records: Sequence[Values]) -> None:
        holders = {at(row, "emails.primaryEmail"): row["id"] for row in self._all() if row["id"] in self.people}
        for record in records:
            email = at(record, "emails.primaryEmail")
            if email and holders.setdefault(email, record["id"]) != record["id"]:
                raise TwentyError("create", refusal(Kind.DUPLICATE))

    def _back(self, ids: Iterable[str]) -> None:
        for row in set(ids) & self.trash.keys():
            self.rows[row] = {name: value for name, value in self.trash.pop(row).items() if name != "deletedAt"}
