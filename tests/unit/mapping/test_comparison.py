"""Two versions of a mapping that differ in one leaf: the comparison says so, wherever in the file it lies."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from schemas.edits import EditPolicy, TrashPolicy
from schemas.mapping import MappingError, SystemMapping, built_in, load_mapping, parse_mapping
from schemas.mapping.comparison import compare
from schemas.mapping.rules import Converter
from schemas.mapping.workspace import Color, CustomType

Path = tuple[str | int, ...]
NAMED = frozenset({"twenty", "objects", "derived", "fields", "links", "aliases", "of", "values", "parts", "within"})
WORDS = (
    *(word for words in (Converter, EditPolicy, TrashPolicy, CustomType, Color) for word in get_args(words)),
    *("vanished", "delete", "first", "second", "forward", "backward", "DE", "EUR", "Asia/Tokyo", "present", "blank"),
)
"""What the language takes where it does not take anything."""
OF_A_KIND = 3


def leaves(tree: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(tree, dict | list) and tree:
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, (*path, key))
    else:
        yield path


def kind(path: Path) -> Path:
    """Which key of the language a leaf is a value of: names and positions stand for each other."""
    return tuple(
        "*" if isinstance(step, int) or (at and path[at - 1] in NAMED) else step for at, step in enumerate(path)
    )


def without(tree: Any, path: Path) -> Any:
    """What is empty without it goes too."""
    step, *rest = path
    kept = without(tree[step], tuple(rest)) if rest else None
    gone = kept in (None, {}, [])
    if isinstance(tree, list):
        at = int(step)
        return [*tree[:at], *([] if gone else [kept]), *tree[at + 1 :]]
    return {key: kept if key == step else one for key, one in tree.items() if key != step or not gone}


def replaced(tree: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, *rest = path
    if isinstance(tree, list):
        return [replaced(one, tuple(rest), value) if at == step else one for at, one in enumerate(tree)]
    return {**tree, step: replaced(tree[step], tuple(rest), value)}


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    else:
        yield from (f"{value}x", f"{value}X", *(word for word in WORDS if word != value))


def mapping(tree: Any) -> SystemMapping | None:
    try:
        return SystemMapping.model_validate(tree)
    except ValueError:
        return None


def edited(tree: Any, path: Path) -> Iterator[Any]:
    """The file without the leaf, and with another value in its place, where the language takes it."""
    yield from (one for one in [without(tree, path)] if mapping(one))
    changed = (replaced(tree, path, other) for other in others(at(tree, path)))
    yield from (one for one in [next(filter(mapping, changed), None)] if one)


def silent(old: SystemMapping, tree: Any) -> bool:
    """Whether the comparison says nothing of it. What is no mapping is told before anything is compared."""
    new = mapping(tree)
    assert new is not None
    try:
        found = compare(old, new)
    except KeyError:
        with pytest.raises(MappingError):
            parse_mapping(json.dumps(tree), "edited.yaml")
        return False
    return new != old and not found.differences


@pytest.mark.parametrize("system", built_in())
def test_no_leaf_of_a_mapping_changes_without_a_word(system: str) -> None:
    old = load_mapping(system)
    tree = old.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert mapping(tree) == old
    kinds: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in leaves(tree):
        kinds[kind(path)].append(path)
    del kinds[("revision",)]
    edits = [
        (path, one)
        for paths in kinds.values()
        for path in paths[:: -(-len(paths) // OF_A_KIND)]
        for one in edited(tree, path)
    ]
    assert len({kind(path) for path, _ in edits}) > 0.9 * len(kinds)
    assert [path for path, one in edits if silent(old, one)] == []
