"""Walking through the pages of a list that changes meanwhile: nothing skipped unseen, or an error that says so."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Container, Generator, Mapping
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

from producers.api_client import Answer, RefusedError
from producers.known import text_hash
from producers.source import Place, SourceError

log = logging.getLogger("dualrun.rest")

_STEPS_BACK = 3
_LOOKS = 6
"""How often a list is looked at from its top until nothing moved past."""
_OVERLAP = 2
"""Rows of the page before that a page begins with, so that one of them may go or move."""

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
    """One list. ``rows`` is the dotted path of the rows in an answer, ``exclude`` what may differ in every answer."""

    def __init__(
        self,
        fetch: Fetch,
        path: str,
        parameters: Mapping[str, str],
        rows: str,
        paging: Paging,
        exclude: Container[str] = (),
    ) -> None:
        self._fetch = fetch
        self._path = path
        self._parameters = {**parameters, paging.size_parameter: str(paging.size)}
        self._rows = rows
        self._paging = paging
        self._exclude = exclude
        self._reached = _Reached(_Met(0))

    def items(self, after: Place | None, pool: Executor | None = None, ahead: int = 1) -> Generator[Item, None, None]:
        """Rows behind ``after``, in the API's order; some twice, where they change. By offset only the walk that read
        the rows before knows where it goes on. ``ahead``: pages read at the same time, where they can be.

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
        """Pages read are forgotten with this generator: others publish between two of them, and an older row must not
        land behind a newer one."""
        if after is None:
            self._reached = _Reached(_Met(self._paging.size * (_STEPS_BACK + 2)))
        elif after != self._reached.place:
            raise DriftError(f"{self._path}: its reading was interrupted; it is read again from its beginning")
        while True:
            with closing(_Pages(self._at, self._paging.size, pool, ahead)) as pages:
                yield from self._look(self._reached, pages)
            if self._reached.still(self._paging.size):
                return
            if self._reached.look == _LOOKS:
                raise self._drift()
            self._reached.again()
            pool = None

    def _look(self, reached: _Reached, pages: _Pages) -> Generator[Item, None, None]:
        """Each page begins with the last rows of those before it, as they were: if it does not, rows have gone or moved
        and pages before it are read again. A row that was changed meanwhile may have moved to the end, which is read
        last, or to the top: the next look goes down to rows that are as they were."""
        size, overlap = self._paging.size, min(reached.overlap, reached.behind)
        start = reached.behind - overlap
        while True:
            page, early = pages.take(start)
            reached.taken += 1
            found = [(row, _digest(row, self._exclude)) for row in page]
            if start and not (found and found[0][1] in reached.met):
                reached.back += 1
                if reached.back > _STEPS_BACK + reached.taken // 3:
                    raise self._drift()
                start, overlap = max(0, start - size + 1), 0
                continue
            if not any(reached.is_new(digest) for _, digest in found) and len(page) <= overlap:
                if early:  # rows that moved to the end since then are not in it
                    pages.forget()
                    continue
                return
            known = any(digest in reached.before for _, digest in found)
            reached.overlap = min(_OVERLAP, max(1, len(page) - 1))
            for index, (row, digest) in enumerate(found, start + 1):
                new = reached.is_new(digest)
                reached.read(digest, index, top=start == 0)
                if new:
                    reached.given += 1
                    yield row, reached.place
            if known:
                return
            overlap = reached.overlap
            start = max(0, reached.behind - overlap)

    def _drift(self) -> DriftError:
        return DriftError(
            f"{self._path}: its rows shifted while being read; it is read again from its beginning. If that goes on, a"
            " column may differ in every answer: name it in the mapping's exclude"
        )

    def _at(self, offset: int) -> list[Any]:
        return self._list(self._fetch(self._path, {**self._parameters, self._paging.parameter: str(offset)}))


class _Met:
    """Digests of the last ``most`` rows."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.digests: dict[bytes, None] = {}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self.digests

    def add(self, digest: bytes) -> None:
        self.digests[digest] = None
        if len(self.digests) > self.most:
            del self.digests[next(iter(self.digests))]


@dataclass(slots=True)
class _Reached:
    """How far a list by offset was read.

    met: rows of this look. top: those of its first page. before: rows of the looks before it that were remembered.
    behind: the offset behind the last row. overlap: rows in front of it that the next page begins with; it is longer.
    given: rows in all. taken, back: pages of this look, and steps back.
    """

    met: _Met
    top: set[bytes] = field(default_factory=set)
    before: frozenset[bytes] = frozenset()
    look: int = 1
    behind: int = 0
    overlap: int = 1
    given: int = 0
    taken: int = 0
    back: int = 0

    @property
    def place(self) -> Place:
        return (str(self.given),)

    def is_new(self, digest: bytes) -> bool:
        return digest not in self.met and digest not in self.before

    def read(self, digest: bytes, behind: int, *, top: bool) -> None:
        self.met.add(digest)
        self.behind = behind
        if top:
            self.top.add(digest)

    def still(self, size: int) -> bool:
        """Whether all rows of the last look were there at the same time, so that none moved past it."""
        return self.taken == 1 or (self.look == 1 and self.taken == 2 and self.given < size)

    def again(self) -> None:
        self.before |= self.top.union(self.met.digests)
        self.met, self.top = _Met(self.met.most), set()
        self.look += 1
        self.behind = self.taken = self.back = 0


class _Pages:
    """Reads pages, ``ahead`` of them at the same time where there is a ``pool``."""

    def __init__(self, read: Callable[[int], list[Any]], size: int, pool: Executor | None, ahead: int) -> None:
        self._read = read
        self._size = size
        self._pool = pool
        self._ahead = ahead
        self._coming: deque[tuple[int, Future[list[Any]]]] = deque()

    def take(self, start: int) -> tuple[list[Any], bool]:
        """The page, and whether it was asked for before those in front of it had come."""
        early = bool(self._coming) and self._coming[0][0] == start
        if early:
            page = self._coming.popleft()[1].result()
        else:
            self.forget()
            page = self._read(start)
        if self._pool is not None and len(page) == self._size:
            step = self._size - min(_OVERLAP, self._size - 1)
            for number in range(1, self._ahead):
                following = start + number * step
                if not any(at == following for at, _ in self._coming):
                    self._coming.append((following, self._pool.submit(self._read, following)))
        return page, early

    def forget(self) -> None:
        for _, future in self._coming:
            future.cancel()
        self._coming.clear()

    close = forget


def _digest(row: Any, exclude: Container[str]) -> bytes:
    told = {name: value for name, value in row.items() if name not in exclude} if isinstance(row, dict) else row
    return text_hash(json.dumps(told, sort_keys=True).encode())
