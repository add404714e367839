"""What waits, what replaces it, and how far each topic is finished."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Lift, Link, Part, Version, Write, WriteKind
from sinks.lanes import Lanes, Watermark, returned
from sinks.pending import Lane
from tests.unit.sinks.values import at, version, write

KEY = "s/patient/1"


def lanes(written: Version | None = None, end: int = 0, window: int = 2, *, covers: bool = True) -> Lanes:
    made = Lanes(lambda _: written, lambda patch: covers and patch.version == written, lambda _: end, window=window)
    for lane in Lane:
        made.start(lane, 0, 0, 0)
    return made


def offer(made: Lanes, offset: int, record: Write | Lift, lane: Lane = Lane.LIVE) -> list[Write]:
    made.opened(at(offset, lane))
    return made.offer(at(offset, lane), record, 0.0)


def patch(number: int, row: str = "row") -> Write:
    return write(number, Part("", "person", links=(Link("company", "t", False, row),)), kind=WriteKind.PATCH)


def one(number: int, **more: Any) -> Write:
    return write(number, Part("", "person", links=(Link("company", "t", False),)), **more)


def committable(made: Lanes, lane: Lane = Lane.LIVE) -> int:
    return made.committable()[(lane, 0)]


def test_a_newer_version_takes_the_place_and_keeps_the_age() -> None:
    made = lanes()
    assert offer(made, 0, one(1)) == []
    assert offer(made, 1, one(2)) == [one(1)]
    pending = made.get(KEY)
    assert pending is not None and pending.write == one(2) and pending.seq == 1
    assert committable(made) == 0
    made.done(pending)
    assert committable(made) == 2


def test_an_older_version_never_takes_the_place() -> None:
    made = lanes()
    offer(made, 0, one(5))
    assert offer(made, 1, one(3), Lane.LIVE) == [one(3)]
    pending = made.get(KEY)
    assert pending is not None and pending.write == one(5) and [part for part, _ in pending.ghosts] == [""]


def test_a_patch_is_laid_over_the_version_that_waits() -> None:
    made = lanes()
    offer(made, 0, one(1))
    offer(made, 1, patch(1))
    pending = made.get(KEY)
    assert pending is not None and pending.write.kind is WriteKind.WRITE
    assert pending.write.parts[0].links[0].twenty_id == "row"


def test_a_patch_of_what_is_written_goes_out_by_itself() -> None:
    made = lanes(version(1))
    offer(made, 0, patch(1))
    pending = made.get(KEY)
    assert pending is not None and pending.write.kind is WriteKind.PATCH


def test_a_patch_of_an_older_version_is_finished_at_once() -> None:
    made = lanes(version(2))
    offer(made, 0, patch(1))
    assert made.get(KEY) is None and committable(made) == 1


def test_a_patch_waits_for_its_write_in_bulk_and_no_longer() -> None:
    made = lanes(end=2)
    offer(made, 0, patch(1))
    made.reconsider(0.0)
    assert committable(made) == 0
    offer(made, 0, one(1), Lane.BULK)
    pending = made.get(KEY)
    assert pending is not None and pending.write.parts[0].links[0].twenty_id == "row"
    made.done(pending)
    assert committable(made) == 1
    offer(made, 1, patch(9))
    made.reconsider(0.0)
    assert committable(made) == 1
    made.caught_up(0, 2)
    made.reconsider(0.0)
    assert committable(made) == 2


def test_a_patch_of_a_write_that_is_half_written_waits_for_the_rest() -> None:
    made = lanes(version(1), end=1, covers=False)
    offer(made, 0, patch(1))
    made.reconsider(0.0)
    assert made.get(KEY) is None and committable(made) == 0
    offer(made, 0, one(1), Lane.BULK)
    pending = made.get(KEY)
    assert pending is not None and pending.write.parts[0].links[0].twenty_id == "row"


def test_bulk_is_loaded_by_the_window_in_order() -> None:
    made = lanes(window=2)
    for offset in range(6):
        position = at(offset, Lane.BULK)
        made.opened(position)
        if made.room():
            made.offer(position, one(1, key=f"s/patient/{offset}"), 0.0)
        else:
            made.index(position, f"s/patient/{offset}")
    assert [pending.key[-1] for pending in made] == ["0", "1"]
    assert made.turns(10) == [] and made.bulk == 6
    for pending in list(made):
        made.done(pending)
    assert [position.offset for position in made.turns(10)] == [2, 3]
    assert committable(made, Lane.BULK) == 2


def test_a_lift_brings_the_body_forward_and_into_the_live_lane() -> None:
    made = lanes(window=0)
    for offset in range(3):
        made.opened(at(offset, Lane.BULK))
        made.index(at(offset, Lane.BULK), f"s/patient/{offset}")
    offer(made, 0, Lift("s/patient/2"))
    assert [position.offset for position in made.turns(10)] == [2]
    made.offer(at(2, Lane.BULK), one(1, key="s/patient/2"), 0.0)
    pending = made.get("s/patient/2")
    assert pending is not None and pending.lane is Lane.LIVE
    assert committable(made) == 0
    made.done(pending)
    assert committable(made) == 1


def test_a_lift_that_comes_first_is_remembered() -> None:
    made = lanes(window=0)
    offer(made, 0, Lift(KEY))
    assert committable(made) == 1 and made.hastened(KEY) and not made.room()
    offer(made, 0, one(1), Lane.BULK)
    pending = made.get(KEY)
    assert pending is not None and pending.lane is Lane.LIVE
    assert (made.live, made.bulk) == (1, 0)


def test_a_repair_of_the_version_that_waits_makes_it_one() -> None:
    made = lanes()
    offer(made, 0, one(1))
    offer(made, 1, one(1, repair=True))
    pending = made.get(KEY)
    assert pending is not None and pending.write.repair


def test_a_repair_that_finds_a_patch_waiting_is_the_message_to_read_again() -> None:
    made = lanes(version(1))
    offer(made, 0, patch(1))
    offer(made, 1, one(1, repair=True))
    pending = made.get(KEY)
    assert pending is not None and pending.write.repair
    assert pending.write.parts[0].links[0].twenty_id == "row"
    assert pending.place == at(1, Lane.LIVE)


def test_only_links_to_what_is_gone_are_unresolved_on_the_way_back() -> None:
    links = (Link("company", "a", True, "gone"), Link("person", "b", False, "there"))
    part = Part("", "note", links=links, anchor=Link("", "c", True, "gone"))
    back = returned(write(1, part), {"gone"}).parts[0]
    assert [link.twenty_id for link in back.links] == [None, "there"]
    assert back.anchor == Link("", "c", True, None)


@given(st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_nothing_is_committed_before_it_is_finished(gaps: list[int], random: object) -> None:
    mark, offset, opened = Watermark(0), 0, []
    for gap in gaps:
        offset += gap
        mark.open(offset)
        opened.append(offset)
        offset += 1
    order = list(opened)
    random.shuffle(order)  # type: ignore[attr-defined]
    left = set(opened)
    for finished in order:
        assert mark.lowest() == min(left)
        mark.finish(finished)
        left.discard(finished)
    assert mark.lowest() == offset
