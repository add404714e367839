"""The clinic management software's tables in Twenty, through the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import TwentyClient

pytestmark = pytest.mark.stack


def until(condition: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.2)
    return found


def settled(showcase: Showcase) -> Look:
    moment = showcase.source_now()
    look: Look = until(lambda: showcase.settled(moment))
    return look


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """The small clinic after a day of work, when all of it has arrived."""
    options = ShowcaseOptions(
        system="clinic_management",
        patients=90,
        seed=5,
        requests=0,
        overrides={"hold": {"park_seconds": 3}, "source": {"sweep_seconds": 1}},
    )
    with Showcase(Path(tempfile.mkdtemp(prefix="dualrun-clinic-")), options, keep=False) as showcase:
        showcase.start_systems()
        showcase.start_components()
        settled(showcase)
        showcase.life().run(150, 0)
        yield showcase


@pytest.fixture
def twenty(showcase: Showcase) -> Iterator[TwentyClient]:
    with TwentyClient(showcase.twenty_url, showcase.twenty_api_key, timeout=30) as client:
        yield client


def test_every_record_is_as_the_tables_say(showcase: Showcase) -> None:
    look, expected = settled(showcase), showcase.expected()
    comparison = showcase.compare()
    assert comparison.mismatches == ()
    assert comparison.compared > 5000
    assert look.account.dead_letters == () == look.account.unaccounted
    parked = {one.key for one in showcase.monitor.obligations if one.parked and not one.skipped}
    assert expected.parked <= parked <= expected.orphans
    assert expected.parked
    assert expected.skipped
    assert expected.flagged
    assert expected.flagged <= showcase.monitor.flags.keys()
    assert showcase.without_owner() == 0


def test_the_appointment_types_are_options_before_a_record_comes(showcase: Showcase, twenty: TwentyClient) -> None:
    with psycopg.connect(showcase.source_url) as source:
        types = {row[0] for row in source.execute("select descr from appt_type")}
    (task,) = [one for one in twenty.objects() if one["nameSingular"] == "task"]
    (field,) = [one for one in task["fields"] if one["name"] == "appointmentType"]
    assert {option["label"] for option in field["options"]} == types


def found(twenty: TwentyClient, plural: str, key: str) -> list[dict[str, Any]]:
    """Live rows of a record."""
    wanted = f'sourceSystemId[eq]:"clinic_management/{key}"'
    return twenty.list_page(plural, filter=wanted).records


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
