"""Who edited what in Twenty, and who wins: the pure decisions, and our own writes in any interleaving."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.edits import SOURCE_WINS, EditPolicy, PartPolicy
from schemas.keys import twenty_id
from schemas.records import Flag, Identity, IdentityState, Link, Outcome, Part
from sinks import edits
from tests.unit.sinks.sender_fakes import Bench
from tests.unit.sinks.values import CATALOGUE, version, write

KEY = "s/patient/1"
ROW = twenty_id(KEY, "")
PERSON = CATALOGUE["person"]
ASK = PartPolicy({"jobTitle": "ask"})


def known(answer: dict[str, Any], **more: Any) -> Identity:
    payload = {"id": ROW, **{name: value for name, value in answer.items() if name in ("jobTitle", "emails", "phones")}}
    written = edits.written(None, None, payload, {"id": ROW, **answer}, PERSON)
    return Identity(KEY, "", "person", ROW, version(1), IdentityState.LIVE, written=written, **more)


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("EMAILS", {"primaryEmail": "A@X.test"}, {"primaryEmail": "a@x.test", "additionalEmails": None}),
        ("LINKS", {"primaryLinkUrl": "https://X.test/"}, {"primaryLinkUrl": "https://x.test", "secondaryLinks": []}),
        (
            "PHONES",
            {"primaryPhoneNumber": "+33612345678"},
            {"primaryPhoneNumber": "612345678", "primaryPhoneCallingCode": "+33", "primaryPhoneCountryCode": "FR"},
        ),
        (
            "CURRENCY",
            {"amountMicros": 5_000_000, "currencyCode": "USD"},
            {"amountMicros": "5000000", "currencyCode": "USD"},
        ),
        ("DATE_TIME", "2026-03-04T05:06:07+00:00", "2026-03-04T05:06:07.000Z"),
        ("TEXT", None, ""),
        ("RICH_TEXT_V2", {"markdown": "a"}, {"markdown": "a", "blocknote": "[{}]"}),
        ("FULL_NAME", {"firstName": "A"}, {"firstName": "A", "lastName": ""}),
    ],
)
def test_how_twenty_spells_a_value_is_no_edit(kind: str, sent: Any, kept: Any) -> None:
    assert edits.canonical(sent, kind) == edits.canonical(kept, kind)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("TEXT", "a", "A"),
        ("EMAILS", {"primaryEmail": "a@x.test"}, {"primaryEmail": "b@x.test"}),
        ("EMAILS", {"primaryEmail": "a@x.test"}, {"primaryEmail": "", "additionalEmails": ["a@x.test"]}),
        ("LINKS", {"primaryLinkLabel": "A"}, {"primaryLinkLabel": "a"}),
        ("BOOLEAN", False, None),
        ("BOOLEAN", True, "true"),
    ],
)
def test_what_a_person_would_see_is_an_edit(kind: str, one: Any, other: Any) -> None:
    assert edits.canonical(one, kind) != edits.canonical(other, kind)


def test_a_digest_shows_nothing_of_equal_values() -> None:
    assert edits.digest(ROW, "jobTitle", "x", PERSON) != edits.digest(
        twenty_id("s/patient/2", ""), "jobTitle", "x", PERSON
    )
    assert edits.digest(ROW, "jobTitle", "x", PERSON) != edits.digest(ROW, "extId", "x", PERSON)


def test_only_what_we_wrote_counts() -> None:
    finding = edits.look(known({"jobTitle": "Nurse"}), {"jobTitle": "Nurse", "city": "Bern"}, ASK, PERSON)
    assert finding == edits.Finding()


@pytest.mark.parametrize("policy", ["source_wins", "twenty_wins", "ask"])
def test_each_field_goes_by_its_own_policy(policy: EditPolicy) -> None:
    fields: dict[str, EditPolicy] = {} if policy == "source_wins" else {"jobTitle": policy}
    finding = edits.look(known({"jobTitle": "Nurse"}), {"jobTitle": "Doctor"}, PartPolicy(fields), PERSON)
    assert {column: edit.policy for column, edit in finding.new.items()} == {"jobTitle": policy}
    assert set(finding.standing) == set(fields)


def test_an_edit_is_new_once() -> None:
    first = edits.look(known({"jobTitle": "Nurse"}), {"jobTitle": "Doctor"}, ASK, PERSON)
    after = known({"jobTitle": "Nurse"}, edits=edits.pack_edits(first.standing))
    again = edits.look(after, {"jobTitle": "Doctor"}, ASK, PERSON)
    assert (again.new, again.standing) == ({}, first.standing)
    assert set(edits.look(after, {"jobTitle": "Surgeon"}, ASK, PERSON).new) == {"jobTitle"}
    assert edits.look(after, {"jobTitle": "Nurse"}, ASK, PERSON) == edits.Finding()


def test_what_an_unanswered_write_of_ours_put_there_is_no_edit() -> None:
    link = Link("company", "t", False, "11111111-1111-5111-8111-111111111111")
    own = edits.ours(ROW, [Part("", "person", fields={"jobTitle": "Doctor"}, links=(link,))], PERSON)
    row = {"jobTitle": "Doctor", "companyId": link.twenty_id}
    part = Part("", "person", links=(replace(link, twenty_id=None),))
    before = known({"jobTitle": "Nurse"})
    before = replace(before, written=edits.written(before, part, {"id": ROW}, {"id": ROW, "companyId": None}, PERSON))
    assert set(edits.look(before, row, ASK, PERSON).new) == {"jobTitle", "companyId"}
    assert edits.look(before, row, ASK, PERSON, own) == edits.Finding()


@pytest.mark.parametrize(("trashed", "stays"), [("revive", False), ("skip", True), ("ask", True)])
def test_a_row_in_the_trash(trashed: Any, stays: bool) -> None:
    row = {"jobTitle": "other", "deletedAt": "2026-01-01T00:00:00Z"}
    finding = edits.look(known({"jobTitle": "Nurse"}), row, PartPolicy({}, trashed), PERSON)
    assert set(finding.new) == {edits.TRASHED}
    assert edits.stays_in_trash(finding) is stays


@pytest.mark.parametrize("take", ["source", "twenty"])
def test_a_decision_about_the_trash_lasts_until_it_is_trashed_anew(take: str) -> None:
    policy = PartPolicy({}, "ask")
    row = {"deletedAt": "2026-01-01T00:00:00Z"}
    first = edits.look(known({}), row, policy, PERSON)
    asked = known({}, edits=edits.pack_edits(first.standing))
    seen = {edits.TRASHED: first.new[edits.TRASHED].digest}
    _, after = edits.resolved(asked, seen, take)
    decided = replace(asked, edits=after)
    assert edits.open_edits(decided) == {}
    assert edits.stays_in_trash(edits.look(decided, row, policy, PERSON)) is (take == "twenty")
    anew = edits.look(decided, {"deletedAt": "2026-02-02T00:00:00Z"}, policy, PERSON)
    assert anew.new[edits.TRASHED].policy == "ask"


def test_a_decision_about_something_else_is_void() -> None:
    identity = known({"jobTitle": "Nurse"}, edits="jobTitle:seen:ask")
    assert edits.resolved(identity, {"jobTitle": "older"}, "source") == (identity.written, identity.edits)


def test_what_the_source_did_not_change_is_left_out_where_somebody_else_may_win() -> None:
    identity = known({"jobTitle": "Nurse", "emails": {"primaryEmail": "a@x.test"}})
    payload = {"id": ROW, "jobTitle": "Nurse", "emails": {"primaryEmail": "a@x.test"}}
    changed = payload | {"jobTitle": "Chief"}
    assert edits.left_out(identity, payload, payload, (), ASK, PERSON) == {"jobTitle"}
    assert edits.left_out(identity, changed, payload, (), ASK, PERSON) == set()
    assert edits.left_out(identity, changed, payload, ("jobTitle",), ASK, PERSON) == {"jobTitle"}
    assert edits.left_out(identity, payload, payload, (), SOURCE_WINS, PERSON) == set()
    # a write of ours whose answer was lost
    assert edits.left_out(identity, payload, changed, (), ASK, PERSON) == set()


def test_a_repeated_part_goes_by_its_name_in_the_mapping() -> None:
    policies = {"patient#phone": ASK, "patient#": PartPolicy({}, "skip")}
    assert edits.policy_of(policies, KEY, "phone:home:2") is ASK
    assert edits.policy_of(policies, KEY, "").trashed == "skip"
    assert edits.policy_of(policies, "s/visit/1", "phone:home") is SOURCE_WINS


columns = st.dictionaries(st.sampled_from(["jobTitle", "emails", "company"]), st.text("Ab-", min_size=1, max_size=20))


@given(columns)
def test_packing_loses_nothing(values: dict[str, str]) -> None:
    told = {column: edits.Told(value, value[::-1]) for column, value in values.items()}
    assert edits.unpack_written(edits.pack_written(told)) == told
    found = {column: edits.Edit(value, "ask") for column, value in values.items()}
    assert edits.unpack_edits(edits.pack_edits(found)) == found


def patient(title: str, mail: str) -> Part:
    fields = {"jobTitle": title, "emails": {"primaryEmail": mail, "additionalEmails": []}}
    return Part("", "person", fields=fields, content_hash=f"{title}/{mail}")


acts = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("abc"), st.sampled_from(["x@x.test", "y@x.test", ""])),
        st.tuples(st.just("lose the answer")),
        st.tuples(st.just("turn")),
        st.tuples(st.just("pause")),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(acts)
def test_our_own_writes_are_never_somebodys_edit(plan: list[tuple[str, ...]]) -> None:
    policies = {"patient#": PartPolicy({"jobTitle": "ask", "emails": "twenty_wins"}, "ask")}
    bench = Bench(policies=policies, edits_seconds=5.0)
    number = 0
    for act, *values in plan:
        if act == "write":
            number += 1
            bench.kafka.publish(write(number, patient(values[0], values[1])))
        elif act == "lose the answer":
            bench.twenty.lose_answers = 1
        else:
            bench.turn(1, seconds=7.0 if act == "pause" else 0.1)
    bench.turn(60)
    assert bench.outcomes_of(Outcome.CONFLICT) == []


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["source_wins", "twenty_wins", "ask"]), st.lists(st.sampled_from("abc"), max_size=4))
def test_an_edit_is_always_found_and_treated_as_its_policy_says(policy: EditPolicy, later: list[str]) -> None:
    fields: dict[str, EditPolicy] = {} if policy == "source_wins" else {"jobTitle": policy}
    bench = Bench(policies={"patient#": PartPolicy(fields)}, edits_seconds=5.0)
    bench.kafka.publish(write(1, patient("a", "")))
    bench.turn(3)
    bench.twenty.edit(ROW, jobTitle="edited")
    if policy == "source_wins":
        bench.turn(10)
    for number, title in enumerate(later, 2):
        bench.kafka.publish(write(number, patient(title, "")))
        bench.turn(10)
    bench.turn(10)
    wanted = (later[-1] if later else "a") if policy == "source_wins" else "edited"
    assert bench.twenty.rows[ROW]["jobTitle"] == wanted
    flags = [flag for event in bench.outcomes_of(Outcome.CONFLICT) for flag in event.flags]
    assert flags == [Flag("jobTitle", policy)]


def test_an_edit_that_was_taken_back_lets_the_source_go_on() -> None:
    bench = Bench(policies={"patient#": PartPolicy({"jobTitle": "twenty_wins"})}, edits_seconds=5.0)
    bench.kafka.publish(write(1, patient("a", "")))
    bench.turn(3)
    bench.twenty.edit(ROW, jobTitle="edited")
    bench.kafka.publish(write(2, patient("b", "")))
    bench.turn(10)
    assert bench.twenty.rows[ROW]["jobTitle"] == "edited"
    bench.twenty.edit(ROW, jobTitle="a")
    bench.turn(20)
    assert bench.twenty.rows[ROW]["jobTitle"] == "b"
