"""What is done about a refusal, by its kind.

A refusal is of the whole batch and names no record. Only a known input error condemns a record at once; anything else
does so when other writes pass right before and after it, because a server in trouble refuses everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from schemas.records import Flag, Part
from sinks.adoption import NOTHING, Finding
from sinks.batch import Work, halves
from sinks.book import Book
from sinks.catalogue import Catalogue, TargetObject
from sinks.decisions import Brake, Decisions
from sinks.duplicates import causes, values_asked
from sinks.flow import TOO_MANY, Flow, Suspect
from sinks.gateway import Gateway
from sinks.lanes import Lanes
from sinks.pending import Pending
from sinks.rows import Row
from sinks.steps import Do
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import Kind, Refusal
from sinks.unique import HELD_BY_ANOTHER, at, blanks, claims, normalised

log = logging.getLogger("dualrun.sink")

ATTEMPTS = 3
"""Refusals without a known cause before a batch is halved, or a single record condemned."""
_HOPELESS = 10
"""Attempts at one version whatever the reason: nothing may go round for ever."""
_IDS = 100


class Recovery:
    """``refused`` puts every work of a batch back on its way, or ends it."""

    def __init__(
        self,
        client: TwentyClient,
        gateway: Gateway,
        lanes: Lanes,
        book: Book,
        decisions: Decisions,
        flow: Flow,
        brake: Brake,
        catalogue: Catalogue,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._lanes = lanes
        self._book = book
        self._decisions = decisions
        self._flow = flow
        self._brake = brake
        self._catalogue = catalogue
        self._clock = clock
        self._behind: dict[str, set[tuple[str, str]]] = {}
        """Rows of ours -> parts that do without a unique value because the row holds it."""

    def refused(self, works: Sequence[Work], sent: Sequence[Row], target: TargetObject, refusal: Refusal) -> None:
        """Raises TwentyError when the reads that it needs are refused too."""
        log.info("%s %s of %d refused: %s", works[0].group.do, target.name, len(works), refusal.kind)
        match refusal.kind:
            case Kind.THROTTLED:
                self._again(works)
            case Kind.UNAUTHORISED | Kind.QUOTA | Kind.SCHEMA_STALE:
                self._flow.rest(works[0].group, refusal.template, self._clock())
                self._again(works)
            case Kind.OVERSIZE:
                self._fewer(works, refusal)
            case Kind.DUPLICATE | Kind.CONFLICT if sent:
                self._explain(works, sent, target, refusal)
            case Kind.MISSING_PARENT if sent:
                self._missing_parent(works, sent, refusal)
            case Kind.POISON:
                self._narrow(works, refusal)
            case Kind.NOT_FOUND if works[0].step.do is Do.UPDATE:
                for work in works:
                    work.pending.matched[work.step.name] = ""
                self._again(works)
            case _:
                self._unclear(works, target, refusal)

    def adopt(self, pending: Pending, part: Part, finding: Finding) -> None:
        """Takes over the row that was found, or notes what the part must do without."""
        if finding.row is not None:
            self._decisions.adopting(pending, part, finding.row, self._catalogue[part.target])
            self._flow.commit_first = True
        pending.withheld.setdefault(part.name, {}).update(finding.withheld)
        pending.notes.setdefault(part.name, []).extend(finding.flags)

    def passed(self, row: str) -> None:
        """A row was written or deleted: whom it stood in the way may have the value now."""
        for key, part in sorted(self._behind.pop(row, ())):
            waiting = self._lanes.get(key)
            if waiting is not None and part not in waiting.accounted:
                waiting.withheld.pop(part, None)
            else:
                self._decisions.reconsider(key, part)

    def give_back(self, pending: Pending, gone: set[str]) -> None:
        """A parent is gone: hold waits for it."""
        self._decisions.returned(pending, gone)
        self._lanes.done(pending)

    def dead_letter(self, pending: Pending, reason: str) -> None:
        lane = pending.lane
        self._decisions.dead_letter(pending, reason)
        self._lanes.done(pending)
        if self._brake.count(self._clock()) or self._flow.on_probation(lane):
            self._flow.stop(lane, self._clock())
            log.error("the %s lane is stopped: %s", lane.name.lower(), TOO_MANY)

    def unconfirmed(self, work: Work, target: TargetObject, others: Sequence[str]) -> None:
        """Twenty answered, but not for this row: an upsert that met a row of another id through a unique value."""
        pending, name = work.pending, work.step.name
        if self._tired(pending):
            self.dead_letter(pending, "Twenty answers other rows than the one sent")
            return
        flags = tuple(Flag("id", f"Twenty answered another row: {row}") for row in others)
        self._decisions.flagged(pending, name, target.name, work.step.twenty_id, flags)
        pending.purged.add(name)
        pending.exists.discard(name)
        self._again([work])

    def stub(self, work: Work, target: TargetObject) -> None:
        """An upsert of some fields has made a row: the one that it was for is gone, and the new one must not stay.

        Raises TwentyError when Twenty refuses to delete it.
        """
        pending, row = work.pending, work.step.twenty_id
        self._gateway.write(Do.DELETE, 1, partial(self._client.delete_many, target.plural, [row]))
        flag = Flag("id", "the row is gone from Twenty, also from its trash")
        self._decisions.flagged(pending, work.step.name, target.name, row, (flag,))
        owner = self._book.owner(row)
        if owner is not None:
            self._decisions.lost(owner)
        self._again([work])

    def _again(self, works: Sequence[Work]) -> None:
        for work in works:
            self._lanes.changed[work.pending.key] = work.pending

    def _tired(self, pending: Pending) -> bool:
        pending.attempts += 1
        return pending.attempts >= _HOPELESS

    def _narrow(self, works: Sequence[Work], refusal: Refusal) -> None:
        if len(works) == 1:
            self.dead_letter(works[0].pending, refusal.template)
        else:
            self._halve(works)

    def _fewer(self, works: Sequence[Work], refusal: Refusal) -> None:
        """Servers differ in how many records they take; a refusal that names the number is minded from then on."""
        if refusal.limit and refusal.limit < len(works):
            self._flow.size = min(self._flow.size, refusal.limit)
            self._again(works)
        else:
            self._narrow(works, refusal)

    def _halve(self, works: Sequence[Work]) -> None:
        first, second = halves(works)
        self._flow.retries.extendleft((second, first))

    def _unclear(self, works: Sequence[Work], target: TargetObject, refusal: Refusal) -> None:
        """Trouble, or an outcome that nobody knows: look what is there, then go on."""
        if works[0].group.do is Do.CREATE:
            self._look(works, target)
        self._flow.pause(self._clock(), refusal.retry_after_s)
        suspicious = not refusal.recognised or refusal.kind is Kind.UNKNOWN_OUTCOME
        for work in works:
            work.pending.attempts += suspicious
        if not suspicious or min(work.pending.attempts for work in works) < ATTEMPTS:
            self._flow.trouble = refusal.template if self._flow.failures > ATTEMPTS else ""
            self._again(works)
        elif len(works) > 1:
            self._halve(works)
        elif works[0].pending.attempts < 2 * ATTEMPTS:
            self._flow.suspects[works[0].pending.key] = Suspect(works[0], self._flow.passes)
        else:
            self.dead_letter(works[0].pending, f"refused while other writes pass: {refusal.template}")

    def _look(self, works: Sequence[Work], target: TargetObject) -> None:
        there = self._read(target.plural, (work.step.twenty_id for work in works))
        for work in works:
            row = there.get(work.step.twenty_id)
            if row is not None:
                (work.pending.trashed if row.get("deletedAt") else work.pending.exists).add(work.step.name)

    def _explain(self, works: Sequence[Work], sent: Sequence[Row], target: TargetObject, refusal: Refusal) -> None:
        """A duplicate: who holds the ids and the unique values?"""
        paths = target.unique_paths()
        held: dict[tuple[str, str], list[str]] = {}
        for path, values in values_asked(sent, target).items():
            rows = self._gateway.read("find", partial(self._client.find, target.plural, path, values, True, (path,)))
            for row in rows:
                held.setdefault((path, normalised(at(row, path), paths[path])), []).append(row["id"])
        ids = dict.fromkeys(row.payload["id"] for row in sent)
        ids |= dict.fromkeys(row for rows in held.values() for row in rows)
        there = self._read(target.plural, ids)
        holders = {place: [there[row] for row in rows if row in there] for place, rows in held.items()}
        explained = causes(works, sent, there, holders, self._book, target)
        for work, cause in zip(works, explained, strict=True):
            pending, name = work.pending, work.step.name
            if cause.exists:
                pending.exists.add(name)
            if cause.trashed:
                pending.trashed.add(name)
            if work.step.part is not None:
                self.adopt(pending, work.step.part, cause.finding)
            for blocking in cause.behind:
                self._behind.setdefault(blocking, set()).add((pending.key, name))
        # that the row of an upsert is there explains nothing
        told = [cause.finding != NOTHING or (cause.known and works[0].group.do is Do.CREATE) for cause in explained]
        if any(told):
            for work, itself in zip(works, told, strict=True):
                # the others were refused for their company alone, however often
                if itself and self._tired(work.pending):
                    self.dead_letter(work.pending, refusal.template)
                else:
                    self._again([work])
        elif len(works) > 1:
            self._halve(works)
        else:
            self._bare(works[0], sent[0], target, refusal)

    def _bare(self, work: Work, row: Row, target: TargetObject, refusal: Refusal) -> None:
        """A duplicate that no read explains: once more without any unique value."""
        pending, name = work.pending, work.step.name
        claimed = claims(row.payload, target)
        if not claimed or self._tired(pending):
            blank = [] if claimed else blanks(row.payload, target)
            self.dead_letter(pending, f"{refusal.template}: {_equal_blanks(blank)}" if blank else refusal.template)
            return
        pending.withheld.setdefault(name, {}).update(dict.fromkeys(claimed, HELD_BY_ANOTHER))
        self._again([work])

    def _missing_parent(self, works: Sequence[Work], sent: Sequence[Row], refusal: Refusal) -> None:
        """Reads the parents, publishes which are gone, and gives their children back to hold."""
        asked: dict[str, set[str]] = {}
        refers: list[set[str]] = []
        for row in sent:
            rows = {value for name, value in row.payload.items() if name != "id" and isinstance(value, str)}
            owners = {value: owner for value in rows if (owner := self._book.owner(value)) is not None}
            for value, owner in owners.items():
                asked.setdefault(owner.target, set()).add(value)
            refers.append(set(owners))
        gone: set[str] = set()
        for name, ids in asked.items():
            gone |= ids - self._read(self._catalogue[name].plural, sorted(ids)).keys()
        for row_id in sorted(gone):
            owner = self._book.owner(row_id)
            if owner is not None:
                self._decisions.lost(owner)
        for work, references in zip(works, refers, strict=True):
            if references & gone:
                self.give_back(work.pending, gone)
            elif gone:
                self._again([work])
        if gone:
            return
        if len(works) > 1:
            self._halve(works)
        elif self._tired(works[0].pending):
            self.dead_letter(works[0].pending, refusal.template)
        else:
            self._flow.pause(self._clock())
            self._again(works)

    def _read(self, plural: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows by id, trashed ones too."""
        asked = list(ids)
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(asked), _IDS):
            some = asked[start : start + _IDS]
            rows = self._gateway.read("read", partial(self._client.read_ids, plural, some, trashed=True))
            found |= {row["id"]: row for row in rows}
        return found


def _equal_blanks(fields: Sequence[str]) -> str:
    return (
        f"Twenty takes all records without {' or '.join(fields)} for equal; "
        "make the field not unique in Twenty and in the mapping, then read the record again (dualrun resnapshot)"
    )
