"""What a commit did to a record, as webhooks tell it."""

from __future__ import annotations

from dataclasses import dataclass

from infra.standin.model import ObjectType, Row

# Twenty names changed fields, but never these two.
_UNTOLD = ("updatedAt", "searchVector")


@dataclass(frozen=True)
class Event:
    """`action` is created, updated, deleted (to the trash), restored or destroyed.

    `record` is the row after it, of a destroyed row what it was; `updated_fields` are told of an update only.
    """

    of: ObjectType
    action: str
    record: Row
    updated_fields: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return f"{self.of.name_singular}.{self.action}"

    @property
    def patterns(self) -> frozenset[str]:
        """The operations of a webhook that wants to hear of this."""
        return frozenset({self.name, f"*.{self.action}", f"{self.of.name_singular}.*", "*.*"})


def changed_fields(old: Row, new: Row) -> tuple[str, ...]:
    return tuple(name for name, value in new.items() if name not in _UNTOLD and value != old.get(name))
