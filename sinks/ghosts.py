"""What a process that died may have written, and Kafka never learned of: it must not stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from schemas.records import Identity, Part, PartMode
from sinks.book import LIVING, Book
from sinks.pending import Pending


def ghost(pending: Pending, known: Mapping[str, Identity], parts: Sequence[Part], book: Book) -> Identity | None:
    """The next thing to take back of what replaced versions may have left: a row, or what a fragment owns of one.

    known: the record's identities. parts: those that are to stay. A fragment takes nothing back that another living
    part owns by now.
    """
    rows = {part.name: part.anchor.twenty_id if part.anchor else None for part in parts}
    for (name, row), trace in reversed(pending.ghosts.items()):
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
                return replace(found, target=trace.target)  # a delete that found nothing knows no object
        elif rows.get(name) != row and (living is None or living.twenty_id != row) and book.owner(row) is not None:
            left = replace(trace, owned=_unclaimed(trace, book))
            if left.owned or left.links:
                return left
    return None


def _unclaimed(trace: Identity, book: Book) -> tuple[str, ...]:
    """Columns of a row that no other living part owns."""
    others = (other for other in book.at(trace.twenty_id) if (other.key, other.part) != (trace.key, trace.part))
    taken = {column for other in others for column in other.owned}
    return tuple(column for column in trace.owned if column not in taken)
