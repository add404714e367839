"""Roles of parties: patients and providers without a name of their own, who are rows of a common table of everybody.

Business suites and some hospital systems keep names in a table of parties, people or partners; a patient is then a row
that names one of them. What it holds are fields of that record: in the draft it is a fragment of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from producers.profile.concepts import Concept
from producers.profile.facts import Profile, Relation
from producers.profile.people import is_people, of
from producers.profile.words import singular, words
from producers.propose.kind import MEMBER, Kind

_ENTITIES = {"patient": "patient", "doctor": "provider", "provider": "provider", "staff": "provider"}
_EACH = 0.98
"""Share of the rows that must name somebody, who is there, and whom no other row names."""
_SCAFFOLD = frozenset({"master", "data", "table", "list", "record", "entry", "info", "detail", "profile"})
_SELF = frozenset({"person", "party", "partner", "entity", "contact"})


def roles(profile: Profile, about: Mapping[str, Mapping[str, Concept]], found: Mapping[str, Kind]) -> dict[str, Kind]:
    """Kinds of the tables of roles, and of the tables of parties that they name."""
    kinds: dict[str, Kind] = {}
    names = {
        to: one.name
        for one in profile.objects
        if is_people(about[one.name]) and not of(about[one.name], "birth_date")
        for to in _named(profile, one.name)
        if not is_people(about[to]) and _head(to) in _SELF
    }
    for one in profile.objects:
        entity = _ENTITIES.get(_head(one.name), "")
        account = found[one.name].target == MEMBER  # found by its e-mail address
        if not entity or account or of(about[one.name], "name") or is_people(about[one.name]):
            continue
        party = next((to for to in _named(profile, one.name) if to in names or _parties(to, about[to], found)), None)
        if party is not None:
            why = f"each row says who of {party} is one: fields of that record"
            kinds[one.name] = Kind(entity, "person", 0.88, why, party)
            kinds[party] = Kind("person", "person", 0.88, f"{one.name} and others name their people here")
            if party in names:
                why = f"what each of {party} is called: fields of that record"
                kinds[names[party]] = Kind("person", "person", 0.84, why, party)
    return kinds


def role_of(kind: Kind, relation: Relation, rows: int) -> bool:
    """Whether the relation is the one that says whose role a row is."""
    return bool(kind.of) and relation.to == kind.of and _one_each(relation, rows)


def _named(profile: Profile, name: str) -> list[str]:
    """Objects of whose records each row names another one."""
    rows = profile.object(name).rows
    found = (one for one in profile.relations if one.object == name != one.to and _one_each(one, rows))
    return [one.to for one in found if profile.object(name).column(one.column).distinct >= _EACH * one.filled]


def _one_each(relation: Relation, rows: int) -> bool:
    return relation.matched >= _EACH * rows


def _parties(name: str, about: Mapping[str, Concept], found: Mapping[str, Kind]) -> bool:
    whole = of(about, "name") or is_people(about) or of(about, "last_name")
    return bool(whole) and (_head(name) in _SELF or found[name].entity in ("person", "unknown"))


def _head(name: str) -> str:
    spelt = [singular(word) for word in words(name)]
    return ([word for word in spelt if word not in _SCAFFOLD] or spelt or [""])[-1]
