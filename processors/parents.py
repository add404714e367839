"""Stage B of hold, by parent: which tokens resolve, and which child partitions wait for which.

Everything here is a fold over one partition of ``identities`` plus what is asked of it. Nothing is durable: whoever
takes a partition over reads the fold to its end and announces its term, upon which every child partition asks again.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from processors.outbox import Outbox, Standing
from schemas.keys import SEPARATOR, is_alias, part_key, split_token
from schemas.records import BEFORE_ALL, Alias, Identity, IdentityState, Version


class Known(NamedTuple):
    """``twenty_id`` is None unless the part is live. ``at``: offset in ``identities`` of the newest word on it."""

    twenty_id: str | None
    version: Version
    at: int


class Neighbour(Protocol):
    """Stage A of the same partition, in the same worker."""

    def lift(self, key: str) -> None: ...
    def pending(self, key: str) -> bool: ...
    def skipped(self, key: str) -> bool: ...
    def outdated(self, key: str, version: Version) -> None: ...


class Parents:
    """One partition. ``neighbour`` is set by whoever wires the two stages, anew for each generation."""

    neighbour: Neighbour

    def __init__(self, partition: int, partitions: int, outbox: Outbox) -> None:
        self.partition = partition
        self._children = range(partitions)
        self._outbox = outbox
        self._identities: dict[str, Known] = {}
        self._holders: dict[str, dict[str, tuple[str, bool]]] = {}
        self._alias_at: dict[str, int] = {}
        self._waiting: dict[str, set[int]] = {}
        self._lifted: set[str] = set()
        self._ready = False

    # -- the fold

    def identity(self, record: Identity, at: int) -> None:
        token = part_key(record.key, record.part)
        old = self._identities.get(token)
        twenty_id = record.twenty_id if record.state is IdentityState.LIVE else None
        self._identities[token] = Known(twenty_id, record.version, at)
        self.neighbour.outdated(record.key, record.version)
        if twenty_id is not None:
            self._lifted.discard(record.key)
        self._resolved(token, old.twenty_id if old else None, twenty_id, at)

    def alias(self, record: Alias, at: int) -> None:
        token = record.alias
        old, _ = self._holder(token)
        holder = part_key(record.key, record.part)
        self._holders.setdefault(token, {})[holder] = (record.twenty_id, record.live)
        self._alias_at[token] = at
        new, _ = self._holder(token)
        self._resolved(token, old, new, at)

    def forget(self, name: str, at: int) -> None:
        """A tombstone; ``name`` is its Kafka key: record key and part, or alias, record key and part."""
        token, _, holder = name.partition(SEPARATOR)
        if SEPARATOR not in holder:
            known = self._identities.pop(name, None)
            self._resolved(name, known.twenty_id if known else None, None, at)
            return
        old, _ = self._holder(token)
        self._holders.get(token, {}).pop(holder, None)
        self._alias_at[token] = at
        self._resolved(token, old, self._holder(token)[0], at)

    def _holder(self, token: str) -> tuple[str | None, int]:
        # a record that was merged into another holds its alias for the same row
        rows = {twenty_id for twenty_id, is_live in self._holders.get(token, {}).values() if is_live}
        return (rows.pop() if len(rows) == 1 else None), self._alias_at.get(token, -1)

    def _look(self, token: str) -> tuple[str | None, int]:
        if SEPARATOR in token:
            known = self._identities.get(token)
            return (known.twenty_id, known.at) if known else (None, -1)
        return self._holder(token)

    def _resolved(self, token: str, old: str | None, new: str | None, at: int) -> None:
        if not self._ready or old == new:
            return
        if is_alias(token):
            # who asked once is told of every change: what an alias resolves to is never settled for good
            for child in self._waiting.get(token, ()):
                self._outbox.answer(self.partition, child, token, new, at)
            return
        if old is not None:
            # whoever was told the old id may still hold it
            for child in self._children:
                self._outbox.answer(self.partition, child, token, new, at)
            if new is not None:
                self._waiting.pop(token, None)
        elif new is not None:
            for child in self._waiting.pop(token, ()):
                self._outbox.answer(self.partition, child, token, new, at)

    # -- being asked

    def take_over(self) -> None:
        """A new generation of the group: the subscriptions of the last one are void.

        No answer leaves before ``ready``, so that nobody is told what later words in ``identities`` took back.
        """
        self._ready = False
        self._waiting.clear()
        self._lifted.clear()

    def ready(self) -> None:
        """The fold has reached the end that ``identities`` had when this worker took over: everybody asks again."""
        if self._ready:
            return
        self._ready = True
        self._outbox.announce(self.partition)
        for token in list(self._waiting):
            twenty_id, at = self._look(token)
            if is_alias(token):
                for child in self._waiting[token]:
                    self._outbox.answer(self.partition, child, token, twenty_id, at)
            elif twenty_id is not None:
                for child in self._waiting.pop(token):
                    self._outbox.answer(self.partition, child, token, twenty_id, at)

    def want(self, child: int, token: str, live: bool) -> None:
        twenty_id, at = self._look(token)
        if self._ready and (twenty_id is not None or is_alias(token)):
            self._outbox.answer(self.partition, child, token, twenty_id, at)
            if not is_alias(token):
                return
        self._waiting.setdefault(token, set()).add(child)
        if live and SEPARATOR in token and twenty_id is None:
            key, _ = split_token(token)
            if key not in self._lifted:
                self._lifted.add(key)
                self._outbox.lift(self.partition, key)
                self.neighbour.lift(key)

    def probe(self, child: int, token: str) -> None:
        """Says whether the token's record is still on its way, as far as this partition knows. An alias never is."""
        standing = Standing.ABSENT
        if not self._ready:
            standing = Standing.PENDING
        elif SEPARATOR in token:
            known = self._identities.get(token)
            if (known is not None and known.twenty_id is not None) or self.neighbour.pending(split_token(token)[0]):
                standing = Standing.PENDING
            elif (known is not None and known.version > BEFORE_ALL) or self.neighbour.skipped(split_token(token)[0]):
                standing = Standing.DELETED
        elif self._holder(token)[0] is not None:
            standing = Standing.PENDING
        self._outbox.standing(self.partition, child, token, standing)

    # -- asked by stage A of the same partition

    def lifted(self, key: str) -> bool:
        return key in self._lifted

    def version(self, token: str) -> Version | None:
        known = self._identities.get(token)
        return known.version if known else None
