"""Conservation over sets: which committed changes have no account.

The unit is (topic, partition, offset) of a committed change. It is accounted for when each of its parts has a final
outcome in the audit, or when it is an obligation (held or parked in hold, pending before the sink).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from schemas.records import AuditEvent, Unit


@dataclass(slots=True)
class Ledger:
    """Collects audit events and obligations; repeats collapse."""

    _whole: set[Unit] = field(default_factory=set)
    _parts: dict[Unit, set[str]] = field(default_factory=dict)
    _named: dict[Unit, frozenset[str]] = field(default_factory=dict)
    _obligations: set[Unit] = field(default_factory=set)

    def audited(self, event: AuditEvent) -> None:
        if not event.outcome.final:
            return
        if event.part is None:
            self._whole.add(event.unit)
            return
        self._parts.setdefault(event.unit, set()).add(event.part)
        if event.parts:
            self._named[event.unit] = frozenset(event.parts)

    def owed(self, units: Iterable[Unit]) -> None:
        self._obligations.update(units)

    def accounted(self, unit: Unit) -> bool:
        if unit in self._whole or unit in self._obligations:
            return True
        named = self._named.get(unit)
        return named is not None and named <= self._parts.get(unit, set())

    def unaccounted(self, units: Set[Unit] | Iterable[Unit]) -> list[Unit]:
        """Units without an account, in order. Must be empty for every unit below the group's position."""
        return sorted(unit for unit in units if not self.accounted(unit))
