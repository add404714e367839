"""Merges at the source: where a merged record leads, and what follows when that changes.

A merger says that one record was merged into another. While the survivor is in Twenty, the loser is *merged*: its rows
are in the trash, and its identity leads to the survivor's row, so that whatever names its key is linked there. When the
survivor goes, or the merger is taken back, the loser comes back as it was. Which of the two holds depends on what is in
Twenty alone, never on the order in which it got there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from schemas.keys import is_alias, split_token, twenty_id
from schemas.records import (
    BEFORE_ALL,
    Flag,
    Identity,
    IdentityState,
    Link,
    Outcome,
    Part,
    PartMode,
    Unit,
    Version,
    Write,
    WriteKind,
)
from sinks.book import LIVING, Book
from sinks.links import is_merged, known_of, stands, unsure
from sinks.mergers import main_token
from sinks.pending import Pending
from sinks.steps import Do, Settled, Step

ANCHOR = "anchor"
"""Stands in ``Identity.via`` for the anchor of a fragment."""
NOT_THERE = "merged into a record that is not in Twenty"
CYCLE = "merged in a cycle: nobody can say which record survived"
OF_MERGED = "the record that it is a part of was merged into another"


@dataclass(slots=True)
class Consequences:
    """Of a new identity. ``identities`` are published next, each with consequences of its own; the parts whose links
    lead elsewhere now are ``relinked`` through hold; ``again`` are records whose last write is to be decided anew."""

    identities: list[Identity] = field(default_factory=list)
    relinked: list[tuple[Identity, Part]] = field(default_factory=list)
    again: list[Identity] = field(default_factory=list)


def survivor(book: Book, loser: str) -> Identity | None:
    """The record that a token leads to by mergers: the farthest one that is in Twenty. None where it stands alone."""
    for token in reversed(book.mergers.path(loser)):
        found = known_of(book, token)
        if found is not None and found.mode is PartMode.OWN and found.state is IdentityState.LIVE:
            return found
    return None


def nothing(key: str, target: str) -> Identity:
    """Of a record that never was in Twenty."""
    return Identity(
        key, "", target, twenty_id(key, ""), BEFORE_ALL, IdentityState.DELETED, origin=Outcome.DELETED
    )  # fmt: skip


def merged(loser: Identity, into: Identity) -> Identity:
    """What a loser's identity becomes. It keeps its row, which is in the trash, to come back to."""
    return replace(
        loser, state=IdentityState.LIVE, mode=PartMode.MERGED, twenty_id=into.twenty_id, target=into.target,
        retired=loser.retired if is_merged(loser) else loser.twenty_id, content_hash="", owned=(), via={},
    )  # fmt: skip


def alone(known: Identity) -> Identity:
    """The identity of a record that is merged no more: in the trash, from where its next write takes it. ``retired``
    stays until then, and says that it was no delete that put it there."""
    if known.mode is not PartMode.MERGED:
        return known
    return replace(known, state=IdentityState.DELETED, mode=PartMode.OWN, twenty_id=known.retired)


def taken_out(known: Identity, version: Version, book: Book) -> Identity:
    """The identity of a part whose row was just put into the trash because its record was merged."""
    into = survivor(book, main_token(known.key))
    gone = replace(
        known, state=IdentityState.DELETED, version=max(version, known.version), content_hash="", owned=(), unique=(),
        missed=(), aliases=(), via={}, retired=known.twenty_id, in_doubt=False,
    )  # fmt: skip
    return merged(gone, into) if known.part == "" and into is not None else gone


def follow(book: Book, old: Identity | None, new: Identity) -> Consequences:
    """What the publication of ``new``, which the book holds already, brings about."""
    out = Consequences()
    if new.mode is PartMode.MERGER:
        starts = {one.merger.loser for one in (old, new) if one is not None and one.merger is not None}
    elif new.part == "":
        starts = {main_token(new.key)}
        out.relinked.extend(_relinked(book, old, new))
        if stands(new):
            out.again.extend(_fragments(book, new))
    else:
        return out
    for loser in dict.fromkeys(each for start in sorted(starts) for each in book.mergers.upstream(start)):
        decide(book, loser, out)
    return out


def decide(book: Book, loser: str, out: Consequences) -> None:
    """Adds what is to be done where a record is not as its mergers say."""
    key, part = split_token(loser)
    now, into = book.record(key).get(part), survivor(book, loser)
    if now is not None and is_merged(now):
        if into is None:
            out.identities.append(alone(now))
            if now.message is not None:
                out.again.append(now)
        elif into.twenty_id != now.twenty_id:
            out.identities.append(replace(now, twenty_id=into.twenty_id))
    elif into is None:
        return
    elif now is not None and stands(now):
        out.again.append(now)
    else:
        # where it was never captured, or was deleted, there is nothing to come back to; its key leads on all the same
        gone = now or nothing(key, into.target)
        out.identities.append(replace(merged(gone, into), message=gone.message if gone.retired else None))


def unfinished(book: Book) -> Consequences:
    """What a process that died may have published and not followed up."""
    out = Consequences()
    for loser in book.mergers.losers():
        decide(book, loser, out)
    out.again.extend(known for known in book.coming() if known.part == "")
    out.again.extend(book.deprived())
    for token in book.mergers.tokens():
        known_there = known_of(book, token)
        if known_there is not None and stands(known_there):
            out.again.extend(_fragments(book, known_there))
    return out


def as_said(book: Book, known: Identity) -> bool:
    """Whether a record stands alone, or is merged, as its mergers say."""
    return is_merged(known) if survivor(book, main_token(known.key)) else stands(known)


def _relinked(book: Book, old: Identity | None, new: Identity) -> Iterator[tuple[Identity, Part]]:
    """Parts in Twenty that name a record which leads to another row now."""
    token = main_token(new.key)
    if new.state is not IdentityState.LIVE:
        return
    if is_merged(new) and new.origin is not Outcome.DELETED and not is_merged(old):
        for child in book.referring(new.retired):
            fields = [
                name for name, row in child.links.items()
                if row == new.retired and name not in child.via and name not in child.links_at
            ]  # fmt: skip
            if fields and child.key != new.key:
                yield child, _owing(child, fields, token)
    for key, name in book.mergers.through(token):
        child = book.record(key)[name]
        fields = [
            one for one, through in child.via.items()
            if through == token and one != ANCHOR and child.links.get(one) != new.twenty_id
        ]  # fmt: skip
        if fields and child.state in LIVING:
            yield child, _owing(child, fields, token)


def _owing(child: Identity, fields: list[str], token: str) -> Part:
    return Part(child.part, child.target, child.mode, links=tuple(Link(name, token, False) for name in fields))


def _fragments(book: Book, new: Identity) -> Iterator[Identity]:
    """Those that were not written while their record was merged."""
    for key, name in book.mergers.through(main_token(new.key)):
        child = book.record(key)[name]
        if ANCHOR in child.via and child.message is not None:
            yield child


def unresolved(write: Write, version: Version) -> Write:
    """A write for its way back to hold, which fills in its links anew; it passes at its own version."""
    parts = tuple(
        replace(
            part,
            links=tuple(replace(link, twenty_id=None, at=-1) for link in part.links),
            anchor=replace(part.anchor, twenty_id=None) if part.anchor else None,
        )
        for part in write.parts
    )
    return replace(write, parts=parts, version=version, repair=True)


def patch(child: Identity, part: Part, unit: Unit) -> Write:
    return Write(child.key, WriteKind.PATCH, child.version, unit, (part,))


def not_merged(pending: Pending) -> None:
    """The survivor went while the record's rows were being taken out: they are to be there after all."""
    if pending.merging:
        pending.merging = False
        pending.write = replace(pending.write, repair=True)
        pending.accounted.clear()
        pending.vacated.clear()


def heard(pending: Pending, known: Mapping[str, Identity]) -> Settled | None:
    """What the record says of merges, before anything else: where it is written itself can depend on it."""
    write = pending.write
    said = {part.name: part for part in write.parts if part.mode is PartMode.MERGER}
    for identity in known.values():
        if identity.mode is not PartMode.MERGER or identity.state not in LIVING or identity.part in said:
            continue
        if write.kind is WriteKind.DELETE and identity.merger and identity.merger.loser == main_token(write.key):
            continue  # a chart that was merged is often deleted afterwards: its key leads on
        taken_back = replace(identity, state=IdentityState.DELETED, version=write.version)
        return Settled(identity.part, Outcome.DELETED, "the merge was taken back", taken_back)
    for name, part in said.items():
        if name in pending.accounted or part.merger is None:
            continue
        identity = Identity(
            write.key, name, part.target, "", write.version, IdentityState.LIVE, PartMode.MERGER, merger=part.merger
        )
        loser, survivor = named(part.merger.loser), named(part.merger.survivor)
        return Settled(name, Outcome.MERGED, f"{loser} was merged into {survivor}", identity, part.flags, part.target)
    return None


def merged_anchor(part: Part, book: Book) -> Identity | None:
    """The merged record whose row a fragment would fill."""
    of = known_of(book, part.anchor.token) if part.anchor and not is_alias(part.anchor.token) else None
    return of if of is not None and is_merged(of) else None


def kept_out(
    pending: Pending, part: Part, identity: Identity | None, loser: Identity, book: Book
) -> Step | Settled | None:
    """A fragment of a merged record: the survivor's own row says what the survivor is. It is written if the loser
    stands alone again."""
    if part.name in pending.accounted:
        return None
    row = alone(loser).twenty_id
    if identity is None or identity.state is not IdentityState.LIVE or identity.twenty_id != row:
        elsewhere = identity is not None and identity.state is IdentityState.LIVE and identity.twenty_id
        if elsewhere and (part.name, elsewhere) not in pending.vacated and book.owner(elsewhere) is not None:
            return Step(Do.CLEAR, part.name, part.target, elsewhere, Outcome.FLAGGED, part, identity)
        identity = Identity(
            pending.key, part.name, part.target, row, BEFORE_ALL, IdentityState.DELETED, PartMode.FRAGMENT,
            links=unsure(part), owned=tuple(sorted(part.fields)), origin=Outcome.DELETED,
        )  # fmt: skip
    kept = replace(
        identity,
        version=pending.write.version,
        content_hash="",
        via={ANCHOR: part.anchor.token if part.anchor else ""},
    )
    return Settled(part.name, Outcome.SKIPPED, OF_MERGED, kept, part.flags, part.target)


def doubts(book: Book, said: Identity | None) -> tuple[Flag, ...]:
    """Why a merger that was just heard cannot be followed, for a person to see."""
    if said is None or said.merger is None or said.state is not IdentityState.LIVE:
        return ()
    if survivor(book, said.merger.loser) is not None:
        return ()
    return (Flag("merged into", NOT_THERE if book.mergers.path(said.merger.loser) else CYCLE),)


def named(token: str) -> str:
    """A record's key, for reasons."""
    return split_token(token)[0]
