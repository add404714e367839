"""What can be done next for a record: the vocabulary of ``identity.next_step``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.records import Flag, Identity, Outcome, Part

NO_MEMBER = "no workspace member"
UNMAPPED = "nothing of it is mapped"
OF_GONE = "the record that it was a part of is gone"
HAS_ROW = "Twenty has a row of its own for it"


class Do(StrEnum):
    """What a step asks for. All but the last three are requests to Twenty."""

    CREATE = "create"
    UPSERT = "upsert"
    LINK = "link"
    """An upsert of nothing but links."""
    RESTORE = "restore"
    DELETE = "delete"
    CLEAR = "clear"
    """Empties the fields that a fragment owned."""
    UPDATE = "update"
    """A row that Twenty owns: one PATCH, it cannot be upserted."""
    UPLOAD = "upload"
    MATCH = "match"
    """Look up the row that Twenty owns."""
    ADOPT = "adopt"
    """Look whether the workspace already holds this record under another id."""
    RETURN = "return"
    """A parent is gone: the write goes back to hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do for one part. ``outcome`` is what it comes to when it succeeds."""

    do: Do
    name: str
    target: str
    twenty_id: str
    outcome: Outcome
    part: Part | None = None
    identity: Identity | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision that needs no request. ``part`` is None where it speaks of the whole unit. ``after``: what would have
    been written, of a file that is left out."""

    part: str | None
    outcome: Outcome
    reason: str = ""
    identity: Identity | None = None
    flags: tuple[Flag, ...] = ()
    target: str = ""
    after: Mapping[str, Any] | None = None


class Done:
    """Nothing is left to do for this version."""


DONE = Done()
LOOKS = (Do.MATCH, Do.DELETE, Do.CLEAR)
"""What may happen though a parent is gone."""
Next = Step | Settled | Done
