"""What hold asks of transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from schemas.records import RecordChange, Unit, Version, Write


class TransformError(ValueError):
    """The change cannot become a write: it is dead-lettered under ``reason``, which never quotes a value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Transformed:
    """A change's write with unresolved links, and the derived changes that its row speaks of.

    ``skipped`` is the reason why there is no write (a skip rule, a vanished row); then ``write`` is None.
    """

    write: Write | None
    derived: tuple[RecordChange, ...] = ()
    skipped: str = ""


class Transform(Protocol):
    """A pure function of the change. ``revision`` is the mapping's, the last member of every version."""

    @property
    def revision(self) -> int: ...

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed: ...
