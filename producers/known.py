"""What was published last of each record of an object: its key and the hash of its row."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from schemas.broker import KafkaSettings, read_to_end
from schemas.codec import Codec, CodecError
from schemas.records import Json, Operation, RecordChange, Value
from schemas.topics import Topics

log = logging.getLogger("dualrun.producer")

HASH_BYTES = 16
UNKNOWN = bytes(HASH_BYTES)
"""Hash of a record that must be published whatever its row says."""


def _plain(value: Any) -> Any:
    if isinstance(value, Json):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def row_hash(record: Mapping[str, Value]) -> bytes:
    """BLAKE2b-128 of the row as JSON with sorted names. NULLs are left out, so a new empty column changes nothing."""
    filled = {name: value for name, value in record.items() if value is not None}
    try:
        text = orjson.dumps(filled, default=_plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # integers beyond 64 bits inside a JSON column
        text = json.dumps(filled, default=_plain, sort_keys=True).encode()
    return hashlib.blake2b(text, digest_size=HASH_BYTES).digest()


class Known:
    """Record id -> row hash, about 190 bytes a record, with a mark for those that the running sweep has met."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._hashes = bytearray()
        self._marks = bytearray()
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._slots

    def same(self, record_id: str, digest: bytes) -> bool:
        """Whether this very row was published last."""
        slot = self._slots.get(record_id)
        return slot is not None and self._hashes[slot * HASH_BYTES : (slot + 1) * HASH_BYTES] == digest

    def put(self, record_id: str, digest: bytes) -> None:
        slot = self._slots.get(record_id)
        if slot is None:
            if self._free:
                slot = self._free.pop()
            else:
                slot = len(self._marks)
                self._hashes.extend(UNKNOWN)
                self._marks.append(0)
            self._slots[record_id] = slot
        self._hashes[slot * HASH_BYTES : (slot + 1) * HASH_BYTES] = digest
        self._marks[slot] = 1

    def remove(self, record_id: str) -> None:
        slot = self._slots.pop(record_id, None)
        if slot is not None:
            self._free.append(slot)

    def forget(self) -> None:
        """Every record must be published again; none is gone."""
        self._hashes = bytearray(len(self._hashes))

    def begin_sweep(self) -> None:
        """From here on ``mark`` and ``put`` say which records are there."""
        self._marks = bytearray(len(self._marks))

    def mark(self, record_id: str) -> None:
        slot = self._slots.get(record_id)
        if slot is not None:
            self._marks[slot] = 1

    def missing(self) -> Iterator[str]:
        """Records that nothing has met since ``begin_sweep``."""
        return (record_id for record_id, slot in self._slots.items() if not self._marks[slot])


def fold(changes: Iterable[tuple[int, int, RecordChange]], run: int, since: Mapping[int, int]) -> Known:
    """What ``(partition, offset, change)`` of an object's topic leave. What lies before ``since`` or in an earlier run
    names records that exist, but has to be published again."""
    known = Known()
    for partition, offset, change in changes:
        if change.operation in (Operation.DELETE, Operation.VANISHED):
            known.remove(change.record_id)
        elif change.run == run and offset >= since.get(partition, 0):
            known.put(change.record_id, bytes.fromhex(change.content_hash))
        else:
            known.put(change.record_id, UNKNOWN)
    return known


def read_known(
    kafka: KafkaSettings, topics: Topics, codec: Codec, object_name: str, run: int, since: Mapping[int, int]
) -> Known:
    """The object's own topic, read committed to its end, folded."""
    topic = topics.cdc(object_name)

    def changes() -> Iterator[tuple[int, int, RecordChange]]:
        for message in read_to_end(kafka, topic, range(topics.partitions)):
            partition, offset = message.partition() or 0, message.offset() or 0
            try:
                record = codec.decode(message.value() or b"")
            except CodecError as error:
                log.warning("%s/%d/%d is no change of ours and was left alone: %s", topic, partition, offset, error)
                continue
            if isinstance(record, RecordChange):
                yield partition, offset, record

    return fold(changes(), run, since)
