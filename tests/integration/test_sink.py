"""The sink on a real broker and the stand-in: what is written, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from schemas.broker import read_to_end
from schemas.keys import twenty_id
from schemas.records import (
    Attachment,
    AuditEvent,
    IdentityState,
    Lift,
    Link,
    Match,
    Outcome,
    Part,
    PartMode,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from sinks.audit import verify
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person

__all__ = ["twenty", "world"]


def test_a_record_is_created_updated_deleted_and_restored(world: World) -> None:
    first = world.write("patient", "1", person("Ada", "ada@x.test"), offset=1)
    row = twenty_id(first.key, "")
    with world.sink():
        world.send(first)
        world.settle()
        assert [r["name"]["firstName"] for r in world.twenty.rows("person")] == ["Ada"]
        world.send(world.write("patient", "1", person("Augusta", "ada@x.test"), offset=2))
        world.settle()
        assert [(r["id"], r["name"]["firstName"]) for r in world.twenty.rows("person")] == [(row, "Augusta")]
        world.send(world.write("patient", "1", person("Augusta", "ada@x.test"), offset=3))
        world.send(world.write("patient", "1", kind=WriteKind.DELETE, offset=4))
        world.settle()
        assert world.twenty.rows("person") == []
        world.send(world.write("patient", "1", person("Ada again", "ada@x.test"), offset=5))
        world.settle()
        assert [(r["id"], r["name"]["firstName"]) for r in world.twenty.rows("person")] == [(row, "Ada again")]
    outcomes = [outcome for _, outcome in world.outcomes(first.key)]
    assert outcomes[0:2] == [Outcome.CREATED, Outcome.UPDATED]
    assert outcomes[-3:] == [Outcome.DELETED, Outcome.DELETED, Outcome.RESTORED]
    assert set(outcomes[2:-3]) <= {Outcome.UNCHANGED, Outcome.SUPERSEDED}
    identity = world.identities()[(first.key, "")]
    assert (identity.state, identity.version.offset) == (IdentityState.LIVE, 5)
    writes = [world.write("patient", "1", offset=offset) for offset in range(1, 6)]
    assert world.unaccounted(*writes) == []


def test_what_did_not_change_costs_no_request(world: World) -> None:
    with world.sink():
        world.send(world.write("patient", "1", person("Ada"), offset=1))
        world.settle()
        before = world.twenty.stats()["requests"]
        world.send(world.write("patient", "1", person("Ada"), offset=2))
        world.settle()
        assert world.twenty.stats()["requests"] == before
    key = "clinic/patient/1"
    assert world.outcomes(key)[-1] == ("", Outcome.UNCHANGED)
    assert world.identities()[(key, "")].version.offset == 2


def test_a_delete_before_its_create_leaves_no_ghost(world: World) -> None:
    create = world.write("patient", "1", person("Ada"), offset=1)
    delete = world.write("patient", "1", kind=WriteKind.DELETE, offset=2)
    with world.sink():
        world.send(delete)
        world.settle()
        world.send(create, bulk=True)
        world.settle()
        assert world.twenty.rows("person", trashed=True) == []
    assert world.outcomes(create.key)[-1] == (None, Outcome.SUPERSEDED)
    assert world.unaccounted(create, delete) == []


def test_an_older_version_never_undoes_a_newer_one(world: World) -> None:
    newer = world.write("patient", "1", person("Newer"), offset=9)
    older = world.write("patient", "1", person("Older"), offset=3)
    with world.sink():
        world.send(newer)
        world.settle()
        world.send(older, bulk=True)
        world.send(older)
        world.settle()
        assert [r["name"]["firstName"] for r in world.twenty.rows("person")] == ["Newer"]
    first, *rest = world.outcomes(newer.key)
    assert first == ("", Outcome.CREATED)
    assert set(rest) == {(None, Outcome.SUPERSEDED)}


def test_two_patients_who_share_an_email_stay_two(world: World) -> None:
    with world.sink():
        world.send(
            world.write("patient", "1", person("Mother", "home@x.test"), offset=1),
            world.write("patient", "2", person("Child", "Home@x.test"), offset=2),
            bulk=True,
        )
        world.settle()
        rows = {r["name"]["firstName"]: r["emails"] for r in world.twenty.rows("person")}
    assert sorted(rows) == ["Child", "Mother"]
    assert sorted(emails["primaryEmail"] for emails in rows.values()) == ["", "home@x.test"]
    second = next(emails for emails in rows.values() if not emails["primaryEmail"])
    assert [mail.lower() for mail in second["additionalEmails"]] == ["home@x.test"]
    flagged = world.events(Outcome.FLAGGED)
    assert [flag.field for event in flagged for flag in event.flags] == ["emails.primaryEmail"]


def test_patients_without_an_email_are_updated_each_for_himself(world: World) -> None:
    """Twenty matches an upsert by an empty e-mail too."""
    names = ("Ada", "Eda", "Ida")
    with world.sink():
        world.send(
            world.write("patient", "Ada", person("Ada", "ada@x.test"), offset=1),
            world.write("patient", "Eda", person("Eda", ""), offset=2),
            world.write("patient", "Ida", person("Ida", ""), offset=3),
        )
        world.settle()
        world.send(*(world.write("patient", n, person(f"{n} B", ""), offset=4 + i) for i, n in enumerate(names)))
        world.settle()
        rows = {r["name"]["firstName"]: r["emails"]["primaryEmail"] for r in world.twenty.rows("person")}
    assert rows == {f"{name} B": "" for name in names}
    assert len(world.events(Outcome.UPDATED)) == len(names)


def test_a_poisoned_record_in_a_full_batch_ends_alone(world: World) -> None:
    writes = [
        world.write("patient", str(i), person(f"P{i}", fields={"phones": _phone(i)}), offset=i) for i in range(60)
    ]
    with world.sink():
        world.send(*writes, bulk=True)
        world.settle()
        assert len(world.twenty.rows("person")) == 59
    dead = world.events(Outcome.DEAD_LETTERED)
    assert [event.key for event in dead] == ["clinic/patient/37"]
    letters = list(read_to_end(world.kafka, world.topics.dead_letters, range(world.topics.partitions)))
    assert len(letters) == 1
    assert world.codec.decode(letters[0].value() or b"") == writes[37]
    headers = dict(letters[0].headers() or [])
    assert "phone" in str(headers["reason"]) and headers["offset"] == b"37"
    assert world.unaccounted(*writes) == []


def _phone(index: int) -> dict[str, str]:
    number = "not a phone" if index == 37 else ""
    return {"primaryPhoneNumber": number, "primaryPhoneCountryCode": "", "primaryPhoneCallingCode": ""}


def test_parts_are_written_in_order_and_removed_last_first(world: World) -> None:
    note = Part("", "note", fields={"title": "Visit"}, content_hash="n")
    target = Part("target", "noteTarget", internal={"note": ""}, content_hash="t")
    both = world.write("patient", "1", note, target, offset=1)
    with world.sink():
        world.send(both)
        world.settle()
        row = world.twenty.rows("noteTarget")[0]
        assert row["noteId"] == twenty_id(both.key, "")
        world.send(world.write("patient", "1", note, offset=2))
        world.settle()
        assert world.twenty.rows("noteTarget") == [] and len(world.twenty.rows("note")) == 1
        world.send(world.write("patient", "1", note, target, offset=3))
        world.settle()
        assert len(world.twenty.rows("noteTarget")) == 1
        world.send(world.write("patient", "1", kind=WriteKind.DELETE, offset=4))
        world.settle()
        assert world.twenty.rows("noteTarget") == world.twenty.rows("note") == []
    last = [event.part for event in world.events(Outcome.DELETED) if event.unit.offset == 4]
    assert last == ["target", "", None]
    assert world.unaccounted(*[world.write("patient", "1", offset=offset) for offset in range(1, 5)]) == []


def test_a_lift_takes_a_bulk_record_ahead_also_when_it_comes_first(world: World) -> None:
    writes = [world.write("patient", str(i), person(f"P{i}"), offset=i) for i in range(60)]
    early, late = writes[40], writes[59]
    with world.sink(limit=20, window=2.0, batch=2):
        world.send(Lift(early.key))
        world.settle()
        world.send(*writes, bulk=True)
        world.send(Lift(late.key))
        world.settle()
    order = [event.key for event in sorted(world.events(), key=lambda event: event.decided_at)]
    assert order.index(early.key) < 10 and order.index(late.key) < 30
    assert len(world.twenty.rows("person")) == 60


def test_a_fragment_owns_its_fields_and_nothing_else(world: World) -> None:
    patient = world.write("patient", "1", person("Ada"), offset=1)
    row = twenty_id(patient.key, "")
    anchor = Link("", "token", required=True, twenty_id=row)

    def contact(value: str, offset: int) -> Write:
        part = Part("", "person", PartMode.FRAGMENT, fields={"jobTitle": value}, anchor=anchor, content_hash=value)
        return world.write("contact", "7", part, offset=offset)

    with world.sink():
        world.send(patient)
        world.settle()
        world.send(contact("nurse", 1))
        world.settle()
        found = world.twenty.row("person", row)
        assert found is not None and (found["jobTitle"], found["name"]["firstName"]) == ("nurse", "Ada")
        world.send(world.write("contact", "7", kind=WriteKind.DELETE, offset=2))
        world.settle()
        found = world.twenty.row("person", row)
        assert found is not None and (found["jobTitle"], found["name"]["firstName"]) == ("", "Ada")
        world.send(world.write("patient", "1", kind=WriteKind.DELETE, offset=2))
        world.settle()
        world.send(contact("doctor", 3))
        world.settle()
        # an upsert would have taken the deleted patient out of the trash
        assert world.twenty.rows("person") == []
    returned = [record for record in world.read(world.topics.returns) if isinstance(record, Write)]
    assert [(write.key, write.version.offset) for write in returned] == [("clinic/contact/7", 3)]
    assert returned[0].parts[0].anchor == Link("", "token", required=True, twenty_id=None)


def test_members_are_updated_and_never_made(world: World) -> None:
    member = world.twenty.member("doc@clinic.test")

    def staff(email: str, record_id: str) -> Write:
        part = Part(
            "", "workspaceMember", PartMode.MATCH, fields={"locale": "de"},
            matches=(Match("userEmail", email),), content_hash="s",
        )  # fmt: skip
        return world.write("staff", record_id, part, offset=1)

    with world.sink():
        world.send(staff("doc@clinic.test", "1"), staff("nobody@clinic.test", "2"))
        world.settle()
        assert [m["locale"] for m in world.twenty.rows("workspaceMember") if m["id"] == member] == ["de"]
        assert "nobody@clinic.test" not in {m["userEmail"] for m in world.twenty.rows("workspaceMember")}
    assert world.outcomes("clinic/staff/1") == [("", Outcome.UPDATED)]
    assert world.outcomes("clinic/staff/2") == [("", Outcome.SKIPPED), ("", Outcome.FLAGGED)]
    assert {event.reason for event in world.events(Outcome.SKIPPED)} == {"no workspace member"}
    assert world.identities()[("clinic/staff/1", "")].twenty_id == member


def test_an_attachment_is_uploaded_once_and_a_huge_one_is_listed(world: World, tmp_path: Path) -> None:
    (tmp_path / "scan.txt").write_bytes(b"lab result")
    with (tmp_path / "huge.bin").open("wb") as huge:
        huge.truncate(25 * 1024 * 1024 + 1)

    def document(record_id: str, name: str, hashed: str, offset: int) -> Write:
        note = Part("", "note", fields={"title": name}, content_hash=hashed)
        file = Part(
            "file", "attachment", fields={"name": name}, internal={"note": ""}, content_hash=hashed,
            attachment=Attachment(f"file:{name}", name, content_type="text/plain"),
        )  # fmt: skip
        return world.write("document", record_id, note, file, offset=offset)

    with world.sink(documents_root=tmp_path):
        world.send(document("1", "scan.txt", "a", 1), document("2", "huge.bin", "a", 1))
        world.send(document("3", "../outside.txt", "a", 1))
        world.settle()
        rows = world.twenty.rows("attachment")
        assert [row["name"] for row in rows] == ["scan.txt"] and world.twenty.uploads() == 1
        assert rows[0]["noteId"] == twenty_id("clinic/document/1", "") and rows[0]["fullPath"]
        assert len(world.twenty.rows("note")) == 3
        world.send(document("1", "scan.txt", "b", 2))
        world.settle()
        assert world.twenty.uploads() == 1
        assert [row["fullPath"] for row in world.twenty.rows("attachment")] == [rows[0]["fullPath"]]
    assert ("file", Outcome.SKIPPED) in world.outcomes("clinic/document/2")
    skipped = {event.key: event.reason for event in world.events(Outcome.SKIPPED)}
    assert skipped["clinic/document/2"] == "oversize"
    assert "leads out" in skipped["clinic/document/3"]
    assert world.unaccounted(document("1", "scan.txt", "a", 1), document("2", "huge.bin", "a", 1)) == []


def test_verdicts_reach_the_audit_and_what_is_unreadable_the_dead_letters(world: World) -> None:
    unit = Unit(world.topics.cdc("patient"), 0, 5)
    verdict = Verdict("clinic/patient/5", unit, Version(1, 1, 5, 1), Outcome.SKIPPED, "inactive")
    with world.sink():
        world.send(verdict)
        world.raw(world.topics.live, "clinic/patient/6", b"no record of ours")
        world.send(world.write("patient", "7", person("Ada"), offset=7))
        world.settle()
    event = world.events(Outcome.SKIPPED)[0]
    assert (event.unit, event.part, event.reason) == (unit, None, "inactive")
    letters = list(read_to_end(world.kafka, world.topics.dead_letters, range(world.topics.partitions)))
    assert [letter.value() for letter in letters] == [b"no record of ours"]
    assert len(world.twenty.rows("person")) == 1


def test_the_audit_chain_goes_on_over_restarts(world: World) -> None:
    for offset in (1, 2):
        with world.sink():
            world.send(*[world.write("patient", str(i), person(f"P{i}-{offset}"), offset=offset) for i in range(8)])
            world.settle()
    for partition in range(world.topics.partitions):
        events = [
            event
            for message in read_to_end(world.kafka, world.topics.audit, [partition])
            if isinstance(event := world.codec.decode(message.value() or b""), AuditEvent)
        ]
        assert events and verify(events) == []
        assert verify(events[:1] + events[2:])
