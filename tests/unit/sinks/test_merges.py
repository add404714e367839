"""Charts that are merged at the source: whatever the order of arrival, and wherever the process dies."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.conservation import Ledger
from schemas.keys import twenty_id
from schemas.records import Outcome, PartMode, Write, WriteKind
from tests.unit.sinks.merge_world import World, chart, contact, end, note, patient, said, visit
from tests.unit.sinks.sender_fakes import Bench

CHARTS = "abcd"


def row(name: str) -> str:
    return twenty_id(patient(name), "")


def world(*writes: Write) -> World:
    made = World(random.Random(1))
    made.say(*writes)
    return made


def test_children_are_relinked_and_the_loser_leaves_with_its_key_as_an_alias() -> None:
    one = world(chart("a", 1), chart("b", 1), visit("1", 1, "a"), note("1", 1, "a"))
    assert one.linked("s/visit/1") == row("a")
    one.say(chart("a", 2, into="b"))
    assert not one.living("a")
    assert row("a") in one.twenty.trash, "it can be restored"
    assert one.linked("s/visit/1") == one.linked("s/note/1") == row("b")
    one.say(visit("2", 1, "a"))
    assert one.linked("s/visit/2") == row("b"), "who comes later and names the loser"
    events = [event for event in one.bench.events() if event.outcome is Outcome.MERGED]
    assert {event.reason for event in events} == {
        "s/patient/a was merged into s/patient/b",
        "merged into s/patient/b",
    }
    assert all(event.key == patient("a") for event in events)


def test_a_merge_that_is_taken_back_leads_back() -> None:
    one = world(chart("a", 1, into="b"), chart("b", 1), visit("1", 1, "a"), visit("2", 1, "b"))
    assert one.linked("s/visit/1") == row("b")
    one.say(chart("a", 2))
    assert one.twenty.rows[row("a")]["jobTitle"] == "a2"
    assert (one.linked("s/visit/1"), one.linked("s/visit/2")) == (row("a"), row("b"))


def test_it_leads_on_through_the_survivor_of_the_survivor() -> None:
    one = world(chart("a", 1, into="b"), chart("b", 1), chart("c", 1), visit("1", 1, "a"), visit("2", 1, "b"))
    one.say(chart("b", 2, into="c"))
    assert one.linked("s/visit/1") == one.linked("s/visit/2") == row("c")
    one.say(chart("b", 3))
    assert one.linked("s/visit/1") == one.linked("s/visit/2") == row("b")


def test_a_loser_whose_survivor_is_not_there_stays_and_is_flagged() -> None:
    one = world(chart("a", 1, into="b"), visit("1", 1, "a"))
    assert one.living("a")
    assert one.linked("s/visit/1") == row("a")
    assert [flag.reason for event in one.bench.outcomes_of(Outcome.FLAGGED) for flag in event.flags] == [
        "merged into a record that is not in Twenty"
    ]
    one.say(chart("b", 1))
    assert not one.living("a")
    assert one.linked("s/visit/1") == row("b")
    one.say(end(patient("b"), 2))
    assert one.twenty.rows[row("a")]["jobTitle"] == "a1", "it is not lost with its survivor"
    assert one.linked("s/visit/1") == row("a")


def test_charts_that_are_merged_in_a_cycle_are_kept_apart_and_flagged() -> None:
    one = world(*(chart(name, 1, into=into) for name, into in zip("abc", "bca", strict=True)), chart("d", 1, into="a"))
    assert [one.living(name) for name in CHARTS] == [True, True, True, False]
    reasons = [flag.reason for event in one.bench.outcomes_of(Outcome.FLAGGED) for flag in event.flags]
    assert "merged in a cycle: nobody can say which record survived" in reasons


def test_a_log_tells_of_charts_that_are_gone_or_were_never_seen() -> None:
    one = world(chart("b", 1), said("1", 1, "a", "b"), visit("1", 1, "a"))
    assert one.linked("s/visit/1") == row("b")
    one.say(chart("a", 5))
    assert not one.living("a")
    one.say(end(patient("a"), 6), visit("2", 1, "a"))
    assert one.linked("s/visit/2") == row("b")
    one.say(end("s/merge/1", 2))
    assert not one.living("a"), "its row is gone at the source: nothing comes back"


def test_a_deleted_loser_leads_on() -> None:
    one = world(chart("a", 1, into="b"), chart("b", 1), visit("1", 1, "a"))
    one.say(end(patient("a"), 2), visit("2", 1, "a"))
    assert one.linked("s/visit/1") == one.linked("s/visit/2") == row("b")
    one.say(end(patient("b"), 2))
    assert not one.living("a")


def test_fields_of_the_loser_do_not_overwrite_the_survivors_and_are_back_with_it() -> None:
    one = world(chart("a", 1), chart("b", 1), contact("1", 1, "a"), contact("2", 1, "b"))
    one.say(chart("a", 2, into="b"))
    one.say(contact("1", 2, "a"))
    assert one.twenty.rows[row("b")]["extId"] == "21"
    one.say(chart("a", 3))
    assert one.twenty.rows[row("a")]["extId"] == "12"
    assert one.twenty.rows[row("b")]["extId"] == "21"


def test_a_row_that_we_put_into_the_trash_is_nobodys_edit() -> None:
    one = world(chart("a", 1), chart("b", 1), contact("1", 1, "a"))
    one.bench = Bench(twenty=one.twenty, kafka=one.kafka, edits_seconds=1.0)
    one.say(chart("a", 2, into="b"))
    one.bench.turn()
    assert row("a") in one.twenty.trash
    assert one.bench.outcomes_of(Outcome.CONFLICT) == []


# --- any history


def history_of(chance: random.Random) -> list[Write]:
    """Versions of a few charts, merges in rows and in a log, children and fragments; each record's in order."""
    records: list[list[Write]] = []
    for name in CHARTS:
        versions = []
        for number in range(1, chance.randint(1, 4) + 1):
            into = chance.choice(["", "", *CHARTS.replace(name, "")])
            versions.append(chart(name, number, into=into) if chance.random() < 0.8 else end(patient(name), number))
        records.append(versions)
    for name in chance.choice(("", "1", "12")):
        versions = [said(name, number, *chance.sample(CHARTS, 2)) for number in range(1, chance.randint(1, 2) + 1)]
        records.append([*versions, end(f"s/merge/{name}", 3)] if chance.random() < 0.5 else versions)
    for make, name in ((visit, "1"), (visit, "2"), (note, "1"), (contact, "1")):
        records.append([make(name, number, chance.choice(CHARTS)) for number in range(1, chance.randint(1, 2) + 1)])
    order = [index for index, versions in enumerate(records) for _ in versions]
    chance.shuffle(order)
    queues = [iter(versions) for versions in records]
    return [next(queues[index]) for index in order]


def stands_at(name: str, alive: set[str], mergers: Mapping[str, str]) -> str:
    """Where a chart's key leads: ``""`` where there is nothing."""
    path = [name]
    while (after := mergers.get(path[-1])) and after not in path:
        path.append(after)
    if after == name:
        path = [name]
    elif after:
        path = path[: path.index(after) + 1]
    return next((each for each in reversed(path) if each in alive), "")


def expectations(history: Iterable[Write]) -> list[tuple[set[str], dict[str, str]]]:
    """(charts alive, loser -> survivor). The row of a loser that was deleted may have been heard of, or not."""
    last: dict[str, Write] = {}
    sure: dict[str, tuple[str, str]] = {}
    maybe: dict[str, set[str]] = {}
    for write in history:
        last[write.key] = write
        for part in write.parts:
            if part.mode is PartMode.MERGER and part.merger and write.key.startswith("s/patient"):
                maybe.setdefault(write.key[-1], {""}).add(part.merger.survivor[-2])
    alive = {name for name in CHARTS if last[patient(name)].kind is WriteKind.WRITE}
    for key, write in last.items():
        for part in write.parts:
            if part.merger:
                loser, own = part.merger.loser[-2], key.startswith("s/patient")
                said_of = ("~" if own else part.merger.at + key, part.merger.survivor[-2])
                sure[loser] = max(sure.get(loser, said_of), said_of)
    fixed = {loser: survivor for loser, (_, survivor) in sure.items()}
    open_losers = [name for name in sorted(maybe) if name not in alive]
    choices = itertools.product(*(sorted(maybe[name]) for name in open_losers))
    return [
        (alive, fixed | {name: into for name, into in zip(open_losers, chosen, strict=True) if into})
        for chosen in choices
    ]


def mismatch(one: World, history: list[Write], alive: set[str], mergers: Mapping[str, str]) -> str:
    for name in CHARTS:
        stands = name in alive and stands_at(name, alive, mergers) == name
        if one.living(name) != stands:
            return f"{name} {'is missing' if stands else 'should be gone'}"
    last = {write.key: write for write in history}
    for name in alive:
        if one.living(name) and one.title(name) != last[patient(name)].parts[0].fields["jobTitle"]:
            return f"{name} is stale"
    for key, write in last.items():
        if key.startswith(("s/visit", "s/note")):
            of = write.parts[0].links[0].token[-2]
            leads = stands_at(of, alive, mergers)
            if leads and one.linked(key) != row(leads):
                return f"{key} of {of} should lead to {leads}"
        if key.startswith("s/contact"):
            anchor = write.parts[0].anchor
            of = anchor.token[-2] if anchor else ""
            if one.living(of) and one.twenty.rows[row(of)].get("extId") != write.parts[0].fields["extId"]:
                return f"{key} is missing in {of}"
            for name in CHARTS:
                if of in alive and name != of and one.living(name) and one.twenty.rows[row(name)].get("extId"):
                    return f"{key} of {of} was left in {name}"
    return ""


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_every_order_ends_as_the_source_says(seed: int) -> None:
    chance = random.Random(seed)
    history = history_of(chance)
    one = World(chance)
    for write in history:
        one.hold.accept(write)
        for _ in range(chance.choice((0, 0, 1, 2))):
            one.act()
    one.settle()
    wrong = [mismatch(one, history, *expected) for expected in expectations(history)]
    assert "" in wrong, f"{wrong} (seed {seed})"
    ledger = Ledger()
    for event in one.bench.events():
        ledger.audited(event)
    held = {write.unit for write in history if write.key in one.hold.held}
    passed = {event.unit for event in one.bench.events()} | held
    assert [unit for unit in ledger.unaccounted(passed) if unit not in held] == []


@pytest.mark.parametrize("seed", range(5))
def test_a_merge_and_its_children_in_any_order(seed: int) -> None:
    chance = random.Random(seed)
    writes = [chart("a", 1, into="b"), chart("b", 1, into="c"), chart("c", 1), visit("1", 1, "a"), note("1", 1, "b")]
    chance.shuffle(writes)
    one = World(chance)
    for write in writes:
        one.hold.accept(write)
        one.act()
    one.settle()
    assert [one.living(name) for name in "abc"] == [False, False, True]
    assert one.linked("s/visit/1") == one.linked("s/note/1") == row("c")
