"""What kind of thing an object is, and which object of Twenty its rows become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from producers.profile.concepts import Concept, concepts
from producers.profile.facts import ObjectFacts, Profile
from producers.profile.people import is_people, of
from producers.profile.words import singular, words

UNMAPPED = ""
"""Target of what does not become records: definitions to rebuild, tables of codes."""
CUSTOM = "custom"
MEMBER = "workspaceMember"
_MOST_CODES = 60
_MOST_OF_A_NOTE = 8


class Kind(NamedTuple):
    """entity: what the rows are. target: Twenty's object, ``custom``, or ``UNMAPPED``. confidence: 0 to 1."""

    entity: str
    target: str
    confidence: float
    why: str


_ENTITIES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("workflow", "pathway", "rule", "definition", "connection", "integration"), ("definition", UNMAPPED)
    ),
    **dict.fromkeys(("document", "file", "attachment", "image"), ("document", "note")),
    **dict.fromkeys(("appointment", "encounter", "recall", "reminder", "task"), ("appointment", "task")),
    "item": ("item", CUSTOM),
    **dict.fromkeys(("note", "message", "letter"), ("note", "note")),
    **dict.fromkeys(("activity", "call", "email"), ("activity", "note")),
    **dict.fromkeys(("case", "opportunity", "lead"), ("case", "opportunity")),
    **dict.fromkeys(
        ("organization", "practice", "clinic", "facility", "company", "employer"), ("organization", "company")
    ),
    "payer": ("payer", "company"),
    **dict.fromkeys(("patient", "person"), ("patient", "person")),
    **dict.fromkeys(("doctor", "provider"), ("provider", "person")),
    "staff": ("staff", MEMBER),
    **dict.fromkeys(
        ("claim", "invoice", "payment", "transaction", "plan", "procedure", "diagnosis", "condition", "allergy",
         "medication", "immunization", "observation", "result", "lab", "device", "supply", "study", "assessment",
         "authorization", "billing", "treatment", "insurance", "referral", "transition", "line", "history", "test"),
        ("matter", CUSTOM),
    ),
}  # fmt: skip
_SCAFFOLD = frozenset({"master", "data", "table", "list", "log", "record", "entry", "info", "detail", "blob"})


def kinds(profile: Profile) -> dict[str, Kind]:
    """Of each object by name."""
    found: dict[str, Kind] = {}
    referred = {one.to for one in profile.relations}
    for one in profile.objects:
        about = concepts(one.name, one.columns)
        names = {relation.to for relation in profile.relations if relation.object == one.name} - {one.name}
        found[one.name] = _kind(one, about, names, one.name in referred)
    return {name: _reconsidered(name, kind, profile, found) for name, kind in found.items()}


def _kind(one: ObjectFacts, about: Mapping[str, Concept], refers_to: set[str], referred: bool) -> Kind:
    spelt = [singular(word) for word in words(one.name)]
    head = [word for word in spelt if word not in _SCAFFOLD] or spelt
    if referred and not refers_to and _is_codes(one, about):
        return Kind("codes", UNMAPPED, 0.85, "a few codes with their meaning, which others refer to")
    if spelt[:2] == ["action", "item"]:
        return Kind("appointment", "task", 0.95, "action items are tasks")
    if "property" in head:
        return Kind("property", CUSTOM, 0.5, "properties in rows of their own: fields of what they belong to (pick)?")
    if "emergency" in spelt or spelt == ["contact"]:
        return Kind("contact", CUSTOM, 0.4, "contacts of patients: fields of the patient, or people of their own?")
    for position, word in enumerate(reversed(head)):
        entity, target = _ENTITIES.get(word, ("", ""))
        if not entity:
            continue
        certainty = 0.96 if position == 0 else 0.86
        if target == "person" and not is_people(about) and of(about, "name") is None:
            return Kind("link", CUSTOM, 0.5, f"named after the {word}, yet without a name")
        if entity in ("organization", "payer") and (of(about, "name") or _titled(one, about)) is None:
            return Kind("link", CUSTOM, 0.5, f"rows between others, named after the {word}")
        if entity == "staff" and of(about, "email") is None:
            return Kind("provider", "person", 0.7, "staff without e-mail addresses: no account can be found by them")
        return Kind(entity, target, certainty, f"its name says {word}")
    if of(about, "email") and any("staff" in words(column.name) for column in one.columns) and not refers_to:
        return Kind("staff", MEMBER, 0.85, "user names and e-mail addresses")
    told = {one.name for one in about.values() if not one.of_other}
    if "npi" in told or ("name" in told and "email" in told and told & {"specialty", "credential"} and not refers_to):
        return Kind("provider", "person", 0.85, "people with a specialty or a provider number")
    if of(about, "first_name") and of(about, "last_name"):
        return Kind("patient", "person", 0.75, "rows with first and last names")
    return Kind("unknown", CUSTOM, 0.7, "nothing in its name or fields says what it is")


def _titled(one: ObjectFacts, about: Mapping[str, Concept]) -> str | None:
    """A column of descriptions that tells rows apart is what they are called."""
    return next(
        (c.name for c in one.columns if about[c.name].name == "description" and c.distinct == c.filled == one.rows),
        None,
    )


def _is_codes(one: ObjectFacts, about: Mapping[str, Concept]) -> bool:
    matters = [column for column in one.columns if about[column.name].name != "changed"]
    reached = any(told.name in ("email", "phone") for told in about.values())
    return one.rows <= _MOST_CODES and len(matters) <= 3 and not is_people(about) and not reached


def _reconsidered(name: str, kind: Kind, profile: Profile, found: Mapping[str, Kind]) -> Kind:
    """What only the other objects tell: rows that belong to patients are neither people nor companies themselves."""
    theirs = {one.to for one in profile.relations if one.object == name and one.to != name}
    of_patients = any(found[to].entity == "patient" for to in theirs)
    if of_patients and kind.entity == "unknown":
        about = concepts(name, profile.object(name).columns)
        texts = [c.name for c in profile.object(name).columns if about[c.name].name == "body"]
        moments = [
            c.name for c in profile.object(name).columns if c.type == "datetime" and about[c.name].name != "changed"
        ]
        if texts and moments and len(profile.object(name).columns) <= _MOST_OF_A_NOTE:
            return Kind("note", "note", 0.82, "a text and its time, of a patient")
        return kind._replace(entity="matter", confidence=0.82)
    if of_patients and kind.entity in ("organization", "payer"):
        return Kind("link", CUSTOM, 0.5, "rows between a patient and something else")
    if of_patients and kind.entity == "contact" and _once_each(name, profile, found):
        return Kind("contact", "person", 0.86, "one contact for each patient: fields of the patient")
    if of_patients and kind.entity == "patient":
        return Kind("matter", CUSTOM, 0.5, "rows that belong to a patient")
    return kind


def _once_each(name: str, profile: Profile, found: Mapping[str, Kind]) -> bool:
    """Whether no two rows belong to the same patient."""
    return any(
        profile.object(name).column(relation.column).distinct >= 0.98 * relation.filled
        for relation in profile.relations
        if relation.object == name and found[relation.to].entity == "patient"
    )
