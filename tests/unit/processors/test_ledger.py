import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ledger import Ledger, LedgerError, Partition

HERE = Partition("cdc", 0)
THERE = Partition("cdc", 1)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.begin({HERE: 10, THERE: 0})
    return ledger


def test_holes_inside_a_stretch_are_honest(ledger: Ledger) -> None:
    ledger.check(HERE, [12, 15], 20)
    ledger.account(HERE, 20, now=0.0)
    assert ledger.due() == {HERE: 20}


@pytest.mark.parametrize(
    ("offsets", "to"),
    [([9], 20), ([12, 12], 20), ([13, 12], 20), ([12], 12), ([], 9)],
    ids=["before the position", "twice", "backwards", "reader behind its records", "reader before the position"],
)
def test_what_cannot_be_is_refused(ledger: Ledger, offsets: list[int], to: int) -> None:
    with pytest.raises(LedgerError, match="cdc-0"):
        ledger.check(HERE, offsets, to)


def test_nothing_is_due_before_it_was_accounted_for(ledger: Ledger) -> None:
    ledger.check(HERE, [10, 11], 12)
    assert ledger.due() == {}


@given(st.lists(st.integers(1, 50), min_size=1))
def test_what_is_due_is_exactly_what_was_accounted_for(steps: list[int]) -> None:
    ledger, position = Ledger(), 0
    ledger.begin({HERE: 0})
    for step in steps:
        position += step
        ledger.check(HERE, [position - 1], position)
        ledger.account(HERE, position, now=0.0)
        assert ledger.due() == {HERE: position}
    ledger.committed(ledger.due(), now=0.0)
    assert ledger.due() == {}


def test_uncommitted_progress_ages_until_it_is_committed(ledger: Ledger) -> None:
    ledger.account(HERE, 12, now=100.0)
    ledger.account(HERE, 14, now=105.0)
    assert ledger.behind(107.0) == 7.0
    ledger.committed({HERE: 12}, now=107.0)
    assert ledger.behind(108.0) == 1.0
    ledger.committed({HERE: 14}, now=108.0)
    assert ledger.behind(200.0) == 0.0


def test_a_new_assignment_forgets_the_old_one(ledger: Ledger) -> None:
    ledger.account(HERE, 12, now=0.0)
    ledger.begin({THERE: 5})
    assert ledger.due() == {}
    ledger.committed({HERE: 12}, now=0.0)
    assert ledger.partitions == [THERE]
    assert ledger.behind(100.0) == 0.0
