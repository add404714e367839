"""What hold still owes, as durable state: one key per obligation, in a compacted topic, by partition.

A key is written by whoever takes the obligation on and deleted only by whoever has durably discharged it, so a worker
that was stopped and wakes up can repeat work but never erase what its successor took on. Hence no aggregates: the
newest change of a record has a key of its own (record and version), and the register of derived records has a key per
change that passed. Keys: ``h NUL record key NUL version`` and ``d NUL record key NUL version``.

A value is one byte of format version, a JSON header up to a line feed, and the payload: the bytes that came in (the
change, or the returned write), or the patch that is still owed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from schemas.broker import KafkaSettings, read_to_end
from schemas.keys import SEPARATOR
from schemas.records import Unit, Version
from schemas.topics import Policy, Topics, TopicSpec

FORMAT = b"\x01"

Order = tuple[int, int, str, tuple[int, ...]]
"""Of statements about a derived record: (run, source change in µs, origin key, origin version)."""

StateChange = tuple[bytes, bytes | None]
"""Key and value of an obligations message; None deletes."""


class StateError(ValueError):
    """The obligations topic holds what this release cannot read."""


class Kind(StrEnum):
    HELD = "held"
    """A change that waits for its parents."""
    LINK = "link"
    """The write has left; optional references to parents that had not come are still owed."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """``since``: seconds since 1970. ``missing``: tokens without an identity when last written down."""

    key: str
    unit: Unit
    version: Version
    kind: Kind
    missing: tuple[str, ...]
    since: float
    parked: bool = False
    live: bool = False
    payload: bytes = field(default=b"", repr=False)
    skipped: bool = False
    """Its parent was skipped or deleted: it has its outcome, and is kept in case the parent comes back."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The greatest statement about a derived record so far."""

    key: str
    version: Version
    order: Order
    content_hash: str


def changelog(topics: Topics) -> str:
    return f"{topics.hold_application}-obligations-changelog"


def changelog_spec(topics: Topics) -> TopicSpec:
    # small segments: compaction leaves the active one alone, and most keys live for seconds only
    return TopicSpec(
        changelog(topics),
        topics.partitions,
        Policy.COMPACT,
        topics.replication,
        {"segment.bytes": str(64 * 1024 * 1024), "segment.ms": "3600000", "min.cleanable.dirty.ratio": "0.3"},
    )


def state_key(key: str, version: Version) -> str:
    return f"h{SEPARATOR}{key}{SEPARATOR}{_version_text(version)}"


def register_key(key: str, version: Version) -> str:
    return f"d{SEPARATOR}{key}{SEPARATOR}{_version_text(version)}"


def encode_obligation(obligation: Obligation) -> bytes:
    header = {
        "kind": obligation.kind.value,
        "unit": list(obligation.unit),
        "missing": obligation.missing,
        "since": obligation.since,
        "parked": obligation.parked,
        "live": obligation.live,
        "skipped": obligation.skipped,
    }
    return b"%b%b\n%b" % (FORMAT, orjson.dumps(header), obligation.payload)


def encode_passed(passed: Passed) -> bytes:
    return FORMAT + orjson.dumps({"order": passed.order, "hash": passed.content_hash}) + b"\n"


def decode_state(key: bytes, value: bytes) -> Obligation | Passed:
    """Raises StateError on a key or a format that this release does not know."""
    kind, _, rest = key.decode().partition(SEPARATOR)
    record_key, _, version_text = rest.rpartition(SEPARATOR)
    if not record_key or kind not in ("h", "d"):
        raise StateError(f"an obligation whose key begins with {kind[:8]!r}: this release knows h and d")
    if value[:1] != FORMAT:
        raise StateError(
            f"an obligation in format {value[:1].hex()}, this release reads {FORMAT.hex()}: run the release that"
            " wrote it"
        )
    header_bytes, _, payload = value[1:].partition(b"\n")
    header: dict[str, Any] = orjson.loads(header_bytes)
    version = Version(*map(int, version_text.split(".")))
    if kind == "d":
        run, changed, origin, origin_version = header["order"]
        return Passed(record_key, version, (run, changed, origin, tuple(origin_version)), header["hash"])
    return Obligation(
        key=record_key,
        unit=Unit(*header["unit"]),
        version=version,
        kind=Kind(header["kind"]),
        missing=tuple(header["missing"]),
        since=header["since"],
        parked=header["parked"],
        live=header["live"],
        payload=payload,
        skipped=header.get("skipped", False),
    )


def _version_text(version: Version) -> str:
    return ".".join(map(str, version))


def read_obligations(kafka: KafkaSettings, topics: Topics) -> list[Obligation]:
    """All obligations, oldest first, read by a plain consumer: for ``dualrun held`` and for conservation.

    Raises BrokerError where Kafka does not answer, StateError on a format of another release.
    """
    state: dict[bytes, bytes] = {}
    for message in read_to_end(kafka, changelog(topics), range(topics.partitions)):
        key, value = message.key() or b"", message.value()
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    return sorted(_held(state), key=lambda obligation: obligation.since)


def _held(state: dict[bytes, bytes]) -> Iterator[Obligation]:
    for key, value in state.items():
        entry = decode_state(key, value)
        if isinstance(entry, Obligation):
            yield entry
