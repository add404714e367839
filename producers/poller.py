"""The one loop of a source object: snapshot chunks, increments and sweeps, strictly one after the other.

The order of publication is the order of reading, so an old row never lands behind a newer one. Every step takes its
position first, then reads, then publishes, then writes the checkpoint in the same transaction; a crash or an aborted
transaction leaves memory as it was, and the step reads again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from producers import guards
from producers.batch import Batch, Stamp, publish
from producers.checkpoint import FORMAT, Position, Snapshot, Watermark, restarted, to_json
from producers.cursor import Passes
from producers.guards import BACKWARDS, BURST, MISSING, OPERATOR, SNAPSHOT
from producers.known import Known
from producers.limits import Limits, within
from producers.metrics import ObjectMetrics, ProducerMetrics
from producers.patience import Patience
from producers.publisher import AbortedError, Publisher
from producers.refused import Refused
from producers.selection import Selection
from producers.source import Condition, Reading, Row, Source, SourceError
from producers.sweep import Scan, absent, judge
from producers.unreadable import Letters
from schemas.records import Checkpoint, Operation
from schemas.source import SourceObject

log = logging.getLogger("dualrun.producer")


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
        letters: Letters | None = None,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.what = what
        self.position = position if source.resumable(what) else restarted(position)
        self._system = system
        self._source = source
        self._publisher = publisher
        self._known = known
        self._limits = limits
        self._metrics = ObjectMetrics(metrics, system, what.name)
        self._clock = clock
        self._monotonic = monotonic
        self._letters = letters or Letters()
        self._condition = Condition()
        self._refused = Refused(system, what.name)
        self._passes = Passes(limits.poll_interval, timedelta(seconds=limits.margin), monotonic())
        self._scan: Scan | None = None
        self._condemned: tuple[str, ...] = ()
        self._estimate: int | None = None
        self._committed_at: float | None = None
        self.last_read = 0
        self._patience = Patience(monotonic())

    # What others may ask

    @property
    def health(self) -> str:
        """Why the object is not read as it should be; empty while all is well."""
        found = self._patience.failure or self._condition.waiting or self._condition.concern or self._refused.concern
        return guards.text(self.position.paused) or found

    @property
    def snapshot_pending(self) -> bool:
        placed = self.position.cursor is not None or self.what.changed_at is None
        wanted = not self.position.snapshot.done and SNAPSHOT not in self.position.paused
        alone = self._scan is None or self._source.resumable(self.what)
        return placed and wanted and alone and self._readable()

    def sweep_pending(self, now: datetime) -> bool:
        """``now``: the source's. A snapshot that makes no progress, or takes some rows only, keeps no sweep waiting."""
        if not self._readable():
            return False
        if self._scan is not None or self._condemned:
            return True
        snapshot = self.position.snapshot
        beside = bool(snapshot.only) and self._source.resumable(self.what)
        if not (snapshot.done or beside or SNAPSHOT in self.position.paused):
            return False
        swept, version = self.position.swept_at, self._condition.version
        due = swept is None or (now - swept).total_seconds() >= self._limits.sweep_interval
        due |= version is not None and version != self.position.swept_version
        return due and (self.what.changed_at is None or within(self._limits.sweep_hours, now, self.what.zone))

    def _readable(self) -> bool:
        held = self.position.paused.keys() - {MISSING, SNAPSHOT}
        return not held and not self._condition.waiting and self._patience.over(self._monotonic())

    # Steps. Each returns whether it should be called again at once.

    def increment(self, reading: Reading, bound: datetime) -> bool:
        """One chunk of changes, those beyond ``bound`` too; the cursor follows to ``bound`` at the end of the pass."""
        condition = self._source.condition(self.what)
        if (condition.waiting, condition.concern) != (self._condition.waiting, self._condition.concern):
            self._committed_at = None
        self._condition = condition
        if not self._readable():
            return False
        return self._attempt(lambda: self._set_aside() or self._increment(reading, bound))

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
        self._amend(replace(self.position, paused={**self.position.paused, guard: reason}))

    def resume(self, guard: str = OPERATOR) -> None:
        self._amend(replace(self.position, paused=guards.without(self.position.paused, guard)))

    def approve(self) -> None:
        """A person has looked at what the guards found: go on, this once."""
        if BACKWARDS in self.position.paused:
            self._passes.forget()
            self._scan = None
        self._amend(guards.approved(self.position))

    def resnapshot(self, run: int | None = None, only: Selection | None = None) -> None:
        """Publishes every row again, in run ``run`` if one is given; or those rows ``only``."""
        if only is not None:
            self._amend(replace(self.position, snapshot=self.position.snapshot.asking(only)))
            return
        self._known.forget()
        self._scan, self._condemned = None, ()
        again = Snapshot(since=self._publisher.ends())
        self._amend(replace(self.position, run=run or self.position.run, snapshot=again, suspects=frozenset()))

    def _amend(self, position: Position) -> None:
        """A change that others wait to see: the next heartbeat is due at once."""
        self.position = position
        self._committed_at = None

    # The work

    def _set_aside(self) -> bool:
        """Rows that are no rows become dead letters."""
        rows = self._letters.fresh(self._condition.unreadable, self._limits.chunk_rows)
        if rows:
            for row in rows:
                self._publisher.refuse(row, self._clock())
            self._commit(self.position)
            self._letters.written(rows)
        return len(rows) == self._limits.chunk_rows

    def _increment(self, reading: Reading, bound: datetime) -> bool:
        found = guards.restored(self.position.watermark, reading)
        if found:
            self.pause(BACKWARDS, found)
            return False
        position = replace(self.position, watermark=Watermark(reading.now, reading.server, reading.log_position))
        if self.what.changed_at is None:
            self.position = position
            return False
        # a bound that goes back (a clock was found slower, a restore was approved) takes the cursor with it
        cursor = min(position.cursor or bound, bound)
        position = replace(position, cursor=cursor)
        current = self._passes.next(cursor, reading, bound, self._monotonic())
        if current is None:
            self.position = position
            return False
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
        goes_on = None
        if not ended and batch.last is not None:
            after = self._source.place(self.what, batch.last, by_time=True)
            goes_on = replace(current, after=after, published=published)
        self._passes.read(self._monotonic() - started, goes_on, self._monotonic())
        if goes_on is not None:
            return not self._burst(published)
        self._metrics.complete(current.began_at, self._clock())
        return False

    def _snapshot(self) -> bool:
        position, snapshot = self.position, self.position.snapshot
        if snapshot.after is None or self._estimate is None:
            self._estimate = self._source.estimate(self.what) or 0
        rows_read = self._source.scan(self.what, snapshot.after, self._limits.chunk_rows)
        batch = self._read(rows_read, Operation.SNAPSHOT, only=snapshot.only)
        ended = batch.read < self._limits.chunk_rows and not batch.cut
        after = self._source.place(self.what, batch.last, by_time=False) if batch.last else snapshot.after
        rows = snapshot.rows + batch.read
        position = replace(position, snapshot=snapshot.reading(batch.read, after, ended=ended))
        if ended and position.watermark and not snapshot.only:
            position = replace(position, swept_at=position.watermark.now)
        self._settle(position, batch, "snapshot")
        self._metrics.remaining(0 if ended else self._estimate - rows)
        if ended:
            log.info("%s/%s: snapshot done, %d rows", self._system, self.what.name, rows)
            self._committed_at = None
        return not self.position.snapshot.done

    def _sweep(self, reading: Reading) -> bool:
        if self._condemned:
            return self._bury()
        version, swept = self._condition.version, self.position.swept_version
        same = version is not None and version == swept and not self.position.suspects
        if self._scan is None and same:
            # nothing is missing of what an approval was given for: it must not outlive that
            self._amend(replace(self.position, swept_at=reading.now, approved=self.position.approved - {MISSING}))
            return False
        if self._scan is None:
            if not self._source.resumable(self.what):
                self.position = restarted(self.position)
            self._known.begin_sweep()
            self._refused.begin_sweep()
            self._scan = Scan(reading.now, version)
        scan = self._scan
        rows = self._source.scan(self.what, scan.after, self._limits.chunk_rows)
        batch = self._read(rows, Operation.UPSERT, sweeps=True)
        self._settle(self.position, batch, "sweep")
        published = scan.published + len(batch.fresh)
        if batch.last is not None and (batch.cut or batch.read == self._limits.chunk_rows):
            after = self._source.place(self.what, batch.last, by_time=False)
            self._scan = replace(scan, after=after, published=published)
            return not self._burst(published)
        self._scan = None
        self._refused.end_sweep()
        return self._judge(scan)

    def _judge(self, scan: Scan) -> bool:
        position = self.position
        judgement = judge(
            self._missing(),
            position.suspects,
            len(self._known),
            self._limits,
            approved=MISSING in position.approved,
        )
        self._condemned = judgement.condemned
        approved = position.approved if self._passes.current else position.approved - {BURST}
        if judgement.condemned or not judgement.suspects:
            approved -= {MISSING}
        paused = position.paused if judgement.objection else guards.without(position.paused, MISSING)
        self._amend(
            replace(
                position,
                suspects=judgement.suspects,
                swept_at=scan.began_at,
                swept_version=scan.version,
                approved=approved,
                paused=paused,
            )
        )
        if judgement.objection:
            self.pause(MISSING, judgement.objection)
        if self.what.changed_at is None and not position.snapshot.whole:
            self._metrics.complete(scan.began_at, self._clock())
        return bool(self._condemned)

    def _missing(self) -> Iterable[str]:
        missing = self._known.missing()
        if self._condition.whole:
            return missing
        return absent(missing, lambda part: self._source.present(self.what, part), self._limits.chunk_rows)

    def _bury(self) -> bool:
        """Looks the condemned up once more, and publishes in the same step that they are gone."""
        now, rest = self._condemned[: self._limits.chunk_rows], self._condemned[self._limits.chunk_rows :]
        present = self._source.present(self.what, now)
        stamp = self._stamp()
        ends = stamp.ends([record_id for record_id in now if record_id not in present and record_id in self._known])
        if ends.ids:
            self._publisher.publish(ends)
        self._commit(replace(self.position, suspects=self.position.suspects.difference(now)))
        self._known.remove(ends.ids)
        self._metrics.published(ends.like.operation, "sweep", len(ends))
        self._condemned = rest
        return bool(rest)

    def _read(
        self,
        rows: Generator[Row, None, None],
        operation: Operation,
        *,
        sweeps: bool = False,
        only: tuple[Selection, ...] = (),
    ) -> Batch:
        self.last_read = 0
        stamp, limit = self._stamp(), self._limits.chunk_bytes
        captured = sweeps and self.position.snapshot.whole
        batch = publish(
            rows, operation, stamp, self._known, self._publisher, limit, mark=sweeps, captured=captured, only=only
        )
        self.last_read = batch.read
        return batch

    def _stamp(self) -> Stamp:
        return Stamp(self._system, self.what, self.position.run, self._clock())

    def _settle(self, position: Position, batch: Batch, mode: str) -> None:
        """What was read is published: only now does memory follow."""
        letters = self._letters.fresh(tuple(batch.refused.values()), batch.read)
        for letter in letters:
            self._publisher.refuse(letter, self._clock())
        if batch.fresh or letters:
            self._commit(position)
            self._letters.written(letters)
            self._known.put(batch.fresh)
            operation = Operation.SNAPSHOT if mode == "snapshot" else Operation.UPSERT
            self._metrics.published(operation, mode, len(batch.fresh))
        else:
            self.position = position
        self._refused.follow(batch)

    def _commit(self, position: Position) -> None:
        checkpoint = Checkpoint(self._system, self.what.name, FORMAT, to_json(position, self.health), self._clock())
        self._publisher.commit(checkpoint)
        self.position = position
        self._committed_at = self._monotonic()

    def _burst(self, published: int) -> bool:
        found = "" if BURST in self.position.approved else guards.burst(published, self._limits)
        if found:
            self.pause(BURST, found)
        return bool(found)

    def _attempt(self, step: Callable[[], bool]) -> bool:
        try:
            again = step()
        except AbortedError as error:
            self._give_up()
            log.info("%s/%s: read again: %s", self._system, self.what.name, error)
            return True
        except SourceError as error:
            self._give_up()
            if self._patience.failed(str(error), self._monotonic()):
                log.warning("%s/%s: %s", self._system, self.what.name, error)
            return False
        self._patience.succeeded()
        return again

    def _give_up(self) -> None:
        """Nothing of the step was published: memory is as before, and the next one reads the same again."""
        self._publisher.abort()
        if not self._source.resumable(self.what):
            self._scan = self._passes.current = None
            self.position = restarted(self.position)

    def show(self, now: datetime, *, waiting: bool) -> None:
        """Sets the gauges. ``now``: the source's. ``waiting``: snapshots wait for those behind them."""
        snapshot = 0 if self.position.snapshot.done else 2 if waiting else 1
        condition = self._condition
        paused = 1 if self.position.paused else 2 if self._patience.failure or condition.waiting else 0
        self._metrics.show(now, snapshot=snapshot, paused=paused, rejected=condition.rejected + len(self._refused))
