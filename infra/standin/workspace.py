"""A workspace: its objects, their records, and the journal that makes both last."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import orjson

from infra.standin.building import standard_id
from infra.standin.connections import connected
from infra.standin.eras import Era
from infra.standin.errors import ApiError, bad_request, foreign_key
from infra.standin.events import Event, changed_fields
from infra.standin.journal import Journal, JournalFormatError
from infra.standin.model import ObjectType, Row, foreign_key_name, object_from_json
from infra.standin.records import Stamp, Table
from infra.standin.scalars import Clock, timestamp
from infra.standin.standard import standard_objects

KEY_NAME = "mig"
_ROWS_PER_COMMIT = 1000


class Workspace:
    """`clock` gives epoch seconds; `random` decides new ids and the order of answers, which 1.10 leaves open.

    The key's name in `createdBy` is the one that the recorded server had.
    """

    def __init__(self, data_dir: Path, *, era: Era, clock: Clock, random: Random, batch_cap: int) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir = data_dir
        self.era = era
        self.clock = clock
        self.batch_cap = batch_cap
        self._random = random
        self._journal = Journal(data_dir / "journal.jsonl")
        self.tables: dict[str, Table] = {}
        self.webhooks: dict[str, Row] = {}
        # When this process learnt of an object's columns, of those that came after its start.
        self.born: dict[tuple[str, str], float] = {}
        # Told of every commit while there are webhooks to tell of it.
        self.on_events: Callable[[list[Event]], None] = lambda events: None
        # Whether a file was uploaded, by id; only releases with FILES fields ask.
        self.has_file: Callable[[str], bool] = lambda identity: False
        self._actor: Row = {"source": "API", "workspaceMemberId": None, "name": KEY_NAME, "context": {}}
        self._seed()
        self._take_over(op for ops in self._journal.replay(era.name) for op in ops)

    def close(self) -> None:
        self._journal.close()

    def reset(self, era: Era) -> None:
        """A fresh workspace, as a server of that era makes it."""
        self.era = era
        self._seed()
        self._journal.rewrite(era.name, self._image())

    def image(self) -> list[dict[str, Any]]:
        """The whole workspace, as operations that make it."""
        return [orjson.loads(op) for ops in self._image() for op in ops]

    def load(self, image: Iterable[dict[str, Any]]) -> None:
        """Becomes what `image()` told of a workspace of the same era."""
        self._take_over(image)

    def _take_over(self, ops: Iterable[dict[str, Any]]) -> None:
        fresh = True
        for op in ops:
            if fresh:
                # An image or journal tells everything; what was there before it is gone.
                self.tables, self.webhooks, self.born, fresh = {}, {}, {}, False
            self._replay(op)
        for table in self.tables.values():
            table.reshape(table.of)
        self._journal.rewrite(self.era.name, self._image())

    # Looking up

    @property
    def objects(self) -> list[ObjectType]:
        return [table.of for table in self.tables.values()]

    def by_plural(self, plural: str) -> Table:
        for table in self.tables.values():
            if table.of.name_plural == plural:
                return table
        raise bad_request(f"object '{plural}' not found. eg: companies")

    def by_id(self, object_id: str) -> Table | None:
        return next((table for table in self.tables.values() if table.of.id == object_id), None)

    def now(self) -> str:
        return timestamp(self.clock())

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # Records

    def create(self, table: Table, records: Sequence[Any], *, upsert: bool, by: Row | None = None) -> list[Row]:
        """All or nothing. Answers in no order that a client may rely on.

        `by` is the person who does it, as an actor; None is the API key, which may not invite members.
        """
        if by is None and table.of.name_singular == "workspaceMember":
            message = "Entity performing the request does not have permission"
            raise ApiError(403, "ForbiddenException", message, code="FORBIDDEN", sub_code="PERMISSION_DENIED")
        if len(records) > self.batch_cap:
            raise bad_request(
                f"Maximum number of records to upsert is {self.batch_cap}.", sub_code="UPSERT_MAX_RECORDS_EXCEEDED"
            )
        batch = [table.values(connected(self.tables, table, record)) for record in records]
        changed = table.upsert(batch, self._stamp(by)) if upsert else table.insert(batch, self._stamp(by))
        self._check_references(table, changed)
        self._store(table, changed)
        rows = list(changed.values())
        if not upsert:
            self._random.shuffle(rows)
        return rows

    def update(self, table: Table, rows: Iterable[Row], record: Any, *, by: Row | None = None) -> list[Row]:
        changed = table.overlay(rows, table.values(connected(self.tables, table, record)), self._stamp(by))
        self._check_references(table, changed)
        self._store(table, changed)
        return list(changed.values())

    def trash(self, table: Table, rows: Iterable[Row]) -> list[Row]:
        return self._mark(table, rows, self.now(), "deleted")

    def restore(self, table: Table, rows: Iterable[Row]) -> list[Row]:
        """Answers every row given, also those that were not in the trash."""
        given = list(rows)
        back = self._mark(table, (row for row in given if row["deletedAt"] is not None), None, "restored")
        return [row for row in given if row["deletedAt"] is None] + back

    def destroy(self, table: Table, rows: Iterable[Row]) -> list[Row]:
        """Removes rows for good, and what PostgreSQL's foreign keys take along or clear."""
        gone = list(rows)
        ops: list[bytes] = []
        self._remove(table, {row["id"] for row in gone}, ops)
        self._journal.append(ops)
        if self.webhooks:
            self.on_events([Event(table.of, "destroyed", row) for row in gone])
        return gone

    def _mark(self, table: Table, rows: Iterable[Row], deleted_at: str | None, action: str) -> list[Row]:
        now = self.now()
        changed = {row["id"]: {**row, "deletedAt": deleted_at, "updatedAt": now} for row in rows}
        self._store(table, changed, action)
        return list(changed.values())

    def _stamp(self, by: Row | None = None) -> Stamp:
        return Stamp(self.now(), by or self._actor, self.new_id)

    def _check_references(self, table: Table, changed: dict[str, Row]) -> None:
        for field in table.of.fields:
            if field.type == "FILES":
                for row in changed.values():
                    for entry in row[field.name] or ():
                        if not self.has_file(entry["fileId"]):
                            raise bad_request(f"File {entry['fileId']} not found")
            relation, column = field.relation, field.column
            if relation is None or column is None or not relation.enforced:
                continue
            target = self.by_id(relation.target_object)
            for row in changed.values():
                parent = row[column]
                if parent is not None and target is not None and parent not in target.rows:
                    raise foreign_key(table.of.table, foreign_key_name(table.of.table, column))

    def _store(self, table: Table, changed: dict[str, Row], action: str | None = None) -> None:
        """`action` is what a webhook is told; None where each row was created or updated."""
        if not changed:
            return
        self._journal.append([_rows_op(table.of, changed.values())])
        events = [_event(table, row, action) for row in changed.values()] if self.webhooks else []
        table.apply(changed)
        if events:
            self.on_events(events)

    def _remove(self, table: Table, ids: set[str], ops: list[bytes]) -> None:
        if not ids:
            return
        for child in self.tables.values():
            for field in child.of.fields:
                relation, column = field.relation, field.column
                if relation is None or column is None or not relation.enforced:
                    continue
                if relation.target_object != table.of.id:
                    continue
                touched = {key: row for key, row in child.rows.items() if row[column] in ids}
                if relation.on_delete == "CASCADE":
                    self._remove(child, set(touched), ops)
                elif touched:
                    cleared = {key: {**row, column: None} for key, row in touched.items()}
                    ops.append(_rows_op(child.of, cleared.values()))
                    child.apply(cleared)
        ops.append(orjson.dumps({"op": "gone", "object": table.of.name_singular, "ids": sorted(ids)}))
        table.remove(ids & table.rows.keys())

    # Webhooks

    def save_webhook(self, hook: Row) -> None:
        """Stores a new or changed webhook; one with a `deletedAt` is forgotten."""
        op = {"op": "webhook", "hook": hook}
        self._journal.append([orjson.dumps(op)])
        self._replay(op)

    # Objects and fields

    def save_objects(self, *changed: ObjectType) -> None:
        """Stores new or changed objects; their records take over the new columns."""
        self._journal.append([_object_op(of) for of in changed])
        for of in changed:
            known = self.tables[of.name_singular].template if of.name_singular in self.tables else {}
            self.born.update(
                {(of.name_singular, column): self.clock() for column in of.template().keys() - known.keys()}
            )
            self._put_object(of)

    def drop_object(self, of: ObjectType) -> None:
        """Deletes an object, its records and both sides of its relations."""
        others = []
        for other in self.objects:
            kept = [field for field in other.fields if not field.relation or field.relation.target_object != of.id]
            if other is not of and len(kept) != len(other.fields):
                other.fields = kept
                others.append(other)
        ops = [orjson.dumps({"op": "drop", "object": of.name_singular})]
        self._journal.append(ops + [_object_op(other) for other in others])
        del self.tables[of.name_singular]
        for other in others:
            self.tables[other.name_singular].reshape(other)

    def _put_object(self, of: ObjectType) -> None:
        table = self.tables.get(of.name_singular)
        if table is None:
            self.tables[of.name_singular] = Table(of, self.clock, self.era)
        else:
            table.reshape(of)

    # The journal

    def _seed(self) -> None:
        # Epoch 0 keeps the seed the same in every process, so that only changes need the journal.
        objects = standard_objects(timestamp(0), self.era)
        self.tables = {of.name_singular: Table(of, self.clock, self.era) for of in objects}
        self.webhooks = {}
        self.born = {}
        members = self.tables["workspaceMember"]
        member = {
            "id": "20202020-0687-4c41-b707-ed1bfca972a7",
            "name": {"firstName": "Tim", "lastName": "Apple"},
            "userEmail": "tim@apple.dev",
            "userId": standard_id("user", "tim@apple.dev"),
            "createdAt": timestamp(0),
        }
        members.apply(members.insert([members.values(member)], self._stamp()))

    def _replay(self, op: dict[str, Any]) -> None:
        if op["op"] == "object":
            of = object_from_json(op["data"])
            self._put_object(of)
        elif op["op"] == "drop":
            del self.tables[op["object"]]
        elif op["op"] == "rows":
            self.tables[op["object"]].rows.update({row["id"]: row for row in op["rows"]})
        elif op["op"] == "gone":
            for identity in op["ids"]:
                self.tables[op["object"]].rows.pop(identity, None)
        elif op["op"] == "webhook":
            self.webhooks.pop(op["hook"]["id"], None)
            if op["hook"]["deletedAt"] is None:
                self.webhooks[op["hook"]["id"]] = op["hook"]
        else:
            raise JournalFormatError(f"journal operation {op['op']!r} is unknown; start with an empty --data-dir")

    def _image(self) -> Iterable[list[bytes]]:
        for of in self.objects:
            yield [_object_op(of)]
        for table in self.tables.values():
            rows = list(table.rows.values())
            for start in range(0, len(rows), _ROWS_PER_COMMIT):
                yield [_rows_op(table.of, rows[start : start + _ROWS_PER_COMMIT])]
        for hook in self.webhooks.values():
            yield [orjson.dumps({"op": "webhook", "hook": hook})]


def _event(table: Table, row: Row, action: str | None) -> Event:
    old = table.rows.get(row["id"])
    if action is not None:
        return Event(table.of, action, row)
    return Event(table.of, "created", row) if old is None else Event(table.of, "updated", row, changed_fields(old, row))


def _rows_op(of: ObjectType, rows: Iterable[Row]) -> bytes:
    return orjson.dumps({"op": "rows", "object": of.name_singular, "rows": list(rows)})


def _object_op(of: ObjectType) -> bytes:
    return orjson.dumps({"op": "object", "data": asdict(of)})
