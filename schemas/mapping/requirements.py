"""What a mapping asks of a Twenty workspace, and what of that the source does not use."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schemas.mapping.fields import options
from schemas.mapping.language import SystemMapping
from schemas.mapping.rules import Rule
from schemas.mapping.standard import MEMBER, PLURALS, RELATION, STANDARD, TARGETS
from schemas.mapping.values import natural_key
from schemas.mapping.workspace import CustomField, TwentyObject
from schemas.requirements import FieldRequirement, ObjectRequirement, RelationRequirement


def requirements(mapping: SystemMapping) -> tuple[ObjectRequirement, ...]:
    """Custom fields per Twenty object, in the order of the file; objects that Twenty lacks are to be made.

    Where notes, tasks or files hang on custom objects, their target objects come last.
    """
    hanging = _hanging(mapping)
    found = []
    for name in dict.fromkeys((*mapping.twenty, *hanging)):
        wanted = mapping.twenty.get(name, TwentyObject())
        custom = wanted.custom
        plural, label, labels = (custom.plural, custom.label, custom.labels) if custom else PLURALS[name]
        fields = tuple(_field(field_name, field) for field_name, field in wanted.fields.items())
        if wanted.owner and wanted.owner not in {*wanted.fields, *STANDARD.get(name, {})}:
            other_side = RelationRequirement(MEMBER, f"Owned {labels.lower()}")
            fields = (*fields, FieldRequirement(wanted.owner, "Owner", RELATION, relation=other_side))
        found.append(ObjectRequirement(name, plural, label, labels, fields, tuple(hanging.get(name, ()))))
    return tuple(found)


def _hanging(mapping: SystemMapping) -> dict[str, list[str]]:
    """noteTarget, taskTarget or attachment -> the custom objects that its records name."""
    found: dict[str, list[str]] = {}
    for parts in mapping.all_parts().values():
        for part in parts:
            if part.target in TARGETS:
                for name in (*part.links, *part.within):
                    one = mapping.twenty.get(name)
                    if one and one.custom and name not in found.setdefault(part.target, []):
                        found[part.target].append(name)
    return {name: targets for name, targets in found.items() if targets}


def _field(name: str, field: CustomField) -> FieldRequirement:
    return FieldRequirement(
        name=name,
        label=field.label,
        type=field.type,
        options=tuple(option.requirement() for option in field.options) or None,
        unique=field.unique,
        relation=RelationRequirement(field.to, field.inverse) if field.to and field.inverse else None,
        settings=field.settings,
    )


def select_columns(mapping: SystemMapping) -> dict[tuple[str, str], list[tuple[str, str, Rule]]]:
    """``(source object, column)`` -> the selects that it feeds, as (Twenty object, field, rule): what to look up as
    distinct values before ``unused_options``."""
    found: dict[tuple[str, str], list[tuple[str, str, Rule]]] = {}
    for name, mapped in mapping.objects.items():
        for part in mapped.parts:
            for field_name, rule in part.rules:
                custom = mapping.twenty[part.target].fields.get(field_name) if part.target in mapping.twenty else None
                if custom is not None and custom.type in ("SELECT", "MULTI_SELECT") and rule.from_ is not None:
                    found.setdefault((name, rule.from_), []).append((part.target, field_name, rule))
    return found


def unused_options(
    mapping: SystemMapping, seen_values: Mapping[tuple[str, str], Collection[str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Options of provisioned selects that no value seen maps to: ``(Twenty object, field) -> option values``.

    ``seen_values`` are the distinct texts per ``(source object, column)``, for the keys of ``select_columns``.
    Constants count as used.
    """
    used: dict[tuple[str, str], set[str]] = {}
    for (name, column), selects in select_columns(mapping).items():
        seen = seen_values.get((name, column), ())
        for target, field_name, rule in selects:
            many = mapping.twenty[target].fields[field_name].type == "MULTI_SELECT"
            texts = {natural_key(text) for one in seen for text in (one.split(rule.split or ",") if many else [one])}
            labels = {label: value for value, label in options(mapping, target, field_name).items()}
            taken = used.setdefault((target, field_name), set())
            taken |= {value for source, value in (rule.values or labels).items() if natural_key(source) in texts}
    for parts in mapping.all_parts().values():
        for part in parts:
            for field_name, rule in part.rules:
                if (part.target, field_name) in used and rule.constant is not None:
                    used[part.target, field_name].add(str(rule.constant))
    return {
        place: tuple(value for value in options(mapping, *place) if value not in taken)
        for place, taken in used.items()
        if any(value not in taken for value in options(mapping, *place))
    }
