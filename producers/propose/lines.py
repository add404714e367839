"""Which field of Twenty each column fills: by what it is about, its type, and the kind of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from producers.profile.concepts import Concept, concepts, own_words
from producers.profile.facts import Column, ObjectFacts, Profile, Relation
from producers.profile.relations import Parent, affinity
from producers.profile.words import words
from producers.propose.derived import Group, groups
from producers.propose.fields import custom_field
from producers.propose.kind import CUSTOM, MEMBER, UNMAPPED, Kind
from producers.propose.line import NOTHING, QUESTION, Line, Rows, labelled, placed_line, with_format
from producers.propose.merges import LOSER, MERGES, SURVIVOR, merging
from producers.propose.roles import role_of
from producers.propose.selects import task_states

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
_LONGEST_CODE = 3
_CLOSE, _NAMED_AFTER = 0.8, 0.9
"""Affinity from which on a name says to whom a column leads though some lead nowhere, and to whom alone."""
_TELLING = 3
"""Different values from which on it says something that all are keys of an object after which nothing is named."""
_TECHNICAL = frozenset(
    {"archived", "deleted", "merged", "hash", "mime", "checksum", "sync", "revision", "sort", "sequence", "tenant",
     "token", "color", "icon", "rowversion", "etag", "ip", "soundex", "etl", "loaded", "ingested", "extracted",
     "search"}
)  # fmt: skip


_ORGANIZED = frozenset({"lab", "bank", "pharmacy", "hospital", "vendor"})
"""Whose name is no name of a result, an order or a receipt."""
_LATER = frozenset(
    {"signed", "cancelled", "completed", "confirmed", "finalized", "closed", "locked", "printed", "sent", "verified",
     "withdrawn", "revoked", "reviewed", "reviewer", "approved", "resolved", "received", "read"}
)  # fmt: skip
"""What happened to a row after it was written."""


def lines(one: ObjectFacts, kind: Kind, profile: Profile, kinds: Mapping[str, Kind]) -> list[Line]:
    """In the order of the columns. A column may have several lines; the key has none."""
    if kind.target == UNMAPPED:
        return []
    if kind.target == MERGES:
        return _of_merges(one, profile, kinds)
    mapped = {
        relation.column: relation
        for relation in sorted(profile.relations, key=lambda relation: relation.rate)  # the best of several is left
        if relation.object == one.name and kinds[relation.to].target != UNMAPPED and _resolves(relation, profile)
    }
    rows = Rows(one, kind, concepts(one.name, one.columns), mapped)
    found: list[Line] = []
    spelled = {name: group for group in groups(one, rows.about, mapped) for name in group.columns}
    if kind.target != "person" or kind.of:
        spelled = {}
    for column in _by_rank(rows):
        if column.name in spelled:
            found.append(_derived(rows, column, spelled[column.name]))
        else:
            found.extend(_of(rows, column, profile))
    order = {column.name: position for position, column in enumerate(one.columns)}
    return sorted(found, key=lambda line: order[line.column])


def _of_merges(one: ObjectFacts, profile: Profile, kinds: Mapping[str, Kind]) -> list[Line]:
    patients = next(profile.object(name) for name, kind in kinds.items() if kind.entity == "patient" and not kind.of)
    both = merging(one, patients)
    assert both is not None, "lines of a log of merges are those of what it merges"
    said = {both.loser: LOSER, both.survivor: SURVIVOR}
    return [
        Line(one.name, column.name, said[column.name], 0.86, f"the {said[column.name]} of a merge", said[column.name])
        for column in one.columns
        if column.name in said
    ]


def _resolves(relation: Relation, profile: Profile) -> bool:
    """A link is followed by the other's key, or by an e-mail address."""
    to = profile.object(relation.to)
    return (relation.to_column,) == to.key or to.column(relation.to_column).form == "email"


def _by_rank(rows: Rows) -> Sequence[Column]:
    """The likeliest owner of a place comes first: a mobile before a fax, a start before any other time."""
    order = (("due",), ("start",), ("title",), ("reason", "description"), ("name",), ("file_name",), ("kind",))

    def rank(column: Column) -> tuple[int, float, int]:
        one = rows.about[column.name]
        place = next((place for place, names in enumerate(order) if one.name in names), len(order))
        if rows.kind.entity == "document" and one.name == "file_name":
            place = 0
        mobile = 0 if {"mobile"} & set(column.spelt) else 1
        return place, -round(column.fill(rows.facts.rows), 1), mobile

    return sorted(rows.facts.columns, key=rank)


def _derived(rows: Rows, column: Column, group: Group) -> Line:
    why = f"every row spells the {group.name} out: a company of its own, known by {group.key}"
    return Line(rows.facts.name, column.name, "derived", 0.88, why, f"derived {group.name}", group=group)


def _of(rows: Rows, column: Column, profile: Profile) -> Iterator[Line]:
    one = rows.about[column.name]
    name, certainty = one.name, one.certainty
    relation = rows.relations.get(column.name)
    role = relation is not None and role_of(rows.kind, relation, rows.facts.rows)
    if (
        relation is not None
        and ((column.name,) != rows.facts.key or role)
        and not _is_stamp(column)
        and not set(column.spelt) & _TECHNICAL
    ):
        yield _link(rows, column, profile)
        return
    if column.name in rows.facts.key and not (rows.kind.entity == "patient" and name == "npi"):
        return
    if not column.filled:
        yield placed_line(rows, column, QUESTION, 0.0, "it is defined, and never filled: is it needed?")
    elif name == "secret":
        yield placed_line(
            rows, column, NOTHING, certainty, "numbers of identity papers and passwords stay in the source"
        )
    elif name == "changed":
        yield placed_line(rows, column, NOTHING, certainty, "the time of the last change, by which changes are found")
    elif set(column.spelt) & _TECHNICAL or {"record", "status"} <= set(column.spelt) or name in ("hash", "mime"):
        yield placed_line(
            rows, column, QUESTION, 0.0, "it is about the row itself: does it say that a row does not count?"
        )
    elif column.form == "uuid" and column.distinct == column.filled == rows.facts.rows:
        yield placed_line(rows, column, QUESTION, 0.0, "a second key of the row: is it needed?")
    elif _is_stamp(column):
        yield placed_line(rows, column, QUESTION, 0.0, "who made or changed the row: is it needed?")
    elif _is_polymorphic(rows, column):
        yield placed_line(
            rows, column, QUESTION, 0.0, "with its twin it names records of several kinds: one part for each?"
        )
    elif column.type == "json":
        yield placed_line(
            rows, column, QUESTION, 0.0, "a list or an object: should each item be a record (each: {array: …})?"
        )
    elif column.type == "bytes" or name in ("file_path", "file_size", "blob"):
        yield from _file(rows, column, one)
    elif name == "currency" and any(other.name == "money" for other in rows.about.values()):
        yield placed_line(rows, column, "CURRENCY", certainty, "the currency of the amounts beside it", "currency")
    else:
        yield from _placed(rows, column, one)


def _is_stamp(column: Column) -> bool:
    """Who changed a row; and who made it, where that is a mere number."""
    spelt, whole = set(column.spelt), column.type == "integer" or column.form in ("digits", "uuid")
    changed = "updated" in spelt and (spelt & {"staff", "by"} or (spelt & {"id", "number", "count"} and whole))
    return bool(changed) or ("created" in spelt and whole and bool(spelt & {"staff", "by", "id"}))


def _is_polymorphic(rows: Rows, column: Column) -> bool:
    """``about_type`` and ``about_id``, where the ids lead nowhere in particular."""
    stem, _, end = column.name.rpartition("_")
    twin = {"id": "type", "type": "id"}.get(end.casefold())
    return (
        bool(stem and twin)
        and not set(words(stem)) <= own_words(rows.facts.name)
        and f"{stem}_{twin}" in {name.lower() for name in rows.about}
        and (f"{stem}_id" not in rows.relations and f"{stem}_id" not in rows.facts.key)
    )


def _placed(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    target = rows.kind.target
    of_names = rows.kind.entity == "person" and one.name in ("first_name", "last_name", "name")
    if not one.of_other and rows.kind.entity != "contact" and (of_names or not rows.kind.of):
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
        yield custom_field(rows, column, one)


def _take(rows: Rows, place: str) -> bool:
    """Whether the place was free; it is not any more."""
    free = place not in rows.taken
    rows.taken.add(place)
    return free


def _of_person(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    match one.name:
        case "first_name" | "last_name" if _take(rows, one.name):
            place = "firstName" if one.name == "first_name" else "lastName"
            yield placed_line(rows, column, place, one.certainty, "what it is called", "name", {place: column.name})
        case "name" if not {"first_name", "last_name"} & {other.name for other in rows.about.values()}:
            if _take(rows, "name"):
                whole = any(re.search(r"[\s,]", mask) for mask, _ in column.patterns[:1])
                certainty = 0.85 if whole else 0.7
                why = "the whole name in one column: taken as it is" if whole else "one word: which name is it?"
                yield placed_line(rows, column, "fullName", certainty, why, "name", {"lastName": column.name})
        case "email" if _take(rows, "emails"):
            yield placed_line(
                rows, column, "emails", one.certainty, "its values are e-mail addresses", "emails", column.name
            )
        case "phone" if _take(rows, "phones"):
            yield placed_line(rows, column, "phones", one.certainty, "a phone of the person", "phones", column.name)
        case "job" if _take(rows, "jobTitle"):
            yield placed_line(rows, column, "jobTitle", one.certainty, "what it is called", "jobTitle", column.name)
        case "created" if _take(rows, "createdAt"):
            yield _dated(rows, column, "createdAt", one.certainty, "when the record was made")
        case _ if one.name in ADDRESS:
            if one.name == "city" and _take(rows, "city"):
                yield placed_line(rows, column, "city", one.certainty, "the person's city", "city", column.name)
            yield from _address(rows, column, one, "homeAddress")


def _of_member(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    if one.name == "email" and _take(rows, "userEmail"):
        yield placed_line(rows, column, "userEmail", one.certainty, "members are found by it", "match", column.name)
    elif one.name in ("first_name", "last_name", "name"):
        yield placed_line(
            rows, column, one.name, one.certainty, "for the list of those to invite", "invited", column.name
        )
    else:
        yield custom_field(rows, column, one)


def _of_company(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    match one.name:
        case "name" | "title" if _take(rows, "name"):
            yield placed_line(rows, column, "name", one.certainty, "what it is called", "name", column.name)
        case "description" if not _named(rows) and _take(rows, "name"):
            yield placed_line(rows, column, "name", 0.86, "it has no other name", "name", column.name)
        case "website" if _take(rows, "domainName"):
            yield placed_line(rows, column, "domainName", one.certainty, "its website", "domainName", column.name)
        case _ if one.name in ADDRESS:
            yield from _address(rows, column, one, "address")


def _told(column: Column, one: Concept) -> bool:
    """Whether it is words, not the key of what has them, and no letters that stand for a kind."""
    return column.type != "integer" and (one.name != "kind" or column.longest > _LONGEST_CODE)


def _named(rows: Rows) -> bool:
    return any(one.name in ("name", "title") and not one.of_other for one in rows.about.values())


def _is_the_day(rows: Rows, column: Column) -> bool:
    """Whether it is the day of the row and no other: its time is in a column beside it."""
    said = set(column.spelt) - own_words(rows.facts.name)
    return said <= {"date", "day", "of", "service"} and any(other.type == "time" for other in rows.facts.columns)


def _of_task(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    timed = column.type == "datetime" and not set(column.spelt) & _LATER
    plainly = not one.name and (timed or (column.type == "date" and _is_the_day(rows, column)))
    if (one.name in ("due", "start") or plainly) and _take(rows, "dueAt"):
        certainty = max(one.certainty, 0.86)
        yield _dated(rows, column, "dueAt", certainty, "when it takes place")
    elif one.name == "status":
        states = task_states(column)
        if states is not None and _take(rows, "status"):
            rule = {"from": column.name, "values": states}
            yield placed_line(rows, column, "status", 0.9, "each value is a state of a task", "status", rule)
            # whether the words themselves matter beside the state is for a person to say
            yield replace(custom_field(rows, column, one), confidence=0.75)
    elif (
        one.name in ("title", "reason", "description", "name", "kind")
        and _told(column, one)
        and not set(column.spelt) & _LATER
        and _take(rows, "title")
    ):
        rule = {"from": column.name, "otherwise": rows.facts.name.replace("_", " ").capitalize()}
        certainty = one.certainty if one.name in ("title", "reason", "description") else 0.85
        yield placed_line(rows, column, "title", certainty, "the likeliest title", "title", rule)
        if one.name == "kind":
            yield custom_field(rows, column, one)
    elif one.name in ("body", "description") and _take(rows, "bodyV2"):
        yield _body(rows, column, one)


def _of_note(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    moment = column.type in ("date", "datetime")
    plainly = not one.name and not set(column.spelt) & _LATER
    if moment and (one.name in ("created", "start") or plainly) and _take(rows, "createdAt"):
        certainty = max(one.certainty, 0.86) if column.type == "datetime" else 0.82
        yield _dated(rows, column, "createdAt", certainty, "when it was written")
    elif one.name == "file_name" and rows.kind.entity == "document":
        yield from _file(rows, column, one)
    elif one.name in ("title", "name", "description", "reason") and _take(rows, "title"):
        yield placed_line(rows, column, "title", max(one.certainty, 0.86), "the likeliest title", "title", column.name)
    elif (one.name == "body" or (one.name == "description" and rows.kind.entity != "document")) and _take(
        rows, "bodyV2"
    ):
        yield _body(rows, column, one)


def _of_matter(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    """Custom objects and opportunities."""
    if one.name in ("title", "name") and not set(column.spelt) & _ORGANIZED and _take(rows, "name"):
        yield placed_line(rows, column, "name", one.certainty, "what it is called", "name", column.name)
    elif one.name == "description" and not _named(rows) and _take(rows, "name"):
        yield placed_line(rows, column, "name", 0.86, "it has no other name", "name", column.name)
    elif one.name == "money" and rows.kind.target == "opportunity" and _take(rows, "amount"):
        yield placed_line(rows, column, "amount", one.certainty, "the amount that it is about", "amount", column.name)


def _address(rows: Rows, column: Column, one: Concept, name: str) -> Iterator[Line]:
    place = ADDRESS[one.name]
    if _take(rows, place):
        yield placed_line(
            rows, column, place, one.certainty, f"a part of an address: {one.name}", name, {place: column.name}
        )


def _body(rows: Rows, column: Column, one: Concept) -> Line:
    rule: Any = {"from": column.name, "as": column.form} if column.form in ("html", "rtf") else column.name
    return placed_line(rows, column, "bodyV2", one.certainty, "longer text", "bodyV2", rule)


def _dated(rows: Rows, column: Column, name: str, certainty: float, why: str) -> Line:
    return placed_line(rows, column, name, certainty, why, name, with_format(column))


def _file(rows: Rows, column: Column, one: Concept) -> Iterator[Line]:
    """The file of a document: where it lies or its bytes, its name, its size."""
    if rows.kind.entity != "document":
        if one.name not in ("file_size",) and column.type != "bytes":
            yield custom_field(rows, column, one)
        return
    part = {"file_path": "path", "file_name": "name", "file_size": "size"}.get(one.name, "blob")
    if not _take(rows, f"file {part}"):
        return
    if part == "name" and _take(rows, "title"):
        yield placed_line(
            rows, column, "title", one.certainty, "a document goes by its file's name", "title", column.name
        )
    yield placed_line(rows, column, "file", one.certainty, f"of the file: its {part}", f"file {part}", column.name)


def _link(rows: Rows, column: Column, profile: Profile) -> Line:
    relation = rows.relations[column.name]
    why = f"{relation.rate:.0%} of the values are keys of {relation.to}"
    certainty = 0.99 if relation.declared else 0.96 if relation.rate >= 0.9 else 0.88 if relation.rate >= 0.6 else 0.7
    to = Parent(relation.to, profile.object(relation.to).column(relation.to_column))
    close = affinity(column, to, itself=relation.to == rows.facts.name)
    if not relation.declared and certainty < 0.9 and close < _CLOSE and to.column.form != "email":
        certainty = 0.75
    if not relation.declared and to.dense and column.distinct < _TELLING - (close >= _NAMED_AFTER):
        certainty, why = min(certainty, 0.75), f"{why}, but so few small numbers are keys of anything: is it one?"
    place, label = f"-> {relation.to}", labelled(column)
    return Line(rows.facts.name, column.name, place, certainty, why, label=label, relation=relation)
