"""The made-up dental clinic, its drops, and what Twenty should hold of rows written by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.clinics import values
from infra.clinics.clinic import Row
from infra.clinics.core_practice import CorePractice, expected, options, rows, words
from infra.clinics.core_practice.generator import BILLS, CHILDREN, KEYS
from infra.clinics.values import Content, Email, Expected, Reference
from schemas.mapping import load_mapping

NOWHERE = Path("/nowhere")
LEAD = Reference("workspaceMember", "lead@dental.example.com")


def made(seed: int, patients: int) -> CorePractice:
    return CorePractice(seed, patients, NOWHERE)


@pytest.fixture(scope="module")
def clinic() -> CorePractice:
    return made(3, 1000)


def test_all_text_is_of_windows_character_set(clinic: CorePractice) -> None:
    texts = [value for table in KEYS for row in clinic.rows(table) for value in row.values() if isinstance(value, str)]
    assert all(text.encode("cp1252") for text in texts if text)
    assert any("“" in text for text in texts) and any("é" in text for text in texts)
    assert any("??" in text for text in texts), "nothing that the character set lacks"


def test_patients_are_as_ugly_as_promised(clinic: CorePractice) -> None:
    patients = list(clinic.rows("patients"))
    emails = [row["email"] for row in patients]
    shared = Counter(email.strip().lower() for email in emails if email)
    assert 0.10 < sum(not email for email in emails) / len(emails) < 0.2
    assert 0.05 < sum(count for count in shared.values() if count > 1) / len(emails) < 0.2
    twins = Counter((row["first_name"], row["last_name"], row["dob"]) for row in patients if row["dob"])
    assert 0.02 < sum(count > 1 for count in twins.values()) / len(patients) < 0.05
    merged = {row["merged_patient_id"] for row in clinic.rows("chart_merges")}
    archived = {row["patient_id"] for row in patients if row["archived_on"] is not None}
    assert 0.01 < len(merged) / len(patients) < 0.05
    assert merged < archived
    assert 0.01 < len(archived - merged) / len(patients) < 0.05
    payers = {row["patient_id"]: row["responsible_id"] for row in patients if row["responsible_id"]}
    assert any(payers.get(other) == one != other for one, other in payers.items()), "nobody in a circle"
    assert any(one == other for one, other in payers.items())
    assert {"02/30/2023", "unknown", "", None} <= {row["dob"] for row in patients}
    assert {"ZZ", "ny", "New York", "ON"} <= {row["patient_state"] for row in patients}
    assert {"USA", "U.S.", "Canada", "", None} <= {row["patient_country"] for row in patients}


def test_whoever_is_at_a_practice_has_one_primary_practice(clinic: CorePractice) -> None:
    designated = list(clinic.rows("patient_practices"))
    primary = Counter(row["patient_id"] for row in designated if row["designation"] in ("Primary", "primary "))
    at_a_practice = {row["patient_id"] for row in clinic.rows("patients") if row["practice_id"]}
    assert primary.keys() == at_a_practice and set(primary.values()) == {1}
    assert len(at_a_practice) < 1000 < len(designated)


def test_words_and_times_that_nothing_is_made_for(clinic: CorePractice) -> None:
    appointments = list(clinic.rows("appointments"))
    assert {row["appointment_type"] for row in appointments} == {*words.APPOINTMENT_TYPES, "Botox", ""}
    assert {"TBD", "", None} < {row["starts_at"] for row in appointments}
    assert any(row["starts_at"] in ("11/03/2024 01:30", "03/10/2024 02:30") for row in appointments)
    assert {"see paper", "[]", None} < {row["line_items"] for row in clinic.rows("invoices")}
    assert {"see plan", None} < {row["estimated_cost"] for row in clinic.rows("treatment_plans")}


@pytest.mark.parametrize("table", CHILDREN)
def test_those_who_were_merged_have_given_away_all_but_the_bills(clinic: CorePractice, table: str) -> None:
    merged = {row["merged_patient_id"] for row in clinic.rows("chart_merges")}
    assert (table in BILLS) == any(row["patient_id"] in merged for row in clinic.rows(table))


@pytest.mark.parametrize("table", CHILDREN)
def test_some_children_belong_to_nobody(clinic: CorePractice, table: str) -> None:
    children = list(clinic.rows(table))
    orphans = [row for row in children if row["patient_id"] >= rows.NEVER_ISSUED]
    assert 0 < len(orphans) / len(children) < 0.05


def test_one_scan_is_too_large(clinic: CorePractice) -> None:
    large = [row for row in clinic.rows("documents") if row["size_bytes"] >= rows.OVERSIZE_BYTES]
    assert [(row["document_id"], row["viewer_url"]) for row in large] == [
        (10, "https://imaging.example.com/studies/10")
    ]


def test_the_mapping_reads_every_file_and_names_the_export() -> None:
    mapping = load_mapping(options.SYSTEM)
    assert {source.relation for source in mapping.sources if not source.view} | {"recall_workflows"} == set(KEYS)
    assert [(export.name, export.relation) for export in mapping.exports] == [("recalls", "recall_workflows")]
    assert {source.name for source in mapping.sources if source.on_missing == "vanished"} == {"patient"}


def wanted(files: Path = NOWHERE, /, **tables: list[dict[str, Any]]) -> Expected:
    return expected(
        {name: tables.get(name, []) for name in KEYS},
        ["Dr.1@dental.example.com", LEAD.key],
        documents=files,
        workspace_url="https://crm.example.com",
        fallback_owner=LEAD.key,
    )


def patient(number: int, **columns: Any) -> Row:
    empty = dict.fromkeys(next(made(1, 1).rows("patients")))
    home = {"patient_state": "ny", "patient_postal_code": "12207"}
    return {**empty, "patient_id": number, "archived_on": None, **home, **columns}


def test_a_patient_at_a_practice_of_a_group() -> None:
    practice = {"practice_id": "PR-1", "practice_name": "Elm", "group_name": "Bright  Smile", "first_address": "1 Elm",
                "city": "Albany", "state": "New York", "postal_code": "12207", "phone": "(518) 555-0100"}  # fmt: skip
    people = [
        patient(1, first_name="Ana", email=" Ana@Example.com", practice_id="PR-1", responsible_id=2,
                dob="02/29/1980", registered_at="11/03/2024 01:30", patient_country="us"),
        patient(2, email="n/a", patient_country="Canada", patient_state="ON", patient_postal_code="m5v 2t6"),
        patient(3, patient_country="Narnia", patient_state="zz"),
        patient(4, archived_on=date(2025, 5, 2)),
    ]  # fmt: skip
    links = [
        {"link_id": 1, "patient_id": 1, "practice_id": "PR-1", "designation": "primary "},
        {"link_id": 2, "patient_id": 1, "practice_id": "PR-2", "designation": "Secondary"},
        {"link_id": 3, "patient_id": 4, "practice_id": "PR-1", "designation": "Primary"},
    ]
    found = wanted(practices=[practice], patients=people, patient_practices=links)
    group = Reference("company", "core_practice/~group/bright smile")
    company = found.rows["company"]["core_practice/practice/PR-1"].fields
    assert (company["parentCompany"], company["address"]["addressState"]) == (group, "NY")
    assert group.key in found.rows["company"]
    first, second, third = (found.rows["person"][f"core_practice/patient/{n}"].fields for n in (1, 2, 3))
    assert (first["emails"], first["dateOfBirth"], first["sourcePatientId"]) == (
        Email("ana@example.com"), "1980-02-29", "1",
    )  # fmt: skip
    assert first["createdAt"] == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    assert first["company"] == Reference("company", "core_practice/practice/PR-1")
    assert first["responsibleParty"] == Reference("person", "core_practice/patient/2")
    assert (first["homeAddress"]["addressState"], first["homeAddress"]["addressCountry"]) == ("NY", "US")
    home = second["homeAddress"]
    assert (home["addressState"], home["addressPostcode"], home["addressCountry"]) == ("ON", "M5V 2T6", "CA")
    assert (third["homeAddress"]["addressState"], third["homeAddress"]["addressCountry"]) == ("zz", None)
    placeholders = {second["emails"].address, third["emails"].address}
    assert len(placeholders) == 2 and all(one.endswith("@core-practice.invalid") for one in placeholders)
    assert "core_practice/patient/4" not in found.rows["person"]
    assert found.parked == {"core_practice/patient_practice/3"}
    assert {(key.rpartition("/")[2], field) for key, field in found.flagged} == {
        ("1", "createdAt"), ("2", "emails"), ("2", "practiceNumber"), ("3", "emails"), ("3", "practiceNumber"),
        ("3", "homeAddress.addressCountry"),
    }  # fmt: skip


def test_bills_of_the_merged_lead_to_whom_the_log_names() -> None:
    people = [patient(1, email="a@example.com"), patient(2, archived_on=date(2025, 5, 2)), patient(3, responsible_id=2)]
    merges = [
        {"merge_id": n, "merged_patient_id": merged, "kept_patient_id": kept, "merged_at": None}
        for n, (merged, kept) in enumerate(((2, 1), (3, 2), (8, 9)))
    ]
    links = [{"link_id": n, "patient_id": n, "practice_id": "PR-1", "designation": "Primary"} for n in (1, 3)]
    empty = next(made(1, 50).rows("insurance_claims"))
    claims = [{**empty, "claim_id": n, "patient_id": n} for n in (1, 2, 3, 8)]
    found = wanted(
        practices=[{**next(made(1, 1).rows("practices")), "practice_id": "PR-1"}],
        patients=people,
        chart_merges=merges,
        patient_practices=links,
        insurance_claims=claims,
    )
    assert found.rows["person"].keys() == {"core_practice/patient/1"}
    survivor = Reference("person", "core_practice/patient/1")
    claimed = {key: row.fields["patient"] for key, row in found.rows["insuranceClaim"].items()}
    assert claimed == {f"core_practice/insurance_claim/{n}": survivor for n in (1, 2, 3)}
    assert found.parked == {"core_practice/insurance_claim/8"}


def test_a_doctor_with_an_account_owns_the_appointments() -> None:
    doctors = [
        {"doctor_id": f"DR-{n}", "first_name": "A", "last_name": "B", "email": f" DR.{n}@dental.example.com",
         "specialization": specialization}
        for n, specialization in ((1, "orthodontics "), (2, "Chiropody"))
    ]  # fmt: skip
    appointments = [
        {"appointment_id": n, "patient_id": 1, "doctor_id": doctor, "appointment_type": "Exam", "remarks": None,
         "procedure_codes": "D2740; D0120;D9999", "starts_at": "07/01/2024 08:00", "status": "no-show "}
        for n, doctor in ((1, "DR-1"), (2, "DR-2"), (3, None))
    ]  # fmt: skip
    found = wanted(patients=[patient(1)], doctors=doctors, appointments=appointments)
    tasks = [found.rows["task"][f"core_practice/appointment/{n}"].fields for n in (1, 2, 3)]
    member = Reference("workspaceMember", "dr.1@dental.example.com")
    assert [task["assignee"] for task in tasks] == [member, LEAD, LEAD]
    assert [task["doctor"] for task in tasks] == [
        Reference("person", "core_practice/doctor/DR-1"),
        Reference("person", "core_practice/doctor/DR-2"),
        None,
    ]
    assert (tasks[0]["status"], tasks[0]["appointmentStatus"]) == ("DONE", "NO_SHOW")
    assert (tasks[0]["procedureCodes"], tasks[0]["dueAt"]) == (
        ["D0120", "D2740"], datetime(2024, 7, 1, 12, tzinfo=UTC),
    )  # fmt: skip
    people = {key.rpartition("/")[2]: row.fields for key, row in found.rows["person"].items()}
    assert [people[one]["doctorSpecialization"] for one in ("DR-1", "DR-2")] == ["ORTHODONTICS", None]
    assert found.rows["workspaceMember"].keys() == {member.key}


def test_an_invoice_with_its_lines_and_what_is_open() -> None:
    lines = '[{"line": 1, "code": "D2740", "description": "Crown", "fee": "12.50"}, {"line": 2, "code": "D0120", "description": "Exam", "fee": ""}]'  # noqa: E501
    invoice = {"invoice_id": 1, "invoice_number": "INV-1", "patient_id": 1, "invoice_date": "13/13/2024",
               "total": " 12.50", "status": "Overdue", "line_items": lines}  # fmt: skip
    bills = [{"invoice_id": n, "outstanding": "see plan", "last_payment": "03/04/2024"} for n in (1, 9)]
    found = wanted(patients=[patient(1)], invoices=[invoice], billing=bills)
    fields = found.rows["invoice"]["core_practice/invoice/1"].fields
    assert (fields["invoiceStatus"], fields["total"]["amountMicros"], fields["invoiceDate"]) == (
        "OVERDUE", 12_500_000, None,
    )  # fmt: skip
    assert (fields["outstandingBalance"], fields["lastPaymentOn"]) == (None, "2024-03-04")
    made_of = {key.partition("#")[2]: row.fields for key, row in found.rows["invoiceLine"].items()}
    assert (made_of["line:1"]["fee"]["amountMicros"], made_of["line:2"]["fee"]) == (12_500_000, None)
    assert {("core_practice/invoice/1", "invoiceDate"), ("core_practice/billing/1", "outstandingBalance")} <= (
        found.flagged
    )
    assert found.orphans == {"core_practice/billing/9"}


def test_what_a_patient_owes_is_what_the_invoices_leave_open() -> None:
    invoices = [{**next(made(1, 50).rows("invoices")), "invoice_id": n, "patient_id": p} for n, p in
                ((1, 1), (2, 1), (3, 1), (4, 2), (5, 7), (6, 2))]  # fmt: skip
    bills = [{"invoice_id": n, "outstanding": written, "last_payment": None} for n, written in
             ((1, " 10.50"), (2, "see plan"), (3, "2"), (4, None), (5, "1"))]  # fmt: skip
    found = wanted(patients=[patient(n) for n in (1, 2, 3)], invoices=invoices, billing=bills)
    owed = [found.rows["person"][f"core_practice/patient/{n}"].fields["outstandingBalance"] for n in (1, 2, 3)]
    assert owed == [values.amount(Decimal("12.50"), "USD"), values.amount(Decimal(0), "USD"), None]
    assert "core_practice/patient_balance/7" in found.parked


def test_documents_small_and_large(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "1.bin").write_bytes(b"film")
    documents = [
        {"document_id": n, "patient_id": 1, "file_name": f"{n}.png", "path": f"1/{n}.bin", "size_bytes": size,
         "viewer_url": "https://imaging.example.com/2" if n == 2 else None, "uploaded_at": None}
        for n, size in ((1, 4), (2, rows.OVERSIZE_BYTES))
    ]  # fmt: skip
    found = wanted(tmp_path, patients=[patient(1)], documents=documents)
    (file,) = found.rows["attachment"].values()
    assert file.fields["fullPath"] == Content(4, hashlib.sha256(b"film").hexdigest())
    notes = [found.rows["note"][f"core_practice/document/{n}"].fields["imagingLink"] for n in (1, 2)]
    assert notes == [None, {"primaryLinkUrl": "https://imaging.example.com/2"}]
