"""A load with nothing in between: rows, transform, Twenty. No broker, no hold, no order, no retries.

It shows that mapping, transform, stand-in and expectation speak of the same records before a pipeline stands between.
"""

from __future__ import annotations

import mimetypes
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.clinics.clinic_place.options import PLURALS
from processors.transform import MappingTransform
from schemas.keys import part_key, twenty_id
from schemas.mapping import SystemMapping, load_mapping
from schemas.records import Operation, Part, PartMode, RecordChange, Unit, Version, Write
from sinks.twenty.client import TwentyClient

ORDER = ("company", "person", "coverage", "task", "note", "payment", "taskTarget", "noteTarget", "attachment")
BATCH = 200


@dataclass
class Loaded:
    """What the load met on its way."""

    flagged: set[tuple[str, str]] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)


class StraightLoad:
    def __init__(self, client: TwentyClient, documents: Path, workspace_url: str, fallback_owner: str) -> None:
        self._fallback_owner = fallback_owner
        self._client = client
        self._documents = documents
        self._mapping: SystemMapping = load_mapping("clinic_place")
        self._transform = MappingTransform(self._mapping, workspace_url=workspace_url)
        self._fallback = ""
        self._ids: dict[str, str] = {}
        self._aliases: defaultdict[str, list[str]] = defaultdict(list)
        self._rows: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.loaded = Loaded()

    def run(self, connection: psycopg.Connection[Any]) -> Loaded:
        writes = [self._write(change) for change in self._changes(connection)]
        for write in writes:
            for part in write.parts:
                if part.mode is PartMode.OWN:
                    token = part_key(write.key, part.name)
                    self._ids[token] = twenty_id(write.key, part.name)
                    for alias in part.aliases:
                        self._aliases[alias].append(self._ids[token])
        members = {row["userEmail"].lower(): row["id"] for row in self._client.members()}
        self._fallback = members[self._fallback_owner]
        for write in writes:
            part = write.parts[0]
            if part.mode is PartMode.MATCH and part.matches and part.matches[0].value in members:
                self._ids[part_key(write.key, part.name)] = members[part.matches[0].value]
                self._client.update("workspaceMembers", members[part.matches[0].value], part.fields)
            elif part.mode is PartMode.MATCH:
                self.loaded.skipped.add(write.key)
        # A fragment needs its row
        for write in sorted(writes, key=lambda write: write.parts[0].mode is PartMode.FRAGMENT):
            self._take(write)
        self._share_emails()
        self._send()
        return self.loaded

    def _changes(self, connection: psycopg.Connection[Any]) -> list[RecordChange]:
        changes: list[RecordChange] = []
        now = datetime.now(UTC)
        for source in self._mapping.sources:
            query = sql.SQL(source.query or f"select * from {source.relation}")
            with connection.cursor(row_factory=dict_row) as cursor:
                for row in cursor.execute(query):
                    record_id = ":".join(str(row[name]) for name in source.key)
                    changed_at = row[source.changed_at] if source.changed_at else None
                    changes.append(
                        RecordChange("clinic_place", source.name, record_id, Operation.SNAPSHOT, row, now, changed_at)
                    )
        derived: dict[str, RecordChange] = {}
        for number, change in enumerate(changes):
            for spoken in self._transform(change, Version(1, 1, number, 1), Unit("t", 0, number)).derived:
                known = derived.get(spoken.key)
                if known is None or _order(known) < _order(spoken):
                    derived[spoken.key] = spoken
        return [*derived.values(), *changes]

    def _write(self, change: RecordChange) -> Write:
        write = self._transform(change, Version(1, 1, 0, 1), Unit("t", 0, 0)).write
        assert write is not None
        for part in write.parts:
            self.loaded.flagged |= {(write.key, flag.field) for flag in part.flags}
        return write

    def _take(self, write: Write) -> None:
        required = [link for part in write.parts for link in (*part.links, part.anchor) if link and link.required]
        if any(self._find(link.token) is None for link in required):
            self.loaded.held.add(write.key)
            for part in write.parts:
                self._ids.pop(part_key(write.key, part.name), None)
            return
        for part in write.parts:
            if part.mode is PartMode.OWN:
                row = {"id": self._ids[part_key(write.key, part.name)], **part.fields}
                row |= {column: self._ids[part_key(write.key, name)] for column, name in part.internal.items()}
                if part.attachment and not self._attach(row, part):
                    continue
                self._rows[part.target][row["id"]] = row
            elif part.anchor:
                row = self._rows[part.target][str(self._find(part.anchor.token))]
                row |= part.fields
            else:
                continue
            links = {link.field: self._find(link.token) for link in part.links}
            # nobody is called in an emergency of their own
            row |= {field: None if found == row["id"] else found for field, found in links.items()}
            owner = self._mapping.owners.get(part.target)
            if owner and not row.get(owner):
                row[owner] = self._fallback

    def _attach(self, row: dict[str, Any], part: Part) -> bool:
        assert part.attachment is not None
        path = self._documents / part.attachment.locator.removeprefix("file:")
        size = path.stat().st_size
        if size > 25 * 1024 * 1024:
            return False
        kind = mimetypes.guess_type(part.attachment.name)[0] or "application/octet-stream"
        with path.open("rb") as stream:
            row["fullPath"] = self._client.upload(part.attachment.name, stream, size, kind)
        return True

    def _find(self, token: str) -> str | None:
        if token in self._ids:
            return self._ids[token]
        holders = self._aliases.get(token, [])
        return holders[0] if len(holders) == 1 else None

    def _share_emails(self) -> None:
        seen: set[str] = set()
        for row in self._rows["person"].values():
            address = row["emails"]["primaryEmail"]
            if address in seen:
                row["emails"] = {"primaryEmail": "", "additionalEmails": [address]}
            elif address:
                seen.add(address)

    def _send(self) -> None:
        for target in ORDER:
            rows = list(self._rows[target].values())
            for start in range(0, len(rows), BATCH):
                self._client.create_batch(PLURALS[target], rows[start : start + BATCH], upsert=False)


def _order(change: RecordChange) -> tuple[Any, ...]:
    return (change.source_changed_at, change.origin_key)
