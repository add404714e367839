"""Derived records (many to one): of all source rows that speak of one record, the greatest statement stays.

Greatest by (run, source change time, source record key, source version), whatever the offsets in the derived topic are:
those depend on which worker was faster.
"""

from __future__ import annotations

from processors.obligations import Order, Passed, StateChange, encode_passed, register_key
from schemas.columns import micros
from schemas.records import Operation, Outcome, RecordChange, Version

LESSER = "another source row says it later"
SAME = "another source row already said the same"
ENDED = "the end of one source row ends no record that others speak of"


class Register:
    """One partition. One state key per statement that counted; a lesser one's key goes once the greater is durable."""

    def __init__(self) -> None:
        self._greatest: dict[str, Passed] = {}
        self._puts: dict[str, bytes] = {}
        self._deletes: set[str] = set()

    def restore(self, passed: Passed) -> None:
        current = self._greatest.get(passed.key)
        if current is not None and (passed.order, passed.version) < (current.order, current.version):
            passed, current = current, passed
        self._greatest[passed.key] = passed
        if current is not None:
            self._deletes.add(register_key(current.key, current.version))

    def refuses(self, change: RecordChange, version: Version) -> tuple[Outcome, str] | None:
        """None: the change is to pass, and is remembered. Otherwise its verdict."""
        if change.operation in (Operation.DELETE, Operation.VANISHED):
            return Outcome.SKIPPED, ENDED
        current = self._greatest.get(change.key)
        passed = Passed(change.key, version, _order(change), change.content_hash)
        if current is None:
            self._remember(passed, None)
            return None
        if passed.order < current.order or (passed.order == current.order and version < current.version):
            return Outcome.SUPERSEDED, LESSER
        if version == current.version:
            return None
        same = change.content_hash != "" and change.content_hash == current.content_hash
        self._remember(passed, current)
        if same and (version.run, version.revision) == (current.version.run, current.version.revision):
            return Outcome.SUPERSEDED, SAME
        return None

    def _remember(self, passed: Passed, before: Passed | None) -> None:
        self._greatest[passed.key] = passed
        self._puts[register_key(passed.key, passed.version)] = encode_passed(passed)
        if before is not None:
            name = register_key(before.key, before.version)
            if self._puts.pop(name, None) is None:
                self._deletes.add(name)

    def changes(self) -> tuple[list[StateChange], list[StateChange]]:
        """Statements to write down, and those to forget once the former are acknowledged."""
        puts: list[StateChange] = [(name.encode(), value) for name, value in self._puts.items()]
        deletes: list[StateChange] = [(name.encode(), None) for name in self._deletes]
        self._puts.clear()
        self._deletes.clear()
        return puts, deletes


def _order(change: RecordChange) -> Order:
    changed = micros(change.source_changed_at) if change.source_changed_at else 0
    return change.run, changed, change.origin_key, tuple(change.origin_version or ())
