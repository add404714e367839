"""What a complete sweep says about records that it did not meet: pure decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from producers.limits import Limits
from producers.source import Place


@dataclass(frozen=True, slots=True)
class Scan:
    """A running sweep."""

    began_at: datetime
    version: str | None = None
    after: Place | None = None
    published: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """condemned: missed twice, to be looked up once more and then published as gone. suspects: missed once.
    objection: why nothing may be condemned until a person approves; empty where all is well."""

    condemned: tuple[str, ...]
    suspects: frozenset[str]
    objection: str = ""


def judge(missing: Iterable[str], suspects: frozenset[str], known: int, limits: Limits, *, approved: bool) -> Judgement:
    """``missing``: what this sweep did not meet of ``known`` records; ``suspects``: what the one before did not."""
    gone = frozenset(missing)
    if not approved and len(gone) > limits.missing_rows and len(gone) > limits.missing_ratio * known:
        return Judgement(
            (),
            gone,
            f"{len(gone)} of {known} records are missing at once, more than {limits.missing_ratio:.0%}: no delete is"
            " published. Look whether the table was emptied, restored or hidden from this user; approve if they are"
            " really gone",
        )
    return Judgement(tuple(sorted(gone & suspects)), gone)


def absent(missing: Iterable[str], present: Callable[[Sequence[str]], set[str]], step: int) -> list[str]:
    """Those of ``missing`` that are not there when they are looked up, ``step`` at a time."""
    found = list(missing)
    parts = [found[start : start + step] for start in range(0, len(found), step)]
    return [record_id for part in parts for record_id in set(part) - present(part)]
