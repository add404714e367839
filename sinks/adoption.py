"""Rows that the workspace held before Dualrun: which of them a record takes over, and which it must leave alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.records import Flag, Identity, IdentityState, Match, Outcome, Part, Version
from sinks import unique
from sinks.catalogue import TargetObject

CONTRADICTED = "a row in Twenty holds this value but is somebody else"
SEVERAL = "several rows in Twenty match"
FOREIGN = "a row in Twenty holds this value and nothing says that it is the same record"
TRASHED = "a row in Twenty's trash holds this value"
UNKNOWN = "a row in Twenty holds this value that Dualrun may have made, and does not say for which record"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the workspace holds for a part: a row to adopt, or unique values to do without, or neither."""

    row: Row | None = None
    withheld: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()


NOTHING = Finding()


class Foreign:
    """The rows of one object that were not ours when it was swept, by the values of match fields."""

    def __init__(self, target: TargetObject, rows: Iterable[Row] = ()) -> None:
        self._target = target
        self._rows = list(rows)
        self._indexes: dict[str, dict[str, list[Row]]] = {}

    def matching(self, part: Part) -> list[Row]:
        """Rows that any match field of the part hits."""
        hits: dict[str, Row] = {}
        for match in part.matches:
            value = _comparable(match.value, match.field, self._target)
            for row in self._index(match.field).get(value, ()) if value else ():
                hits[row["id"]] = row
        return list(hits.values())

    def _index(self, path: str) -> dict[str, list[Row]]:
        if path not in self._indexes:
            index: dict[str, list[Row]] = {}
            for row in self._rows:
                index.setdefault(_comparable(unique.at(row, path), path, self._target), []).append(row)
            self._indexes[path] = index
        return self._indexes[path]


def judge(part: Part, rows: Iterable[Row], target: TargetObject) -> Finding:
    """Whether the part adopts one of ``rows``, which are live and claimed by none of our records.

    A row is adopted when a match field hits it, no confirm field contradicts, and it is the only one.
    """
    hits: dict[str, tuple[Row, Match]] = {}
    for match in part.matches:
        wanted = _comparable(match.value, match.field, target)
        for row in rows:
            if wanted and _comparable(unique.at(row, match.field), match.field, target) == wanted:
                hits.setdefault(row["id"], (row, match))
    if not hits:
        return NOTHING
    if len(hits) > 1:
        flag = Flag(part.matches[0].field, f"{SEVERAL}: {', '.join(sorted(hits))}")
        return Finding(None, _held(part, [row for row, _ in hits.values()], target, SEVERAL), (flag,))
    row, match = next(iter(hits.values()))
    if _contradicted(row, match):
        flag = Flag(match.field, f"{CONTRADICTED}: {row['id']}", match.value)
        return Finding(None, _held(part, [row], target, CONTRADICTED), (flag,))
    return Finding(row)


def adopting(key: str, part: Part, version: Version, row: Row, target: TargetObject) -> Identity:
    """The identity that Kafka acknowledges, with the before-image, before the row is touched.

    It remembers an owner that the row has: the fallback owner does not take that one's place.
    """
    owner = row.get(target.column(target.owner)) if target.owner else None
    return Identity(
        key, part.name, part.target, row["id"], version, IdentityState.ADOPTING, origin=Outcome.ADOPTED,
        links={target.owner: owner} if owner else {},
    )  # fmt: skip


def before_image(row: Row) -> dict[str, Any]:
    """The row as it was found, for a rollback. The search vector is Twenty's own."""
    return {name: value for name, value in row.items() if name != "searchVector"}


def _held(part: Part, rows: Iterable[Row], target: TargetObject, reason: str) -> dict[str, str]:
    ours = unique.claims(part.fields, target)
    theirs = [unique.claims(row, target) for row in rows]
    return {path: reason for path, value in ours.items() if any(claims.get(path) == value for claims in theirs)}


def _contradicted(row: Row, match: Match) -> bool:
    for path, value in match.confirm.items():
        ours, theirs = _plain(value), _plain(unique.at(row, path))
        if ours and theirs and ours != theirs:
            return True
    return False


def _plain(value: object) -> str:
    return " ".join(str(value).split()).casefold() if value is not None else ""


def _comparable(value: object, path: str, target: TargetObject) -> str:
    kind = target.types.get(path.partition(".")[0], "TEXT")
    return unique.normalised(value, kind) if kind in ("EMAILS", "LINKS", "PHONES") else _plain(value)
