"""What a person decided about single records, laid over their rows before the mapping reads them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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
    """On one record. columns: what stands in a column instead, and why. apart: keys that it is not merged into."""

    columns: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    left_out: bool = False
    survivor: str | None = None
    apart: set[str] = field(default_factory=set)


class Decided:
    """``of`` finds the verdict on a record, None where nobody decided anything."""

    def __init__(self, decisions: Decisions, system: str) -> None:
        self._system = system
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        for entry in decisions.decisions:
            for loser, survivor in mergers(entry):
                self._on(entry.object, loser).survivor = survivor
            match entry:
                case Duplicate(decision="keep apart"):
                    for key in entry.keys:
                        self._on(entry.object, key).apart |= set(entry.keys) - {key}
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

    def merger(self, change: RecordChange, verdict: Verdict, said: Part | None, parts: list[Part]) -> Part | None:
        """The part that says of a merge, once a person has been heard; ``said`` is what the source says."""
        if verdict.survivor is not None and parts:
            merger = Merger(part_key(change.key, ""), self._token(change.object, verdict.survivor))
            return Part(OWN, parts[0].target, PartMode.MERGER, merger=merger)
        kept_apart = {self._token(change.object, key) for key in verdict.apart}
        return None if said is not None and said.merger and said.merger.survivor in kept_apart else said

    def _token(self, object_name: str, record_id: str) -> str:
        return part_key(record_key(self._system, object_name, record_id), "")
