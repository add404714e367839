"""A write's references: what is still open, and the write with what is known filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from schemas.keys import parse_record_key, part_key, split_token
from schemas.records import Link, Part, Write, WriteKind

Known = Mapping[str, tuple[int, str | None]]
"""token -> (offset in ``identities`` that it is known from, Twenty id or None)."""

_UNKNOWN = (0, None)


def open_tokens(part: Part) -> Iterator[str]:
    for link in part.links:
        if link.twenty_id is None:
            yield link.token
    if part.anchor is not None and part.anchor.twenty_id is None:
        yield part.anchor.token


def waited_for(write: Write) -> Iterator[str]:
    return (token for part in write.parts for token in open_tokens(part))


def parent_object(token: str) -> str:
    """The object that a token speaks of, for labels and reasons: never the id."""
    return parse_record_key(split_token(token)[0]).object


def completed(write: Write, known: Known) -> tuple[Write, list[str], list[str]]:
    """The write with every known reference filled in, and the tokens missing: (write, required, optional).

    An anchor is required: a fragment has nothing to write to without its row.
    """
    required: list[str] = []
    optional: list[str] = []
    parts: list[Part] = []
    changed = False
    for part in write.parts:
        if not part.links and part.anchor is None:
            parts.append(part)
            continue
        links = tuple(_filled(link, known, required, optional) for link in part.links)
        anchor = part.anchor and _filled(part.anchor, known, required, required)
        changed = True
        parts.append(
            Part(
                part.name,
                part.target,
                part.mode,
                part.fields,
                part.internal,
                links,
                anchor,
                part.matches,
                part.aliases,
                part.flags,
                part.attachment,
                part.content_hash,
            )
        )
    if not changed:
        return write, required, optional
    whole = Write(
        write.key,
        write.kind,
        write.version,
        write.unit,
        tuple(parts),
        write.source_changed_at,
        write.captured_at,
        write.repair,
    )
    return whole, required, optional


def _filled(link: Link, known: Known, required: list[str], optional: list[str]) -> Link:
    if link.twenty_id is not None:
        return link
    twenty_id = known.get(link.token, _UNKNOWN)[1]
    if twenty_id is None:
        (required if link.required else optional).append(link.token)
        return link
    return Link(link.field, link.token, link.required, twenty_id)


def with_open_links_optional(write: Write) -> Write:
    """A record that refers to itself leaves before it exists: the reference follows in a patch."""
    return replace(
        write,
        parts=tuple(
            replace(
                part,
                links=tuple(
                    link if link.twenty_id is not None else Link(link.field, link.token, required=False)
                    for link in part.links
                ),
            )
            for part in write.parts
        ),
    )


def own_tokens(write: Write, *, aliases: bool = True) -> frozenset[str]:
    """Names under which the record's own parts can be referred to: such a reference cannot be waited for."""
    tokens = {part_key(write.key, part.name) for part in write.parts}
    tokens.add(part_key(write.key, ""))
    if aliases:
        tokens.update(alias for part in write.parts for alias in part.aliases)
    return frozenset(tokens)


def owed_patch(write: Write, missing: Set[str]) -> Write | None:
    """The patch that completes ``write`` later: names, targets and modes of its parts with the open links alone."""
    parts = tuple(
        Part(part.name, part.target, part.mode, links=links)
        for part in write.parts
        if (links := tuple(link for link in part.links if link.twenty_id is None and link.token in missing))
    )
    if not parts:
        return None
    return Write(
        write.key, WriteKind.PATCH, write.version, write.unit, parts, write.source_changed_at, write.captured_at
    )
