"""What a process that died may have written, and Kafka never learned of: it must not stay.

As long as a version waits here, it knows itself what may be there. When it leaves without an outcome (back to hold, or
as a dead letter) the identities remember it: ``in_doubt``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from schemas.records import BEFORE_ALL, Identity, Part, PartMode, WriteKind
from sinks.book import LIVING, Book
from sinks.links import is_merged, stands
from sinks.pending import Pending


def ghost(pending: Pending, known: Mapping[str, Identity], parts: Sequence[Part], book: Book) -> Identity | None:
    """The next thing to take back of what replaced versions may have left: a row, or what a fragment owns of one.

    known: the record's identities. parts: those that are to stay. A fragment takes nothing back that another living
    part owns by now.
    """
    rows = {part.name: part.anchor.twenty_id if part.anchor else None for part in parts}
    for (name, row), trace in reversed((_remembered(pending, known) | pending.ghosts).items()):
        identity = known.get(name)
        living = identity if identity is not None and identity.state in LIVING else None
        if (name, row) in pending.vacated:
            continue
        if trace.mode is PartMode.OWN:
            if name not in rows and living is None:
                # no newer than this version: a newer one that names the part may be on its way
                found = identity or replace(trace, version=pending.write.version)
                if (name, found.twenty_id) in pending.vacated:
                    continue  # an adopted row, which it has left
                # a delete that found nothing knows no object, and no relation that goes into the trash with the row
                links = {**dict.fromkeys(trace.links, ""), **found.links}
                return replace(found, target=trace.target, links=links)
        elif rows.get(name) != row and (living is None or living.twenty_id != row) and book.owner(row) is not None:
            taken = book.claimed(row, besides=(trace.key, trace.part))
            if not taken.issuperset((*trace.owned, *trace.links)):
                return trace
    return None


def doubts(pending: Pending, known: Mapping[str, Identity], book: Book) -> list[Identity]:
    """Of a record that leaves without an outcome: the identities that are to remember what may be in Twenty of it."""
    pending.remember(pending.write)
    found = [
        _unsure(identity, pending, book)
        for name, identity in known.items()
        if name not in pending.accounted and stands(identity)
    ]
    for (name, row), trace in pending.ghosts.items():
        before = known.get(name) or replace(trace, version=BEFORE_ALL)
        if name in pending.accounted or (name, row) in pending.vacated or stands(before):
            continue
        if trace.mode is PartMode.FRAGMENT or before.twenty_id == row:
            # a delete that found nothing knows no object
            before = replace(before, target=trace.target, twenty_id=row)
        owned = tuple(sorted({*before.owned, *trace.owned}))
        found.append(replace(before, in_doubt=True, links={**trace.links, **before.links}, owned=owned))
    return [identity for identity in found if identity != known.get(identity.part)]


def overtaken(pending: Pending, known: Mapping[str, Identity], book: Book) -> list[Identity]:
    """The identities of a record, doubted, that a version contradicts which comes after a newer one was decided.

    A process that died may have sent it last, and the newer one was found to be in Twenty already.
    """
    if not pending.inherited or pending.write.kind is WriteKind.PATCH:
        return []
    said = {part.name: part for part in pending.write.parts}
    contradicted = [one for name, one in known.items() if stands(one) and not _agrees(said.get(name), one)]
    pending.remember(pending.write)
    return [_unsure(identity, pending, book) for identity in contradicted]


def _agrees(part: Part | None, identity: Identity) -> bool:
    """Whether an identity's row is as a version says it is, as far as that names rows."""
    if part is None or _elsewhere(part, identity):
        return False
    led = all(link.twenty_id in (None, identity.links.get(link.field, "")) for link in part.links)
    return led and part.content_hash == identity.content_hash.partition("+")[0]


def _unsure(identity: Identity, pending: Pending, book: Book) -> Identity:
    """The identity of a row that may hold something else than any answer told: its next write passes in any case."""
    replaced = pending.earlier.get(identity.part, ())
    earlier = [part for part in replaced if part.target == identity.target]
    content = identity.content_hash.partition("+")[0]
    written = any(part.content_hash not in ("", content) for part in earlier)
    removed = pending.took_out(identity.part) or any(_elsewhere(part, identity) for part in replaced)
    shared = {name for part in earlier for name in part.fields} if identity.mode is not PartMode.OWN else set()
    return replace(
        identity,
        content_hash=unknown(identity) if written or removed else identity.content_hash,
        links=links_left(identity, pending, book),
        owned=tuple(sorted({*identity.owned, *shared})),
    )


def links_left(identity: Identity, pending: Pending, book: Book) -> dict[str, str]:
    """The links of a row that replaced versions may have written: empty where nobody knows what it has."""
    earlier = [part for part in pending.earlier.get(identity.part, ()) if part.target == identity.target]
    # what hold had not resolved may have been filled in here
    said = [(link.field, link.twenty_id or "") for part in earlier for link in part.links if link.twenty_id != ""]
    said += [(field, "") for field in pending.moved.get(identity.part, ())]
    # or may have led elsewhere, while the record that is named was merged
    said += [(link.field, "") for part in earlier for link in part.links if book.mergers.heard_of(link.token)]
    return {**identity.links, **{field: "" for field, row in said if identity.links.get(field) != row}}


def _elsewhere(part: Part, identity: Identity) -> bool:
    """Whether a part had to leave the row of an identity for its own place."""
    anchored = part.anchor is not None and part.anchor.twenty_id not in (None, "", identity.twenty_id)
    return part.target != identity.target or anchored


def unknown(identity: Identity) -> str:
    """The content hash of a row of which nobody knows what it holds; its file is there all the same."""
    _, plus, file = identity.content_hash.partition("+")
    return f"{plus}{file}"


def doubted(identity: Identity) -> bool:
    """Whether a row may hold what no answer told, until its record comes back and writes over it."""
    return identity.content_hash.partition("+")[0] == "" or "" in identity.links.values()


def _remembered(pending: Pending, known: Mapping[str, Identity]) -> dict[tuple[str, str], Identity]:
    """Ghosts that the identities tell of. A link patch or an older version does not know what is to stay."""
    write = pending.write
    if write.kind is WriteKind.PATCH or any(one.version > write.version for one in known.values()):
        return {}
    return {(one.part, one.twenty_id): one for one in known.values() if one.in_doubt and not is_merged(one)}
