"""Whatever a file is written in, its text is what people wrote; what is no text in it is told, and never guessed."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.dialect import Encodings
from tests.unit.producers.drop_world import FULL, PATIENT, Drops

UNENCODED = "not in the file's encoding"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-8"])
def test_another_encoding_is_no_change(drops: Drops, encoding: str) -> None:
    text = "id,name\n1,José Müller\n2,Zoë Ångström – née Weiß\n"
    drops.drop("patients.csv", text.encode())
    drops.settle()
    drops.take()
    drops.drop("patients.csv", text.encode(encoding), at=60)
    drops.settle()
    drops.restart()
    drops.settle()
    assert drops.take() == []
    assert drops.latest()["1"] == "José Müller"


NAMES = "Sánchez Peña Müller Björn François García Núñez Brontë Ångström Sørensen João Strauß Dvo?ák Renée Siân"


@pytest.mark.parametrize("names", [*NAMES.split(), "Emeka Sánchez,Elif Dvo?ák", "MÜLLER – “née” O’Brien", NAMES])
def test_a_few_western_names_are_enough(drops: Drops, names: str) -> None:
    """What statistics take for Chinese, or for a Mac of 1990."""
    lines = [f"{number},{name}" for number, name in enumerate(names.split(","), 1)]
    drops.drop("patients.csv", "\n".join(["id,name", *lines, "9,Bob", ""]).encode("cp1252"))
    drops.settle()
    assert [drops.latest()[str(number)] for number in range(1, len(lines) + 1)] == names.split(",")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Иван Петров"),
        ("shift_jis", "田中太郎"),
        ("cp1250", "Dvořák Černý Łukasz Żółć Świątek Kovács Győző"),
        ("mac_roman", "Müller José Zoë Ångström"),
        ("cp437", "Müller José Peña"),
    ],
)
def test_other_scripts_are_still_found_out(drops: Drops, encoding: str, text: str) -> None:
    drops.drop("patients.csv", f"id,name\n1,{text}\n".encode(encoding))
    drops.settle()
    assert drops.latest() == {"1": text}


ACCENTED = ["José Müller", "Zoë Ångström", "Renée Strauß", "Siân Núñez", "Łukasz Żółć", "田中太郎", "Иван Петров"]
NEWLINES = ["\n", "\r\n"]
DAMAGED = [b"Mu\xc3", b"Pe\xf1a", b"\xff", b"Sm\xedth\x81", b"\xed\xa0\x80", b'"two\nPe\xf1as"']


@st.composite
def damaged_exports(draw: st.DrawFn) -> tuple[list[str], dict[int, bytes], str]:
    names = draw(st.lists(st.sampled_from([*ACCENTED, "Ada", "Bob"]), min_size=4, max_size=12))
    names += draw(st.permutations(ACCENTED))
    places = draw(st.sets(st.integers(0, len(names) - 1), min_size=1, max_size=3))
    bad = {place: draw(st.sampled_from(DAMAGED)) for place in sorted(places)}
    return names, bad, draw(st.sampled_from(NEWLINES))


@settings(max_examples=30, deadline=None)
@given(damaged_exports(), st.booleans(), st.booleans())
def test_damaged_rows_are_told_and_all_others_flow(
    export: tuple[list[str], dict[int, bytes], str], marked: bool, fixed: bool
) -> None:
    """Bytes cut in two, rows of another encoding: in a file in UTF-8, with a mark at its head or without."""
    names, bad, newline = export
    end = newline.encode()
    rows = [b"id,name", *(b"%d,%b" % (place, bad.get(place, name.encode())) for place, name in enumerate(names))]
    with tempfile.TemporaryDirectory() as tmp:
        drops = Drops(Path(tmp), replace(FULL, encoding="utf-8") if fixed else FULL)
        drops.drop("patients.csv", b"\xef\xbb\xbf" * marked + b"".join(row + end for row in rows))
        drops.settle()
        assert drops.latest() == {str(place): name for place, name in enumerate(names) if place not in bad}
        letters = {(one.where, one.reason, one.raw) for one in drops.world.topic.letters}
        lines = {place: 2 + place + sum(b"\n" in bad[one] for one in bad if one < place) for place in bad}
        assert letters == {(f"patients.csv:{lines[place]}", UNENCODED, b"%d,%b" % (place, bad[place])) for place in bad}
        assert drops.condition().rejected == len(bad)
        assert f"{len(bad)} rows could not be read" in drops.world.poller.health
        assert "it was read as utf-8" in drops.world.poller.health
        assert "or set encoding:" in drops.world.poller.health


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["Sánchez", "Peña", "Müller", "François", "Ada", "Renée – “née” O’Brien"]), min_size=25),
    st.sampled_from(["cp1252", "utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 64),
)
def test_what_is_in_one_encoding_stays_in_it_however_it_is_read(names: list[str], encoding: str, chunk: int) -> None:
    data = "\n".join([*names, "Zoë"]).encode(encoding)
    encodings = Encodings()
    for start in range(0, len(data), chunk):
        encodings.feed(data[start : start + chunk])
    found = encodings.found()
    assert data.decode(found.name) == "\n".join([*names, "Zoë"])
    assert found.stray == 0


def test_a_few_garbled_rows_make_no_file_of_cp1252_into_utf_8(drops: Drops) -> None:
    """Names that were garbled when the old system took them in are valid UTF-8 when it writes them out."""
    rows = [f"{n},Peña".encode("cp1252") for n in range(30)] + ["30,JosÃ©".encode("cp1252")]
    drops.drop("patients.csv", b"\n".join([b"id,name", *rows]))
    drops.settle()
    assert set(drops.latest().values()) == {"Peña", "JosÃ©"}
    assert drops.world.poller.health == ""


def test_one_damaged_row_of_cp1252_makes_no_other_encoding_of_all(drops: Drops) -> None:
    rows = [f"{n},Siân Peña".encode("cp1252") for n in range(30)] + [b"30,Si\x81n"]
    drops.drop("patients.csv", b"\n".join([b"id,name", *rows]))
    drops.settle()
    assert drops.latest() == {str(n): "Siân Peña" for n in range(30)}
    assert [(one.where, one.raw) for one in drops.world.topic.letters] == [("patients.csv:32", b"30,Si\x81n")]
    assert "it was read as cp1252" in drops.world.poller.health


def test_a_file_of_two_encodings_is_told(drops: Drops) -> None:
    rows = ["1,Peña".encode(), *(f"{n},Peña".encode("cp1252") for n in range(2, 6))]
    drops.drop("patients.csv", b"\n".join([b"id,name", *rows]))
    drops.settle()
    assert "1 letters look like utf-8, the others do not, and all were read as cp1252" in drops.world.poller.health


def test_an_encoding_that_is_set_is_obeyed(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, encoding="cp1250"))
    drops.drop("patients.csv", "id,name\n1,Dvořák\n2,José\n".encode("cp1250") + b"3,\x81\n")
    drops.settle()
    assert drops.latest() == {"1": "Dvořák", "2": "José"}
    assert [one.raw for one in drops.world.topic.letters] == [b"3,\x81"]
    drops.drop("patients.csv", "id,name\n1,José\n".encode(), at=60)
    drops.settle()
    assert drops.latest()["1"] == "JosĂ©"


def test_damage_in_utf_16_is_told_too(drops: Drops) -> None:
    text = "id,name\n1,José\n2,Zo\ud800ë\n3,Ada\n".encode("utf-16-le", "surrogatepass")
    drops.drop("patients.csv", b"\xff\xfe" + text + b"4")
    drops.settle()
    assert drops.latest() == {"1": "José", "3": "Ada"}
    assert [one.where for one in drops.world.topic.letters] == ["patients.csv:3", "patients.csv:5"]


def test_a_nul_makes_no_utf_16(drops: Drops) -> None:
    drops.drop("patients.csv", "id,name\n1,Jo\0sé\n2,Zoë\n")
    drops.settle()
    assert drops.latest() == {"1": "Jo\0sé", "2": "Zoë"}


def test_damage_in_a_column_that_does_not_leave_hurts_nobody(tmp_path: Path) -> None:
    drops = Drops(tmp_path, what=replace(PATIENT, exclude=("note",)))
    drops.drop("patients.csv", "id,name,note\n1,José,née\n2,Zoë,é".encode() + b"\xc3\n3,Ren\xc3,\n")
    drops.settle()
    assert drops.latest() == {"1": "José", "2": "Zoë"}
    assert [one.where for one in drops.world.topic.letters] == ["patients.csv:4"]


def test_a_header_that_is_no_text_refuses_the_file(drops: Drops) -> None:
    drops.drop("patients.csv", b"id,name,Gr\xf6\xdfe\n" + "1,José,é\n2,Zoë,ü\n".encode())
    drops.settle()
    assert "line 1 holds bytes that are no text in the file's encoding: set encoding:" in drops.world.poller.health
    assert drops.events() == []


def test_a_damaged_row_among_rows_that_an_open_quote_swallowed(drops: Drops, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = 'id,name,note\n1,José,x\n2,"Zoë,x\n3,Renée,y\n'.encode() + b"4,Pe\xf1a,z\n" + "5,Siân,z\n".encode()
    drops.drop("patients.csv", text)
    drops.settle()
    assert drops.latest() == {"1": "José", "3": "Renée", "5": "Siân"}
    assert {(one.where, one.reason[:3]) for one in drops.world.topic.letters} == {
        ("patients.csv:3", "a q"),
        ("patients.csv:5", "not"),
    }
    assert "Pe" not in caplog.text
