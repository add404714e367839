"""Everything that is proposed for a source, each with its confidence; and what is asked instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from producers.profile.concepts import concepts
from producers.profile.facts import ObjectFacts, Profile
from producers.propose.entities import kinds
from producers.propose.kind import UNMAPPED, Kind
from producers.propose.line import QUESTION, Line
from producers.propose.lines import lines

THRESHOLD = 0.8
"""From this confidence on a proposal stands in the draft; below it is a question."""
CONTENT_KEY = "content_key"
"""Key column that the CSV producer makes of whole rows (producers/landing.py)."""
_KEY_DECLARED, _KEY_FOUND, _KEY_OF_CONTENT = 0.97, 0.93, 0.85


@dataclass(frozen=True, slots=True)
class ObjectProposal:
    """key_confidence: of ``key``. changed_at: column by which changes are found, where the source can be asked so."""

    facts: ObjectFacts
    kind: Kind
    key: tuple[str, ...]
    key_confidence: float
    changed_at: str | None
    lines: tuple[Line, ...]

    @property
    def certain(self) -> tuple[Line, ...]:
        if self.kind.confidence < THRESHOLD:
            return ()
        return tuple(one for one in self.lines if one.confidence >= THRESHOLD and one.place != QUESTION)

    @property
    def doubtful(self) -> tuple[Line, ...]:
        certain = set(map(id, self.certain))
        return tuple(one for one in self.lines if id(one) not in certain)


def propose(profile: Profile) -> list[ObjectProposal]:
    """Of every object with rows; the rest has nothing to tell by."""
    known: Mapping[str, Kind] = kinds(profile)
    empty = Kind("empty", UNMAPPED, 0.9, "it has no rows")
    known = {**known, **{one.name: empty for one in profile.objects if not one.rows}}
    found = []
    for one in profile.objects:
        kind = known[one.name]
        key = one.key or ((CONTENT_KEY,) if profile.source == "csv" else ())
        named = profile.source == "csv" and len(key) == 1 and key != (CONTENT_KEY,)
        confidence = (
            _KEY_FOUND if named else _KEY_OF_CONTENT if key == (CONTENT_KEY,) else _KEY_DECLARED if key else 0.0
        )
        if not key and kind.target:
            kind = kind._replace(confidence=0.0, why="its rows have no key: name one (source: {key: …})")
        found.append(
            ObjectProposal(
                one, kind, key, confidence, _changed_at(one, profile), tuple(lines(one, kind, profile, known))
            )
        )
    return found


def _changed_at(one: ObjectFacts, profile: Profile) -> str | None:
    """A file is compared as a whole, so its change times are of no use."""
    if profile.source == "csv":
        return None
    about = concepts(one.name, one.columns)
    full = [c for c in one.columns if about[c.name].name == "changed" and c.type in ("datetime", "date")]
    mostly = [c for c in full if c.fill(one.rows) > 0.5]
    # the shortest name: others are those of parts of the row, as file_updated_at
    return min(mostly, key=lambda column: len(column.spelt)).name if mostly else None
