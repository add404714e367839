"""Files as they are: what Python's csv reads in a good file is what lands, and of a bad one all but its bad lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.dialect import detect
from producers.drops import Seen
from producers.incoming import copy, examine
from producers.landing import CONTENT_KEY, Cut, Landing
from producers.sieve import HEADER, UNQUOTED, Rejected
from tests.unit.producers.drop_world import Drops

COLUMNS = ("id", "name", "note")
UGLY = [
    "a",
    "é",
    " ",
    "\t",
    "'",
    '"',
    '""',
    ",",
    ";",
    "|",
    "\\",
    "\\n",
    "NULL",
    "#",
    "--",
    "=1+1",
    "😀",
    "//",
    "/*",
    "nan",
]
UGLY += ["\0", "\x0b", "\x0c", "\x1a", "\x1c", "\x85", "\u2028", "\ufeff", "\ufffd"]
LINE = st.lists(st.sampled_from(UGLY), max_size=4).map("".join)
TEXT = st.lists(st.sampled_from([*UGLY, "\n", "\r\n", "\r"]), max_size=4).map("".join)
Cells = Sequence[str]


@dataclass
class Read:
    rows: Counter[tuple[str | None, ...]]
    rejected: list[Rejected]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landing]:
    found = Landing(tmp_path_factory.mktemp("landing"))
    yield found
    found.close()


def read(landing: Landing, data: bytes, key: tuple[str, ...] = ("id",)) -> Read:
    landing.begin()
    path, plain = landing.directory / "patients.csv", landing.directory / "plain.csv"
    path.write_bytes(data)
    seen = Seen.of(path.name, path.stat())
    sample = copy(path, seen, examine(path, seen).encoding.name, plain)
    count, rejected = landing.stage(plain, Cut(detect(sample, key), key, (), None))
    rows = [json.loads(record) for _, record in landing.staged_rows()]
    assert count == len(rows)
    return Read(Counter(tuple(row.get(name) for name in COLUMNS) for row in rows), rejected)


def written(row: Cells, delimiter: str = ",", all_quoted: bool = False) -> str:
    line = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(line, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n")


def expected(rows: Sequence[Cells]) -> Counter[tuple[str | None, ...]]:
    def cell(text: str) -> str | None:
        return text.replace("\r\n", "\n").replace("\r", "\n") or None

    return Counter(tuple(cell(text) for text in row) for row in rows)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=1, max_size=3),
    all_quoted=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_is_what_lands(
    landing: Landing, rows: list[Cells], delimiter: str, ends: list[str], all_quoted: bool, encoding: str
) -> None:
    """Newlines of one kind in files of another, characters at which some split lines, quotes, NUL."""
    numbered = [(str(number), *row) for number, row in enumerate(rows)]
    lines: list[str] = []
    for row in [COLUMNS, *numbered]:
        lines.append(written(row, delimiter, all_quoted) + ends[len(lines) % len(ends)])
    found = read(landing, "".join(lines).encode(encoding))
    assert found.rows == expected(numbered)
    assert found.rejected == []


@st.composite
def ragged(draw: st.DrawFn) -> tuple[list[tuple[str, str, str]], dict[int, str]]:
    """Lines that are rows, and among them, by the number of the line, some that are none."""
    rows, bad = [], {}
    for number, (name, note) in enumerate(draw(st.lists(st.tuples(LINE, LINE), min_size=8, max_size=40))):
        kind = draw(st.sampled_from(["good"] * 8 + ["short", "long", "keyless", "open", "broken"]))
        rows.append((str(number), name, note))
        if kind != "good":
            bad[number + 2] = {
                "short": f"{number},x",
                "long": f"{number},x,y,z",
                "keyless": ",x,y",
                "open": f'{number},x,"y',
                "broken": f'{number},"x"y,z',
            }[kind]
    return rows, bad


@settings(max_examples=60, deadline=None)
@given(ragged(), st.sampled_from(["\n", "\r\n"]))
def test_every_line_is_a_row_or_told_of(
    landing: Landing, export: tuple[list[tuple[str, str, str]], dict[int, str]], end: str
) -> None:
    """A quote that is not closed takes no other row with it unseen, wherever the next one is."""
    rows, bad = export
    if 2 * len(bad) > len(rows):
        bad = dict(list(bad.items())[: len(rows) // 3])
    lines = ["id,name,note"]
    for number, row in enumerate(rows, 2):
        lines.append(bad.get(number, written(row)))
    found = read(landing, end.join(lines).encode())
    told = {number for one in found.rejected for number in one.lines}
    good = [row for number, row in enumerate(rows, 2) if number not in bad]
    assert not found.rows - expected(good)
    assert bad.keys() <= told
    if not any('"' in line for line in bad.values()):
        assert told == bad.keys()
    assert not expected([row for row in good if int(row[0]) + 2 not in told]) - found.rows


def test_what_an_open_quote_swallowed_is_found_again(landing: Landing) -> None:
    """Behind it come cells in quotes, so that the reader meets a quote where it expects none."""
    found = read(landing, 'id,name,note\n1,x,"y\n2,"é,,","éé,"\n3,"two\nlines",z\n'.encode())
    assert found.rejected == [Rejected(range(2, 3), UNQUOTED)]
    assert found.rows == expected([("2", "é,,", "éé,"), ("3", "two\nlines", "z")])


@pytest.mark.parametrize("key", [("id",), (CONTENT_KEY,)])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_that_was_put_behind_another_brings_no_header_as_a_row(
    tmp_path: Path, landing: Landing, key: tuple[str, ...], mark: str
) -> None:
    landing.begin()
    plain = tmp_path / "plain.csv"
    text = f"id,Name,note\n1,Ada,x\n{mark}id,Name,note\n2,Bob,y\n"
    plain.write_text(text, encoding="utf-8")
    count, rejected = landing.stage(plain, Cut(detect(text, ()), key, (), None))
    assert (count, rejected) == (2, [Rejected(range(3, 4), HEADER)])


def test_rows_without_any_cell_are_none(tmp_path: Path) -> None:
    """Spreadsheets write them at the end: no row is bad for them, and what is missing can be deleted."""
    drops = Drops(tmp_path)
    drops.drop("patients.csv", "id,name,note\n1,Ada,x\n2,Bob,y\n,,\n\n,,\n")
    drops.settle()
    assert drops.world.poller.health == ""
    drops.drop("patients.csv", "id,name,note\n1,Ada,x\n,,\n", at=60)
    drops.settle()
    assert drops.latest() == {"1": "Ada"}


@pytest.mark.parametrize("header", ["id,name,note", "id,name,note,"])
def test_a_delimiter_at_the_end_of_rows_is_no_more_than_that(landing: Landing, header: str) -> None:
    found = read(landing, f'{header}\n1,Ada,x,\n2,"B, C",,\n3,,,\n'.encode())
    assert found.rows == expected([("1", "Ada", "x"), ("2", "B, C", ""), ("3", "", "")])
    assert found.rejected == []


def test_a_path_that_ends_with_a_backslash_escapes_nothing(landing: Landing) -> None:
    found = read(landing, b'"id","name","note"\n"1","C:\\scans\\","C:\\new"\n"2","Ada","x"\n')
    assert found.rows == expected([("1", "C:\\scans\\", "C:\\new"), ("2", "Ada", "x")])


def test_a_row_that_is_too_long_is_told_and_stops_no_other(landing: Landing) -> None:
    found = read(landing, b"id,name,note\n1,Ada,x\n2,Bob," + b"y" * 20_000_000 + b"\n3,Cleo,z\n")
    assert found.rows == expected([("1", "Ada", "x"), ("3", "Cleo", "z")])
    assert [one.lines for one in found.rejected] == [range(3, 4)]
