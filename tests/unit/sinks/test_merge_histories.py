"""Any history of a clinic that merges charts, with hold and sender dying anywhere: Twenty ends as the source says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.conservation import Ledger
from schemas.records import Outcome
from tests.unit.sinks.merge_world import CHARTS, COLUMNS, World

Act = Callable[[World], None]
EMAILS = ("u@x.test", "v@x.test")


def maybe(chance: random.Random, odds: float, values: str | tuple[str, ...]) -> str | None:
    return chance.choice(values) if chance.random() < odds else None


def chart(chance: random.Random, name: str, number: int, stretch: int) -> Act:
    into = maybe(chance, 0.45, CHARTS.replace(name, ""))
    row = {
        "title": f"{name}{number // stretch}",
        "email": maybe(chance, 0.4, EMAILS),
        "guarantor": maybe(chance, 0.4, CHARTS),
        "nick": maybe(chance, 0.4, ("n1", "n2")),
        "card1": maybe(chance, 0.5, "xy"),
        "into": into,
    }
    return lambda world: world.put("patient", name, **row)


def child(chance: random.Random, name: str, number: int) -> Act:
    of = chance.choice(CHARTS)
    rows: dict[str, tuple[str, dict[str, str | None]]] = {
        "visit": (
            chance.choice("12"),
            {"title": f"v{number}", "other": maybe(chance, 0.5, CHARTS), "nick": maybe(chance, 0.5, ("n1", "n2"))},
        ),
        "note": (chance.choice("12"), {"title": f"n{number}"}),
        # one contact of each chart: two that fill the same fields would be a race at the source
        "contact": (of, {"ext": f"e{number}", "helper": maybe(chance, 0.5, CHARTS)}),
    }
    record, row = rows[name]
    return lambda world: world.put(name, record, patient=of, **row)


def logged(chance: random.Random) -> Act:
    record, (loser, survivor) = chance.choice("12"), chance.sample(CHARTS, 2)
    if chance.random() < 0.3:
        return lambda world: world.delete("merge", record)
    return lambda world: world.put("merge", record, loser=loser, survivor=survivor)


def ended(chance: random.Random, *names: str) -> Act:
    name = chance.choice(names)
    record = chance.choice(CHARTS if name in ("patient", "contact") else "12")
    return lambda world: world.delete(name, record)


def history(chance: random.Random, *deleted: str, stretch: int = 1) -> Iterator[Act]:
    """What the clinic does, and what befalls hold and sender. ``deleted``: of which objects rows are deleted.
    ``stretch``: for how many acts charts keep their titles."""
    for name in CHARTS:
        yield chart(chance, name, 0, stretch)
    for number in range(1, 15):
        kind = chance.choices(
            ("chart", "visit", "note", "contact", "log", "end", "snapshot", "hold", "afresh", "sink"),
            (40, 12, 8, 10, 8, 10, 3, 3, 2, 4),
        )[0]
        match kind:
            case "chart":
                yield chart(chance, chance.choice(CHARTS), number, stretch)
            case "visit" | "note" | "contact":
                yield child(chance, kind, number)
            case "log":
                yield logged(chance)
            case "end":
                yield ended(chance, *deleted)
            case "snapshot":
                name = chance.choice(tuple(COLUMNS))
                yield lambda world, name=name: world.snapshot(name)  # type: ignore[misc]
            case "hold" | "afresh":
                yield lambda world, afresh=kind == "afresh": world.hold.restart(afresh=afresh)  # type: ignore[misc]
            case _:
                yield World.restart_sink


def lived(seed: int, *deleted: str, edits_seconds: float = float("inf"), stretch: int = 1) -> World:
    chance = random.Random(seed)
    one = World(chance, dying=True, edits_seconds=edits_seconds)
    for act in history(chance, *deleted, stretch=stretch):
        act(one)
        for _ in range(chance.choice((0, 0, 1, 3))):
            one.act()
    one.settle()
    return one


def calm(source: dict[str, dict[str, dict[str, Any]]]) -> World:
    """A world that is told the same once, in good order."""
    one = World(random.Random(1))
    for name, records in source.items():
        for record, row in records.items():
            one.put(name, record, **row)
    one.settle()
    return one


def unaccounted(one: World) -> list[object]:
    ledger = Ledger()
    for event in one.bench.events():
        ledger.audited(event)
    owed = {obligation.unit for obligation in one.hold.obligations()}
    return [unit for unit in ledger.unaccounted(one.hold.units()) if unit not in owed]


def seen(one: World) -> dict[str, dict[str, Any]]:
    """Without the e-mails: which of those who share one has it is nobody's promise."""
    return {key: {name: value for name, value in row.items() if name != "emails"} for key, row in one.view().items()}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
@example(20134)
@example(700018)
@example(705272)
@example(705320)
@example(705692)
@example(900086)
@example(6000188)
@example(6000891)
@example(8510776)
@example(8540456)
def test_every_history_ends_as_the_source_says(seed: int) -> None:
    one = lived(seed, "visit", "note", "contact")
    assert seen(one) == seen(calm(one.source))
    assert unaccounted(one) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_charts_that_say_again_what_they_said_end_as_the_source_says(seed: int) -> None:
    one = lived(seed, "visit", "note", "contact", stretch=15)
    assert seen(one) == seen(calm(one.source))
    assert unaccounted(one) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_nothing_stays_of_what_the_source_has_deleted(seed: int) -> None:
    one = lived(seed, "patient", "patient", "visit", "note", "contact")
    for record in list(one.source["contact"]):
        one.delete("contact", record)
    one.settle()
    left = {key: row for key, row in one.view().items() if "extId" in row or "helperId" in row}
    assert left == {}, "fields of contacts that are gone"
    for name, records in one.source.items():
        for record in list(records):
            one.delete(name, record)
    one.settle()
    assert one.view() == {}
    assert unaccounted(one) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
@example(705963)
@example(900037)
@example(1001645)
@example(2000189)
@example(8522320)
def test_nobody_goes_without_an_e_mail_that_nobody_has(seed: int) -> None:
    one = lived(seed, "patient", "visit", "note", "contact")
    rows = [row for row in one.view().values() if "emails" in row]
    held = [row["emails"]["primaryEmail"] for row in rows if row["emails"]["primaryEmail"]]
    assert len(held) == len(set(held))
    without = [row for row in rows if row["emails"].get("additionalEmails")]
    assert {row["emails"]["additionalEmails"][0] for row in without} <= set(held)
    assert [event.key for event in one.bench.outcomes_of(Outcome.ADOPTING)] == [], "nobody else has rows here"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
@example(9)
@example(51)
@example(1000936)
@example(8000590)
@example(8521592)
def test_what_the_sender_wrote_itself_is_nobodys_edit(seed: int) -> None:
    one = lived(seed, "visit", "note", "contact", edits_seconds=1.0)
    assert [event.key for event in one.bench.outcomes_of(Outcome.CONFLICT)] == []
