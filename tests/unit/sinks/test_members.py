"""Members without an account: their records wait, and are written once the person is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schemas.records import Identity, IdentityState, Match, Outcome, Part, PartMode, Unit, Write
from sinks.book import Book
from sinks.identity import next_step
from sinks.members import Awaited, Directory
from sinks.steps import Settled, Step
from sinks.twenty.errors import Kind
from tests.unit.sinks.sender_fakes import TOPICS, Bench, refusal
from tests.unit.sinks.values import pending, version, write

PLACE = Unit("t.writes.live", 0, 5)


def staff(number: int = 1, email: str = "new@clinic.test", **fields: Any) -> Write:
    part = Part("", "workspaceMember", PartMode.MATCH, fields, matches=(Match("userEmail", email),), content_hash="s")
    return write(number, part, key="s/staff/1")


class Clinic:
    """A workspace whose members change, and a clock."""

    def __init__(self) -> None:
        self.members: list[dict[str, Any]] = []
        self.now = 0.0
        self.reads = 0
        self.fetched: list[Unit] = []
        self.book = Book()
        directory = Directory(self.read, lambda: self.now)
        self.awaited = Awaited(directory, self.book, self.writes, 60.0, lambda: self.now)

    def read(self) -> list[dict[str, Any]]:
        self.reads += 1
        return self.members

    def writes(self, units: Iterable[Unit]) -> list[Write]:
        asked = list(units)
        self.fetched += asked
        return [staff() for _ in asked]

    def await_one(self, number: int = 1) -> None:
        self.book.put(
            Identity(
                "s/staff/1", "", "workspaceMember", "", version(number), IdentityState.DELETED, PartMode.MATCH,
                awaiting=PLACE,
            )
        )  # fmt: skip


def test_nothing_is_read_while_nobody_is_awaited() -> None:
    clinic = Clinic()
    clinic.now = 1000.0
    assert clinic.awaited.arrived() == [] and clinic.reads == 0


def test_a_member_who_has_come_is_written_once_looked_for_again() -> None:
    clinic = Clinic()
    clinic.await_one()
    clinic.now = 59.0
    assert clinic.awaited.arrived() == [] and clinic.reads == 0
    clinic.now = 60.0
    assert clinic.awaited.arrived() == []
    clinic.members.append({"id": "m", "userEmail": "NEW@clinic.test"})
    assert clinic.awaited.arrived() == [], "not before the time has passed again"
    clinic.now = 120.0
    assert [one.key for one in clinic.awaited.arrived()] == ["s/staff/1"]
    assert clinic.fetched == [PLACE], "fetched once"


def test_a_write_that_a_newer_version_has_replaced_is_left() -> None:
    clinic = Clinic()
    clinic.await_one(number=2)
    clinic.members.append({"id": "m", "userEmail": "new@clinic.test"})
    clinic.now = 60.0
    assert clinic.awaited.arrived() == []


def test_two_members_of_one_e_mail_are_nobody() -> None:
    members = [{"id": "a", "userEmail": "x@clinic.test"}, {"id": "b", "userEmail": "X@clinic.test "}]
    assert Directory(lambda: members, lambda: 0.0).find([Match("userEmail", "x@clinic.test")]) == ""


def test_a_member_is_remembered_as_awaited_and_forgotten_when_found() -> None:
    one = pending(staff(locale="de"))
    one.matched[""] = ""
    settled = next_step(one, Book())
    assert isinstance(settled, Settled) and settled.identity is not None
    assert (settled.identity.state, settled.identity.twenty_id) == (IdentityState.DELETED, "")
    book = Book([settled.identity])
    again = pending(staff(locale="de"))
    again.write = staff(locale="de")
    again.matched[""] = "m"
    step = next_step(again, book)
    assert isinstance(step, Step) and step.twenty_id == "m"


def test_a_member_with_nothing_to_write_costs_no_request() -> None:
    one = pending(staff())
    one.matched[""] = "m"
    settled = next_step(one, Book())
    assert isinstance(settled, Settled) and settled.identity is not None
    assert (settled.outcome, settled.identity.twenty_id) == (Outcome.UNCHANGED, "m")
    assert settled.identity.state is IdentityState.LIVE


def test_an_invitation_that_is_accepted_ends_the_waiting() -> None:
    bench = Bench()
    members: list[dict[str, Any]] = []
    bench.twenty.members = lambda: members  # type: ignore[attr-defined]
    bench.kafka.publish(staff())
    bench.turn(3)
    assert bench.outcomes("s/staff/1") == [Outcome.SKIPPED, Outcome.FLAGGED]
    (waiting,) = bench.identities()
    assert waiting.awaiting == Unit(TOPICS.live, 0, 0)
    members.append({"id": "m", "userEmail": "new@clinic.test"})
    bench.turn(100)
    assert bench.outcomes("s/staff/1") == [Outcome.SKIPPED, Outcome.FLAGGED, Outcome.UNCHANGED]
    newest = bench.identities()[-1]
    assert (newest.twenty_id, newest.state, newest.awaiting) == ("m", IdentityState.LIVE, None)


def test_trouble_in_looking_for_members_stops_nothing_else() -> None:
    bench = Bench()
    bench.twenty.members = list  # type: ignore[attr-defined]
    bench.kafka.publish(staff())
    bench.turn(3)

    def refuse() -> list[dict[str, Any]]:
        bench.twenty._ask("members", [])
        return []

    bench.twenty.members = refuse  # type: ignore[attr-defined]
    bench.twenty.outage = lambda: refusal(Kind.UNAUTHORISED) if bench.now < 200 else None
    bench.turn(150)
    assert bench.sender.trouble
    person = Part("", "person", fields={"jobTitle": "x"}, content_hash="x")
    bench.kafka.publish(write(1, person, key="s/patient/1"))
    bench.turn(150)
    assert bench.outcomes("s/patient/1") == [Outcome.CREATED] and not bench.sender.trouble
