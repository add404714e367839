"""The clinic management software's tables in Twenty, through the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

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
    """The small clinic after a day of work, with what hardly anybody has, when all of it has arrived."""
    with arrived("clinic_management", 90, sweep_seconds=1) as showcase:
        showcase.life().run(150, 0)
        at_the_source(
            showcase,
            """insert into prov (prov_id, nm_last, prov_kind, npi, specs)
               values (9001, 'Rare', 'PRV', '1000000491', 'DERM;PED')""",
            """insert into appt (appt_id, pt_no, type_cd, stat_cd) select 600099, pt_no, 'GRP', 'C' from pt_master
                where rec_status = 'A' order by last_visit_on desc nulls last, pt_no limit 1""",
        )
        yield showcase


def test_every_record_is_as_the_tables_say(showcase: Showcase, ledger: Ledger) -> None:
    assert_as_the_tables_say(showcase, ledger, 5000)
    assert showcase.expected().skipped


def test_the_appointment_types_are_options_before_a_record_comes(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    with psycopg.connect(showcase.source_url) as source:
        types = {row[0] for row in source.execute("select descr from appt_type")}

    def labels() -> set[str]:
        (task,) = [one for one in twenty.objects() if one["nameSingular"] == "task"]
        (field,) = [one for one in task["fields"] if one["name"] == "appointmentType"]
        return {option["label"] for option in field["options"]}

    shows("AppointmentType", "options made in the schema phase", labels, types)


def test_one_visit_brings_a_stale_patient_with_the_whole_history(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            """insert into pt_master (pt_no, nm_last, rec_status, last_visit_on)
               values (600001, 'Long ago', 'A', current_date - interval '3 years')"""
        )
        source.execute("insert into claim (claim_no, pt_no, billed) values (600002, 600001, 12.30)")
        source.execute("insert into lab_res (lab_no, pt_no, test_nm, narrative) values (600003, 600001, 'TSH', 'Fine')")
    settled(showcase)
    records = (
        ("people", "patient/600001"),
        ("billingClaims", "billing_claim/600002"),
        ("labResults", "lab_result/600003"),
        ("notes", "lab_result/600003#narrative"),
    )
    assert [twenty.live(*record) for record in records] == [[], [], [], []]
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update pt_master set last_visit_on = current_date, mod_ts = now() where pt_no = 600001")
    person = until(lambda: twenty.live(*records[0]))[0]["id"]

    def history() -> list[str]:
        rows = [row for record in records[1:] for row in twenty.live(*record)]
        return [row.get("patientId") or row["title"] for row in rows]

    shows(
        "Patient",
        "stale ones stay away with their descendants until they are active",
        history,
        [person, person, "TSH"],
    )


def test_a_merged_patient_gives_everything_to_the_other(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into pt_master (pt_no, nm_last, rec_status) values (600011, 'Keep', 'A')")
        source.execute("insert into pt_master (pt_no, nm_last, rec_status) values (600012, 'Double', 'A')")
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600013, 600012, 12.30, 'PD')")
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600014, 600012, 4.56, 'PD')")

    double = until(lambda: twenty.live("people", "patient/600012"))[0]["id"]
    assert until(lambda: twenty.live("billingClaims", "billing_claim/600013"))[0]["patientId"] == double
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update claim set pt_no = 600011, mod_ts = now() where claim_no = 600013")
        source.execute("update pt_master set rec_status = 'M', merged_to = 600011, mod_ts = now() where pt_no = 600012")
    until(lambda: not twenty.live("people", "patient/600012"))
    keeper = twenty.live("people", "patient/600011")[0]["id"]

    def whose(claim: int) -> list[str]:
        return [one["patientId"] for one in twenty.live("billingClaims", f"billing_claim/{claim}")]

    until(lambda: whose(600013) == [keeper])
    # that the second was hers has been forgotten at the source
    need = "a merged one leads to the survivor, with what the source never re-pointed"
    shows("Patient", need, lambda: (whose(600013), whose(600014)), ([keeper], [keeper]))
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600015, 600012, 7.89, 'PD')")
    until(lambda: whose(600015) == [keeper])
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update pt_master set rec_status = 'A', merged_to = null, mod_ts = now() where pt_no = 600012")
    until(lambda: [one["id"] for one in twenty.live("people", "patient/600012")] == [double])
    until(lambda: (whose(600013), whose(600014), whose(600015)) == ([keeper], [double], [double]))


def test_the_scan_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    assert showcase.expected().oversize == {"clinic_management/document/10"}
    with psycopg.connect(showcase.source_url) as source:
        (name,) = source.execute("select doc_nm from doc_blob where doc_no = 10").fetchone() or ("",)

    def note_and_files() -> tuple[str, list[dict[str, Any]]]:
        (note,) = twenty.live("notes", "document/10")
        files = twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records
        return note["originalFileName"], files

    shows("Document", "bytes out of a column, and not those over the limit", note_and_files, (name, []))
    assert "clinic_management/document/10" in dualrun(showcase, "attachments", "--oversize", "--csv")


def test_staff_without_an_account_are_listed_and_somebody_stands_in(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    at_the_source(
        showcase,
        "insert into staff_usr (usr_id, nm_last, email_addr) values (900001, 'Newcomer', 'new@clinic.example.com')",
        "insert into pt_master (pt_no, nm_last, rec_status) values (600021, 'Booked', 'A')",
        "insert into appt (appt_id, pt_no, booked_by, stat_cd) values (600022, 600021, 900001, 'S')",
    )
    members = {one["userEmail"]: one["id"] for one in twenty.list_page("workspaceMembers").records}

    def owners() -> list[str]:
        return [one["assigneeId"] for one in twenty.live("tasks", "appointment/600022")]

    need = "unmatched ones are listed, and a stand-in owns what is theirs"
    shows("Staff", need, owners, [members[showcase.fallback_owner]])
    assert "new@clinic.example.com" in dualrun(showcase, "owners", "--csv")


def test_the_definitions_of_workflows_are_exported(showcase: Showcase, tmp_path: Path, shows: Shows) -> None:
    first = {"wf_no": 1, "nm": "Text a day before", "def_json": '{"when": "appt.booked", "do": ["wait -24h", "sms"]}'}

    def definitions() -> tuple[int, dict[str, Any]]:
        made = exported(showcase, tmp_path, "workflows")
        return len(made), {name: made[0][name] for name in first}

    shows("Workflow", "definitions as reference JSON", definitions, (3, first))
