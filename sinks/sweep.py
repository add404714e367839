"""Finds edits in Twenty: asks which rows were updated since it last asked, and reads those that we did not write last.

A webhook may name a row earlier; the check is the same. A round costs one request for each object that we have rows
of, and one for every 200 rows that were updated, by us or by others: Twenty 1.10 does not tell them apart. What is
updated while a round is under way belongs to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from schemas.edits import EditPolicies
from schemas.records import Checkpoint, Identity
from sinks import edits
from sinks.book import Book
from sinks.catalogue import Catalogue, TargetObject
from sinks.conflicts import Conflicts
from sinks.gateway import Gateway
from sinks.ghosts import doubted
from sinks.twenty.client import TwentyClient

OVERLAP = timedelta(seconds=10)
"""A row's time is taken when its transaction begins: one that shows later may lie this far behind."""
SWEEP = "twenty-edits"
"""Source of the sweep's checkpoints: one for each Twenty object."""
SWEEP_FORMAT = 1
_RESOLUTION = timedelta(milliseconds=1)
"""Of the times that Twenty answers; its rows hold microseconds."""
_BEFORE_ALL = datetime(1970, 1, 2, tzinfo=UTC)
_IDS = 100
_LATER = 1.0
_SEEN = 10_000


def swept_until(target: str, until: datetime, now: datetime) -> Checkpoint:
    """Every update of an object up to ``until``, by Twenty's clock, was looked at."""
    return Checkpoint(SWEEP, target, SWEEP_FORMAT, {"until": until.isoformat()}, now)


@dataclass(slots=True)
class Progress:
    """Of one object: every update up to ``since`` was looked at. ``until`` and ``after``: how far the round goes, and
    is. Both ends are Twenty's times.
    """

    since: datetime
    until: datetime | None = None
    after: str | None = None
    done: bool = False


@dataclass(slots=True)
class Suspects:
    """Rows to read: (object, id) -> not before this time."""

    _rows: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, target: str, row: str, not_before: float) -> None:
        self._rows.setdefault((target, row), not_before)

    def due(self, now: float) -> tuple[str, list[str]] | None:
        """Up to a hundred of one object, taken."""
        ready = [place for place, at in self._rows.items() if at <= now]
        if not ready:
            return None
        target = ready[0][0]
        ids = [row for name, row in ready if name == target][:_IDS]
        for row in ids:
            del self._rows[target, row]
        return target, ids

    def ready(self, now: float) -> bool:
        return any(at <= now for at in self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)


class Sweep:
    """``step`` costs one request at most. ``busy`` says whether something of a record is on its way to Twenty;
    ``keep`` stores how far an object was swept, in the sender's next transaction.
    """

    def __init__(
        self,
        client: TwentyClient,
        gateway: Gateway,
        book: Book,
        conflicts: Conflicts,
        policies: EditPolicies,
        busy: Callable[[str], bool],
        keep: Callable[[str, datetime], None],
        clock: Callable[[], float],
        interval: float,
        swept: Mapping[str, datetime],
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._book = book
        self._conflicts = conflicts
        self._policies = policies
        self._busy = busy
        self._keep = keep
        self._clock = clock
        self._interval = interval
        self._swept = dict(swept)
        self._settled: dict[str, datetime] = {}
        self._round: dict[str, Progress] = {}
        self._next = clock() + interval
        self._suspects = Suspects()
        self._seen: dict[str, datetime] = {}

    def suspect(self, target: str, row: str) -> None:
        """Somebody says that this row was updated (a webhook): it is read soon, when our own answers have come."""
        if self._book.at(row):
            self._suspects.add(target, row, self._clock() + _LATER)

    def waiting(self) -> bool:
        """Whether a step would do something now."""
        now = self._clock()
        return bool(self._round) or now >= self._next or self._suspects.ready(now)

    def step(self, catalogue: Catalogue) -> None:
        """The next request, if one is due. Raises TwentyError; the step is then taken again later."""
        now = self._clock()
        due = self._suspects.due(now)
        if due is not None:
            name, ids = due
            try:
                self._read(catalogue[name], ids)
            except Exception:
                # whatever kept them from being read, they are still to be read
                for row in ids:
                    self._suspects.add(name, row, now + _LATER)
                raise
        elif any(not progress.done for progress in self._round.values()):
            self._ask(catalogue)
        elif self._round:
            self._end()
        elif now >= self._next:
            self._begin(catalogue)

    def _begin(self, catalogue: Catalogue) -> None:
        """A round over all objects that we have rows of."""
        self._next = self._clock() + self._interval
        names = [name for name in sorted(catalogue) if self._book.living(name)]
        first: dict[str, datetime] = {}
        if not self._swept.keys() >= set(names):
            for known in self._book:
                at = known.twenty_updated_at
                if at is not None:
                    first[known.target] = min(at, first.get(known.target, at))
        since = {**first, **self._swept}
        self._round = {name: Progress(since.get(name, _BEFORE_ALL)) for name in names}

    def _ask(self, catalogue: Catalogue) -> None:
        name, progress = next((name, one) for name, one in self._round.items() if not one.done)
        plural, since = catalogue[name].plural, progress.since - OVERLAP
        if progress.until is None:
            newest = self._gateway.read("edits", partial(self._client.newest_update, plural, since))
            progress.until = newest
            progress.done = newest is None or newest == self._settled.get(name)
            return
        before = progress.until + _RESOLUTION
        page = self._gateway.read("edits", partial(self._client.updated_between, plural, since, before, progress.after))
        for row in page.records:
            self._look(catalogue[name], row)
        progress.after, progress.done = page.end_cursor, not page.has_next

    def _end(self) -> None:
        """How far the round got is kept once nothing that it found is left to look at."""
        if len(self._suspects):
            return
        for name, progress in self._round.items():
            if progress.until is None:
                continue
            if progress.until > self._swept.get(name, _BEFORE_ALL):
                self._swept[name] = progress.until
                self._keep(name, progress.until)
            else:
                # looked at twice: what began earlier and showed later was in the second look
                self._settled[name] = progress.until
        self._round = {}

    def _read(self, target: TargetObject, ids: list[str]) -> None:
        rows = self._gateway.read("edits", partial(self._client.read_ids, target.plural, ids, trashed=True))
        for row in rows:
            self._look(target, row)

    def _look(self, target: TargetObject, row: Mapping[str, Any]) -> None:
        if row.get(edits.TRASHED) and self._book.lost(row["id"]):
            return  # we put it there, with what fragments hold of it
        known, moment = self._book.at(row["id"]), datetime.fromisoformat(row["updatedAt"])
        if not known or any(identity.twenty_updated_at == moment for identity in known):
            return  # none of ours, or we were the last to write it
        if self._seen.get(row["id"]) == moment:
            return
        if any(self._busy(identity.key) for identity in known):
            # what we have sent may be what was found
            self._suspects.add(target.name, row["id"], self._clock() + _LATER)
            return
        owner = self._book.owner(row["id"])
        if not (row.get(edits.TRASHED) and owner is not None and doubted(owner)):
            # whether the whole row is to lie in the trash is not for what shares it to tell
            for identity in known:
                if not doubted(identity):
                    self._judge(identity, target, row)
        if len(self._seen) >= _SEEN:
            self._seen.clear()
        self._seen[row["id"]] = moment

    def _judge(self, identity: Identity, target: TargetObject, row: Mapping[str, Any]) -> None:
        policy = edits.policy_of(self._policies, identity.key, identity.part)
        finding = edits.look(identity, row, policy, target)
        ended = edits.ended(identity, finding)
        identity = self._conflicts.note(identity, finding, row)
        if ended or any(edit.policy == "source_wins" for edit in finding.new.values()):
            self._conflicts.repair(identity)
