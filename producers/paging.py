"""Walking through the pages of a list that changes meanwhile: nothing skipped unseen, or an error that says so."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Literal

from producers.api_client import Answer, RefusedError
from producers.source import Place, SourceError

log = logging.getLogger("dualrun.rest")

_STEPS_BACK = 3

Fetch = Callable[[str, Mapping[str, str]], Answer]
Item = tuple[Any, Place]
"""A row as the API sent it, and the place behind it."""


@dataclass(frozen=True, slots=True)
class Paging:
    """kind: by a cursor that each answer holds, or by offset.

    parameter: query parameter of the cursor or of the offset. next: where an answer has the next cursor (a dotted path;
    a value that is a URL is followed), or ``link`` for the Link header. size_parameter, size: rows of a page.
    """

    kind: Literal["cursor", "offset"]
    parameter: str
    next: str = "link"
    size_parameter: str = "limit"
    size: int = 100


class DriftError(SourceError):
    """Rows came or went while pages were read, in a way that may have hidden some."""


def dig(body: Any, path: str) -> Any:
    """What lies at a dotted path; None where nothing does."""
    for step in path.split(".") if path else ():
        body = body.get(step) if isinstance(body, dict) else None
    return body


class Walk:
    """One list. ``identify`` gives a row's id, or None where it has none; ``rows`` is the dotted path of the rows."""

    def __init__(
        self,
        fetch: Fetch,
        path: str,
        parameters: Mapping[str, str],
        rows: str,
        paging: Paging,
        identify: Callable[[Any], str | None],
    ) -> None:
        self._fetch = fetch
        self._path = path
        self._parameters = {**parameters, paging.size_parameter: str(paging.size)}
        self._rows = rows
        self._paging = paging
        self._identify = identify

    def items(self, after: Place | None, pool: Executor | None = None, ahead: int = 1) -> Generator[Item, None, None]:
        """Every row behind ``after``, in the API's order. ``ahead``: pages read at the same time, where they can be.

        Raises SourceError, DriftError.
        """
        if self._paging.kind == "cursor":
            return self._by_cursor(after)
        return self._by_offset(after, pool, ahead)

    def _list(self, answer: Answer) -> list[Any]:
        found = dig(answer.body, self._rows)
        if not isinstance(found, list):
            raise SourceError(f"{self._path}: expected the rows at {self._rows or 'the top'} of the answer, as a list")
        return found

    def _by_cursor(self, after: Place | None) -> Generator[Item, None, None]:
        cursor, skip = (after[0], int(after[1])) if after else ("", 0)
        while True:
            try:
                answer = self._page(cursor)
            except RefusedError as error:
                if after is None or error.status in (401, 403):
                    raise
                # an old cursor may have lapsed: from the beginning, what was read already is published once only
                log.info("%s: the cursor is not taken any more, the list is read from its beginning", self._path)
                cursor, skip, after = "", 0, None
                continue
            after = None
            for index, row in enumerate(self._list(answer)):
                if index >= skip:
                    yield row, (cursor, str(index + 1))
            skip = 0
            following = self._following(answer)
            if not following:
                return
            if following == cursor:
                raise SourceError(f"{self._path}: the cursor does not move on from page to page")
            cursor = following

    def _following(self, answer: Answer) -> str:
        if self._paging.next == "link":
            return answer.next_url or ""
        found = dig(answer.body, self._paging.next)
        return "" if found is None else str(found)

    def _page(self, cursor: str) -> Answer:
        if cursor.startswith(("http://", "https://", "/")):
            return self._fetch(cursor, {})
        return self._fetch(self._path, {**self._parameters, **({self._paging.parameter: cursor} if cursor else {})})

    def _by_offset(self, after: Place | None, pool: Executor | None, ahead: int) -> Generator[Item, None, None]:
        """Each page begins with the last row of the one before: if it does not, the list has shifted in between."""
        offset, last = (int(after[0]), after[1]) if after else (0, None)
        step = self._paging.size - 1
        coming: deque[tuple[int, Future[list[Any]]]] = deque()
        while True:
            start = max(0, offset - 1) if last is not None else offset
            if coming and coming[0][0] == start:
                page = coming.popleft()[1].result()
            else:
                for _, future in coming:
                    future.cancel()
                coming.clear()
                page = self._at(start)
            if pool is not None and len(page) == self._paging.size:
                for number in range(1, ahead):
                    next_start = start + number * step
                    if not any(at == next_start for at, _ in coming):
                        coming.append((next_start, pool.submit(self._at, next_start)))
            skip = 0
            if last is not None:
                start, page, skip = self._find(last, start, page)
            for index, row in enumerate(page[skip:], skip):
                last = self._identify(row) or last
                yield row, (str(start + index + 1), last or "")
            offset = start + len(page)
            if len(page) == skip <= 1 or (last is None and len(page) < self._paging.size):
                return  # with nothing behind the last row: a page can also be short by the server's limit
            if last is None:
                raise SourceError(f"{self._path}: no row has the key that the mapping names")

    def _find(self, last: str, start: int, page: list[Any]) -> tuple[int, list[Any], int]:
        """The page that holds the last row read, and where it goes on. Rows that came push it on, ones that went pull
        it back: then pages before are looked at again."""
        for _ in range(_STEPS_BACK + 1):
            for index, row in enumerate(page):
                if self._identify(row) == last:
                    return start, page, index + 1
            if start == 0:
                break
            start = max(0, start - self._paging.size + 1)
            page = self._at(start)
        raise DriftError(f"{self._path}: its rows shifted while being read; it is read again from its beginning")

    def _at(self, offset: int) -> list[Any]:
        return self._list(self._fetch(self._path, {**self._parameters, self._paging.parameter: str(offset)}))
