"""The parts of a record: each rule of the mapping compiled once, then run for every row."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import orjson

from processors.images import compile_images
from schemas import keys
from schemas.blobs import Stored
from schemas.mapping import language
from schemas.mapping.conditions import compile_conditions
from schemas.mapping.converters import integer
from schemas.mapping.expressions import EMPTY, Compiled, Context, Flags, MissingError, Row, compile_rule, text_of
from schemas.mapping.fields import field_types
from schemas.mapping.items import item_reader
from schemas.mapping.language import DERIVED, SystemMapping
from schemas.mapping.rules import Reference, Rule
from schemas.mapping.values import UnusableError, is_blank, natural_key, plain, raw
from schemas.records import Attachment, Flag, Link, Match, Part, PartMode

KEY_LIMIT = 1000
"""Characters of a key: it travels as a Kafka key and in every reference to the record."""

CREATED_AT = "createdAt"
"""Twenty fills it by itself, so it is left out where the source has none: it cannot be null."""

ANCHOR = "anchor"
"""Field name of the link that leads a fragment to its row."""


@dataclass(slots=True)
class Record:
    """One row on its way: what its parts have been called so far, the images within their texts, and what belongs to
    none of them."""

    key: str
    row: Row
    names: set[str] = field(default_factory=set)
    flags: Flags = field(default_factory=list)
    images: list[Part] = field(default_factory=list)
    size: int = 0


Build = Callable[[Record], Part | None]
BuildAll = Callable[[Record, list[Part]], None]
"""Adds what a rule makes of a row: a part, or one per item of an array."""
Linker = Callable[[Row, Flags], Link | None]


def natural_id(value: Any) -> str:
    """Record id of a derived record from the name it goes by; ``""`` for none. Raises UnusableError."""
    natural = natural_key(value)
    if len(natural) > KEY_LIMIT:
        raise UnusableError("too long for a name")
    return natural


def compile_parts(mapping: SystemMapping, object_name: str, workspace_url: str) -> tuple[BuildAll, ...]:
    """The builders of an object's parts, in the order of the mapping, one per element of repeated columns."""
    parts = mapping.parts_of(object_name)
    targets = {part.name: part.target for part in parts}
    builders: list[BuildAll] = []
    for part in parts:
        if part.items:
            context = Context(mapping, part.target, {name: name for name in part.items.columns}, object_name)
            build = _part(context, part, part.fields, targets, workspace_url)
            builders.append(_for_each_item(part.name, part.items, build))
            continue
        elements = [(one.columns, one.fields) for one in part.repeated] or [({}, {})]
        for columns, fields in elements:
            context = Context(mapping, part.target, columns, object_name)
            builders.append(_alone(_part(context, part, {**part.fields, **fields}, targets, workspace_url)))
    return tuple(builders)


def _alone(build: Build) -> BuildAll:
    def add(record: Record, parts: list[Part]) -> None:
        part = build(record)
        if part is not None:
            parts.append(part)

    return add


def _for_each_item(name: str, items: language.Items, build: Build) -> BuildAll:
    """The item's values stand beside the row's own columns, under the names that the mapping gives them."""
    read = item_reader(items.array, items.columns)

    def add(record: Record, parts: list[Part]) -> None:
        row = record.row
        for item in read(name, row, record.flags):
            record.row = {**row, **item}
            part = build(record)
            if part is not None:
                parts.append(part)
        record.row = row

    return add


def _part(
    context: Context, part: language.Part, rules: Mapping[str, Rule], targets: Mapping[str, str], workspace_url: str
) -> Build:
    mapping, target = context.mapping, part.target
    types = field_types(mapping, target)
    fields = _compiled(context, types, rules)
    picked = _picker(context, types, part.pick) if part.pick else None
    pages = [
        (name, f"{workspace_url.rstrip('/')}/object/{targets[rule.record_url]}/", rule.record_url)
        for name, rule in rules.items()
        if rule.record_url is not None
    ]
    exists = compile_conditions(part.when, context.column)
    named = _namer(context, part)
    mode = PartMode.FRAGMENT if part.anchor else PartMode.MATCH if part.match else PartMode.OWN
    key_field = mapping.source_key_field if mode is PartMode.OWN and mapping.source_key_field in types else None
    internal, unless = dict(part.within), part.unless or ""
    within = set(part.within.values())
    linkers = [_linker(context, name, link) for name, link in part.links.items()]
    anchored = _linker(context, ANCHOR, part.anchor) if part.anchor else None
    matched = (part.match.field, text_of(context, part.match.field, part.match.by)) if part.match else None
    adoptions = [(one.field, one.confirm) for one in part.adopt]
    aliases = [
        (alias, [text_of(context, alias, rule) for rule in rules_of]) for alias, rules_of in part.aliases.items()
    ]
    attached = _attachment(context, part.attachment) if part.attachment else None
    pictures = compile_images(context, rules, types) if mode is PartMode.OWN else None
    opening = orjson.dumps([target, mode.value, internal])

    def build(record: Record) -> Part | None:
        row = record.row
        if exists is not None and not exists(row):
            return None
        if within and not within <= record.names:
            return None
        name = named(record)
        if name is None:
            return None
        flags: Flags = []
        values: dict[str, Any] = {field_name: evaluate(row, flags) for field_name, evaluate in fields}
        if picked is not None:
            values |= picked(row, flags)
        if CREATED_AT in values and values[CREATED_AT] is None:
            del values[CREATED_AT]
        for field_name, prefix, of in pages:
            values[field_name] = prefix + keys.twenty_id(record.key, of)
        if key_field is not None:
            values[key_field] = f"{record.key}#{name}" if record.names and name else record.key
        links = tuple([link for linker in linkers if (link := linker(row, flags)) is not None])
        attachment = attached(row, flags) if attached else None
        canonical = orjson.dumps(
            [values, [attachment.locator, attachment.name, attachment.size] if attachment else None],
            option=orjson.OPT_SORT_KEYS,
        )
        record.size += len(canonical)
        record.names.add(name)
        built = Part(
            name=name,
            target=target,
            mode=mode,
            fields=values,
            internal=internal,
            links=links,
            anchor=anchored(row, flags) if anchored else None,
            matches=_matches(values, adoptions) if matched is None else _member(*matched, row, flags),
            aliases=_published(mapping.system, aliases, row) if aliases else (),
            flags=tuple(flags),
            attachment=attachment,
            content_hash=hashlib.blake2b(opening + canonical, digest_size=16).hexdigest(),
            unless=unless,
        )
        if pictures is not None:
            record.images += pictures(row, built, record.flags)
        return built

    def build_or_omit(record: Record) -> Part | None:
        try:
            return build(record)
        except MissingError as missing:
            if not record.names:
                raise
            record.flags.append(Flag(part.name, missing.reason))
            return None

    return build_or_omit


def _compiled(context: Context, types: Mapping[str, str], rules: Mapping[str, Rule]) -> list[tuple[str, Compiled]]:
    """All but the pages of records, which take no row."""
    return [
        (name, compile_rule(context, name, types[name], rule))
        for name, rule in rules.items()
        if rule.record_url is None
    ]


def _picker(context: Context, types: Mapping[str, str], pick: language.Pick) -> Callable[[Row, Flags], dict[str, Any]]:
    """The fields that a row fills, by the property that it holds."""
    fields = {natural_key(text): _compiled(context, types, rules) for text, rules in pick.fields.items()}

    def picked(row: Row, flags: Flags) -> dict[str, Any]:
        chosen = fields.get(natural_key(row.get(pick.by)))
        if chosen is None:
            flags.append(Flag(pick.by, "a property without a field", raw(row.get(pick.by))))
            return {}
        return {name: evaluate(row, flags) for name, evaluate in chosen}

    return picked


def _namer(context: Context, part: language.Part) -> Callable[[Record], str | None]:
    """The part's name; for a repeated part by the natural key of its element, None where it has none."""
    if not part.each:
        return lambda record: part.name
    key, apart = context.column(part.key or ""), context.column(part.apart) if part.apart else None
    others = [column for column in context.columns.values() if column != key]

    def name_it(record: Record) -> str | None:
        row = record.row
        try:
            natural = natural_id(row.get(key))
        except UnusableError as unusable:
            record.flags.append(Flag(part.name, unusable.reason, raw(row.get(key))))
            return None
        if not natural:
            record.flags.extend(
                Flag(part.name, f"{column} without {key}", raw(row[column]))
                for column in others
                if not is_blank(row.get(column))
            )
            return None
        name = f"{part.name}:{natural}"
        if name in record.names and apart is not None:
            name = f"{name}:{natural_key(row.get(apart))}"
        if name in record.names or len(name) > 2 * KEY_LIMIT:
            told = " / ".join(plain(row.get(column)) for column in (key, *others))
            record.flags.append(Flag(part.name, "the same one is named twice", raw(told)))
            return None
        return name

    return name_it


def _linker(context: Context, name: str, reference: Reference) -> Linker:
    """The link that a row holds, unresolved; None where it holds none."""
    by = [text_of(context, name, rule) for rule in reference.by]
    token = _token(context.mapping.system, reference)
    required, expected = reference.required, reference.expected

    def link(row: Row, flags: Flags) -> Link | None:
        values = [evaluate(row, flags) for evaluate in by]
        if all(value.strip() for value in values):
            try:
                return Link(name, token(values), required)
            except UnusableError as unusable:
                flags.append(Flag(name, unusable.reason, raw(values[0])))
        if required:
            raise MissingError(name, "a required reference is empty")
        if expected:
            flags.append(Flag(name, EMPTY))
        return None

    return link


def _token(system: str, reference: Reference) -> Callable[[list[str]], str]:
    part = reference.part
    if reference.alias is not None:
        alias = reference.alias
        return lambda values: keys.alias_key(system, alias, *values)
    to = reference.to or ""
    if to.startswith(DERIVED):
        derived = to.removeprefix(DERIVED)
        return lambda values: keys.part_key(keys.derived_key(system, derived, natural_id(values[0])), part)

    def token(values: list[str]) -> str:
        record_id = ":".join(values)
        if len(record_id) > KEY_LIMIT:
            raise UnusableError("too long for a key")
        return keys.part_key(keys.record_key(system, to, record_id), part)

    return token


def _member(field_name: str, evaluate: Compiled, row: Row, flags: Flags) -> tuple[Match, ...]:
    value = evaluate(row, flags)
    if value:
        return (Match(field_name, value),)
    flags.append(Flag(field_name, "nothing to find the row of Twenty by"))
    return ()


def _matches(values: Mapping[str, Any], adoptions: list[tuple[str, list[str]]]) -> tuple[Match, ...]:
    return tuple(
        Match(path, value, {other: told for other in confirm if (told := _at(values, other))})
        for path, confirm in adoptions
        if (value := _at(values, path))
    )


def _at(values: Mapping[str, Any], path: str) -> Any:
    head, _, tail = path.partition(".")
    return values[head][tail] if tail else values[head]


def _published(system: str, aliases: list[tuple[str, list[Compiled]]], row: Row) -> tuple[str, ...]:
    """Aliases of which every value is there. What is wrong with a value is flagged by the field that holds it."""
    found = []
    unheard: Flags = []
    for alias, rules in aliases:
        values = [evaluate(row, unheard) for evaluate in rules]
        if all(values):
            found.append(keys.alias_key(system, alias, *values))
    return tuple(found)


def _attachment(context: Context, file: language.File) -> Callable[[Row, Flags], Attachment]:
    where = _locator(context, file)
    name = text_of(context, "attachment.name", Rule.model_validate({"from": file.name}))
    size = context.column(file.size) if file.size else None

    def attach(row: Row, flags: Flags) -> Attachment:
        locator, length = where(row, flags)
        rest = urlsplit(locator).path if locator.startswith("http") else locator.partition(":")[2]
        called = name(row, flags).strip() or PurePosixPath(rest).name
        if size is not None and row.get(size) is not None:
            try:
                length = integer(row[size])
            except UnusableError as unusable:
                flags.append(Flag("attachment.size", unusable.reason, raw(row[size])))
        kind = mimetypes.guess_type(called)[0] or "application/octet-stream"
        return Attachment(locator, called, length, kind)

    return attach


def _locator(context: Context, file: language.File) -> Callable[[Row, Flags], tuple[str, int | None]]:
    """Where the bytes of a row's file are, and their number where the row tells."""
    if file.blob is not None:
        column = context.column(file.blob)

        def stored(row: Row, flags: Flags) -> tuple[str, int | None]:
            found = Stored.parse(row.get(column))
            if found is None:
                raise MissingError("attachment", "the bytes of the file were not stored")
            return f"blob:{found.sha256}", found.size

        return stored
    path = text_of(context, "attachment.path", Rule.model_validate({"from": file.path}))

    def there(row: Row, flags: Flags) -> tuple[str, int | None]:
        where = path(row, flags).strip()
        if not where:
            raise MissingError("attachment", "a file without a path")
        return (where if where.lower().startswith(("http://", "https://")) else f"file:{where}"), None

    return there
