"""Reads a source through its own port, once, and tells what is in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from producers.landing import CONTENT_KEY
from producers.limits import Pace
from producers.profile import people, relations, shapes
from producers.profile.concepts import Concept, concepts, own_words, personal
from producers.profile.facts import Column, Finding, ObjectFacts, Profile, Relation
from producers.profile.keys import LEAST_ROWS, by_chance, key_of, says_key
from producers.profile.stems import stems
from producers.profile.store import Store, Table
from producers.source import Source, SourceError
from schemas.source import SourceObject

ROW_NUMBER = "dualrun_row"
"""Key column of what has no key in the source: the query that reads it numbers the rows."""
MOST_VALUES = 30
"""Values of a choice are told: so many at most, and each that at least ``LEAST_ROWS`` hold."""
_CHUNK = 2_000
_PATIENCE_SECONDS = 60.0
_SAMPLE = 200
_THEIRS = 0.95
_INVENTED = frozenset({CONTENT_KEY, ROW_NUMBER})


@dataclass(frozen=True, slots=True)
class Subject:
    """One object to look at. what: how it is read from ``source``. relation: its table, file or list.

    safe: columns that hold no patient data, where a mapping says so; None where nobody has. references: column ->
    (object, its column), declared in the source. files: columns with bytes, with the rows that are filled.
    """

    source: Source
    what: SourceObject
    relation: str
    safe: frozenset[str] | None = None
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    subject: Subject
    table: Table
    key: tuple[str, ...] = ()
    columns: list[Column] = field(default_factory=list)
    concepts: dict[str, Concept] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.subject.what.name


class Survey:
    """monotonic, sleep: a clock and a way to wait. told: called with the name of each object and its rows so far."""

    def __init__(
        self,
        store: Store,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        told: Callable[[str, int], None] = lambda _name, _rows: None,
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._sleep = sleep
        self._told = told

    def take(self, system: str, kind: str, subjects: Sequence[Subject], now: datetime) -> Profile:
        known = [self._read(subject) for subject in subjects]
        self._settle_keys(known)
        found = self._relations(known)
        self._rekey(known, found)
        referring = {(one.object, one.column) for one in found}
        for one in known:
            self._choices(
                one, {column for name, column in referring if name == one.name}, _name_words(self._store, known)
            )
        by_name = {one.name: one for one in known}
        duplicates, findings = people.duplicates(self._store, [(one.name, one.table, one.concepts) for one in known])
        for relation in found:
            findings += self._lost(relation, by_name)
        objects = tuple(self._facts(one, found, by_name, now) for one in known)
        return Profile(
            system=system,
            source=kind,
            taken_at=now.isoformat(timespec="seconds"),
            objects=objects,
            relations=tuple(found),
            duplicates=tuple(duplicates),
            findings=tuple(findings),
        )

    # Reading

    def _read(self, subject: Subject) -> _Known:
        what, table = subject.what, self._store.table()
        known = _Known(subject, table)
        try:
            self._wait_for(subject)
            self._load(subject, table)
            known.trouble = subject.source.condition(what).concern
        except SourceError as error:
            known.trouble = str(error)
        self._store.close_table(table)
        counts = self._store.counts(table)
        for name in table.columns:
            if name not in _INVENTED:
                known.columns.append(self._column(known, name, counts[name]))
        known.columns += [Column(name=name, type="bytes", filled=filled) for name, filled in subject.files.items()]
        called = stems(what.name, list(table.columns), own_words(what.name))
        known.columns = [one.model_copy(update={"stem": called.get(one.name, "")}) for one in known.columns]
        known.concepts = concepts(what.name, known.columns)
        known.key = self._key(known)
        return known

    def _wait_for(self, subject: Subject) -> None:
        until = self._monotonic() + _PATIENCE_SECONDS
        while True:
            subject.source.reading()
            waiting = subject.source.condition(subject.what).waiting
            if not waiting:
                return
            if self._monotonic() >= until:
                raise SourceError(waiting)
            self._sleep(0.5)

    def _load(self, subject: Subject, table: Table) -> None:
        source, what, pace, after = subject.source, subject.what, Pace(None), None
        while True:
            began = self._monotonic()
            chunk = list(source.scan(what, after, _CHUNK))
            if chunk:
                self._store.add(table, chunk)
                self._told(what.name, table.rows)
            if len(chunk) < _CHUNK:
                return
            after = source.place(what, chunk[-1], by_time=False)
            now = self._monotonic()
            pace.took(len(chunk), now - began, now)
            while not pace.ready(self._monotonic()):
                self._sleep(0.05)

    def _column(self, known: _Known, name: str, counted: tuple[int, int, int, int]) -> Column:
        filled, distinct, longest, wordy = counted
        sample = known.samples[name] = self._store.sample(known.table, name)
        came = known.table.types.get(name, set())
        shape = shapes.judge(sample)
        if came and came != {"text"}:
            kind = came.pop() if len(came) == 1 else "text"
            if (kind, shape.format) != ("integer", shapes.COMPACT) or distinct < shapes.MANY_DAYS:
                shape = shapes.Shape(kind, shape.form if kind in ("integer", "text") else "")
        if shape.type == "datetime" and shapes.whole_days(sample):
            shape = shape._replace(type="date")
        return Column(
            name=name,
            type=shape.type,
            form=shape.form,
            format=shape.format,
            filled=filled,
            distinct=distinct,
            longest=longest,
            wordy=round(wordy / filled, 3) if filled else 0.0,
            patterns=tuple(shapes.patterns(sample)),
        )

    def _key(self, known: _Known) -> tuple[str, ...]:
        declared = known.subject.what.key
        if not set(declared) <= _INVENTED:
            return declared
        return key_of(known.columns, known.concepts, known.table.rows)

    def _settle_keys(self, known: Sequence[_Known]) -> None:
        """What tells rows apart by chance alone is left to the object whose records it names."""
        keyed = {one.name: one for one in known if len(one.key) == 1 and one.key[0] in one.table.columns}
        parents = [relations.Parent(name, _of(one, one.key[0])) for name, one in keyed.items()]
        for one in known:
            if one.name not in keyed or not set(one.subject.what.key) <= _INVENTED:
                continue
            column, rows = _of(one, one.key[0]), one.table.rows
            for parent in parents:
                other = keyed[parent.object]
                if by_chance(one.name, column, one.columns, rows, parent, other.table.rows):
                    filled, matched = self._store.included(one.table, column.name, other.table, parent.column.name)
                    one.key = () if matched >= _THEIRS * filled else one.key
            if one.key:
                self._store.rekey(one.table, one.key)

    def _choices(self, known: _Known, referring: set[str], names: frozenset[str]) -> None:
        """Values of columns that are choices, and can be told."""
        safe = known.subject.safe
        for position, column in enumerate(known.columns):
            told = column.name in safe if safe is not None else not personal(known.concepts[column.name], column)
            few = 0 < column.distinct <= MOST_VALUES and column.filled >= 3 * column.distinct
            if not told or not few or column.longest > 60 or column.name in (*known.key, *referring):
                continue
            if column.type not in ("text", "boolean", "integer"):
                continue
            tally = self._store.tally(known.table, column.name, LEAST_ROWS)
            values = tuple((text, rows) for text, rows in tally if not _is_somebody(text, names))
            known.columns[position] = column.model_copy(update={"values": values})

    # Relations

    def _relations(self, known: Sequence[_Known]) -> list[Relation]:
        parents = [
            relations.Parent(one.name, _of(one, one.key[0]))
            for one in known
            if len(one.key) == 1 and one.key[0] in one.table.columns
        ]
        parents += _also_unique(known, parents)
        by_name = {one.name: one for one in known}
        found: dict[tuple[str, str], tuple[float, Relation]] = {}
        for one in known:
            for column, (to, to_column) in one.subject.references.items():
                if to in by_name and column in one.table.columns and to_column in by_name[to].table.columns:
                    relation = self._counted(one, column, by_name[to], to_column, declared=True)
                    found[one.name, column] = 9.0, relation
            for candidate in relations.candidates(one.name, one.columns, one.concepts, one.key, parents):
                place, parent = (one.name, candidate.column), by_name[candidate.parent.object]
                if place in found and (found[place][0] > 2 or found[place][0] >= candidate.affinity + 1):
                    continue
                if not self._looks_included(one, candidate.column, parent, candidate.parent.column.name):
                    continue
                relation = self._counted(one, candidate.column, parent, candidate.parent.column.name, declared=False)
                score = candidate.affinity + relation.rate
                distinct = _of(one, candidate.column).distinct
                if candidate.accepts(relation.rate, distinct) and score > found.get(place, (0.0,))[0]:
                    found[place] = score, relation
        return [relation for _, relation in found.values()] + self._by_email(known)

    def _rekey(self, known: Sequence[_Known], found: Iterable[Relation]) -> None:
        """Where others refer to a unique column that is not the key, the key is that column, unless a mapping says."""
        for one in known:
            named = Counter(relation.to_column for relation in found if relation.to == one.name)
            named = Counter({name: times for name, times in named.items() if one.concepts[name].name != "email"})
            if not named or one.subject.safe is not None:
                continue
            (often, times), *_ = named.most_common(1)
            if (often,) != one.key and times > 1 + sum(named[name] for name in one.key):
                one.key = (often,)
                self._store.rekey(one.table, one.key)

    def _looks_included(self, child: _Known, column: str, parent: _Known, to: str) -> bool:
        sample = [text for text in child.samples[column][:_SAMPLE] if text not in ("0", "-1")]
        return bool(sample) and self._store.known_of(sample, parent.table, to) >= 0.2 * len(sample)

    def _counted(self, child: _Known, column: str, parent: _Known, to: str, *, declared: bool) -> Relation:
        filled, matched = self._store.included(child.table, column, parent.table, to)
        return _relation(child, column, parent, to, filled, matched, declared=declared)

    def _by_email(self, known: Sequence[_Known]) -> list[Relation]:
        """Columns that name somebody of another object by the e-mail address."""
        found = []
        for parent in known:
            for to in parent.columns:
                own = parent.concepts[to.name]
                if own.name != "email" or own.of_other or not to.filled or to.distinct < 0.9 * to.filled:
                    continue
                for child in known:
                    for column in child.columns:
                        about = child.concepts[column.name]
                        theirs = about.of_other or not people.have_addresses(child.name, child.concepts)
                        if child is parent or about.name != "email" or not theirs or not column.filled:
                            continue
                        filled, matched = self._store.included_folded(child.table, column.name, parent.table, to.name)
                        if matched >= 0.5 * filled:
                            found.append(_relation(child, column.name, parent, to.name, filled, matched))
        return found

    def _lost(self, relation: Relation, by_name: Mapping[str, _Known]) -> list[Finding]:
        """Orphans and circles of a relation."""
        child, parent = by_name[relation.object], by_name[relation.to]
        if (relation.to_column,) != parent.key or not child.key:
            return []
        found = [
            Finding(kind="orphan", object=child.name, keys=keys, reference=relation.column)
            for keys in self._store.orphans(child.table, relation.column, parent.table, relation.to_column)
        ]
        if child is parent:
            edges = self._store.circling(child.table, relation.column, relation.to_column)
            found += [
                Finding(kind="cycle", object=child.name, keys=keys, reference=relation.column)
                for keys in circles(edges)
            ]
        return found

    def _facts(
        self, one: _Known, found: Iterable[Relation], by_name: Mapping[str, _Known], now: datetime
    ) -> ObjectFacts:
        email = people.of(one.concepts, "email") if people.is_people(one.concepts) else None
        without = shared = None
        if email is not None:
            usable, shared = self._store.usable(one.table, email, people.EMAIL)
            without = one.table.rows - usable
        return ObjectFacts(
            name=one.name,
            relation=one.subject.relation,
            key=one.key,
            rows=one.table.rows,
            columns=tuple(one.columns),
            stale=self._stale(one, found, by_name, now),
            without_email=without,
            shared_emails=shared,
            trouble=one.trouble,
        )

    def _stale(
        self, one: _Known, found: Iterable[Relation], by_name: Mapping[str, _Known], now: datetime
    ) -> int | None:
        """Patients without activity: their own dates and those of every row that refers to them count."""
        if not people.are_patients(one.name, one.concepts):
            return None
        self._store.last_active(one.table, people.dates(one.columns, one.concepts))
        for relation in found:
            child = by_name[relation.object]
            if relation.to == one.name and child is not one:
                dates = people.dates(child.columns, child.concepts)
                self._store.also_active(child.table, relation.column, dates, one.table, relation.to_column)
        return self._store.inactive(now - timedelta(days=people.STALE_DAYS))


def _of(known: _Known, name: str) -> Column:
    return next(one for one in known.columns if one.name == name)


def _also_unique(known: Sequence[_Known], keys: Sequence[relations.Parent]) -> list[relations.Parent]:
    """Columns that tell rows apart as well as the key does, and by whose name others go too."""
    names = Counter(column.name.casefold() for one in known for column in one.columns)
    return [
        relations.Parent(one.name, column, by_name=True)
        for one in known
        for column in one.columns
        if column.type in ("text", "integer")
        and (column.name,) != one.key
        and column.filled == column.distinct == one.table.rows >= LEAST_ROWS
        and names[column.name.casefold()] > 1
        and says_key(column)
        and not any(relations.affinity(column, key, itself=False) > 0.75 for key in keys if key.object != one.name)
    ]


def _relation(
    child: _Known, column: str, parent: _Known, to: str, filled: int, matched: int, *, declared: bool = False
) -> Relation:
    return Relation(
        object=child.name,
        column=column,
        to=parent.name,
        to_column=to,
        declared=declared,
        filled=filled,
        matched=matched,
    )


def circles(edges: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The circles of ``id -> next id``, each begun at its least id. Every id must lie on one."""
    left, found = dict(edges), []
    for begin in sorted(edges):
        path, at = [], begin
        while at in left:
            path.append(at)
            at = left.pop(at)
        if path:
            found.append(tuple(path))
    return found


def _name_words(store: Store, known: Sequence[_Known]) -> frozenset[str]:
    """Words of which names of people consist."""
    found: set[str] = set()
    for one in known:
        for column, about in one.concepts.items():
            if about.name in ("first_name", "last_name") or (about.name == "name" and people.is_people(one.concepts)):
                found.update(
                    word for text in one.samples.get(column, ()) for word in re.findall(r"\w+", text.casefold())
                )
    return frozenset(found)


def _is_somebody(text: str, names: frozenset[str]) -> bool:
    spelt = re.findall(r"[^\W\d_]+", text.casefold())
    return len(spelt) > 1 and set(spelt) <= names
