"""What a clinic's front desk does, seen in Twenty: every part of the pipeline is the real one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from infra.showcase import ShowcaseOptions
from schemas.broker import producer
from schemas.records import Operation, RecordChange
from tests.integration.desk import Desk, Row, opened
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    options = ShowcaseOptions(
        patients=30, requests=0, overrides={"hold": {"park_seconds": 3}, "source": {"sweep_seconds": 1}}
    )
    with opened(options) as desk:
        yield desk


def test_a_new_patient_is_in_twenty_within_seconds(desk: Desk) -> None:
    desk.patient("F-1", email="f1@example.test", billing_status="overdue")
    row = desk.row("people", "patient/F-1")
    assert (row["name"]["firstName"], row["billingStatus"], row["personRole"]) == ("Flow", "OVERDUE", "PATIENT")


def test_a_transaction_that_commits_long_after_its_change_time_arrives(desk: Desk) -> None:
    with psycopg.connect(desk.showcase.source_url) as slow:
        slow.execute("insert into patients (patient_id, first_name, last_name) values ('F-2', 'Late', 'Commit')")
        # others go on meanwhile, and the poller with them, far past this transaction's now()
        for number in range(5):
            desk.patient(f"F-2-{number}")
            desk.row("people", f"patient/F-2-{number}")
        assert desk.rows("people", "patient/F-2") == []
        slow.commit()
    assert desk.row("people", "patient/F-2")["name"]["firstName"] == "Late"


def test_a_row_restored_with_an_old_time_arrives(desk: Desk) -> None:
    desk.patient("F-3", updated_at=datetime(2019, 1, 1, tzinfo=UTC))
    assert desk.row("people", "patient/F-3")


def test_an_update_that_does_not_touch_the_change_time_arrives(desk: Desk) -> None:
    desk.patient("F-4", city="Before")
    desk.row("people", "patient/F-4")
    desk.sql("update patients set city = 'After' where patient_id = 'F-4'")
    desk.becomes("people", "patient/F-4", lambda row: row["city"] == "After")


def test_mother_and_child_with_one_e_mail_are_two_records_each_with_its_own_appointments(desk: Desk) -> None:
    for person, appointment in (("F-5", 9_000_051), ("F-6", 9_000_061)):
        desk.patient(person, email="Family@Example.test")
        desk.appointment(appointment, person)
        desk.row("tasks", f"appointment/{appointment}")
    desk.settle()
    mother, child = (desk.row("people", f"patient/{person}") for person in ("F-5", "F-6"))
    assert mother["id"] != child["id"]
    held = [row["emails"]["primaryEmail"] for row in (mother, child)]
    assert sorted(held) == ["", "family@example.test"]
    beside = mother if mother["emails"]["primaryEmail"] == "" else child
    assert beside["emails"]["additionalEmails"] == ["family@example.test"]
    for row, appointment in ((mother, 9_000_051), (child, 9_000_061)):
        task = desk.row("tasks", f"appointment/{appointment}")
        assert desk.the("taskTargets", "taskId", task["id"])["personId"] == row["id"]


def test_a_child_of_a_parent_that_does_not_exist_is_parked_and_arrives_once_it_is_corrected(desk: Desk) -> None:
    desk.patient("F-7")
    desk.appointment(9_000_071, "F-7-mistyped")

    def parked() -> bool:
        return any(o["key"] == "clinic_place/appointment/9000071" and o["parked"] for o in desk.dualrun("held"))

    until(parked)
    (waiting,) = [o for o in desk.dualrun("held") if o["key"] == "clinic_place/appointment/9000071"]
    assert waiting["missing"] == ["clinic_place/patient/F-7-mistyped"]
    assert desk.rows("tasks", "appointment/9000071") == []
    desk.sql("update appointments set patient_id = 'F-7', updated_at = now() where appointment_id = 9000071")
    desk.row("tasks", "appointment/9000071")
    desk.settle()
    assert not parked()


def test_a_parked_child_is_released_when_its_parent_comes_late(desk: Desk) -> None:
    desk.appointment(9_000_081, "F-8")
    until(lambda: any(o["key"] == "clinic_place/appointment/9000081" and o["parked"] for o in desk.dualrun("held")))
    desk.patient("F-8")
    task, person = desk.row("tasks", "appointment/9000081"), desk.row("people", "patient/F-8")
    assert desk.the("taskTargets", "taskId", task["id"])["personId"] == person["id"]


def test_a_patient_who_is_deleted_and_comes_back_is_the_same_record(desk: Desk) -> None:
    desk.patient("F-9")
    before = desk.row("people", "patient/F-9")
    desk.sql("delete from patients where patient_id = 'F-9'")
    until(lambda: desk.rows("people", "patient/F-9") == [])
    assert [row["id"] for row in desk.rows("people", "patient/F-9", trashed=True)] == [before["id"]]
    desk.patient("F-9", city="Again")
    after = desk.row("people", "patient/F-9")
    assert (after["id"], after["city"]) == (before["id"], "Again")


def test_an_insurer_that_a_patient_no_longer_names_is_retracted(desk: Desk) -> None:
    desk.patient(
        "F-10", insurer_1="Acme  Health", plan_1="Gold", insurer_2="Blue Shield", plan_2="B", primary_insurer=1
    )
    desk.row("coverages", "patient/F-10#coverage:acme health")
    second = desk.row("coverages", "patient/F-10#coverage:blue shield")
    assert (second["planName"], second["isPrimary"]) == ("B", False)
    desk.sql("update patients set insurer_2 = null, plan_2 = null, updated_at = now() where patient_id = 'F-10'")
    until(lambda: desk.rows("coverages", "patient/F-10#coverage:blue shield") == [])
    carrier = desk.row("companies", "~carrier/acme health")
    assert desk.row("people", "patient/F-10")["primaryInsurerId"] == carrier["id"]


def test_bad_optional_values_are_flagged_and_the_record_arrives(desk: Desk) -> None:
    desk.patient("F-11", date_of_birth="2023-02-30", phone="call me", billing_status="unheard of")
    row = desk.row("people", "patient/F-11")
    assert (row["dateOfBirth"], row["phones"]["primaryPhoneNumber"], row["billingStatus"]) == (None, "", None)
    desk.settle()
    flags = {field: flag for (key, field), flag in desk.showcase.monitor.flags.items() if key.endswith("/F-11")}
    assert {"dateOfBirth", "phones", "billingStatus"} <= set(flags)
    assert flags["dateOfBirth"].raw == "2023-02-30", "kept for review"


def test_a_nul_byte_is_taken_out_and_flagged(desk: Desk) -> None:
    # PostgreSQL's text cannot hold one, other sources can: it is published as a producer of theirs would
    deployment = desk.showcase.deployment
    change = RecordChange(
        "clinic_place",
        "physician",
        "F-12",
        Operation.UPSERT,
        {"physician_id": "F-12", "first_name": "Nu\0l", "last_name": "Byte"},
        datetime.now(UTC),
        datetime.now(UTC),
    )
    topic = deployment.topics.cdc("physician")
    client = producer(deployment.kafka)
    client.produce(topic, key=change.key, value=deployment.codec.encode(change, topic))
    assert client.flush(10) == 0
    assert desk.row("people", "physician/F-12")["name"]["firstName"] == "Nul"
    desk.settle()
    assert ("clinic_place/physician/F-12", "name.firstName") in desk.showcase.monitor.flags


def test_a_note_too_large_for_twenty_is_a_dead_letter_with_a_reason_and_stops_nobody(desk: Desk) -> None:
    desk.patient("F-13")
    huge = "x" * 10_000_000
    desk.insert("clinical_notes", note_id=9_000_131, patient_id="F-13", kind="visit", title="Huge", body=huge)
    desk.insert("clinical_notes", note_id=9_000_132, patient_id="F-13", kind="visit", title="Next", body="small")
    desk.row("notes", "clinical_note/9000132")
    desk.settle()
    letters = [o for o in desk.showcase.monitor.look().account.dead_letters if o.key.endswith("/9000131")]
    assert len(letters) == 1
    assert "large" in letters[0].reason
    assert desk.rows("notes", "clinical_note/9000131") == []


def test_bytes_that_are_no_record_are_a_dead_letter(desk: Desk) -> None:
    deployment = desk.showcase.deployment
    client = producer(deployment.kafka)
    client.produce(deployment.topics.cdc("physician"), key="clinic_place/physician/F-14", value=b"{not avro}")
    assert client.flush(10) == 0
    desk.settle()
    letters = {letter.key: letter.reason for letter in desk.showcase.monitor.look().account.dead_letters}
    assert letters["clinic_place/physician/F-14"]


def test_whoever_is_invited_gets_what_the_fallback_owner_kept(desk: Desk) -> None:
    showcase, email = desk.showcase, "new.colleague@example.test"
    members = {row["userEmail"]: row["id"] for row in desk.twenty.members()}
    desk.insert("staff", staff_id="F-S1", email=" New.Colleague@Example.test", first_name="New", last_name="Colleague")
    desk.patient("F-16")
    desk.appointment(9_000_161, "F-16", staff_id="F-S1")
    row = desk.row("tasks", "appointment/9000161")
    assert row["assigneeId"] == members[showcase.fallback_owner]
    assert desk.row("people", "patient/F-16")["ownerId"] == members[showcase.fallback_owner]

    def invited() -> list[Row]:
        return [one for one in desk.dualrun("owners")["invitations"] if one["email"] == email]

    until(lambda: [(one["name"], one["waiting"]) for one in invited()] == [("New Colleague", 1)])
    assert f"{email},New Colleague,1,clinic_place/staff/F-S1" in desk.run("owners", "--csv").stdout
    # in Twenty somebody else takes a task of the fallback owner's, and the source knows nothing of it
    desk.appointment(9_000_162, "F-16")
    colleague = next(row for address, row in members.items() if address != showcase.fallback_owner)
    desk.twenty.update("tasks", desk.row("tasks", "appointment/9000162")["id"], {"assigneeId": colleague})
    account = showcase.control("members", userEmail=email, name={"firstName": "New", "lastName": "Colleague"})
    desk.becomes("tasks", "appointment/9000161", lambda row: row["assigneeId"] == account["id"])
    assert invited() == []
    desk.sql("update appointments set note = 'changed', updated_at = now() where appointment_id = 9000162")
    desk.becomes("tasks", "appointment/9000162", lambda row: row["bodyV2"]["markdown"] == "changed")
    assert desk.row("tasks", "appointment/9000162")["assigneeId"] == colleague


def test_a_record_without_an_owner_is_found(desk: Desk) -> None:
    desk.patient("F-17")
    row = desk.row("people", "patient/F-17")
    desk.settle()
    assert desk.dualrun("owners", "--check")["without_owner"] == 0
    desk.twenty.update("people", row["id"], {"ownerId": None})
    found = desk.run("owners", "--check", "--json")
    assert found.returncode == 1
    assert json.loads(found.stdout)["without_owner_by_object"]["person"] == ["clinic_place/patient/F-17"]
    desk.twenty.update("people", row["id"], {"ownerId": row["ownerId"]})


def test_the_targets_of_notes_and_tasks_move_and_end_with_the_source(desk: Desk) -> None:
    for person in ("F-18", "F-19"):
        desk.patient(person)
    desk.appointment(9_000_181, "F-18")
    desk.insert("clinical_notes", note_id=9_000_182, patient_id="F-18", kind="visit", title="T", body="text")
    task, note = desk.row("tasks", "appointment/9000181"), desk.row("notes", "clinical_note/9000182")
    people = {person: desk.row("people", f"patient/{person}")["id"] for person in ("F-18", "F-19")}

    def targets() -> list[Row]:
        of_task = desk.where("taskTargets", "taskId", task["id"])
        return [*of_task, *desk.where("noteTargets", "noteId", note["id"])]

    def lead_to(person: str) -> bool:
        return [target["personId"] for target in targets()] == [people[person]] * 2

    until(lambda: lead_to("F-18"))
    before = {target["id"] for target in targets()}
    for table, key, number in (("appointments", "appointment_id", 9_000_181), ("clinical_notes", "note_id", 9_000_182)):
        desk.sql(f"update {table} set patient_id = 'F-19', updated_at = now() where {key} = {number}")
    until(lambda: lead_to("F-19"))
    assert {target["id"] for target in targets()} == before, "moved, not made anew"
    for table, key, number in (("appointments", "appointment_id", 9_000_181), ("clinical_notes", "note_id", 9_000_182)):
        desk.sql(f"update {table} set patient_id = null, updated_at = now() where {key} = {number}")
    until(lambda: targets() == [])
    assert desk.rows("tasks", "appointment/9000181") and desk.rows("notes", "clinical_note/9000182")


def test_an_image_within_a_note_is_a_file_of_the_note(desk: Desk) -> None:
    desk.patient("F-20")
    picture = b"\x89PNG made up"
    body = f'<p>Rash, <b>left</b> arm <img src="data:image/png;base64,{base64.b64encode(picture).decode()}"></p>'
    desk.insert("clinical_notes", note_id=9_000_201, patient_id="F-20", kind="visit", title="T", body=body)
    note = desk.row("notes", "clinical_note/9000201")
    found: list[Row] = []

    def there() -> bool:
        found[:] = desk.where("attachments", "noteId", note["id"])
        return bool(found)

    until(there)
    (file,) = found
    assert note["bodyV2"]["markdown"].strip() == f"Rash, **left** arm [{file['name']}]"
    assert httpx.get(file["fullPath"]).raise_for_status().content == picture
    desk.sql("update clinical_notes set body = 'none', updated_at = now() where note_id = 9000201")
    until(lambda: not there())


def test_files_that_twenty_does_not_take_are_listed(desk: Desk) -> None:
    desk.patient("F-21")
    document = {"patient_id": "F-21", "kind": "scan", "uploaded_at": "2024-05-06 07:08", "size_bytes": 99}
    desk.insert("documents", document_id=9_000_211, file_name="gone.pdf", path="nowhere/gone.pdf", **document)
    desk.row("notes", "document/9000211")
    desk.settle()
    listed = {one["key"]: one for one in desk.dualrun("attachments")}
    assert listed["clinic_place/document/9000211"]["reason"] == "the file is not there"
    (huge,) = desk.dualrun("attachments", "--oversize")
    assert huge["key"].startswith("clinic_place/document/") and huge["size"] > 25 * 2**20
    csv = desk.run("attachments", "--oversize", "--csv").stdout.splitlines()
    assert csv[0] == "key,part,name,size,reason,locator" and csv[1].startswith(f"{huge['key']},file,{huge['name']},")


def test_nothing_is_without_an_account(desk: Desk) -> None:
    desk.settle()
    assert desk.dualrun("status")["conservation"] == 0


def test_patient_data_is_in_no_log(desk: Desk) -> None:
    canaries = {
        "first_name": "Canaryfirst",
        "city": "Canaryville",
        "phone": "(212) 555-0187",
        "date_of_birth": "Canarydate",
    }
    desk.insert("patients", patient_id="F-15", last_name="Canarylast", email="canary@example.test", **canaries)
    desk.appointment(9_000_151, "F-15", note="Canarynote")
    desk.row("tasks", "appointment/9000151")
    desk.settle()
    logs = "".join(path.read_text(errors="replace") for path in (desk.showcase.directory / "logs").glob("*.log"))
    metrics = desk.showcase.pipeline.metrics()
    for canary in (*canaries.values(), "Canarylast", "canary@example.test", "Canarynote", "5550187"):
        assert canary.lower() not in logs.lower()
        assert canary.lower() not in metrics.lower()
