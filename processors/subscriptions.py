"""What stage A of a partition asks of stage B, and what it was told.

What is known of parents is a cache of stage B's answers, each with the offset in ``identities`` that it is known from,
so an older word never replaces a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from processors.outbox import Outbox, Term
from processors.slots import Slots
from schemas.keys import is_alias, token_partition

CACHE = 1_000_000
"""Parents remembered per partition (some 300 MB); beyond it the cache starts anew and children ask again."""


class Subscriptions:
    """Of the records in ``slots``, by the tokens that they name."""

    def __init__(self, partition: int, partitions: int, outbox: Outbox, slots: Slots) -> None:
        self.known: dict[str, tuple[int, str | None]] = {}
        self._partition = partition
        self._partitions = partitions
        self._outbox = outbox
        self._slots = slots
        self._waiters: dict[str, set[str]] = {}
        self._watchers: dict[str, set[str]] = {}
        """Alias -> records whose write named it: what it resolves to may change for as long as they live."""
        self._asked: dict[str, bool] = {}
        self._terms: dict[int, Term] = {}

    def ask(self, token: str, key: str, live: bool) -> None:
        """The record waits for what the token resolves to."""
        self._waiters.setdefault(token, set()).add(key)
        if is_alias(token) and token in self.known:
            return  # whoever asked for an alias once is told of every change
        asked = self._asked.get(token)
        if asked is None or (live and not asked):
            self._want(token, live)

    def follow(self, token: str, key: str) -> None:
        """The record wants to know of every change, where the token is an alias; otherwise of the first word."""
        if is_alias(token):
            self._watchers.setdefault(token, set()).add(key)
        self.ask(token, key, live=False)

    def _ask_again(self, token: str) -> None:
        slots = (self._slots.get(key) for key in self._waiters.get(token, ()))
        self._want(token, any(slot.waiting.live for slot in slots if slot and slot.waiting))

    def _want(self, token: str, live: bool) -> None:
        self._asked[token] = live
        self._outbox.want(self._partition, token, live)

    def unheard(self, tokens: Iterable[str]) -> set[str]:
        """The aliases on which there is no word yet. Stage B speaks of every alias, also of one that nobody bears: that
        it is silent, as after a restart, says nothing."""
        return {token for token in tokens if is_alias(token) and token not in self.known}

    def doubt(self, tokens: Iterable[str]) -> None:
        """What was said of them has just been proven wrong, or is on its way to be."""
        for token in tokens:
            self.known.pop(token, None)

    def term(self, parent: int, term: Term) -> bool:
        """Whether a message of this term counts. A new term voids what earlier ones said, and everything is asked
        again."""
        known = self._terms.get(parent)
        if known is not None and term <= known:
            return term == known
        self._terms[parent] = term
        self.known.clear()
        for token in [token for token in self._asked if token_partition(token, self._partitions) == parent]:
            del self._asked[token]
        for token in self._waiters.keys() | self._watchers.keys():
            if token_partition(token, self._partitions) == parent:
                self._ask_again(token)
        return True

    def answered(self, answers: Mapping[str, tuple[str | None, int]]) -> Iterable[str]:
        """Takes note of the answers; returns the records that may leave, or owe a patch, because of them."""
        known = self.known
        if len(known) > CACHE:
            known.clear()
        affected: dict[str, None] = {}
        for token, (twenty_id, at) in answers.items():
            entry = known.get(token)
            if entry is None or entry[0] <= at:
                known[token] = entry = (at, twenty_id)
            self._asked.pop(token, None)
            if is_alias(token):
                affected.update(dict.fromkeys(self._watching(token)))
            if entry[1] is not None:
                for key in self._waiters.pop(token, ()):
                    slot = self._slots.get(key)
                    waiting = slot.waiting if slot else None
                    if waiting is not None:
                        waiting.blocking.discard(token)
                        if waiting.blocking and slot is not None and slot.owed is None:
                            continue
                    affected[key] = None
            elif is_alias(token):
                # that nobody bears it was all that some waited to hear
                affected.update(dict.fromkeys(self._waiters.get(token, ())))
            elif token in self._waiters:
                # whoever took back what it said may have struck us off its list when it said it
                self._ask_again(token)
        return affected

    def _watching(self, token: str) -> set[str]:
        """Records that still name the alias in what they owe."""
        watchers = self._watchers.get(token, set())
        for key in list(watchers):
            slot = self._slots.get(key)
            parts = slot.owed.patch.parts if slot and slot.owed else ()
            if not any(link.token == token for part in parts for link in part.links):
                watchers.discard(key)
        if not watchers:
            self._watchers.pop(token, None)
        return watchers
