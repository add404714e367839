"""What a producer must know of one source object. The mapping language makes it, producers use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One pollable object.

    name: object name in record keys and topics.
    relation: table or view, possibly schema-qualified; None where ``query`` or ``view`` is set.
    query: a read-only SELECT of the source's own for what is no table (a sum over invoices, a join). It has no cursor:
        it is read whole at ``sweep`` pace and compared by row hash.
    view: the same in DuckDB's SQL, over what was published of other objects, whatever their source is.
    key: columns whose values, joined by ``:``, are the record id.
    changed_at: column of the last change; None: captured by sweeps alone.
    zone: IANA zone of naive timestamps in this object (``changed_at`` included).
    parents: names of objects that this one refers to; snapshots take parents first.
    on_missing: what a row that disappeared means.
    exclude: columns that never leave the source.
    blobs: columns with the bytes of files. A change holds ``schemas.blobs.Stored`` as text in their place.
    """

    name: str
    key: tuple[str, ...]
    relation: str | None = None
    query: str | None = None
    view: str | None = None
    changed_at: str | None = None
    zone: str = "UTC"
    parents: tuple[str, ...] = ()
    on_missing: Literal["delete", "vanished"] = "delete"
    exclude: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
