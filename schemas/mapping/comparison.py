"""Two versions of a mapping: what a reviewer must know before the newer one is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.mapping.language import DERIVED, SystemMapping
from schemas.mapping.sheet import Line, differing, lines


@dataclass(frozen=True, slots=True)
class Difference:
    """``sign``: + added, - removed, ~ changed. ``what`` names the place, ``details`` are old and new in words."""

    sign: str
    what: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``rewritten``: source objects whose records are looked at again. ``warnings``: what a reviewer must not miss."""

    differences: tuple[Difference, ...]
    rewritten: tuple[str, ...]
    warnings: tuple[str, ...]


def compare(old: SystemMapping, new: SystemMapping) -> Comparison:
    """A record is written again where anything of its object differs; Twenty is asked only where its content does."""
    differences = (*_general(old, new), *_objects(old, new), *_lines(old, new), *_workspace(old, new))
    rewritten = tuple(name for name in new.all_parts() if _whole(old, name) != _whole(new, name))
    return Comparison(differences, rewritten, tuple(_warnings(old, new, differences)))


def _whole(mapping: SystemMapping, name: str) -> Any:
    if name.startswith(DERIVED):
        return mapping.derived.get(name.removeprefix(DERIVED))
    return mapping.objects.get(name)


def _general(old: SystemMapping, new: SystemMapping) -> Iterator[Difference]:
    for name in ("system", "zone", "region", "currency", "clock_changes", "source_key_field", "modes", "images_from"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Difference("~", name, (f"was {_shown(before)}", f"is {_shown(after)}"))


def _objects(old: SystemMapping, new: SystemMapping) -> Iterator[Difference]:
    before, after = old.all_parts(), new.all_parts()
    for name in after:
        if name not in before:
            yield Difference("+", f"object {name}")
    for name in before:
        if name not in after:
            yield Difference("-", f"object {name}")
    for name in new.objects:
        if name not in old.objects:
            continue
        for key in ("source", "skip", "merged_into", "merges", "safe", "for_views", "derives", "edits", "trashed"):
            one, other = getattr(old.objects[name], key), getattr(new.objects[name], key)
            if one != other:
                yield Difference("~", f"{name}: {key}", (f"was {_shown(one)}", f"is {_shown(other)}"))


def _lines(old: SystemMapping, new: SystemMapping) -> Iterator[Difference]:
    before, after = _by_place(old), _by_place(new)
    for place, line in after.items():
        if place not in before:
            yield Difference("+", _place(line), (line.how,))
    for place, line in before.items():
        if place not in after:
            yield Difference("-", _place(line), (line.how,))
    for place, line in after.items():
        if place in before and before[place] != line:
            was = before[place]
            details = [
                f"{name.replace('_', ' ')}: {_shown(getattr(was, name))} → {_shown(getattr(line, name))}"
                for name in differing(was, line)
            ]
            yield Difference("~", _place(line), tuple(details))


def _by_place(mapping: SystemMapping) -> dict[tuple[str, ...], Line]:
    found: dict[tuple[str, ...], Line] = {}
    for line in lines(mapping):
        # repeated columns fill the same field several times, each in a way of its own
        place: tuple[str, ...] = line.place
        while place in found:
            place = (*place, "again")
        found[place] = line
    return found


def _place(line: Line) -> str:
    part = f" ({line.part})" if line.part else ""
    return f"{line.source} → {line.target}{part}: {line.field}"


def _workspace(old: SystemMapping, new: SystemMapping) -> Iterator[Difference]:
    before, after = _declared(old), _declared(new)
    for name in after.keys() - before.keys():
        yield Difference("+", f"Twenty: {name}")
    for name in before.keys() - after.keys():
        yield Difference("-", f"Twenty: {name}")
    for name in after.keys() & before.keys():
        if before[name] != after[name]:
            details = (f"was {_shown(before[name])}", f"is {_shown(after[name])}")
            yield Difference("~", f"Twenty: {name}", details)


def _declared(mapping: SystemMapping) -> dict[str, Any]:
    return {f"{name}.{field}": one for name, wanted in mapping.twenty.items() for field, one in wanted.fields.items()}


def _warnings(old: SystemMapping, new: SystemMapping, differences: tuple[Difference, ...]) -> Iterator[str]:
    if differences and new.revision <= old.revision:
        yield (
            f"the revision is {new.revision} and was {old.revision}: raise it, or records that were written already"
            " stay as they are"
        )
    if not differences and new.revision > old.revision:
        yield "the revision was raised, and nothing else has changed"
    if new.system != old.system:
        yield "another system: every record gets another key, and so another row in Twenty"
    for name, mapped in new.objects.items():
        if name in old.objects and old.objects[name].source.key != mapped.source.key:
            yield f"{name}: another key means other records: the old ones stay in Twenty until they are rolled back"
    gone = [name for name in old.all_parts() if name not in new.all_parts()]
    if gone:
        yield f"{', '.join(gone)}: records that are in Twenty already stay there, and are kept in step no more"
    for name in _declared(old).keys() - _declared(new).keys():
        yield f"Twenty: {name} is not removed: what it holds stays until somebody deletes the field"


def _shown(value: Any) -> str:
    if hasattr(value, "model_dump"):
        return str(value.model_dump(exclude_defaults=True, by_alias=True))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_shown(one)}' for key, one in value.items())}}}"
    return "nothing" if value in (None, "") else str(value)
