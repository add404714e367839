"""Stage A of hold, by child: the newest change of each record that waits, and the link patches still owed.

One slot per record: a change is the whole record, so the newest replaces what waits. A record that waits for nothing
touches no state.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping

from processors.links import (
    completed,
    has_alias,
    owed_again,
    owed_patch,
    own_tokens,
    parent_object,
    progress,
    waited_for,
    with_open_links_optional,
)
from processors.metrics import Census
from processors.obligations import Obligation, StateChange
from processors.outbox import Outbox, Term
from processors.slots import Owed, Slot, Slots, Waiting
from processors.subscriptions import Subscriptions
from schemas.records import Outcome, Verdict, Version, Write, WriteKind

REPLACED = "a newer change of the record replaced it"
OUTDATED = "the record was already written in a newer version"


class Children:
    """One partition. Times are seconds since 1970, as they go into state."""

    def __init__(
        self,
        partition: int,
        partitions: int,
        outbox: Outbox,
        *,
        grace_seconds: float,
        identity_version: Callable[[str], Version | None],
        lifted: Callable[[str], bool],
    ) -> None:
        self.partition = partition
        self._outbox = outbox
        self._grace = grace_seconds
        self._identity_version = identity_version
        self._lifted = lifted
        self._slots = Slots()
        self._subscriptions = Subscriptions(partition, partitions, outbox, self._slots)
        self._known = self._subscriptions.known
        self._grace_ends: list[tuple[float, str, Version]] = []

    # -- changes

    def accept(self, write: Write, payload: bytes, live: bool, now: float) -> None:
        """A change that transform turned into a write or a delete. ``payload``: the bytes to keep if it waits."""
        key = write.key
        slot = self._slots.get(key)
        if slot is None:
            if write.kind is WriteKind.DELETE:
                self._outbox.write(self.partition, write, live=True)
                return
            whole, required, optional = completed(write, self._known)
            if not required and not optional and not has_alias(write):
                self._outbox.write(self.partition, whole, live or self._lifted(key))
                return
            if self._outdated(write):
                self._superseded(write, OUTDATED)
                return
            slot = self._slots[key] = Slot()
        elif not self._replace(slot, write):
            return
        if write.kind is WriteKind.DELETE:
            if slot.owed is not None:
                self._slots.touch(key, slot.owed.patch.version)
            del self._slots[key]
            self._outbox.write(self.partition, write, live=True)
            return
        slot.waiting = Waiting(write, payload, now, live or self._lifted(key))
        self._slots.touch(key, write.version)
        heapq.heappush(self._grace_ends, (now + self._grace, key, write.version))
        self._settle(key, slot, now)

    def _replace(self, slot: Slot, write: Write) -> bool:
        """Makes room for ``write``; False where something newer, or itself, is there already."""
        waiting, owed = slot.waiting, slot.owed
        newest = max(entry for entry in (waiting and waiting.write.version, owed and owed.patch.version) if entry)
        if write.version < newest:
            self._superseded(write, REPLACED)
            return False
        if waiting is not None:
            if waiting.write.version == write.version:
                # written down again: a worker before us may have let it go since, and it came back to us
                self._slots.touch(write.key, write.version)
                # what waits may be a snapshot's word: only the one that came back says that Twenty lost its content
                return write.repair and not waiting.write.repair
            self._superseded(waiting.write, REPLACED)
            self._slots.touch(write.key, waiting.write.version)
            slot.waiting = None
        elif owed is not None and owed.patch.version == write.version:
            # a repeat of what has left, or its return: it leaves again and is owed the same anew
            slot.owed = None
        return True

    def skip(self, key: str, version: Version, *, keep: bool) -> None:
        """A newer change that makes no write. ``keep``: what waits stays the last word on the record's content."""
        slot = self._slots.get(key)
        if slot is None or slot.waiting is None or keep or slot.waiting.write.version >= version:
            return
        self._superseded(slot.waiting.write, REPLACED)
        self._slots.touch(key, slot.waiting.write.version)
        slot.waiting = None
        self._slots.tidy(key, slot)

    def returned(self, write: Write, payload: bytes, now: float) -> None:
        """The sink sends a write back because a parent is gone."""
        if self._outdated(write):
            self._superseded(write, OUTDATED)
            return
        self._subscriptions.doubt(waited_for(write))
        if write.kind is WriteKind.PATCH:
            self._owe_again(write, now)
        else:
            self.accept(write, payload, live=True, now=now)

    def _owe_again(self, patch: Write, now: float) -> None:
        slot = self._slots.setdefault(patch.key, Slot())
        held = slot.waiting.write.version if slot.waiting else None
        owed = slot.owed.patch.version if slot.owed else None
        if held == patch.version or (owed and owed > patch.version):
            return
        open_links = owed_again(slot.owed.patch if slot.owed and owed == patch.version else None, patch)
        if open_links is None:
            self._slots.tidy(patch.key, slot)
            return
        slot.owed = Owed(open_links, now)
        self._slots.touch(patch.key, patch.version)
        self._settle_owed(patch.key, slot)

    # -- leaving

    def _settle(self, key: str, slot: Slot, now: float) -> None:
        waiting = slot.waiting
        if waiting is not None:
            whole, required, optional = completed(waiting.write, self._known)
            waiting.missing = (*required, *optional)
            waiting.blocking = {token for token in required if token not in waiting.own}
            # an optional one too: the row may have had the link for long
            waiting.blocking |= self._subscriptions.unheard(waiting.missing)
            in_grace = now < waiting.since + self._grace
            if waiting.blocking or (in_grace and any(token not in waiting.own for token in optional)):
                for token in waiting.missing:
                    self._subscriptions.ask(token, key, waiting.live)
            else:
                self._leave(key, slot, waiting, whole)
        # of a version before one that still waits, too: it is what Twenty shows
        self._settle_owed(key, slot)

    def _leave(self, key: str, slot: Slot, waiting: Waiting, whole: Write) -> None:
        write = with_open_links_optional(whole) if waiting.missing else whole
        self._outbox.write(self.partition, write, waiting.live)
        slot.waiting = None
        self._slots.touch(key, whole.version)
        if slot.owed is not None:
            self._slots.touch(key, slot.owed.patch.version)
            slot.owed = None
        patch = owed_patch(whole, frozenset(waiting.missing))
        if patch is not None:
            slot.owed = Owed(patch, waiting.since)

    def _settle_owed(self, key: str, slot: Slot) -> None:
        owed = slot.owed
        if owed is not None:
            news, rest = progress(owed.patch, self._known)
            if news is not None:
                self._outbox.write(self.partition, news, live=True)
                self._slots.touch(key, owed.patch.version)
            if rest is None:
                slot.owed = None
            else:
                owed.patch = rest
                for token in (link.token for part in rest.parts for link in part.links):
                    self._subscriptions.follow(token, key)
        self._slots.tidy(key, slot)

    def _superseded(self, write: Write, reason: str) -> None:
        if write.kind is not WriteKind.PATCH:
            self._verdict(write, Outcome.SUPERSEDED, reason)

    def _verdict(self, write: Write, outcome: Outcome, reason: str) -> None:
        changed = write.source_changed_at
        verdict = Verdict(write.key, write.unit, write.version, outcome, reason, source_changed_at=changed)
        self._outbox.verdict(self.partition, verdict)

    def _outdated(self, write: Write) -> bool:
        return any(
            version is not None and version > write.version
            for version in map(self._identity_version, own_tokens(write, aliases=False))
        )

    # -- what stage B says

    def term(self, parent: int, term: Term) -> bool:
        """Whether a message of this term counts."""
        return self._subscriptions.term(parent, term)

    def answered(self, answers: Mapping[str, tuple[str | None, int]], now: float) -> None:
        for key in self._subscriptions.answered(answers):
            slot = self._slots.get(key)
            if slot is not None:
                self._settle(key, slot, now)

    def lift(self, key: str) -> None:
        """A live child waits for this record: if it waits itself, it leaves by the live lane and lifts its parents."""
        slot = self._slots.get(key)
        if slot is None or slot.waiting is None or slot.waiting.live:
            return
        slot.waiting.live = True
        self._slots.touch(key, slot.waiting.write.version)
        for token in slot.waiting.missing:
            if self._known.get(token, (0, None))[1] is None:
                self._subscriptions.ask(token, key, live=True)

    def pending(self, key: str) -> bool:
        slot = self._slots.get(key)
        return slot is not None and slot.waiting is not None and not slot.waiting.parked

    def skipped(self, key: str) -> bool:
        slot = self._slots.get(key)
        return slot is not None and slot.waiting is not None and slot.waiting.skipped

    def outdated(self, key: str, version: Version) -> None:
        """The record has an identity of ``version``: what waits or is owed from before is void."""
        slot = self._slots.get(key)
        if slot is None:
            return
        if slot.waiting is not None and slot.waiting.write.version < version:
            self._superseded(slot.waiting.write, OUTDATED)
            self._slots.touch(key, slot.waiting.write.version)
            slot.waiting = None
        if slot.owed is not None and slot.owed.patch.version < version:
            self._slots.touch(key, slot.owed.patch.version)
            slot.owed = None
        self._slots.tidy(key, slot)

    # -- time

    def tick(self, now: float) -> None:
        """Optional references have had their grace: what waits for nothing else leaves without them."""
        ends = self._grace_ends
        while ends and ends[0][0] <= now:
            _, key, version = heapq.heappop(ends)
            slot = self._slots.get(key)
            if slot is not None and slot.waiting is not None and slot.waiting.write.version == version:
                self._settle(key, slot, now)

    def waits(self, before: float) -> bool:
        return self._slots.waits(before)

    def candidates(self, before: float) -> set[str]:
        """Tokens without which something that waits since before ``before`` cannot leave."""
        return {token for _, waiting in self._slots.unparked(before) for token in self._blocking(waiting)}

    def park(self, absent: Mapping[str, bool], before: float) -> int:
        """Ends the wait, for the books, of what waits since before ``before`` for a token that nothing pending will
        bring. It is still held, and leaves when the parent comes after all.

        absent: token -> whether its record was deleted or skipped; its child is skipped too, not parked.
        """
        parked = 0
        for key, waiting in self._slots.unparked(before):
            missing = self._blocking(waiting)
            hopeless = [token for token in missing if token in absent]
            if not hopeless:
                continue
            deleted = all(absent[token] for token in hopeless)
            waiting.parked, waiting.skipped = True, deleted
            write = waiting.write
            self._slots.touch(key, write.version)
            objects = ", ".join(sorted({parent_object(token) for token in hopeless}))
            outcome, reason = (
                (Outcome.SKIPPED, f"the {objects} that it refers to was deleted or skipped")
                if deleted
                else (Outcome.PARKED, f"no {objects} to refer to")
            )
            self._verdict(write, outcome, reason)
            parked += 1
        return parked

    def _blocking(self, waiting: Waiting) -> list[str]:
        _, required, _ = completed(waiting.write, self._known)
        return [token for token in required if token not in waiting.own]

    def census(self) -> Census:
        return self._slots.census()

    def __len__(self) -> int:
        return len(self._slots)

    # -- state

    def restore(self, waiting: Iterable[tuple[Obligation, Waiting]], owed: Iterable[tuple[Obligation, Owed]]) -> None:
        for write in self._slots.restore(waiting, owed):
            self._superseded(write, REPLACED)

    def discard(self, obligation: Obligation) -> None:
        self._slots.discard(obligation)

    def resume(self, now: float) -> None:
        """After ``restore``: asks for everything that is missing."""
        for key, slot in list(self._slots.items()):
            waiting = slot.waiting
            if waiting is not None and self._outdated(waiting.write):
                self._superseded(waiting.write, OUTDATED)
                self._slots.touch(key, waiting.write.version)
                waiting = slot.waiting = None
            if waiting is not None:
                heapq.heappush(self._grace_ends, (waiting.since + self._grace, key, waiting.write.version))
                self._settle(key, slot, now)
            if slot.owed is not None:
                self._settle_owed(key, slot)
            self._slots.tidy(key, slot)

    def changes(self) -> tuple[list[StateChange], list[StateChange]]:
        return self._slots.changes(self._outbox.encode)
