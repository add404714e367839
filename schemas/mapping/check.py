"""What the shape of a mapping file cannot say: whether names exist, types fit and references lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.mapping.check_merges import check_merges
from schemas.mapping.check_twenty import check_twenty
from schemas.mapping.fields import field_types, options, related
from schemas.mapping.language import DERIVED, ObjectMapping, Part, SystemMapping
from schemas.mapping.mistakes import Location, Mistake, suggestion
from schemas.mapping.rules import Reference, Rule
from schemas.mapping.standard import COMPOSITES, RELATION, STANDARD
from schemas.mapping.workspace import TwentyObject

_TEXT = frozenset(
    {"text", "trim", "lower", "natural", "email", "phone", "country", "country_code", "state", "postcode"}
    | {"html", "rtf"}
)
_CONVERTERS: Mapping[str, frozenset[str]] = {
    "TEXT": _TEXT,
    "NUMBER": frozenset({"number", "integer", "minutes"}),
    "BOOLEAN": frozenset({"boolean"}),
    "RICH_TEXT_V2": frozenset({"text", "html", "html_text", "rtf"}),
}
_ONLY_FOR: Mapping[str, frozenset[str]] = {
    "values": frozenset({"SELECT", "MULTI_SELECT"}),
    "split": frozenset({"MULTI_SELECT"}),
    "equals": frozenset({"BOOLEAN"}),
    "currency": frozenset({"CURRENCY"}),
    "placeholder": frozenset({"EMAILS"}),
    "formats": frozenset({"DATE", "DATE_TIME"}),
    "otherwise": frozenset({"TEXT"}),
    "difference": frozenset({"NUMBER", "CURRENCY"}),
    "record_url": frozenset({"TEXT"}),
    "template": frozenset({"TEXT", "RICH_TEXT_V2"}),
    "join": frozenset({"TEXT", "RICH_TEXT_V2"}),
    "of": frozenset({"FULL_NAME", "ADDRESS"}),
}


def check(mapping: SystemMapping) -> Iterator[Mistake]:
    yield from check_twenty(mapping)
    for name, mapped in mapping.objects.items():
        yield from _object(mapping, name, mapped)
    yield from _exports(mapping)
    for name, derived in mapping.derived.items():
        yield from _parts(mapping, ("derived", name), derived.parts)
        if not any(rule.object == name for mapped in mapping.objects.values() for rule in mapped.derives):
            yield Mistake(("derived", name), "no object derives this record: expected a `derives` entry that names it")


def _exports(mapping: SystemMapping) -> Iterator[Mistake]:
    for position, one in enumerate(mapping.exports):
        where: Location = ("exports", position)
        if (one.query is None) == (one.relation is None):
            yield Mistake(where, "expected one of `query` (a SELECT) and `relation` (a table, a file, an endpoint)")
        elif (one.relation is None) == bool(one.key):
            yield Mistake(where, "expected `key` together with `relation`, and only there")
        if one.name in mapping.objects:
            yield Mistake((*where, "name"), f"{one.name!r} is an object of this mapping: expected another name")


def _object(mapping: SystemMapping, name: str, mapped: ObjectMapping) -> Iterator[Mistake]:
    where: Location = ("objects", name)
    source = mapped.source
    if [source.relation, source.query, source.view].count(None) != 2:
        known = "`relation` (a table, a file, an endpoint), `query` (a SELECT for the database) and `view` (over files"
        yield Mistake((*where, "source"), f"expected one of {known} and lists)")
    if source.relation is None and source.changed_at is not None:
        kind = "view" if source.view else "query"
        yield Mistake((*where, "source", "changed_at"), f"a {kind} is read whole and has no `changed_at`")
    if mapped.for_views and not any(one.source.view for one in mapping.objects.values()):
        yield Mistake((*where, "for_views"), "no object of this mapping is a `view`")
    for position, column in enumerate(source.exclude):
        if column in source.key or column == source.changed_at:
            yield Mistake((*where, "source", "exclude", position), "the key and the change time cannot be excluded")
    for position, skip in enumerate(mapped.skip):
        if not skip.when and skip.stale is None:
            yield Mistake((*where, "skip", position), "expected `when`, `stale` or both")
    for position, derivation in enumerate(mapped.derives):
        at = (*where, "derives", position)
        target = mapping.derived.get(derivation.object)
        if target is None:
            hint = suggestion(derivation.object, mapping.derived)
            yield Mistake((*at, "object"), f"no derived object {derivation.object!r}{hint}")
            continue
        for column in sorted(set().union(*(part_columns(part) for part in target.parts)) - set(derivation.carry)):
            yield Mistake((*at, "carry"), f"{DERIVED}{derivation.object} uses {column!r}: expected it to be carried")
    yield from _parts(mapping, where, mapped.parts)
    yield from check_merges(mapping, where, name, mapped)


def named_columns(mapped: ObjectMapping) -> set[str]:
    """Columns of an object that its mapping reads, declares safe or leaves out: the others nobody has thought of."""
    source = mapped.source
    found = {*source.key, *source.exclude, *mapped.safe, *mapped.for_views}
    found |= {source.changed_at} if source.changed_at else set()
    for skip in mapped.skip:
        found |= {*skip.when, *(skip.stale.columns if skip.stale else [])}
    for derivation in mapped.derives:
        found |= {derivation.key, *derivation.carry.values()}
    merges = [*mapped.merges.loser, *mapped.merges.survivor] if mapped.merges else []
    for rule in (*(mapped.merged_into or ()), *merges):
        found |= rule.columns
    return found.union(*(part_columns(part) for part in mapped.parts))


def part_columns(part: Part) -> set[str]:
    """Columns that a part reads, elements' names for them left out."""
    rules = [*(rule for _, rule in part.rules), *(rule for alias in part.aliases.values() for rule in alias)]
    rules += [rule for link in part.links.values() for rule in link.by]
    rules += part.anchor.by if part.anchor else []
    rules += [rule for rule in (part.match.by, part.match.name) if rule] if part.match else []
    found = {*part.when, *([part.pick.by] if part.pick else [])}.union(*(rule.columns for rule in rules))
    if part.attachment:
        file = part.attachment
        found |= {name for name in (file.path, file.blob, file.name, file.size) if name}
    found |= {name for name in (part.key, part.apart) if name}
    if part.items:
        found = {column for column in found if column not in part.items.columns} | {part.items.array}
    for element in part.repeated:
        found = {column for column in found if column not in element.columns} | set(element.columns.values())
    return found


def _parts(mapping: SystemMapping, where: Location, parts: list[Part]) -> Iterator[Mistake]:
    earlier: set[str] = set()
    single = {part.name for part in parts if not part.each}
    for position, part in enumerate(parts):
        at = (*where, "parts", position)
        if part.name in earlier:
            yield Mistake(at, f"a part named {part.name!r} is there already: expected another `name`")
        if part.target not in STANDARD and not mapping.twenty.get(part.target, TwentyObject()).custom:
            known = [*STANDARD, *(name for name, one in mapping.twenty.items() if one.custom)]
            yield Mistake((*at, "target"), f"no object {part.target!r} in Twenty{suggestion(part.target, known)}")
            earlier.add(part.name)
            continue
        if part.each and not (part.name and part.key):
            yield Mistake(at, "a part with `each` needs a `name` and a `key`")
        if not part.each and (part.key or part.apart):
            yield Mistake(at, "expected `key` and `apart` only together with `each`")
        if part.anchor and part.match:
            yield Mistake(at, "expected one of `anchor` (a fragment) and `match` (a row of Twenty's own)")
        if part.pick and (part.anchor is None or part.each):
            yield Mistake((*at, "pick"), "expected only for a fragment (`anchor`) without `each`")
        if part.unless is not None:
            matching = [other.name for other in parts[:position] if other.match]
            if part.unless not in matching:
                hint = suggestion(part.unless, matching)
                yield Mistake((*at, "unless"), f"no part {part.unless!r} with `match` before this one{hint}")
            if part.anchor or part.match:
                yield Mistake((*at, "unless"), "expected only for a row of our own")
        if part.adopt and (part.anchor or part.match):
            yield Mistake((*at, "adopt"), "only a row of our own can be adopted")
        if part.attachment and (part.attachment.path is None) == (part.attachment.blob is None):
            yield Mistake((*at, "attachment"), "expected one of `path` (where the file lies) and `blob` (its bytes)")
        yield from _edits(at, part)
        yield from _fields(mapping, at, part, single)
        yield from _relations(mapping, at, part, earlier)
        if part.match:
            yield from _text_rule(mapping, (*at, "match", "by"), "by", part.match.by)
            if part.match.name:
                yield from _text_rule(mapping, (*at, "match", "name"), "name", part.match.name)
        for alias, rules in part.aliases.items():
            for number, rule in enumerate(rules):
                yield from _text_rule(mapping, (*at, "aliases", alias, number), alias, rule)
        earlier.add(part.name)


def _edits(at: Location, part: Part) -> Iterator[Mistake]:
    """Where ``edits`` would have no meaning."""
    if part.anchor and part.anchor.edits:
        yield Mistake((*at, "anchor", "edits"), "expected only on a field or a link: an anchor is no value")
    places: list[tuple[Location, Mapping[str, Rule | Reference]]] = [
        ((*at, "fields"), part.fields),
        ((*at, "links"), part.links),
        *(((*at, "each", number, "fields"), element.fields) for number, element in enumerate(part.repeated)),
        *_picked(at, part),
    ]
    for place, named in places:
        for name, one in named.items():
            if one.edits and part.match:
                yield Mistake((*place, name, "edits"), "a row of Twenty's own (`match`) is always written over")


def _picked(at: Location, part: Part) -> list[tuple[Location, dict[str, Rule]]]:
    return [((*at, "pick", "fields", text), rules) for text, rules in part.pick.fields.items()] if part.pick else []


def _fields(mapping: SystemMapping, at: Location, part: Part, single: set[str]) -> Iterator[Mistake]:
    types = field_types(mapping, part.target)
    places = [((*at, "fields"), part.fields)]
    places += [((*at, "each", number, "fields"), element.fields) for number, element in enumerate(part.repeated)]
    places += _picked(at, part)
    for place, rules in places:
        for name, rule in rules.items():
            kind = types.get(name)
            if kind is None:
                yield Mistake((*place, name), f"{part.target} has no field {name!r}{suggestion(name, types)}")
            elif kind == RELATION:
                yield Mistake((*place, name), f"{name!r} is a relation: expected it under `links` or `within`")
            elif name == mapping.source_key_field:
                yield Mistake((*place, name), "this field is filled by itself: leave it out")
            else:
                yield from _rule(mapping, (*place, name), part.target, name, kind, rule)
                if rule.record_url is not None and rule.record_url not in single:
                    yield Mistake((*place, name, "record_url"), f"no part {rule.record_url!r} in this object")
    for number, adoption in enumerate(part.adopt):
        for path in (adoption.field, *adoption.confirm):
            head, _, tail = path.partition(".")
            known = head in part.fields and (not tail or tail in COMPOSITES.get(types.get(head, ""), {}))
            if not known:
                yield Mistake((*at, "adopt", number), f"{path!r} is no field that this part writes")


def _rule(mapping: SystemMapping, at: Location, target: str, field: str, kind: str, rule: Rule) -> Iterator[Mistake]:
    if len(rule.origins) != 1:
        known = "from, constant, template, join, choose, difference, record_url and of"
        yield Mistake(at, f"expected exactly one of {known}, found {', '.join(rule.origins) or 'none'}")
    for key, kinds in _ONLY_FOR.items():
        if getattr(rule, key) not in (None, []) and kind not in kinds:
            yield Mistake((*at, key), f"expected only for {' and '.join(sorted(kinds))}, and {field} is a {kind}")
    if rule.as_ and rule.as_ not in _CONVERTERS.get(kind, frozenset()):
        fitting = ", ".join(sorted(_CONVERTERS.get(kind, ()))) or "no converter: its type has one of its own"
        yield Mistake((*at, "as"), f"{rule.as_!r} does not make a {kind}: expected {fitting}")
    if rule.expected and rule.origins in (["constant"], ["of"]):
        yield Mistake((*at, "expected"), "expected only for a value that can be empty: name it on the sub-fields")
    if rule.country and rule.as_ not in ("state", "postcode"):
        yield Mistake((*at, "country"), "expected only together with `as: state` or `as: postcode`")
    if rule.required and (rule.expected or rule.when):
        yield Mistake(at, "a required value is always expected: leave `expected` and `when` out")
    if kind in ("SELECT", "MULTI_SELECT"):
        known_options = options(mapping, target, field)
        for source, value in (rule.values or {}).items():
            if value not in known_options:
                hint = suggestion(value, known_options)
                yield Mistake((*at, "values", source), f"{field} has no option {value!r}{hint}")
        if kind == "MULTI_SELECT" and rule.constant is not None:
            yield Mistake((*at, "constant"), "a MULTI_SELECT takes no constant")
        elif rule.constant is not None and rule.constant not in known_options:
            hint = suggestion(str(rule.constant), known_options)
            yield Mistake((*at, "constant"), f"{field} has no option {rule.constant!r}{hint}")
    elif rule.constant is not None:
        fits = {"TEXT": str, "BOOLEAN": bool, "NUMBER": int}.get(kind)
        if fits is None or type(rule.constant) is not fits:
            yield Mistake((*at, "constant"), f"a {type(rule.constant).__name__} is no constant for a {kind}")
    for name, inner in (rule.of or {}).items():
        sub_kind = COMPOSITES.get(kind, {}).get(name)
        if sub_kind is None:
            hint = suggestion(name, COMPOSITES.get(kind, {}))
            yield Mistake((*at, "of", name), f"{kind} has no part {name!r}{hint}")
        else:
            yield from _text_rule(mapping, (*at, "of", name), name, inner, sub_kind)


def _text_rule(mapping: SystemMapping, at: Location, name: str, rule: Rule, kind: str = "TEXT") -> Iterator[Mistake]:
    """A rule below or beside a field: a sub-field, a key, an alias."""
    if rule.edits is not None:
        yield Mistake((*at, "edits"), "expected only on a whole field")
    if rule.record_url is not None:
        yield Mistake((*at, "record_url"), "expected only as the whole of a TEXT field")
    yield from _rule(mapping, at, "", name, kind, rule)


def _relations(mapping: SystemMapping, at: Location, part: Part, earlier: set[str]) -> Iterator[Mistake]:
    types = field_types(mapping, part.target)
    relations = {name for name, kind in types.items() if kind == RELATION}
    for group, names in (("within", part.within), ("links", part.links)):
        for name in names:
            if name not in relations:
                hint = suggestion(name, relations)
                yield Mistake((*at, group, name), f"{part.target} has no relation {name!r}{hint}")
    for name, other in part.within.items():
        if other not in earlier:
            hint = suggestion(other, earlier)
            yield Mistake((*at, "within", name), f"no part {other!r} before this one{hint}")
    for name, reference in part.links.items():
        if name in relations:
            yield from _reference(mapping, (*at, "links", name), reference, related(mapping, part.target, name))
    if part.anchor:
        yield from _reference(mapping, (*at, "anchor"), part.anchor, part.target)


def _reference(mapping: SystemMapping, at: Location, reference: Reference, target: str) -> Iterator[Mistake]:
    if (reference.to is None) == (reference.alias is None):
        yield Mistake(at, "expected one of `to` (an object, by its key) and `alias`")
        return
    for position, rule in enumerate(reference.by):
        yield from _text_rule(mapping, (*at, "by", position), "by", rule)
    if reference.alias is not None:
        published = {name: rules for part in _all(mapping) for name, rules in part.aliases.items()}
        if reference.alias not in published:
            hint = suggestion(reference.alias, published)
            yield Mistake((*at, "alias"), f"no part publishes the alias {reference.alias!r}{hint}")
        elif len(published[reference.alias]) != len(reference.by):
            yield Mistake(
                (*at, "by"), f"the alias has {len(published[reference.alias])} values, found {len(reference.by)}"
            )
        return
    parts = mapping.all_parts()
    assert reference.to is not None
    if reference.to not in parts:
        yield Mistake((*at, "to"), f"no object {reference.to!r} in this mapping{suggestion(reference.to, parts)}")
        return
    meant = [part for part in parts[reference.to] if part.name == reference.part and not part.each]
    if not meant:
        yield Mistake(at, f"{reference.to} has no part {reference.part!r}")
    elif meant[0].target != target:
        yield Mistake(at, f"expected a {target}, and {reference.to} becomes a {meant[0].target}")
    key = mapping.objects[reference.to].source.key if reference.to in mapping.objects else [""]
    if len(reference.by) != len(key):
        yield Mistake((*at, "by"), f"the key of {reference.to} has {len(key)} columns, found {len(reference.by)}")


def _all(mapping: SystemMapping) -> Iterator[Part]:
    for parts in mapping.all_parts().values():
        yield from parts
