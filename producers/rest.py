"""A REST API as a source: lists read page by page, changes by modified-since, single records to make sure.

What an API says about time is taken with care: a change counts as read only once it is ``overlap_seconds`` old by the
slowest clock there is, and until then it is asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from producers.api_client import ApiClient, RefusedError
from producers.columns import key_text
from producers.cursor import instant
from producers.paging import Paging, Walk, dig
from producers.source import Condition, Place, Reading, Row, SourceError
from producers.unreadable import MOST, Unreadable, numbered
from schemas.records import Json, Value
from schemas.source import SourceObject

_FRESH_SECONDS = 30.0
_WRAPPINGS = 4
_UNSET = frozenset({"", "0", "false", "f", "no", "n", "null"})
"""Texts with which an API without booleans says that a record is not deleted."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where an object's rows are.

    path: of the list. rows: dotted path of the rows in an answer. parameters: sent with every request for the list.
    modified_since: query parameter that asks for rows changed at that time (ISO 8601, UTC) or later; None: sweeps alone
    find changes. record: path of one record, with ``{id}``; without it nothing is ever taken as deleted.
    deleted: column that is set in rows of deleted records. parallel: pages or records read at the same time.
    """

    path: str
    paging: Paging
    rows: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    modified_since: str | None = None
    record: str | None = None
    deleted: str | None = None
    parallel: int = 1


class RestSource:
    """See ``producers.source.Source``. ``resources``: object -> where its rows are."""

    def __init__(
        self, client: ApiClient, resources: Mapping[str, Resource], *, overlap_seconds: float, close: Callable[[], None]
    ) -> None:
        self._client = client
        self._resources = resources
        self._overlap = timedelta(seconds=overlap_seconds)
        self._close = close
        self._clock = client.clock
        self._places: dict[str, Place] = {}
        self._walks: dict[tuple[str, bool], Walk] = {}
        self._keyless: dict[str, int] = {}
        self._unreadable: dict[str, dict[str, Unreadable]] = {}
        most = max((one.parallel for one in resources.values()), default=1)
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="dualrun-rest") if most > 1 else None

    def reading(self) -> Reading:
        self._client.listen(_FRESH_SECONDS)
        clock, expires_at = self._clock, self._client.auth.expires_at()
        return Reading(clock.ours(), clock.least() - self._overlap, ahead=clock.ahead, expires_at=expires_at)

    def condition(self, what: SourceObject) -> Condition:
        if what.name not in self._resources:
            return Condition(waiting=f"no path is set for {what.name}: name it in the settings' objects")
        keyless = self._keyless.get(what.name, 0)
        concern = f"{keyless} rows have no {' or '.join(what.key)} and are not captured" if keyless else ""
        unreadable = tuple(self._unreadable.get(what.name, {}).values())
        return Condition(concern=concern, rejected=keyless, unreadable=unreadable)

    def increment(
        self, what: SourceObject, since: datetime, after: Place | None, limit: int
    ) -> Generator[Row, None, None]:
        resource = self._resources[what.name]
        assert resource.modified_since is not None
        asked = since.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield from self._walk(what, {resource.modified_since: asked}, after, limit, ahead=1, counts=0)

    def scan(self, what: SourceObject, after: Place | None, limit: int) -> Generator[Row, None, None]:
        if after is None:
            self._keyless[what.name] = 0
            self._unreadable[what.name] = {}
        yield from self._walk(what, {}, after, limit, ahead=self._resources[what.name].parallel, counts=1)

    def _walk(
        self, what: SourceObject, more: Mapping[str, str], after: Place | None, limit: int, *, ahead: int, counts: int
    ) -> Generator[Row, None, None]:
        resource = self._resources[what.name]
        self._keyless.setdefault(what.name, 0)
        unreadable = self._unreadable.setdefault(what.name, {})
        walk = self._walks.get((what.name, bool(more)))
        if walk is None or after is None:
            parameters = {**dict(resource.parameters), **more}
            exclude = frozenset(what.exclude).difference(what.key)
            walk = Walk(self._client.get, resource.path, parameters, resource.rows, resource.paging, exclude)
            self._walks[what.name, bool(more)] = walk
        items = walk.items(after, self._pool if ahead > 1 else None, ahead)
        with closing(items):
            seen: set[str] = set()
            for row, place in items:
                self._places[what.name] = place
                record_id = _id(what, row)
                if record_id is None:
                    self._keyless[what.name] += counts
                    if len(unreadable) < MOST:
                        letter = _unreadable(what, resource, row)
                        unreadable[letter.digest] = letter
                elif record_id not in seen and not _is_deleted(resource, row):
                    seen.add(record_id)
                    yield _row(what, record_id, row)
                if len(seen) == limit:
                    return

    def first_page(self, name: str) -> list[Mapping[str, Any]]:
        """Rows of an object as the API sends them, before anybody knows their key."""
        resource = self._resources[name]
        size = {resource.paging.size_parameter: str(resource.paging.size)}
        found = dig(self._client.get(resource.path, {**dict(resource.parameters), **size}).body, resource.rows)
        if not isinstance(found, list):
            raise SourceError(f"{resource.path}: expected the rows at {resource.rows or 'the top'}, as a list")
        return [row for row in found if isinstance(row, dict)]

    def place(self, what: SourceObject, row: Row, *, by_time: bool) -> Place:
        return self._places[what.name]

    def resumable(self, what: SourceObject) -> bool:
        resource = self._resources.get(what.name)
        return resource is not None and resource.paging.kind == "cursor"

    def present(self, what: SourceObject, ids: Sequence[str]) -> set[str]:
        resource = self._resources[what.name]
        if resource.record is None:
            return set(ids)

        def there(record_id: str) -> bool:
            assert resource.record is not None
            try:
                answer = self._client.get(resource.record.replace("{id}", quote(record_id, safe="")), {})
            except RefusedError as error:
                if error.status in (404, 410):
                    return False
                raise SourceError(f"{resource.record} answered {error.status}, that tells nothing") from None
            record = _record(what, record_id, answer.body)
            if record is None:
                raise SourceError(
                    f"{resource.record} answered without a record whose {' and '.join(what.key)} is the one that was"
                    " asked for, that tells nothing: look at it and at the mapping's key"
                )
            return not _is_deleted(resource, record)

        found = self._pool.map(there, ids) if self._pool else map(there, ids)
        return {record_id for record_id, is_there in zip(ids, found, strict=True) if is_there}

    def estimate(self, what: SourceObject) -> int | None:
        return None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._close()


def captured(what: SourceObject, resource: Resource | None) -> SourceObject:
    """The object as the poller sees it: an API without modified-since has no change times that could be followed."""
    asked = resource is not None and resource.modified_since is not None
    return replace(what, changed_at=(what.changed_at or "changed") if asked else None)


def _id(what: SourceObject, row: Any) -> str | None:
    values = [row.get(name) for name in what.key] if isinstance(row, dict) else [None]
    return None if any(value is None or value == "" for value in values) else ":".join(map(key_text, values))


def _record(what: SourceObject, record_id: str, body: Any) -> Mapping[str, Any] | None:
    """The record in an answer, which may wrap it: ``{"data": {...}}``, or a list of one."""
    level = [body]
    for _ in range(_WRAPPINGS):
        for found in level:
            if isinstance(found, dict) and _id(what, found) == record_id:
                return found
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
    return None


def _unreadable(what: SourceObject, resource: Resource, row: Any) -> Unreadable:
    reason = f"without {' or '.join(what.key)}" if isinstance(row, dict) else "no object"
    return numbered([(resource.path, reason, json.dumps(row, sort_keys=True).encode(), "utf-8")])[0]


def _row(what: SourceObject, record_id: str, row: Mapping[str, Any]) -> Row:
    record = {
        name: Json(value) if isinstance(value, (dict, list)) else value
        for name, value in row.items()
        if name not in what.exclude or name in what.key
    }
    return Row(record_id, record, _moment(record.get(what.changed_at or ""), what.zone))


def _is_deleted(resource: Resource, row: Any) -> bool:
    told = row.get(resource.deleted) if resource.deleted is not None and isinstance(row, dict) else None
    return told.strip().lower() not in _UNSET if isinstance(told, str) else bool(told)


def _moment(value: Value, zone: str) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return instant(datetime.fromisoformat(value), zone)
    except ValueError:
        return None
