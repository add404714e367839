"""The JSON rows of a request, from a step and what the identities know."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from schemas.records import Flag, IdentityState, Outcome, Part, PartMode
from sinks import unique
from sinks.batch import Group, Work
from sinks.book import Book
from sinks.catalogue import Catalogue, TargetObject, UnknownTargetError
from sinks.links import doubtful_links, due_links, may_lead, wanted_links
from sinks.pending import Pending
from sinks.steps import Do, Step


@dataclass(frozen=True, slots=True)
class Row:
    """What is sent for one step: the payload, the unique values that it holds, and what had to be left out. ``missed``:
    the unique values that it does without because another of our records holds them."""

    payload: dict[str, Any]
    unique: tuple[str, ...]
    flags: tuple[Flag, ...]
    missed: tuple[str, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What the source says of columns that are left as they are in Twenty."""
    beside: frozenset[str] = frozenset()
    """Columns that are no part's of the step: what fragments left in the row, or have there."""

    def without(self, columns: Collection[str]) -> Row:
        """The row with some columns left as they are in Twenty."""
        kept = {name: value for name, value in self.payload.items() if name in columns}
        return replace(
            self, payload={name: value for name, value in self.payload.items() if name not in columns}, kept=kept
        )


def updated_at(answer: Mapping[str, Any]) -> datetime | None:
    """When Twenty says that it wrote a row; None where it does not say."""
    text = answer.get("updatedAt")
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def made(sent: Iterable[Row], answers: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The ids of the rows that Twenty made for a write, from its answers by id.

    Nobody can tell where the source says when a row was made.
    """
    told = {row.payload["id"] for row in sent if "createdAt" not in row.payload} & answers.keys()
    return {row for row in told if answers[row].get("createdAt") == answers[row].get("updatedAt")}


def target_of(step: Step, catalogue: Catalogue) -> TargetObject:
    """Raises UnknownTargetError where the workspace has no such object."""
    target = catalogue.get(step.target)
    if target is None:
        raise UnknownTargetError(step.target)
    return target


def require_fields(part: Part, target: TargetObject) -> None:
    """Raises UnknownTargetError where the workspace has the object but not every field that the part writes.

    Twenty refuses a whole batch for it, also the records that it could hold.
    """
    unknown = part.fields.keys() - target.types.keys()
    if unknown:
        raise UnknownTargetError(target.name, min(unknown))


def group_of(pending: Pending, step: Step, book: Book, catalogue: Catalogue) -> Group:
    """What may share a request: rows of all fields with one another, rows of some fields only with their like."""
    group = _shared(pending, step, book, catalogue)
    target = catalogue.get(step.target)
    return replace(group, do=Do.UPDATE) if group.do is Do.UPSERT and target and not target.upserts else group


def _shared(pending: Pending, step: Step, book: Book, catalogue: Catalogue) -> Group:
    shared = step.do is Do.UPSERT and step.part is not None and step.part.mode is not PartMode.OWN
    if shared or step.do in (Do.LINK, Do.CLEAR) or (step.do is Do.UPSERT and step.outcome is Outcome.RESTORED):
        return Group(Do.UPSERT, step.target, tuple(sorted(build(pending, step, book, catalogue).payload)))
    return Group(step.do, step.target)


def claims(work: Work, catalogue: Catalogue) -> Iterable[Hashable]:
    """What may occur once in a batch: the row, and each unique value."""
    yield work.step.twenty_id
    part = work.step.part
    target = catalogue.get(work.step.target)
    if work.step.do in (Do.CREATE, Do.UPSERT) and part is not None and target is not None and target.unique:
        yield from unique.claims(part.fields, target).items()


def build(pending: Pending, step: Step, book: Book, catalogue: Catalogue) -> Row:
    """The row of a write, a link or a clearance. Unique values that another record holds are left out and flagged."""
    target = target_of(step, catalogue)
    known = book.record(pending.key)
    payload: dict[str, Any] = {"id": step.twenty_id}
    identity, part = step.identity, step.part
    if step.outcome.value in ("deleted", "flagged") and identity is not None:
        taken = book.claimed(step.twenty_id, besides=(identity.key, identity.part))
        payload |= {name: target.empty(name) for name in identity.owned if name not in taken}
        payload |= {target.column(name): None for name in identity.links if name not in taken}
        return Row(payload, (), ())
    assert part is not None
    links = wanted_links(part, known)
    if step.outcome.value == "linked":
        due = due_links(part, identity, known) | doubtful_links(part, identity, pending, book)
        payload |= {target.column(name): row or _instead(name, target) for name, row in due.items()}
        return Row(payload, (), ())
    leftovers = _leftovers(step, book, target)
    payload |= leftovers
    payload |= part.fields
    payload |= _overtaken(pending, part, book, target)
    payload |= {target.column(name): row for name, row in links.items()}
    if identity is not None:
        payload |= {target.column(name): None for name in identity.links if name not in links}
        payload |= {name: target.empty(name) for name in identity.owned if name not in part.fields}
    if target.owner and part.mode is PartMode.OWN and target.owner not in links:
        _answer_for(payload, step, target)
    upload = pending.uploads.get(part.name)
    if upload is not None and upload.path is not None:
        payload["fullPath"] = upload.path
    withheld = pending.withheld.get(part.name, {})
    flags, held, missed = [], [], []
    for path, value in unique.claims(payload, target).items():
        mark = unique.digest(path, value)
        ours = book.holder(step.target, mark) in (None, (pending.key, part.name))
        if path not in withheld and ours:
            held.append(mark)
            continue
        reason = withheld.get(path, unique.HELD_BY_ANOTHER)
        flags.append(unique.without(payload, path, target, reason))
        if reason == unique.HELD_BY_ANOTHER:
            missed.append(mark)
    own = {*part.fields, *(target.column(link.field) for link in part.links), *map(target.column, part.internal)}
    return Row(payload, tuple(held), tuple(flags), tuple(missed), beside=frozenset(leftovers.keys() - own))


def _leftovers(step: Step, book: Book, target: TargetObject) -> dict[str, Any]:
    """What fragments left in a row that comes back out of the trash, though they have ended or moved meanwhile, and
    the links of those that have not: the records that they name may have moved."""
    if step.outcome is not Outcome.RESTORED:
        return {}
    fields, relations = book.shared(step.target)
    living = book.at(step.twenty_id)
    taken = {name for one in living for name in (*one.owned, *one.links)}
    links = {name: row for one in living for name, row in one.links.items() if row and not book.lost(row)}
    empty = {name: target.empty(name) for name in fields - taken}
    return (
        empty
        | {target.column(name): None for name in relations - taken}
        | {target.column(name): row for name, row in links.items()}
    )


def _overtaken(pending: Pending, part: Part, book: Book, target: TargetObject) -> dict[str, str | None]:
    """No relation that a replaced version may have set though no answer has told so, when its sender died."""
    replaced = [earlier for earlier in pending.earlier.get(part.name, ()) if earlier.target == part.target]
    set_then = {link.field for one in replaced for link in one.links if may_lead(link, book)}
    set_then |= pending.moved.get(part.name, set())
    if part.name in pending.exists:
        # it made the row as well, and may have known where they led
        set_then |= {link.field for link in part.links}
    return {target.column(name): _instead(name, target) for name in set_then}


def _instead(relation: str, target: TargetObject) -> str | None:
    """What a relation holds that leads nowhere any more."""
    return target.fallback if relation == target.owner else None


def _answer_for(payload: dict[str, Any], step: Step, target: TargetObject) -> None:
    """The fallback owner, for a row whose own is not known: when it is made, comes back, or loses its owner.

    Otherwise the relation is left as it is, because somebody may have given the row to a colleague in Twenty.
    """
    column, identity = target.column(target.owner), step.identity
    adopted = identity is not None and identity.state is IdentityState.ADOPTING
    had = identity is not None and target.owner in identity.links
    if adopted and had:
        del payload[column]
    elif adopted or had or step.outcome in (Outcome.CREATED, Outcome.RESTORED):
        payload[column] = target.fallback
