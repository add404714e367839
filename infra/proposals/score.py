"""How good proposals are against answers: how much of what they say is right, how much of what is right they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.proposals.answers import NONE, Answer
from producers.propose.kind import UNMAPPED
from producers.propose.proposal import THRESHOLD, ObjectProposal


@dataclass(slots=True)
class Score:
    """said: statements made with confidence. right: of those. wanted: answers. found: of those. wrong: for people."""

    said: int = 0
    right: int = 0
    wanted: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    def judge(self, what: str, said: str, right: Iterable[str]) -> bool:
        self.said += 1
        fits = said in right
        self.right += fits
        if not fits:
            self.wrong.append(f"{what}: said {said}, right is {' or '.join(sorted(right))}")
        return fits

    def want(self, what: str, found: bool) -> None:
        self.wanted += 1
        self.found += found
        if not found:
            self.missed.append(what)


def score(proposals: Iterable[ObjectProposal], answers: Mapping[str, Answer]) -> Score:
    """Objects without an answer are not judged. A column without one should fill nothing."""
    total = Score()
    for one in proposals:
        answer = answers.get(one.facts.relation.rpartition(".")[2]) or answers.get(one.facts.name)
        if answer is not None:
            _object(total, one, answer)
    return total


def _object(total: Score, one: ObjectProposal, answer: Answer) -> None:
    name, sure = one.facts.name, one.kind.confidence >= THRESHOLD
    said = one.kind.target or "none"
    hit = sure and total.judge(f"{name}", said, answer.targets)
    total.want(f"{name} -> {'|'.join(sorted(answer.targets))}", hit)
    if answer.targets == NONE:
        return
    mapped = sure and one.kind.target != UNMAPPED
    if answer.keys:
        keys = [":".join(key) for key in answer.keys]
        hit = mapped and one.key_confidence >= THRESHOLD and total.judge(f"{name} key", ":".join(one.key), keys)
        total.want(f"{name} key", hit)
    if answer.changed_at:
        hit = mapped and one.changed_at is not None
        hit = hit and total.judge(f"{name} changed_at", str(one.changed_at), [answer.changed_at])
        total.want(f"{name} changed_at", hit)
    hits: dict[str, bool] = {}
    for line in one.certain:
        if line.column == answer.changed_at:
            continue
        right = answer.columns.get(line.column, set(NONE))
        hits[line.column] = total.judge(f"{name}.{line.column}", line.place, right) or hits.get(line.column, False)
    for column, places in answer.columns.items():
        if "none" not in places and (column,) not in answer.keys:
            total.want(f"{name}.{column} -> {'|'.join(sorted(places))}", hits.get(column, False))
