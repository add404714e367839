"""Names of records: record keys, part keys, Twenty ids and partitions.

A record key is ``system/object/id``; ids may hold slashes. A derived record lives in a name-space of its own,
``system/~object/natural key``, so it can never collide with a source row. An alias is ``system/@name/value``.
A token is what a reference waits for: a part key, or an alias.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID, uuid5

from aiokafka.partitioner import murmur2

NAMESPACE = UUID("5f7f6a1e-3d0b-5c55-9a53-6f6f0e7d2b11")
SEPARATOR = "\0"


class RecordKey(NamedTuple):
    system: str
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.system}/{self.object}/{self.id}"


def record_key(system: str, object_name: str, record_id: str) -> str:
    return f"{system}/{object_name}/{record_id}"


def derived_key(system: str, object_name: str, natural_key: str) -> str:
    return f"{system}/~{object_name}/{natural_key}"


def alias_key(system: str, name: str, *values: str) -> str:
    """An alias holds a digest, never the values: a key is seen by every tool that reads the topics."""
    digest = hashlib.blake2b(SEPARATOR.join(values).encode(), digest_size=16).hexdigest()
    return f"{system}/@{name}/{digest}"


def parse_record_key(key: str) -> RecordKey:
    system, _, rest = key.partition("/")
    object_name, slash, record_id = rest.partition("/")
    if not (system and object_name and slash):
        raise ValueError(f"record key {key!r}: expected system/object/id")
    return RecordKey(system, object_name, record_id)


def part_key(key: str, part: str) -> str:
    """Kafka key of an identity, and the token that a reference to this part waits for."""
    return f"{key}{SEPARATOR}{part}"


def split_token(token: str) -> tuple[str, str]:
    """``(record key, part)`` of a token; an alias has no part."""
    key, _, part = token.partition(SEPARATOR)
    return key, part


def is_alias(token: str) -> bool:
    """Whether a token is an alias, which several parts may hold, and not a part's own key."""
    return SEPARATOR not in token


def twenty_id(key: str, part: str) -> str:
    """The id that a record's part gets in Twenty unless it adopts a row that is already there."""
    return str(uuid5(NAMESPACE, part_key(key, part)))


def named_by(source_key: str) -> Iterator[tuple[str, str]]:
    """What a row's source key (``key``, or ``key#part``) can mean, as ``(record key, part)``: both may hold a ``#``."""
    yield source_key, ""
    for at, sign in enumerate(source_key):
        if sign == "#":
            yield source_key[:at], source_key[at + 1 :]


@lru_cache(maxsize=1 << 16)
def partition_of(key: str, partitions: int) -> int:
    """Partition of a record key, as librdkafka's ``murmur2_random`` and Faust choose it."""
    return (int(murmur2(key.encode())) & 0x7FFFFFFF) % partitions


def token_partition(token: str, partitions: int) -> int:
    """A token lies in the partition of its record key (or of the alias itself)."""
    return partition_of(split_token(token)[0], partitions)


def pseudonym(key: str) -> str:
    """A record key for logs: object in clear, id as a digest (an id can be a medical record number)."""
    system, object_name, _ = parse_record_key(key)
    return f"{system}/{object_name}/#{hashlib.blake2b(key.encode(), digest_size=5).hexdigest()}"
