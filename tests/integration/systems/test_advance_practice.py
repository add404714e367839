"""The practice suite in Twenty, from its API and its files, through the whole pipeline: every value read back over
HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.clinics.advance_practice.words import PICTURES
from infra.showcase import Showcase
from tests.integration.systems.customer import Reading, arrived, at_the_source, dualrun, exported, settled
from tests.integration.systems.ledger import Ledger, Shows, assert_as_the_tables_say
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """The small practice after a day of work, with what hardly anybody has, when all of it has arrived."""
    with arrived("advance_practice", 50, sweep_seconds=1) as showcase:
        showcase.life().run(120, 0)
        member = showcase.clinic.accounts[1].email
        at_the_source(
            showcase,
            "insert into payers (payer_id, payer_name, policy_type) values (901, 'Rare', 'HMO')",
            "insert into patients (patient_no, last_nm) values (600091, 'Rare')",
            """insert into properties (prop_no, patient_no, label, content)
               values (600092, 600091, 'Preferred contact', 'Fax')""",
            f"""update providers set specialty = 'Cardiology', credentials = 'MD', updated_at = now()
                 where lower(trim(email)) = '{member}'""",
        )
        yield showcase


def test_every_record_is_as_the_tables_say(showcase: Showcase, ledger: Ledger) -> None:
    assert_as_the_tables_say(showcase, ledger, 4000)


def test_a_provider_is_a_person_until_the_invitation_is_accepted(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            """insert into providers (provider_id, given, family, email, specialty, credentials)
               values (1000900001, 'Nora', 'New', 'New.Doctor@advance.example.com', 'Cardiology', 'MD')"""
        )
        source.execute("insert into patients (patient_no, last_nm) values (600001, 'Waiting')")
        source.execute(
            """insert into appointments (appt_id, patient_no, provider_email, status, starts)
               values (1000900002, 600001, 'new.doctor@advance.example.com', 'completed', '2024-05-06 09:30')"""
        )

    def people() -> list[tuple[str, str, str]]:
        rows = twenty.live("people", "provider/1000900001")
        return [(one["personRole"], one["specialty"], one["credentials"]) for one in rows]

    need = "without a match a person flagged as provider"
    shows("Provider", need, people, [("PROVIDER", "Cardiology", "MD")])
    (visit,) = until(lambda: twenty.live("tasks", "appointment/1000900002"))
    assert visit["completionDate"] == visit["dueAt"] == "2024-05-06T14:30:00.000Z"
    office = visit["assigneeId"]
    name = {"firstName": "Nora", "lastName": "New"}
    showcase.control("members", userEmail="new.doctor@advance.example.com", name=name)
    until(lambda: not twenty.live("people", "provider/1000900001"))
    members = twenty.list_page("workspaceMembers", filter='userEmail[eq]:"new.doctor@advance.example.com"')
    (member,) = members.records
    assert (member["specialty"], member["credentials"]) == ("Cardiology", "MD")
    assert office != member["id"]

    def assignees() -> list[str]:
        return [one["assigneeId"] for one in twenty.live("tasks", "appointment/1000900002")]

    shows("Appointment", "the provider as assignee by e-mail", assignees, [member["id"]])


def test_a_payer_is_a_record_or_a_name_and_goes_from_one_to_the_other(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            "insert into patients (patient_no, last_nm, payer_name) values (600011, 'Insured', 'Santé Québec')"
        )

    def payers() -> list[tuple[str, str | None]]:
        return [(one["payerName"], one["insurancePayerId"]) for one in twenty.live("people", "patient/600011")]

    need = "a text where the suite has no record of the payer"
    shows("InsurancePayer", need, payers, [("Santé Québec", None)])
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update patients set payer_id = 11 where patient_no = 600011")
    (payer,) = twenty.live("insurancePayers", "insurance_payer/11")
    shows("InsurancePayer", need, payers, [("", payer["id"])])


def test_pictures_leave_the_text_of_a_note_and_become_its_files(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    picture = PICTURES[0]
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            "insert into notes (note_id, org_id, heading, html) values (1000900021, 1, 'Photo', %s)",
            (f'<p>Today: <img src="{picture.uri}"></p>',),
        )
    (note,) = until(lambda: twenty.live("notes", "note/1000900021"))
    assert note["bodyV2"]["markdown"] == f"Today: [{picture.name}]"

    def pictures() -> list[str]:
        return [one["name"] for one in twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records]

    shows("Document", "pictures in notes become files of their own", pictures, [picture.name])
    (practice,) = twenty.live("companies", "organization/1")
    (target,) = twenty.list_page("noteTargets", filter=f'noteId[eq]:"{note["id"]}"').records
    assert target["companyId"] == practice["id"]


def test_a_file_arrives_whether_it_comes_before_its_manifest_or_long_after(showcase: Showcase, twenty: Reading) -> None:
    early, late = b"an early scan", b"a late scan, of the same size as promised"

    def promise(number: int, data: bytes) -> None:
        with psycopg.connect(showcase.source_url) as source:
            source.execute(
                """insert into documents (doc_no, org_id, file_name, path, bytes, sha256)
                   values (%s, 1, %s, %s, %s, %s)""",
                (number, f"{number}.pdf", f"apart/{number}.pdf", len(data), hashlib.sha256(data).hexdigest()),
            )

    def content(number: int) -> bytes:
        notes = twenty.live("notes", f"document/{number}")
        files = twenty.list_page("attachments", filter=f'noteId[eq]:"{notes[0]["id"]}"').records if notes else []
        return httpx.get(files[0]["fullPath"]).raise_for_status().content if files else b""

    def write(number: int, data: bytes) -> None:
        path = showcase.documents / "apart" / f"{number}.pdf"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    write(1000900031, early)
    promise(1000900032, late)
    promise(1000900031, early)
    until(lambda: content(1000900031) == early)
    write(1000900032, late[:-1] + b"?")  # half of it, or another: it is not what the manifest says
    settled(showcase)  # and manifests go on coming
    assert not twenty.live("notes", "document/1000900032")
    write(1000900032, late)
    until(lambda: content(1000900032) == late)


def test_the_scan_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    (key,) = showcase.expected().oversize

    def listed_and_uploaded() -> tuple[bool, list[Any]]:
        (note,) = twenty.live("notes", key.removeprefix("advance_practice/"))
        listed = key in dualrun(showcase, "attachments", "--oversize", "--csv")
        return listed, twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records

    shows("Document", "a scan over the limit is listed", listed_and_uploaded, (True, []))


def test_the_fields_of_properties_are_made_before_the_first_record(twenty: Reading, shows: Shows) -> None:
    wanted = {
        "referralSource": "TEXT", "preferredContact": "SELECT", "consentSigned": "DATE", "insuranceGroupId": "TEXT",
    }  # fmt: skip

    def types() -> dict[str, str]:
        (person,) = [one for one in twenty.objects() if one["nameSingular"] == "person"]
        return {one["name"]: one["type"] for one in person["fields"] if one["name"] in wanted}

    shows("CustomPatientProperty", "each a field made before the first record", types, wanted)


def test_the_definitions_of_workflows_are_exported_through_the_api(
    showcase: Showcase, tmp_path: Path, shows: Shows
) -> None:
    def definitions() -> tuple[list[str], list[dict[str, str]]]:
        found = exported(showcase, tmp_path, "workflows")
        return [one["name"] for one in found], found[1]["definition"]["steps"]

    names = ["Appointment reminder", "Claim follow-up", "Balance alert"]
    steps = [{"task": "appeal"}, {"wait": "14d"}]
    shows("Workflow", "definitions as reference JSON", definitions, (names, steps))
