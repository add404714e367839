"""Transform: a source change to a write, by the mapping. A pure function; every rule is compiled when it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from processors.decided import LEFT_OUT, Decided
from processors.mergers import Say, compile_merger
from processors.parts import KEY_LIMIT, BuildAll, Record, compile_parts, natural_id
from processors.ports import Transformed, TransformError
from processors.skips import Verdict, compile_skips
from schemas.decisions import NO_DECISIONS, Decisions
from schemas.keys import SEPARATOR
from schemas.mapping.expressions import MissingError
from schemas.mapping.language import DERIVED, Derivation, SystemMapping
from schemas.mapping.values import UnusableError, raw
from schemas.records import Flag, Operation, Part, RecordChange, Unit, Value, Version, Write, WriteKind

SIZE_LIMIT = 9_000_000
"""Bytes of a record's parts as JSON: Twenty refuses a body over 10 MB with 413."""

VANISHED = "vanished"
NO_MERGE = "it says of no merge"
FOR_VIEWS = "read for views alone"

Derive = Callable[[RecordChange, Version, Record], RecordChange | None]


@dataclass(frozen=True, slots=True)
class _Plan:
    parts: tuple[BuildAll, ...]
    derives: tuple[Derive, ...] = ()
    skipped: Verdict | None = None
    merger: Say | None = None

    @property
    def makes_nothing(self) -> bool:
        """Its rows are there for views to read."""
        return not self.parts and self.merger is None


class MappingTransform:
    """Implements ``processors.ports.Transform`` for one mapping.

    ``workspace_url`` is where people open Twenty, for fields that hold the page of a record.
    """

    def __init__(self, mapping: SystemMapping, *, workspace_url: str, decisions: Decisions = NO_DECISIONS) -> None:
        self._mapping = mapping
        self._decided = Decided(decisions, mapping.system)
        self._plans: dict[str, _Plan] = {}
        for name, mapped in mapping.objects.items():
            derives = tuple(_derive(mapping.system, one) for one in mapped.derives)
            parts = compile_parts(mapping, name, workspace_url)
            self._plans[name] = _Plan(parts, derives, compile_skips(mapping, name), compile_merger(mapping, name))
        for name in mapping.derived:
            self._plans[DERIVED + name] = _Plan(compile_parts(mapping, DERIVED + name, workspace_url))

    @property
    def revision(self) -> int:
        return self._mapping.revision

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        """Raises TransformError for a key, a required field or an object that cannot be used."""
        if change.system != self._mapping.system:
            raise TransformError("the change belongs to another system than the mapping")
        plan = self._plans.get(change.object)
        if plan is None:
            raise TransformError("the mapping has no such object")
        record_id = change.record_id
        if not record_id or SEPARATOR in record_id or len(record_id) > KEY_LIMIT:
            raise TransformError(f"the record id is empty, holds a NUL or is longer than {KEY_LIMIT} characters")
        if change.operation is Operation.VANISHED:
            return Transformed(None, skipped=VANISHED)
        if plan.makes_nothing:
            return Transformed(None, skipped=FOR_VIEWS)
        if change.operation is Operation.DELETE:
            return Transformed(_write(change, WriteKind.DELETE, version, unit, ()))
        verdict = self._decided.of(change)
        flags: list[Flag] = []
        if verdict is not None:
            if verdict.left_out:
                return Transformed(_write(change, WriteKind.DELETE, version, unit, (), LEFT_OUT))
            change, flags = self._decided.laid_over(change, verdict)
        skipped = plan.skipped(change) if plan.skipped else None
        if skipped is not None and skipped.retract:
            return Transformed(_write(change, WriteKind.DELETE, version, unit, (), skipped.reason))
        record = Record(change.key, change.record, flags=flags)
        parts: list[Part] = []
        try:
            for build in plan.parts:
                build(record, parts)
            parts += record.images
            said = plan.merger(change, record.flags) if plan.merger else None
            said = self._decided.merger(change, verdict, said, parts)
            parts += [said] if said else []
        except MissingError as missing:
            raise TransformError(missing.reason) from None
        if not parts and not plan.parts:
            return Transformed(_write(change, WriteKind.DELETE, version, unit, (), NO_MERGE))
        if not parts:
            raise TransformError("no part of the mapping takes this record: its conditions leave every part out")
        if record.size > SIZE_LIMIT:
            raise TransformError(f"too large: {record.size} bytes, and one request to Twenty carries {SIZE_LIMIT}")
        derived: dict[str, RecordChange] = {}
        for derive in plan.derives:
            found = derive(change, version, record)
            if found is not None:
                derived.setdefault(found.key, found)
        if record.flags:
            parts[0] = replace(parts[0], flags=(*parts[0].flags, *record.flags))
        reason = skipped.reason if skipped else ""
        write = _write(change, WriteKind.WRITE, version, unit, tuple(parts), reason)
        return Transformed(write, tuple(derived.values()))


def _write(
    change: RecordChange, kind: WriteKind, version: Version, unit: Unit, parts: tuple[Part, ...], skip: str = ""
) -> Write:
    return Write(change.key, kind, version, unit, parts, change.source_changed_at, change.captured_at, skip=skip)


def _derive(system: str, derivation: Derivation) -> Derive:
    """What a row says of the record that it names in a column; None where it names none."""
    object_name = DERIVED + derivation.object
    key, carry = derivation.key, tuple(sorted(derivation.carry.items()))

    def derive(change: RecordChange, version: Version, record: Record) -> RecordChange | None:
        row = change.record
        try:
            natural = natural_id(row.get(key))
        except UnusableError as unusable:
            record.flags.append(Flag(derivation.object, unusable.reason, raw(row.get(key))))
            return None
        if not natural:
            record.flags.extend(
                Flag(derivation.object, f"{column} without {key}", raw(row[column]))
                for _, column in carry
                if column != key and row.get(column) not in (None, "", False)
            )
            return None
        carried: dict[str, Value] = {name: row[column] for name, column in carry if column in row}
        return RecordChange(
            system,
            object_name,
            natural,
            change.operation,
            carried,
            change.captured_at,
            change.source_changed_at,
            change.run,
            _digest(carried),
            change.key,
            version,
        )

    return derive


def _digest(record: dict[str, Value]) -> str:
    return hashlib.blake2b(repr(record).encode("utf-8", "replace"), digest_size=16).hexdigest()
