"""Modes: what of a mapping file applies when each choice is made as the file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.mapping.mistakes import Location, Mistake, suggestion

Choices = Mapping[str, str]
Places = dict[Location, list[int]]
"""Of each list from which something was left out: the places in the file of what is left."""


def declared(tree: Any) -> dict[str, list[str]]:
    """Mode -> options, as far as the file declares them in the right shape; the chosen option comes first."""
    modes = tree.get("modes")
    found = {}
    for name, mode in modes.items() if isinstance(modes, dict) else ():
        options = mode.get("options") if isinstance(mode, dict) else None
        if isinstance(options, list) and mode.get("chosen") in options:
            found[name] = [mode["chosen"], *(one for one in options if one != mode["chosen"])]
    return found


def every_choice(modes: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """What is chosen, and then each other option with all else as chosen: whichever is taken, the file must hold."""
    chosen = {name: options[0] for name, options in modes.items()}
    yield chosen
    for name, options in modes.items():
        for option in options[1:]:
            yield {**chosen, name: option}


def mistakes(tree: Any, modes: Mapping[str, list[str]]) -> Iterator[Mistake]:
    """`only` that names no mode or option, and modes whose choice is none of their options."""
    written = tree.get("modes")
    for name, mode in written.items() if isinstance(written, dict) else ():
        if name not in modes and isinstance(mode, dict) and isinstance(mode.get("options"), list):
            options = [str(one) for one in mode["options"]]
            hint = suggestion(str(mode.get("chosen")), options)
            yield Mistake(("modes", name, "chosen"), f"expected one of {', '.join(options)}{hint}")
    for where, only in _conditions(tree, ()):
        for mode, option in only.items():
            if mode not in modes:
                yield Mistake((*where, "only", mode), f"no mode {mode!r}{suggestion(str(mode), modes)}")
            elif option not in modes[mode]:
                hint = suggestion(str(option), modes[mode])
                yield Mistake((*where, "only", mode), f"the mode {mode!r} has no option {option!r}{hint}")


def _conditions(node: Any, where: Location) -> Iterator[tuple[Location, dict[str, Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get("only"), dict):
            yield where, node["only"]
        for name, value in node.items():
            yield from _conditions(value, (*where, name))
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _conditions(value, (*where, position))


def applied(node: Any, choices: Choices, places: Places, where: Location = ()) -> Any:
    """The tree without what another choice would add. ``places`` is filled for ``in_file``."""
    if isinstance(node, dict):
        kept = {name: value for name, value in node.items() if _applies(value, choices)}
        return {name: applied(value, choices, places, (*where, name)) for name, value in kept.items()}
    if isinstance(node, list):
        left = [position for position, value in enumerate(node) if _applies(value, choices)]
        if len(left) < len(node):
            places[where] = left
        return [applied(node[old], choices, places, (*where, new)) for new, old in enumerate(left)]
    return node


def _applies(value: Any, choices: Choices) -> bool:
    only = value.get("only") if isinstance(value, dict) else None
    return not isinstance(only, dict) or all(choices.get(mode) == option for mode, option in only.items())


def in_file(where: Location, places: Places) -> Location:
    """A location in the applied tree as a location in the file."""
    found: list[str | int] = []
    for depth, step in enumerate(where):
        left = places.get(where[:depth])
        found.append(left[step] if left is not None and isinstance(step, int) and step < len(left) else step)
    return tuple(found)
