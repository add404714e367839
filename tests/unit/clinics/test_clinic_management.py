"""The made-up clinic with the clinic management software, and what Twenty should hold of rows written by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.clinic import Row
from infra.clinics.clinic_management import ClinicManagement, expected, options, rows, words
from infra.clinics.clinic_management.generator import CHILDREN, KEYS
from infra.clinics.values import Content, Email, Expected, Reference, Unique
from schemas.mapping import load_mapping

TODAY = date(2025, 6, 1)
NOWHERE = Path("/nowhere")
LEAD = Reference("workspaceMember", "lead@clinic.example.com")


def made(seed: int, patients: int) -> ClinicManagement:
    return ClinicManagement(seed, patients, NOWHERE, TODAY)


@pytest.fixture(scope="module")
def clinic() -> ClinicManagement:
    return made(3, 1000)


def test_patients_are_as_ugly_as_promised(clinic: ClinicManagement) -> None:
    patients = list(clinic.rows("pt_master"))
    emails = [row["email_addr"] for row in patients]
    shared = Counter(email.strip().lower() for email in emails if email)
    assert 0.10 < sum(not email for email in emails) / len(emails) < 0.2
    assert 0.05 < sum(count for count in shared.values() if count > 1) / len(emails) < 0.2
    merged = [row for row in patients if row["rec_status"] == "M"]
    assert 0.02 < len(merged) / len(patients) < 0.05
    assert all(row["merged_to"] == row["pt_no"] - 1 for row in merged)
    stale = [row for row in patients if row["last_visit_on"] and row["last_visit_on"] < TODAY - timedelta(days=731)]
    assert 0.03 < len(stale) / len(patients) < 0.1
    guarantors = {row["pt_no"]: row["guarantor_no"] for row in patients if row["guarantor_no"]}
    assert any(guarantors.get(other) == one != other for one, other in guarantors.items()), "nobody in a circle"
    assert any(one == other for one, other in guarantors.items())
    assert {"02/30/2023", "unknown", "", None} <= {row["dob_txt"] for row in patients}


def test_codes_and_times_that_nothing_is_made_for(clinic: ClinicManagement) -> None:
    appointments = list(clinic.rows("appt"))
    assert {row["type_cd"] for row in appointments} == {*words.APPOINTMENT_TYPES, "???", ""}
    assert words.UNUSED_TYPE[0] in {row["type_cd"] for row in clinic.rows("appt_type")}
    assert {"TBD", "", None} < {row["start_txt"] for row in appointments}
    assert any(written in ("11/03/2024 01:30 AM", "03/10/2024 02:30 AM") for row in appointments
               if (written := row["start_txt"]))  # fmt: skip
    assert any("\u0092" in row["subj"] for row in clinic.rows("activ"))
    assert any(row["specs"] and "XRAY" in row["specs"] for row in clinic.rows("prov"))
    npi = Counter(row["npi"] for row in clinic.rows("prov") if row["npi"])
    assert max(npi.values()) > 1
    assert {"see chart", "[]", None} < {row["lines_json"] for row in clinic.rows("tx_plan")}


@pytest.mark.parametrize("table", CHILDREN)
def test_orphans_exist_and_the_merged_have_given_away_almost_all(clinic: ClinicManagement, table: str) -> None:
    children = list(clinic.rows(table))
    orphans = [row for row in children if row["pt_no"] >= rows.NEVER_ISSUED]
    assert 0 < len(orphans) / len(children) < 0.05
    merged = {row["pt_no"] for row in clinic.rows("pt_master") if row["rec_status"] == "M"}
    assert sum(row["pt_no"] in merged for row in children) < len(children) * 0.01


def test_one_scan_is_too_large_and_some_were_never_finished(clinic: ClinicManagement) -> None:
    scans = [row["scan"] for row in clinic.rows("doc_blob")]
    assert sum(scan is not None and len(scan) >= rows.OVERSIZE_BYTES for scan in scans) == 1
    assert None in scans


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("45 min", 45), ("30", 30), ("1:15", 75), ("0:45", 45), ("", None), ("long", None), (None, None)],
)
def test_durations(written: str | None, minutes: int | None) -> None:
    assert rows.minutes(written) == minutes


def test_the_mapping_reads_every_column_and_names_the_export() -> None:
    mapping = load_mapping(options.SYSTEM)
    relations = {source.relation.removeprefix("public.") for source in mapping.sources if source.relation}
    queried = {"ins_pol", "referral"}
    assert relations | queried | {"appt_type", "wf_def"} == set(KEYS)
    assert [export.name for export in mapping.exports] == ["workflows"]


def wanted(**tables: list[dict[str, Any]]) -> Expected:
    return expected(
        {name: tables.get(name, []) for name in KEYS},
        ["Desk.1@clinic.example.com", LEAD.key],
        documents=NOWHERE,
        workspace_url="https://crm.example.com",
        fallback_owner=LEAD.key,
    )


def patient(number: int, **columns: Any) -> Row:
    empty = dict.fromkeys(next(made(1, 1).rows("pt_master")))
    return {**empty, "pt_no": number, "rec_status": "A", **columns}


def test_the_stale_stay_away_with_their_children_and_those_of_the_merged_go_to_the_survivor() -> None:
    today = datetime.now(UTC).date()
    people = [
        patient(1, last_visit_on=today - timedelta(days=600)),
        patient(2, last_visit_on=today - timedelta(days=900)),
        patient(3, rec_status="M", merged_to=1),
        patient(4, guarantor_no=2),
        patient(5, guarantor_no=3),
        patient(6, rec_status="M", merged_to=2),
    ]
    labs = [
        {**dict.fromkeys(next(made(1, 30).rows("lab_res"))), "lab_no": number, "pt_no": number}
        for number in (1, 2, 3, 6, 9)
    ]
    found = wanted(pt_master=people, lab_res=labs)
    assert {key.rpartition("/")[2] for key in found.rows["person"]} == {"1", "4", "5", "6"}
    led = {key.rpartition("/")[2]: row.fields["patient"] for key, row in found.rows["labResult"].items()}
    assert led == {
        "1": Reference("person", "clinic_management/patient/1"),
        "3": Reference("person", "clinic_management/patient/1"),
        "6": Reference("person", "clinic_management/patient/6"),
    }
    assert (found.orphans, found.parked) == ({"clinic_management/lab_result/9"}, set())
    assert found.rows["person"]["clinic_management/patient/4"].fields["guarantor"] is None
    assert found.rows["person"]["clinic_management/patient/5"].fields["guarantor"] == Reference(
        "person", "clinic_management/patient/1"
    )


def test_a_patient_with_policies_and_referrals() -> None:
    person = patient(1, nm_first="Ana", email_addr=" Ana@Example.com", dob_txt="02/29/1980", consent_yn="y ",
                     opened_txt="11/03/2024 01:30 AM", owner_email="DESK.1@clinic.example.com")  # fmt: skip
    provider = {
        "prov_id": 7,
        "nm_first": "Jo",
        "nm_last": "Ray",
        "prov_kind": "PHY",
        "npi": "1",
        "specs": "PED; CARD;X",
        "email_addr": "jo@example.org",
    }
    policies = [
        {"pol_id": 1, "pt_no": 1, "rank": 2, "carrier": "Second", "policy_no": "2", "group_no": "", "cov_cd": "HMO"},
        {"pol_id": 2, "pt_no": 1, "rank": 1, "carrier": "First", "policy_no": "1", "group_no": "G", "cov_cd": "VIP"},
    ]
    referrals = [
        {"ref_no": 1, "pt_no": 1, "ref_nm": "Old", "ref_email": "old@example.org", "ref_on": date(2024, 1, 1)},
        {"ref_no": 2, "pt_no": 1, "ref_nm": "Jo Ray", "ref_email": "JO@example.org ", "ref_on": date(2024, 1, 2)},
        {"ref_no": 3, "pt_no": 1, "ref_nm": "When", "ref_email": "", "ref_on": None},
    ]
    found = wanted(
        pt_master=[person],
        prov=[provider],
        staff_usr=[{"usr_id": 1, "email_addr": " desk.1@clinic.example.com", "nm_first": "A", "nm_last": "B"}],
        ins_pol=policies,
        referral=referrals,
    )
    fields = found.rows["person"]["clinic_management/patient/1"].fields
    assert (fields["emails"], fields["dateOfBirth"], fields["consentOnFile"]) == (
        Email("ana@example.com"), "1980-02-29", True,
    )  # fmt: skip
    assert fields["createdAt"] == datetime(2024, 11, 3, 8, 30, tzinfo=UTC)
    assert fields["owner"] == Reference("workspaceMember", "desk.1@clinic.example.com")
    assert (fields["insuranceCarrier"], fields["groupNumber"], fields["coverageType"]) == ("First", "G", None)
    assert (fields["referringProviderName"], fields["referringProviderEmail"]) == ("Jo Ray", "jo@example.org")
    assert fields["referringProvider"] == Reference("person", "clinic_management/provider/7")
    doctor = found.rows["person"]["clinic_management/provider/7"].fields
    assert (doctor["personRole"], doctor["npi"], doctor["specialty"]) == (
        "PHYSICIAN", Unique("1"), ["CARDIOLOGY", "PEDIATRICS"],
    )  # fmt: skip
    assert doctor["owner"] == LEAD
    assert found.flagged == {
        ("clinic_management/patient/1", "createdAt"),
        ("clinic_management/provider/7", "specialty"),
        ("clinic_management/insurance/1", "coverageType"),
    }


def test_what_one_row_becomes_several_records() -> None:
    lines = (
        '[{"no": 1, "proc": {"code": "97110", "text": "Exercise"}, "from": "03/04/2024", "to": "13/13/2024"},'
        ' {"no": 2, "proc": {"code": "D2740", "text": "Crown"}, "from": null, "to": ""}]'
    )
    plan = {"plan_no": 1, "pt_no": 1, "head": "Plan", "summary": "Rest", "lines_json": lines, "made_txt": "TBD"}
    lab = {"lab_no": 1, "pt_no": 1, "test_nm": "TSH", "val_txt": "2", "unit": "mIU/L", "ref_rng": "0-4",
           "coll_txt": "07/01/2024 08:00 AM", "stat_cd": "F", "narrative": "Normal."}  # fmt: skip
    scan = {"doc_no": 1, "pt_no": 1, "doc_nm": "a.pdf", "scan": b"scan", "up_txt": "01/01/2024 08:00 AM"}
    note = {"note_no": 1, "pt_no": 1, "head": "E", "enc_txt": None, "clinician": "Dr. W",
            "body": "<h2>Plan</h2>\n<p>Patient <b>improves</b>.</p>"}  # fmt: skip
    found = wanted(pt_master=[patient(1)], tx_plan=[plan], lab_res=[lab], doc_blob=[scan], med_note=[note])
    ana = "clinic_management/patient/1"
    care = {key.partition("#")[2]: row.fields for key, row in found.rows["carePlan"].items()}
    assert (care["line:1"]["procedureCode"], care["line:1"]["startDate"], care["line:1"]["endDate"]) == (
        "97110", "2024-03-04", None,
    )  # fmt: skip
    assert care["line:2"]["patient"] == Reference("person", ana)
    narrative = "clinic_management/lab_result/1#narrative"
    assert found.rows["note"][narrative].fields["bodyV2"] == {"markdown": "Normal."}
    assert {f"{narrative} -> {ana}", f"{narrative} -> clinic_management/lab_result/1"} < found.rows["noteTarget"].keys()
    result = found.rows["labResult"]["clinic_management/lab_result/1"].fields
    assert (result["resultStatus"], result["collectedAt"]) == ("FINAL", datetime(2024, 7, 1, 15, tzinfo=UTC))
    file = found.rows["attachment"]["clinic_management/document/1 -> a.pdf"].fields
    assert file["fullPath"] == Content(4, hashlib.sha256(b"scan").hexdigest())
    assert found.rows["note"]["clinic_management/document/1"].fields["uploadedAt"] == datetime(
        2024, 1, 1, 16, tzinfo=UTC
    )
    body = found.rows["note"]["clinic_management/medical_note/1"].fields
    assert body["bodyV2"] == {"markdown": "## Plan\n\nPatient **improves**."}
    assert "createdAt" not in body
