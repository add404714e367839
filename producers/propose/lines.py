"""Which field of Twenty each column fills: by what it is about, its type, and the kind of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from producers.profile.concepts import Concept, concepts, own_words
from producers.profile.facts import Column, ObjectFacts, Profile, Relation
from producers.profile.words import words
from producers.propose.derived import Group, groups
from producers.propose.entities import CUSTOM, MEMBER, UNMAPPED, Kind
from producers.propose.selects import Select, choice, task_states

NOTHING = "none"
"""Place of a column that fills nothing, because it should not."""
QUESTION = "?"
"""Place of a column about which there is no proposal, only a question."""


@dataclass(frozen=True, slots=True)
class Line:
    """One column and where it goes. place: a standard field or sub-field (``firstName``), the type of a custom field, or
    ``-> object``. confidence: 0 to 1. rule: as a mapping writes it. field: Twenty's name of the field that it is part of.
    """

    object: str
    column: str
    place: str
    confidence: float
    why: str
    field: str = ""
    rule: Any = None
    label: str = ""
    select: Select | None = None
    relation: Relation | None = None
    group: Group | None = None


@dataclass(slots=True)
class _Rows:
    """What is known of an object while its columns are placed. ``taken``: places that one column can fill alone."""

    facts: ObjectFacts
    kind: Kind
    about: Mapping[str, Concept]
    relations: Mapping[str, Relation]
    taken: set[str] = field(default_factory=set)


ADDRESS = {
    "street": "addressStreet1",
    "street2": "addressStreet2",
    "city": "addressCity",
    "state": "addressState",
    "zip": "addressPostcode",
    "country": "addressCountry",
    "latitude": "addressLat",
    "longitude": "addressLng",
}
_LABELS = {
    "birth_date": "Date of birth",
    "death_date": "Date of death",
    "sex": "Gender",
    "marital": "Marital status",
    "npi": "NPI",
}
_TYPES = {"date": "DATE", "datetime": "DATE_TIME", "boolean": "BOOLEAN", "decimal": "NUMBER", "integer": "NUMBER"}
_NAMED = frozenset({"id", "number", "code", "key", "uuid", "reference"})
_REFERRED = frozenset({"patient", "provider", "doctor", "staff", "organization", "facility", "payer", "appointment"})
_CODED = frozenset(
    {"status", "type", "code", "kind", "class", "category", "sex", "race", "marital", "specialty", "mode"}
)
_LONG_NUMBER = 6
_TECHNICAL = frozenset({"archived", "deleted", "merged", "hash", "mime"})


def lines(one: ObjectFacts, kind: Kind, profile: Profile, kinds: Mapping[str, Kind]) -> list[Line]:
    """In the order of the columns. A column may have several lines; the key has none."""
    if kind.target == UNMAPPED:
        return []
    mapped = {
        relation.column: relation
        for relation in profile.relations
        if relation.object == one.name and kinds[relation.to].target != UNMAPPED and _resolves(relation, profile)
    }
    rows = _Rows(one, kind, concepts(one.name, one.columns), mapped)
    found: list[Line] = []
    spelled = {name: group for group in groups(one, rows.about, mapped) for name in group.columns}
    if kind.target != "person":
        spelled = {}
    for column in _by_rank(rows):
        if column.name in spelled:
            found.append(_derived(rows, column, spelled[column.name]))
        else:
            found.extend(_of(rows, column))
    order = {column.name: position for position, column in enumerate(one.columns)}
    return sorted(found, key=lambda line: order[line.column])


def _resolves(relation: Relation, profile: Profile) -> bool:
    """A link is followed by the other's key, or by an e-mail address."""
    to = profile.object(relation.to)
    return (relation.to_column,) == to.key or to.column(relation.to_column).form == "email"


def _by_rank(rows: _Rows) -> Sequence[Column]:
    """The likeliest owner of a place comes first: a mobile before a fax, a start before any other time."""
    order = (("due",), ("start",), ("title",), ("reason", "description"), ("name",), ("file_name",), ("kind",))

    def rank(column: Column) -> tuple[int, float, int]:
        one = rows.about[column.name]
        place = next((place for place, names in enumerate(order) if one.name in names), len(order))
        if rows.kind.entity == "document" and one.name == "file_name":
            place = 0
        mobile = 0 if {"mobile"} & set(words(column.name)) else 1
        return place, -round(column.fill(rows.facts.rows), 1), mobile

    return sorted(rows.facts.columns, key=rank)


def _derived(rows: _Rows, column: Column, group: Group) -> Line:
    why = f"every row spells the {group.name} out: a company of its own, known by {group.key}"
    return Line(rows.facts.name, column.name, "derived", 0.88, why, f"derived {group.name}", group=group)


def _of(rows: _Rows, column: Column) -> Iterator[Line]:
    one = rows.about[column.name]
    name, certainty = one.name, one.certainty
    if column.name in rows.relations and (column.name,) != rows.facts.key and not set(words(column.name)) & _TECHNICAL:
        yield _link(rows, column)
        return
    if column.name in rows.facts.key and not (rows.kind.entity == "patient" and name == "npi"):
        return
    if not column.filled:
        yield _line(rows, column, QUESTION, 0.0, "it is defined, and never filled: is it needed?")
    elif name == "secret":
        yield _line(rows, column, NOTHING, certainty, "numbers of identity papers and passwords stay in the source")
    elif name == "changed":
        yield _line(rows, column, NOTHING, certainty, "the time of the last change, by which changes are found")
    elif set(words(column.name)) & _TECHNICAL or name in ("hash", "mime"):
        yield _line(rows, column, QUESTION, 0.0, "it is about the row itself: does it say that a row does not count?")
    elif _is_polymorphic(rows, column):
        yield _line(rows, column, QUESTION, 0.0, "with its twin it names records of several kinds: one part for each?")
    elif column.type == "json":
        yield _line(
            rows, column, QUESTION, 0.0, "a list or an object: should each item be a record (each: {array: …})?"
        )
    elif column.type == "bytes" or name in ("file_path", "file_size", "blob"):
        yield from _file(rows, column, one)
    elif name == "currency" and any(other.name == "money" for other in rows.about.values()):
        yield _line(rows, column, "CURRENCY", certainty, "the currency of the amounts beside it", "currency")
    else:
        yield from _placed(rows, column, one)


def _is_polymorphic(rows: _Rows, column: Column) -> bool:
    """``about_type`` and ``about_id``, where the ids lead nowhere in particular."""
    stem, _, end = column.name.rpartition("_")
    twin = {"id": "type", "type": "id"}.get(end.casefold())
    return (
        bool(stem and twin)
        and not set(words(stem)) <= own_words(rows.facts.name)
        and f"{stem}_{twin}" in {name.lower() for name in rows.about}
        and (f"{stem}_id" not in rows.relations and f"{stem}_id" not in rows.facts.key)
    )


def _placed(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    target = rows.kind.target
    if not one.of_other and rows.kind.entity != "contact":
        special = {
            "person": _of_person,
            MEMBER: _of_member,
            "company": _of_company,
            "task": _of_task,
            "note": _of_note,
            "opportunity": _of_matter,
            CUSTOM: _of_matter,
        }[target]
        found = list(special(rows, column, one))
        if found:
            yield from found
            return
    if target != MEMBER:
        yield _custom(rows, column, one)


def _take(rows: _Rows, place: str) -> bool:
    """Whether the place was free; it is not any more."""
    free = place not in rows.taken
    rows.taken.add(place)
    return free


def _of_person(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    match one.name:
        case "first_name" | "last_name" if _take(rows, one.name):
            place = "firstName" if one.name == "first_name" else "lastName"
            yield _line(rows, column, place, one.certainty, "what it is called", "name", {place: column.name})
        case "name" if not {"first_name", "last_name"} & {other.name for other in rows.about.values()}:
            if _take(rows, "name"):
                why = "the whole name in one column: taken as it is"
                yield _line(rows, column, "fullName", 0.85, why, "name", {"lastName": column.name})
        case "email" if _take(rows, "emails"):
            yield _line(rows, column, "emails", one.certainty, "its values are e-mail addresses", "emails", column.name)
        case "phone" if _take(rows, "phones"):
            yield _line(rows, column, "phones", one.certainty, "a phone of the person", "phones", column.name)
        case "job" if _take(rows, "jobTitle"):
            yield _line(rows, column, "jobTitle", one.certainty, "what it is called", "jobTitle", column.name)
        case "created" if _take(rows, "createdAt"):
            yield _dated(rows, column, "createdAt", one.certainty, "when the record was made")
        case _ if one.name in ADDRESS:
            if one.name == "city" and _take(rows, "city"):
                yield _line(rows, column, "city", one.certainty, "the person's city", "city", column.name)
            yield from _address(rows, column, one, "homeAddress")


def _of_member(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    if one.name == "email" and _take(rows, "userEmail"):
        yield _line(rows, column, "userEmail", one.certainty, "members are found by it", "match", column.name)
    elif one.name in ("first_name", "last_name", "name"):
        yield _line(rows, column, one.name, one.certainty, "for the list of those to invite", "invited", column.name)
    else:
        yield _custom(rows, column, one)


def _of_company(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    match one.name:
        case "name" | "title" if _take(rows, "name"):
            yield _line(rows, column, "name", one.certainty, "what it is called", "name", column.name)
        case "description" if not _named(rows) and _take(rows, "name"):
            yield _line(rows, column, "name", 0.86, "it has no other name", "name", column.name)
        case "website" if _take(rows, "domainName"):
            yield _line(rows, column, "domainName", one.certainty, "its website", "domainName", column.name)
        case _ if one.name in ADDRESS:
            yield from _address(rows, column, one, "address")


def _named(rows: _Rows) -> bool:
    return any(one.name in ("name", "title") and not one.of_other for one in rows.about.values())


def _of_task(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    moment = column.type in ("date", "datetime")
    plainly = moment and not one.name and column.type == "datetime"
    if (one.name in ("due", "start") or plainly) and _take(rows, "dueAt"):
        certainty = max(one.certainty, 0.86)
        yield _dated(rows, column, "dueAt", certainty, "when it takes place")
    elif one.name == "status":
        states = task_states(column)
        if states is not None and _take(rows, "status"):
            rule = {"from": column.name, "values": states}
            yield _line(rows, column, "status", 0.9, "each value is a state of a task", "status", rule)
            # whether the words themselves matter beside the state is for a person to say
            yield replace(_custom(rows, column, one), confidence=0.75)
    elif one.name in ("title", "reason", "description", "name", "kind") and _take(rows, "title"):
        rule = {"from": column.name, "otherwise": rows.facts.name.replace("_", " ").capitalize()}
        certainty = one.certainty if one.name in ("title", "reason", "description") else 0.85
        yield _line(rows, column, "title", certainty, "the likeliest title", "title", rule)
        if one.name == "kind":
            yield _custom(rows, column, one)
    elif one.name in ("body", "description") and _take(rows, "bodyV2"):
        yield _body(rows, column, one)


def _of_note(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    moment = column.type in ("date", "datetime")
    if moment and (one.name in ("created", "start") or not one.name) and _take(rows, "createdAt"):
        certainty = max(one.certainty, 0.86) if column.type == "datetime" else 0.82
        yield _dated(rows, column, "createdAt", certainty, "when it was written")
    elif one.name == "file_name" and rows.kind.entity == "document":
        yield from _file(rows, column, one)
    elif one.name in ("title", "name", "description", "reason") and _take(rows, "title"):
        yield _line(rows, column, "title", max(one.certainty, 0.86), "the likeliest title", "title", column.name)
    elif (one.name == "body" or (one.name == "description" and rows.kind.entity != "document")) and _take(
        rows, "bodyV2"
    ):
        yield _body(rows, column, one)


def _of_matter(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    """Custom objects and opportunities."""
    if one.name in ("title", "name") and _take(rows, "name"):
        yield _line(rows, column, "name", one.certainty, "what it is called", "name", column.name)
    elif one.name == "description" and not _named(rows) and _take(rows, "name"):
        yield _line(rows, column, "name", 0.86, "it has no other name", "name", column.name)
    elif one.name == "money" and rows.kind.target == "opportunity" and _take(rows, "amount"):
        yield _line(rows, column, "amount", one.certainty, "the amount that it is about", "amount", column.name)


def _address(rows: _Rows, column: Column, one: Concept, name: str) -> Iterator[Line]:
    place = ADDRESS[one.name]
    if _take(rows, place):
        yield _line(rows, column, place, one.certainty, f"a part of an address: {one.name}", name, {place: column.name})


def _body(rows: _Rows, column: Column, one: Concept) -> Line:
    rule: Any = {"from": column.name, "as": column.form} if column.form in ("html", "rtf") else column.name
    return _line(rows, column, "bodyV2", one.certainty, "longer text", "bodyV2", rule)


def _dated(rows: _Rows, column: Column, name: str, certainty: float, why: str) -> Line:
    return _line(rows, column, name, certainty, why, name, _with_format(column))


def _with_format(column: Column) -> Any:
    return {"from": column.name, "formats": [column.format]} if column.format else column.name


def _file(rows: _Rows, column: Column, one: Concept) -> Iterator[Line]:
    """The file of a document: where it lies or its bytes, its name, its size."""
    if rows.kind.entity != "document":
        if one.name not in ("file_size",) and column.type != "bytes":
            yield _custom(rows, column, one)
        return
    part = {"file_path": "path", "file_name": "name", "file_size": "size"}.get(one.name, "blob")
    if not _take(rows, f"file {part}"):
        return
    if part == "name" and _take(rows, "title"):
        yield _line(rows, column, "title", one.certainty, "a document goes by its file's name", "title", column.name)
    yield _line(rows, column, "file", one.certainty, f"of the file: its {part}", f"file {part}", column.name)


def _custom(rows: _Rows, column: Column, one: Concept) -> Line:
    """A field of its own, typed by what is in the column."""
    spelt, kind, certainty = set(words(column.name)), _TYPES.get(column.type, "TEXT"), 0.9
    rule: Any = column.name
    select = None if _explained(rows, column) else choice(column)
    why = f"a field of its own, by its type: {column.type}"
    if one.name == "email" and not one.of_other:
        kind, certainty = "EMAILS", 0.9
    elif one.name == "email":
        kind, rule, certainty = "TEXT", {"from": column.name, "as": "email"}, 0.85
    elif one.name in ("phone", "fax"):
        # a number that merely looks like one is somebody's identifier
        kind, certainty = ("PHONES", min(one.certainty, 0.92)) if one.certainty > 0.8 else ("TEXT", 0.82)
    elif one.name == "website":
        kind = "LINKS"
    elif one.name == "money":
        kind, certainty = "CURRENCY", one.certainty
        unit = next((other for other, about in rows.about.items() if about.name == "currency"), None)
        rule = {"from": column.name, "currency": unit} if unit else column.name
    elif one.name == "duration":
        kind, rule = "NUMBER", {"from": column.name, "as": "minutes" if column.type == "text" else "integer"}
    elif kind in ("DATE", "DATE_TIME"):
        rule, certainty = _with_format(column), 0.92
    elif kind == "BOOLEAN":
        rule, why = _truth(column), "yes or no"
    elif column.type == "integer" and {text for text, _ in column.values} == {"0", "1"} and one.name != "sex":
        kind, rule, why, certainty = "BOOLEAN", {"from": column.name, "equals": "1"}, "it is 0 or 1", 0.85
    elif _may_refer(rows, column):
        kind, certainty, why = "TEXT", 0.7, "numbers that may be keys of records, which lead nowhere known"
    elif select is not None and (column.type == "text" or spelt & _CODED or one.name in _CODED):
        kind, certainty, why = "SELECT", 0.88, f"{len(select.options)} values, again and again"
        rule = {"from": column.name, "values": dict(select.values)}
    elif one.name == "quantity":
        why = "counted or measured"
    elif column.type == "integer" and (spelt & _NAMED or one.name in ("npi", "zip") or _is_code(column)):
        kind, certainty, why = "TEXT", 0.82, "a number that is not counted with"
    elif "value" in spelt and kind == "NUMBER" and rows.kind.entity == "matter":
        kind, why = "TEXT", "results are not always numbers"
    elif column.form == "list":
        certainty, why = 0.6, "several texts in one: a multi-select (split: …)?"
    elif column.type == "integer" and column.distinct <= 3:
        certainty, why = 0.7, "a number with so few values may be a code"
    elif column.type == "time":
        certainty, why = 0.6, "a time of day"
    label = _LABELS.get(one.name) if not one.of_other else None
    if column.fill(rows.facts.rows) < 0.02:
        certainty, why = min(certainty, 0.75), "hardly ever filled"
    return Line(
        rows.facts.name,
        column.name,
        kind,
        certainty,
        why,
        field="",
        rule=rule,
        label=label or labelled(column.name),
        select=select if kind == "SELECT" else None,
    )


def _may_refer(rows: _Rows, column: Column) -> bool:
    spelt = set(words(column.name))
    whole = column.type == "integer" or column.form == "digits"
    return (
        whole
        and ("id" in spelt or bool(spelt & _REFERRED and spelt - own_words(rows.facts.name)))
        and not (spelt & {"count", "quantity", "units"})
    )


def _is_code(column: Column) -> bool:
    return column.form != "" or column.longest >= _LONG_NUMBER


def _explained(rows: _Rows, column: Column) -> bool:
    """A code with its text beside it is one of a terminology, and no choice of the clinic."""
    spelt = set(words(column.name))
    if "code" not in spelt or spelt & {"type", "kind", "status"}:
        return False
    stem = spelt - {"code"}
    return any(
        set(words(other)) in (stem | {"description"}, stem | {"code", "text"}, stem | {"text"}) for other in rows.about
    )


def _truth(column: Column) -> Any:
    """Words that Twenty's converter knows are left to it."""
    said = {text.casefold() for text, _ in column.values}
    for yes in ("j", "ja", "oui", "si", "o", "x"):
        if yes in said:
            return {"from": column.name, "equals": next(text for text, _ in column.values if text.casefold() == yes)}
    return column.name


def _link(rows: _Rows, column: Column) -> Line:
    relation = rows.relations[column.name]
    rate = f"{relation.rate:.0%} of the values are keys of {relation.to}"
    certainty = 0.99 if relation.declared else 0.96 if relation.rate >= 0.9 else 0.88 if relation.rate >= 0.6 else 0.7
    place, label = f"-> {relation.to}", labelled(column.name)
    return Line(rows.facts.name, column.name, place, certainty, rate, label=label, relation=relation)


def labelled(name: str) -> str:
    """A label for people: the words without what only says that it is a key, a text or a column."""
    spelt = [word for word in words(name) if word not in ("id", "text", "key")] or list(words(name)) or ["field"]
    return " ".join(spelt).capitalize()


def _line(
    rows: _Rows, column: Column, place: str, certainty: float, why: str, field: str = "", rule: Any = None
) -> Line:
    return Line(rows.facts.name, column.name, place, round(certainty, 2), why, field, rule)
