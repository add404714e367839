"""The Clinic Place in Twenty, through the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.showcase import Showcase
from tests.integration.systems.customer import Reading, arrived, at_the_source, dualrun, exported, settled
from tests.integration.systems.ledger import Ledger, Shows, assert_as_the_tables_say
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """The small clinic after a day of work, when all of it has arrived."""
    with arrived("clinic_place", 60, sweep_seconds=1) as showcase:
        life = showcase.life()
        life.run(120, 0)
        life.settle()
        yield showcase


def test_every_record_is_as_the_tables_say(showcase: Showcase, ledger: Ledger) -> None:
    assert_as_the_tables_say(showcase, ledger, 4000)
    assert showcase.expected().skipped


def test_staff_without_an_account_are_listed_and_filled_in_once_they_have_one(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    email = "new.nurse@clinic.example.com"
    at_the_source(
        showcase,
        f"""insert into staff (staff_id, first_name, last_name, email, specialty, licence_number)
            values ('S-901', 'Nora', 'New', '{email.title()}', 'Eyes', 'L-901')""",
    )

    def listed() -> tuple[list[str], list[Any]]:
        invited = json.loads(dualrun(showcase, "owners", "--json"))["invitations"]
        members = twenty.list_page("workspaceMembers", filter=f'userEmail[eq]:"{email}"').records
        return [key for one in invited if one["email"] == email for key in one["records"]], members

    shows("Staff", "staff without an account are flagged", listed, (["clinic_place/staff/S-901"], []))
    showcase.control("members", userEmail=email, name={"firstName": "Nora", "lastName": "New"})

    def member() -> list[tuple[str, str]]:
        members = twenty.list_page("workspaceMembers", filter=f'userEmail[eq]:"{email}"').records
        return [(one["specialty"], one["licenceNumber"]) for one in members]

    shows("Staff", "matched by e-mail", member, [("Eyes", "L-901")])


def test_appointment_types_are_options_with_the_words_of_the_source(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    at_the_source(
        showcase,
        "insert into patients (patient_id, last_name) values ('P-600001', 'Booked')",
        """insert into appointments (appointment_id, patient_id, type, status)
           values (600002, 'P-600001', 'urgent care', 'scheduled')""",
    )

    def words() -> list[str]:
        (task,) = [one for one in twenty.objects() if one["nameSingular"] == "task"]
        (field,) = [one for one in task["fields"] if one["name"] == "appointmentType"]
        labels = {option["value"]: option["label"] for option in field["options"]}
        return [labels[one["appointmentType"]] for one in twenty.live("tasks", "appointment/600002")]

    shows("AppointmentType", "values verbatim", words, ["urgent care"])


def test_options_that_no_record_has_are_told(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    with psycopg.connect(showcase.source_url, autocommit=True) as source:
        procedures = source.execute(
            """update appointments set type = 'telehealth', updated_at = now() where trim(lower(type)) = 'procedure'
               returning appointment_id"""
        ).fetchall()

        def told() -> tuple[list[Any], dict[str, list[str]]]:
            records = twenty.list_page("tasks", filter="appointmentType[eq]:PROCEDURE", limit=1).records
            unused: dict[str, list[str]] = {}
            if not records:
                unused = json.loads(dualrun(showcase, "schema", "unused", "--json", exit_code=2))
            return records, unused

        unused = {"task.appointmentType": ["PROCEDURE"]}
        shows("AppointmentType", "unused values are flagged", told, ([], unused))
        source.execute(
            "update appointments set type = 'procedure', updated_at = now() where appointment_id = any(%s)",
            ([one for (one,) in procedures],),
        )
    until(lambda: twenty.list_page("tasks", filter="appointmentType[eq]:PROCEDURE", limit=1).records)
    assert dualrun(showcase, "schema", "unused").strip() == "Every option is used."


def test_the_scan_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    (key,) = showcase.expected().oversize

    def listed_and_uploaded() -> tuple[bool, list[Any]]:
        (note,) = twenty.live("notes", key.removeprefix("clinic_place/"))
        listed = key in dualrun(showcase, "attachments", "--oversize", "--csv")
        return listed, twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records

    shows("Attachment", "a scan over 25 MB is listed and not uploaded", listed_and_uploaded, (True, []))


def test_a_contact_is_a_person_where_exactly_one_patient_matches(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    twin = "insert into patients (patient_id, first_name, last_name, phone) values ('P-60001{}', 'Ida', 'Only', '{}')"
    at_the_source(
        showcase,
        twin.format(1, "(212) 555-0191"),
        "insert into patients (patient_id, last_name) values ('P-600010', 'Called')",
        """insert into emergency_contacts (contact_id, patient_id, name, phone, relation)
           values (600012, 'P-600010', ' ida  ONLY', '212.555.0191', 'aunt')""",
    )
    (ida,) = until(lambda: twenty.live("people", "patient/P-600011"))

    def contact() -> list[str | None]:
        return [one["emergencyContactId"] for one in twenty.live("people", "patient/P-600010")]

    need = "relation to the contact's own person where exactly one patient matches"
    shows("EmergencyContact", need, contact, [ida["id"]])
    # from now on two answer to the name and the number; whoever names them next means either
    at_the_source(
        showcase,
        twin.format(2, "212-555-0191"),
        "insert into patients (patient_id, last_name) values ('P-600020', 'Called')",
        """insert into emergency_contacts (contact_id, patient_id, name, phone, relation)
           values (600022, 'P-600020', 'Ida Only', '2125550191', 'aunt')""",
    )
    until(lambda: twenty.live("people", "patient/P-600012"))
    settled(showcase)

    def owed() -> tuple[list[str | None], bool]:
        told = {one["key"] for one in json.loads(dualrun(showcase, "held", "--links", "--json"))}
        ids = [one["emergencyContactId"] for one in twenty.live("people", "patient/P-600020")]
        return ids, "clinic_place/emergency_contact/600022" in told

    shows("EmergencyContact", "else it is told as owed", owed, ([None], True))


def test_the_definitions_of_workflows_are_exported(showcase: Showcase, tmp_path: Path, shows: Shows) -> None:
    first = {
        "workflow_id": 1,
        "name": "Appointment reminder",
        "definition": {"trigger": "appointment.created", "steps": ["wait 24h before", "send text"], "active": True},
    }

    def definitions() -> tuple[bool, dict[str, Any]]:
        made = exported(showcase, tmp_path, "workflows")
        return len(made) >= 3, {name: made[0][name] for name in first}

    shows("Workflow", "definitions as reference JSON", definitions, (True, first))
