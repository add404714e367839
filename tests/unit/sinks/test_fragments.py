"""A fragment writes into another record's row, and leaves nothing of its own where it no longer is."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.keys import twenty_id
from schemas.records import Identity, IdentityState, Link, Outcome, Part, PartMode, Unit, Write, WriteKind
from sinks import rows
from sinks.book import Book
from sinks.identity import next_step
from sinks.pending import Lane
from sinks.steps import Do, Settled, Step
from tests.unit.sinks.merge_world import World
from tests.unit.sinks.test_convergence import ACTIONS, Machine
from tests.unit.sinks.values import CATALOGUE, pending, version

CONTACT = "s/contact/1"
PATIENTS = ("s/patient/1", "s/patient/2")


def row(patient: str) -> str:
    return twenty_id(patient, "")


def people() -> list[Identity]:
    return [Identity(patient, "", "person", row(patient), version(1), IdentityState.LIVE) for patient in PATIENTS]


def contact(number: int, patient: str | None) -> Write:
    """A version of the contact: of that patient, or its end."""
    unit = Unit("cdc.contact", 0, number)
    if patient is None:
        return Write(CONTACT, WriteKind.DELETE, version(number), unit, ())
    anchor = Link("anchor", f"{patient}\0", True, row(patient))
    says = number % 2 + 1  # so that a version says again what the one before the last said
    part = Part("", "person", PartMode.FRAGMENT, {"jobTitle": says}, anchor=anchor, content_hash=str(says))
    return Write(CONTACT, WriteKind.WRITE, version(number), unit, (part,))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Lane, Write]]:
    """Versions of one contact in any order over the lanes, repeats included."""
    whose = draw(st.lists(st.sampled_from((*PATIENTS, None)), min_size=1, max_size=5))
    published: list[tuple[Lane, Write]] = []
    for number, patient in enumerate(whose, 1):
        published += [(draw(st.sampled_from(Lane)), contact(number, patient))] * draw(st.integers(1, 2))
    return list(draw(st.permutations(published)))


@settings(max_examples=400, deadline=None)
@given(histories(), ACTIONS)
def test_only_the_newest_version_shows(history: list[tuple[Lane, Write]], actions: list[str]) -> None:
    machine = Machine()
    machine.identities = people()
    machine.twenty.rows = {row(patient): {"id": row(patient)} for patient in PATIENTS}
    machine.start()
    queue = list(history)
    for action in actions:
        match action:
            case "publish" if queue:
                lane, write = queue.pop(0)
                machine.topics[lane].append(write)
            case "live" | "bulk":
                machine.consume(Lane.LIVE if action == "live" else Lane.BULK)
            case "send":
                machine.send(0)
            case "commit":
                machine.commit()
            case "crash":
                machine.start()
    for lane, write in queue:
        machine.topics[lane].append(write)
    machine.drain()
    newest = max((write for _, write in history), key=lambda write: write.version)
    anchor = newest.parts[0].anchor if newest.parts else None
    for patient in PATIENTS:
        shown = machine.twenty.rows[row(patient)].get("jobTitle") or None
        at_home = anchor is not None and anchor.twenty_id == row(patient)
        assert shown == (newest.parts[0].fields["jobTitle"] if at_home else None)


def test_what_another_fragment_owns_by_now_is_not_taken_back() -> None:
    patient = PATIENTS[0]
    other = Identity(
        "s/contact/2",
        "",
        "person",
        row(patient),
        version(1),
        IdentityState.LIVE,
        PartMode.FRAGMENT,
        owned=("jobTitle",),
    )
    ended = pending(contact(2, None))
    ended.remember(contact(1, patient))
    step = next_step(ended, Book(people()))
    assert isinstance(step, Step) and (step.do, step.twenty_id) == (Do.CLEAR, row(patient))
    step = next_step(ended, Book([*people(), other]))
    assert not isinstance(step, Step)


def test_what_ended_while_its_row_lay_in_the_trash_is_cleared_when_the_row_comes_back() -> None:
    patient = PATIENTS[0]
    trashed = Identity(patient, "", "person", row(patient), version(2), IdentityState.DELETED)
    mine = Identity(
        CONTACT, "", "person", row(patient), version(1), IdentityState.LIVE, PartMode.FRAGMENT, owned=("jobTitle",)
    )
    settled = next_step(pending(contact(2, None)), Book([trashed, mine]))
    assert isinstance(settled, Settled) and settled.identity is not None
    assert (settled.identity.state, settled.identity.owned) == (IdentityState.DELETED, ("jobTitle",))

    back = pending(
        Write(patient, WriteKind.WRITE, version(3), Unit("cdc", 0, 3), (Part("", "person", fields={"extId": "x"}),))
    )
    back.restored.add("")
    others = replace(mine, key="s/contact/2")
    for book, expected in (
        (Book([trashed, settled.identity]), {"id": row(patient), "extId": "x", "jobTitle": ""}),
        (Book([trashed, settled.identity, others]), {"id": row(patient), "extId": "x"}),
    ):
        step = next_step(back, book)
        assert isinstance(step, Step) and (step.do, step.outcome) == (Do.UPSERT, Outcome.RESTORED)
        assert rows.build(back, step, book, CATALOGUE).payload == expected
        assert rows.group_of(back, step, book, CATALOGUE).columns == tuple(sorted(expected))


@pytest.mark.parametrize("notice", ["its own write", "another fragment", "a delete"])
def test_a_row_that_was_purged_gets_back_what_fragments_wrote_into_it(notice: str) -> None:
    one = World(random.Random(1))
    for name in "ab":
        one.put("patient", name, title=name)
    one.put("contact", "a", patient="a", ext="e1", helper="b")
    one.put("visit", "1", patient="b", other="a")
    one.settle()
    before = one.view()
    one.twenty.purge(row("s/patient/a"))
    match notice:
        case "another fragment":
            one.put("contact", "b", patient="a")
        case "a delete":
            one.delete("patient", "a")
            one.settle()
    one.put("patient", "a", title="a2")
    one.settle()
    after = one.view()
    assert after.pop("s/patient/a") == {**before.pop("s/patient/a"), "jobTitle": "a2"}
    assert after == before
