"""What kind of thing an object is, and which object of Twenty its rows become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from producers.profile.concepts import Concept, concepts
from producers.profile.facts import ObjectFacts, Profile
from producers.profile.people import is_people, of
from producers.profile.words import singular, words
from producers.propose.kind import CUSTOM, MEMBER, UNMAPPED, Kind
from producers.propose.merges import MERGES, merging
from producers.propose.roles import role_of, roles

_NO_MOMENT = frozenset({"changed", "birth_date", "death_date", "expiry"})
_USUAL = 0.7
_MOST_CODES = 60
_MOST_OF_A_NOTE = 8
_ATTENDING = frozenset({"provider", "staff", "person"})
_MOST_OF_A_LINK = 4
"""Columns, the key among them, of rows that only lead from one record to another."""

_ENTITIES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("workflow", "pathway", "rule", "definition", "connection", "integration"), ("definition", UNMAPPED)
    ),
    **dict.fromkeys(("document", "file", "attachment", "image", "uploaded"), ("document", "note")),
    **dict.fromkeys(("appointment", "encounter", "recall", "reminder", "task"), ("appointment", "task")),
    "item": ("item", CUSTOM),
    **dict.fromkeys(("note", "message", "letter"), ("note", "note")),
    **dict.fromkeys(("activity", "call", "email"), ("activity", "note")),
    **dict.fromkeys(("case", "opportunity", "lead"), ("case", "opportunity")),
    **dict.fromkeys(
        ("organization", "practice", "clinic", "facility", "company", "employer", "hospital", "pharmacy", "vendor",
         "school", "agency", "funder"),
        ("organization", "company"),
    ),
    "payer": ("payer", "company"),
    **dict.fromkeys(("patient", "person"), ("patient", "person")),
    **dict.fromkeys(("doctor", "provider"), ("provider", "person")),
    "staff": ("staff", MEMBER),
    **dict.fromkeys(
        ("claim", "invoice", "payment", "transaction", "plan", "procedure", "diagnosis", "condition", "allergy",
         "medication", "immunization", "observation", "result", "lab", "device", "supply", "study", "assessment",
         "authorization", "billing", "treatment", "insurance", "referral", "transition", "line", "history", "test",
         "membership", "package", "subscription", "order", "vital", "alert", "questionnaire", "goal", "measurement",
         "exam", "policy", "allocation", "product", "service", "voucher", "course",
         "charge", "deposit", "refund", "adjustment", "waitlist"),
        ("matter", CUSTOM),
    ),
    **dict.fromkeys(  # what is kept in stock, bought, lent and worked
        ("inventory", "stock", "sale", "purchase", "coupon", "gift", "giftcard", "loyalty", "loan", "loaner", "repair",
         "warranty", "equipment", "shift", "roster", "rota", "timesheet", "absence", "training", "incident", "feedback",
         "estimate", "denial", "eligibility", "enrolment", "enrollment"),
        ("matter", CUSTOM),
    ),
    **dict.fromkeys(  # what specialties keep of patients
        ("exercise", "program", "regimen", "injection", "infusion", "anaesthesia", "anesthesia", "implant",
         "prosthesis", "fitting", "audiogram", "perio", "tooth", "lesion", "biopsy", "pathology", "specimen", "sample",
         "panel", "vial", "pregnancy", "cycle", "embryo", "triage", "discharge", "exposure", "refill", "response"),
        ("matter", CUSTOM),
    ),
}  # fmt: skip
_PAYING = frozenset({"guarantor", "responsible", "household"})
"""Whoever is sent the bills of patients, and may be none."""
_PLANNED = frozenset({"start", "end", "due", "duration"})
_WORKINGS = frozenset({"audit", "setting", "migration", "permission", "token", "template", "sync"})
_CODED = frozenset({"kind", "type", "category", "class", "code", "status", "state", "role"})
_SCAFFOLD = frozenset({"master", "data", "table", "list", "log", "record", "entry", "info", "detail", "blob"})


def kinds(profile: Profile) -> dict[str, Kind]:
    """Of each object by name."""
    found: dict[str, Kind] = {}
    about = {one.name: concepts(one.name, one.columns) for one in profile.objects}
    for one in profile.objects:
        names = {relation.to for relation in profile.relations if relation.object == one.name} - {one.name}
        referred = any(relation.to == one.name for relation in profile.relations)
        found[one.name] = _kind(one, about[one.name], names, referred)
    found |= roles(profile, about, found)
    if not any(kind.entity == "patient" for kind in found.values()):
        found |= _centre(profile, about, found)
    found = {name: _reconsidered(name, kind, profile, found) for name, kind in found.items()}
    patients = [profile.object(name) for name, kind in found.items() if kind.entity == "patient" and not kind.of]
    if len(patients) == 1:
        log = Kind("merges", MERGES, 0.86, f"each row says which two records of {patients[0].name} became one")
        found |= {one.name: log for one in profile.objects if merging(one, patients[0])}
    return found


def _centre(profile: Profile, about: Mapping[str, Mapping[str, Concept]], found: Mapping[str, Kind]) -> dict[str, Kind]:
    """Where nothing is named after patients: people with a birth date to whom most other objects refer."""
    referring = {
        name: len({one.object for one in profile.relations if one.to == name} - {name})
        for name, kind in found.items()
        if kind.entity == "person" and of(about[name], "birth_date")
    }
    most = max(referring, key=lambda name: (referring[name], profile.object(name).rows), default=None)
    if most is None:
        return {}
    return {most: Kind("patient", "person", 0.92, "people with a birth date, to whom the other objects refer")}


def _kind(one: ObjectFacts, about: Mapping[str, Concept], refers_to: set[str], referred: bool) -> Kind:
    spelt = [singular(word) for word in words(one.name)]
    head = [word for word in spelt if word not in _SCAFFOLD] or spelt
    if head[-2:] == ["credit", "note"]:
        head = ["refund"]  # money, and nothing written
    if referred and not refers_to and _is_codes(one, about):
        return Kind("codes", UNMAPPED, 0.85, "a few codes with their meaning, which others refer to")
    if _WORKINGS & set(spelt):
        certainty = 0.85 if "audit" in spelt else 0.75
        return Kind("workings", UNMAPPED, certainty, "it seems to be about the software, not about patients")
    if head[-1] in _CODED and not is_people(about):
        return Kind("codes", CUSTOM, 0.5, "kinds or states of something: a choice where they are used?")
    if spelt[:2] == ["action", "item"]:
        return Kind("appointment", "task", 0.95, "action items are tasks")
    if "property" in head:
        return Kind("property", CUSTOM, 0.5, "properties in rows of their own: fields of what they belong to (pick)?")
    if "emergency" in spelt or (spelt == ["contact"] and (refers_to or not is_people(about))):
        return Kind("contact", CUSTOM, 0.4, "contacts of patients: fields of the patient, or people of their own?")
    named = _named_after(one, about, head)
    built = _built(one, about, refers_to)
    owned = named is not None and named.entity == "matter" and bool(refers_to)
    if built is not None and not owned and (named is None or named.entity == "matter"):
        return built
    if named is None and "money" in {told.name for told in about.values()} and not is_people(about):
        return Kind(
            "unknown", CUSTOM, 0.84, "rows with a price or an amount: of the business, and nothing of the software"
        )
    return named or Kind("unknown", CUSTOM, 0.7, "nothing in its name or fields says what it is")


def _named_after(one: ObjectFacts, about: Mapping[str, Concept], head: Sequence[str]) -> Kind | None:
    """What its name says; the last word says most."""
    for position, word in enumerate(reversed(head)):
        entity, target = _ENTITIES.get(word, ("", ""))
        if not entity:
            continue
        certainty = 0.96 if position == 0 else 0.86
        if target == "person" and not is_people(about) and of(about, "name") is None:
            return Kind("link", CUSTOM, 0.5, f"named after the {word}, yet without a name")
        if entity in ("organization", "payer") and (of(about, "name") or _titled(one, about)) is None:
            return Kind("link", CUSTOM, 0.5, f"rows between others, named after the {word}")
        if word == "lead" and {"stage", "status"} & {spelt for c in one.columns for spelt in c.spelt}:
            return Kind(
                entity, target, 0.86, "people who may become patients, each at a stage: what may become of them"
            )
        if word == "lead" and (is_people(about) or of(about, "phone") or of(about, "email")):
            return Kind(entity, target, 0.7, "people who may become patients: people, or opportunities?")
        if entity == "staff" and of(about, "email") is None:
            return Kind("provider", "person", 0.7, "staff without e-mail addresses: no account can be found by them")
        return Kind(entity, target, certainty, f"its name says {word}")
    return None


def _built(one: ObjectFacts, about: Mapping[str, Concept], refers_to: set[str]) -> Kind | None:
    """What its fields say: people have names, companies a name and an address."""
    told = {one.name for one in about.values() if not one.of_other}
    if of(about, "email") and any("staff" in column.spelt for column in one.columns) and not refers_to:
        return Kind("staff", MEMBER, 0.85, "user names and e-mail addresses")
    if "npi" in told or ("name" in told and "email" in told and told & {"specialty", "credential"} and not refers_to):
        return Kind("provider", "person", 0.85, "people with a specialty or a provider number")
    if {"first_name", "last_name"} <= told:
        certainty = 0.86 if told & {"email", "phone", "birth_date", "specialty"} else 0.75
        return Kind("person", "person", certainty, "rows with first and last names")
    if "name" in told and told & {"street", "zip"} and "birth_date" not in told and not refers_to:
        return Kind("organization", "company", 0.86, "a name and an address, and no person")
    return None


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
    one = profile.object(name)
    theirs = {relation.to for relation in profile.relations if relation.object == name and relation.to != name}
    kinds_of = {found[to].entity for to in theirs}
    parties = {other.of for other in found.values() if other.of}
    of_patients = "patient" in kinds_of
    if kind.of or name in parties:
        return kind
    if theirs & parties and (kind.entity == "unknown" or (kind.entity == "link" and "person" in words(name))):
        return kind._replace(entity="matter", confidence=0.82)
    if kind.entity == "appointment" and _written_up(one, name, theirs, found):
        return Kind("note", "note", 0.84, "what was written of an appointment that has its own row")
    if kind.entity == "appointment" and _beside_appointments(name, profile, found):
        return Kind("matter", CUSTOM, 0.82, "what came of an appointment that has its own row")
    if of_patients and kind.entity == "unknown":
        return _of_patients(one, kind, attended=bool(kinds_of & _ATTENDING))
    if kind.entity in ("unknown", "link") and {"household", "family"} & set(words(name)):
        return kind._replace(entity="matter", confidence=0.82, why="patients who live together, or who of them does")
    if kind.entity == "unknown" and theirs and kinds_of <= {"matter", "item"} and not _written(one):
        return kind._replace(confidence=0.82, why="rows that belong to others, which are objects of their own")
    whose = next((to for to in theirs if found[to].entity == "patient"), "")
    if kind.entity in ("link", "unknown") and whose and _under_its_key(one, whose, profile):
        return Kind("extension", "person", 0.84, f"one row for some of {whose}, under its key: fields of it", whose)
    own = [c for c in one.columns if not any((r.object, r.column) == (name, c.name) for r in profile.relations)]
    owned = kind.entity == "link" and words(name)[-1] not in _ENTITIES and len(own) > _MOST_OF_A_LINK
    if of_patients and owned:
        return _of_patients(one, kind, attended=bool(kinds_of & _ATTENDING))
    if of_patients and kind.entity in ("organization", "payer"):
        return Kind("link", CUSTOM, 0.5, "rows between a patient and something else")
    if of_patients and kind.entity == "contact" and _once_each(name, profile, found):
        return Kind("contact", "person", 0.86, "one contact for each patient: fields of the patient")
    if of_patients and kind.entity == "person" and _PAYING & set(words(name)):
        return kind._replace(confidence=0.86, why="whoever pays for patients, patients or not: people of their own")
    if of_patients and kind.entity in ("patient", "person"):
        return Kind("matter", CUSTOM, 0.5, "rows that belong to a patient")
    return kind


def _under_its_key(one: ObjectFacts, whose: str, profile: Profile) -> bool:
    """Whether its key is that of the patients, so that a patient has one row at most."""
    return any(
        role_of(Kind("", "", 0.0, "", whose), relation, one.rows)
        for relation in profile.relations
        if relation.object == one.name and (relation.column,) == one.key
    )


def _written_up(one: ObjectFacts, name: str, theirs: set[str], found: Mapping[str, Kind]) -> bool:
    """Whether rows are what was written of appointments that are rows of another object."""
    if not {"encounter"} & set(words(name)) or not any(found[to].entity == "appointment" for to in theirs):
        return False
    return _written(one)


def _beside_appointments(name: str, profile: Profile, found: Mapping[str, Kind]) -> bool:
    """Whether rows are visits, and the appointments in which they were booked name them or are named by them."""
    booked = {other for other, kind in found.items() if kind.entity == "appointment" and "appointment" in words(other)}
    joined = {(one.object, one.to) for one in profile.relations}
    return "encounter" in words(name) and any({(name, other), (other, name)} & joined for other in booked - {name})


def _written(one: ObjectFacts) -> bool:
    about = concepts(one.name, one.columns)
    return any(about[c.name].name == "body" and c.fill(one.rows) > _USUAL for c in one.columns)


def _of_patients(one: ObjectFacts, kind: Kind, *, attended: bool) -> Kind:
    """Rows of patients whose name says nothing. attended: they also name somebody who treats."""
    about = concepts(one.name, one.columns)
    told = {told.name for told in about.values() if not told.of_other}
    texts = [c.name for c in one.columns if about[c.name].name == "body"]
    dated = [c for c in one.columns if c.type in ("date", "datetime") and about[c.name].name not in _NO_MOMENT]
    moments = [c.name for c in dated if c.type == "datetime"]
    if told & {"file_path", "blob"}:
        return Kind("document", "note", 0.84, "files, each of a patient")
    timed = "due" in told or bool({"start", "end"} & told and moments) or any(c.type == "time" for c in one.columns)
    if attended and timed and not told & {"money", "expiry"} and ("status" in told or "duration" in told):
        return Kind("appointment", "task", 0.85, "a patient, somebody who treats, a time and a state")
    if texts and dated and len(one.columns) <= _MOST_OF_A_NOTE:
        return Kind("note", "note", 0.82, "a text and its time, of a patient")
    if "money" in told and not told & _PLANNED:
        return kind._replace(entity="matter", confidence=0.84)
    if _written(one) or (attended and any(about[name].name not in ("created", "edited") for name in moments)):
        return kind._replace(entity="matter", confidence=0.75, why="a patient, and a text or a time: a note, a task?")
    return kind._replace(entity="matter", confidence=0.82)


def _once_each(name: str, profile: Profile, found: Mapping[str, Kind]) -> bool:
    """Whether no two rows belong to the same patient."""
    return any(
        profile.object(name).column(relation.column).distinct >= 0.98 * relation.filled
        for relation in profile.relations
        if relation.object == name and found[relation.to].entity == "patient"
    )
