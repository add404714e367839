"""Which batch leaves next."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Outcome
from sinks.batch import BULK_SHARE, PATIENCE, SINGLY, Board, Group, Work, halves
from sinks.pending import Lane, Pending
from sinks.steps import Do, Step
from tests.unit.sinks.values import write


def work(number: int, do: Do = Do.CREATE, target: str = "person", lane: Lane = Lane.LIVE, row: str = "") -> Work:
    pending = Pending(write(number, key=f"s/patient/{number}"), lane, number, float(number))
    step = Step(do, "", target, row or f"row-{number}", Outcome.CREATED)
    return Work(pending, step, Group(do, target))


def rows(one: Work) -> Iterable[Hashable]:
    yield one.step.twenty_id


class Doors:
    """Lets ``size`` records through, but for what is ``shut``, and of what is ``kept`` only what rides along."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.shut: set[Lane] = set()
        self.kept: set[Lane] = set()

    def most(self, lane: Lane, group: Group, now: float) -> int:
        return 0 if lane in self.kept else self.rides(lane, group, now)

    def rides(self, lane: Lane, group: Group, now: float) -> int:
        if lane in self.shut:
            return 0
        return 1 if group.do in SINGLY else self.size


def board(*works: Work, size: int = 4, doors: Doors | None = None) -> Board:
    made = Board(rows, doors or Doors(size))
    for one in works:
        made.place(one)
    return made


def numbers(works: Iterable[Work]) -> list[int]:
    return [one.pending.seq for one in works]


def test_one_target_and_operation_per_batch_the_oldest_first() -> None:
    made = board(work(3), work(1, target="note"), work(2), work(4, target="note"))
    assert [numbers(made.choose(0)) for _ in range(3)] == [[1, 4], [2, 3], []]


def test_live_goes_first_and_is_filled_up_with_bulk_for_the_same_request() -> None:
    made = board(work(1, lane=Lane.BULK), work(2, lane=Lane.BULK, target="note"), work(9))
    assert numbers(made.choose(0)) == [9, 1]
    assert numbers(made.choose(0)) == [2]


def test_bulk_gets_its_share_whatever_live_has() -> None:
    made = board(work(1000, lane=Lane.BULK, target="note"), *[work(n) for n in range(100)], size=1)
    lanes = [made.choose(0)[0].pending.lane for _ in range(BULK_SHARE)]
    assert lanes.count(Lane.BULK) == 1


def test_bulk_prefers_full_batches_but_not_for_ever() -> None:
    full = [work(n, lane=Lane.BULK) for n in range(2, 6)]
    assert numbers(board(work(1, lane=Lane.BULK, target="note"), *full).choose(5.0)) == [2, 3, 4, 5]
    late = 1 + PATIENCE + 1
    assert numbers(board(work(1, lane=Lane.BULK, target="note"), *full).choose(late)) == [1]


def test_a_row_is_in_a_batch_once() -> None:
    made = board(work(1, row="same"), work(2, row="same"), work(3))
    assert numbers(made.choose(0)) == [1, 3]
    assert numbers(made.choose(0)) == [2]


def test_what_takes_one_record_at_a_time_goes_alone() -> None:
    made = board(work(1, Do.UPDATE), work(2, Do.UPDATE))
    assert numbers(made.choose(0)) == [1]


def test_a_stopped_lane_is_left_alone() -> None:
    doors = Doors(4)
    doors.shut.add(Lane.LIVE)
    made = board(work(1), work(2, lane=Lane.BULK), doors=doors)
    assert numbers(made.choose(0)) == [2]
    assert made.choose(0) == []
    assert len(made) == 1


def test_what_is_kept_back_only_fills_up_what_leaves_anyway() -> None:
    doors = Doors(4)
    doors.kept.add(Lane.BULK)
    made = board(*[work(n, lane=Lane.BULK) for n in range(1, 8)], doors=doors)
    assert made.choose(0) == []
    made.place(work(9))
    assert numbers(made.choose(0)) == [9, 1, 2, 3]
    assert made.choose(0) == []


def test_a_record_that_is_placed_again_waits_with_its_new_step_only() -> None:
    first = work(1)
    again = Work(first.pending, Step(Do.DELETE, "", "person", "row-1", Outcome.DELETED), Group(Do.DELETE, "person"))
    made = board(first, again)
    assert [one.step.do for one in made.choose(0)] == [Do.DELETE]
    assert made.choose(0) == []


def test_a_record_that_is_lifted_moves_to_the_live_lane() -> None:
    lifted, other = work(1, lane=Lane.BULK), work(2)
    made = board(lifted, other, size=1)
    lifted.pending.lane = Lane.LIVE
    made.place(lifted)
    assert numbers(made.choose(0)) == [1]


@given(st.lists(st.tuples(st.sampled_from(["person", "note"]), st.sampled_from(Lane), st.integers(0, 5)), max_size=60))
def test_everything_placed_leaves_once(placed: list[tuple[str, Lane, int]]) -> None:
    works = [work(n, target=t, lane=lane, row=f"row-{row}") for n, (t, lane, row) in enumerate(placed)]
    made = board(*works)
    chosen: list[int] = []
    while batch := made.choose(0):
        assert len({one.group for one in batch}) == 1
        assert len({one.step.twenty_id for one in batch}) == len(batch) <= 4
        chosen += numbers(batch)
    assert sorted(chosen) == list(range(len(works)))
    assert len(made) == 0


@given(st.integers(2, 200))
def test_halving_finds_one_bad_record_in_logarithmic_requests(size: int) -> None:
    batch = [work(n) for n in range(size)]
    requests, queue = 0, [batch]
    while queue:
        one = queue.pop(0)
        requests += 1
        if batch[-1] in one and len(one) > 1:
            first, second = halves(one)
            assert first and second and [*first, *second] == one
            queue += [first, second]
    assert requests <= 2 * size.bit_length() + 1
