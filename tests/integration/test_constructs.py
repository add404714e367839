"""What a mapping can say, seen in Twenty: rows kept out and let in again, a person in place of a member, owners that
follow. Every part of the pipeline is the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.showcase import ShowcaseOptions
from schemas.mapping.document import BUILT_IN
from tests.integration.desk import Desk, opened
from tests.waiting import until

pytestmark = pytest.mark.stack

CHANGES = {
    "    source: {relation: public.patients, key: [patient_id], changed_at: updated_at}\n": """\
    source:
      query: >-
        select p.*, (select max(starts_at) from public.appointments a where a.patient_id = p.patient_id)
               as last_activity
          from public.patients p
      key: [patient_id]
    skip: [{reason: no activity in 24 months, stale: {columns: [last_activity], months: 24}}]
""",
    "      - target: workspaceMember\n        match:": """\
      - name: account
        target: workspaceMember
        aliases: {staff_account: staff_id}
        match:""",
    "\n  appointment:\n": """\
      - target: person
        unless: account
        fields: {name: {of: {firstName: first_name, lastName: last_name}}, jobTitle: specialty}

  appointment:
""",
    "assignee: {to: staff, by: staff_id}": "assignee: {alias: staff_account, by: staff_id}",
    "\n  emergency_contact:\n": """
  workflow:
    source: {relation: public.workflows, key: [workflow_id]}
    for_views: [name]

  practice_rules:
    source:
      view: >-
        select p.physician_id, count(w.workflow_id) as rules
        from physicians p left join workflows w on w.name = p.practice group by p.physician_id
      key: [physician_id]
    parts: [{target: person, anchor: {to: physician, by: physician_id, required: true}, fields: {jobTitle: rules}}]

  emergency_contact:
""",
}
"""The Clinic Place, as another clinic may want it."""


def variant() -> str:
    text = (BUILT_IN / "clinic_place.yaml").read_text()
    for said, instead in CHANGES.items():
        assert text.count(said) == 1, said
        text = text.replace(said, instead)
    return text


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    mapping = tmp_path_factory.mktemp("mapping") / "clinic_place.yaml"
    mapping.write_text(variant())
    options = ShowcaseOptions(
        patients=5,
        requests=0,
        overrides={"hold": {"park_seconds": 1}, "source": {"sweep_seconds": 1}},
        mapping=mapping,
    )
    with opened(options) as desk:
        yield desk


def test_a_stale_patient_stays_out_with_her_history_until_she_is_active_again(desk: Desk) -> None:
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=900)
    # before the patient: one of whom nothing is known yet is not stale, and goes in
    desk.insert("appointments", appointment_id=8_000_011, patient_id="C-1", type="follow-up", starts_at=long_ago)
    desk.patient("C-1", email="stale@example.test")
    desk.insert("clinical_notes", note_id=8_000_012, patient_id="C-1", kind="visit", title="Old", body="as ever")
    children = {"clinic_place/appointment/8000011", "clinic_place/clinical_note/8000012"}

    def skipped() -> bool:
        return {one["key"] for one in desk.dualrun("held") if one["skipped"]} >= children

    until(skipped)
    desk.settle()
    assert not any(one["parked"] for one in desk.dualrun("held") if one["key"] in children)
    assert desk.rows("people", "patient/C-1") == desk.rows("tasks", "appointment/8000011") == []
    assert desk.dualrun("status")["conservation"] == 0

    soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=7)
    desk.insert("appointments", appointment_id=8_000_013, patient_id="C-1", type="follow-up", starts_at=soon)
    person = desk.row("people", "patient/C-1")
    for appointment in (8_000_011, 8_000_013):
        task = desk.row("tasks", f"appointment/{appointment}")
        assert desk.the("taskTargets", "taskId", task["id"])["personId"] == person["id"]
    note = desk.row("notes", "clinical_note/8000012")
    assert desk.the("noteTargets", "noteId", note["id"])["personId"] == person["id"]
    desk.settle()
    assert not children & {one["key"] for one in desk.dualrun("held")}

    # once she is in, she stays, though her last activity be called off, and is kept in step
    desk.sql("delete from appointments where appointment_id = 8000013")
    desk.sql("update patients set city = 'Elsewhere' where patient_id = 'C-1'")
    desk.becomes("people", "patient/C-1", lambda row: row["city"] == "Elsewhere")
    until(lambda: desk.rows("tasks", "appointment/8000013") == [])


def test_a_person_stands_in_for_a_member_and_the_tasks_follow_the_account(desk: Desk) -> None:
    active = datetime.now(UTC).replace(tzinfo=None)
    desk.insert(
        "staff", staff_id="C-S1", first_name="Ada", last_name="Late", email="first@clinic.test", specialty="ENT"
    )
    desk.patient("C-2")
    desk.insert(
        "appointments", appointment_id=8_000_021, patient_id="C-2", staff_id="C-S1", type="follow-up", starts_at=active
    )
    person = desk.row("people", "staff/C-S1")
    assert (person["jobTitle"], person["name"]["firstName"]) == ("ENT", "Ada")
    fallback = desk.row("tasks", "appointment/8000021")["assigneeId"]
    assert fallback

    members = {}
    for name in ("first", "second"):
        desk.showcase.control("members", userEmail=f"{name}@clinic.test", name={"firstName": name, "lastName": "x"})
        (member,) = desk.where("workspaceMembers", "userEmail", f"{name}@clinic.test")
        members[name] = member["id"]
    desk.becomes("tasks", "appointment/8000021", lambda row: row["assigneeId"] == members["first"])
    until(lambda: desk.rows("people", "staff/C-S1") == [])

    desk.sql("update staff set email = 'second@clinic.test', updated_at = now() where staff_id = 'C-S1'")
    desk.becomes("tasks", "appointment/8000021", lambda row: row["assigneeId"] == members["second"])

    desk.sql("update staff set email = 'nobody@clinic.test', updated_at = now() where staff_id = 'C-S1'")
    desk.becomes("tasks", "appointment/8000021", lambda row: row["assigneeId"] == fallback)
    assert desk.row("people", "staff/C-S1")["id"] == person["id"]
    desk.settle()
    assert desk.dualrun("status")["conservation"] == 0


def test_an_object_that_is_read_for_views_alone_shows_in_what_they_count_and_is_accounted_for(desk: Desk) -> None:
    desk.insert("physicians", physician_id="C-D1", first_name="Vera", last_name="View", practice="Uptown")
    desk.becomes("people", "physician/C-D1", lambda row: row["jobTitle"] == "0")
    for number in (9_001, 9_002):
        desk.insert("workflows", workflow_id=number, name="Uptown")
    desk.becomes("people", "physician/C-D1", lambda row: row["jobTitle"] == "2")
    desk.sql("update workflows set name = 'Downtown' where workflow_id = 9001")
    desk.becomes("people", "physician/C-D1", lambda row: row["jobTitle"] == "1")
    desk.sql("delete from workflows where workflow_id = 9002")
    desk.becomes("people", "physician/C-D1", lambda row: row["jobTitle"] == "0")
    desk.settle()
    status = desk.dualrun("status")
    assert (status["conservation"], status["dead_letters"]) == (0, 0)
    assert not any(one["key"].startswith("clinic_place/workflow/") for one in desk.dualrun("held"))
