"""The field sheet: one line per Twenty field that a mapping fills, as a clinic reads and signs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from schemas.mapping import wording
from schemas.mapping.fields import field_types, options, related
from schemas.mapping.language import Part, SystemMapping
from schemas.mapping.rules import Rule
from schemas.mapping.standard import RELATION
from schemas.mapping.workspace import TwentyObject


@dataclass(frozen=True, slots=True)
class Line:
    """``source``: the source object. ``part``: which of its records. ``values``: (source text, option) of a select.

    ``columns`` are the source's; ``how`` and ``otherwise`` are plain words; ``patient_data`` where one of the columns
    may hold some.
    """

    source: str
    part: str
    target: str
    field: str
    label: str
    type: str
    columns: tuple[str, ...]
    how: str
    otherwise: str
    patient_data: bool
    custom: bool
    values: tuple[tuple[str, str], ...] = ()


def lines(mapping: SystemMapping) -> Iterator[Line]:
    """In the order of the file."""
    for name, parts in mapping.all_parts().items():
        named = {part.name: part for part in parts}
        for part in parts:
            context = _Context(mapping, name, part, wording.existence(part, named))
            for field, rule in part.rules:
                yield context.of_rule(field, rule)
            for field, other in part.within.items():
                yield context.of_relation(field, f"the {named[other].target} of the same row", (), "")
            for field, reference in part.links.items():
                columns = tuple(sorted(set().union(*(rule.columns for rule in reference.by))))
                target = related(mapping, part.target, field)
                how, fate = wording.reference(reference, target), wording.unresolved(reference)
                yield context.of_relation(field, how, columns, fate)
            if part.attachment:
                file = part.attachment
                columns = tuple(one for one in (file.path, file.blob, file.name, file.size) if one)
                yield context.of_relation("(file)", "the file itself, up to 25 MB", columns, "listed for a person")


@dataclass(frozen=True, slots=True)
class _Context:
    mapping: SystemMapping
    name: str
    part: Part
    existence: str

    def of_rule(self, field: str, rule: Rule) -> Line:
        kind = field_types(self.mapping, self.part.target)[field]
        values: dict[str, str] = {}
        if kind in ("SELECT", "MULTI_SELECT") and rule.constant is None:
            known = options(self.mapping, self.part.target, field)
            values = rule.values or {label: value for value, label in known.items()}
        columns = tuple(sorted(rule.columns))
        return self._line(field, kind, columns, wording.sentence(rule), wording.unusable(rule), tuple(values.items()))

    def of_relation(self, field: str, how: str, columns: tuple[str, ...], otherwise: str) -> Line:
        return self._line(field, "FILE" if field == "(file)" else RELATION, columns, how, otherwise)

    def _line(
        self,
        field: str,
        kind: str,
        columns: tuple[str, ...],
        how: str,
        otherwise: str,
        values: tuple[tuple[str, str], ...] = (),
    ) -> Line:
        part, own = self.part, self.mapping.twenty.get(self.part.target, TwentyObject())
        custom = own.fields.get(field)
        aliases = {alias: column for one in part.repeated for alias, column in one.columns.items()}
        read = tuple(dict.fromkeys(aliases.get(column, column) for column in columns))
        return Line(
            source=self.name,
            part=", ".join(one for one in (part.name, self.existence) if one),
            target=part.target,
            field=field,
            label=custom.label if custom else "",
            type=kind,
            columns=read,
            how=how,
            otherwise=otherwise,
            patient_data=any(self.mapping.is_phi(self.name, column) for column in read),
            custom=custom is not None,
            values=values,
        )


HEADINGS = (
    "Source object", "Source columns", "Twenty object", "Record", "Twenty field", "Label", "Type", "New in Twenty",
    "How it is filled", "If empty or unusable", "Patient data", "Confirmed by", "Remark",
)  # fmt: skip


def cells(line: Line) -> tuple[str, ...]:
    """A line under ``HEADINGS``; the last two are for those who sign."""
    return (
        line.source, ", ".join(line.columns), line.target, line.part, line.field, line.label, line.type,
        "yes" if line.custom else "", line.how, line.otherwise, "yes" if line.patient_data else "", "", "",
    )  # fmt: skip


def differing(old: Line, new: Line) -> list[str]:
    """Names of what is not the same in two lines of one field, their part's circumstances aside."""
    return [one.name for one in fields(Line) if one.name != "part" and getattr(old, one.name) != getattr(new, one.name)]
