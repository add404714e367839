"""A record on its way: the newest version that waits, and how far its parts have got in this process.

What must survive the process lies in the identities; everything here is found again from them and from the topics.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import NamedTuple

from schemas.keys import twenty_id
from schemas.records import Flag, Identity, IdentityState, Outcome, Part, PartMode, Write, WriteKind


class Lane(IntEnum):
    """The smaller is the more urgent."""

    LIVE = 0
    BULK = 1


class Position(NamedTuple):
    """A message of ``writes.live`` or ``writes.bulk``."""

    lane: Lane
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file's content hash, and its path in Twenty once it was uploaded (None: what is there is the same)."""

    sha256: str
    path: str | None = None


@dataclass(slots=True, eq=False)
class Pending:
    """One record's newest waiting version.

    positions: messages that are finished when this is: its own, and those that it replaced.
    accounted: parts that have an outcome of this version ("*": the whole unit has).
    exists: parts whose planned row is in Twenty though no identity says so. trashed: those that lie in its trash.
    ghosts: what an earlier process may have written of replaced versions, by part and row.
    vacated: parts and the rows that they have left: ghosts, or rows of another object or anchor.
    restored: parts taken out of the trash. purged: parts whose row is gone for good.
    withheld: part -> unique path -> why the part must do without that value.
    matched: part -> the row of Twenty's own; empty where there is none.
    notes: flags to report with a part. looked_up: parts for which the workspace was searched.
    attempts: refusals without a known cause. place: the message that holds ``write``.
    earlier: parts of replaced versions, by name: what of them is in Twenty is our own though no answer has told so.
    named: the parts of each replaced version: what it did not name may have been deleted.
    moved: part -> relations that led elsewhere when the record came: a process that died may have written them so.
    inherited: a process before this one may have sent it, or what it replaced.
    relinked: parts whose links were written. merging: its rows are taken out because it was merged into another.
    """

    write: Write
    lane: Lane
    seq: int
    arrived: float
    positions: list[Position] = field(default_factory=list)
    accounted: set[str] = field(default_factory=set)
    exists: set[str] = field(default_factory=set)
    trashed: set[str] = field(default_factory=set)
    ghosts: dict[tuple[str, str], Identity] = field(default_factory=dict)
    vacated: set[tuple[str, str]] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    withheld: dict[str, dict[str, str]] = field(default_factory=dict)
    matched: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    notes: dict[str, list[Flag]] = field(default_factory=dict)
    looked_up: set[str] = field(default_factory=set)
    attempts: int = 0
    place: Position | None = None
    earlier: dict[str, list[Part]] = field(default_factory=dict)
    named: list[set[str]] = field(default_factory=list)
    moved: dict[str, set[str]] = field(default_factory=dict)
    relinked: set[str] = field(default_factory=set)
    merging: bool = False
    inherited: bool = False

    @property
    def key(self) -> str:
        return self.write.key

    def replace_with(self, write: Write, place: Position) -> None:
        """A newer version takes the place; what the old one may have made is remembered as ghosts."""
        self.remember(self.write)
        self.write, self.place = write, place
        for state in (self.accounted, self.vacated, self.looked_up, self.relinked):
            state.clear()
        for mapping in (self.withheld, self.matched, self.uploads, self.notes):
            mapping.clear()
        self.attempts = 0

    def come_late(self, write: Write, *, inherited: bool) -> None:
        """An older version is read only now. What was decided without it is decided anew where it may lie in Twenty."""
        self.remember(write)
        decided = (part for part in self.write.parts if part.name in self.accounted)
        if inherited and self.write.kind is WriteKind.WRITE and any(map(self.overtook, decided)):
            self.write = replace(self.write, repair=True)
            self.accounted.clear()

    def lay(self, patch: Write) -> None:
        """Lays what a patch of the same version has resolved over the write."""
        before = {part.name: part for part in self.write.parts}
        self.write = overlay(self.write, patch)
        for part in self.write.parts:
            led = {link.field: link.twenty_id for link in before[part.name].links} if part.name in before else {}
            moved = {link.field for link in part.links if led.get(link.field) not in (None, "", link.twenty_id)}
            if moved:
                self.moved.setdefault(part.name, set()).update(moved)

    def overtook(self, part: Part) -> bool:
        """Whether something else may be in Twenty than any answer told: a replaced version's content or relations, or
        nothing, because it had left for another place."""
        named = {(link.field, link.token) for link in part.links}
        changed = any(
            (earlier.content_hash, *_place(earlier)) != (part.content_hash, *_place(part))
            or any(link.twenty_id != "" and (link.field, link.token) not in named for link in earlier.links)
            for earlier in self.earlier.get(part.name, ())
        )
        return changed or part.name in self.moved or self.took_out(part.name)

    def took_out(self, part: str) -> bool:
        """Whether a replaced version, which did not name a part, may have put its row into the trash."""
        return any(part not in names for names in self.named)

    def remember(self, replaced: Write) -> None:
        for part in replaced.parts:
            self.earlier.setdefault(part.name, []).append(part)
        if replaced.kind is not WriteKind.PATCH:
            self.named.append({part.name for part in replaced.parts})
        if replaced.kind is WriteKind.WRITE:
            for part in replaced.parts:
                row = _row(self.key, part)
                if row is not None:
                    self.ghosts[part.name, row] = _trace(replaced, part, row, self.ghosts.get((part.name, row)))


def _place(part: Part) -> tuple[str, str]:
    """The object that a part is a row of, and whose row a fragment fills."""
    return part.target, part.anchor.token if part.anchor else ""


def _row(key: str, part: Part) -> str | None:
    """Where a part is written to; None where Twenty must be asked first."""
    match part.mode:
        case PartMode.OWN:
            return twenty_id(key, part.name)
        case PartMode.FRAGMENT if part.anchor is not None:
            return part.anchor.twenty_id
        case _:
            return None


def _trace(write: Write, part: Part, row: str, earlier: Identity | None) -> Identity:
    links = {link.field: link.twenty_id or "" for link in part.links}
    return Identity(
        write.key,
        part.name,
        part.target,
        row,
        write.version,
        IdentityState.DELETED,
        part.mode,
        links={**dict.fromkeys(earlier.links if earlier else (), ""), **links},
        owned=() if part.mode is PartMode.OWN else tuple(sorted({*part.fields, *(earlier.owned if earlier else ())})),
        origin=Outcome.DELETED,
    )


def overlay(write: Write, patch: Write) -> Write:
    """``write`` with the links that ``patch``, of the same version, has resolved.

    ``write`` may itself be a patch, which names only the links that it brings: those of the other are added.
    """
    patches = {part.name: part for part in patch.parts}
    parts = [_linked(part, patches.pop(part.name, None)) for part in write.parts]
    if write.kind is WriteKind.PATCH:
        parts += patches.values()
    return replace(write, parts=tuple(parts))


def _linked(part: Part, patch: Part | None) -> Part:
    if patch is None:
        return part
    links = {link.field: link for link in part.links}
    for link in patch.links:
        known = links.get(link.field)
        if link.twenty_id is not None and (known is None or known.twenty_id is None or known.at <= link.at):
            links[link.field] = link
    return replace(part, links=tuple(links.values()))
