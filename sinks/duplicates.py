"""Why Twenty refused a batch as a duplicate or a conflict: what one read of ids and unique values says about each row.

The refusal names neither the row nor, for an id, the field. Trashed rows count: Twenty's unique indexes cover them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sinks import unique
from sinks.adoption import FOREIGN, NOTHING, TRASHED, UNKNOWN, Finding, Row, judge
from sinks.batch import Work
from sinks.book import Book
from sinks.catalogue import TargetObject
from sinks.provenance import Maker, maker
from sinks.rows import Row as Sent


@dataclass(frozen=True, slots=True)
class Cause:
    """What stands in a row's way.

    exists: its own row is there already. trashed: it lies in the trash. finding: a foreign row to adopt, or values
    to do without. behind: the rows of ours that hold them.
    """

    exists: bool = False
    trashed: bool = False
    finding: Finding = NOTHING
    behind: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        return self.exists or self.trashed or self.finding != NOTHING


def values_asked(sent: Iterable[Sent], target: TargetObject) -> dict[str, list[str]]:
    """Unique path -> the values whose holders are to be read."""
    asked: dict[str, dict[str, None]] = {}
    for row in sent:
        for path, value in unique.claims(row.payload, target).items():
            asked.setdefault(path, {})[value] = None
    return {path: list(values) for path, values in asked.items()}


def causes(
    works: Sequence[Work],
    sent: Sequence[Sent],
    by_id: Mapping[str, Row],
    holders: Mapping[tuple[str, str], Sequence[Row]],
    book: Book,
    target: TargetObject,
) -> list[Cause]:
    """One cause per row sent. ``holders`` maps (unique path, normalised value) to the rows that hold it."""
    batch_ids = {row.payload["id"] for row in sent}
    taken: set[str] = set()
    found = []
    for work, row in zip(works, sent, strict=True):
        own = by_id.get(row.payload["id"])
        foreign: dict[str, Row] = {}
        withheld: dict[str, str] = {}
        behind: set[str] = set()
        for path, value in unique.claims(row.payload, target).items():
            for holder in holders.get((path, value), ()):
                if holder["id"] == row.payload["id"]:
                    continue
                known = holder["id"] in batch_ids or holder["id"] in taken or book.ours(holder["id"])
                made_by = Maker.US if known else maker(holder)
                if made_by is Maker.US:
                    withheld[path] = unique.HELD_BY_ANOTHER
                    behind.add(holder["id"])
                elif holder.get("deletedAt"):
                    withheld[path] = f"{TRASHED}: {holder['id']}"
                elif made_by is Maker.UNKNOWN:
                    withheld[path] = f"{UNKNOWN}: {holder['id']}"
                else:
                    withheld[path] = f"{FOREIGN}: {holder['id']}"
                    foreign[holder["id"]] = holder
        finding = Finding(None, withheld)
        part = work.step.part
        if part is not None and foreign and own is None:
            judged = judge(part, foreign.values(), target)
            if judged.row is not None:
                # the row becomes ours and keeps the value that it holds
                taken.add(judged.row["id"])
                finding = judged
            else:
                finding = Finding(None, {**withheld, **judged.withheld}, judged.flags)
        deleted = own is not None and bool(own.get("deletedAt"))
        found.append(Cause(own is not None and not deleted, deleted, finding, frozenset(behind)))
    return found
