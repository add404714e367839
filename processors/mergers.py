"""What a row says of merges at the source: in a column of the loser's own row, or in a row of a log of merges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from processors.parts import KEY_LIMIT
from schemas.keys import part_key, record_key
from schemas.mapping.expressions import Compiled, Context, Flags, Row, text_of
from schemas.mapping.language import SystemMapping
from schemas.mapping.rules import Rule
from schemas.records import Flag, Merger, Part, PartMode, RecordChange

OWN = "merged into"
"""Name of the part that says into which record its own was merged."""
ITSELF = "merged into itself"
TOO_LONG = "too long for a key"

Say = Callable[[RecordChange, Flags], Part | None]
Token = Callable[[Row, Flags], str]


def compile_merger(mapping: SystemMapping, object_name: str) -> Say | None:
    """None where rows of the object say nothing of merges."""
    mapped = mapping.objects.get(object_name)
    if mapped is None:
        return None
    context = Context(mapping, "", {}, object_name)
    if mapped.merged_into is not None:
        target = mapping.parts_of(object_name)[0].target
        survivor = _token(context, object_name, mapped.merged_into)
        return _say(OWN, target, lambda change, _: part_key(change.key, ""), survivor)
    if mapped.merges is not None:
        target = mapping.parts_of(mapped.merges.object)[0].target
        loser = _token(context, mapped.merges.object, mapped.merges.loser)
        survivor = _token(context, mapped.merges.object, mapped.merges.survivor)
        name = OWN if mapped.parts else ""
        return _say(name, target, lambda change, flags: loser(change.record, flags), survivor)
    return None


def _say(name: str, target: str, loser: Callable[[RecordChange, Flags], str], survivor: Token) -> Say:
    def say(change: RecordChange, flags: Flags) -> Part | None:
        was, into = loser(change, flags), survivor(change.record, flags)
        if not (was and into):
            return None
        if was == into:
            flags.append(Flag(OWN, ITSELF))
            return None
        at = change.source_changed_at
        if at is not None and at.tzinfo is not None:
            at = at.astimezone(UTC)
        merger = Merger(was, into, at.isoformat() if at else "")
        return Part(name, target, PartMode.MERGER, merger=merger)

    return say


def _token(context: Context, object_name: str, by: list[Rule]) -> Token:
    """The record that a row names; empty where it names none."""
    rules: list[Compiled] = [text_of(context, OWN, rule) for rule in by]
    system = context.mapping.system

    def token(row: Row, flags: Flags) -> str:
        values = [rule(row, flags).strip() for rule in rules]
        if not all(values):
            return ""
        record_id = ":".join(values)
        if len(record_id) > KEY_LIMIT:
            flags.append(Flag(OWN, TOO_LONG))
            return ""
        return part_key(record_key(system, object_name, record_id), "")

    return token
