"""What a plan is made of: things to create, things to change, and things that only a person can resolve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.requirements import FieldRequirement, ObjectRequirement, Option


@dataclass(frozen=True, slots=True)
class CreateObject:
    requirement: ObjectRequirement

    @property
    def address(self) -> str:
        return self.requirement.name_singular


@dataclass(frozen=True, slots=True)
class CreateField:
    object_name: str
    requirement: FieldRequirement

    @property
    def address(self) -> str:
        return f"{self.object_name}.{self.requirement.name}"


@dataclass(frozen=True, slots=True)
class ActivateObject:
    object_name: str

    @property
    def address(self) -> str:
        return self.object_name


@dataclass(frozen=True, slots=True)
class _OfField:
    object_name: str
    field_name: str

    @property
    def address(self) -> str:
        return f"{self.object_name}.{self.field_name}"


@dataclass(frozen=True, slots=True)
class ActivateField(_OfField):
    """A field that is switched off."""


@dataclass(frozen=True, slots=True)
class AddOptions(_OfField):
    """Behind the options that there are, which keep their ids."""

    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class MakeUnique(_OfField):
    """No two rows may have the same value from then on."""


@dataclass(frozen=True, slots=True)
class ChangeSettings(_OfField):
    """`settings` are those that differ, as they should be; `before` the same ones as they are (None: not set)."""

    settings: Mapping[str, Any]
    before: Mapping[str, Any]


Action = CreateObject | CreateField | ActivateObject | ActivateField | AddOptions | MakeUnique | ChangeSettings


@dataclass(frozen=True, slots=True)
class Blocked:
    """What no call can bring about. `address` is `object` or `object.field`."""

    address: str
    reason: str

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`actions` in the order in which they can be made; while something is `blocked`, none of them is."""

    actions: tuple[Action, ...]
    blocked: tuple[Blocked, ...]

    @property
    def creates(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if isinstance(action, (CreateObject, CreateField)))

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if not isinstance(action, (CreateObject, CreateField)))

    @property
    def is_empty(self) -> bool:
        return not self.actions and not self.blocked
