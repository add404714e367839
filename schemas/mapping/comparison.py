"""Two versions of a mapping: what a reviewer must know before the newer one is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from schemas.mapping.language import DERIVED, DerivedMapping, ObjectMapping, Part, SystemMapping
from schemas.mapping.sheet import Line, differing, lines
from schemas.mapping.workspace import CustomField, TwentyObject

_IN_PARTS = frozenset({"twenty", "objects", "derived", "revision"})
_IN_LINES = frozenset({"name", "fields", "pick", "each", "within", "links", "attachment"})


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
    """Everything that a file says is compared, labels and descriptions too.

    A record is written again where anything that decides what is written of it differs; Twenty is asked only where its
    content does.
    """
    differences = (*_objects(old, new), *_between(_places(old, new), _places(new, old)))
    rewritten = tuple(name for name in new.all_parts() if _deciding(old, name) != _deciding(new, name))
    return Comparison(differences, rewritten, tuple(_warnings(old, new, differences)))


@dataclass(frozen=True, slots=True)
class _Place:
    """What a mapping says at one place. ``line``: a field's in words."""

    title: str
    value: Any
    line: Line | None = None


_Places = dict[tuple[object, ...], _Place]


def _mapped(mapping: SystemMapping) -> dict[str, ObjectMapping | DerivedMapping]:
    return {**mapping.objects, **{DERIVED + name: one for name, one in mapping.derived.items()}}


def _places(mapping: SystemMapping, other: SystemMapping) -> _Places:
    """Every place of a file. Of an object that the other one does not have, only its parts."""
    found: _Places = {(name,): _Place(name, value) for name, value in mapping if name not in _IN_PARTS}
    for name, wanted in mapping.twenty.items():
        found["twenty", name] = _Place(f"Twenty: {name}", wanted.model_copy(update={"fields": {}}))
        for field, one in wanted.fields.items():
            found["twenty", name, field] = _Place(f"Twenty: {name}.{field}", one)
    known = _mapped(other)
    for name, mapped in _mapped(mapping).items():
        if name in known:
            found |= {("object", name, key): _Place(f"{name}: {key}", one) for key, one in mapped if key != "parts"}
        for part in mapped.parts:
            found |= _part(name, part)
    return found | _fields(mapping)


def _part(name: str, part: Part) -> _Places:
    """What a part says but for its fields, of which there are lines."""
    title = f"{name} → {part.target}{f' ({part.name})' if part.name else ''}"
    said = {key: value for key, value in part if key not in _IN_LINES}
    said["each"] = [one.columns for one in part.repeated] or part.items
    said["pick"] = part.pick and {part.pick.by: {text: list(fields) for text, fields in part.pick.fields.items()}}
    return {
        ("part", name, part.name, key): _Place(title if key == "target" else f"{title}: {key}", value)
        for key, value in said.items()
    }


def _fields(mapping: SystemMapping) -> _Places:
    found: _Places = {}
    filled = ((name, part, *one) for name, parts in mapping.all_parts().items() for part in parts for one in _of(part))
    for (name, part, field, value), line in zip(filled, lines(mapping), strict=True):
        # repeated columns fill the same field several times, each in a way of its own
        place: tuple[object, ...] = ("field", name, part.name, field)
        while place in found:
            place = (*place, "again")
        shown = f" ({line.part})" if line.part else ""
        found[place] = _Place(f"{name} → {part.target}{shown}: {field}", value, line)
    return found


def _of(part: Part) -> Iterator[tuple[str, Any]]:
    """The fields that a part fills and how, one for each line of the sheet and in the same order."""
    yield from part.rules
    yield from part.within.items()
    yield from part.links.items()
    if part.attachment:
        yield "(file)", part.attachment


def _objects(old: SystemMapping, new: SystemMapping) -> Iterator[Difference]:
    before, after = old.all_parts(), new.all_parts()
    yield from (Difference("+", f"object {name}") for name in after if name not in before)
    yield from (Difference("-", f"object {name}") for name in before if name not in after)


def _between(before: _Places, after: _Places) -> Iterator[Difference]:
    for place, one in after.items():
        if place not in before:
            yield from _alone("+", one)
        elif before[place].value != one.value:
            yield Difference("~", one.title, tuple(_changed(before[place], one)))
    for place, one in before.items():
        if place not in after:
            yield from _alone("-", one)


def _alone(sign: str, one: _Place) -> Iterator[Difference]:
    if one.line:
        yield Difference(sign, one.title, (one.line.how,))
    elif one.value:
        yield Difference(sign, one.title, (_shown(one.value),))


def _changed(was: _Place, now: _Place) -> Iterator[str]:
    if was.line and now.line:
        for name in differing(was.line, now.line):
            yield f"{name.replace('_', ' ')}: {_shown(getattr(was.line, name))} → {_shown(getattr(now.line, name))}"
    if isinstance(was.value, BaseModel) and type(was.value) is type(now.value):
        for (name, one), (_, other) in zip(was.value, now.value, strict=True):
            if one != other:
                yield f"{name.rstrip('_')}: {_shown(one)} → {_shown(other)}"
    else:
        yield f"was {_shown(was.value)}"
        yield f"is {_shown(now.value)}"


def _deciding(mapping: SystemMapping, name: str) -> Any:
    """All that decides what is written of an object's records; None where there is no such object."""
    mapped = _mapped(mapping).get(name)
    if mapped is None:
        return None
    general = [value for key, value in mapping if key not in _IN_PARTS | {"modes", "exports"}]
    targets = {part.target: mapping.twenty.get(part.target, TwentyObject()) for part in mapped.parts}
    kinds = {target: (one.owner, _kinds(one.fields)) for target, one in targets.items()}
    return general, mapped, kinds


def _kinds(fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """Of fields whose options' labels may be the source's texts: those too."""
    return {name: (one.type, one.unique, one.options) for name, one in fields.items() if one.options or one.unique}


def _warnings(old: SystemMapping, new: SystemMapping, differences: tuple[Difference, ...]) -> Iterator[str]:
    if differences and new.revision <= old.revision:
        yield (
            f"the revision is {new.revision} and was {old.revision}: raise it, or records that were written already"
            " stay as they are"
        )
    if not differences and new.revision != old.revision:
        way = "raised" if new.revision > old.revision else "lowered"
        yield f"the revision was {way}, and nothing else has changed"
    if new.system != old.system:
        yield "another system: every record gets another key, and so another row in Twenty"
    for name, mapped in new.objects.items():
        if name in old.objects and old.objects[name].source.key != mapped.source.key:
            yield f"{name}: another key means other records: the old ones stay in Twenty until they are rolled back"
    gone = [name for name in old.all_parts() if name not in new.all_parts()]
    if gone:
        yield f"{', '.join(gone)}: records that are in Twenty already stay there, and are kept in step no more"
    for name in _declared(old) - _declared(new):
        yield f"Twenty: {name} is not removed: what it holds stays until somebody deletes the field"


def _declared(mapping: SystemMapping) -> set[str]:
    return {f"{name}.{field}" for name, wanted in mapping.twenty.items() for field in wanted.fields}


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return str(value.model_dump(exclude_defaults=True, by_alias=True))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_shown(one)}' for key, one in value.items())}}}"
    return "nothing" if value in (None, "") else str(value)
