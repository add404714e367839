"""Looks up what the workspace held before: one sweep per object, before its first create that may adopt."""

from __future__ import annotations

from schemas.records import Part
from sinks.adoption import Finding, Foreign, Row, judge
from sinks.book import Book
from sinks.catalogue import TargetObject
from sinks.gateway import Gateway
from sinks.provenance import Maker, maker
from sinks.twenty.client import PAGE, Page, TwentyClient


class Adopter:
    def __init__(self, client: TwentyClient, gateway: Gateway, book: Book) -> None:
        self._client = client
        self._gateway = gateway
        self._book = book
        self._foreign: dict[str, Foreign] = {}

    def find(self, part: Part, target: TargetObject) -> Finding:
        """What stands for ``part`` in the workspace. Raises TwentyError from the sweep."""
        if target.name not in self._foreign:
            self._foreign[target.name] = Foreign(target, self._sweep(part, target))
        rows = [row for row in self._foreign[target.name].matching(part) if self._book.owner(row["id"]) is None]
        return judge(part, rows, target)

    def _sweep(self, part: Part, target: TargetObject) -> list[Row]:
        """Rows that are not ours.

        After a restart in mid-run the pages of our own rows would cost more than they tell: where every match field
        is unique in Twenty, a create that is refused as a duplicate finds the row as well.
        """
        first = self._list(target, 1, None)
        ours = self._book.living(target.name)
        unique = target.unique_paths()
        if (first.total or 0) <= ours or (ours and all(match.field in unique for match in part.matches)):
            return []
        rows: list[Row] = []
        after, more = None, True
        while more:
            page = self._list(target, PAGE, after)
            rows += [row for row in page.records if not self._book.ours(row["id"]) and maker(row) is Maker.OTHERS]
            after, more = page.end_cursor, page.has_next
        return rows

    def _list(self, target: TargetObject, limit: int, after: str | None) -> Page:
        return self._gateway.read("sweep", lambda: self._client.list_page(target.plural, limit=limit, after=after))
