"""A write's references: what is still open, and the write with what is known filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from schemas.keys import is_alias, parse_record_key, part_key, split_token
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
        if anchor is not None and anchor.twenty_id is not None:
            links = tuple(_not_itself(link, anchor.twenty_id, optional) for link in links)
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
                part.unless,
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
        write.skip,
    )
    return whole, required, optional


def _filled(link: Link, known: Known, required: list[str], optional: list[str]) -> Link:
    if link.twenty_id is not None:
        return link
    twenty_id = known.get(link.token, _UNKNOWN)[1]
    if twenty_id is None:
        (required if link.required else optional).append(link.token)
        return link
    if is_alias(link.token):
        return Link(link.field, link.token, link.required, twenty_id, known[link.token][0])
    return Link(link.field, link.token, link.required, twenty_id)


def _not_itself(link: Link, anchor: str, optional: list[str]) -> Link:
    """Somebody who is named by what she herself is known by (a contact of her own) is not linked to herself."""
    if link.twenty_id != anchor or not is_alias(link.token):
        return link
    optional.append(link.token)
    return replace(link, twenty_id=None)


def has_alias(write: Write) -> bool:
    return any(is_alias(link.token) for part in write.parts for link in part.links)


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
    """The patch that completes ``write`` later: of its parts the links that are open, and those by alias.

    A link by alias is never settled for good: another part may get the alias, or the one that has it lose it. It keeps
    what was last said of it.
    """
    parts = tuple(
        Part(part.name, part.target, part.mode, links=links, anchor=part.anchor)
        for part in write.parts
        if (
            links := tuple(
                link
                for link in part.links
                if is_alias(link.token) or (link.twenty_id is None and link.token in missing)
            )
        )
    )
    if not parts:
        return None
    return Write(
        write.key, WriteKind.PATCH, write.version, write.unit, parts, write.source_changed_at, write.captured_at
    )


def owed_again(owed: Write | None, back: Write) -> Write | None:
    """What is owed once a patch has come back, together with what was owed of its version.

    Nothing of the patch was written, also where a parent of one link alone is gone: each is to be said again.
    """
    parts = {part.name: part for part in owed.parts} if owed else {}
    for part in back.parts:
        links = {link.field: link for link in parts[part.name].links} if part.name in parts else {}
        links |= {link.field: replace(link, twenty_id=None, at=-1) for link in part.links}
        parts[part.name] = replace(parts.get(part.name, part), links=tuple(links.values()))
    whole = replace(back, kind=WriteKind.WRITE, parts=tuple(parts.values()))
    return owed_patch(whole, frozenset(waited_for(whole)))


def progress(patch: Write, known: Known) -> tuple[Write | None, Write | None]:
    """What is to be said now of an owed patch, and what stays owed: each None where there is nothing."""
    news: list[Part] = []
    rest: list[Part] = []
    for part in patch.parts:
        anchor = part.anchor.twenty_id if part.anchor else None
        said: list[Link] = []
        kept: list[Link] = []
        for link in part.links:
            word = known.get(link.token)
            if not is_alias(link.token):
                if word is not None and word[1] is not None:
                    said.append(replace(link, twenty_id=word[1]))
                else:
                    kept.append(link)
                continue
            if word is not None:
                at, twenty_id = word
                now = twenty_id if twenty_id != anchor else None
                # every newer word is said, though it seem the same: a worker before us may have said another
                # meanwhile; only a record that needs the reference keeps the last that there was
                if at > link.at and (now or not link.required):
                    said.append(replace(link, twenty_id=now or "", at=at))
                    link = replace(link, twenty_id=now, at=at)
            kept.append(link)
        if said:
            news.append(Part(part.name, part.target, part.mode, links=tuple(said)))
        if kept:
            rest.append(replace(part, links=tuple(kept)))
    return (
        replace(patch, parts=tuple(news)) if news else None,
        replace(patch, parts=tuple(rest)) if rest else None,
    )
