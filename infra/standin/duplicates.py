"""Which records Twenty takes for the same: equal in a whole name, an e-mail, a profile or a domain."""

from __future__ import annotations

from infra.standin.filters import Path, value_at
from infra.standin.model import Row
from infra.standin.records import Table

# Read in the source of 1.10: each entry is a set of values that must all be equal.
_CRITERIA: dict[str, tuple[tuple[Path, ...], ...]] = {
    "person": (
        (("name", "firstName"), ("name", "lastName")),
        (("linkedinLink", "primaryLinkUrl"),),
        (("emails", "primaryEmail"),),
    ),
    "company": ((("name", None),), (("domainName", "primaryLinkUrl"),)),
}
_SHORTEST = 3


def duplicates(table: Table, record: Row) -> list[Row]:
    """Live rows that equal `record` in one of the criteria; values of less than three letters prove nothing."""
    usable = [
        [(path, value_at(record, path)) for path in paths]
        for paths in _CRITERIA.get(table.of.name_singular, ())
        if all(len(value_at(record, path) or "") >= _SHORTEST for path in paths)
    ]
    return [
        row
        for row in table.rows.values()
        if row["deletedAt"] is None
        and row["id"] != record.get("id")
        and any(all(value_at(row, path) == value for path, value in paths) for paths in usable)
    ]
