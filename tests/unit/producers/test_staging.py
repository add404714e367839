"""What one export is: files that are read as one, complete, and counted."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers import incoming, staging
from producers.drops import Pattern, Rule, Seen
from producers.landing import CONTENT_KEY
from schemas.source import SourceObject
from tests.unit.producers.drop_world import FULL, Drops

KEYLESS = SourceObject("payment", (CONTENT_KEY,), "payments")
COUNTED = Rule(full=Pattern("p-{export}-{segment}of{segments}.csv"))


def segments(rows: int, size: int) -> list[str]:
    texts = []
    for start in range(0, rows, size):
        body = "".join(f"{number},n{number}\n" for number in range(start, min(rows, start + size)))
        texts.append("id,name\n" + body)
    return texts


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("p-{export}-{segment}of{segments}.csv", Rule()),
        ("p-{export}-{segment}.csv", Rule(segment_rows=20)),
        ("p-{export}-{segment}.csv", Rule(marker="p-{export}.done")),
    ],
)
def test_segments_are_one_export_and_wait_for_each_other(tmp_path: Path, pattern: str, rule: Rule) -> None:
    drops = Drops(tmp_path, replace(rule, full=Pattern(pattern)))
    parts = segments(70, 20)
    names = [f"p-7-{n}of4.csv" if "of" in pattern else f"p-7-{n}.csv" for n in range(1, 5)]
    for late in (1, 3):
        for index, name in enumerate(names):
            if index != late:
                drops.drop(name, parts[index])
        drops.settle()
        assert drops.events() == []
        assert drops.world.poller.health != ""
        drops.drop(names[late], parts[late])
        if late == 1:
            (drops.directory / names[3]).unlink()
    drops.drop("p-7.done", "70")
    drops.settle()
    assert len(drops.events()) == 70
    assert drops.world.poller.health == ""


def test_a_composite_key_and_a_key_made_of_the_row(tmp_path: Path) -> None:
    visit = SourceObject("visit", ("site", "number"), "visits")
    drops = Drops(tmp_path / "a", Rule(full=Pattern("v.csv")), visit)
    drops.drop("v.csv", "site,number,name\nA,1,x\nB,1,y\n")
    drops.settle()
    assert drops.latest() == {"A:1": "x", "B:1": "y"}
    keyless = SourceObject("visit", (CONTENT_KEY,), "visits")
    drops = Drops(tmp_path / "b", Rule(full=Pattern("v.csv")), keyless)
    drops.drop("v.csv", "name,day\nAda,1\nAda,1\nBob,2\n")
    drops.settle()
    assert sorted(map(str, drops.latest().values())) == ["Ada", "Ada", "Bob"]
    before = set(drops.latest())
    drops.drop("v.csv", "name,day\nBob,2\nAda,1\nCleo,3\nAda,1\n", at=60)
    drops.settle()
    assert before < set(drops.latest())
    assert len(drops.latest()) == 4


def names(drops: Drops) -> Counter[str]:
    return Counter(str(name) for name in drops.latest().values())


def payments(rows: list[str], cuts: list[int], drops: Drops, export: int) -> None:
    places = [0, *sorted(cuts), len(rows)]
    parts = [rows[start:end] for start, end in pairwise(places)]
    for number, part in enumerate(parts, 1):
        text = "name,day\n" + "".join(f"{name},1\n" for name in part)
        drops.drop(f"p-{export}-{number}of{len(parts)}.csv", text, at=60 * export)


ROWS = st.lists(st.sampled_from(["Ada", "Bob", "Cleo"]), max_size=8)
CUTS = st.lists(st.integers(0, 8), max_size=3)


@settings(max_examples=25, deadline=None)
@given(exports=st.lists(st.tuples(ROWS, CUTS), min_size=1, max_size=3))
def test_rows_without_a_key_are_as_many_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, exports: list[tuple[list[str], list[int]]]
) -> None:
    """In however many files, in whatever order, from one export to the next: two equal payments are two."""
    drops = Drops(tmp_path_factory.mktemp("drops"), COUNTED, KEYLESS)
    before: dict[str, object] = {}
    for number, (rows, cuts) in enumerate(exports, 1):
        payments(rows, [min(cut, len(rows)) for cut in cuts], drops, number)
        drops.settle()
        assert names(drops) == Counter(rows)
        now = drops.latest()
        stay = Counter(map(str, before.values())) & Counter(rows)
        assert Counter(str(now[key]) for key in before.keys() & now.keys()) == stay, "the n-th equal row keeps its key"
        before = dict(now)


def test_equal_rows_without_a_key_beside_a_row_that_an_open_quote_swallowed(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(full=Pattern("v.csv")), KEYLESS)
    drops.drop("v.csv", 'name,day\nAda,1\nBob,"1\nAda,1\nAda,1\n,\n')
    drops.settle()
    assert names(drops)["Ada"] == 3


def test_a_row_without_a_key_among_others_counts_once(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{stem}.ok"))
    drops.drop("patients.csv", "id,name\n1,Ada\n,Nobody\n2,Bob\n")
    drops.drop("patients.ok", "3")
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob"}
    assert "says" not in drops.world.poller.health


def test_a_marker_that_is_corrected_lets_the_export_in(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{stem}.ok"))
    drops.drop("patients.csv", "id,name\n1,Ada\n")
    drops.drop("patients.ok", "3")
    drops.settle()
    assert "patients.ok says 3 rows, there are 1" in drops.world.poller.health
    drops.drop("patients.ok", "1", at=60)
    drops.settle()
    assert drops.latest() == {"1": "Ada"}
    assert drops.world.poller.health == ""


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((20, 19, 7), "p-1-2.csv has 19 rows, a segment that is not the last has 20"),
        ((20, 21, 7), "p-1-2.csv has 21 rows, a segment that is not the last has 20"),
        ((20, 20, 20), "p-1-3.csv is full, so another segment follows"),
    ],
)
def test_segments_that_are_not_full_or_not_the_last_are_refused(
    tmp_path: Path, sizes: tuple[int, ...], told: str
) -> None:
    drops = Drops(tmp_path, Rule(full=Pattern("p-{export}-{segment}.csv"), segment_rows=20))
    row = 0
    for number, size in enumerate(sizes, 1):
        drops.drop(f"p-1-{number}.csv", "id,name\n" + "".join(f"{row + n},x\n" for n in range(size)))
        row += size
    drops.settle()
    assert drops.events() == []
    assert told in drops.world.poller.health


def test_a_segment_with_a_bad_row_is_full_all_the_same(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(full=Pattern("p-{export}-{segment}.csv"), segment_rows=3))
    drops.drop("p-1-1.csv", "id,name\n1,a\n2\n,c\n")
    drops.drop("p-1-2.csv", "id,name\n4,d\n")
    drops.settle()
    assert drops.latest() == {"1": "a", "4": "d"}


@pytest.mark.parametrize("step", ["examine", "copy", "lines_of"])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its marker was there already, or it had been still for long: what was read then is of no file that ever was."""
    drops = Drops(tmp_path, replace(FULL, marker="{name}.done"))
    half, whole = "id,name\n1,Ada\n2\n", "id,name\n1,Ada\n2,Bob\n3,Cleo\n"
    drops.drop("patients.csv", half)
    drops.drop("patients.csv.done", "", at=600)
    done = getattr(incoming, step)
    late = iter([whole])

    def while_it_changes(path: Path, seen: Seen, *rest: object) -> object:
        read = os.fstat

        def changed(descriptor: int) -> os.stat_result:
            for text in late:
                drops.drop("patients.csv", text, at=60)
            return read(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", changed)
            return done(path, seen, *rest)

    monkeypatch.setattr(staging, step, while_it_changes)
    drops.round(1.1)
    assert drops.events() == []
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob", "3": "Cleo"}
    assert drops.world.topic.letters == []


@pytest.mark.parametrize("changed", [b"id,name\n1,Ada\n2,Bob\n", b"id,name\n1,Eve\n"], ids=["longer", "other bytes"])
def test_a_file_that_is_not_as_it_was_seen_is_not_read(tmp_path: Path, changed: bytes) -> None:
    path = tmp_path / "patients.csv"
    path.write_bytes(b"id,name\n1,Ada\n")
    seen = Seen.of(path.name, path.stat())
    incoming.examine(path, seen)
    path.write_bytes(changed)
    os.utime(path, ns=(seen.mtime_ns, seen.mtime_ns))
    for read in (
        lambda: incoming.examine(path, seen),
        lambda: incoming.copy(path, seen, "utf-8", tmp_path / "copy"),
        lambda: incoming.lines_of(path, seen, "utf-8", [range(1, 2)]),
    ):
        with pytest.raises(incoming.ChangingError):
            read()
