"""The clinic management software's tables in Twenty, through the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from infra.showcase import Showcase
from sinks.twenty.client import TwentyClient
from tests.integration.clinics import arrived, assert_as_the_tables_say, client, live_rows, settled, until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """The small clinic after a day of work, when all of it has arrived."""
    with arrived("clinic_management", 90, sweep_seconds=1) as showcase:
        showcase.life().run(150, 0)
        yield showcase


@pytest.fixture
def twenty(showcase: Showcase) -> Iterator[TwentyClient]:
    with client(showcase) as twenty:
        yield twenty


def test_every_record_is_as_the_tables_say(showcase: Showcase) -> None:
    assert_as_the_tables_say(showcase, 5000)
    assert showcase.expected().skipped


def test_the_appointment_types_are_options_before_a_record_comes(showcase: Showcase, twenty: TwentyClient) -> None:
    with psycopg.connect(showcase.source_url) as source:
        types = {row[0] for row in source.execute("select descr from appt_type")}
    (task,) = [one for one in twenty.objects() if one["nameSingular"] == "task"]
    (field,) = [one for one in task["fields"] if one["name"] == "appointmentType"]
    assert {option["label"] for option in field["options"]} == types


def found(twenty: TwentyClient, plural: str, key: str) -> list[dict[str, Any]]:
    return live_rows(twenty, plural, f"clinic_management/{key}")


def test_one_visit_brings_a_stale_patient_with_the_whole_history(showcase: Showcase, twenty: TwentyClient) -> None:
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
    assert [found(twenty, *record) for record in records] == [[], [], [], []]
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update pt_master set last_visit_on = current_date, mod_ts = now() where pt_no = 600001")
    person, claim, result, _ = (until(partial(found, twenty, *record))[0] for record in records)
    assert claim["patientId"] == result["patientId"] == person["id"]


def test_a_merged_patient_gives_everything_to_the_other(showcase: Showcase, twenty: TwentyClient) -> None:
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into pt_master (pt_no, nm_last, rec_status) values (600011, 'Keep', 'A')")
        source.execute("insert into pt_master (pt_no, nm_last, rec_status) values (600012, 'Double', 'A')")
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600013, 600012, 12.30, 'PD')")
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600014, 600012, 4.56, 'PD')")

    double = until(lambda: found(twenty, "people", "patient/600012"))[0]["id"]
    assert until(lambda: found(twenty, "billingClaims", "billing_claim/600013"))[0]["patientId"] == double
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update claim set pt_no = 600011, mod_ts = now() where claim_no = 600013")
        source.execute("update pt_master set rec_status = 'M', merged_to = 600011, mod_ts = now() where pt_no = 600012")
    until(lambda: not found(twenty, "people", "patient/600012"))
    keeper = found(twenty, "people", "patient/600011")[0]["id"]

    def whose(claim: int) -> list[str]:
        return [one["patientId"] for one in found(twenty, "billingClaims", f"billing_claim/{claim}")]

    until(lambda: whose(600013) == [keeper])
    until(lambda: whose(600014) == [keeper])  # that it was hers has been forgotten at the source
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into claim (claim_no, pt_no, billed, stat_cd) values (600015, 600012, 7.89, 'PD')")
    until(lambda: whose(600015) == [keeper])
    with psycopg.connect(showcase.source_url) as source:
        source.execute("update pt_master set rec_status = 'A', merged_to = null, mod_ts = now() where pt_no = 600012")
    until(lambda: [one["id"] for one in found(twenty, "people", "patient/600012")] == [double])
    until(lambda: (whose(600013), whose(600014), whose(600015)) == ([keeper], [double], [double]))


def test_the_scan_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: TwentyClient) -> None:
    assert showcase.expected().oversize == {"clinic_management/document/10"}
    (note,) = twenty.list_page("notes", filter='sourceSystemId[eq]:"clinic_management/document/10"').records
    assert note["originalFileName"]
    assert twenty.list_page("attachments", filter=f'noteId[eq]:"{note["id"]}"').records == []
