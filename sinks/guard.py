"""One read before each batch whose fields somebody else may keep: where the source does not win, an edit stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from schemas.edits import EditPolicies
from schemas.records import Identity, IdentityState, Outcome, PartMode
from sinks import edits
from sinks.answer import Answer
from sinks.batch import Work
from sinks.book import Book
from sinks.catalogue import TargetObject
from sinks.conflicts import Conflicts
from sinks.decisions import Decisions
from sinks.flow import Flow
from sinks.gateway import Gateway
from sinks.ghosts import doubted
from sinks.identity import written
from sinks.lanes import Lanes
from sinks.rows import Row
from sinks.steps import Do, Settled
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import TwentyError

KEPT_IN_TRASH = "a person put the row into Twenty's trash"
KEPT = "left as it is in Twenty"
_IDS = 100

Batch = list[tuple[Work, Row]]


class Guard:
    def __init__(
        self,
        client: TwentyClient,
        gateway: Gateway,
        book: Book,
        decisions: Decisions,
        conflicts: Conflicts,
        policies: EditPolicies,
        lanes: Lanes,
        flow: Flow,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._book = book
        self._decisions = decisions
        self._conflicts = conflicts
        self._policies = policies
        self._lanes = lanes
        self._flow = flow
        self._clock = clock

    def screen(self, works: Sequence[Work], sent: Sequence[Row], target: TargetObject) -> tuple[list[Work], list[Row]]:
        """What of a batch may be sent now, rows of the same columns only; the others are looked at again.

        One request for every 100 records where a policy asks for it, none otherwise.
        """
        try:
            passed, again = self._screen(works, sent, target)
        except TwentyError as error:
            self._flow.trouble = error.refusal.template
            self._flow.pause(self._clock())
            passed, again = [], list(works)
        for work in again:
            self._lanes.changed[work.pending.key] = work.pending
        return [work for work, _ in passed], [row for _, row in passed]

    def _screen(self, works: Sequence[Work], sent: Sequence[Row], target: TargetObject) -> tuple[Batch, list[Work]]:
        pairs = list(zip(works, sent, strict=True))
        watched = {id(work): identity for work in works if (identity := self._watched(work)) is not None}
        if not watched:
            return pairs, []
        there = self._read(target, [identity.twenty_id for identity in watched.values()])
        passed: Batch = []
        again: list[Work] = []
        for work, row in pairs:
            identity = watched.get(id(work))
            kept = row if identity is None else self._judge(work, row, identity, there.get(identity.twenty_id), target)
            if kept is None:
                again.append(work)
            else:
                passed.append((work, kept))
        if not passed:
            return [], again
        columns = passed[0][1].payload.keys()
        again += [work for work, row in passed if row.payload.keys() != columns]
        return [(work, row) for work, row in passed if row.payload.keys() == columns], again

    def answer(self, row: Row, body: Mapping[str, Any], target: TargetObject) -> Answer:
        """An answer, doubtful where a column of ours that we did not send holds what we did not write."""
        for identity in self._book.at(str(body.get("id"))):
            known = edits.unpack_edits(identity.edits)
            for column, told in edits.unpack_written(identity.written).items():
                if column in row.payload or column not in body:
                    continue
                seen = edits.digest(identity.twenty_id, column, body[column], target)
                if seen != told.answered and (column not in known or known[column].digest != seen):
                    return Answer(target, body, doubtful=True)
        return Answer(target, body)

    def watches(self, identity: Identity) -> bool:
        """Whether a part's row must be read before it is written."""
        policy = edits.policy_of(self._policies, identity.key, identity.part)
        return identity.state is IdentityState.LIVE and not policy.default

    def repeatable(self, work: Work, identity: Identity) -> bool:
        """Whether the write that was just taken could be sent again without harm to anybody's edit."""
        whole = identity.mode is PartMode.OWN and work.step.outcome is not Outcome.LINKED
        return whole and not self.watches(identity)

    def _watched(self, work: Work) -> Identity | None:
        """The identity of a part that somebody else may have edited, as far as that matters."""
        identity = self._book.record(work.pending.key).get(work.step.name)
        if identity is None or identity.twenty_id != work.step.twenty_id or not self.watches(identity):
            return None
        if work.step.do not in (Do.UPSERT, Do.LINK) or work.step.outcome is Outcome.FLAGGED:
            return None
        return identity

    def _read(self, target: TargetObject, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        asked = list(dict.fromkeys(ids))
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(asked), _IDS):
            some = asked[start : start + _IDS]
            rows = self._gateway.read("guard", partial(self._client.read_ids, target.plural, some, trashed=True))
            found |= {row["id"]: row for row in rows}
        return found

    def _judge(
        self, work: Work, row: Row, identity: Identity, there: Mapping[str, Any] | None, target: TargetObject
    ) -> Row | None:
        """The row as it may be sent; None where it is not sent, or not as it was planned."""
        pending, part = work.pending, work.step.part
        if there is None:
            if identity.mode is PartMode.OWN and work.step.name not in pending.purged:
                pending.purged.add(work.step.name)
                return None
            return row
        if there.get(edits.TRASHED) and self._taken_out(identity.twenty_id):
            return row
        policy = edits.policy_of(self._policies, identity.key, identity.part)
        own = [*pending.earlier.get(work.step.name, ()), *([part] if part else [])]
        finding = edits.look(identity, there, policy, target, edits.ours(identity.twenty_id, own, target))
        identity = self._conflicts.note(identity, finding, there, row.payload)
        if edits.stays_in_trash(finding):
            self._settle(work, identity, Outcome.SKIPPED, KEPT_IN_TRASH)
            return None
        if there.get(edits.TRASHED):
            return row
        without = edits.left_out(identity, row.payload, there, finding.standing, policy, target)
        if row.payload.keys() <= {"id", *without}:
            kept = {column: row.payload[column] for column in without}
            told = edits.heard(identity.written, identity.twenty_id, kept, target)
            self._settle(work, replace(identity, written=told), Outcome.UNCHANGED, KEPT)
            return None
        return row.without(without) if without else row

    def _taken_out(self, row: str) -> bool:
        """Whether a sender that died unheard may have put a row into the trash."""
        owner = self._book.owner(row)
        waiting = self._lanes.get(owner.key) if owner is not None else None
        return owner is not None and (doubted(owner) or (waiting is not None and waiting.took_out(owner.part)))

    def _settle(self, work: Work, identity: Identity, outcome: Outcome, reason: str) -> None:
        """The identity goes on as if it had been written: what Twenty holds instead stands beside it."""
        after = written(work.pending, work.step, self._book, unique=identity.unique, missed=identity.missed)
        if after is not None:
            after = replace(
                after, written=identity.written, edits=identity.edits, twenty_updated_at=identity.twenty_updated_at
            )
        self._decisions.settled(
            work.pending, Settled(work.step.name, outcome, reason, identity=after, target=work.step.target)
        )
