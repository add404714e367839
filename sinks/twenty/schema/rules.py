"""What Twenty takes for objects, fields and options, so that a plan can say beforehand what it would refuse.

From the validators of packages/twenty-server (metadata-modules) and the refusals of a 1.10 server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from schemas.requirements import FieldRequirement, ObjectRequirement, Option
from schemas.twenty_names import LONGEST_NAME, OPTION_VALUE, RESERVED, camel_case

SUB_FIELDS: Mapping[str, tuple[str, ...]] = {
    "FULL_NAME": ("firstName", "lastName"),
    "EMAILS": ("primaryEmail", "additionalEmails"),
    "LINKS": ("primaryLinkUrl", "primaryLinkLabel", "secondaryLinks"),
    "PHONES": ("primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode", "additionalPhones"),
    "ADDRESS": (
        "addressCity",
        "addressStreet1",
        "addressStreet2",
        "addressState",
        "addressPostcode",
        "addressCountry",
        "addressLat",
        "addressLng",
    ),
    "CURRENCY": ("amountMicros", "currencyCode"),
    "ACTOR": ("source", "workspaceMemberId", "name", "context"),
    "RICH_TEXT": ("markdown", "blocknote"),
    "RICH_TEXT_V2": ("markdown", "blocknote"),
}
"""Composite type -> its columns; the first is the one that a unique index compares, where the type can have one."""

TYPES: Mapping[str, str] = {
    "TEXT": "Text",
    "NUMBER": "Number",
    "NUMERIC": "Numeric",
    "BOOLEAN": "True/False",
    "DATE": "Date",
    "DATE_TIME": "Date and Time",
    "SELECT": "Select",
    "MULTI_SELECT": "Multi-select",
    "RATING": "Rating",
    "UUID": "Unique ID",
    "ARRAY": "Array",
    "RAW_JSON": "JSON",
    "CURRENCY": "Currency",
    "LINKS": "Links",
    "EMAILS": "Emails",
    "PHONES": "Phones",
    "ADDRESS": "Address",
    "FULL_NAME": "Full Name",
    "ACTOR": "Actor",
    "RICH_TEXT": "Rich Text",
    "RICH_TEXT_V2": "Rich Text",
    "FILES": "Files",
    "RELATION": "Relation",
    "MORPH_RELATION": "Relation",
}
"""Every type that a field can be made with -> what Twenty's settings page calls it."""

BASE_FIELDS: Mapping[str, str] = {
    "id": "UUID",
    "name": "TEXT",
    "createdAt": "DATE_TIME",
    "updatedAt": "DATE_TIME",
    "deletedAt": "DATE_TIME",
    "createdBy": "ACTOR",
    "updatedBy": "ACTOR",
    "position": "POSITION",
    "searchVector": "TS_VECTOR",
    "noteTargets": "RELATION",
    "taskTargets": "RELATION",
    "attachments": "RELATION",
    "favorites": "RELATION",
    "timelineActivities": "RELATION",
}
"""What Twenty gives every new object."""

# fmt: off
COLORS = frozenset((
    "red", "ruby", "crimson", "tomato", "orange", "amber", "yellow", "lime", "grass", "green", "jade", "mint",
    "turquoise", "cyan", "sky", "blue", "iris", "violet", "purple", "plum", "pink", "bronze", "gold", "brown", "gray",
))
# fmt: on

_ENUMS = ("SELECT", "MULTI_SELECT")
_NEVER_UNIQUE = frozenset(
    {"RELATION", "MORPH_RELATION", "ADDRESS", "CURRENCY", "ACTOR", "RICH_TEXT", "RICH_TEXT_V2", "FILES"}
)
_NUMBER_TYPES = ("int", "float", "bigint")


def columns(name: str, kind: str) -> frozenset[str]:
    """The names that a field takes from every other field of its object."""
    taken = {name, *(f"{name}{part[0].upper()}{part[1:]}" for part in SUB_FIELDS.get(kind, ()))}
    if kind in ("RELATION", "MORPH_RELATION"):
        taken.add(f"{name}Id")
    return frozenset(taken)


def morph_name(base: str, target: str) -> str:
    """The name of the field that a morph relation has for one of its targets."""
    return f"{base}{target[0].upper()}{target[1:]}"


def object_faults(wanted: ObjectRequirement) -> list[str]:
    """What Twenty would refuse of a new object, apart from names that are taken."""
    singular, plural = wanted.name_singular, wanted.name_plural
    faults = [*name_faults(singular, "its name"), *name_faults(plural, "its plural")]
    faults += [
        *label_faults(wanted.label_singular, "its label"),
        *label_faults(wanted.label_plural, "its plural label"),
    ]
    if singular == plural:
        faults.append("its singular and its plural need different names")
    if wanted.label_singular.strip().lower() == wanted.label_plural.strip().lower():
        faults.append("its singular and its plural need different labels")
    return faults


def field_faults(wanted: FieldRequirement) -> list[str]:
    """What Twenty would refuse of a new field, apart from names that are taken and objects that are missing."""
    kind = wanted.type
    faults = [*name_faults(wanted.name, "its name"), *label_faults(wanted.label, "its label")]
    if kind not in TYPES:
        return [*faults, f"{kind} is not a type that a field can be made with; there are {', '.join(sorted(TYPES))}"]
    options = wanted.options or ()
    if kind in _ENUMS and not options:
        faults.append(f"a {kind} needs at least one option")
    if kind not in _ENUMS and options:
        faults.append(f"a {kind} takes no options")
    faults += option_faults(options)
    faults += unique_faults(wanted)
    if (kind == "RELATION") != (wanted.relation is not None):
        faults.append("type RELATION and a relation's target belong together")
    if (kind == "MORPH_RELATION") != bool(wanted.morph):
        faults.append("type MORPH_RELATION and its targets belong together")
    return faults + settings_faults(kind, wanted.settings)


def unique_faults(wanted: FieldRequirement) -> list[str]:
    """Uniqueness is an index over one column."""
    return [f"a {wanted.type} cannot be unique"] if wanted.unique and wanted.type in _NEVER_UNIQUE else []


def settings_faults(kind: str, settings: Mapping[str, object]) -> list[str]:
    number_type = settings.get("dataType", "int")
    if kind == "NUMBER" and number_type not in _NUMBER_TYPES:
        return [f"settings.dataType {number_type!r} is none of {', '.join(_NUMBER_TYPES)}"]
    most = settings.get("maxNumberOfValues")
    if kind == "FILES" and (not isinstance(most, int) or most < 1):
        return ["a FILES field needs settings.maxNumberOfValues, at least 1"]
    return []


def option_faults(options: Iterable[Option]) -> list[str]:
    """Faults of options that are to be made, each with the option's value."""
    given = tuple(options)
    twice = sorted(value for value, count in Counter(option.value for option in given).items() if count > 1)
    faults = [f"option value {value!r} occurs twice" for value in twice]
    for option in given:
        if not OPTION_VALUE.match(option.value) or len(option.value) > LONGEST_NAME:
            faults.append(f"option value {option.value!r} must be UPPER_SNAKE_CASE, at most {LONGEST_NAME} letters")
        if "," in option.label:
            faults.append(f"option label {option.label!r} has a comma")
        faults += label_faults(option.label, f"the label of option {option.value}")
        if option.color not in COLORS:
            faults.append(f"option {option.value}: Twenty has no colour {option.color!r}")
    return faults


def name_faults(name: str, what: str) -> list[str]:
    if name in RESERVED:
        return [f"{what}: Twenty keeps {name!r} for itself; choose another"]
    if not name or not name[0].isalpha() or camel_case(name) != name or len(name) > LONGEST_NAME:
        return [f"{what}: {name!r} is not a name that Twenty takes; try {camel_case(name)[:LONGEST_NAME]!r}"]
    return []


def label_faults(label: str, what: str) -> list[str]:
    if not label.strip() or len(label) > LONGEST_NAME:
        return [f"{what}: {label!r} must have 1 to {LONGEST_NAME} letters"]
    return []
