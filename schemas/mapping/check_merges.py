"""Whether what a mapping says of merges leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.mapping.language import ObjectMapping, SystemMapping
from schemas.mapping.mistakes import Location, Mistake, suggestion


def check_merges(mapping: SystemMapping, where: Location, name: str, mapped: ObjectMapping) -> Iterator[Mistake]:
    if not (mapped.parts or mapped.merges or mapped.for_views):
        expected = (
            "expected at least one part, or `merges` for a log of merges, or `for_views` for what views alone read"
        )
        yield Mistake((*where, "parts"), expected)
    if mapped.merged_into is not None and mapped.merges is not None:
        yield Mistake((*where, "merges"), "expected one of `merged_into` (a column of the loser's row) and `merges`")
    if mapped.merged_into is not None:
        at: Location = (*where, "merged_into")
        yield from _mergeable(mapping, at, name, {"the record it was merged into": len(mapped.merged_into)})
    if mapped.merges is not None:
        at, merges = (*where, "merges"), mapped.merges
        if merges.object not in mapping.objects:
            hint = suggestion(merges.object, mapping.objects)
            yield Mistake((*at, "object"), f"no object {merges.object!r} in this mapping{hint}")
        else:
            found = {"loser": len(merges.loser), "survivor": len(merges.survivor)}
            yield from _mergeable(mapping, at, merges.object, found)


def _mergeable(mapping: SystemMapping, at: Location, name: str, found: dict[str, int]) -> Iterator[Mistake]:
    merged = mapping.objects[name]
    main = next((part for part in merged.parts if part.name == "" and not part.each), None)
    if main is None or main.anchor or main.match:
        yield Mistake(at, f"{name} has no main part of its own: only a record with a row of its own can be merged")
    for role, count in found.items():
        if count != len(merged.source.key):
            yield Mistake(at, f"the key of {name} has {len(merged.source.key)} columns, found {count} for {role}")
