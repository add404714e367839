"""Reading a mapping file: every mistake at once, each with file, line, what was expected and a suggestion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarfloat import ScalarFloat

from schemas.mapping import modes
from schemas.mapping.check import check
from schemas.mapping.language import SystemMapping
from schemas.mapping.mistakes import Location, Mistake, suggestion
from schemas.mapping.names import Model

Check = Callable[[SystemMapping], Iterable[Mistake]]
"""What else is to hold of a mapping, looked at once its shape is right."""

BUILT_IN = Path(__file__).parent.parent / "mappings"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``line`` counts from 1."""

    file: str
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {place}{self.message}"


class MappingError(ValueError):
    """The mapping file cannot be used. ``problems`` are all that were found, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def built_in() -> tuple[str, ...]:
    """Names of the mappings that come with Dualrun."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.yaml")))


def load_mapping(source: str | Path, *more: Check) -> SystemMapping:
    """The mapping in a file, or the built-in one of that name. Raises MappingError, also for what ``more`` finds."""
    path = BUILT_IN / f"{source}.yaml" if str(source) in built_in() else Path(source)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        expected = f"expected the path of a YAML file, or one of {', '.join(built_in())}"
        raise MappingError([Problem(str(path), 1, "", f"the file {reason}: {expected}")]) from None
    return parse_mapping(text, path.name, *more)


def parse_mapping(text: str, file: str, *more: Check) -> SystemMapping:
    """The mapping in a text; ``file`` is its name in problems. Raises MappingError, also for what ``more`` finds."""
    try:
        tree = YAML().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise MappingError([Problem(file, line, "", f"not valid YAML: {error.problem or error.context}")]) from None
    except YAMLError as error:
        raise MappingError([Problem(file, 1, "", f"not valid YAML: {type(error).__name__}")]) from None
    if not isinstance(tree, CommentedMap):
        raise MappingError([Problem(file, 1, "", "expected a mapping that begins with system:, revision: and zone:")])
    plain = _plain(tree)
    declared = modes.declared(plain)
    found = dict.fromkeys(modes.mistakes(plain, declared))
    chosen: SystemMapping | None = None
    for choices in modes.every_choice(declared):
        places: modes.Places = {}
        mapping, mistakes = _checked(modes.applied(plain, choices, places))
        if mapping is not None and not mistakes:
            mistakes = [one for check in more for one in check(mapping)]
        chosen = chosen or mapping
        found |= dict.fromkeys(replace(one, where=modes.in_file(one.where, places)) for one in mistakes)
    if found or chosen is None:
        raise MappingError(_problem(tree, text.splitlines(), file, mistake) for mistake in found)
    return chosen


def _checked(tree: Any) -> tuple[SystemMapping | None, list[Mistake]]:
    try:
        mapping = SystemMapping.model_validate(tree)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [Mistake(_visible(tree, detail["loc"]), _message(detail)) for detail in details]
    return mapping, list(check(mapping))


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {_plain(name): _plain(value) for name, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(item) for item in node]
    if isinstance(node, ScalarFloat):
        return float(node)
    if isinstance(node, bool):
        return bool(node)
    if isinstance(node, str):
        return str(node)
    if isinstance(node, int):
        return int(node)
    return node


def _steps(tree: Any, location: Location) -> Iterator[tuple[Any, str | int]]:
    """The containers and keys on the way to a location, as far as the file goes along."""
    node = tree
    for step in location:
        inside: Any = None
        if isinstance(node, dict):
            inside = node.get(step)
            found = step in node
        elif isinstance(node, list):
            found = isinstance(step, int) and step < len(node)
            inside = node[step] if isinstance(step, int) and found else None
        elif step == "[key]":
            found = False
        else:
            return
        if found:  # or else a step of pydantic's own, such as the member of a union
            yield node, step
            node = inside


def _visible(tree: Any, location: Location) -> Location:
    return tuple(step for _, step in _steps(tree, location))


def _problem(tree: Any, lines: list[str], file: str, mistake: Mistake) -> Problem:
    line, node = 0, tree
    for container, step in _steps(tree, mistake.where):
        line, node = _line(container, step), container[step]
    if isinstance(node, str) and mistake.offset:
        line = _line_within(lines, line, node, mistake.offset)
    elif mistake.named:
        line = next((at for at, text in _texts(node) if text == mistake.named), line)
    where = ""
    for step in mistake.where:
        where += f"[{step}]" if isinstance(step, int) else f".{step}" if where else step
    return Problem(file, line + 1, where, mistake.message)


def _line(container: Any, step: Any) -> int:
    position = container.lc.key(step) if isinstance(container, CommentedMap) else container.lc.item(step)
    return int(position[0])


def _line_within(lines: list[str], line: int, text: str, offset: int) -> int:
    """The line of a character of a text over several lines, however YAML has folded them."""
    behind = 0
    for number in range(line + 1, len(lines)):
        written = lines[number].strip()
        start = text.find(written, behind) if written else behind
        if start < 0 or start > offset:
            break
        line, behind = number, start + len(written)
    return line


def _texts(node: Any) -> Iterator[tuple[int, str]]:
    """Every text below a node, with its line."""
    pairs = node.items() if isinstance(node, CommentedMap) else enumerate(node if isinstance(node, list) else ())
    for step, value in pairs:
        if isinstance(value, str):
            yield _line(node, step), value
        else:
            yield from _texts(value)


def _keys(model: type[Model]) -> set[str]:
    own = {field.alias or name for name, field in model.model_fields.items()}
    return own.union(*(_keys(below) for below in model.__subclasses__()))


_KEYS = sorted(_keys(Model))
"""Every key of the language: what an unknown one may have been meant to be."""


def _message(detail: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"unknown key {name!r}{suggestion(name, _KEYS)}"
    if kind == "missing":
        return f"the key {detail['loc'][-1]!r} is missing"
    if kind == "literal_error":
        expected = str(context["expected"])
        options = expected.replace("'", "").replace(" or ", ", ").split(", ")
        return f"expected {expected}{suggestion(str(detail['input']), options)}"
    if kind == "value_error":
        return f"{context['error']}, found {detail['input']!r}"
    if kind in ("model_type", "dict_type"):
        return "expected keys and values here"
    return str(detail["msg"])
