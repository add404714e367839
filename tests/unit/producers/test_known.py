"""Row hashes, and what an object's topic says was published."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.known import UNKNOWN, Known, fold, row_hash
from producers.known_table import KnownTables
from producers.memory import MemoryKnown
from producers.workdir import WorkDirectoryError
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


@contextmanager
def opened(kind: str) -> Iterator[Known]:
    if kind == "memory":
        yield MemoryKnown()
        return
    with TemporaryDirectory() as home:
        tables = KnownTables(Path(home))
        tables.table().put({"a": OTHER, "theirs": OTHER})
        try:
            yield tables.table()
        finally:
            tables.close()


@pytest.fixture(params=["memory", "table"])
def known(request: pytest.FixtureRequest) -> Iterator[Known]:
    with opened(request.param) as found:
        yield found


def test_the_last_change_of_each_record_counts(known: Known) -> None:
    changes = [
        (0, 0, change("a")),
        (0, 1, change("a", digest=OTHER)),
        (0, 2, change("gone")),
        (0, 3, change("gone", Operation.DELETE, b"")),
        (1, 0, change("archived")),
        (1, 1, change("archived", Operation.VANISHED, b"")),
        (1, 2, change("back", Operation.DELETE, b"")),
        (1, 3, change("back")),
    ]
    fold(known, changes, 1, {})
    assert known.hashes(["a", "gone", "archived", "back", "never"]) == {"a": OTHER, "back": ONE}


def test_a_topic_longer_than_what_is_settled_at_once_is_folded_in_its_order(known: Known) -> None:
    def changes() -> Iterator[tuple[int, int, RecordChange]]:
        for offset in range(25_000):
            ended = offset % 3 == 2
            operation = Operation.DELETE if ended else Operation.UPSERT
            yield 0, offset, change(f"{offset % 9_000}", operation, b"" if ended else offset.to_bytes(16, "big"))

    expected: dict[str, bytes] = {}
    for _, _, one in changes():
        if one.operation is Operation.DELETE:
            expected.pop(one.record_id, None)
        else:
            expected[one.record_id] = bytes.fromhex(one.content_hash)
    fold(known, changes(), 1, {})
    assert known.hashes([str(number) for number in range(9_000)]) == expected
    assert len(known) == len(expected)


def test_what_an_earlier_run_or_snapshot_published_exists_but_has_to_go_again(known: Known) -> None:
    changes = [(0, 5, change("old", run=1)), (0, 6, change("before", run=2)), (0, 7, change("new", run=2))]
    fold(known, changes, 2, {0: 7})
    assert known.hashes(["old", "before", "new"]) == {"old": UNKNOWN, "before": UNKNOWN, "new": ONE}


def test_thousands_are_looked_up_marked_and_removed_at_once(known: Known) -> None:
    names = [f"p{number}" for number in range(1_234)]
    known.put(dict.fromkeys(names, ONE))
    known.begin_sweep()
    known.mark(names[:-2])
    assert set(known.missing()) == set(names[-2:])
    assert known.hashes([*names, "other"]) == dict.fromkeys(names, ONE)
    known.remove(names[2:])
    assert len(known) == 2


NAMES = ["a", "b", "", "ünï 🦷", "with\0nul", "half \ud800 a pair"]
operations = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "mark", "begin", "forget"]),
        st.lists(st.sampled_from(NAMES), unique=True, max_size=4),
        st.booleans(),
    ),
    max_size=40,
)


@pytest.mark.parametrize("kind", ["memory", "table"])
@given(steps=operations)
def test_it_behaves_like_a_plain_dictionary(kind: str, steps: list[tuple[str, list[str], bool]]) -> None:
    hashes: dict[str, bytes] = {}
    met: set[str] = set()
    with opened(kind) as known:
        for step, names, other in steps:
            digest = OTHER if other else ONE
            match step:
                case "put":
                    known.put(dict.fromkeys(names, digest))
                    hashes.update(dict.fromkeys(names, digest))
                    met.update(names)
                case "remove":
                    known.remove(names)
                    for name in names:
                        hashes.pop(name, None)
                case "mark":
                    known.mark(names)
                    met.update(hashes.keys() & names)
                case "begin":
                    known.begin_sweep()
                    met = set()
                case "forget":
                    known.forget()
                    hashes = dict.fromkeys(hashes, UNKNOWN)
            met &= hashes.keys()
            assert len(known) == len(hashes)
            assert known.hashes(NAMES) == hashes
            # with records between them that nobody asks for
            assert known.hashes(names) == {name: hashes[name] for name in names if name in hashes}
            assert {name for name in NAMES if name in known} == hashes.keys()
            assert set(known.missing()) == hashes.keys() - met


def test_the_file_is_for_its_owner_alone_and_goes_with_its_process(tmp_path: Path) -> None:
    home = tmp_path / "known"
    killed = home / "known-of-a-process-that-was-killed"
    killed.mkdir(parents=True)
    (killed / "lock").touch()
    tables, others = KnownTables(home), KnownTables(home)
    tables.table().put({"a": ONE})
    (directory,) = home.iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700
    others.table()
    assert directory in home.iterdir(), "a process that lives keeps its own"
    others.close()
    tables.close()
    assert list(home.iterdir()) == []


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    tables = KnownTables(tmp_path)
    table = tables.table()
    tables._connection.execute("PRAGMA max_page_count = 20")  # type: ignore[union-attr]
    with pytest.raises(WorkDirectoryError, match=f"^{tmp_path}/known-.*: database or disk is full: see to it that"):
        table.put({os.urandom(8).hex(): ONE for _ in range(10_000)})
    tables.close()
