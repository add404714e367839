"""Files that are delivered apart from the rows that name them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from producers.drops import Bytes, Pattern, Rule
from tests.unit.producers.drop_world import Drops

MANIFEST = Rule(full=Pattern("manifest.csv"), bytes=Bytes("path", "size", "sha256"))
SHA = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


@pytest.mark.parametrize("wrong", ["", "a/../../secret.pdf"])
def test_a_manifest_row_waits_for_its_file(tmp_path: Path, wrong: str) -> None:
    """The bytes come days after the manifest, and are taken once they are what it says."""
    drops = Drops(tmp_path, MANIFEST)
    header = "id,path,size,sha256\n"
    drops.drop("manifest.csv", f"{header}1,scans/a.pdf,3,{SHA}\n2,b.pdf,3,\n3,{wrong or 'c.pdf'},,\n")
    (drops.documents / "b.pdf").write_bytes(b"bar")
    drops.settle()
    assert drops.latest("path") == {"2": "b.pdf"}
    assert "2 files that the manifest names are not there yet" in drops.world.poller.health
    (drops.documents / "scans").mkdir()
    (drops.documents / "scans" / "a.pdf").write_bytes(b"fo")
    drops.settle()
    assert "1" not in drops.latest("path")
    (drops.documents / "scans" / "a.pdf").write_bytes(b"foo")
    drops.settle()
    assert drops.latest("path") == {"1": "scans/a.pdf", "2": "b.pdf"}
    drops.restart()
    drops.settle()
    assert len(drops.events()) == 2


def test_files_may_come_before_their_manifest(tmp_path: Path) -> None:
    drops = Drops(tmp_path, MANIFEST)
    (drops.documents / "a.pdf").write_bytes(b"foo")
    drops.settle()
    drops.drop("manifest.csv", f"id,path,size,sha256\n1,a.pdf,3,{SHA}\n")
    drops.settle()
    assert drops.latest("path") == {"1": "a.pdf"}


def test_what_a_later_manifest_names_no_more_is_waited_for_no_more(tmp_path: Path) -> None:
    drops = Drops(tmp_path, MANIFEST)
    header = "id,path,size,sha256\n"
    drops.drop("manifest.csv", f"{header}1,a.pdf,3,{SHA}\n2,b.pdf,3,{SHA}\n")
    drops.settle()
    drops.drop("manifest.csv", f"{header}2,b.pdf,3,{SHA}\n", at=60)
    drops.settle()
    for name in ("a.pdf", "b.pdf"):
        (drops.documents / name).write_bytes(b"foo")
    drops.settle()
    assert drops.latest("path") == {"2": "b.pdf"}
    assert drops.world.poller.health == ""


def manifest_of(drops: Drops, text: str, at: float = 0.0) -> None:
    columns = drops.rule.bytes
    assert columns is not None
    names = ["id", *(name for name in (columns.path, columns.size, columns.sha256) if name)]
    drops.drop("manifest.csv", f"{','.join(names)}\n{text}", at=at)


def test_a_file_that_has_its_size_before_its_bytes_is_left_alone(tmp_path: Path) -> None:
    """A copier sets its space aside first, and fills it meanwhile."""
    drops = Drops(tmp_path, replace(MANIFEST, bytes=Bytes("path", "size")))
    manifest_of(drops, "1,a.pdf,1000\n")
    drops.settle()
    for written in range(0, 1000, 100):
        (drops.documents / "a.pdf").write_bytes(b"x" * written + b"\0" * (1000 - written))
        drops.round(4)
        drops.round(1)
    assert drops.latest("path") == {}
    (drops.documents / "a.pdf").write_bytes(b"x" * 1000)
    drops.settle()
    assert drops.latest("path") == {"1": "a.pdf"}


@pytest.mark.parametrize(
    ("row", "content"),
    [
        (f"1,a.pdf,3,{SHA}", b"fox"),
        (f"1,a.pdf,,{SHA}", b"fox"),
        ("1,a.pdf,4,", b"foo"),
        (f"1,a.pdf,4,{SHA}", b"foo"),
        (f"1,../secret.pdf,3,{SHA}", b"foo"),
        (f"1,link.pdf,3,{SHA}", b"foo"),
        (f"1,scans/../../secret.pdf,,{SHA}", b"foo"),
        ("1,.,,", b"foo"),
        ("1,,,", b"foo"),
    ],
    ids=[
        "bytes",
        "bytes, no size",
        "size",
        "size, right bytes",
        "above",
        "a link out",
        "above, by way of below",
        "itself",
        "none",
    ],
)
def test_a_file_that_is_not_as_the_manifest_says_is_not_taken(tmp_path: Path, row: str, content: bytes) -> None:
    drops = Drops(tmp_path, MANIFEST)
    (tmp_path / "secret.pdf").write_bytes(content)
    (drops.documents / "scans").mkdir()
    (drops.documents / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (drops.documents / "a.pdf").write_bytes(content)
    (drops.documents / "b.pdf").write_bytes(b"bar")
    manifest_of(drops, f"{row}\n2,b.pdf,3,\n")
    drops.settle()
    assert set(drops.latest("path")) == {"2"}
    assert "1 files that the manifest names are not there yet, or not as it says" in drops.world.poller.health


def test_a_path_from_the_root_is_not_followed(tmp_path: Path) -> None:
    drops = Drops(tmp_path, MANIFEST)
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(b"foo")
    (drops.documents / "b.pdf").write_bytes(b"foo")
    manifest_of(drops, f"1,{secret},3,{SHA}\n2,b.pdf,3,{SHA}\n")
    drops.settle()
    assert drops.latest("path") == {"2": "b.pdf"}


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = Drops(tmp_path, MANIFEST)
    for name in ("a.pdf", "b.pdf"):
        (drops.documents / name).write_bytes(b"foo")
    open_path = Path.open

    def refuse(path: Path, *args: object, **named: object) -> object:
        if path.name == "a.pdf":
            raise PermissionError(13, "Permission denied")
        return open_path(path, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    manifest_of(drops, f"1,a.pdf,3,{SHA}\n2,b.pdf,3,{SHA}\n")
    drops.settle()
    assert drops.latest("path") == {"2": "b.pdf"}
    monkeypatch.undo()
    drops.settle()
    assert drops.latest("path") == {"1": "a.pdf", "2": "b.pdf"}
