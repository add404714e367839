"""What there is in a source: objects to profile, whether a mapping knows them or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.settings import SourceSettings
from infra.sources.build import build, rest_source
from infra.sources.settings import CsvObject, CsvSection, PostgresSection, RestSection
from producers.catalogue import CataloguedTable, tables
from producers.landing import CONTENT_KEY
from producers.profile.survey import ROW_NUMBER, Subject
from producers.profile.words import words
from producers.source import Source, SourceError
from schemas.mapping import SystemMapping
from schemas.source import SourceObject

_OVERLAP_SECONDS = 60.0


@contextmanager
def discovered(settings: SourceSettings, mapping: SystemMapping | None) -> Iterator[tuple[Subject, ...]]:
    """The objects of the source and of the files beside it, open for reading. Raises SourceError."""
    mapped = {what.name: what for what in mapping.sources} if mapping else {}
    work, opened, subjects = settings.data_dir / "profile", [], []
    sections: list[tuple[PostgresSection | CsvSection | RestSection, Collection[str]]] = []
    apart = set(settings.drops.objects) if settings.drops else set()
    sections.append((settings.source, mapped.keys() - apart))
    if settings.drops:
        sections.append((settings.drops, mapped.keys() & apart))
    try:
        for number, (section, names) in enumerate(sections):
            mine = {name: mapped[name] for name in names}
            source, found = _open(section, mine, work / str(number), settings.documents)
            opened.append(source)
            for subject in found:
                known = mapping.objects.get(subject.what.name) if mapping else None
                safe = frozenset(known.safe) if known else None
                subjects.append(
                    Subject(source, subject.what, subject.relation, safe, subject.references, subject.files)
                )
        yield tuple(subjects)
    finally:
        for source in opened:
            source.close()


def _open(
    section: PostgresSection | CsvSection | RestSection,
    mapped: Mapping[str, SourceObject],
    work: Path,
    documents: Path | None,
) -> tuple[Source, list[Subject]]:
    match section:
        case PostgresSection():
            # nobody waits for late commits here, so whether others' transactions can be seen does not matter
            section = section.model_copy(update={"overlap_seconds": section.overlap_seconds or _OVERLAP_SECONDS})
            source, _ = build(section, (), work=work, documents=documents)
            found = tables(section.url.get_secret_value(), statement_seconds=section.statement_seconds)
            return source, _of_tables(source, found, mapped)
        case CsvSection():
            section, objects = _of_files(section, mapped)
            source, _ = build(section, objects, work=work, documents=documents)
            return source, [Subject(source, what, what.relation or what.name) for what in objects]
        case RestSection():
            api, _ = rest_source(section)
            return api, [
                Subject(api, mapped.get(name) or SourceObject(name, key_of_page(api.first_page(name))), name)
                for name in section.objects
            ]


def _of_tables(source: Source, found: Sequence[CataloguedTable], mapped: Mapping[str, SourceObject]) -> list[Subject]:
    known = {_bare(what.relation): what for what in mapped.values() if what.relation}
    subjects, names = [], {}
    for table in found:
        what = known.get(_bare(table.relation))
        names[table.relation] = what.name if what else snake(table.name)
    for table in found:
        what = known.get(_bare(table.relation))
        if what is None:
            name, files = names[table.relation], tuple(table.files)
            if table.key:
                what = SourceObject(name, table.key, table.relation, exclude=files)
            else:
                chosen = ", ".join(_quoted(one) for one in table.columns if one not in table.files) or "1"
                named = ".".join(map(_quoted, table.relation.split(".")))
                query = f"SELECT row_number() OVER () AS {ROW_NUMBER}, {chosen} FROM {named}"  # noqa: S608
                what = SourceObject(name, (ROW_NUMBER,), query=query)
        else:
            excluded = (*what.exclude, *(one for one in table.files if one not in what.exclude))
            what = SourceObject(what.name, what.key, what.relation, exclude=excluded)
        references = {column: (names[to], to_column) for column, (to, to_column) in table.references.items()}
        subjects.append(Subject(source, what, table.relation, None, references, table.files))
    return subjects


def _bare(relation: str | None) -> str:
    return (relation or "").removeprefix("public.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _of_files(section: CsvSection, mapped: Mapping[str, SourceObject]) -> tuple[CsvSection, list[SourceObject]]:
    """The objects that settings or mapping name, and each further CSV file as one of its own."""
    objects = dict(mapped)
    for name in section.objects.keys() - objects.keys():
        objects[name] = SourceObject(name, (CONTENT_KEY,), name)
    taken = [one for rule in section.objects.values() for one in (rule.full, rule.delta) if one]
    unset = [what for what in objects.values() if what.name not in section.objects]
    named = {(what.relation or what.name).rpartition(".")[2] for what in unset}
    rules = dict(section.objects)
    if not section.directory.is_dir():
        raise SourceError(f"{section.directory} is no directory: expected the one into which the files are dropped")
    for path in sorted(section.directory.glob("*.csv")):
        pieces = [re.sub(r"\\\*", ".*", re.escape(re.sub(r"\{\w+\}|\?", "*", pattern))) for pattern in taken]
        if path.stem in named or any(re.fullmatch(piece, path.name) for piece in pieces):
            continue
        name = snake(path.stem)
        objects[name] = SourceObject(name, (CONTENT_KEY,), path.stem)
        rules[name] = CsvObject(full=path.name)
    if not objects:
        raise SourceError(f"{section.directory} holds no CSV file, and the settings name none in source.objects")
    return section.model_copy(update={"objects": rules}), list(objects.values())


def key_of_page(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The column that tells the rows of a page apart: ``id``, or one that is named like an identifier, or the first."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    unique = []
    for name in names:
        values = [row.get(name) for row in rows]
        plain = all(isinstance(value, (str, int)) and value != "" for value in values)
        if plain and len(set(values)) == len(values):
            unique.append(name)
    plainly = [name for name in unique if name.casefold() in ("id", "uuid", "key")]
    named = [name for name in unique if {"id", "number", "uuid", "key"} & set(words(name))]
    return tuple([*plainly, *named, *unique, "id"][:1])


def snake(name: str) -> str:
    """As a mapping names objects."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"object_{plain}"
