"""The made-up practice with the practice suite, and what Twenty should hold of rows written by hand."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.advance_practice import API, AdvancePractice, AdvancePracticeDrops, expected, options, rows, words
from infra.clinics.advance_practice.delivery import exported
from infra.clinics.advance_practice.generator import CHILDREN, KEYS, OFFICE
from infra.clinics.clinic import Row
from infra.clinics.values import Content, Expected, Reference
from schemas.mapping import load_mapping

NOWHERE = Path("/nowhere")
OWNER = Reference("workspaceMember", OFFICE.email)
ANA = Reference("person", "advance_practice/patient/1")


def made(seed: int, patients: int) -> AdvancePractice:
    return AdvancePractice(seed, patients, NOWHERE)


@pytest.fixture(scope="module")
def practice() -> AdvancePractice:
    return made(3, 600)


def test_patients_are_as_ugly_as_promised(practice: AdvancePractice) -> None:
    patients = list(practice.rows("patients"))
    emails = [row["email"] for row in patients]
    shared = Counter(email.strip().lower() for email in emails if email)
    assert 0.10 < sum(not email for email in emails) / len(emails) < 0.2
    assert 0.05 < sum(count for count in shared.values() if count > 1) / len(emails) < 0.2
    twins = Counter((row["first_nm"], row["last_nm"], row["email"]) for row in patients if row["email"])
    assert 0.01 < sum(count - 1 for count in twins.values()) / len(patients) < 0.05
    assert {"00/00/0000 00:00", "", None} < {row["registered"] for row in patients}
    assert any((row["registered"] or "")[:10] in ("11/03/2024", "03/10/2024") for row in patients)
    assert any(row["payer_id"] is None and row["payer_name"] for row in patients)


def test_organizations_stand_in_circles_and_under_nobody() -> None:
    parents = {row["org_id"]: row["parent_id"] for row in made(3, 2000).rows("orgs")}
    assert any(one == parent for one, parent in parents.items())
    assert any(parents.get(parent) == one != parent for one, parent in parents.items() if parent)
    assert any(parent and parent >= rows.NEVER_ISSUED for parent in parents.values())


def test_choices_that_nothing_is_made_for_and_one_that_nobody_makes(practice: AdvancePractice) -> None:
    assert "99-REJECTED BY EDI" in {row["status"] for row in practice.rows("claims")}
    assert "Carrier pigeon" in {row["content"] for row in practice.rows("properties")}
    assert words.UNUSED_CONTACT not in {row["content"] for row in practice.rows("properties")}
    assert words.UNUSED_POLICY_TYPE not in {row["policy_type"] for row in practice.rows("payers")}
    assert any(picture.uri in (row["html"] or "") for row in practice.rows("notes") for picture in words.PICTURES)


@pytest.mark.parametrize("table", [*CHILDREN, "properties"])
def test_orphans_exist(practice: AdvancePractice, table: str) -> None:
    children = list(practice.rows(table))
    orphans = [row for row in children if (row["patient_no"] or 0) >= rows.NEVER_ISSUED]
    assert 0 < len(orphans) / len(children) < 0.05


def test_some_documents_name_a_number_that_a_patient_had_before(practice: AdvancePractice) -> None:
    merges = {row["old_no"]: row["new_no"] for row in practice.rows("chart_merges")}
    patients = {row["patient_no"] for row in practice.rows("patients")}
    assert merges
    assert set(merges.values()) <= patients
    assert not merges.keys() & patients
    assert any(row["patient_no"] in merges for row in practice.rows("documents"))


def test_a_document_is_as_its_manifest_says_and_one_is_too_large(tmp_path: Path) -> None:
    practice = AdvancePractice(3, 3, tmp_path)
    sizes = [row["bytes"] for row in practice.rows("documents")]
    assert [size for size in sizes if size > 1_000_000] == [rows.OVERSIZE_BYTES]
    practice.write("a/b.bin", b"scan")
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"scan"


@pytest.mark.parametrize("table", ["orgs", "payers", "patients", "properties", "documents"])
def test_every_row_survives_the_old_code_page(practice: AdvancePractice, table: str) -> None:
    found = list(practice.rows(table))
    text = exported(found).decode("cp1252")
    names, *lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert not {"updated_at", "prop_no"} & set(names)
    assert lines == [["" if row[name] is None else str(row[name]) for name in names] for row in found]


def test_every_object_comes_by_the_api_or_in_a_file() -> None:
    mapping, files = load_mapping(options.SYSTEM), AdvancePracticeDrops.source(NOWHERE)["objects"]
    objects = {source.name for source in mapping.sources}
    assert objects | {"workflows"} == API.keys() | files.keys()
    assert not API.keys() & files.keys()
    relations = {source.relation for source in (*mapping.sources, *mapping.exported)}
    assert relations == set(KEYS)


def wanted(**tables: list[dict[str, Any]]) -> Expected:
    return expected(
        {name: tables.get(name, []) for name in KEYS},
        [OFFICE.email, "Doctor.1@advance.example.com"],
        documents=NOWHERE,
        workspace_url="https://crm.example.com",
        fallback_owner=OFFICE.email,
    )


def row(table: str, **columns: Any) -> Row:
    empty = dict.fromkeys(next(iter(made(1, 40).rows(table))))
    return {**empty, **columns}


def test_a_patient_with_properties_a_payer_and_an_owner() -> None:
    properties = [
        row("properties", patient_no=1, label=label, content=content)
        for label, content in (
            ("Referral source", "Google"),
            ("Preferred contact", "e-mail "),
            ("Consent signed", "02/30/2023"),
            ("Shoe size", "43"),
        )
    ]
    found = wanted(
        orgs=[row("orgs", org_id=4, org_name="Four", site="practice4.example.org", parent_id=4)],
        payers=[row("payers", payer_id=2, payer_name="Blue", policy_type="???")],
        providers=[row("providers", provider_id=7, email=" DOCTOR.1@advance.example.com", specialty="Cardiology")],
        patients=[
            row("patients", patient_no=1, org_id=4, payer_id=2, payer_name="Blue", registered="11/03/2024 01:30",
                owner_email="doctor.1@advance.example.com", job_title="Nurse"),
            row("patients", patient_no=2, org_id=5, payer_name="Cash"),
        ],
        properties=[*properties, row("properties", patient_no=900_001, label="Shoe size")],
    )  # fmt: skip
    first, second = (found.rows["person"][f"advance_practice/patient/{number}"].fields for number in (1, 2))
    assert first["insurancePayer"] == Reference("insurancePayer", "advance_practice/insurance_payer/2")
    assert (first["payerName"], second["payerName"], second["insurancePayer"]) == (None, "Cash", None)
    company = Reference("company", "advance_practice/organization/4")
    assert (first["company"], second["company"]) == (company, None)
    assert found.rows["company"]["advance_practice/organization/4"].fields["parentCompany"] == company
    assert first["originalCreatedAt"] == datetime(2024, 11, 3, 6, 30, tzinfo=UTC)
    assert (first["owner"].key, second["owner"]) == ("doctor.1@advance.example.com", OWNER)
    assert (first["referralSource"], first["preferredContact"], first["consentSigned"]) == ("Google", "EMAIL", None)
    assert found.rows["workspaceMember"]["doctor.1@advance.example.com"].fields["specialty"] == "Cardiology"
    assert found.rows["person"].keys() == {"advance_practice/patient/1", "advance_practice/patient/2"}
    assert found.flagged == {
        ("advance_practice/insurance_payer/2", "policyType"),
        ("advance_practice/patient/1", "originalCreatedAt"),
        ("advance_practice/property/1:Consent signed", "consentSigned"),
        ("advance_practice/property/1:Shoe size", "label"),
    }
    assert found.parked == found.orphans == {"advance_practice/property/900001:Shoe size"}


def test_a_number_from_before_leads_to_the_patient_who_has_all() -> None:
    merges = [row("chart_merges", merge_id=n, old_no=old, new_no=new) for n, old, new in ((1, 3, 2), (2, 2, 1))]
    found = wanted(
        patients=[row("patients", patient_no=1)],
        chart_merges=merges,
        properties=[row("properties", patient_no=3, label="Referral source", content="Google")],
        cases=[row("cases", case_id=5, patient_no=3, status="In treatment")],
        notes=[row("notes", note_id=number, patient_no=number) for number in (2, 4)],
    )
    assert found.rows["person"].keys() == {ANA.key}
    assert found.rows["person"][ANA.key].fields["referralSource"] is None
    assert found.rows["opportunity"]["advance_practice/case/5"].fields["pointOfContact"] == ANA
    assert found.rows["noteTarget"].keys() == {f"advance_practice/note/2 -> {ANA.key}"}
    assert found.orphans == {"advance_practice/note/4"}


def test_a_provider_without_an_account_is_a_person() -> None:
    found = wanted(providers=[row("providers", provider_id=8, family="Ray", email="ray@example.org", credentials="MD")])
    fields = found.rows["person"]["advance_practice/provider/8"].fields
    assert (fields["personRole"], fields["credentials"], fields["owner"]) == ("PROVIDER", "MD", OWNER)
    assert found.rows["workspaceMember"] == {}


def test_what_is_booked_and_billed() -> None:
    found = wanted(
        patients=[row("patients", patient_no=1)],
        cases=[row("cases", case_id=5, patient_no=1, title="Injury 5", case_type="INJURY", status="in treatment ",
                   billed=Decimal("12.30"))],
        appointments=[
            row("appointments", appt_id=number, patient_no=1, kind="Telehealth", status=status,
                starts=datetime(2024, 7, 1, 9))  # noqa: DTZ001  # wall clock
            for number, status in enumerate(("completed", "booked"))
        ],
        claims=[row("claims", claim_id=6, patient_no=1, amount=Decimal(1), status="41-APPEALED",
                    filed_on="01-Feb-2024")],
    )  # fmt: skip
    case = found.rows["opportunity"]["advance_practice/case/5"].fields
    assert (case["stage"], case["caseType"], case["pointOfContact"]) == ("MEETING", "INJURY", ANA)
    assert case["amount"] == {"amountMicros": 12_300_000, "currencyCode": "USD"}
    over, ahead = (found.rows["task"][f"advance_practice/appointment/{number}"].fields for number in (0, 1))
    assert over["completionDate"] == over["dueAt"] == datetime(2024, 7, 1, 14, tzinfo=UTC)
    assert (over["status"], ahead["status"], ahead["completionDate"]) == ("DONE", "TODO", None)
    claim = found.rows["billingClaim"]["advance_practice/billing_claim/6"].fields
    assert (claim["claimStatus"], claim["claimDate"], claim["patient"]) == ("APPEALED", "2024-02-01", ANA)


def test_notes_and_documents_are_about_patients_and_organizations() -> None:
    html = f'<p>Wound <b>closes</b>.</p>\n<p>Today: <img src="{words.WOUND.uri}"></p>'
    found = wanted(
        orgs=[row("orgs", org_id=4)],
        patients=[row("patients", patient_no=1)],
        notes=[
            row("notes", note_id=1, patient_no=1, org_id=4, html=html),
            row("notes", note_id=2, patient_no=1, org_id=900_007),
            row("notes", note_id=3, org_id=5),
        ],
        documents=[row("documents", doc_no=9, org_id=4, file_name="a.pdf", bytes=4, sha256="abc")],
    )
    note, practice = "advance_practice/note/1", "advance_practice/organization/4"
    assert found.rows["noteTarget"].keys() == {
        f"{note} -> {ANA.key}",
        f"{note} -> {practice}",
        f"advance_practice/document/9 -> {practice}",
    }
    body = found.rows["note"][note].fields["bodyV2"]
    assert body == {"markdown": f"Wound **closes**.\n\nToday: [{words.WOUND.name}]"}
    picture = found.rows["attachment"][f"{note} -> {words.WOUND.name}"].fields["fullPath"]
    assert picture == Content(len(words.WOUND.content), hashlib.sha256(words.WOUND.content).hexdigest())
    file = found.rows["attachment"]["advance_practice/document/9 -> a.pdf"].fields["fullPath"]
    assert file == Content(4, "abc")
    assert (found.orphans, found.parked) == (
        {"advance_practice/note/2", "advance_practice/note/3"}, {"advance_practice/note/2"},
    )  # fmt: skip
