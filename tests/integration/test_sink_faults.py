"""A thousand writes through each way in which Twenty fails: afterwards it holds what the source says, once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas.broker import end_offsets
from schemas.keys import twenty_id
from schemas.records import Link, Part, Write, WriteKind
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import TwentyError
from tests.contract.conftest import KEY
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person
from tests.waiting import until

__all__ = ["twenty", "world"]

pytestmark = pytest.mark.timeout(180)

COMPANIES, PATIENTS, CHANGED, GONE = 50, 650, 250, 50
"""Together a thousand writes: bulk creates with a required parent, then live changes and deletes."""
SETTINGS: dict[str, Any] = {"batch": 25, "request_timeout": 1.0, "limit": 600, "window": 6.0}


@dataclass
class Clinic:
    """What the source says: the newest version of each record."""

    world: World
    writes: list[Write] = field(default_factory=list)
    now: dict[str, Write] = field(default_factory=dict)

    def company(self, number: int) -> Write:
        part = Part("", "company", fields={"name": f"Company {number}"}, content_hash=f"c{number}")
        return self._say(self.world.write("company", str(number), part, offset=number))

    def patient(self, number: int, version: int, **more: Any) -> Write:
        parent = twenty_id(f"clinic/company/{number % COMPANIES}", "")
        part = person(
            f"P{number}v{version}", f"p{number}@x.test", links=[Link("company", "token", True, parent)], **more
        )
        return self._say(self.world.write("patient", str(number), part, offset=1000 * version + number))

    def leave(self, number: int) -> Write:
        return self._say(self.world.write("patient", str(number), kind=WriteKind.DELETE, offset=9000 + number))

    def _say(self, write: Write) -> Write:
        self.writes.append(write)
        self.now[write.key] = write
        return write

    def parents(self) -> None:
        """Hold sends no child before its parent is in Twenty."""
        self.world.send(*[self.company(n) for n in range(COMPANIES)])
        self.world.settle()

    def first_wave(self) -> None:
        self.world.send(*[self.patient(n, 1) for n in range(PATIENTS)], bulk=True)

    def second_wave(self, **more: Any) -> None:
        self.world.send(*[self.patient(n, 2, **more) for n in range(CHANGED)])
        self.world.send(*[self.leave(n) for n in range(PATIENTS - GONE, PATIENTS)])

    def is_in_twenty(self) -> None:
        """Read back over the API: every record as its newest version says, each once, none that is not the source's."""
        self.world.twenty.limit(0, 1)
        with TwentyClient(self.world.twenty.url, KEY) as client:
            for target, plural in (("company", "companies"), ("person", "people")):
                expected = {
                    twenty_id(key, part.name): part
                    for key, write in self.now.items()
                    for part in write.parts
                    if part.target == target
                }
                rows = {row["id"]: row for row in _all(client, plural)}
                assert rows.keys() == expected.keys()
                for row_id, part in expected.items():
                    wanted = {**part.fields, **{f"{link.field}Id": link.twenty_id for link in part.links}}
                    assert {name: rows[row_id][name] for name in wanted} == wanted
        topics = self.world.topics
        assert sum(end_offsets(self.world.kafka, [topics.dead_letters], topics.partitions).values()) == 0
        assert self.world.unaccounted(*self.writes) == []


def _all(client: TwentyClient, plural: str) -> Iterator[dict[str, Any]]:
    after, more = None, True
    while more:
        page = client.list_page(plural, after=after)
        yield from page.records
        after, more = page.end_cursor, page.has_next


FAULTS: dict[str, dict[str, Any]] = {
    "429_storm": {"count": 12},
    "500_after_commit": {},
    "drop_after_commit": {},
    "drop_before_commit": {},
    "slow": {"delay_s": 1.5},
    "read_timeout": {},
    "502": {},
    "503": {},
    "cold_cache": {},
    "foreign_key": {},
}
"""Kinds of infra/standin/faults.py; each strikes three calls in a row unless it says otherwise."""
OTHER_WORDS = [
    ("429_storm", {"throttled": "400"}),
    ("429_storm", {"throttled": "rate_limited"}),
    ("foreign_key", {"foreign_key": "400"}),
    ("foreign_key", {"foreign_key": "500 hidden"}),
]
"""What other releases say in the same case."""


def _through(clinic: Clinic, kind: str) -> None:
    """Both waves pass through the fault."""
    twenty = clinic.world.twenty
    twenty.limit(600, 6_000)
    with clinic.world.sink(**SETTINGS):
        clinic.parents()
        for wave in (clinic.first_wave, clinic.second_wave):
            twenty.fault(kind, **{"count": 3, **FAULTS[kind]})
            wave()
            clinic.world.settle(120)
            assert twenty.faults_left() == {}, "the fault has struck"
    clinic.is_in_twenty()


@pytest.mark.parametrize("kind", FAULTS)
def test_a_thousand_writes_through(kind: str, world: World) -> None:
    _through(Clinic(world), kind)


@pytest.mark.parametrize(("kind", "words"), OTHER_WORDS)
def test_a_thousand_writes_through_refusals_in_other_words(kind: str, words: dict[str, str], world: World) -> None:
    world.twenty.steer("answers", **words)
    _through(Clinic(world), kind)


def test_a_thousand_writes_beside_another_integration_that_drains_the_bucket(world: World) -> None:
    clinic = Clinic(world)
    world.twenty.limit(30, 3_000)
    with world.sink(**{**SETTINGS, "window": 3.0, "limit": 30}), TwentyClient(world.twenty.url, KEY) as other:
        clinic.parents()
        clinic.first_wave()
        for _ in range(3):
            for _ in range(40):
                with suppress(TwentyError):
                    other.list_page("notes", limit=1)
            before = len(world.twenty.rows("person"))
            until(lambda n=before: len(world.twenty.rows("person")) > n or world.drained(), what="we go on")  # type: ignore[misc]
        clinic.second_wave()
        world.settle(120)
    assert world.twenty.stats()["refused"] > 0
    clinic.is_in_twenty()


def test_an_exhausted_quota_stops_what_adds_records_until_it_is_paid(world: World) -> None:
    clinic, plenty = Clinic(world), 10_000
    with world.sink(**SETTINGS):
        clinic.parents()
        clinic.first_wave()
        world.settle(120)
        world.twenty.fault("quota", count=plenty)
        clinic.second_wave()
        until(lambda: world.twenty.faults_left().get("quota", 0) < plenty - 2, what="it is refused again and again")
        until(lambda: len(world.twenty.rows("person")) == PATIENTS - GONE, what="deletes go on")
        assert plenty - world.twenty.faults_left()["quota"] < 20
        world.twenty.fault("quota", count=0)
        world.settle(120)
    clinic.is_in_twenty()


def test_a_process_that_does_not_know_a_new_field_yet_costs_nothing_but_time(world: World) -> None:
    clinic = Clinic(world)
    world.twenty.steer("stale", seconds=15)
    with TwentyClient(world.twenty.url, KEY) as client:
        of = next(one["id"] for one in client.objects() if one["nameSingular"] == "person")
        client.create_field({"objectMetadataId": of, "type": "TEXT", "name": "chartNumber", "label": "Chart number"})
    with world.sink(**SETTINGS):
        clinic.parents()
        changes = [clinic.patient(n, 1, fields={"chartNumber": f"C{n}"}) for n in range(PATIENTS)]
        world.send(*changes, bulk=True)
        clinic.second_wave(fields={"chartNumber": "new"})
        world.settle(120)
    operations = world.twenty.stats()["operations"]
    assert operations["create people"] > PATIENTS / SETTINGS["batch"], "some were refused"
    clinic.is_in_twenty()


def test_rows_that_a_person_trashes_or_destroys_meanwhile_come_back_with_the_next_version(world: World) -> None:
    clinic = Clinic(world)
    world.twenty.member("reception@x.test")
    with world.sink(**SETTINGS):
        clinic.parents()
        clinic.first_wave()
        world.settle(120)
        ids = [twenty_id(f"clinic/patient/{n}", "") for n in range(PATIENTS)]
        world.twenty.steer("person", act="trash", object="person", ids=[*ids[:40], *ids[-5:]])
        world.twenty.steer("person", act="destroy", object="person", ids=[*ids[40:80], *ids[-10:-5]])
        # and once more at the worst moment, right before an update arrives
        world.twenty.steer("person", act="destroy", object="person", ids=ids[200:205], before="upsert people")
        clinic.second_wave()
        world.settle(120)
    clinic.is_in_twenty()


def test_of_a_thousand_patients_who_share_addresses_none_are_merged(world: World) -> None:
    chance = random.Random(5)
    count, sharing = 1000, 50
    addresses = [f"p{n}@x.test" for n in range(count)]
    for number in chance.sample(range(sharing, count), sharing):
        addresses[number] = addresses[chance.randrange(sharing)].upper()
    changes = [world.write("patient", str(n), person(f"P{n}", addresses[n]), offset=n) for n in range(count)]
    chance.shuffle(changes)
    with world.sink():
        world.send(*changes[: count // 2], bulk=True)
        world.send(*changes[count // 2 :])
        world.settle(120)
        again = [world.write("patient", str(n), person(f"N{n}", addresses[n]), offset=count + n) for n in range(count)]
        world.send(*again)
        world.settle(120)
    rows = {row["id"]: row for row in world.twenty.rows("person", trashed=True)}
    assert len(rows) == count
    for number in range(count):
        row = rows[twenty_id(f"clinic/patient/{number}", "")]
        assert row["name"]["firstName"] == f"N{number}"
        mine = [row["emails"]["primaryEmail"], *(row["emails"]["additionalEmails"] or [])]
        assert [address.lower() for address in mine if address] == [addresses[number].lower()]
    holders = [row["emails"]["primaryEmail"] for row in rows.values() if row["emails"]["primaryEmail"]]
    assert len(holders) == len(set(holders)) == len({address.lower() for address in addresses})
