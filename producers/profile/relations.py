"""Which columns hold keys of other objects: declared in the source, or told by names and values together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from producers.profile.concepts import Concept, own_words
from producers.profile.facts import Column
from producers.profile.words import singular, words

_KEYISH = frozenset({"id", "number", "key", "code", "reference", "record", "uuid", "fk", "name", "of", "to"})
_SELF = frozenset({"parent", "merged"})
_SELF_OF_PEOPLE = _SELF | {"guarantor", "responsible", "head", "supervising", "owner", "household"}
_PEOPLE = frozenset({"patient", "person", "provider", "doctor", "staff"})
_ACTING = frozenset(
    {
        "assigned",
        "creator",
        "author",
        "handler",
        "owner",
        "staff",
        "reviewer",
        "responsible",
        "witness",
        "signer",
        "cosigner",
    }
)
"""Roles of whoever works at the clinic, whatever his rows are called."""
_ACTED = 0.72
_ENTERING = frozenset({"created", "creator", "updated", "entered", "deleted", "staff", "registered", "booked"})
_TREATING = frozenset({"provider", "doctor"})
"""Who signs or reviews may be one of these as well as one of the staff."""
_PLAIN = frozenset({"id", "uuid", "key", "code", "number", "name", "no"})
_DENSE = 0.02
"""Share of the numbers of so many digits that are taken."""
_BESIDE = frozenset({"primary", "secondary", "current", "referral", "first", "last", "new", "record", "treatment"})
"""Words that may follow the one that says to whom a column leads."""
_KINDS = frozenset({"kind", "type", "category", "class", "status", "role", "level", "state"})
"""Of many things there are kinds: that both are one says nothing."""
_SCAFFOLD = frozenset({"master", "data", "table", "list", "record", "file", "info", "detail", "log"})
_FAMILIES = frozenset({"family", "household", "hh"})
_PARTIES = frozenset({"party", "partner", "person", "entity"})
"""Tables of everybody, of which patients, payers and whoever else are roles."""
_ROLES = frozenset(
    {"guarantor", "subscriber", "responsible", "insured", "parent", "mother", "father", "spouse", "owner"}
)
_ORGANIZED = frozenset({"payer", "employer", "company", "organization"})
_KNOWN = _ROLES | _ORGANIZED | {"doctor", "provider", "referral", "manager"}
"""Whom a clinic keeps in an address book of contacts."""
_ANYBODY = frozenset({"company", "person", "organization", "staff"})
_MATTERS = frozenset({"email", "phone", "money", "quantity", "birth_date", "state", "zip", "sex", "duration"})


@dataclass(frozen=True, slots=True)
class Parent:
    """An object that others can refer to: by the values of one column, which tell its rows apart."""

    object: str
    column: Column
    by_name: bool = False
    """Only columns of the same name are compared: it is unique, but not the key."""

    @property
    def dense(self) -> bool:
        """Whether its values are small numbers counted through, among which any other small number is too."""
        return self.column.type == "integer" and self.column.distinct >= _DENSE * 10**self.column.longest

    @property
    def telling(self) -> bool:
        """Whether a value is no number that many things are counted by: being among them then means something."""
        return self.column.type == "text" and self.column.form in ("", "uuid") and self.column.longest >= 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """``affinity``: 0 to 1, how well the names agree."""

    column: str
    parent: Parent
    affinity: float

    def accepts(self, rate: float, distinct: int) -> bool:
        """rate: of the filled rows, how many name a record that is there. distinct: values of the child's column."""
        if self.affinity >= 0.7:
            return rate >= 0.5
        if self.parent.telling:
            return rate >= 0.8 and (distinct >= 3 or self.affinity > 0)
        return self.affinity > 0 and rate >= 0.9 and distinct >= 3 and not self.parent.dense


def candidates(
    child: str,
    columns: Iterable[Column],
    concepts: Mapping[str, Concept],
    key: Sequence[str],
    parents: Iterable[Parent],
) -> list[Candidate]:
    """For each column the parents that are worth a look at the values, the likeliest first."""
    found = []
    known = list(parents)
    named = any(one.name in ("first_name", "last_name", "name") for one in concepts.values())
    treating = {parent.object for parent in known if parent.dense and own_words(parent.object) & _TREATING}
    for column in columns:
        if not column.filled or column.type not in ("text", "integer") or concepts[column.name].name in _MATTERS:
            continue
        asking = {"is", "has"} & set(column.spelt)
        if asking or column.wordy or (column.form and column.form not in ("uuid", "digits", "digits5", "digits10")):
            continue
        for parent in known:
            if (child, column.name) == (parent.object, parent.column.name) or not _comparable(column, parent.column):
                continue
            close = affinity(column, parent, itself=child == parent.object)
            if close == _ACTED and parent.dense and treating - {parent.object} and not set(column.spelt) & _ENTERING:
                continue
            if parent.by_name and (child == parent.object or close < 0.75 or not _ends_alike(column.name, parent)):
                continue
            shared = close >= 0.7 and _of_everybody(parent.object) and not named
            own = close < 1 or (_own(column, child) and not _taken_over(column, child, parent))
            if list(key) == [column.name] and own and not shared:
                continue
            if close or parent.telling:
                found.append(Candidate(column.name, parent, close))
    return sorted(found, key=lambda one: (-one.affinity, one.column, one.parent.object))


def _comparable(column: Column, key: Column) -> bool:
    numeric = {"integer"}
    return (column.type in numeric) == (key.type in numeric) or "digits" in column.form or "digits" in key.form


def _ends_alike(column: str, parent: Parent) -> bool:
    return column.casefold().endswith(parent.column.name.casefold())


def _own(column: Column, child: str) -> bool:
    """Whether the key of an object is named after it, and so is not taken over from another."""
    core = set(column.spelt) - _KEYISH
    return not core or core <= own_words(child)


def _taken_over(column: Column, child: str, parent: Parent) -> bool:
    """Whether the key is written as the other object is, not as this one: ``ClientMedical`` has a ``ClientID``."""
    written = _literal(column.stem or column.name)
    return written == _literal(parent.object) and written != _literal(child)


def _another(column: Column, parent: Parent) -> bool:
    """Whether a column of an object names another record of it: ``RefundOfSaleID`` in Sale, ``repeat_of_id``."""
    name, key = column.name.casefold(), parent.column.name.casefold()
    ended = name.endswith(key) and len(name) > len(key) and set(parent.column.spelt) - _PLAIN
    return bool(ended) or (column.spelt[-1:] == ("id",) and column.spelt[-2:-1] in (("of",), ("from",)))


def _done_by(spelt: Sequence[str]) -> bool:
    return [word for word in spelt if word not in _PLAIN][-1:] == ["by"]


def affinity(column: Column, parent: Parent, *, itself: bool) -> float:
    spelt = [word for word in column.spelt if not word.isdigit()]
    core = set(spelt) - _KEYISH
    if itself:
        if _another(column, parent):
            return 0.95
        people = own_words(parent.object) & _PEOPLE
        if people and set(spelt) & _FAMILIES and "head" in column.name.casefold():
            return 0.85  # which alone is a heading
        if people and "referral" in core and not parent.dense:
            return 0.7  # whoever came because of another patient
        return 0.85 if core & (_SELF_OF_PEOPLE if people else _SELF) else 0.0
    whole = own_words(parent.object)
    named = whole - {"master", "data", "table", "list", "record", "person"} or whole
    if named == {"person"} and core == {"patient"}:
        return 0.8
    if named & {"staff", "provider"} and (core & _ACTING or _done_by(spelt)):
        return _ACTED if "staff" in named or not parent.dense else 0.5
    if (
        "document" in core
        and not core & _KINDS
        and named & {"doctor", "provider"}
        and "document" not in column.name.casefold()
    ):
        return 0.74  # doc
    if "staff" in named and core & {"provider", "doctor"}:
        return 0.75
    if named == {"contact"} and not parent.dense and core & _KNOWN:
        return 0.74
    if column.name.casefold() == parent.column.name.casefold() and not set(spelt) <= _PLAIN:
        return 1.0
    if _of_everybody(parent.object):
        roles = _ROLES if "person" in words(parent.object) else _ROLES | _ORGANIZED
        if core & roles or (spelt == ["name"] and column.type == "integer"):
            return 0.74
    if not core:
        return 0.0
    if _literal(column.stem or column.name) == _literal(parent.object):
        return 0.95
    if core <= _KINDS and not named <= _KINDS:
        return 0.5
    if core <= named and not _is_head(core, parent.object):
        return 0.5
    if core <= named:
        return 0.95 if core & set(words(parent.object)) or len(core) == 1 else 0.8
    if core & named:
        head = next((word for word in reversed(spelt) if word in core - _BESIDE), "")
        return 0.75 if not head or head in named else 0.4
    if spelt[-1:] == [parent.column.name.casefold()] and spelt[-1] not in _PLAIN:
        return 0.75
    if set(parent.column.spelt) - _PLAIN and column.name.casefold().endswith(f"_{parent.column.name.casefold()}"):
        return 0.75  # frame_item_no, where the key is item_no
    keyed = set(parent.column.spelt) - _KEYISH
    return 0.7 if keyed and core <= keyed else 0.0


def _of_everybody(parent: str) -> bool:
    return singular((words(parent) or ("",))[-1]) in _PARTIES


def _is_head(core: Collection[str], parent: str) -> bool:
    """Whether a column is named after what the rows are, not after whose: ``patient_id`` and ``patient_letters``."""
    spelt = [singular(word) for word in words(parent) if word not in _SCAFFOLD] or [parent]
    return spelt[-1] in _ANYBODY or bool(own_words(spelt[-1]) & set(core))


def _literal(name: str) -> str:
    """What is written, without what only says that it is a key, or a table: for words that nobody knows."""
    plain = re.sub(r"^tbl_?|[_ ]?(id|no|nr|number|code|key|fk)$|^(id|fk)_", "", name.strip().casefold())
    return singular(re.sub(r"[^a-z0-9]", "", plain)) or name
