"""What a person decided about single records, laid over their rows before the mapping reads them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import permutations

from processors.mergers import OWN
from schemas.decisions import Attach, Cut, Cycle, Decisions, Duplicate, Orphan, mergers
from schemas.keys import part_key, record_key
from schemas.records import Flag, Merger, Part, PartMode, RecordChange

CUT = "cut by decision"
EMPTIED = "left empty by decision"
ATTACHED = "attached by decision"
LEFT_OUT = "left out by decision"


@dataclass(slots=True)
class Verdict:
    """On one record. columns: what stands in a column instead, and why."""

    columns: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    left_out: bool = False
    survivor: str | None = None


class Decided:
    """``of`` finds the verdict on a record, None where nobody decided anything."""

    def __init__(self, decisions: Decisions, system: str) -> None:
        self._system = system
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._refused: set[Merger] = set()
        """What the source may say of merges, and a person has decided otherwise."""
        for entry in decisions.decisions:
            for loser, survivor in mergers(entry):
                self._on(entry.object, loser).survivor = survivor
                self._refused.add(Merger(self._token(entry.object, survivor), self._token(entry.object, loser)))
            match entry:
                case Duplicate(decision="keep apart"):
                    tokens = [self._token(entry.object, key) for key in entry.keys]
                    self._refused.update(Merger(*pair) for pair in permutations(tokens, 2))
                case Cycle(decision=Cut(cut=key)):
                    self._on(entry.object, key).columns[entry.reference] = (None, CUT)
                case Orphan():
                    self._orphan(entry)

    def _orphan(self, entry: Orphan) -> None:
        for key in entry.keys if entry.decision is not None else ():
            verdict = self._on(entry.object, key)
            if isinstance(entry.decision, Attach):
                verdict.columns[entry.reference] = (entry.decision.attach, ATTACHED)
            elif entry.decision == "leave empty":
                verdict.columns[entry.reference] = (None, EMPTIED)
            else:
                verdict.left_out = True

    def _on(self, object_name: str, record_id: str) -> Verdict:
        return self._verdicts.setdefault((object_name, record_id), Verdict())

    def of(self, change: RecordChange) -> Verdict | None:
        return self._verdicts.get((change.object, change.record_id))

    def laid_over(self, change: RecordChange, verdict: Verdict) -> tuple[RecordChange, list[Flag]]:
        """The row as it was decided, and flags that say so."""
        row = {**change.record, **{column: value for column, (value, _) in verdict.columns.items()}}
        flags = [Flag(column, why) for column, (_, why) in sorted(verdict.columns.items())]
        return replace(change, record=row), flags

    def merger(
        self, change: RecordChange, verdict: Verdict | None, said: Part | None, parts: list[Part]
    ) -> Part | None:
        """The part that says of a merge, once a person has been heard; ``said`` is what the source says, in the loser's
        row or in a log of merges."""
        if verdict is not None and verdict.survivor is not None and parts:
            merger = Merger(part_key(change.key, ""), self._token(change.object, verdict.survivor))
            return Part(OWN, parts[0].target, PartMode.MERGER, merger=merger)
        told = said.merger if said is not None else None
        return None if told is not None and replace(told, at="") in self._refused else said

    def _token(self, object_name: str, record_id: str) -> str:
        return part_key(record_key(self._system, object_name, record_id), "")
