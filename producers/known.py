"""What was published last of each record of an object: its key and the hash of its row."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import orjson

from schemas.broker import KafkaSettings, read_to_end
from schemas.codec import Codec, CodecError
from schemas.records import Json, Operation, RecordChange, Value
from schemas.topics import Topics

log = logging.getLogger("dualrun.producer")

HASH_BYTES = 16
_FOLDED = 5_000
UNKNOWN = bytes(HASH_BYTES)
"""Hash of a record that must be published whatever its row says."""


def _plain(value: Any) -> Any:
    if isinstance(value, Json):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def row_text(record: Mapping[str, Value]) -> bytes:
    """The row as JSON with sorted names. NULLs are left out, so a new empty column changes nothing.

    Raises UnicodeEncodeError where a text has what is no character: half a surrogate pair, or bytes of no encoding.
    """
    filled = {name: value for name, value in record.items() if value is not None}
    try:
        return orjson.dumps(filled, default=_plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # integers beyond 64 bits inside a JSON column, or such a text
        json.dumps(filled, default=_plain, ensure_ascii=False).encode()
        return escaped_text(record)


def escaped_text(record: Mapping[str, Value]) -> bytes:
    """The same of any row, with escapes for what is not ASCII."""
    filled = {name: value for name, value in record.items() if value is not None}
    return json.dumps(filled, default=_plain, sort_keys=True).encode()


def text_hash(text: bytes) -> bytes:
    """BLAKE2b-128."""
    return hashlib.blake2b(text, digest_size=HASH_BYTES).digest()


def row_hash(record: Mapping[str, Value]) -> bytes:
    """What tells one state of a row from another. It lies in topics: every release makes the same."""
    return text_hash(row_text(record))


class Known(Protocol):
    """Record id -> hash of the row that was published last, with a mark for those that the running sweep has met."""

    def __len__(self) -> int: ...

    def __contains__(self, record_id: str) -> bool: ...

    def hashes(self, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Of those that are known; ``UNKNOWN`` of those that must be published again."""
        ...

    def put(self, hashes: Mapping[str, bytes]) -> None:
        """These rows were published; they are there."""
        ...

    def remove(self, record_ids: Collection[str]) -> None: ...

    def forget(self) -> None:
        """Every record must be published again; none is gone."""
        ...

    def begin_sweep(self) -> None:
        """From here on ``mark`` and ``put`` say which records are there."""
        ...

    def mark(self, record_ids: Sequence[str]) -> None: ...

    def missing(self) -> Iterator[str]:
        """Records that nothing has met since ``begin_sweep``. To be taken before anything is changed."""
        ...


def fold(known: Known, changes: Iterable[tuple[int, int, RecordChange]], run: int, since: Mapping[int, int]) -> None:
    """What ``(partition, offset, change)`` of an object's topic leave. What lies before ``since`` or in an earlier run
    names records that exist, but has to be published again."""
    pending: dict[str, bytes | None] = {}
    for partition, offset, change in changes:
        if change.operation in (Operation.DELETE, Operation.VANISHED):
            pending[change.record_id] = None
        elif change.run == run and offset >= since.get(partition, 0):
            pending[change.record_id] = bytes.fromhex(change.content_hash)
        else:
            pending[change.record_id] = UNKNOWN
        if len(pending) == _FOLDED:
            _settle(known, pending)
    _settle(known, pending)


def _settle(known: Known, pending: dict[str, bytes | None]) -> None:
    known.remove([record_id for record_id, found in pending.items() if found is None])
    known.put({record_id: found for record_id, found in pending.items() if found is not None})
    pending.clear()


def read_known(
    known: Known,
    kafka: KafkaSettings,
    topics: Topics,
    codec: Codec,
    object_name: str,
    run: int,
    since: Mapping[int, int],
) -> None:
    """The object's own topic, read committed to its end, folded."""
    topic = topics.cdc(object_name)

    def changes() -> Iterator[tuple[int, int, RecordChange]]:
        for message in read_to_end(kafka, topic, range(topics.partitions)):
            partition, offset = message.partition() or 0, message.offset() or 0
            try:
                record = codec.outline(message.value() or b"")
            except CodecError as error:
                log.warning("%s/%d/%d is no change of ours and was left alone: %s", topic, partition, offset, error)
                continue
            if record is not None:
                yield partition, offset, record

    fold(known, changes(), run, since)
