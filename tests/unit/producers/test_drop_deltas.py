"""Files that tell what changed, beside full exports or alone."""

from __future__ import annotations

from pathlib import Path

from producers.drops import Pattern, Rule
from tests.unit.producers.drop_world import ADA_BOB, DELETE, Drops


def test_files_of_the_same_second_are_both_read(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("changes*.csv")))
    drops.drop("changes-9.csv", "id,name\n1,Ada\n2,Bob\n", at=5)
    drops.drop("changes-10.csv", "id,name\n2,Bert\n3,Cleo\n", at=5)
    drops.settle()
    drops.drop("changes-11.csv", "id,name\n3,Clara\n", at=5)  # and one more, later, with the same time
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bert", "3": "Clara"}


def test_deltas_change_and_add_and_an_absent_row_is_not_deleted(tmp_path: Path) -> None:
    rule = Rule(delta=Pattern("d-{export}.csv"), deleted=("op", frozenset({"D"})))
    drops = Drops(tmp_path, rule)
    drops.drop("d-1.csv", "id,name,op\n1,Ada,\n2,Bob,\n")
    drops.settle()
    drops.drop("d-2.csv", "id,name,op\n2,Bert,U\n3,Cleo,I\n", at=60)
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bert", "3": "Cleo"}
    drops.drop("d-3.csv", "id,name,op\n1,,D\n", at=120)
    drops.settle()
    assert drops.latest() == {"2": "Bert", "3": "Cleo"}
    assert [kind for kind, _ in drops.events()].count(DELETE) == 1


def test_a_delta_that_comes_late_changes_nothing_that_is_newer(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("d-{export}.csv"), deleted=("op", frozenset({"D"}))))
    drops.drop("d-4.csv", "id,name,op\n1,new,\n2,,D\n")
    drops.settle()
    drops.drop("d-3.csv", "id,name,op\n1,old,\n2,gone,\n3,only here,\n", at=60)
    drops.settle()
    assert drops.latest() == {"1": "new", "3": "only here"}


def test_deltas_that_were_cleared_away_take_nothing_with_them(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("d-{export}.csv"), deleted=("op", frozenset({"D"}))))
    path = drops.drop("d-1.csv", "id,name,op\n1,Ada,\n2,Bob,\n")
    drops.settle()
    path.unlink()
    drops.restart()
    drops.drop("d-2.csv", "id,name,op\n2,Bert,\n", at=60)
    drops.settle()
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bert"}
    assert drops.world.poller.health == ""


def test_a_delta_may_say_several_things_of_a_row_and_the_last_counts(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("d-{export}.csv")))
    drops.drop("d-1.csv", "id,name\n1,Ada\n1,Anna\n")
    drops.settle()
    assert drops.latest() == {"1": "Anna"}
    assert drops.world.poller.health == "", "a person need not look at it"


def test_a_full_export_after_deltas_is_the_last_word(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(full=Pattern("f-{export}.csv"), delta=Pattern("d-{export}.csv")))
    drops.drop("f-1.csv", ADA_BOB)
    drops.drop("d-2.csv", "id,name\n3,Cleo\n")
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob", "3": "Cleo"}
    drops.restart()
    drops.settle()
    assert len(drops.events()) == 3
    (drops.directory / "d-2.csv").unlink()
    drops.restart()  # row 3 is in no file any more, and nothing says that it is gone
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob", "3": "Cleo"}
    drops.drop("f-3.csv", ADA_BOB, at=60)
    drops.settle()
    assert drops.latest() == {"1": "Ada", "2": "Bob"}


def test_a_row_that_is_declared_gone_twice_can_come_back(tmp_path: Path) -> None:
    drops = Drops(tmp_path, Rule(delta=Pattern("d-{export}.csv"), deleted=("op", frozenset({"D"}))))
    for number, row in enumerate(("1,Ada,", "1,,D", "1,,D", "1,Ada again,"), 1):
        drops.drop(f"d-{number}.csv", f"id,name,op\n{row}\n2,Bob {number},\n", at=60 * number)
        drops.settle()
    assert drops.latest() == {"1": "Ada again", "2": "Bob 4"}
    assert drops.world.poller.health == ""
