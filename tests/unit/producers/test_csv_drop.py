"""Files in a directory become changes: each once, in order, and nothing that was not said."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from producers.source import SourceError
from tests.unit.producers.drop_world import ADA_BOB, DELETE, FULL, LIMITS, SNAPSHOT, UPSERT, Drops


def test_the_first_export_is_the_snapshot_and_later_ones_are_changes(drops: Drops) -> None:
    drops.drop("patients-1.csv", ADA_BOB)
    drops.settle()
    assert drops.take() == [(SNAPSHOT, "1"), (SNAPSHOT, "2")]
    drops.drop("patients-2.csv", "id,name\n1,Ada\n2,Bert\n3,Cleo\n", at=60)
    drops.settle()
    assert sorted(drops.take()) == [(UPSERT, "2"), (UPSERT, "3")]
    assert drops.latest() == {"1": "Ada", "2": "Bert", "3": "Cleo"}


def test_an_object_waits_for_its_first_export_and_says_so(drops: Drops) -> None:
    drops.settle()
    assert drops.events() == []
    assert drops.world.poller.health == "no complete file patients*.csv yet"
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    assert drops.world.poller.health == ""
    assert len(drops.events()) == 2


def test_a_file_that_grows_is_left_alone(drops: Drops) -> None:
    """Half-written: its size changes between looks, whatever its time says."""
    text = "id,name\n" + "".join(f"{number},Ada\n" for number in range(40))
    for end in range(20, len(text), 30):
        drops.drop("patients.csv", text[:end])
        drops.round(4)
    assert drops.events() == []
    drops.drop("patients.csv", text)
    drops.settle()
    assert len(drops.events()) == 40


def test_a_file_with_a_marker_is_taken_at_once_and_one_without_never(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{name}.done"))
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    assert "lacks the marker patients.csv.done" in drops.world.poller.health
    drops.drop("patients.csv.done", "")
    drops.round(1.1)
    drops.round(1.1)
    assert len(drops.events()) == 2


def test_the_last_delivery_s_marker_says_nothing_of_a_file_that_is_being_written(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{name}.done"))
    rows = [f"{number},n{number}\n" for number in range(50)]
    drops.drop("patients.csv", "id,name\n" + "".join(rows))
    drops.drop("patients.csv.done", "")
    drops.settle()
    drops.take()
    for written in range(10, 50):
        drops.drop("patients.csv", "id,name\n" + "".join(rows[:written]), at=86_400 + written)
        drops.round(1.1)
    drops.drop("patients.csv", "id,name\n" + "".join(rows), at=90_000)
    drops.settle()
    assert drops.take() == []


def test_a_marker_that_counts_other_rows_refuses_the_export(tmp_path: Path) -> None:
    drops = Drops(tmp_path, replace(FULL, marker="{stem}.ok"))
    drops.drop("patients.csv", ADA_BOB)
    drops.drop("patients.ok", "3\n")
    drops.settle()
    assert "patients.ok says 3 rows, there are 2" in drops.world.poller.health
    assert drops.events() == []
    drops.drop("patients.csv", ADA_BOB + "3,Cleo\n", at=1)
    drops.settle()
    assert len(drops.events()) == 3


def test_a_row_that_is_missing_twice_is_deleted(drops: Drops) -> None:
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    drops.drop("patients.csv", "id,name\n2,Bob\n", at=60)
    drops.settle()
    assert drops.take()[2:] == [(DELETE, "1")]
    drops.drop("patients.csv", ADA_BOB, at=120)
    drops.settle()
    assert drops.take() == [(UPSERT, "1")]


def test_an_empty_directory_says_nothing_about_the_rows(drops: Drops) -> None:
    path = drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    path.unlink()
    drops.settle()
    drops.restart()
    drops.settle()
    assert len(drops.events()) == 2
    assert "no complete file" in drops.world.poller.health


def test_a_directory_that_is_not_there_is_an_error_that_names_it(drops: Drops) -> None:
    drops.directory.rmdir()
    with pytest.raises(SourceError, match=r"drops is no directory: .*is it mounted"):
        drops.source.reading()


def test_a_file_sent_again_changes_nothing(drops: Drops) -> None:
    drops.drop("patients-a.csv", ADA_BOB)
    drops.settle()
    drops.drop("patients-b.csv", "id,name\n1,Ada\n2,Bert\n", at=60)
    drops.settle()
    drops.take()
    drops.drop("patients-a.csv", ADA_BOB, at=120)  # the same bytes, a newer time
    drops.settle()
    drops.restart()
    drops.settle()
    assert drops.take() == []
    assert drops.latest()["2"] == "Bert"


def test_one_name_written_over_and_over_means_what_it_holds_now(drops: Drops) -> None:
    for minute, name in enumerate(["Ada", "Anna", "Ada"]):
        drops.drop("patients.csv", f"id,name\n1,{name}\n", at=60 * minute)
        drops.settle()
        assert drops.latest() == {"1": name}
    assert len(drops.events()) == 3


MANY = 1_100
"""More suspects than a checkpoint keeps."""


def test_many_rows_missing_are_deleted_although_the_poller_starts_anew(tmp_path: Path) -> None:
    drops = Drops(tmp_path, limits=replace(LIMITS, chunk_rows=5_000, missing_rows=2 * MANY))
    rows = [f"{number},n{number}\n" for number in range(MANY + 400)]
    drops.drop("patients.csv", "id,name\n" + "".join(rows))
    drops.settle()
    drops.take()
    drops.drop("patients.csv", "id,name\n" + "".join(rows[MANY:]), at=60)
    while not drops.world.poller.position.suspects:
        drops.database.advance(1.1)
        drops.world.poll_to_end()
        drops.world.poller.sweep(drops.source.reading())
    drops.world.poller.heartbeat()
    drops.restart()
    drops.settle()
    assert [kind for kind, _ in drops.take()] == [DELETE] * MANY


def test_what_was_approved_before_a_restart_is_deleted_and_no_later_loss_with_it(tmp_path: Path) -> None:
    drops = Drops(tmp_path, limits=replace(LIMITS, chunk_rows=5_000, missing_rows=20, missing_ratio=0.2))
    rows = [f"{number},n{number}\n" for number in range(2 * MANY)]
    drops.drop("patients.csv", "id,name\n" + "".join(rows))
    drops.settle()
    drops.take()
    drops.drop("patients.csv", "id,name\n" + "".join(rows[MANY:]), at=60)
    drops.settle()
    assert "are missing at once" in drops.world.poller.health
    drops.world.poller.heartbeat()
    drops.restart()
    drops.world.poller.approve()
    drops.settle()
    assert [kind for kind, _ in drops.take()] == [DELETE] * MANY
    drops.drop("patients.csv", "id,name\n" + rows[-1], at=86_400)
    drops.settle()
    assert drops.take() == []
    assert "are missing at once" in drops.world.poller.health


def test_a_file_without_the_key_is_refused_without_quoting_it(drops: Drops) -> None:
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    drops.drop("patients.csv", "Zanzibar,Grace\n9,Joan\n", at=60)
    drops.settle()
    assert len(drops.events()) == 2
    health = drops.world.poller.health
    assert "patients.csv is refused: patients.csv: line 1 names 2 columns, not all of id among them" in health
    assert "Zanzibar" not in health


def test_a_restart_repeats_nothing_and_finds_what_came_meanwhile(drops: Drops) -> None:
    drops.drop("patients.csv", ADA_BOB)
    drops.settle()
    drops.restart()
    drops.drop("patients.csv", "id,name\n1,Anna\n", at=60)
    drops.settle()
    assert drops.take()[2:] == [(UPSERT, "1"), (DELETE, "2")]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_dropped_the_topic_ends_as_the_last_export(tmp_path: Path, seed: int) -> None:
    """Full exports with random rows, restarts in between, a commit that comes to nothing now and then."""
    draw = random.Random(seed)
    drops = Drops(tmp_path)
    rows: dict[str, str] = {}
    for number in range(6):
        for _ in range(10):
            rows[str(draw.randrange(30))] = draw.choice(["Ada", "Bob", 'O"Hara', "a,b", "two\nlines", "ÅΩ"])
        for key in draw.sample(sorted(rows), 3):
            del rows[key]
        body = "".join(f'{key},"{name.replace(chr(34), chr(34) * 2)}"\n' for key, name in rows.items())
        drops.drop("patients.csv", f"id,name\n{body}", at=60 * (number + 1))
        drops.world.publisher.fail = draw.random() < 0.5
        if draw.random() < 0.5:
            drops.round(draw.random() * 12)
            drops.restart()
        drops.settle()
        assert drops.latest() == rows


def test_a_million_rows_in_small_a_hundred_changes_are_a_hundred_events(tmp_path: Path) -> None:
    drops = Drops(tmp_path, limits=replace(Drops(tmp_path / "x").limits, chunk_rows=5_000))
    rows = [f"{number},n{number}\n" for number in range(30_000)]
    drops.drop("patients.csv", "id,name\n" + "".join(rows))
    drops.settle()
    assert len(drops.events()) == 30_000
    for number in random.Random(1).sample(range(30_000), 100):
        rows[number] = f"{number},changed\n"
    random.Random(2).shuffle(rows)
    drops.drop("patients.csv", "id,name\n" + "".join(rows), at=60)
    drops.settle()
    assert [kind for kind, _ in drops.events()[30_000:]] == [UPSERT] * 100
