"""What each source system's rows ask for, and which values, read back from Twenty over HTTP, show that they get it.

A system's ``needs.yaml`` states it. ``python -m infra.clinics.needs docs/systems.md`` makes the tables of that page
from it, and the integration tests of a system end in an error where what they have read back leaves a need unshown.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from infra.clinics.comparison import Comparison
from infra.clinics.values import Content, Email, Expected, RecordPage, Reference, Unique
from infra.clinics.worlds import WORLDS
from schemas.mapping import SystemMapping, load_mapping, producible

_VALUE = re.compile(r"(?P<several>several )?((?P<object>~?\w+):)?(?P<target>\w+)\.(?P<field>[\w.]+)(=(?P<options>.+))?")
_FLAG = re.compile(r"flagged (?P<object>\w+)\.(?P<field>[\w.]+)")
_TEST = re.compile(r"test_\w+")


class NeedsError(ValueError):
    """A ``needs.yaml`` says something that nothing can show; names the system, the row and the need."""


@dataclass(frozen=True, slots=True)
class Need:
    """``shown_by``: all of

    - ``person.city``: a value of that field was compared, on a row from one of the object map's source objects
      (``doctor:person.city``: from that one; ``person.homeAddress.addressCity``: of that sub-field);
    - ``task.status=TODO DONE``: each of these was; ``task.status=*``: each that the mapping can give;
    - ``several coverage.patient``: two rows refer to the same one;
    - ``flagged patient.emails``: such a field was flagged, and audited so;
    - ``test_name``: that test has read something back that it asked for.
    """

    words: str
    shown_by: tuple[str, ...]

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(one for one in self.shown_by if _TEST.fullmatch(one))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the object map. objects: the mapping's source objects that it stands for. remark: for readers."""

    source: str
    twenty: str
    objects: tuple[str, ...]
    needs: tuple[Need, ...]
    remark: str


def rows(system: str) -> tuple[Row, ...]:
    text = files("infra.clinics").joinpath(system, "needs.yaml").read_text("utf-8")
    return parsed(system, YAML(typ="safe").load(text))


def parsed(system: str, stated: Mapping[str, Any]) -> tuple[Row, ...]:
    """Raises NeedsError where a need has nothing that could show it."""
    return tuple(_row(system, source, said) for source, said in stated.items())


def _row(system: str, source: str, said: Any) -> Row:
    needs = tuple(Need(words, tuple(shown_by)) for words, shown_by in said["needs"].items())
    for need in needs:
        for one in need.shown_by:
            if not any(pattern.fullmatch(one) for pattern in (_VALUE, _FLAG, _TEST)):
                raise NeedsError(f"{system}: {source}: {need.words}: expected evidence as in Need, not {one!r}")
        if not need.shown_by:
            raise NeedsError(f"{system}: {source}: {need.words}: nothing shows it; name a field of Twenty, or a test")
    return Row(source, said["twenty"], tuple(said["objects"]), needs, said.get("remark", ""))


class Place(NamedTuple):
    """``object``: the source object that a row's key names."""

    object: str
    target: str
    field: str


class ReadBack:
    """Every value that was read from Twenty over HTTP and is as the source's tables say; absent ones aside."""

    def __init__(
        self,
        mapping: SystemMapping,
        expected: Expected,
        comparison: Comparison,
        flags: Collection[tuple[str, str]],
    ) -> None:
        """Raises ValueError where Twenty differs from ``expected``, or was not compared with all of it."""
        wanted = sum(len(row.fields) for found in expected.rows.values() for row in found.values())
        if comparison.mismatches or comparison.compared < wanted:
            raise ValueError(
                f"{len(comparison.mismatches)} values differ and {comparison.compared} of {wanted} were compared:"
                " what was not as expected shows nothing"
            )
        self._mapping, self._options = mapping, producible(mapping)
        self._values: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        for target, found in expected.rows.items():
            for key, row in found.items():
                for field, value in row.fields.items():
                    for name, text in _texts(field, value):
                        self._values[Place(_object(row.source), target, name)][text] += 1
                if key == row.source and " -> " not in key:
                    self._values[Place(_object(key), target, "sourceSystemId")][key] += 1
        self._flags = {(_object(key), field) for key, field in expected.flagged if (key, field) in flags}

    def lacks(self, evidence: str, row: Row) -> str:
        """What of the evidence was not read back; empty where all of it was, and of a test's name."""
        if flag := _FLAG.fullmatch(evidence):
            return "" if (flag["object"], flag["field"]) in self._flags else evidence
        value = _VALUE.fullmatch(evidence)
        if value is None:
            return ""
        objects = {value["object"]} if value["object"] else _recorded(self._mapping, row.objects)
        texts: Counter[str] = Counter()
        for one in objects:
            texts += self._values.get(Place(one, value["target"], value["field"]), Counter())
        if value["options"] is None:
            return "" if any(count > 1 for count in texts.values()) or (texts and not value["several"]) else evidence
        wanted = set(value["options"].split())
        if wanted == {"*"}:
            wanted = set().union(
                *(those for (name, *field), those in self._options.items()
                  if name in objects and field == [value["target"], value["field"]])
            )  # fmt: skip
        left = sorted(wanted - texts.keys())
        return f"{value['target']}.{value['field']}={' '.join(left)}" if left else "" if wanted else evidence

    def unread(self) -> list[str]:
        """Fields that the mapping fills, and options that it names, of which no value was read back."""
        found = [
            f"{place.object}:{place.target}.{place.field}"
            for place in written(self._mapping)
            if place not in self._values
        ]
        for one, those in self._options.items():
            place = Place(*one)
            left = sorted(those - self._values.get(place, Counter()).keys())
            found += [f"{place.object}:{place.target}.{place.field}={option}" for option in left]
        return found


def _object(key: str) -> str:
    return key.split("/")[1]


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """The field and its sub-fields that hold something, with what they hold."""
    match value:
        case None | "" | Email(""):
            return
        case Reference(_, key):
            yield field, key
        case Email(text) | Unique(text) | RecordPage(text) | Content(_, text):
            yield field, text
        case dict():
            for name, part in value.items():
                for place, text in _texts(f"{field}.{name}", part):
                    yield from ((place, text), (field, ""))
        case list() | tuple():
            for one in value:
                yield from _texts(field, one)
        case _:
            yield field, str(value)


def _recorded(mapping: SystemMapping, objects: Collection[str]) -> set[str]:
    return {part.record_of(name) for name in objects for part in mapping.all_parts()[name]}


def written(mapping: SystemMapping) -> set[Place]:
    """Every place that the mapping fills."""
    found = set()
    for name, parts in mapping.all_parts().items():
        for part in parts:
            fields = {field for field, _ in part.rules} | part.within.keys() | part.links.keys()
            fields |= {"fullPath"} if part.attachment else set()
            found |= {Place(part.record_of(name), part.target, field) for field in fields}
    return found


def table(system: str) -> str:
    """The Markdown table of a system's rows."""
    mapping, stated = load_mapping(system), rows(system)
    told = {one for row in stated for need in row.needs for one in re.findall(r"\w+\.\w+", " ".join(need.shown_by))}
    lines = ["| Source | Twenty | Asks for, and what shows it | Brought over besides |", "|---|---|---|---|"]
    for row in stated:
        needs = "<br>".join(f"{need.words}: {', '.join(f'`{one}`' for one in need.shown_by)}" for need in row.needs)
        asked = f"{needs}<br>{row.remark}" if row.remark else needs
        besides = [one for one in _fields(mapping, row) if one not in told]
        told |= set(besides)
        lines.append(f"| {row.source} | {row.twenty} | {asked} | {', '.join(f'`{one}`' for one in besides)} |")
    return "\n".join(lines)


def _fields(mapping: SystemMapping, row: Row) -> dict[str, None]:
    return dict.fromkeys(
        f"{part.target}.{field}"
        for name in row.objects
        for part in mapping.all_parts()[name]
        for field in (*(field for field, _ in part.rules), *part.within, *part.links)
    )


def page(text: str) -> str:
    """docs/systems.md with the tables as they are made from what is stated."""
    for system in WORLDS:
        head = re.compile(rf"(?ms)(^## [^\n]*`{system}`\n.*?)^\| Source .*?(?=^\n|\Z)")
        text = head.sub(lambda found, system=system: f"{found[1]}{table(system)}\n", text)  # type: ignore[misc]
    return text


def main(path: Path) -> None:
    path.write_text(page(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
