"""Which export is the newer one, and what is said of one that is not read."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from producers.drops import Pattern, Rule
from tests.unit.producers.drop_world import ADA_BOB, DELETE, FULL, Drops

DATED = Rule(full=Pattern("patients-{export}.csv"))
DELTAS = Rule(full=Pattern("f-{export}.csv"), delta=Pattern("d-{export}.csv"))
DAY = 86_400.0


def one(name: str) -> str:
    return f"id,name\n1,{name}\n"


def test_exports_with_a_date_in_their_name_are_ordered_by_it(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-2026-03-02.csv", "id,name\n1,new\n", at=0)
    drops.settle()
    drops.drop("patients-2026-03-01.csv", "id,name\n1,old\n", at=600)
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert len(drops.events()) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("12312026", "01012027", "01022027"),
        ("31122026", "01012027", "02012027"),
        ("31.03.2026", "01.04.2026", "02.04.2026"),
        ("03-31-26", "04-01-26", "04-02-26"),
        ("310326", "010426", "020426"),
        ("31-Dec-2026", "01-Jan-2027", "02-Jan-2027"),
        ("52-2026", "01-2027", "02-2027"),
        ("04012026", "04022026", "04032026"),
    ],
    ids=lambda names: names[0],
)
@pytest.mark.parametrize("cleared", [False, True])
def test_days_as_people_write_them_order_exports(tmp_path: Path, names: Sequence[str], cleared: bool) -> None:
    """The files of this spring were written when they say; the times of the others tell nothing."""
    drops = Drops(tmp_path, DATED)
    spring = 29  # days from March 2
    path = drops.drop(f"patients-{names[0]}.csv", one(names[0]), at=spring * DAY)
    drops.settle()
    for day, name in enumerate(names[1:], spring + 1):
        if cleared:
            path.unlink()
        path = drops.drop(f"patients-{name}.csv", one(name), at=day * DAY)
        drops.settle()
        assert drops.latest() == {"1": name}
        drops.restart()
        drops.settle()
        assert drops.latest() == {"1": name}
    assert drops.world.poller.health == ""
    assert len(drops.events()) == len(names)


def test_deltas_whose_names_have_the_year_last_follow_each_other(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DELTAS)
    drops.drop("f-12302026.csv", ADA_BOB)
    drops.drop("d-12312026.csv", one("Anna"), at=DAY)
    drops.settle()
    drops.drop("d-01012027.csv", one("Ann"), at=2 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "Ann", "2": "Bob"}
    drops.drop("f-01022027.csv", one("Annie"), at=3 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "Annie"}
    assert drops.world.poller.health == ""


def test_what_later_names_prove_orders_the_earlier_ones_too(tmp_path: Path) -> None:
    """The first days could be either, and their files were copied long after."""
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-01-02-2026.csv", one("January 2"), at=200 * DAY)
    drops.drop("patients-02-01-2026.csv", one("February 1"), at=100 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "January 2"}, "by the times of the files"
    assert "set day_first: in the settings" in drops.world.poller.health
    drops.drop("patients-01-15-2026.csv", one("January 15"), at=300 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "February 1"}
    assert drops.world.poller.health == ""


def test_what_a_person_sets_orders_exports(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(DATED, day_first=True))
    drops.drop("patients-01-02-2026.csv", one("February 1"), at=200 * DAY)
    drops.drop("patients-02-01-2026.csv", one("January 2"), at=300 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "February 1"}


def test_a_newer_export_whose_number_begins_anew_is_told(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-52.csv", one("old"))
    drops.settle()
    drops.drop("patients-1.csv", one("new"), at=DAY)
    drops.settle()
    told = "1 was written after 52, and its name comes before it: nothing of it replaces what that has."
    assert told in drops.world.poller.health
    drops.restart()
    drops.settle()
    assert told in drops.world.poller.health
    (drops.directory / "patients-1.csv").rename(drops.directory / "patients-53.csv")
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert drops.world.poller.health == ""


def test_exports_that_were_copied_at_once_are_no_concern(tmp_path: Path) -> None:
    """In whatever order: their times are those of the copying."""
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-52.csv", one("new"))
    drops.drop("patients-1.csv", one("old"), at=5)
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert drops.world.poller.health == ""


def test_a_newer_delta_whose_number_begins_anew_is_told(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("d-{export}.csv")))
    drops.drop("d-52.csv", one("old"))
    drops.settle()
    drops.drop("d-1.csv", one("new"), at=DAY)
    drops.settle()
    assert "1 was written after 52, and its name comes before it" in drops.world.poller.health


def test_an_older_export_that_is_sent_again_is_no_concern(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-7.csv", one("old"))
    drops.settle()
    drops.drop("patients-8.csv", one("new"), at=DAY)
    drops.settle()
    drops.drop("patients-7.csv", one("old"), at=2 * DAY)
    drops.settle()
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert drops.world.poller.health == ""
    drops.drop("patients-6.csv", one("older"), at=-DAY)
    drops.settle()
    assert "patient: 6 comes before 8 and is not read" in caplog.text


def test_other_rows_under_the_same_name_with_an_older_time_are_told(tmp_path: Path) -> None:
    drops = Drops(tmp_path)
    drops.drop("patients.csv", one("Ada"), at=DAY)
    drops.settle()
    drops.drop("patients.csv", one("Anna"), at=0)
    drops.settle()
    assert "patients.csv holds other rows than it did when it was read, and its time is older" in (
        drops.world.poller.health
    )
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "Ada"}
    assert "patients.csv is older than what was read before" in drops.world.poller.health
    drops.drop("patients.csv", one("Anna"), at=2 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "Anna"}
    assert drops.world.poller.health == ""


def test_a_delta_under_the_same_name_with_an_older_time_is_told(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("changes.csv")))
    drops.drop("changes.csv", one("Ada"), at=DAY)
    drops.settle()
    drops.drop("changes.csv", one("Anna"), at=0)
    drops.settle()
    assert "changes.csv holds other rows than it did" in drops.world.poller.health


@pytest.mark.parametrize("restarted", [False, True])
def test_other_rows_under_the_same_name_size_and_time_are_read(tmp_path: Path, restarted: bool) -> None:
    drops = Drops(tmp_path)
    for name in ("Ada", "Bob", "Eve"):
        drops.drop("patients.csv", one(name))
        drops.settle()
        assert drops.latest() == {"1": name}
        if restarted:
            drops.restart()


def test_an_older_export_does_not_come_back_when_the_newest_is_cleared_away(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-1.csv", one("old"))
    newest = drops.drop("patients-2.csv", one("new"), at=DAY)
    drops.settle()
    newest.unlink()
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert "1 is older than what was read before, which is not there any more" in drops.world.poller.health
    drops.drop("patients-3.csv", one("newer"), at=2 * DAY)
    drops.settle()
    assert drops.latest() == {"1": "newer"}
    assert drops.world.poller.health == ""


def test_an_older_export_does_not_come_back_when_the_newest_is_refused(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DATED)
    drops.drop("patients-1.csv", one("old"))
    drops.drop("patients-2.csv", one("new"), at=DAY)
    drops.settle()
    drops.drop("patients-2.csv", "no header\n", at=2 * DAY)
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert "2 is refused" in drops.world.poller.health


def test_rows_of_a_delta_that_was_cleared_away_are_not_deleted(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DELTAS)
    drops.drop("f-1.csv", ADA_BOB)
    cleared = drops.drop("d-2.csv", "id,name\n3,Cleo\n", at=DAY)
    drops.drop("d-3.csv", "id,name\n4,Dan\n", at=2 * DAY)
    drops.settle()
    cleared.unlink()
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob", "3": "Cleo", "4": "Dan"}
    drops.drop("f-4.csv", ADA_BOB, at=3 * DAY)
    drops.settle()
    assert [key for kind, key in drops.take() if kind == DELETE] == ["3", "4"]


def test_a_delta_of_the_day_of_the_full_export_counts_if_it_was_written_later(tmp_path: Path) -> None:
    drops = Drops(tmp_path, DELTAS)
    drops.drop("f-2026-03-02.csv", ADA_BOB, at=60)
    drops.drop("d-2026-03-02.csv", one("Anna"), at=120)
    drops.settle()
    assert drops.latest() == {"1": "Anna", "2": "Bob"}
    drops.drop("f-2026-03-03.csv", ADA_BOB, at=DAY)
    drops.drop("d-2026-03-03.csv", one("Ann"), at=DAY - 60)
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob"}


def test_what_an_earlier_release_remembered_is_known(tmp_path: Path) -> None:
    """``files.json`` as it was before orders and times of change were kept in it."""
    drops = Drops(tmp_path)
    drops.drop("patients-a.csv", one("old"), at=60)
    drops.settle()
    drops.drop("patients-b.csv", one("new"), at=120)
    drops.settle()
    path = tmp_path / "work" / "files.json"
    found = json.loads(path.read_text())
    del found["orders"]
    for file in found["files"].values():
        del file["ctime_ns"]
    path.write_text(json.dumps(found))
    drops.drop("patients-a.csv", one("old"), at=180)
    drops.restart()
    drops.settle()
    assert drops.latest() == {"1": "new"}
    assert drops.world.poller.health == ""


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{name}.done"))
    drops.drop("patients.csv", ADA_BOB)
    drops.drop("patients.csv.done", "")
    open_path = Path.open
    closed = {"patients.csv"}

    def refuse(path: Path, *args: object, **named: object) -> object:
        if path.name in closed:
            raise PermissionError(13, "Permission denied")
        return open_path(path, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    drops.settle()
    assert "patients.csv cannot be read (Permission denied)" in drops.world.poller.health
    closed = {"patients.csv.done"}
    drops.settle()
    assert "its marker patients.csv.done cannot be read (Permission denied)" in drops.world.poller.health
    assert drops.events() == []
    monkeypatch.undo()
    drops.drop("patients.csv.done", "", at=1)
    drops.settle()
    assert len(drops.events()) == 2
    assert drops.world.poller.health == ""
