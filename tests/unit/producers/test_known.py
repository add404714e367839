"""Row hashes, and what an object's topic says was published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.known import UNKNOWN, Known, fold, row_hash
from schemas.records import Json, Operation, RecordChange, Value

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = row_hash({"v": 1}), row_hash({"v": 2})


def test_the_hash_of_a_row_is_the_same_in_every_release() -> None:
    """Hashes lie in topics: a release that hashes otherwise would publish every row again."""
    record: dict[str, Value] = {
        "b": "ünï 🦷",
        "a": 7,
        "none": None,
        "d": Decimal("1.50"),
        "t": NOW,
        "day": date(2024, 2, 29),
        "j": Json({"y": 1, "x": [None]}),
        "raw": b"\x00\xff",
        "f": 0.1,
        "yes": True,
    }
    assert row_hash(record).hex() == "bd2ad3d72dff3d8e58b9e82fa757b28a"
    assert row_hash({"v": Json(2**70)}).hex() == "5ada932d1e47f23be139ec763d78651e"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"v": "1"}, {"v": "2"}),
        ({"v": "1"}, {"w": "1"}),
        ({"v": None}, {"v": ""}),
        ({"v": Decimal("1.5")}, {"v": Decimal("1.50")}),
        ({"v": datetime(2026, 1, 1)}, {"v": NOW}),  # noqa: DTZ001
        ({"v": Json([1, 2])}, {"v": Json([2, 1])}),
        ({"v": Json(2**70)}, {"v": Json(2**70 + 1)}),
        ({"v": b"\x00"}, {"v": b"\x01"}),
    ],
)
def test_any_change_changes_the_hash(before: dict[str, Value], after: dict[str, Value]) -> None:
    assert row_hash(before) != row_hash(after)


def test_neither_order_nor_empty_columns_do() -> None:
    assert row_hash({"a": 1, "b": Json({"x": 1, "y": 2})}) == row_hash({"n": None, "b": Json({"y": 2, "x": 1}), "a": 1})


def change(record_id: str, operation: Operation = Operation.UPSERT, digest: bytes = ONE, run: int = 1) -> RecordChange:
    return RecordChange("clinic", "patient", record_id, operation, {}, NOW, None, run, digest.hex())


def test_the_last_change_of_each_record_counts() -> None:
    known = fold(
        [
            (0, 0, change("a")),
            (0, 1, change("a", digest=OTHER)),
            (0, 2, change("gone")),
            (0, 3, change("gone", Operation.DELETE, b"")),
            (1, 0, change("archived")),
            (1, 1, change("archived", Operation.VANISHED, b"")),
        ],
        1,
        {},
    )
    assert len(known) == 1
    assert known.same("a", OTHER)
    assert not known.same("a", ONE)


def test_what_an_earlier_run_or_snapshot_published_exists_but_has_to_go_again() -> None:
    changes = [(0, 5, change("old", run=1)), (0, 6, change("before", run=2)), (0, 7, change("new", run=2))]
    known = fold(changes, 2, {0: 7})
    assert {name: known.same(name, ONE) for name in ("old", "before", "new")} == {
        "old": False,
        "before": False,
        "new": True,
    }
    assert all(name in known for name in ("old", "before", "new"))


operations = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "mark", "begin", "forget"]), st.sampled_from("abcd"), st.booleans()),
    max_size=60,
)


@given(operations)
def test_it_behaves_like_a_plain_dictionary(steps: list[tuple[str, str, bool]]) -> None:
    known = Known()
    hashes: dict[str, bytes] = {}
    met: set[str] = set()
    for step, name, other in steps:
        digest = OTHER if other else ONE
        match step:
            case "put":
                known.put(name, digest)
                hashes[name] = digest
                met.add(name)
            case "remove":
                known.remove(name)
                hashes.pop(name, None)
            case "mark":
                known.mark(name)
                if name in hashes:
                    met.add(name)
            case "begin":
                known.begin_sweep()
                met = set()
            case "forget":
                known.forget()
                hashes = dict.fromkeys(hashes, UNKNOWN)
        met &= hashes.keys()
        assert len(known) == len(hashes)
        for each, expected in hashes.items():
            assert known.same(each, expected)
        assert set(known.missing()) == hashes.keys() - met
