"""A row that a sender made before it died, and that Kafka never heard of, is never taken for Twenty's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.keys import NAMESPACE, twenty_id
from schemas.records import Outcome
from sinks.provenance import Maker, maker
from sinks.unique import HELD_BY_ANOTHER
from tests.unit.sinks.merge_world import World, patient

SHARED = "family@x.test"


@given(st.text(max_size=20), st.text(max_size=8))
def test_a_row_of_ours_says_whose_it_is(key: str, part: str) -> None:
    row = {"id": twenty_id(key, part), "city": "Rome", "emails": {"primaryEmail": "a@x.test"}, "position": 1.0}
    assert maker({**row, "anyField": f"{key}#{part}" if part else key}) is Maker.US
    assert maker({**row, "anyField": f"{key}#another"}) is Maker.UNKNOWN
    assert maker(row) is Maker.UNKNOWN


def test_a_row_with_an_id_of_twentys_own_is_not_ours_whatever_it_says() -> None:
    assert maker({"id": str(uuid4()), "sourceSystemId": "s/patient/1"}) is Maker.OTHERS
    assert maker({"id": str(uuid5(NAMESPACE, "imported")), "sourceSystemId": "s/patient/1"}) is Maker.UNKNOWN


def email(one: World, name: str) -> object:
    return one.view()[patient(name)]["emails"]["primaryEmail"]


@pytest.fixture(params=["nothing is known", "another chart is known"])
def one(request: pytest.FixtureRequest) -> World:
    """A chart that a snapshot found and a sender has written, when it died; the next one knows nothing of it."""
    made = World(random.Random(1))
    if request.param == "another chart is known":
        made.put("patient", "c", title="c")
        made.settle()
    made.found("patient", "a", title="a", email=SHARED)
    made.snapshot("patient")
    for _ in range(3):
        made.hold.step(everything=True)
    made.die_unheard()
    assert email(made, "a") == SHARED and patient("a") not in {known.key for known in made.bench.book}
    return made


def test_nobody_adopts_it_while_its_record_waits(one: World) -> None:
    one.put("patient", "b", title="b", email=SHARED)
    one.settle()
    assert (email(one, "a"), email(one, "b")) == (SHARED, "")
    assert one.bench.outcomes_of(Outcome.ADOPTING) == []
    flags = [flag for event in one.bench.outcomes_of(Outcome.FLAGGED) for flag in event.flags]
    assert [(flag.reason, flag.raw) for flag in flags] == [(HELD_BY_ANOTHER, SHARED)]
    one.delete("patient", "a")
    one.settle()
    assert email(one, "b") == SHARED


ENDS: dict[str, Callable[[World], None]] = {
    "deleted": lambda one: one.delete("patient", "a"),
    "merged": lambda one: one.change("patient", "a", into="b"),
    "replaced": lambda one: one.change("patient", "a", email="own@x.test"),
}


@pytest.mark.parametrize("end", ENDS)
def test_its_e_mail_is_free_when_its_record_has_no_more_need_of_it(one: World, end: str) -> None:
    one.put("patient", "b", title="b", email=SHARED)
    for _ in range(3):
        one.hold.step(everything=True)
    one.bench.turn(1)
    ENDS[end](one)
    one.settle()
    assert email(one, "b") == SHARED
    assert one.bench.outcomes_of(Outcome.ADOPTING) == []
    assert one.view().get(patient("a"), {}).get("emails") == (
        {"primaryEmail": "own@x.test", "additionalEmails": []} if end == "replaced" else None
    )
