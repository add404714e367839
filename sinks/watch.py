"""What the sender does beside writing: it looks for edits and side effects in Twenty, and hears what people decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from schemas.records import Control
from sinks.catalogue import Catalogue
from sinks.conflicts import RESOLVE, Conflicts
from sinks.flow import Flow
from sinks.guard import Guard
from sinks.side_effects import ACKNOWLEDGE, SideEffects
from sinks.sweep import Sweep
from sinks.twenty.errors import TwentyError
from sinks.webhook import Hints

SHARE = 20
"""Of this many requests one is the sweep's, however much there is to write."""
_SIGNALS_SECONDS = 0.5


class Signals(Protocol):
    def new(self) -> Iterable[Control]: ...


class Watch:
    """``replayed`` says whether everything that was in the lanes at the start has been read: before that, what looks
    like an edit may be a write of ours whose answer a process that died has not told. ``tell`` is called with the
    reason why nothing is written, and with an empty one when that has passed.
    """

    def __init__(
        self,
        guard: Guard,
        sweep: Sweep,
        side_effects: SideEffects,
        conflicts: Conflicts,
        hints: Hints,
        signals: Signals,
        replayed: Callable[[], bool],
        flow: Flow,
        tell: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self.guard = guard
        self._sweep = sweep
        self._side_effects = side_effects
        self._conflicts = conflicts
        self._hints = hints
        self._signals = signals
        self._replayed = replayed
        self._flow = flow
        self._tell = tell
        self._told = ""
        self._troubled = False
        self._clock = clock
        self._heard_at = float("-inf")
        self._ready = False
        self._writes = 0

    @property
    def reason(self) -> str:
        """Why nothing may be written; empty when it may."""
        return self._side_effects.reason

    def hear(self) -> None:
        """Takes what people and webhooks say, and tells people why nothing is written; costs no request."""
        now = self._clock()
        if now - self._heard_at < _SIGNALS_SECONDS:
            return
        self._heard_at = now
        for signal in self._signals.new():
            if signal.kind == ACKNOWLEDGE:
                self._side_effects.acknowledge(signal.subject)
            elif signal.kind == RESOLVE:
                self._conflicts.resolve(signal)
        for target, row in self._hints.take():
            self._sweep.suspect(target, row)
        self._ready = self._ready or self._replayed()
        if not self._side_effects.due and self.reason != self._told:
            self._told = self.reason
            self._tell(self._told)

    def urgent(self) -> bool:
        """Whether the next request is ours though there is something to write."""
        if self._side_effects.due:
            return True
        self._writes += 1
        return self._writes % SHARE == 0 and self._ready and self._sweep.waiting()

    def step(self, catalogue: Catalogue) -> None:
        """One request at most."""
        try:
            if self._side_effects.due:
                self._side_effects.look(catalogue)
            elif self._ready and self._sweep.waiting():
                self._sweep.step(catalogue)
        except TwentyError as error:
            self._troubled = True
            self._flow.trouble = error.refusal.template
            self._flow.pause(self._clock())
            return
        if self._troubled:
            self._troubled = False
            self._flow.trouble = ""
