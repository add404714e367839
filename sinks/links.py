"""The links of a part: which are wanted, which are owed, which lead to a row that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from schemas.records import Identity, Part
from sinks.book import LIVING, Book


def wanted_links(part: Part, known: Mapping[str, Identity]) -> dict[str, str]:
    """Relation field -> Twenty id, of all links of a part that are resolved."""
    links = {link.field: link.twenty_id for link in part.links if link.twenty_id}
    for field, name in part.internal.items():
        parent = known.get(name)
        if parent is not None and parent.state in LIVING:
            links[field] = parent.twenty_id
    return links


def due_links(part: Part, identity: Identity | None, known: Mapping[str, Identity]) -> dict[str, str]:
    """Of a part's links those that its row does not have yet; an empty id takes one back.

    What an alias said earlier than what the row has is void: a worker that was stopped may say it again.
    """
    had: Mapping[str, str] = identity.links if identity else {}
    had_at: Mapping[str, int] = identity.links_at if identity else {}
    wanted = wanted_links(part, known) | {link.field: "" for link in part.links if link.twenty_id == ""}
    void = {link.field for link in part.links if 0 <= link.at < had_at.get(link.field, -1)}
    return {field: row for field, row in wanted.items() if had.get(field, "") != row and field not in void}


def linked(part: Part, identity: Identity, known: Mapping[str, Identity]) -> Identity:
    """The identity once its due links are written."""
    links = {**identity.links, **due_links(part, identity, known)}
    newer = {f: at for f, at in links_at(part).items() if at > identity.links_at.get(f, -1)}
    return replace(
        identity,
        links={field: row for field, row in links.items() if row},
        links_at={**identity.links_at, **newer},
    )


def links_at(part: Part) -> dict[str, int]:
    return {link.field: link.at for link in part.links if link.at >= 0 and link.twenty_id is not None}


def gone_parents(part: Part, book: Book) -> set[str]:
    """Rows that a part refers to and that are not there (any more)."""
    gone = {link.twenty_id for link in part.links if link.twenty_id and book.lost(link.twenty_id)}
    if part.anchor is not None and part.anchor.twenty_id and book.owner(part.anchor.twenty_id) is None:
        gone.add(part.anchor.twenty_id)
    return gone
