"""The one loop of a source object: snapshot chunks, increments and sweeps, strictly one after the other.

The order of publication is the order of reading, so an old row never lands behind a newer one. Every step takes its
position first, then reads, then publishes, then writes the checkpoint in the same transaction; a crash or an aborted
transaction leaves memory as it was, and the step reads again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from producers.checkpoint import FORMAT, Position, Snapshot, Watermark, to_json
from producers.cursor import Pass
from producers.known import Known, row_hash
from producers.limits import Limits, paused_text, within
from producers.metrics import ProducerMetrics
from producers.publisher import AbortedError, Publisher
from producers.source import Place, Reading, Row, ScanLostError, Source, SourceError
from producers.sweep import judge
from schemas.records import Checkpoint, Operation, RecordChange
from schemas.source import SourceObject

log = logging.getLogger("dualrun.producer")

OPERATOR, BACKWARDS, BURST, MISSING = "operator", "backwards", "burst", "missing"
CLOCK_TOLERANCE = timedelta(seconds=1)
_RETRY_FIRST, _RETRY_MOST = 0.5, 30.0
_SHARE = 4
"""Slow reads take half of the time at most, and those that begin at the cursor one part in so many (and one): a session
that stays open for hours leaves much to read again, and must not slow down the changes that arrive meanwhile."""


@dataclass(slots=True)
class Batch:
    """What one read gave: rows read, the last of them, what was published, and whether it stopped for its size."""

    read: int = 0
    last: Row | None = None
    fresh: dict[str, bytes] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A running sweep."""

    began_at: datetime
    after: Place | None = None
    published: int = 0


def restored(watermark: Watermark | None, reading: Reading) -> str:
    """Why the source looks like one that was restored from a backup; empty where it does not."""
    if watermark is None:
        return ""
    if reading.now < watermark.now - CLOCK_TOLERANCE:
        behind = (watermark.now - reading.now).total_seconds()
        found = f"the source's clock is {behind:.0f} s behind what it showed before"
    elif reading.server != watermark.server:
        found = "the source is another database server than before"
    elif reading.log_position < watermark.log_position:
        found = "the source's log is behind where it was before"
    else:
        return ""
    return f"{found}: it may have been restored from a backup. Approve to read on; a sweep will find what differs"


class Poller:
    """All methods are called from one thread. ``clock`` is ours, for capture times; cursors use the source's."""

    def __init__(
        self,
        what: SourceObject,
        system: str,
        source: Source,
        publisher: Publisher,
        known: Known,
        position: Position,
        limits: Limits,
        metrics: ProducerMetrics,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.what = what
        self.position = position
        self._system = system
        self._source = source
        self._publisher = publisher
        self._known = known
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._monotonic = monotonic
        self._pass: Pass | None = None
        self._recent: datetime | None = None
        self._pass_at = self._whole_at = monotonic()
        self._spent = 0.0
        self._scan: Scan | None = None
        self._condemned: tuple[str, ...] = ()
        self._estimate: int | None = None
        self._committed_at: float | None = None
        self._complete: datetime | None = None
        self.last_read = 0
        self._failure = ""
        self._failures = 0
        self._retry_at = monotonic()
        if not position.snapshot.done and position.snapshot.after is not None and not source.resumable(what):
            self.position = replace(position, snapshot=replace(position.snapshot, after=None, rows=0))

    # What others may ask

    @property
    def health(self) -> str:
        """Why the object is not read as it should be; empty while all is well."""
        return paused_text(self.position.paused) or self._failure

    @property
    def snapshot_pending(self) -> bool:
        placed = self.position.cursor is not None or self.what.changed_at is None
        return placed and not self.position.snapshot.done and self._readable()

    def sweep_pending(self, now: datetime) -> bool:
        """``now``: the source's."""
        if not self.position.snapshot.done or not self._readable():
            return False
        if self._scan is not None or self._condemned:
            return True
        swept = self.position.swept_at
        due = swept is None or (now - swept).total_seconds() >= self._limits.sweep_interval
        return due and (self.what.changed_at is None or within(self._limits.sweep_hours, now, self.what.zone))

    def _readable(self) -> bool:
        held = self.position.paused.keys() - {MISSING}
        return not held and self._monotonic() >= self._retry_at

    # Steps. Each returns whether it should be called again at once.

    def increment(self, reading: Reading, bound: datetime) -> bool:
        """One chunk of changes, those beyond ``bound`` too; the cursor follows to ``bound`` at the end of the pass."""
        return self._attempt(lambda: self._increment(reading, bound)) if self._readable() else False

    def snapshot(self) -> bool:
        """One chunk of the snapshot, by key."""
        return self._attempt(self._snapshot) if self.snapshot_pending else False

    def sweep(self, reading: Reading) -> bool:
        """One chunk of a sweep, or of the deletes that it led to."""
        return self._attempt(lambda: self._sweep(reading)) if self.sweep_pending(reading.now) else False

    def heartbeat(self) -> None:
        """Writes the checkpoint if that has not been done for a while. Raises FencedError, BrokerError."""
        due = self._committed_at is None or (self._monotonic() - self._committed_at >= self._limits.heartbeat_interval)
        if due:
            try:
                self._commit(self.position)
            except AbortedError as error:
                log.info("%s: heartbeat: %s", self.what.name, error)
                self._publisher.abort()

    # Signals

    def follow(self, control: int) -> None:
        """The control topic has been followed up to here."""
        self.position = replace(self.position, control=control)

    def pause(self, guard: str, reason: str) -> None:
        if self.position.paused.get(guard) != reason:
            log.warning("%s/%s: %s", self._system, self.what.name, reason)
        self._amend(paused={**self.position.paused, guard: reason})

    def resume(self) -> None:
        self._amend(paused={name: why for name, why in self.position.paused.items() if name != OPERATOR})

    def approve(self) -> None:
        """A person has looked at what the guards found: go on, this once."""
        guards = self.position.paused.keys() - {OPERATOR}
        self._amend(
            paused={name: why for name, why in self.position.paused.items() if name == OPERATOR},
            approved=self.position.approved | guards,
        )
        if BACKWARDS in guards:
            # the rows of the restored source are older than the cursor: a sweep compares them all
            self._amend(watermark=None, swept_at=None, approved=self.position.approved - {BACKWARDS})
            self._pass = self._scan = None
        if MISSING in guards:
            self._amend(swept_at=None)

    def resnapshot(self, run: int | None = None) -> None:
        """Publishes every row again, in run ``run`` if one is given."""
        self._known.forget()
        self._scan, self._condemned = None, ()
        self._amend(
            run=run or self.position.run,
            snapshot=Snapshot(since=self._publisher.ends()),
            suspects=frozenset(),
        )

    def _amend(self, **changes: object) -> None:
        self.position = replace(self.position, **changes)  # type: ignore[arg-type]  # names are checked at run time
        self._committed_at = None

    # The work

    def _increment(self, reading: Reading, bound: datetime) -> bool:
        found = restored(self.position.watermark, reading)
        if found:
            self.pause(BACKWARDS, found)
            return False
        before = self.position.watermark
        position = replace(self.position, watermark=Watermark(reading.now, reading.server, reading.log_position))
        if self.what.changed_at is None:
            self.position = position
            return False
        if position.cursor is None or before is None:
            position = replace(position, cursor=min(position.cursor or bound, bound))
        cursor = position.cursor
        assert cursor is not None
        if self._pass is None:
            if self._monotonic() < self._pass_at:
                self.position = position
                return False
            self._pass = self._begin_pass(cursor, reading, bound)
        current = self._pass
        started = self._monotonic()
        batch = self._read(
            self._source.increment(self.what, current.since, current.after, self._limits.chunk_rows), Operation.UPSERT
        )
        published = current.published + len(batch.fresh)
        ended = batch.read < self._limits.chunk_rows and not batch.cut
        if ended and current.whole:
            position = replace(position, cursor=max(cursor, current.bound))
            if self._scan is None:
                position = replace(position, approved=position.approved - {BURST})
        self._settle(position, batch, "increment")
        self._spent += self._monotonic() - started
        if not ended and batch.last is not None:
            after = self._source.place(self.what, batch.last, by_time=True)
            self._pass = replace(current, after=after, published=published)
            return not self._burst(published)
        self._end_pass(current)
        return False

    def _begin_pass(self, cursor: datetime, reading: Reading, bound: datetime) -> Pass:
        self._spent = 0.0
        whole = self._recent is None or self._monotonic() >= self._whole_at
        since = cursor if whole or self._recent is None else max(cursor, self._recent)
        return Pass(since, bound, reading.now, whole)

    def _end_pass(self, ended: Pass) -> None:
        self._pass = None
        self._recent = ended.began_at - timedelta(seconds=self._limits.margin)
        slow = self._spent if self._spent > self._limits.poll_interval else 0.0
        self._pass_at = self._monotonic() + slow
        if ended.whole:
            self._whole_at = self._monotonic() + _SHARE * slow
        self._complete_at(ended.began_at)

    def _snapshot(self) -> bool:
        position = self.position
        snapshot = position.snapshot
        if snapshot.after is None or self._estimate is None:
            self._estimate = self._source.estimate(self.what) or 0
        batch = self._read(self._source.scan(self.what, snapshot.after, self._limits.chunk_rows), Operation.SNAPSHOT)
        ended = batch.read < self._limits.chunk_rows and not batch.cut
        after = self._source.place(self.what, batch.last, by_time=False) if batch.last else snapshot.after
        rows = snapshot.rows + batch.read
        done = replace(snapshot, done=ended, after=None if ended else after, rows=rows)
        position = replace(position, snapshot=done)
        if ended and position.watermark:
            position = replace(position, swept_at=position.watermark.now)
        self._settle(position, batch, "snapshot")
        labels = (self._system, self.what.name)
        self._metrics.snapshot_remaining.labels(*labels).set(0 if ended else max(0, self._estimate - rows))
        if ended:
            log.info("%s/%s: snapshot done, %d rows", *labels, rows)
            self._committed_at = None
        return not ended

    def _sweep(self, reading: Reading) -> bool:
        if self._condemned:
            return self._bury()
        if self._scan is None:
            self._known.begin_sweep()
            self._scan = Scan(reading.now)
        scan = self._scan
        batch = self._read(
            self._source.scan(self.what, scan.after, self._limits.chunk_rows), Operation.UPSERT, mark=True
        )
        self._settle(self.position, batch, "sweep")
        published = scan.published + len(batch.fresh)
        if batch.last is not None and (batch.cut or batch.read == self._limits.chunk_rows):
            after = self._source.place(self.what, batch.last, by_time=False)
            self._scan = replace(scan, after=after, published=published)
            return not self._burst(published)
        self._scan = None
        return self._judge(scan)

    def _judge(self, scan: Scan) -> bool:
        position = self.position
        judgement = judge(
            self._known.missing(),
            position.suspects,
            len(self._known),
            self._limits,
            approved=MISSING in position.approved,
        )
        self._condemned = judgement.condemned
        approved = position.approved if self._pass else position.approved - {BURST}
        if judgement.condemned or not judgement.suspects:
            approved -= {MISSING}
        self._amend(suspects=judgement.suspects, swept_at=scan.began_at, approved=approved)
        if judgement.objection:
            self.pause(MISSING, judgement.objection)
        elif MISSING in position.paused:
            self._amend(paused={name: why for name, why in position.paused.items() if name != MISSING})
        if self.what.changed_at is None:
            self._complete_at(scan.began_at)
        return bool(self._condemned)

    def _bury(self) -> bool:
        """Looks the condemned up once more, and publishes in the same step that they are gone."""
        now, rest = self._condemned[: self._limits.chunk_rows], self._condemned[self._limits.chunk_rows :]
        present = self._source.present(self.what, now)
        operation = Operation.DELETE if self.what.on_missing == "delete" else Operation.VANISHED
        gone = [record_id for record_id in now if record_id not in present and record_id in self._known]
        captured_at = self._clock()
        for record_id in gone:
            self._publisher.publish(self._change(record_id, operation, captured_at))
        self._commit(replace(self.position, suspects=self.position.suspects.difference(now)))
        for record_id in gone:
            self._known.remove(record_id)
        self._count(operation, "sweep", len(gone))
        self._condemned = rest
        return bool(rest)

    def _read(self, rows: Generator[Row, None, None], operation: Operation, *, mark: bool = False) -> Batch:
        """Publishes those rows that were not published as they are now."""
        batch = Batch()
        self.last_read = size = 0
        captured_at = self._clock()
        known, limit = self._known, self._limits.chunk_bytes
        with closing(rows):
            for row in rows:
                batch.read += 1
                batch.last = row
                digest = row_hash(row.record)
                if row.id in batch.fresh:
                    raise SourceError(
                        f"{self._system}/{self.what.name}: several rows have the same key"
                        f" ({', '.join(self.what.key)}): name the columns that tell them apart"
                    )
                if mark:
                    known.mark(row.id)
                if known.same(row.id, digest):
                    continue
                size += self._publisher.publish(self._change(row.id, operation, captured_at, row, digest))
                batch.fresh[row.id] = digest
                if size >= limit:
                    batch.cut = True
                    break
        self.last_read = batch.read
        return batch

    def _change(
        self,
        record_id: str,
        operation: Operation,
        captured_at: datetime,
        row: Row | None = None,
        digest: bytes = b"",
    ) -> RecordChange:
        return RecordChange(
            system=self._system,
            object=self.what.name,
            record_id=record_id,
            operation=operation,
            record=row.record if row else {},
            captured_at=captured_at,
            source_changed_at=row.changed_at if row else None,
            run=self.position.run,
            content_hash=digest.hex(),
        )

    def _settle(self, position: Position, batch: Batch, mode: str) -> None:
        """What was read is published: only now does memory follow."""
        if batch.fresh:
            self._commit(position)
            for record_id, digest in batch.fresh.items():
                self._known.put(record_id, digest)
            self._count(Operation.SNAPSHOT if mode == "snapshot" else Operation.UPSERT, mode, len(batch.fresh))
        else:
            self.position = position

    def _commit(self, position: Position) -> None:
        checkpoint = Checkpoint(self._system, self.what.name, FORMAT, to_json(position, self.health), self._clock())
        self._publisher.commit(checkpoint)
        self.position = position
        self._committed_at = self._monotonic()

    def _burst(self, published: int) -> bool:
        if published <= self._limits.burst_rows or BURST in self.position.approved:
            return False
        self.pause(
            BURST,
            f"more than {self._limits.burst_rows} rows changed at once: a mass update, or a restore. Approve to go on",
        )
        return True

    def _attempt(self, step: Callable[[], bool]) -> bool:
        try:
            again = step()
        except SourceError as error:
            self._publisher.abort()
            self._restart_scan(error)
            wait = min(_RETRY_MOST, _RETRY_FIRST * 2**self._failures)
            self._failures += 1
            self._retry_at = self._monotonic() + wait
            if str(error) != self._failure:
                log.warning("%s/%s: %s", self._system, self.what.name, error)
            self._failure = str(error)
            return False
        except AbortedError as error:
            log.info("%s/%s: read again: %s", self._system, self.what.name, error)
            self._publisher.abort()
            return True
        self._failure, self._failures = "", 0
        return again

    def _restart_scan(self, error: SourceError) -> None:
        if not isinstance(error, ScanLostError):
            return
        if not self.position.snapshot.done:
            self._amend(snapshot=replace(self.position.snapshot, after=None, rows=0))
        self._scan = None

    # What others see

    def _complete_at(self, began_at: datetime) -> None:
        self._metrics.last_poll.labels(self._system, self.what.name).set(self._clock().timestamp())
        self._complete = began_at

    def _count(self, operation: Operation, mode: str, number: int) -> None:
        if number:
            self._metrics.events.labels(self._system, self.what.name, operation.value, mode).inc(number)

    def show(self, now: datetime, *, waiting: bool) -> None:
        """Sets the gauges. ``now``: the source's. ``waiting``: snapshots wait for those behind them."""
        labels = (self._system, self.what.name)
        if self._complete is not None:
            self._metrics.lag.labels(*labels).set(max(0.0, (now - self._complete).total_seconds()))
        running = 2 if waiting else 1
        self._metrics.snapshot_state.labels(*labels).set(0 if self.position.snapshot.done else running)
        self._metrics.paused.labels(*labels).set(1 if self.position.paused else 2 if self._failure else 0)
