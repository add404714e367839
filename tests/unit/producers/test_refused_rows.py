"""A row that no message can hold is a dead letter, and stops no other."""

from __future__ import annotations

from tests.unit.producers.worlds import World, ids


def test_a_row_that_no_message_holds_stops_no_other() -> None:
    world = World()
    world.publisher.longest = 200
    for number in range(7):
        world.put(f"p{number}", name="Ada" if number != 3 else "A" * 300)
    world.snapshot_to_end()
    assert sorted(ids(world)) == ["p0", "p1", "p2", "p4", "p5", "p6"]
    (letter,) = world.topic.letters
    assert (letter.where, letter.raw.count(b"A")) == ("p3", 300)
    world.sweep()
    world.start()
    world.publisher.longest = 200
    world.sweep()
    assert len(world.topic.letters) == 1, "each once, over restarts too"
    assert world.poller.health.startswith("clinic/patient/p3 is not captured: ")
    assert world.shown("source_rejected_rows") == 1
    world.put("p3", name="Ada")
    world.settle()
    assert world.latest()["p3"].record["name"] == "Ada"
    assert world.poller.health == ""


def test_a_row_that_became_too_long_stays_as_it_was_and_is_not_deleted(world: World) -> None:
    world.publisher.longest = 200
    world.put("p1", name="Ada")
    world.put("p2", name="Ada")
    world.settle()
    world.put("p1", name="A" * 300)
    for _ in range(3):
        world.settle()
        world.sweep()
    assert {key: change.record["name"] for key, change in world.latest().items()} == {"p1": "Ada", "p2": "Ada"}
    world.delete("p1")
    for _ in range(3):
        world.sweep()
    assert list(world.latest()) == ["p2"]
    assert world.poller.health == ""


def test_a_text_that_is_no_text_stops_no_other(world: World) -> None:
    """As a REST API sends a shortened emoji, or a database a byte of no character."""
    world.put("p1", name="Ada \ud83d")
    world.put("p2\udc81", name="Ada")
    world.put("p3", name="Ada 🦷")
    world.settle()
    world.sweep()
    assert ids(world) == ["p3"]
    assert {letter.where for letter in world.topic.letters} == {"p1", "p2\\udc81"}
    assert world.poller.health.startswith("clinic/patient/p1 is not captured (1 more among the dead letters): a text")
    world.put("p1", name="Ada")
    world.settle()
    assert "p1" in world.latest()


def test_a_refusal_that_is_not_committed_is_written_again(world: World) -> None:
    world.publisher.longest = 200
    world.put("p1", name="A" * 300)
    world.publisher.fail = True
    world.poll()
    assert world.topic.letters == []
    world.poll_to_end()
    assert [letter.where for letter in world.topic.letters] == ["p1"]
