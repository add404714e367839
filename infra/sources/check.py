"""Whether a source has what a mapping reads of it: a database is asked, files and lists are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from infra.settings import Settings
from infra.sources.build import rest_source, rule
from infra.sources.settings import CsvSection, PostgresSection, RestSection
from producers.dialect import DialectError, Encodings, detect
from producers.drops import Pattern
from producers.landing import CONTENT_KEY
from producers.postgres_check import database_mistakes
from producers.view_check import missing
from schemas.mapping import SystemMapping
from schemas.mapping.check import named_columns
from schemas.mapping.mistakes import Mistake, suggestion
from schemas.source import SourceObject

_HEAD_BYTES = 64 * 1024


def source_mistakes(mapping: SystemMapping, settings: Settings) -> Iterator[Mistake]:
    """Every table, file, list and column of a mapping that the deployment's source does not have.

    Of a table no row is read, of a file the first lines, of a list the first page. Raises SourceError where the source
    cannot be asked.
    """
    what = {one.name: one for one in mapping.sources if one.view is None}
    apart = what.keys() & (settings.drops.objects.keys() if settings.drops else ())
    match settings.source:
        case PostgresSection() as section:
            url = section.url.get_secret_value()
            yield from database_mistakes(mapping, url, apart=frozenset(apart))
        case CsvSection() as section:
            yield from _of_files(mapping, section, [*what.values(), *mapping.exported])
        case RestSection() as section:
            lists = [one for name, one in what.items() if name not in apart]
            yield from _of_lists(mapping, section, [*lists, *mapping.exported])
    if settings.drops:
        yield from _of_files(mapping, settings.drops, [what[name] for name in sorted(apart)])


def _of_files(mapping: SystemMapping, section: CsvSection, objects: Collection[SourceObject]) -> Iterator[Mistake]:
    for one in objects:
        told = rule(section.objects.get(one.name), one)
        patterns = [pattern for pattern in (told.full, told.delta) if pattern]
        found = [file for pattern in patterns for file in _files(section, pattern)]
        if not found:
            names = " or ".join(pattern.text for pattern in patterns)
            there = sorted(path.name for path in section.directory.glob("*"))
            hint = suggestion(patterns[0].text, there)
            yield _place(mapping, one, f"no file is called {names} in {section.directory}{hint}")
            continue
        newest = max(found, key=lambda name: (section.directory / name).stat().st_mtime_ns)
        try:
            columns = _header(section.directory / newest, told.encoding)
        except (OSError, LookupError, DialectError) as error:
            why = error if isinstance(error, DialectError) else f"it cannot be read ({type(error).__name__})"
            yield _place(mapping, one, f"{newest}: {why}")
        else:
            yield from _lacking(mapping, one, f"{newest} has", columns)


def _files(section: CsvSection, pattern: Pattern) -> list[str]:
    below = (path.relative_to(section.directory).as_posix() for path in section.directory.glob(pattern.glob))
    return [name for name in below if pattern.match(name) is not None]


def _header(path: Path, encoding: str | None) -> set[str]:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encodings = Encodings()
    encodings.feed(head)
    text = head.decode(encoding or encodings.found().name, "replace")
    return set(detect(text.replace("\r\n", "\n").replace("\r", "\n"), ()).columns)


def _of_lists(mapping: SystemMapping, section: RestSection, objects: Collection[SourceObject]) -> Iterator[Mistake]:
    source, resources = rest_source(section)
    with closing(source):
        for one in objects:
            if one.name not in resources:
                hint = suggestion(one.name, resources)
                yield _place(mapping, one, f"source.objects of the settings names no list for {one.name}{hint}")
            # an empty list has no columns, and nothing follows from that
            elif rows := source.first_page(one.name):
                columns = {name for row in rows for name in row}
                yield from _lacking(mapping, one, f"the first page of {resources[one.name].path} has", columns)


def _lacking(mapping: SystemMapping, one: SourceObject, said: str, columns: set[str]) -> Iterator[Mistake]:
    mapped = mapping.objects.get(one.name)
    if mapped is not None:
        for column in sorted(named_columns(mapped) - columns - {CONTENT_KEY}):
            yield missing(one.name, column, said, columns)


def _place(mapping: SystemMapping, one: SourceObject, message: str) -> Mistake:
    if one.name in mapping.objects:
        return Mistake(("objects", one.name, "source"), message)
    position = next(at for at, export in enumerate(mapping.exports) if export.name == one.name)
    return Mistake(("exports", position), message)
