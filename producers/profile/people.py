"""People among the objects: who may be there twice, who has no address, who has not been seen for long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from producers.profile.concepts import Concept
from producers.profile.facts import Column, Duplicates, Finding
from producers.profile.store import Store, Table
from producers.profile.words import words

STALE_DAYS = 730
EMAIL = r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+"
_NO_ACTIVITY = frozenset({"birth_date", "death_date", "changed", "edited", "expiry"})
_REACHED = frozenset({"patient", "person", "provider", "doctor", "staff"})
_BASES = (("birth_date", "text"), ("email", "text"), ("phone", "digits"))


def of(concepts: Mapping[str, Concept], name: str) -> str | None:
    """The column that is about this, of the row itself."""
    return next((column for column, one in concepts.items() if one.name == name and not one.of_other), None)


def named(concepts: Mapping[str, Concept]) -> tuple[str, ...]:
    """Columns that together are somebody's name."""
    first, last = of(concepts, "first_name"), of(concepts, "last_name")
    if first and last:
        return first, last
    whole = of(concepts, "name")
    return (whole,) if whole and of(concepts, "birth_date") else ()


def is_people(concepts: Mapping[str, Concept]) -> bool:
    return bool(named(concepts))


def are_patients(name: str, concepts: Mapping[str, Concept]) -> bool:
    return is_people(concepts) and (of(concepts, "birth_date") is not None or "patient" in words(name))


def have_addresses(name: str, concepts: Mapping[str, Concept]) -> bool:
    """Whether an e-mail address is that of the row itself, as users have one whatever else is known of them."""
    return is_people(concepts) or bool(_REACHED & set(words(name)))


def dates(columns: Iterable[Column], concepts: Mapping[str, Concept]) -> list[tuple[str, str]]:
    """Columns that tell when something happened, with the strptime format of dates in text."""
    return [
        (one.name, one.format)
        for one in columns
        if one.type in ("date", "datetime") and concepts[one.name].name not in _NO_ACTIVITY
    ]


def duplicates(
    store: Store, objects: Sequence[tuple[str, Table, Mapping[str, Concept]]]
) -> tuple[list[Duplicates], list[Finding]]:
    """Same name, and same birth date, e-mail or phone. Records that several bases join are one finding."""
    counts, findings = [], []
    for name, table, concepts in objects:
        whole, groups = named(concepts), []
        for basis, how in _BASES:
            column = of(concepts, basis)
            alike = store.alike(table, whole, column, how) if whole and column else []
            if alike:
                records = sum(map(len, alike))
                counts.append(Duplicates(object=name, basis=basis, groups=len(alike), records=records))
            groups += alike
        findings += [Finding(kind="duplicate", object=name, keys=keys) for keys in joined(groups)]
    return counts, findings


def joined(groups: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Groups that share a member, as one; members and groups in order."""
    root: dict[str, str] = {}

    def find(one: str) -> str:
        while root.setdefault(one, one) != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for group in groups:
        for other in group[1:]:
            root[find(other)] = find(group[0])
    together: dict[str, list[str]] = {}
    for one in root:
        together.setdefault(find(one), []).append(one)
    return sorted(tuple(sorted(members)) for members in together.values() if len(members) > 1)
