"""The board of steps that wait for a request, and the choice of the next batch.

A request leaves when a token is there and takes the most urgent batch for one (target, operation): low load means low
latency, high load means full batches.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sinks.links import stands
from sinks.pending import Lane, Pending
from sinks.steps import Do, Step

SINGLY = frozenset({Do.UPDATE, Do.UPLOAD})
"""Operations of which one request takes one record."""
BULK_SHARE = 10
"""Of this many requests one is bulk's whatever live has, so that it never starves."""
PATIENCE = 10.0
"""Seconds after which an incomplete bulk batch leaves though others are full."""


@dataclass(frozen=True, slots=True)
class Group:
    """What may share a request. ``columns`` keeps rows of unlike fields apart where not all fields are written."""

    do: Do
    target: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A pending record, the step that it waits with, and the group whose request may carry it."""

    pending: Pending
    step: Step
    group: Group

    def revives(self, made: Container[str]) -> bool:
        """Whether its row was gone for good and is there again, ``made`` being the rows that Twenty made for it."""
        told = self.step.do is Do.CREATE and self.step.name in self.pending.purged
        return told or (self.step.twenty_id in made and stands(self.step.identity))


Slot = tuple[Lane, Group]


class Admission(Protocol):
    """How many records a request may carry now; 0 where none may leave."""

    def most(self, lane: Lane, group: Group, now: float) -> int:
        """Of a request of its own."""

    def rides(self, lane: Lane, group: Group, now: float) -> int:
        """Of records that fill up a request which leaves anyway."""


class Board:
    """Steps by lane and group, oldest first. ``claims(work)`` names what must not occur twice in one batch."""

    def __init__(self, claims: Callable[[Work], Iterable[Hashable]], admission: Admission) -> None:
        self._claims = claims
        self._admission = admission
        self._heaps: dict[Slot, list[tuple[int, int, Work]]] = {}
        self._counts: dict[Slot, int] = {}
        self._placed: dict[str, tuple[Slot, int]] = {}
        self._ticket = 0
        self._since_bulk = 0

    def place(self, work: Work) -> None:
        """The record waits with this step now; an earlier one is forgotten."""
        self.remove(work.pending)
        self._ticket += 1
        slot = (work.pending.lane, work.group)
        self._placed[work.pending.key] = (slot, self._ticket)
        self._counts[slot] = self._counts.get(slot, 0) + 1
        heapq.heappush(self._heaps.setdefault(slot, []), (work.pending.seq, self._ticket, work))

    def remove(self, pending: Pending) -> None:
        placed = self._placed.pop(pending.key, None)
        if placed is not None:
            self._counts[placed[0]] -= 1
            if not self._counts[placed[0]]:
                del self._counts[placed[0]], self._heaps[placed[0]]

    def __len__(self) -> int:
        return len(self._placed)

    def groups(self) -> set[Group]:
        """What waits here."""
        return {group for _, group in self._counts}

    def due(self, now: float) -> bool:
        """Whether anything may leave."""
        return any(self._admission.most(*slot, now) for slot in self._counts)

    def choose(self, now: float) -> list[Work]:
        """The most urgent batch, taken off the board; empty when nothing waits that may leave.

        Live goes by age. Bulk goes by full batches, and by age once the oldest has waited ``PATIENCE`` seconds. A
        live batch that is not full is filled up with bulk work for the same request.
        """
        most = {slot: room for slot in self._counts if (room := self._admission.most(*slot, now))}
        heads = {slot: self._head(slot) for slot in most}
        live = [slot for slot in heads if slot[0] is Lane.LIVE]
        bulk = [slot for slot in heads if slot[0] is Lane.BULK]
        if bulk and (not live or self._since_bulk >= BULK_SHARE - 1):
            self._since_bulk = 0
            oldest = min(bulk, key=lambda slot: heads[slot].pending.seq)
            full = [slot for slot in bulk if self._counts[slot] >= most[slot]]
            if full and now - heads[oldest].pending.arrived < PATIENCE:
                oldest = min(full, key=lambda slot: heads[slot].pending.seq)
            return self._draw(oldest, most[oldest], set())
        if not live:
            return []
        self._since_bulk += bool(bulk)
        slot = min(live, key=lambda slot: heads[slot].pending.seq)
        claimed: set[Hashable] = set()
        chosen = self._draw(slot, most[slot], claimed)
        filler = (Lane.BULK, slot[1])
        if filler in self._counts:
            room = min(most[slot], self._admission.rides(*filler, now)) - len(chosen)
            chosen += self._draw(filler, room, claimed)
        return chosen

    def _valid(self, slot: Slot, ticket: int, work: Work) -> bool:
        return self._placed.get(work.pending.key) == (slot, ticket)

    def _head(self, slot: Slot) -> Work:
        heap = self._heaps[slot]
        while not self._valid(slot, heap[0][1], heap[0][2]):
            heapq.heappop(heap)
        return heap[0][2]

    def _draw(self, slot: Slot, size: int, claimed: set[Hashable]) -> list[Work]:
        chosen: list[Work] = []
        aside: list[tuple[int, int, Work]] = []
        heap = self._heaps[slot]
        while heap and len(chosen) < size and len(aside) < size:
            entry = heapq.heappop(heap)
            if not self._valid(slot, entry[1], entry[2]):
                continue
            claims = set(self._claims(entry[2]))
            if claims & claimed:
                aside.append(entry)
            else:
                claimed |= claims
                chosen.append(entry[2])
        for entry in aside:
            heapq.heappush(heap, entry)
        for work in chosen:
            self.remove(work.pending)
        return chosen


def halves(batch: Sequence[Work]) -> tuple[list[Work], list[Work]]:
    """A refused batch, to be sent again in two: Twenty does not say which record it refuses."""
    middle = (len(batch) + 1) // 2
    return list(batch[:middle]), list(batch[middle:])
