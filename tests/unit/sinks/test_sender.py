"""What the loop does when Twenty refuses: who is condemned, who waits, who goes round again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from schemas.keys import part_key, twenty_id
from schemas.records import Identity, IdentityState, Link, Match, Outcome, Part, PartMode, Write, WriteKind
from sinks.pending import Lane
from sinks.timetable import Load
from sinks.twenty.errors import Kind, Refusal, TwentyError
from tests.unit.sinks.sender_fakes import TOPICS, Bench, refusal
from tests.unit.sinks.values import CATALOGUE, write


def patient(record: int, number: int = 1, title: str = "x") -> Write:
    part = Part("", "person", fields={"jobTitle": title}, content_hash=f"{title}{number}")
    return write(number, part, key=f"s/patient/{record}")


def key(record: int) -> str:
    return f"s/patient/{record}"


def only(title: str, kind: Kind, *, recognised: bool = True) -> Any:
    return lambda row: refusal(kind, recognised=recognised) if row.get("jobTitle") == title else None


def test_a_known_input_error_condemns_one_record_of_a_batch() -> None:
    bench = Bench()
    bench.twenty.rule = only("bad", Kind.POISON)
    bench.kafka.publish(*[patient(n, title="bad" if n == 17 else "x") for n in range(60)])
    bench.turn()
    assert bench.outcomes(key(17)) == [Outcome.DEAD_LETTERED]
    assert len(bench.twenty.rows) == 59
    assert len(bench.twenty.sent("create")) <= 2 * 6 + 1
    assert bench.kafka.offsets == {TOPICS.live: 60}


def test_an_unknown_refusal_condemns_only_while_other_writes_pass() -> None:
    bench = Bench()
    bench.twenty.rule = only("odd", Kind.TRANSIENT, recognised=False)
    bench.kafka.publish(*[patient(n, title="odd" if n == 3 else "x") for n in range(6)])
    bench.turn()
    assert bench.outcomes(key(3)) == [Outcome.DEAD_LETTERED]
    assert len(bench.twenty.rows) == 5


def test_a_lone_record_is_condemned_only_after_a_known_good_write_was_repeated() -> None:
    bench = Bench()
    bench.kafka.publish(patient(1))
    bench.turn(3)
    bench.twenty.rule = only("odd", Kind.TRANSIENT, recognised=False)
    bench.kafka.publish(patient(2, title="odd"))
    bench.turn()
    assert bench.outcomes(key(2)) == [Outcome.DEAD_LETTERED]
    assert bench.twenty.sent("upsert"), "the good write was repeated"
    assert bench.outcomes(key(1)) == [Outcome.CREATED]


@pytest.mark.parametrize("kind", [Kind.TRANSIENT, Kind.UNKNOWN_OUTCOME, Kind.UNAUTHORISED, Kind.SCHEMA_STALE])
@pytest.mark.parametrize("recognised", [True, False])
def test_a_server_in_trouble_condemns_nobody(kind: Kind, recognised: bool) -> None:
    bench = Bench()
    bench.kafka.publish(patient(0))
    bench.turn(3)
    trouble: list[Refusal | None] = [refusal(kind, recognised=recognised)]
    bench.twenty.outage = lambda: trouble[0]
    bench.kafka.publish(*[patient(n) for n in range(1, 9)])
    bench.turn(300)
    assert Outcome.DEAD_LETTERED not in [event.outcome for event in bench.events()]
    assert bench.sender.trouble
    assert bench.kafka.offsets == {TOPICS.live: 1}
    trouble[0] = None
    bench.turn(100)
    assert len(bench.twenty.rows) == 9 and not bench.sender.trouble
    assert bench.kafka.offsets == {TOPICS.live: 9}


def test_in_trouble_the_requests_become_rare() -> None:
    bench = Bench()
    bench.twenty.outage = lambda: refusal(Kind.UNAUTHORISED)
    bench.kafka.publish(patient(1))
    bench.turn(600)
    assert len(bench.twenty.calls) < 40


def test_a_throttle_is_no_attempt() -> None:
    bench = Bench()
    bench.twenty.outage = lambda: refusal(Kind.THROTTLED) if len(bench.twenty.calls) < 50 else None
    bench.kafka.publish(patient(1))
    bench.turn(100)
    assert bench.outcomes(key(1)) == [Outcome.CREATED]


def test_a_newer_version_ends_the_trial_of_an_older_one() -> None:
    bench = Bench()
    bench.twenty.rule = only("odd", Kind.TRANSIENT, recognised=False)
    bench.kafka.publish(patient(2, title="odd"))
    bench.turn(4)
    bench.kafka.publish(patient(2, number=2, title="fine"))
    bench.turn()
    assert bench.outcomes(key(2)) == [Outcome.SUPERSEDED, Outcome.CREATED]
    assert bench.twenty.rows[twenty_id(key(2), "")]["jobTitle"] == "fine"


def test_the_brake_stops_the_lane_and_says_why() -> None:
    bench = Bench(brake=3, batch=1)
    bench.twenty.rule = only("bad", Kind.POISON)
    bench.kafka.publish(*[patient(n, title="bad") for n in range(10)], patient(11))
    bench.turn(50, seconds=0.1)
    assert [event.outcome for event in bench.events()] == [Outcome.DEAD_LETTERED] * 4
    assert "dead letters" in bench.sender.trouble


def test_a_stopped_lane_tries_single_records_until_one_passes() -> None:
    bench = Bench(brake=3, batch=8)
    bench.twenty.rule = only("bad", Kind.POISON)
    bench.kafka.publish(*[patient(n, title="bad") for n in range(8)])
    bench.turn(20, seconds=0.1)
    assert len(bench.outcomes_of(Outcome.DEAD_LETTERED)) == 4 and "dead letters" in bench.sender.trouble
    bench.turn(240)
    # one more for the first try, one for the second, which comes later
    assert 5 <= len(bench.outcomes_of(Outcome.DEAD_LETTERED)) <= 6
    assert set(bench.twenty.sent("create")[-1:]) == {1}
    bench.twenty.rule = lambda _: None
    bench.kafka.publish(*[patient(n) for n in range(20, 40)])
    bench.turn(700)
    assert not bench.sender.trouble
    assert len(bench.outcomes_of(Outcome.CREATED)) == 20 + 8 - len(bench.outcomes_of(Outcome.DEAD_LETTERED))


@pytest.mark.parametrize("kind", [Kind.SCHEMA_STALE, Kind.UNAUTHORISED, Kind.QUOTA])
def test_trouble_with_one_object_holds_up_no_other(kind: Kind) -> None:
    bench = Bench()
    bench.twenty.rule = lambda row: refusal(kind) if "title" in row else None
    notes = [write(1, Part("", "note", fields={"title": "t"}, content_hash="n"), key=f"s/note/{n}") for n in range(3)]
    bench.kafka.publish(*notes, *[patient(n) for n in range(200)])
    bench.turn(10, seconds=0.1)
    assert len(bench.outcomes_of(Outcome.CREATED)) == 200
    assert "told to" in bench.sender.trouble
    bench.twenty.rule = lambda _: None
    bench.turn(60)
    assert len(bench.outcomes_of(Outcome.CREATED)) == 203 and not bench.sender.trouble


def test_trouble_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.twenty.outage = lambda: refusal(Kind.QUOTA)
    bench.kafka.publish(patient(1))
    bench.turn(100)
    bench.twenty.outage = lambda: None
    bench.turn(60)
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["not everything is sent: told to: quota", "everything is sent again"]


def test_trouble_with_what_nobody_sends_any_more_is_forgotten() -> None:
    bench = Bench()
    bench.twenty.rule = lambda row: refusal(Kind.QUOTA) if "title" in row else None
    key_ = "s/note/1"
    bench.kafka.publish(write(1, Part("", "note", fields={"title": "t"}, content_hash="n"), key=key_))
    bench.turn(3)
    assert bench.sender.trouble
    bench.kafka.publish(write(2, key=key_, kind=WriteKind.DELETE))
    bench.turn(5)
    assert not bench.sender.trouble and not bench.outcomes_of(Outcome.DEAD_LETTERED)


def test_a_field_that_the_workspace_lacks_keeps_only_the_records_that_name_it() -> None:
    bench = Bench()
    strange = write(1, Part("", "person", fields={"shoeSize": 42}, content_hash="s"), key=key(0))
    bench.kafka.publish(strange, *[patient(n) for n in range(1, 100)])
    bench.turn(20)
    assert bench.twenty.sent("create") == [60, 39] and bench.outcomes(key(0)) == []
    assert "no field 'shoeSize'" in bench.sender.trouble and "schema apply" in bench.sender.trouble
    person = CATALOGUE["person"]
    bench.catalogue["person"] = replace(person, types={**person.types, "shoeSize": "NUMBER"})
    bench.turn(60)
    assert bench.outcomes(key(0)) == [Outcome.CREATED] and not bench.sender.trouble


def test_the_number_of_records_that_a_server_takes_is_learned_from_its_refusal() -> None:
    bench = Bench(batch=200)
    cap = Refusal(Kind.OVERSIZE, "more than 60 records in one call", 400, limit=60)
    bench.twenty.outage = lambda: cap if bench.twenty.calls[-1][1] > 60 else None
    bench.kafka.publish(*[patient(n) for n in range(400)])
    bench.turn(30)
    assert bench.twenty.sent("create") == [200, 60, 60, 60, 60, 60, 60, 40]
    assert bench.outcomes_of(Outcome.DEAD_LETTERED) == []


def test_a_call_of_too_many_bytes_is_halved_and_only_a_single_record_condemned() -> None:
    bench = Bench()
    bench.twenty.outage = lambda: refusal(Kind.OVERSIZE) if bench.twenty.calls[-1][1] > 10 else None
    bench.twenty.rule = only("giant", Kind.OVERSIZE)
    bench.kafka.publish(*[patient(n, title="giant" if n == 5 else "x") for n in range(60)])
    bench.turn(60)
    assert bench.outcomes(key(5)) == [Outcome.DEAD_LETTERED]
    assert len(bench.outcomes_of(Outcome.CREATED)) == 59


def test_by_day_bulk_only_rides_along_and_by_night_it_goes() -> None:
    bench = Bench()
    bench.hours = lambda: frozenset({Load.BULK, Load.UPLOADS})
    bench.kafka.publish(*[patient(n) for n in range(100)], lane=Lane.BULK)
    bench.turn(20)
    assert bench.twenty.calls == []
    bench.kafka.publish(patient(200), patient(201))
    bench.turn(20)
    assert bench.twenty.sent("create") == [60] and not bench.sender.trouble
    bench.hours = lambda: frozenset()
    bench.turn(20)
    assert bench.twenty.sent("create") == [60, 42]


def test_an_answer_about_another_row_is_never_a_success() -> None:
    bench = Bench()
    bench.kafka.publish(patient(1))
    bench.turn(3)
    bench.twenty.answers = lambda rows: [{**row, "id": "stranger"} for row in rows]
    bench.kafka.publish(patient(1, number=2, title="y"))
    bench.turn(2)
    bench.twenty.answers = lambda rows: rows
    bench.turn()
    flagged = [flag.reason for event in bench.events() for flag in event.flags]
    assert any("stranger" in reason for reason in flagged)
    assert bench.identities()[-1].twenty_id == twenty_id(key(1), "")
    assert bench.outcomes(key(1))[0] == Outcome.CREATED and bench.outcomes(key(1))[-1] != Outcome.FLAGGED


def test_a_duplicate_that_nothing_explains_goes_without_its_unique_values_once() -> None:
    bench = Bench()
    bench.twenty.rule = lambda row: refusal(Kind.DUPLICATE) if row.get("extId") else None
    part = Part("", "person", fields={"jobTitle": "x", "extId": "E1"}, content_hash="h")
    bench.kafka.publish(write(1, part))
    bench.turn()
    assert bench.outcomes("s/patient/1") == [Outcome.CREATED, Outcome.FLAGGED]
    assert bench.twenty.rows[twenty_id("s/patient/1", "")]["extId"] == ""


def test_a_record_is_not_condemned_for_the_company_that_it_keeps() -> None:
    """A process died when it had made all but one of these and committed nothing: batch after batch is refused."""
    bench = Bench(batch=2)
    made = {twenty_id(key(number), "") for number in range(2, 40)}
    bench.twenty.rows = {row: {"id": row, "updatedAt": "2026-01-01T00:00:00+00:00"} for row in made}

    def refused(row: dict[str, Any]) -> Refusal | None:
        there = bench.twenty.calls[-1][0] == "create" and row["id"] in made
        return refusal(Kind.DUPLICATE) if there else None

    bench.twenty.rule = refused
    bench.kafka.publish(*(patient(number) for number in range(1, 40)))
    bench.turn()
    assert {outcome for number in range(1, 40) for outcome in bench.outcomes(key(number))} == {Outcome.CREATED}


def test_a_duplicate_for_ever_ends_as_a_dead_letter() -> None:
    bench = Bench()
    bench.twenty.rule = lambda _: refusal(Kind.DUPLICATE)
    bench.kafka.publish(patient(1))
    bench.turn()
    assert bench.outcomes(key(1)) == [Outcome.DEAD_LETTERED]


def test_a_missing_parent_that_is_there_is_tried_again_and_then_listed() -> None:
    bench = Bench()
    bench.twenty.rule = only("orphan", Kind.MISSING_PARENT)
    bench.kafka.publish(patient(1, title="orphan"), patient(2))
    bench.turn(400)
    assert bench.outcomes(key(1)) == [Outcome.DEAD_LETTERED]
    assert bench.outcomes(key(2)) == [Outcome.CREATED]


def test_records_of_an_unknown_object_wait_for_the_schema() -> None:
    bench = Bench({name: target for name, target in CATALOGUE.items() if name != "note"})
    note = write(1, Part("", "note", fields={"title": "t"}, content_hash="n"), key="s/note/1")
    bench.kafka.publish(note, patient(1))
    bench.turn(20)
    assert bench.outcomes(key(1)) == [Outcome.CREATED] and bench.outcomes("s/note/1") == []
    assert "schema apply" in bench.sender.trouble
    bench.catalogue["note"] = CATALOGUE["note"]
    bench.turn(60)
    assert bench.outcomes("s/note/1") == [Outcome.CREATED]


def test_a_lost_answer_to_a_create_is_read_and_nothing_is_doubled() -> None:
    bench = Bench()
    lost = [True]

    def answers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if lost.pop() if lost else False:
            raise TwentyError("create", refusal(Kind.UNKNOWN_OUTCOME))
        return rows

    bench.twenty.answers = answers
    bench.kafka.publish(*[patient(n) for n in range(5)])
    bench.turn()
    assert bench.twenty.sent("create") == [5] and bench.twenty.sent("upsert") == [5]
    assert [event.outcome for event in bench.events()] == [Outcome.CREATED] * 5


def test_a_refused_look_up_is_repeated_later_and_holds_nobody_up() -> None:
    bench = Bench()
    bench.twenty.outage = lambda: refusal(Kind.UNAUTHORISED) if bench.twenty.calls[-1][0] == "list" else None
    matching = Part("", "person", fields={"jobTitle": "x"}, matches=(Match("jobTitle", "x"),), content_hash="m")
    bench.kafka.publish(write(1, matching, key=key(1)), patient(2))
    bench.turn(60)
    assert bench.outcomes(key(2)) == [Outcome.CREATED] and bench.outcomes(key(1)) == []
    assert len(bench.twenty.sent("list")) < 20
    bench.twenty.outage = lambda: None
    bench.turn(60)
    assert bench.outcomes(key(1)) == [Outcome.CREATED]


def test_every_decision_is_committed_with_its_offset() -> None:
    bench = Bench()
    bench.kafka.publish(*[patient(n) for n in range(3)])
    bench.sender.turn(0.0)
    assert bench.kafka.offsets == {TOPICS.live: 3}
    assert {identity.state for identity in bench.identities()} == {IdentityState.LIVE}
    assert all(isinstance(identity, Identity) for identity in bench.identities())


def test_a_fragment_decided_before_its_row_was_deleted_does_not_revive_it() -> None:
    bench = Bench()
    owner, share = key(1), "s/balance/1"
    row = twenty_id(owner, "")
    anchor = Link("anchor", part_key(owner, ""), True, row)
    balance = Part("", "person", PartMode.FRAGMENT, {"jobTitle": "owes"}, anchor=anchor, content_hash="b")
    bench.kafka.publish(patient(1))
    bench.turn(3)
    bench.kafka.publish(write(1, balance, key=share))
    bench.turn(3)
    bench.kafka.publish(
        write(2, key=owner, kind=WriteKind.DELETE),
        write(2, key=share, kind=WriteKind.DELETE),
    )
    bench.turn()
    assert Outcome.DELETED in bench.outcomes(owner)
    assert Outcome.DELETED in bench.outcomes(share)
    assert row not in bench.twenty.rows


def test_a_row_goes_into_the_trash_though_two_empty_values_count_as_equal() -> None:
    bench = Bench()
    emptied = bench.twenty.update_many

    def update(plural: str, ids: Sequence[str], fields: dict[str, Any]) -> list[dict[str, Any]]:
        if "extId" in fields:
            raise TwentyError("update", refusal(Kind.DUPLICATE))
        return emptied(plural, ids, fields)

    bench.twenty.update_many = update  # type: ignore[method-assign]
    held = {"emails": {"primaryEmail": "amy@x.test", "additionalEmails": []}, "extId": "1"}
    bench.kafka.publish(write(1, Part("", "person", fields=held, content_hash="x"), key=key(1)))
    bench.turn(3)
    row = bench.twenty.rows[twenty_id(key(1), "")]
    bench.kafka.publish(write(2, key=key(1), kind=WriteKind.DELETE))
    bench.turn()
    assert bench.outcomes(key(1))[-1] is Outcome.DELETED
    assert row["id"] not in bench.twenty.rows
    assert (row["emails"]["primaryEmail"], row["extId"]) == ("", "1"), "the other value is free"


def test_a_relation_stays_though_hold_has_not_heard_of_its_record_again() -> None:
    bench = Bench()
    row = twenty_id(key(1), "")
    part = Part("", "noteTarget", links=(Link("person", part_key(key(1), ""), False, row),), content_hash="x")
    bench.kafka.publish(patient(1))
    bench.turn(3)
    bench.kafka.publish(write(1, part, key="s/note/1"))
    bench.turn(3)
    calls = len(bench.twenty.calls)
    unheard = replace(part, links=(Link("person", part_key(key(1), ""), False),))
    bench.kafka.publish(write(2, unheard, key="s/note/1"))
    bench.turn(3)
    assert bench.outcomes("s/note/1") == [Outcome.CREATED, Outcome.UNCHANGED]
    assert len(bench.twenty.calls) == calls, "nothing was sent"
    bench.kafka.publish(write(3, replace(unheard, content_hash="y"), key="s/note/1"))
    bench.turn(3)
    assert bench.twenty.rows[twenty_id("s/note/1", "")]["targetPersonId"] == row
