"""The records of one object: how creates, upserts and updates decide, before anything is stored.

Every decision is made for the whole call first (`insert`, `upsert`, `overlay`), and only then applied, so a call that
is refused leaves nothing behind.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from infra.standin.eras import Era
from infra.standin.errors import ApiError, bad_request, duplicate_id, duplicate_value, plain, unknown_field, unsigned
from infra.standin.filters import Filter, Path, SortOrder, value_at
from infra.standin.model import COMPOSITES, ObjectType, Row
from infra.standin.normalise import emptied, writers
from infra.standin.scalars import Clock, value_text


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    total: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class Stamp:
    """Who writes and when: `now` as Twenty prints it, `actor` as the createdBy of an API key."""

    now: str
    actor: Row
    new_id: Callable[[], str]


class Table:
    def __init__(self, of: ObjectType, clock: Clock, era: Era) -> None:
        self._clock = clock
        self._era = era
        self.rows: dict[str, Row] = {}
        self._version = 0
        self._matched: tuple[Any, list[Row]] = (None, [])
        self._lowest: float | None = None
        self.reshape(of)

    def reshape(self, of: ObjectType) -> None:
        """Takes over a new or changed set of fields: columns appear with their default and disappear."""
        self.of = of
        nulls = self._era.empty_text == "null"
        self.template = {name: emptied(value) if nulls else value for name, value in of.template().items()}
        self._kept = {"id", "createdBy"} | ({"position"} if self._era.keeps_position else set())
        self._composites = {field.name for field in of.fields if field.type in COMPOSITES}
        self._writers = writers(of, self._clock, self._era)
        self._columns: dict[str, str] = {field.name: field.column for field in of.fields if field.column}
        self._uniques = [(field.label, field.unique_path) for field in of.fields if field.is_unique]
        self._blanks = {one.unique_path for one in of.fields if one.is_custom and self._era.equal_blanks}
        self._match_paths = [field.unique_path for field in of.fields if field.is_unique or field.name == "id"]
        template = self.template
        self.rows = {
            key: {column: row.get(column, template[column]) for column in template} for key, row in self.rows.items()
        }
        self._reindex()

    def _reindex(self) -> None:
        self._indexes: dict[Path, dict[Any, str]] = {path: {} for _, path in self._uniques}
        self._lowest = None
        for row in self.rows.values():
            self._index(row)
        self._version += 1

    @contextmanager
    def without(self, columns: frozenset[str]) -> Iterator[None]:
        """As a server process sees the object that has not learnt of these columns yet."""
        of, writers = self.of, self._writers
        hidden = {field.name for field in of.fields if field.column in columns} | columns
        self.of = replace(of, fields=[field for field in of.fields if field.name not in hidden])
        self._writers = {key: write for key, write in writers.items() if key not in hidden}
        try:
            yield
        finally:
            self.of, self._writers = of, writers

    # Reading

    def find(
        self,
        key: Any,
        filter: Filter,  # noqa: A002
        order: SortOrder,
        after: str | None,
        limit: int,
        before: str | None = None,
    ) -> Page:
        """One page after or before a cursor.

        `key` identifies filter and order, so that walking the pages matches and sorts once.
        """
        if self._matched[0] != (self._version, key):
            rows = sorted(self.matching(filter), key=order.key)
            self._matched = ((self._version, key), rows)
        rows = self._matched[1]
        end = bisect.bisect_left(rows, order.cursor_key(before), key=order.key) if before else len(rows)
        start = max(0, end - limit) if before else 0
        if after:
            start = bisect.bisect_right(rows, order.cursor_key(after), key=order.key)
        page = rows[start : min(start + limit, end)]
        return Page(page, len(rows), start + len(page) < len(rows), start > 0)

    def matching(self, filter: Filter, *, with_trashed: bool = False) -> Iterable[Row]:  # noqa: A002
        """Trashed rows are hidden unless the filter speaks of `deletedAt`."""
        rows: Iterable[Row] = self.rows.values()
        if filter.exact is not None:
            path, values = filter.exact
            if path == ("id", None):
                rows = [self.rows[value] for value in dict.fromkeys(values) if value in self.rows]
            elif path in self._indexes and all(value not in (None, "") for value in values):
                owners = self._indexes[path]
                rows = [self.rows[owners[value]] for value in dict.fromkeys(values) if value in owners]
        if with_trashed or filter.mentions_deleted:
            return [row for row in rows if filter.matches(row)]
        return [row for row in rows if row["deletedAt"] is None and filter.matches(row)]

    # Deciding

    def values(self, record: Any) -> Row:
        """A record as sent, checked and normalised field by field."""
        values: Row = {}
        writers, columns = self._writers, self._columns
        if not isinstance(record, dict):
            raise bad_request("Record must be an object")
        for key, value in record.items():
            try:
                write = writers[key]
            except KeyError:
                raise unknown_field(self.of.name_singular, key) from None
            if write is None:
                raise plain(f"One-to-many relation {key} field does not support write operations.")
            values[columns.get(key) or key] = write(value)
        return values

    def insert(self, batch: Sequence[Row], stamp: Stamp) -> dict[str, Row]:
        changed: dict[str, Row] = {}
        self._place(batch)
        for values in batch:
            row = self._fresh(values, stamp)
            if row["id"] in self.rows or row["id"] in changed:
                raise duplicate_id()
            changed[row["id"]] = row
        self._check_uniques(changed)
        return changed

    def upsert(self, batch: Sequence[Row], stamp: Stamp) -> dict[str, Row]:
        """Updates first, then inserts, as 1.10 answers them.

        A record matches by id or by any unique value, trashed rows included; the row found keeps its id and comes
        back to life. Two records that hit one row: the last wins.
        """
        updated: dict[str, Row] = {}
        inserts: list[Row] = []
        self._place(batch)
        for values in batch:
            found = self._match(values)
            if found is None:
                inserts.append(values)
                continue
            kept = {name: value for name, value in values.items() if name not in self._kept}
            row = self._laid_over(updated.get(found) or self.rows[found], kept, stamp)
            row["deletedAt"] = kept.get("deletedAt")
            updated[found] = row
        if updated and not self._era.upserts_unsigned and "createdBy" not in self.template:
            raise unsigned(self.of.name_singular)
        inserted: dict[str, Row] = {}
        for values in inserts:
            row = self._fresh(values, stamp)
            if row["id"] in inserted:
                raise duplicate_id()
            inserted[row["id"]] = row
        changed = {**updated, **inserted}
        self._check_uniques(changed)
        return changed

    def overlay(self, rows: Iterable[Row], values: Row, stamp: Stamp) -> dict[str, Row]:
        changed = {row["id"]: self._laid_over(row, values, stamp) for row in rows}
        self._check_uniques(changed)
        return changed

    def _laid_over(self, row: Row, values: Row, stamp: Stamp) -> Row:
        merged = self._merge(row, values)
        merged["id"] = row["id"]
        if "updatedAt" not in values:
            merged["updatedAt"] = stamp.now
        if "updatedBy" in merged:
            merged["updatedBy"] = stamp.actor
        return merged

    def _fresh(self, values: Row, stamp: Stamp) -> Row:
        row = self._merge(self.template, values)
        row["id"] = values.get("id") or stamp.new_id()
        row["createdAt"] = values.get("createdAt") or stamp.now
        row["updatedAt"] = values.get("updatedAt") or stamp.now
        if "createdBy" in row:
            sent = values.get("createdBy") or {}
            if sent.get("name"):
                row["createdBy"] = {"source": "API", "workspaceMemberId": None, "context": None, **sent}
            else:
                row["createdBy"] = {**stamp.actor, "source": sent.get("source") or stamp.actor["source"]}
            # The answers of 1.10 have one order of sub-fields, whatever order was sent.
            row["createdBy"] = {part: row["createdBy"][part] for part in COMPOSITES["ACTOR"]}
        if "updatedBy" in row:
            row["updatedBy"] = stamp.actor
        return row

    def _merge(self, base: Row, values: Row) -> Row:
        row = base.copy()
        composites = self._composites
        for name, value in values.items():
            row[name] = {**base[name], **value} if name in composites else value
        return row

    def _place(self, batch: Sequence[Row]) -> None:
        """Records without a position go first, upserted ones too: lowest - 1 - index."""
        if "position" not in self.template:
            return
        lowest = 1 if self._lowest is None else self._lowest
        for index, values in enumerate(batch):
            position = values.get("position")
            if position is None or position == "first":
                values["position"] = lowest - 1 - index
            elif position == "last":
                values["position"] = max((row["position"] for row in self.rows.values()), default=0) + 1 + index

    def _match(self, values: Row) -> str | None:
        found: dict[str, str] = {}
        for path in self._match_paths:
            value = value_at(values, path)
            if value is None:
                continue
            if path[0] == "id":
                owner = value if value in self.rows else None
            elif value == "":
                # 1.10 looks for empty text as for any other; the index does not hold it.
                owner = next((row["id"] for row in self.rows.values() if value_at(row, path) == ""), None)
            else:
                owner = self._indexes[path].get(value)
            if owner is not None:
                found[f"{'.'.join(filter(None, path))}: {value}"] = owner
        if len(set(found.values())) > 1:
            raise _conflict(found)
        return next(iter(found.values()), None)

    def _check_uniques(self, changed: dict[str, Row]) -> None:
        for label, path in self._uniques:
            index = self._indexes[path]
            claimed: dict[Any, str] = {}
            for identity, row in changed.items():
                value = value_at(row, path)
                if not self._counts(path, value):
                    continue
                owner = claimed.get(value) or index.get(value)
                if owner is not None and owner != identity:
                    raise duplicate_value(label, value_text(value))
                claimed[value] = identity

    def _counts(self, path: Path, value: Any) -> bool:
        """Empty text is exempt from uniqueness on 1.10, as null is, unless the era has equal blanks."""
        return value is not None and (value != "" or path in self._blanks)

    def has_duplicates(self, path: Path) -> bool:
        values = [value_at(row, path) for row in self.rows.values()]
        present = [value for value in values if self._counts(path, value)]
        return len(set(present)) < len(present)

    # Storing

    def apply(self, changed: dict[str, Row]) -> None:
        for identity, row in changed.items():
            old = self.rows.get(identity)
            if old is not None:
                self._unindex(old)
            self.rows[identity] = row
            self._index(row)
        self._version += 1

    def remove(self, ids: Iterable[str]) -> None:
        for identity in ids:
            self._unindex(self.rows.pop(identity))
        self._version += 1

    def _index(self, row: Row) -> None:
        for path, index in self._indexes.items():
            value = value_at(row, path)
            if self._counts(path, value):
                index[value] = row["id"]
        position = row.get("position")
        if isinstance(position, (int, float)) and (self._lowest is None or position < self._lowest):
            self._lowest = position

    def _unindex(self, row: Row) -> None:
        for path, index in self._indexes.items():
            value = value_at(row, path)
            if value is not None and index.get(value) == row["id"]:
                del index[value]


def _conflict(found: dict[str, str]) -> ApiError:
    return bad_request(
        f"Multiple records found with the same unique field values for {', '.join(found)}. "
        "Cannot determine which record to update.",
        sub_code="UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT",
    )
