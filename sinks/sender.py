"""The one loop that writes to Twenty: receive, decide, send the most urgent batch, commit.

A record's way: ``lanes`` keeps its newest version, ``identity.next_step`` says what comes next, ``board`` waits for a
token and a full batch, ``gateway`` sends, ``decisions`` records what came of it, ``outbox`` commits that together with
the input offsets. Whatever is not committed is decided again by the next process, which the version fence makes safe.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sinks import metrics, rows
from sinks.adopter import Adopter
from sinks.answer import Answer
from sinks.attachments import AttachmentError, Attachments
from sinks.batch import Board, Work
from sinks.book import Book
from sinks.catalogue import Catalogue, TargetObject, UnknownTargetError
from sinks.decisions import Brake, Decisions
from sinks.emptying import trashed
from sinks.flow import Flow
from sinks.gateway import Gateway
from sinks.identity import next_step
from sinks.intake import Intake
from sinks.lanes import Lanes
from sinks.links import gone_parents
from sinks.members import Awaited, Directory
from sinks.outbox import Generation, Outbox
from sinks.pending import Pending
from sinks.recovery import Recovery
from sinks.rows import Row
from sinks.steps import Do, Done, Settled
from sinks.trial import Trial
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import Kind, TwentyError
from sinks.uploads import ATTEMPTS, Uploads, left_out
from sinks.watch import Watch
from sinks.writing import written

log = logging.getLogger("dualrun.sink")

_COMMIT_SECONDS = 0.1
_REDISCOVER_SECONDS = 30.0


class Sender:
    """``discover`` reads the workspace's objects. ``flow`` says what may leave, and how many in a request.
    ``members_seconds``: how often the members are read while somebody without an account is awaited."""

    def __init__(
        self,
        *,
        client: TwentyClient,
        discover: Callable[[], Catalogue],
        gateway: Gateway,
        intake: Intake,
        outbox: Outbox,
        lanes: Lanes,
        book: Book,
        decisions: Decisions,
        attachments: Attachments,
        lease: Generation,
        clock: Callable[[], float],
        flow: Flow,
        dead_letters_per_minute: int,
        members_seconds: float,
        watch: Watch,
    ) -> None:
        self._client = client
        self._discover = discover
        self._gateway = gateway
        self._intake = intake
        self._outbox = outbox
        self._lanes = lanes
        self._book = book
        self._decisions = decisions
        self._uploads = Uploads(client, gateway, attachments)
        self._lease = lease
        self._clock = clock
        self._catalogue: dict[str, TargetObject] = {}
        self._discovered_at = float("-inf")
        self._flow = flow
        self._board = Board(lambda work: rows.claims(work, self._catalogue), flow)
        self._adopter = Adopter(client, gateway, book)
        self._directory = Directory(lambda: gateway.read("members", client.members), clock)
        self._awaited = Awaited(self._directory, book, intake.writes, members_seconds, clock)
        self._recovery = Recovery(
            client, gateway, lanes, book, decisions, self._flow, Brake(dead_letters_per_minute), self._catalogue, clock
        )
        self._watch = watch
        self._homeless: dict[str, Pending] = {}
        self._unknown: set[str] = set()
        self._deferred: list[Pending] = []
        self._committed_at = float("-inf")
        self._told = ""
        self._trial = Trial(client, gateway, book, flow, self._current, clock)

    def _in_trouble(self, error: TwentyError) -> None:
        self._flow.trouble = error.refusal.template
        self._flow.pause(self._clock())

    @property
    def trouble(self) -> str:
        """Why something is not sent; empty when all is well."""
        return self._flow.reason or self._watch.reason or next(iter(self._unknown), "")

    def turn(self, patience: float) -> None:
        """One round with at most one batch. Waits up to ``patience`` seconds when there is nothing to do."""
        self._intake.receive(self._idle_seconds(patience), self._clock())
        self._watch.hear()
        if self._oriented():
            quiet = self._clock() < self._flow.quiet_until
            if not quiet:
                self._reconsider(self._deferred)
                self._deferred.clear()
            self._settle()
            if not quiet and self._gateway.ready():
                self._welcome()
                works = [] if self._watch.urgent() or self._watch.reason else self._choose()
                if works:
                    self._send(works)
                    self._settle()
                else:
                    self._watch.step(self._catalogue)
        self._commit(force=False)
        metrics.waiting(self._lanes.live, self._lanes.bulk)
        self._tell()

    def _tell(self) -> None:
        """Says once, in the log and in the metrics, that something is not sent and why, and that it goes on."""
        metrics.health("stopped" if self._flow.stopped else "error" if self.trouble else "ok")
        if self.trouble != self._told:
            self._told = self.trouble
            log.warning("%s", f"not everything is sent: {self._told}" if self._told else "everything is sent again")

    def finish(self) -> None:
        """Commits what is decided; call it when nothing more will be sent."""
        self._commit(force=True)

    def _idle_seconds(self, patience: float) -> float:
        if self._lanes.changed:
            return 0.0
        due = self._board.due(self._clock())
        if self._watch.reason or not (due or self._flow.retries or self._flow.suspects or self._deferred):
            return patience
        quiet = max(0.0, self._flow.quiet_until - self._clock())
        return min(patience, max(quiet, self._gateway.wait_seconds()))

    # --- decide

    def _settle(self) -> None:
        while self._lanes.changed:
            _, pending = self._lanes.changed.popitem()
            try:
                self._advance(pending)
            except UnknownTargetError as error:
                self._board.remove(pending)
                self._homeless[pending.key] = pending
                self._unknown.add(str(error))
            except TwentyError as error:
                # a look-up was refused: the record waits as it is
                self._deferred.append(pending)
                self._in_trouble(error)

    def _welcome(self) -> None:
        """Writes what waited for a member who has an account by now; the links to it follow through hold."""
        try:
            for write in self._awaited.arrived():
                self._lanes.again(write, self._clock())
        except TwentyError as error:
            self._in_trouble(error)

    def _advance(self, pending: Pending) -> None:
        """Takes every decision that needs no request, and puts the record on the board for the one that does."""
        suspect = self._flow.suspects.get(pending.key)
        if suspect is not None and next_step(pending, self._book) == suspect.work.step:
            return
        self._flow.suspects.pop(pending.key, None)
        while True:
            step = next_step(pending, self._book)
            if isinstance(step, Done):
                self._board.remove(pending)
                self._lanes.done(pending)
                return
            if isinstance(step, Settled):
                self._decisions.settled(pending, step)
                continue
            part = step.part
            if step.do is Do.MATCH:
                pending.matched[step.name] = self._directory.find(part.matches if part else ())
            elif step.do is Do.ADOPT:
                assert part is not None
                finding = self._adopter.find(part, rows.target_of(step, self._catalogue))
                pending.looked_up.add(step.name)
                self._recovery.adopt(pending, part, finding)
            elif step.do is Do.RETURN:
                self._board.remove(pending)
                gone = [row for part in pending.write.parts for row in gone_parents(part, self._book)]
                self._recovery.give_back(pending, set(gone))
                return
            else:
                target = rows.target_of(step, self._catalogue)
                if part is not None:
                    rows.require_fields(part, target)
                group = rows.group_of(pending, step, self._book, self._catalogue)
                self._board.place(Work(pending, step, group))
                return

    # --- send

    def _oriented(self) -> bool:
        """Whether the workspace's objects are known; read at the start, and while a record names an unknown one."""
        now = self._clock()
        due = now >= max(self._flow.quiet_until, self._discovered_at + _REDISCOVER_SECONDS)
        if due and (not self._catalogue or self._homeless):
            self._rediscover()
        return bool(self._catalogue)

    def _rediscover(self) -> None:
        """Reads what the workspace has; the records that named an unknown object are tried again."""
        try:
            found = self._discover()
        except TwentyError as error:
            self._in_trouble(error)
            return
        self._discovered_at = self._clock()
        self._catalogue.clear()
        self._catalogue.update(found)
        self._reconsider(self._homeless.values())
        self._homeless.clear()
        self._unknown.clear()

    def _reconsider(self, waiting: Iterable[Pending]) -> None:
        for pending in waiting:
            if self._lanes.get(pending.key) is pending:
                self._lanes.changed[pending.key] = pending

    def _choose(self) -> list[Work]:
        if self._flow.commit_first:
            self._commit(force=True)
        self._flow.forget(self._board.groups())
        while self._flow.retries:
            current = self._still_due(self._flow.retries.popleft())
            if current and self._flow.on_probation(current[0].pending.lane):
                self._later(current)
            elif current:
                for work in current:
                    self._board.remove(work.pending)
                return current
        chosen = self._board.choose(self._clock())
        return self._still_due(chosen) if chosen else self._trial.next()

    def _still_due(self, works: Sequence[Work]) -> list[Work]:
        """Those whose step is still what comes next; the others are looked at again.

        What was decided for one record can be overtaken by another: a fragment's row may have been deleted since, and
        an upsert would take it out of the trash.
        """
        due = []
        for work in works:
            if self._current(work):
                due.append(work)
            else:
                self._reconsider([work.pending])
        return due

    def _current(self, work: Work) -> bool:
        """Whether nothing newer has come between."""
        pending = work.pending
        return self._lanes.get(pending.key) is pending and next_step(pending, self._book) == work.step

    def _send(self, works: Sequence[Work]) -> None:
        do = works[0].group.do
        target = rows.target_of(works[0].step, self._catalogue)
        sent: list[Row] = []
        try:
            match do:
                case Do.UPDATE if works[0].step.do is Do.UPDATE:
                    self._update(works[0], target)
                case Do.CREATE | Do.UPSERT | Do.UPDATE:
                    sent = [rows.build(work.pending, work.step, self._book, self._catalogue) for work in works]
                    works, sent = self._watch.guard.screen(works, sent, target)
                    if works:
                        self._write(works, sent, target)
                case Do.DELETE:
                    trashed(self._client, self._gateway, works, target)
                    self._passed(works)
                case Do.RESTORE:
                    self._restore(works, target)
                case Do.UPLOAD:
                    self._upload(works[0])
        except TwentyError as error:
            try:
                self._recovery.refused(works, sent, target, error.refusal)
            except TwentyError as second:
                # what was to be read to understand the refusal was refused as well
                self._in_trouble(second)
                self._later(works)
            if error.refusal.kind is Kind.SCHEMA_STALE:
                self._rediscover()

    def _later(self, works: Sequence[Work]) -> None:
        for work in works:
            self._lanes.changed[work.pending.key] = work.pending

    def _write(self, works: Sequence[Work], sent: Sequence[Row], target: TargetObject) -> None:
        request = uuid.uuid4().hex
        answers, made = written(self._client, self._gateway, works[0].group.do, sent, target)
        self._flow.passed(works)
        strangers = sorted(answers.keys() - {row.payload["id"] for row in sent})
        for work, row in zip(works, sent, strict=True):
            answer = answers.get(row.payload["id"])
            if answer is None:
                self._recovery.unconfirmed(work, target, strangers)
                continue
            if work.group.columns and work.step.twenty_id in made:
                self._recovery.stub(work, target)
                continue
            self._done(work, row=row, answer=self._watch.guard.answer(row, answer, target), request_id=request)
            identity = self._book.record(work.pending.key).get(work.step.name)
            if identity is not None and work.revives(made):
                self._decisions.made_anew(identity)
            if identity is not None and target.upserts and self._watch.guard.repeatable(work, identity):
                self._trial.passed(target, identity, row)

    def _restore(self, works: Sequence[Work], target: TargetObject) -> None:
        ids = [work.step.twenty_id for work in works]
        call = partial(self._client.restore_many, target.plural, ids)
        back = {row["id"] for row in self._gateway.write(Do.RESTORE, len(works), call)}
        self._flow.passed(works)
        for work in works:
            pending, name = work.pending, work.step.name
            (pending.restored if work.step.twenty_id in back else pending.purged).add(name)
            pending.trashed.discard(name)
        self._later(works)

    def _update(self, work: Work, target: TargetObject) -> None:
        row = rows.build(work.pending, work.step, self._book, self._catalogue)
        fields = {name: value for name, value in row.payload.items() if name != "id"}
        answer = self._gateway.write(
            Do.UPDATE, 1, partial(self._client.update, target.plural, work.step.twenty_id, fields)
        )
        self._flow.passed([work])
        self._done(work, row=row, answer=Answer(target, answer), request_id=uuid.uuid4().hex)

    def _upload(self, work: Work) -> None:
        """Puts the file into Twenty unless the same bytes are there; its record follows."""
        pending, part = work.pending, work.step.part
        assert part is not None and part.attachment is not None
        try:
            pending.uploads[part.name] = upload = self._uploads.store(part.attachment, work.step.identity)
            if upload.path is not None:
                # in Kafka before the file has its record: otherwise a crash between the two uploads it again
                self._flow.passed([work])
                self._flow.commit_first = True
            self._decisions.succeeded(pending, work.step)
        except AttachmentError as error:
            pending.attempts += 1
            if error.passing and pending.attempts < ATTEMPTS:
                # the files behind it may lie elsewhere
                self._lanes.put_back(pending)
                self._flow.rest(work.group, error.reason, self._clock())
            else:
                self._decisions.settled(pending, left_out(part, part.attachment, error))
        self._later([work])

    def _passed(self, works: Sequence[Work]) -> None:
        self._flow.passed(works)
        request = uuid.uuid4().hex
        for work in works:
            self._done(work, request_id=request)

    def _done(self, work: Work, **answer: Any) -> None:
        if work.step.do in (Do.DELETE, Do.CLEAR):
            work.pending.vacated.add((work.step.name, work.step.twenty_id))
        self._decisions.succeeded(work.pending, work.step, **answer)
        self._recovery.passed(work.step.twenty_id)
        self._lanes.changed[work.pending.key] = work.pending

    # --- commit

    def _commit(self, *, force: bool) -> None:
        offsets = self._lanes.committable()
        if not self._outbox.dirty(offsets):
            return
        waiting = len(self._board) or self._lanes.changed
        if force or not waiting or self._clock() - self._committed_at >= _COMMIT_SECONDS:
            self._decisions.decide_anew(self._intake.writes)
            self._outbox.commit(offsets, self._lease)
            self._committed_at = self._clock()
            self._flow.commit_first = False
