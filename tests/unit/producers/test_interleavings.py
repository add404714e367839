"""Random interleavings of transactions, polls, snapshots, sweeps, aborts and crashes: nothing lost, nothing reordered.

Transactions stamp rows with their beginning and commit whenever they like, as PostgreSQL's ``now()`` has it.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from producers.memory import MemoryTransaction
from schemas.records import Operation
from tests.unit.producers.worlds import NOON, World

KEYS = tuple("abcdef")
settings.register_profile(
    "interleavings", max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)


class Interleavings(RuleBasedStateMachine):
    """Increments and one snapshot alone: the bound must be enough, without any sweep to heal what it loses."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.writes = 0
        self.names = 0
        self.open: list[MemoryTransaction] = []
        self.prepared: dict[str, MemoryTransaction] = {}
        self.locks: dict[str, MemoryTransaction] = {}
        self.pending: dict[MemoryTransaction, list[tuple[str, int]]] = {}
        self.history: dict[str, list[int]] = {key: [] for key in KEYS}
        self.checked = 0
        self.last: dict[str, int] = {}

    @initialize()
    def begin(self) -> None:
        """A first poll takes the position; everything after it must arrive."""
        self.world.poll()
        self.world.poller.heartbeat()

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 7.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.world.database.advance(seconds)

    @rule()
    def open_transaction(self) -> None:
        transaction = self.world.database.begin()
        self.open.append(transaction)
        self.pending[transaction] = []

    @precondition(lambda self: self.open)
    @rule(data=st.data(), key=st.sampled_from(KEYS))
    def write(self, data: st.DataObject, key: str) -> None:
        transaction = data.draw(st.sampled_from(self.open))
        if self.locks.setdefault(key, transaction) is transaction:
            self.put(transaction, key)

    def put(self, transaction: MemoryTransaction, key: str) -> None:
        self.writes += 1
        transaction.put(self.world.what, {"id": key, "value": self.writes})
        self.pending[transaction].append((key, self.writes))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        transaction = data.draw(st.sampled_from(self.open))
        self.open.remove(transaction)
        transaction.commit()
        self.visible(transaction)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def prepare(self, data: st.DataObject) -> None:
        transaction = data.draw(st.sampled_from(self.open))
        self.open.remove(transaction)
        self.names += 1
        name = f"two-phase-{self.names}"
        transaction.prepare(name)
        self.prepared[name] = transaction

    @precondition(lambda self: self.prepared)
    @rule(data=st.data())
    def commit_prepared(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.prepared)))
        transaction = self.prepared.pop(name)
        transaction.commit(name)
        self.visible(transaction)

    def visible(self, transaction: MemoryTransaction) -> None:
        for key, value in self.pending.pop(transaction):
            self.history[key].append(value)
            self.locks.pop(key, None)

    @rule()
    def poll(self) -> None:
        self.world.poll()

    @rule()
    def snapshot(self) -> None:
        self.world.poller.snapshot()

    @rule()
    def heartbeat(self) -> None:
        self.world.poller.heartbeat()

    @rule()
    def crash(self) -> None:
        self.world.start()

    @rule()
    def broker_aborts(self) -> None:
        self.world.publisher.fail = True

    @invariant()
    def nothing_older_after_newer(self) -> None:
        for change in self.world.published[self.checked :]:
            if change.operation in (Operation.DELETE, Operation.VANISHED):
                continue
            value = change.record["value"]
            assert isinstance(value, int)
            order = self.history[change.record_id]
            assert value in order, "an uncommitted row was published"
            at = order.index(value)
            assert at >= self.last.get(change.record_id, -1), "an older row was published after a newer one"
            self.last[change.record_id] = at
        self.checked = len(self.world.published)

    def finish(self) -> None:
        for name in sorted(self.prepared):
            self.prepared[name].commit(name)
        for transaction in self.open:
            transaction.commit()
        for transaction in list(self.pending):
            self.visible(transaction)
        self.world.publisher.fail = False
        self.world.settle()

    def teardown(self) -> None:
        self.finish()
        self.nothing_older_after_newer()
        found = {record_id: change.record["value"] for record_id, change in self.world.latest().items()}
        assert found == {key: order[-1] for key, order in self.history.items() if order}


class WithSweeps(Interleavings):
    """Deletes, rows restored with old times and rows without a time as well: sweeps must find them all."""

    @precondition(lambda self: self.open)
    @rule(data=st.data(), key=st.sampled_from(KEYS), hours=st.sampled_from([None, 1, 1000]))
    def restore(self, data: st.DataObject, key: str, hours: int | None) -> None:
        transaction = data.draw(st.sampled_from(self.open))
        if self.locks.setdefault(key, transaction) is transaction:
            self.writes += 1
            when = None if hours is None else NOON - timedelta(hours=hours)
            transaction.put(self.world.what, {"id": key, "value": self.writes, "updated_at": when})
            self.pending[transaction].append((key, self.writes))

    @rule(key=st.sampled_from(KEYS))
    def delete(self, key: str) -> None:
        if key not in self.locks:
            self.world.delete(key)

    @rule()
    def sweep_chunk(self) -> None:
        self.world.poller.sweep(self.world.poller._source.reading())

    def teardown(self) -> None:
        self.finish()
        self.world.snapshot_to_end()
        for _ in range(3):
            self.world.sweep()
        self.nothing_older_after_newer()
        assert self.world.agrees()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings.get_profile("interleavings")
TestWithSweeps = WithSweeps.TestCase
TestWithSweeps.settings = settings.get_profile("interleavings")
