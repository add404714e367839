"""What a mapping asks of a Twenty workspace."""

from __future__ import annotations

from schemas.mapping.fields import field_types, options
from schemas.mapping.language import Part, SystemMapping
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


def producible(mapping: SystemMapping) -> dict[tuple[str, str, str], set[str]]:
    """Options that records can have: (source object whose record it is, Twenty object, select) -> option values.

    A part's own condition on the column counts: of an activity that is a call no meeting can become.
    """
    found: dict[tuple[str, str, str], set[str]] = {}
    for name, parts in mapping.all_parts().items():
        for part in parts:
            kinds = field_types(mapping, part.target)
            for field, rule in part.rules:
                if kinds[field] in ("SELECT", "MULTI_SELECT"):
                    place = (part.record_of(name), part.target, field)
                    found[place] = found.get(place, set()) | _taken(mapping, part, field, rule)
    return found


def _taken(mapping: SystemMapping, part: Part, field: str, rule: Rule) -> set[str]:
    if rule.constant is not None:
        return {str(rule.constant)}
    texts = rule.values or {label: value for value, label in options(mapping, part.target, field).items()}
    only = part.when.get(rule.from_ or "")
    told = {natural_key(text) for text in only} if isinstance(only, list) else None
    return {option for text, option in texts.items() if told is None or natural_key(text) in told}
