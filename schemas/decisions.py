"""The decisions file: what a person decided about the duplicates, circles and orphans that ``dualrun profile`` found.

It holds keys of records and nothing else of a patient. An entry without a decision changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from schemas.mapping.language import ObjectMapping, SystemMapping
from schemas.mapping.mistakes import suggestion

FORMAT: Literal[1] = 1
UNQUOTED = "expected each key in quotes, as a number can lose its leading zeros"
DRAFT = ": expected what `dualrun decisions draft` writes"
HEAD = """\
# What is to become of what `dualrun profile` found. Fill in each `decision`:
#   duplicate: {survivor: KEY}, or keep apart
#   cycle:     {cut: KEY}, whose reference is left empty, or keep
#   orphan:    leave out, or leave empty (the reference), or {attach: KEY} of the record that is meant
# Keys stand in quotes, as they do below.
"""


class DecisionsError(ValueError):
    """The file cannot be used; each line of the text names file and line."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Survivor(_Model):
    survivor: str


class Cut(_Model):
    cut: str


class Attach(_Model):
    attach: str


class _Finding(_Model):
    object: str
    keys: list[str] = Field(min_length=1)


class Duplicate(_Finding):
    kind: Literal["duplicate"]
    decision: Survivor | Literal["keep apart"] | None = None


class Cycle(_Finding):
    kind: Literal["cycle"]
    reference: str
    decision: Cut | Literal["keep"] | None = None


class Orphan(_Finding):
    kind: Literal["orphan"]
    reference: str
    decision: Attach | Literal["leave out", "leave empty"] | None = None


Entry = Duplicate | Cycle | Orphan


class Decisions(_Model):
    format: Literal[1] = FORMAT
    decisions: list[Entry] = []

    @property
    def open(self) -> list[Entry]:
        return [entry for entry in self.decisions if entry.decision is None]

    @classmethod
    def drafted(cls, findings: Iterable[Mapping[str, Any]], before: Self | None = None) -> Self:
        """One entry for each finding of a profile; what was decided before stays, found again or not."""
        decided = {_name(entry): entry for entry in (before.decisions if before else []) if entry.decision is not None}
        entries: list[Entry] = []
        for finding in findings:
            (entry,) = cls.model_validate({"decisions": [dict(finding)]}).decisions
            entries.append(decided.pop(_name(entry), entry))
        return cls(decisions=[*entries, *decided.values()])

    def text(self) -> str:
        """The file."""
        yaml, out = YAML(), StringIO()
        yaml.default_flow_style = None
        entries = [{"kind": entry.kind, **entry.model_dump()} for entry in self.decisions]
        yaml.dump({"format": self.format, "decisions": entries}, out)
        return HEAD + out.getvalue().replace("decision:\n", "decision: null\n")


NO_DECISIONS = Decisions()


def _name(entry: Entry) -> tuple[str, ...]:
    reference = "" if isinstance(entry, Duplicate) else entry.reference
    return (entry.kind, entry.object, reference, *sorted(entry.keys))


def load_decisions(path: Path) -> Decisions:
    """Raises DecisionsError."""
    return _loaded(path)[0]


def check_decisions(path: Path, mapping: SystemMapping) -> Decisions:
    """Raises DecisionsError also for a decision that the mapping cannot obey, or that contradicts another."""
    found, lines = _loaded(path)
    mistakes: list[tuple[int, str]] = []
    merged: dict[tuple[str, str], str] = {}
    for entry, line in zip(found.decisions, lines, strict=True):
        if entry.decision is not None:
            idle = useless(entry, mapping)
            mistakes += [(line, text) for text in ([idle] if idle else _mistakes(entry, mapping))]
        for loser, survivor in mergers(entry):
            other = merged.setdefault((entry.object, loser), survivor)
            if other != survivor:
                mistakes.append(
                    (line, f"{entry.object}/{loser} is merged into {other} above, and here into {survivor}")
                )
    for name, loser in merged:
        seen, at = {loser}, loser
        while (name, at) in merged:
            at = merged[name, at]
            if at == loser:
                mistakes.append((1, f"{name}/{loser} is merged in a circle: one of its records has to survive"))
            if at in seen:
                break
            seen.add(at)
    if mistakes:
        raise DecisionsError("\n".join(f"{path.name}:{line}: {text}" for line, text in sorted(mistakes)))
    return found


def mergers(entry: Entry) -> Iterator[tuple[str, str]]:
    """Keys of loser and survivor."""
    if isinstance(entry, Duplicate) and isinstance(entry.decision, Survivor):
        yield from ((key, entry.decision.survivor) for key in entry.keys if key != entry.decision.survivor)


def useless(entry: Entry, mapping: SystemMapping) -> str:
    """Why the mapping could obey no decision about a finding, whatever it were; empty where it could.

    A profile reads all that there is: tables that no mapping names, and relations that it does not follow.
    """
    mapped = mapping.objects.get(entry.object)
    if mapped is None:
        return f"no object {entry.object!r} in the mapping{suggestion(entry.object, mapping.objects)}"
    if isinstance(entry, Duplicate):
        main = next((part for part in mapped.parts if part.name == "" and not part.each), None)
        if main is None or main.anchor or main.match:
            return f"{entry.object} has no main part of its own, so its records cannot be merged"
        return ""
    references = _references(mapped)
    if entry.reference not in references:
        hint = suggestion(entry.reference, references)
        return f"{entry.reference!r} is no column of a reference of {entry.object}{hint}"
    return ""


def _mistakes(entry: Entry, mapping: SystemMapping) -> Iterator[str]:
    decision = entry.decision
    named = decision.survivor if isinstance(decision, Survivor) else decision.cut if isinstance(decision, Cut) else None
    if named is not None and named not in entry.keys:
        yield f"{named!r} is none of the keys: expected one of {', '.join(entry.keys)}"
    if isinstance(entry, Duplicate):
        return
    needed = _references(mapping.objects[entry.object])[entry.reference]
    if decision == "leave empty" and needed:
        yield f"{entry.object} needs {entry.reference!r}: expected leave out, or {{attach: KEY}}"
    elif isinstance(decision, Cut) and needed:
        yield f"{entry.object} needs {entry.reference!r}: it cannot be cut"


def _references(mapped: ObjectMapping) -> dict[str, bool]:
    """Columns by which an object refers to others, and whether it cannot do without."""
    found: dict[str, bool] = {}
    for part in mapped.parts:
        for reference in (*part.links.values(), *([part.anchor] if part.anchor else [])):
            for rule in reference.by:
                for column in rule.columns:
                    needs = reference.required and part.name == ""
                    found[column] = found.get(column, False) or needs
    return found


def _loaded(path: Path) -> tuple[Decisions, list[int]]:
    try:
        tree = YAML().load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise DecisionsError(f"{path}:1: the file cannot be read{DRAFT}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise DecisionsError(f"{path.name}:{mark.line + 1 if mark else 1}: not valid YAML: {error.problem}") from None
    except YAMLError as error:
        raise DecisionsError(f"{path.name}:1: not valid YAML: {type(error).__name__}") from None
    if not isinstance(tree, CommentedMap):
        raise DecisionsError(f"{path.name}:1: no decisions{DRAFT}")
    entries = tree.get("decisions") or CommentedSeq()
    lines = [entries.lc.item(index)[0] + 1 for index in range(len(entries))]
    mistakes: dict[tuple[int, str], None] = {}
    found: list[Entry] = []
    for line, entry in zip(lines, entries, strict=True):
        kind = _KINDS.get(str(entry.get("kind"))) if isinstance(entry, dict) else None
        if kind is None:
            mistakes[line, f"expected a kind: {', '.join(_KINDS)}"] = None
            continue
        try:
            found.append(kind.model_validate(entry))
        except ValidationError as error:
            details = error.errors(include_url=False)
            bare = {detail["loc"][0] for detail in details if detail["type"] == "string_type"}
            for detail in details:
                where = str(detail["loc"][0])
                expected = _EXPECTED[str(entry["kind"])] if where == "decision" else detail["msg"].lower()
                at = entry.lc.key(where)[0] + 1 if where in entry else line
                mistakes[at, f"{where}: {UNQUOTED if where in bare else expected}"] = None
    if tree.get("format") != FORMAT:
        mistakes[1, f"format: expected {FORMAT}"] = None
    if mistakes:
        raise DecisionsError("\n".join(f"{path.name}:{line}: {text}" for line, text in sorted(mistakes)))
    return Decisions(decisions=found), lines


_KINDS: Mapping[str, type[Entry]] = {"duplicate": Duplicate, "cycle": Cycle, "orphan": Orphan}
_EXPECTED = {
    "duplicate": "expected {survivor: KEY}, or keep apart",
    "cycle": "expected {cut: KEY}, or keep",
    "orphan": "expected leave out, leave empty, or {attach: KEY}",
}
