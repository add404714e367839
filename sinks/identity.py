"""By the version fence: what is to be done next for a record, and the identity that it leaves.

``next_step`` is a pure function of the pending version and the identities of its record, so a restart at any point
goes on where the identities say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from schemas.keys import twenty_id
from schemas.records import BEFORE_ALL, Flag, Identity, IdentityState, Outcome, Part, PartMode, Write, WriteKind
from sinks import merges
from sinks.book import LIVING, Book
from sinks.ghosts import ghost, links_left
from sinks.links import (
    doubtful_links,
    due_links,
    gone_parents,
    is_merged,
    led,
    linked,
    links_at,
    stands,
    via,
    wanted_links,
)
from sinks.mergers import main_token
from sinks.pending import Pending
from sinks.removal import removal_order
from sinks.steps import DONE, HAS_ROW, LOOKS, NO_MEMBER, OF_GONE, UNMAPPED, Do, Next, Settled, Step


def next_step(pending: Pending, book: Book) -> Next:
    """What comes next for a record: a request, a decision without one, or nothing."""
    write = pending.write
    known = book.record(write.key)
    newest = book.newest(write.key)
    token = main_token(write.key)
    if newest is not None and write.version < newest:
        if write.kind is WriteKind.PATCH:
            return _ghost(pending, known, (), book) or DONE
        return _take_back(pending, known, book) or _once(pending, Settled(None, Outcome.SUPERSEDED))
    if write.kind is not WriteKind.PATCH:
        said = merges.heard(pending, known)
        if said is not None:
            return said
        into = merges.survivor(book, token)
        if write.kind is WriteKind.WRITE and into is not None:
            return _merged(pending, known, into, book)
        merges.not_merged(pending)
        write = pending.write
    if write.kind is WriteKind.DELETE or _not_let_in(write, known):
        return _delete(pending, known, book)
    replaced = set()
    for unled in write.parts:
        part = led(write.key, unled, book)
        if part.unless and pending.matched.get(part.unless):
            replaced.add(part.name)
            if part.name not in pending.accounted and not stands(known.get(part.name)):
                return Settled(part.name, Outcome.SKIPPED, HAS_ROW, target=part.target)
            continue
        step = _part_step(pending, part, known, book)
        if isinstance(step, Step) and step.do not in LOOKS and gone_parents(part, book):
            # a request would be refused, or leave a link to nowhere
            return replace(step, do=Do.RETURN)
        if step is not None:
            return step
    staying = [part for part in write.parts if part.name not in replaced]
    rows = [part for part in staying if merges.merged_anchor(part, book) is None]
    if write.kind is WriteKind.PATCH:
        return _ghost(pending, known, rows, book) or DONE
    named = {part.name for part in staying}
    for identity in removal_order(i for i in known.values() if i.part not in named and stands(i)):
        return _removal(identity, book)
    return _ghost(pending, known, rows, book) or DONE


def _not_let_in(write: Write, known: Mapping[str, Identity]) -> bool:
    """Whether a skip rule keeps the record out: one that is in Twenty already is kept in step."""
    return write.skip != "" and write.kind is WriteKind.WRITE and not any(map(stands, known.values()))


def _once(pending: Pending, settled: Settled) -> Next:
    """A decision about the whole unit is made once."""
    return DONE if "*" in pending.accounted else settled


def _take_back(pending: Pending, known: Mapping[str, Identity], book: Book) -> Step | None:
    """A superseded version may have been sent by a process that died before Kafka knew: its rows must not stay."""
    if pending.write.kind is WriteKind.WRITE:
        pending.remember(pending.write)
    return _ghost(pending, known, (), book)


def _merged(pending: Pending, known: Mapping[str, Identity], into: Identity, book: Book) -> Next:
    """Takes what the record has out of Twenty, and lets its key lead to the survivor."""
    write, pending.merging = pending.write, True
    # a process that died may have written this very version when the survivor was not there yet
    pending.remember(write)
    reason = f"merged into {into.key}"
    for identity in removal_order(i for i in known.values() if stands(i)):
        step = _removal(identity, book)
        if isinstance(step, Step) and step.do is Do.DELETE:
            return replace(step, outcome=Outcome.MERGED, reason=reason)
        return step
    ghost = _ghost(pending, {name: merges.alone(one) for name, one in known.items()}, (), book)
    if ghost is not None:
        return replace(ghost, outcome=Outcome.MERGED, reason=reason) if ghost.do is Do.DELETE else ghost
    main = next((part for part in write.parts if part.name == ""), None)
    before = known.get("") or merges.nothing(write.key, into.target)
    after = replace(merges.merged(before, into), version=write.version, aliases=main.aliases if main else ())
    return _once(pending, Settled(None, Outcome.MERGED, reason, after))


def _ghost(pending: Pending, known: Mapping[str, Identity], parts: Sequence[Part], book: Book) -> Step | None:
    left = ghost(pending, known, parts, book)
    if left is None:
        return None
    shared = left.mode is PartMode.FRAGMENT
    do, outcome = (Do.CLEAR, Outcome.FLAGGED) if shared else (Do.DELETE, Outcome.DELETED)
    return Step(do, left.part, left.target, left.twenty_id, outcome, identity=left)


def _removal(identity: Identity, book: Book) -> Next:
    if identity.mode is PartMode.OWN:
        return Step(Do.DELETE, identity.part, identity.target, identity.twenty_id, Outcome.DELETED, identity=identity)
    if identity.mode is PartMode.FRAGMENT and book.owner(identity.twenty_id) is None:
        # what it wrote lies in the trash with the row, and is cleared if that comes back
        gone = replace(identity, state=IdentityState.DELETED)
        return Settled(identity.part, Outcome.DELETED, OF_GONE, gone)
    do = Do.CLEAR if identity.mode is PartMode.FRAGMENT else Do.UPDATE
    return Step(do, identity.part, identity.target, identity.twenty_id, Outcome.DELETED, identity=identity)


def _delete(pending: Pending, known: Mapping[str, Identity], book: Book) -> Next:
    write = pending.write
    for identity in removal_order(i for i in known.values() if stands(i)):
        return _removal(identity, book)
    ghost = _ghost(pending, {name: merges.alone(one) for name, one in known.items()}, (), book)
    if ghost is not None:
        return ghost
    main = known.get("")
    if main is not None and is_merged(main):
        kept = replace(main, version=write.version, message=None)
        return _once(pending, Settled(None, Outcome.DELETED, "merged before: its key leads on to the survivor", kept))
    if main is not None and main.version == write.version and not pending.accounted:
        return _once(pending, Settled(None, Outcome.UNCHANGED))
    kept = main or Identity(
        write.key, "", "", twenty_id(write.key, ""), write.version, IdentityState.DELETED, origin=Outcome.DELETED
    )
    # even where nothing was there: a create that still waits in the bulk lane must not make a ghost
    reason = write.skip or ("" if pending.accounted else "nothing was there")
    kept = replace(kept, version=write.version, awaiting=None, retired="", via={}, in_doubt=False)
    return _once(pending, Settled(None, Outcome.SKIPPED if write.skip else Outcome.DELETED, reason, kept))


def _part_step(pending: Pending, part: Part, known: Mapping[str, Identity], book: Book) -> Step | Settled | None:
    if part.name in pending.accounted and part.name not in known:
        return None  # skipped, or gone with its parent
    identity = known.get(part.name)
    if pending.write.kind is WriteKind.PATCH:
        return _links(pending, part, identity, book)
    match part.mode:
        case PartMode.OWN:
            return _own(pending, part, identity, book)
        case PartMode.FRAGMENT:
            return _fragment(pending, part, identity, book)
        case PartMode.MATCH:
            return _matched(pending, part, identity, book)
        case _:
            return None  # a merger has been heard already


def _links(pending: Pending, part: Part, identity: Identity | None, book: Book) -> Step | Settled | None:
    """Optional references of the version that was written, which it did not have yet."""
    known = book.record(pending.key)
    if identity is None or identity.version != pending.write.version or not stands(identity):
        return None
    if identity.mode is PartMode.FRAGMENT and book.owner(identity.twenty_id) is None:
        # as in _fragment: it would bring back a record that was deleted, or merged into another; its links are written
        # if that comes back
        moved = linked(part, identity, book)
        return None if moved == identity else Settled(part.name, Outcome.UNCHANGED, OF_GONE, moved, target=part.target)
    due = due_links(part, identity, known)
    if (pending.write.kind is WriteKind.PATCH or pending.inherited) and part.name not in pending.relinked:
        due |= doubtful_links(part, identity, pending, book)
    if not due:
        said = linked(part, identity, book)
        return None if said == identity else Settled(part.name, Outcome.UNCHANGED, identity=said, target=part.target)
    do = Do.UPDATE if identity.mode is PartMode.MATCH else Do.LINK
    return Step(do, part.name, identity.target, identity.twenty_id, Outcome.LINKED, part, identity)


def _own(pending: Pending, part: Part, identity: Identity | None, book: Book) -> Step | Settled | None:
    write = pending.write
    identity = merges.alone(identity) if identity else None
    if identity is not None and identity.target not in ("", part.target) and identity.state in LIVING:
        if (part.name, identity.twenty_id) not in pending.vacated:
            return Step(Do.DELETE, part.name, identity.target, identity.twenty_id, Outcome.FLAGGED, identity=identity)
        identity = None
    planned = twenty_id(write.key, part.name)
    lost = part.name in pending.purged and part.name not in pending.accounted
    if identity is not None and identity.state in LIVING and not lost:
        if part.name in pending.accounted:
            return _links(pending, part, identity, book)
        if identity.state is IdentityState.ADOPTING:
            return _content(pending, Do.UPSERT, part, identity.twenty_id, Outcome.ADOPTED, identity)
        if _repeated(write, identity, book):
            return _links(pending, part, identity, book) or Settled(part.name, Outcome.UNCHANGED, target=part.target)
        if not write.repair and _same(pending, part, identity, book):
            return _unchanged(pending, part, identity, book)
        return _content(pending, Do.UPSERT, part, identity.twenty_id, Outcome.UPDATED, identity)
    if part.name in pending.accounted:
        return None
    trashed = identity is not None and (
        (identity.state is IdentityState.DELETED and identity.origin is not Outcome.DELETED)
        or (identity.state is IdentityState.ROLLED_BACK and identity.origin is not Outcome.ADOPTED)
    )
    gone = identity is not None and identity.state not in LIVING
    if identity is not None and gone and identity.version == write.version and not (write.repair or identity.retired):
        return Settled(part.name, Outcome.UNCHANGED, "deleted at this version", target=part.target)
    row = identity.twenty_id if trashed and identity is not None else planned
    if part.name in pending.restored:
        return _content(pending, Do.UPSERT, part, row, Outcome.RESTORED, identity)
    if (trashed or part.name in pending.trashed) and part.name not in pending.purged:
        return Step(Do.RESTORE, part.name, part.target, row, Outcome.RESTORED, part, identity)
    if part.name in pending.exists:
        return _content(pending, Do.UPSERT, part, planned, Outcome.CREATED, identity)
    if part.matches and part.name not in pending.looked_up:
        return Step(Do.ADOPT, part.name, part.target, planned, Outcome.ADOPTING, part)
    return _content(pending, Do.CREATE, part, planned, Outcome.CREATED, identity)


def _content(pending: Pending, do: Do, part: Part, row: str, outcome: Outcome, identity: Identity | None) -> Step:
    """A write of the part's fields, after its file."""
    if part.attachment is not None and part.name not in pending.uploads:
        do = Do.UPLOAD
    return Step(do, part.name, part.target, row, outcome, part, identity)


def _fragment(pending: Pending, part: Part, identity: Identity | None, book: Book) -> Step | Settled | None:
    if not (part.fields or part.links or (identity and (identity.owned or identity.links))):
        # a property that the mapping does not know fills nothing, and has nothing to clear
        return (
            None
            if part.name in pending.accounted
            else Settled(part.name, Outcome.SKIPPED, UNMAPPED, flags=part.flags, target=part.target)
        )
    row = part.anchor.twenty_id if part.anchor else None
    loser = merges.merged_anchor(part, book)
    if loser is not None:
        return merges.kept_out(pending, part, identity, loser, book)
    if row is None or book.owner(row) is None:
        # an upsert by id would take a deleted record out of the trash
        return Step(Do.RETURN, part.name, part.target, row or "", Outcome.PARKED, part, identity)
    if identity is not None and (identity.state is IdentityState.LIVE or identity.in_doubt):
        if identity.twenty_id != row:
            left = (part.name, identity.twenty_id) in pending.vacated
            if not left and book.owner(identity.twenty_id) is not None:
                return Step(Do.CLEAR, part.name, part.target, identity.twenty_id, Outcome.FLAGGED, part, identity)
            identity = None
        elif identity.in_doubt:
            pass
        elif part.name in pending.accounted:
            return _links(pending, part, identity, book)
        elif _repeated(pending.write, identity, book):
            return _links(pending, part, identity, book) or Settled(part.name, Outcome.UNCHANGED, target=part.target)
        elif not pending.write.repair and _same(pending, part, identity, book):
            return _unchanged(pending, part, identity, book)
    if part.name in pending.accounted:
        return None
    return Step(Do.UPSERT, part.name, part.target, row, Outcome.UPDATED, part, identity)


def _matched(pending: Pending, part: Part, identity: Identity | None, book: Book) -> Step | Settled | None:
    known = book.record(pending.key)
    if part.name in pending.accounted:
        return _links(pending, part, identity, book)
    if part.name not in pending.matched:
        return Step(Do.MATCH, part.name, part.target, "", Outcome.UPDATED, part, identity)
    row = pending.matched[part.name]
    living = identity is not None and identity.state is IdentityState.LIVE
    if not row:
        flag = Flag(part.matches[0].field if part.matches else "", NO_MEMBER)
        absent = Identity(
            pending.key, part.name, part.target, identity.twenty_id if identity else "", pending.write.version,
            IdentityState.DELETED, PartMode.MATCH, awaiting=identity.awaiting if identity else None,
        )  # fmt: skip
        return Settled(part.name, Outcome.SKIPPED, NO_MEMBER, absent, (flag,), part.target)
    if identity is not None and living and identity.twenty_id == row and not pending.write.repair:
        if identity.version == pending.write.version:
            return _links(pending, part, identity, book) or Settled(part.name, Outcome.UNCHANGED, target=part.target)
        if _same(pending, part, identity, book):
            return _unchanged(pending, part, identity, book)
    step = Step(Do.UPDATE, part.name, part.target, row, Outcome.UPDATED, part, identity)
    held = identity is not None and (identity.owned or identity.links)
    if not (part.fields or held or wanted_links(part, known)):
        # found, and there is nothing to write into it: that it can be referred to is all that was asked for
        return Settled(part.name, Outcome.UNCHANGED, identity=_taken(pending, step, book), target=part.target)
    return step


def _same(pending: Pending, part: Part, identity: Identity, book: Book) -> bool:
    """Whether Twenty already holds what the part says. An attachment's file hash follows the part's own."""
    return (
        part.content_hash != ""
        and not pending.overtook(part)
        and not doubtful_links(part, identity, pending, book)
        and not book.could_have_more(identity)
        and not book.mergers.heard_of(main_token(pending.key))  # its row may have been put into the trash for a merge
        and identity.content_hash.partition("+")[0] == part.content_hash
        and dict(identity.links) == wanted_links(part, book.record(pending.key))
    )


def _repeated(write: Write, identity: Identity, book: Book) -> bool:
    """Whether a version comes again that Twenty holds already, with all that it can have."""
    return identity.version == write.version and not write.repair and not book.could_have_more(identity)


def _unchanged(pending: Pending, part: Part, identity: Identity, book: Book) -> Settled:
    moved = replace(identity, version=pending.write.version, aliases=part.aliases, via=via(part, book))
    return Settled(part.name, Outcome.UNCHANGED, identity=moved, target=part.target)


def written(
    pending: Pending, step: Step, book: Book, *, unique: tuple[str, ...] = (), missed: tuple[str, ...] = ()
) -> Identity | None:
    """The identity after a step has succeeded; None where the step leaves none."""
    version, part = pending.write.version, step.part
    match step.do:
        case Do.DELETE | Do.CLEAR if step.outcome is Outcome.FLAGGED:
            return None  # the old place was left; the part itself follows
        case Do.DELETE | Do.CLEAR:
            assert step.identity is not None
            # a row in the trash keeps its relations: those that it comes back without are emptied then
            left = links_left(step.identity, pending, book) if step.do is Do.DELETE else {}
            gone = replace(step.identity, links=left)
            if step.outcome is Outcome.MERGED:
                return merges.taken_out(gone, version, book)
            return replace(
                gone, state=IdentityState.DELETED, version=max(version, gone.version), content_hash="", owned=(),
                unique=(), missed=(), aliases=(), via={}, in_doubt=False,
            )  # fmt: skip
        case Do.LINK:
            assert step.identity is not None and part is not None
            return linked(part, step.identity, book)
        case Do.UPDATE if step.outcome is Outcome.DELETED:
            assert step.identity is not None
            return replace(step.identity, state=IdentityState.DELETED, version=version, content_hash="", owned=())
        case Do.UPDATE if step.outcome is Outcome.LINKED:
            assert step.identity is not None and part is not None
            return linked(part, step.identity, book)
        case Do.CREATE | Do.UPSERT | Do.UPDATE:
            return _taken(pending, step, book, unique, missed)
        case Do.UPLOAD:
            return _kept(pending, step)
        case _:
            return None


def _taken(
    pending: Pending, step: Step, book: Book, unique: tuple[str, ...] = (), missed: tuple[str, ...] = ()
) -> Identity:
    """The identity of a part that Twenty holds as its version says."""
    part, before, known = step.part, step.identity, book.record(pending.key)
    assert part is not None
    upload = pending.uploads.get(part.name)
    adopted = before is not None and before.origin is Outcome.ADOPTED and before.twenty_id == step.twenty_id
    return Identity(
        key=pending.key,
        part=part.name,
        target=part.target,
        twenty_id=step.twenty_id,
        version=pending.write.version,
        state=IdentityState.LIVE,
        mode=part.mode,
        content_hash=part.content_hash + (f"+{upload.sha256}" if upload else ""),
        links=wanted_links(part, known),
        links_at=links_at(part),
        via=via(part, book),
        owned=() if part.mode is PartMode.OWN else tuple(sorted(part.fields)),
        unique=unique,
        missed=missed,
        aliases=part.aliases,
        origin=Outcome.ADOPTED if adopted else Outcome.CREATED,
    )


def _kept(pending: Pending, step: Step) -> Identity | None:
    """A file lies in Twenty and its record does not yet: a process that takes over need not upload it again."""
    upload = pending.uploads.get(step.name)
    if upload is None or upload.path is None or (step.identity is not None and step.identity.version > BEFORE_ALL):
        return None
    return Identity(
        pending.key, step.name, step.target, step.twenty_id, BEFORE_ALL, IdentityState.DELETED,
        content_hash=f"+{upload.sha256}", origin=Outcome.DELETED, uploaded=upload.path,
    )  # fmt: skip
