"""The links of a part: which are wanted, which are owed, which lead to a row that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from schemas.keys import is_alias, part_key, split_token, twenty_id
from schemas.records import Identity, IdentityState, Link, Part, PartMode
from sinks.book import LIVING, Book
from sinks.pending import Pending


def wanted_links(part: Part, known: Mapping[str, Identity]) -> dict[str, str]:
    """Relation field -> Twenty id, of all links of a part that are resolved."""
    links = {link.field: link.twenty_id for link in part.links if link.twenty_id}
    for field, name in part.internal.items():
        parent = known.get(name)
        if parent is not None and parent.state in LIVING:
            links[field] = parent.twenty_id
    return links


def unsure(part: Part) -> dict[str, str]:
    """The links of a part as an identity names them whose row may have them, or what was there before."""
    return {link.field: "" for link in part.links if link.twenty_id != ""}


def due_links(part: Part, identity: Identity | None, known: Mapping[str, Identity]) -> dict[str, str]:
    """Of a part's links those that its row does not have yet; an empty id takes one back."""
    had: Mapping[str, str] = identity.links if identity else {}
    wanted = wanted_links(part, known) | {link.field: "" for link in part.links if link.twenty_id == ""}
    void = _outdated(part, identity)
    # an empty one that is remembered is in doubt: nobody knows what the row has
    owed = {field for field, row in wanted.items() if had.get(field) != (row or None)}
    return {field: row for field, row in wanted.items() if field in owed - void}


def doubtful_links(part: Part, identity: Identity | None, pending: Pending, book: Book) -> dict[str, str]:
    """Links that a process which died may have written otherwise: their record was merged, then or now, or a patch
    moved them on."""
    moved = pending.moved.get(part.name, set()) - _outdated(part, identity)
    said = (link for link in part.links if link.twenty_id is not None)
    return {
        link.field: link.twenty_id or "" for link in said if link.field in moved or book.mergers.heard_of(link.token)
    }


def _outdated(part: Part, identity: Identity | None) -> set[str]:
    """What an alias said earlier than what the row has is void: a worker that was stopped may say it again."""
    had_at: Mapping[str, int] = identity.links_at if identity else {}
    return {link.field for link in part.links if 0 <= link.at < had_at.get(link.field, -1)}


def linked(part: Part, identity: Identity, book: Book) -> Identity:
    """The identity once its due links are written."""
    known = book.record(identity.key)
    links = {**identity.links, **due_links(part, identity, known)}
    said = {link.field for link in part.links}
    newer = {f: at for f, at in links_at(part).items() if at > identity.links_at.get(f, -1)}
    return replace(
        identity,
        links={field: row for field, row in links.items() if row},
        links_at={**identity.links_at, **newer},
        via={name: token for name, token in identity.via.items() if name not in said} | via(part, book),
    )


def links_at(part: Part) -> dict[str, int]:
    return {link.field: link.at for link in part.links if link.at >= 0 and link.twenty_id is not None}


def gone_parents(part: Part, book: Book) -> set[str]:
    """Rows that a part refers to and that are not there (any more), or not what it means."""
    rows = [(link.twenty_id, link) for link in part.links if link.twenty_id]
    gone = {row for row, link in rows if book.lost(row) or _void(link, book)}
    anchor = part.anchor
    if anchor is not None and anchor.twenty_id and (book.owner(anchor.twenty_id) is None or _void(anchor, book)):
        gone.add(anchor.twenty_id)
    return gone


def _void(link: Link, book: Book) -> bool:
    """Whether a link leads to the row of a record that its own was merged into, and is not any more."""
    known = None if is_alias(link.token) else known_of(book, link.token)
    return known is not None and known.state is IdentityState.DELETED and known.twenty_id not in ("", link.twenty_id)


def known_of(book: Book, token: str) -> Identity | None:
    key, part = split_token(token)
    return book.record(key).get(part)


def is_merged(identity: Identity | None) -> bool:
    return identity is not None and identity.mode is PartMode.MERGED and identity.state is IdentityState.LIVE


def stands(identity: Identity | None) -> bool:
    """Whether a part has a row of its own in Twenty."""
    return identity is not None and identity.state in LIVING and identity.mode not in (PartMode.MERGER, PartMode.MERGED)


def led(key: str, part: Part, book: Book) -> Part:
    """The part with its links where their records are now: hold may have said it before one of them was merged, or
    before it had heard of any."""
    anchor = part.anchor and _led(part.anchor, book)
    row, token = _place(key, part, anchor, book)
    links = tuple(_of_another(_led(link, book), row, token, book) for link in part.links)
    return part if (links, anchor) == (part.links, part.anchor) else replace(part, links=links, anchor=anchor)


def may_lead(link: Link, book: Book) -> bool:
    """Whether a link may have been written to lead somewhere: hold had resolved it, or it was filled in here."""
    unheard = link.twenty_id is None and not is_alias(link.token)
    return bool(link.twenty_id) or (unheard and known_of(book, link.token) is not None)


def _place(key: str, part: Part, anchor: Link | None, book: Book) -> tuple[str, str]:
    """The row that a part writes, and the token of the record that it is; empty where they are not known yet."""
    known = book.record(key).get(part.name)
    if part.mode is PartMode.OWN:
        return known.twenty_id if stands(known) and known else twenty_id(key, part.name), part_key(key, part.name)
    row = (anchor.twenty_id if anchor else known.twenty_id if known else "") or ""
    owner = book.owner(row)
    return row, part_key(owner.key, owner.part) if owner else ""


def _of_another(link: Link, row: str, token: str, book: Book) -> Link:
    """A reference to somebody who was merged into the one that refers to her says nothing any more: nobody is her own
    guarantor because two charts of hers were merged."""
    if not row or link.twenty_id != row or link.token == token or link.required or is_alias(link.token):
        return link
    return replace(link, twenty_id="") if is_merged(known_of(book, link.token)) else link


def _led(link: Link, book: Book) -> Link:
    if link.twenty_id == "" or is_alias(link.token):
        return link
    known = known_of(book, link.token)
    if known is None or known.state is not IdentityState.LIVE or known.twenty_id == link.twenty_id:
        return link
    return replace(link, twenty_id=known.twenty_id)


def via(part: Part, book: Book) -> dict[str, str]:
    """The links of a part that lead through a record which is merged, or which was and has not come back yet."""
    return {
        link.field: link.token
        for link in part.links
        if link.twenty_id is not None and not is_alias(link.token)
        if is_merged(known_of(book, link.token)) or (link.twenty_id and _void(link, book))
    }
