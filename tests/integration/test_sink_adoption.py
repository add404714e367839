"""Rows that were in Twenty before: taken over, left alone, and found again after a crash."""

from __future__ import annotations

from schemas.keys import twenty_id
from schemas.records import IdentityState, Match, Outcome, Part, WriteKind
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import SYSTEM, Standin, World, person
from tests.waiting import until

__all__ = ["twenty", "world"]


def _foreign(twenty: Standin, name: str, email: str) -> str:
    body = {"name": {"firstName": name, "lastName": "Testfall"}, "jobTitle": "kept", "emails": _emails(email)}
    return twenty.create("people", body)


def _emails(email: str) -> dict[str, object]:
    return {"primaryEmail": email, "additionalEmails": []}


def _patient(name: str, email: str, *, source_key: str = "") -> Part:
    matches = (Match("emails.primaryEmail", email, {"name.firstName": name}),)
    fields = {"city": "Rome"} | ({"jobTitle": source_key} if source_key else {})
    return person(name, email, matches=matches, fields=fields)


def test_a_row_that_matches_is_adopted_with_its_image_kept(world: World) -> None:
    foreign = _foreign(world.twenty, "Ada", "ada@x.test")
    write = world.write("patient", "1", _patient("Ada", "Ada@X.test"), offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    rows = world.twenty.rows("person", trashed=True)
    assert [(row["id"], row["city"], row["jobTitle"]) for row in rows] == [(foreign, "Rome", "kept")]
    adopting, adopted = world.events()
    assert (adopting.outcome, adopted.outcome) == (Outcome.ADOPTING, Outcome.ADOPTED)
    assert adopting.before is not None and adopting.before["city"] == "" and adopting.twenty_id == foreign
    identity = world.identities()[(write.key, "")]
    assert (identity.twenty_id, identity.state, identity.origin) == (foreign, IdentityState.LIVE, Outcome.ADOPTED)


def test_a_row_made_after_the_sweep_is_found_by_its_unique_value(world: World) -> None:
    with world.sink():
        world.send(world.write("patient", "1", _patient("First", "first@x.test"), offset=1))
        world.settle()
        foreign = _foreign(world.twenty, "Ada", "ada@x.test")
        world.send(world.write("patient", "2", _patient("Ada", "ada@x.test"), offset=2))
        world.settle()
    assert world.identities()[("clinic/patient/2", "")].twenty_id == foreign
    assert len(world.twenty.rows("person", trashed=True)) == 2


def test_somebody_else_with_the_same_email_is_left_alone(world: World) -> None:
    foreign = _foreign(world.twenty, "Boris", "ada@x.test")
    write = world.write("patient", "1", _patient("Ada", "ada@x.test"), offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    theirs = world.twenty.row("person", foreign)
    assert theirs is not None and (theirs["name"]["firstName"], theirs["city"]) == ("Boris", "")
    ours = world.twenty.row("person", twenty_id(write.key, ""))
    assert ours is not None and ours["emails"] == {"primaryEmail": "", "additionalEmails": ["ada@x.test"]}
    assert world.outcomes(write.key) == [("", Outcome.CREATED), ("", Outcome.FLAGGED)]
    assert any(foreign in flag.reason for event in world.events(Outcome.FLAGGED) for flag in event.flags)


def test_two_rows_that_match_are_a_conflict_that_names_both(world: World) -> None:
    first, second = _foreign(world.twenty, "Ada", "one@x.test"), _foreign(world.twenty, "Ada", "two@x.test")
    matches = (Match("emails.primaryEmail", "one@x.test"), Match("emails.primaryEmail", "two@x.test"))
    write = world.write("patient", "1", person("Ada", "one@x.test", matches=matches), offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    assert len(world.twenty.rows("person")) == 3
    reasons = [flag.reason for event in world.events(Outcome.FLAGGED) for flag in event.flags]
    assert any(first in reason and second in reason for reason in reasons)


def test_a_row_without_a_match_field_is_not_adopted(world: World) -> None:
    foreign = _foreign(world.twenty, "Ada", "ada@x.test")
    write = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    assert world.identities()[(write.key, "")].twenty_id == twenty_id(write.key, "") != foreign
    assert [outcome for _, outcome in world.outcomes(write.key)] == [Outcome.CREATED, Outcome.FLAGGED]


def test_a_kill_between_image_and_write_keeps_the_first_image(world: World) -> None:
    foreign = _foreign(world.twenty, "Ada", "ada@x.test")
    write = world.write("patient", "1", _patient("Ada", "ada@x.test"), offset=1)
    sink = world.process("first")
    try:
        until(lambda: "identities read" in (world.directory / "first.log").read_text(), what="the sink is active")
        # every answer comes late: when the image is in Kafka the row is being written, and Kafka will not know
        world.twenty.fault("slow", count=50, delay_s=1.0)
        world.send(write)
        until(lambda: world.events(Outcome.ADOPTING), what="the image is in Kafka")
        until(lambda: _city(world, foreign) == "Rome", what="the row is written")
    finally:
        sink.kill()
        sink.wait()
    world.twenty.fault("slow", count=0)
    assert world.identities()[(write.key, "")].state is IdentityState.ADOPTING
    with world.sink(request_timeout=1.0):
        world.settle()
    images = [event.before for event in world.events(Outcome.ADOPTING)]
    assert [image["city"] for image in images if image] == [""]
    assert len(world.twenty.rows("person", trashed=True)) == 1
    identity = world.identities()[(write.key, "")]
    assert (identity.twenty_id, identity.state) == (foreign, IdentityState.LIVE)
    assert world.outcomes(write.key)[-1] == ("", Outcome.ADOPTED)


def test_a_row_that_a_dead_sender_made_is_adopted_by_nobody_and_gives_its_address_up(world: World) -> None:
    dead, other = (
        world.write("patient", record, _patient("Ada", "ada@x.test", source_key=f"{SYSTEM}/patient/{record}"), offset=1)
        for record in "12"
    )
    row, others = twenty_id(dead.key, ""), twenty_id(other.key, "")
    sink = world.process("first")
    try:
        until(lambda: "identities read" in (world.directory / "first.log").read_text(), what="the sink is active")
        world.twenty.fault("slow", count=50, delay_s=1.0)
        world.send(dead, bulk=True)
        until(lambda: world.twenty.row("person", row), what="the row is made")
    finally:
        sink.kill()
        sink.wait()
    world.twenty.fault("slow", count=0)
    assert world.identities() == {}, "Kafka never heard of it"
    world.send(other)
    with world.sink(request_timeout=1.0):
        world.settle()
        assert world.identities()[(other.key, "")].twenty_id == others
        assert _email(world, others) == "", "live goes first, and does without"
        world.send(world.write("patient", "1", offset=2, kind=WriteKind.DELETE))
        again = until(lambda: world.read(world.topics.returns), what="it is asked for once more")
        world.send(*again)
        until(lambda: _email(world, others) == "ada@x.test", what="it is there")
        world.settle()
    assert [one["id"] for one in world.twenty.rows("person")] == [others]
    assert world.events(Outcome.ADOPTING) == []
    assert world.outcomes(dead.key)[-2:] == [("", Outcome.DELETED), (None, Outcome.DELETED)]
    assert world.unaccounted(dead, other) == []


def _email(world: World, row_id: str) -> str:
    row = world.twenty.row("person", row_id)
    assert row is not None
    return str(row["emails"]["primaryEmail"])


def _city(world: World, row_id: str) -> str:
    row = world.twenty.row("person", row_id)
    assert row is not None
    return str(row["city"])


def test_a_row_in_the_trash_that_holds_the_address_stays_there_and_is_named(world: World) -> None:
    foreign = _foreign(world.twenty, "Ada", "ada@x.test")
    world.twenty.member("reception@x.test")
    world.twenty.steer("person", act="trash", object="person", ids=[foreign])
    write = world.write("patient", "1", _patient("Ada", "ada@x.test"), offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    theirs = world.twenty.row("person", foreign)
    assert theirs is not None and theirs["deletedAt"] and theirs["city"] == ""
    ours = world.twenty.row("person", twenty_id(write.key, ""))
    assert ours is not None and ours["emails"] == {"primaryEmail": "", "additionalEmails": ["ada@x.test"]}
    assert any(
        "trash" in flag.reason and foreign in flag.reason
        for event in world.events(Outcome.FLAGGED)
        for flag in event.flags
    )


def test_a_company_is_adopted_by_its_domain_however_it_is_written(world: World) -> None:
    foreign = world.twenty.create(
        "companies", {"name": "Acme", "domainName": {"primaryLinkUrl": "https://acme.test"}, "employees": 7}
    )
    link = {"primaryLinkUrl": "https://ACME.test/", "primaryLinkLabel": "", "secondaryLinks": []}
    matches = (Match("domainName.primaryLinkUrl", "https://ACME.test/", {"name": "acme"}),)
    part = Part("", "company", fields={"name": "Acme", "domainName": link}, matches=matches, content_hash="a")
    write = world.write("patient", "1", part, offset=1)
    with world.sink():
        world.send(write)
        world.settle()
    rows = world.twenty.rows("company", trashed=True)
    assert [(row["id"], row["employees"]) for row in rows] == [(foreign, 7)]
    assert world.identities()[(write.key, "")].origin is Outcome.ADOPTED
