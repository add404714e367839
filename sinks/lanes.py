"""What waits to be written: the newest version of each record, in two lanes, and how far each topic is finished.

Live goes before bulk. Of a record only the newest version waits; what it replaced is superseded. The bulk topic is
indexed by key, and only a window of it is in memory: a body is loaded when its turn comes, or when a lift names it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace

from schemas.records import Lift, Version, Write, WriteKind
from sinks.pending import Lane, Pending, Position, overlay

_EARLY_LIFTS = 100_000


@dataclass(slots=True)
class Watermark:
    """How far one partition is finished: the lowest offset that is not, which is what may be committed."""

    next: int
    inherited: int = 0
    """What lies before this offset a process before this one may have sent."""
    _open: deque[int] = field(default_factory=deque)
    _finished: set[int] = field(default_factory=set)

    def open(self, offset: int) -> None:
        """A message was consumed. Offsets grow; what lies between two of them is nothing of ours."""
        self._open.append(offset)
        self.next = offset + 1

    def finish(self, offset: int) -> None:
        self._finished.add(offset)

    def lowest(self) -> int:
        while self._open and self._open[0] in self._finished:
            self._finished.discard(self._open.popleft())
        return self._open[0] if self._open else self.next


@dataclass(frozen=True, slots=True)
class _WaitingPatch:
    position: Position
    patch: Write
    until: int
    """Bulk offset (same partition) before which the write it completes must lie, if it is still to come."""


class Lanes:
    """``written(key)`` is the newest version in Twenty, in part at least; ``covers(patch)`` whether it is the patch's
    and all parts of it are there. ``bulk_end(partition)`` is the end of the bulk topic now.
    """

    def __init__(
        self,
        written: Callable[[str], Version | None],
        covers: Callable[[Write], bool],
        bulk_end: Callable[[int], int],
        *,
        window: int = 3_000,
    ) -> None:
        self._written = written
        self._covers = covers
        self._bulk_end = bulk_end
        self._window = window
        self._pending: dict[str, Pending] = {}
        self._index: OrderedDict[str, list[Position]] = OrderedDict()
        self._early: OrderedDict[str, None] = OrderedDict()
        self._lifted: dict[str, list[Position]] = {}
        self._patches: dict[str, list[_WaitingPatch]] = {}
        self._marks: dict[tuple[Lane, int], Watermark] = {}
        self._in_window = 0
        self._sequence = 0
        self.changed: dict[str, Pending] = {}
        """Records that are to be looked at: taken and cleared by the sender."""

    # --- positions

    def start(self, lane: Lane, partition: int, offset: int, end: int) -> None:
        """Where this process begins to read, and where the partition ends now."""
        self._marks[(lane, partition)] = Watermark(offset, end)

    def committable(self) -> dict[tuple[Lane, int], int]:
        return {slot: mark.lowest() for slot, mark in self._marks.items()}

    def finish(self, position: Position) -> None:
        """The message has its account, or it was none of ours to begin with."""
        self._marks[(position.lane, position.partition)].finish(position.offset)

    def opened(self, position: Position) -> None:
        self._marks[(position.lane, position.partition)].open(position.offset)

    # --- what comes in

    def offer(self, position: Position, record: Write | Lift, now: float) -> list[Write]:
        """A decoded message. Returns the versions that are superseded by it, or instead of it."""
        if isinstance(record, Lift):
            self._lift(position, record.key)
            return []
        if record.kind is WriteKind.PATCH:
            self._patch(position, record, now)
            return []
        return self._write(position, record, now)

    def again(self, write: Write, now: float) -> bool:
        """Takes up a finished write once more, as a repair; False where something of its record is on its way."""
        if self.busy(write.key):
            return False
        self.changed[write.key] = self._admit(replace(write, repair=True), Lane.LIVE, now)
        return True

    def index(self, position: Position, key: str) -> None:
        """A bulk message whose body is left on the topic for now."""
        self._index.setdefault(key, []).append(position)

    def hastened(self, key: str) -> bool:
        """Whether a bulk message of this key is wanted at once: a lift or a newer live version waits for it."""
        return key in self._early or key in self._pending

    def room(self) -> bool:
        """Whether a bulk message that comes now may be loaded at once: there is room and nothing is before it."""
        return not self._index and self._in_window < self._window

    def turns(self, limit: int) -> list[Position]:
        """Bulk messages whose bodies are wanted now: lifted ones, then the next in order while there is room."""
        wanted: list[Position] = []
        for key in [key for key in self._lifted if key in self._index]:
            wanted += self._index.pop(key)
        space = self._window - self._in_window
        # not before half the window is free: bodies are fetched in stretches, not one by one
        if space >= self._window // 2 or len(self._index) <= space:
            while self._index and space > 0 and len(wanted) < limit:
                _, positions = self._index.popitem(last=False)
                wanted += positions
                space -= 1
        return wanted

    def _write(self, position: Position, write: Write, now: float) -> list[Write]:
        pending = self._pending.get(write.key)
        early = self._early.pop(write.key, self) is None
        lane = Lane.LIVE if early or write.key in self._lifted else position.lane
        superseded: list[Write] = []
        inherited = position.offset < self._marks[(position.lane, position.partition)].inherited
        if pending is None:
            pending = self._admit(write, lane, now)
            pending.place = position
        elif write.version < pending.write.version:
            pending.come_late(write, inherited=inherited)
            superseded.append(write)
        elif write.version > pending.write.version:
            superseded.append(pending.write)
            pending.replace_with(write, position)
        elif write.repair:
            # also where a repair is under way: something has come free since
            pending.accounted.clear()
            pending.write, pending.place = overlay(write, pending.write), position
        elif pending.write.kind is WriteKind.PATCH:
            patch, pending.write, pending.place = pending.write, write, position
            pending.lay(patch)
        else:
            pending.lay(write)
        pending.inherited |= inherited
        pending.positions.append(position)
        pending.positions += self._lifted.pop(write.key, [])
        self._hurry(pending, lane)
        self._overlay_waiting(pending)
        self.changed[write.key] = pending
        return superseded

    def _admit(self, write: Write, lane: Lane, now: float) -> Pending:
        self._sequence += 1
        pending = Pending(write, lane, self._sequence, now)
        self._pending[write.key] = pending
        self._in_window += lane is Lane.BULK
        return pending

    def _hurry(self, pending: Pending, lane: Lane) -> None:
        if lane < pending.lane:
            pending.lane = lane
            self._in_window -= 1
            self.changed[pending.key] = pending

    def _patch(self, position: Position, patch: Write, now: float) -> None:
        pending = self._pending.get(patch.key)
        if pending is not None and pending.write.version == patch.version:
            self._admit_patch(position, patch, now)
            return
        written = self._written(patch.key)
        newest = max((v for v in (written, pending.write.version if pending else None) if v is not None), default=None)
        if newest is not None and newest > patch.version:
            self.finish(position)
        elif pending is None and self._covers(patch):
            self._admit_patch(position, patch, now)
        else:
            waiting = _WaitingPatch(position, patch, self._bulk_end(position.partition))
            self._patches.setdefault(patch.key, []).append(waiting)

    def _admit_patch(self, position: Position, patch: Write, now: float) -> None:
        pending = self._pending.get(patch.key)
        if pending is None:
            pending = self._admit(patch, Lane.LIVE, now)
        else:
            pending.lay(patch)
        pending.positions.append(position)
        self.changed[patch.key] = pending

    def _overlay_waiting(self, pending: Pending) -> None:
        kept = []
        for waiting in self._patches.pop(pending.key, []):
            if waiting.patch.version == pending.write.version:
                pending.lay(waiting.patch)
                pending.positions.append(waiting.position)
            elif waiting.patch.version < pending.write.version:
                pending.positions.append(waiting.position)
            else:
                kept.append(waiting)
        if kept:
            self._patches[pending.key] = kept

    def _lift(self, position: Position, key: str) -> None:
        pending = self._pending.get(key)
        if pending is not None:
            pending.positions.append(position)
            self._hurry(pending, Lane.LIVE)
        elif key in self._index:
            self._lifted.setdefault(key, []).append(position)
        else:
            # it may have come before its write; that it is forgotten at a restart costs time, nothing else
            self._early[key] = None
            if len(self._early) > _EARLY_LIFTS:
                self._early.popitem(last=False)
            self.finish(position)

    # --- what goes out

    def put_back(self, pending: Pending) -> None:
        """Others of its lane go first now."""
        self._sequence += 1
        pending.seq = self._sequence

    def done(self, pending: Pending) -> None:
        """Everything about this version has its account: its messages are finished."""
        del self._pending[pending.key]
        self._in_window -= pending.lane is Lane.BULK
        for position in pending.positions:
            self.finish(position)
        self.changed.pop(pending.key, None)

    def reconsider(self, now: float) -> None:
        """Looks again at patches that wait, once nothing of their record is under way.

        The write may be in Twenty by now, with all its parts. Or no more of it will come: all of bulk before the patch
        was read, and nothing of it is left. Then what is there is linked; a part without an identity ended otherwise
        (a dead letter, an attachment left out, a return to hold, which resolves its links anew).
        """
        for key in [key for key in self._patches if key not in self._pending and key not in self._index]:
            written = self._written(key)
            kept = []
            for waiting in self._patches.pop(key):
                mark = self._marks[(Lane.BULK, waiting.position.partition)]
                passed = mark.next >= waiting.until
                if written == waiting.patch.version and (passed or self._covers(waiting.patch)):
                    self._admit_patch(waiting.position, waiting.patch, now)
                elif passed or (written is not None and written > waiting.patch.version):
                    self.finish(waiting.position)
                else:
                    kept.append(waiting)
            if kept:
                self._patches.setdefault(key, []).extend(kept)

    def caught_up(self, partition: int, offset: int, lane: Lane = Lane.BULK) -> None:
        """The partition was read up to ``offset``, whatever kind of entries lie there."""
        mark = self._marks[(lane, partition)]
        mark.next = max(mark.next, offset)

    def __iter__(self) -> Iterator[Pending]:
        return iter(self._pending.values())

    def busy(self, key: str) -> bool:
        """Whether something of a record is on its way to Twenty."""
        return key in self._pending or key in self._index

    def get(self, key: str) -> Pending | None:
        return self._pending.get(key)

    @property
    def live(self) -> int:
        return len(self._pending) - self._in_window

    @property
    def bulk(self) -> int:
        """Bulk records that wait, loaded or not."""
        return self._in_window + len(self._index)


def returned(write: Write, gone: Container[str]) -> Write:
    """``write`` for its way back to hold: links to the rows that are gone are unresolved again."""
    parts = tuple(
        replace(
            part,
            links=tuple(
                replace(link, twenty_id=None, at=-1) if link.twenty_id in gone else link for link in part.links
            ),
            anchor=replace(part.anchor, twenty_id=None)
            if part.anchor is not None and part.anchor.twenty_id in gone
            else part.anchor,
        )
        for part in write.parts
    )
    return replace(write, parts=parts)
