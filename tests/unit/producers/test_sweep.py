"""What a sweep may condemn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producers.limits import Limits
from producers.sweep import judge

LIMITS = Limits(missing_ratio=0.1, missing_rows=3)
names = st.frozensets(st.text("abcdef", min_size=1, max_size=2), max_size=20)


@given(names, names, st.integers(0, 200), st.booleans())
def test_only_what_was_missed_twice_is_condemned(
    missing: frozenset[str], suspects: frozenset[str], known: int, approved: bool
) -> None:
    judgement = judge(missing, suspects, known, LIMITS, approved=approved)
    assert set(judgement.condemned) <= missing & suspects
    assert judgement.suspects == missing
    if judgement.objection:
        assert judgement.condemned == ()
        assert not approved
        assert len(missing) > 3
        assert len(missing) > known / 10
    else:
        assert set(judgement.condemned) == missing & suspects


def test_few_rows_of_a_small_table_may_go() -> None:
    gone = frozenset("abc")
    assert judge(gone, gone, 3, LIMITS, approved=False).condemned == ("a", "b", "c")


def test_as_many_as_may_go_at_once_go() -> None:
    gone = frozenset("abcd")
    assert judge(gone, gone, 40, LIMITS, approved=False).condemned == ("a", "b", "c", "d")
    assert judge(gone, gone, 39, LIMITS, approved=False).condemned == ()


def test_the_objection_says_how_many_of_how_many() -> None:
    gone = frozenset("abcdef")
    assert judge(gone, gone, 20, LIMITS, approved=False).objection.startswith("6 of 20 records are missing at once")
