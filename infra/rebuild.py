"""The rebuild package: automations do not migrate, their definitions do, as JSON to rebuild them from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from producers.source import Row, Source, SourceError
from schemas.mapping import SystemMapping
from schemas.records import Json, Value
from schemas.source import SourceObject

_CHUNK = 1_000
_PATIENCE_SECONDS = 60.0

Definition = Mapping[str, Any]


def write_package(mapping: SystemMapping, found: Mapping[str, Iterable[Definition]], directory: Path) -> dict[str, int]:
    """Writes ``<export>.json`` for each export of the mapping, and ``inventory.json``; returns definitions by export.

    found: export -> its definitions.
    """
    directory.mkdir(parents=True, exist_ok=True)
    inventory = []
    for export in mapping.exports:
        rows = list(found[export.name])
        _write(directory / f"{export.name}.json", rows)
        inventory.append({"name": export.name, "what": export.what, "definitions": len(rows)})
    head = {"system": mapping.system, "mapping_revision": mapping.revision}
    _write(directory / "inventory.json", {**head, "definitions": inventory})
    return {str(one["name"]): int(str(one["definitions"])) for one in inventory}


def by_query(mapping: SystemMapping, source_url: str) -> dict[str, list[Definition]]:
    """What the exports' queries give, in one read-only snapshot: the definitions belong together."""
    with psycopg.connect(source_url, row_factory=dict_row, options="-c default_transaction_read_only=on") as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {one.name: list(source.execute(one.query).fetchall()) for one in mapping.exports if one.query}


def by_relation(
    source: Source,
    objects: Iterable[SourceObject],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, list[Definition]]:
    """What tables, files or endpoints hold. Raises SourceError where one does not come within a minute."""
    found: dict[str, list[Definition]] = {}
    for what in objects:
        until = clock() + _PATIENCE_SECONDS
        while waiting := _waiting(source, what):
            if clock() >= until:
                raise SourceError(f"{what.name}: {waiting}")
            sleep(0.5)
        rows = sorted(_rows(source, what), key=lambda row: row.id)
        found[what.name] = [{name: _plain(value) for name, value in row.record.items()} for row in rows]
    return found


def _waiting(source: Source, what: SourceObject) -> str:
    source.reading()
    return source.condition(what).waiting


def _rows(source: Source, what: SourceObject) -> Iterator[Row]:
    after = None
    while True:
        chunk = list(source.scan(what, after, _CHUNK))
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        after = source.place(what, chunk[-1], by_time=False)


def _plain(value: Value) -> Any:
    return value.value if isinstance(value, Json) else value


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")
