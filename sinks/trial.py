"""The trial of a record that Twenty refuses for no known reason: it is condemned only while other writes pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from schemas.records import Identity, IdentityState
from sinks import unique
from sinks.batch import Work
from sinks.book import Book
from sinks.catalogue import TargetObject
from sinks.flow import Flow
from sinks.gateway import Gateway
from sinks.rows import Row
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import TwentyError


class Trial:
    """``current`` says whether a work's step is still what comes next for its record."""

    def __init__(
        self,
        client: TwentyClient,
        gateway: Gateway,
        book: Book,
        flow: Flow,
        current: Callable[[Work], bool],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._book = book
        self._flow = flow
        self._current = current
        self._clock = clock
        self._good: tuple[TargetObject, Identity, Row] | None = None

    def passed(self, target: TargetObject, identity: Identity, row: Row) -> None:
        """Twenty took this row: it can bear witness."""
        self._good = (target, identity, row)

    def next(self) -> list[Work]:
        """A suspect goes alone after another write has passed; with none there, one that passed before is repeated."""
        if not self._flow.suspects:
            return []
        key, suspect = next(iter(self._flow.suspects.items()))
        if not self._current(suspect.work):
            del self._flow.suspects[key]
            return []
        if suspect.passes == self._flow.passes and self._good is not None and self._still_good(self._good[1]):
            target, _, row = self._good
            payload = unique.unmatched(row.payload, target)
            repeat = partial(self._client.create_batch, target.plural, [payload], upsert=True)
            try:
                self._gateway.write("probe", 1, repeat)
            except TwentyError as error:
                self._flow.trouble = error.refusal.template
                self._flow.pause(self._clock())
                return []
            self._flow.passed()
            return []
        del self._flow.suspects[key]
        return [suspect.work]

    def _still_good(self, identity: Identity) -> bool:
        """Whether a row is as we wrote it: repeating that write changes nothing."""
        return self._book.record(identity.key).get(identity.part) == identity and identity.state is IdentityState.LIVE
