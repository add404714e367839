"""What waits, and the patches owed, by record: the one slot per record and its twin in the obligations topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from processors.links import own_tokens, parent_object, waited_for
from processors.metrics import Census
from processors.obligations import Kind, Obligation, StateChange, encode_obligation, state_key
from schemas.keys import parse_record_key
from schemas.records import Version, Write


@dataclass(slots=True)
class Waiting:
    """``own``: names of the record itself, for which it cannot wait. ``missing`` and of these ``blocking``: as of the
    last look. ``skipped``: parked because its parent was skipped or deleted, which is an end."""

    write: Write
    payload: bytes
    since: float
    live: bool
    parked: bool = False
    skipped: bool = False
    own: frozenset[str] = field(init=False)
    missing: tuple[str, ...] = ()
    blocking: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.own = own_tokens(self.write)


@dataclass(slots=True)
class Owed:
    """A patch whose links are still unresolved; its write has left."""

    patch: Write
    since: float


@dataclass(slots=True)
class Slot:
    waiting: Waiting | None = None
    owed: Owed | None = None


class Slots(dict[str, Slot]):
    """By record key, of one partition. Whoever changes a slot touches the obligation, so that ``changes`` names it."""

    def __init__(self) -> None:
        super().__init__()
        self._dirty: dict[str, tuple[str, Version]] = {}
        self._persisted: set[str] = set()

    def touch(self, key: str, version: Version) -> None:
        self._dirty[state_key(key, version)] = (key, version)

    def tidy(self, key: str, slot: Slot) -> None:
        if slot.waiting is None and slot.owed is None:
            self.pop(key, None)

    def unparked(self, before: float) -> Iterator[tuple[str, Waiting]]:
        """What has waited since before ``before``, parked records aside."""
        for key, slot in self.items():
            if slot.waiting is not None and not slot.waiting.parked and slot.waiting.since < before:
                yield key, slot.waiting

    def waits(self, before: float) -> bool:
        return next(self.unparked(before), None) is not None

    def census(self) -> Census:
        """What waits here, for the metrics."""
        held: Counter[tuple[str, str]] = Counter()
        parked: Counter[str] = Counter()
        oldest: dict[str, float] = {}
        for key, slot in self.items():
            if slot.waiting is None or slot.waiting.skipped:
                continue
            name = parse_record_key(key).object
            for parent in {parent_object(token) for token in slot.waiting.blocking}:
                held[name, parent] += 1
            parked[name] += slot.waiting.parked
            oldest[name] = min(oldest.get(name, slot.waiting.since), slot.waiting.since)
        return held, parked, oldest

    def restore(
        self, waiting: Iterable[tuple[Obligation, Waiting]], owed: Iterable[tuple[Obligation, Owed]]
    ) -> list[Write]:
        """Takes over what the obligations topic holds; returns what something newer there supersedes.

        Of several changes of one record the newest stays: a zombie may have brought back the others.
        """
        superseded: list[Write] = []
        for obligation, entry in waiting:
            version = entry.write.version
            self._persisted.add(state_key(obligation.key, obligation.version))
            if obligation.version != version:
                # the mapping has changed since: the obligation lives on under the new version
                self.touch(obligation.key, obligation.version)
                self.touch(obligation.key, version)
            slot = self.setdefault(obligation.key, Slot())
            current = slot.waiting
            if current is None or current.write.version < version:
                slot.waiting = entry
                older = current
            else:
                older = entry if version < current.write.version else None
            if older is not None:
                superseded.append(older.write)
                self.touch(obligation.key, older.write.version)
        for obligation, debt in owed:
            self._persisted.add(state_key(obligation.key, obligation.version))
            self.touch(obligation.key, obligation.version)
            slot = self.setdefault(obligation.key, Slot())
            if slot.owed is None or slot.owed.patch.version < debt.patch.version:
                slot.owed = debt
            if slot.waiting is not None and slot.waiting.write.version < slot.owed.patch.version:
                superseded.append(slot.waiting.write)
                self.touch(obligation.key, slot.waiting.write.version)
                slot.waiting = None
        return superseded

    def discard(self, obligation: Obligation) -> None:
        """A restored obligation that is none any more (its transform fails now): its verdict has been given."""
        self._persisted.add(state_key(obligation.key, obligation.version))
        self.touch(obligation.key, obligation.version)

    def changes(self, encode: Callable[[Write], bytes]) -> tuple[list[StateChange], list[StateChange]]:
        """What was taken on and what was discharged: to be written, in this order, once outputs are acknowledged."""
        puts: list[StateChange] = []
        deletes: list[StateChange] = []
        for name, (key, version) in self._dirty.items():
            obligation = self._obligation(key, version, encode)
            if obligation is not None:
                self._persisted.add(name)
                puts.append((name.encode(), encode_obligation(obligation)))
            elif name in self._persisted:
                self._persisted.discard(name)
                deletes.append((name.encode(), None))
        self._dirty.clear()
        return puts, deletes

    def _obligation(self, key: str, version: Version, encode: Callable[[Write], bytes]) -> Obligation | None:
        slot = self.get(key)
        if slot is None:
            return None
        waiting, owed = slot.waiting, slot.owed
        if waiting is not None and waiting.write.version == version:
            return Obligation(
                key,
                waiting.write.unit,
                version,
                Kind.HELD,
                waiting.missing,
                waiting.since,
                waiting.parked,
                waiting.live,
                waiting.payload,
                waiting.skipped,
            )
        if owed is not None and owed.patch.version == version:
            patch = owed.patch
            missing = tuple(waited_for(patch))
            return Obligation(key, patch.unit, version, Kind.LINK, missing, owed.since, payload=encode(patch))
        return None
