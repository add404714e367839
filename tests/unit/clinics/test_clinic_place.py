"""The made-up Clinic Place, as ugly as promised."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from infra.clinics import values
from infra.clinics.clinic_place import rows
from infra.clinics.clinic_place.generator import ClinicPlace
from infra.clinics.clinic_place.options import ZONE

NOWHERE = Path("/nowhere")


@pytest.fixture(scope="module")
def clinic() -> ClinicPlace:
    return ClinicPlace(3, 1000, NOWHERE)


def column(clinic: ClinicPlace, table: str, name: str) -> list[Any]:
    return [row[name] for row in clinic.rows(table)]


def test_emails_are_missing_shared_and_wrong(clinic: ClinicPlace) -> None:
    emails = column(clinic, "patients", "email")
    present = Counter(email.strip().lower() for email in emails if email)
    assert 0.10 < sum(not email for email in emails) / len(emails) < 0.2
    assert 0.04 < sum(count for count in present.values() if count > 1) / len(emails) < 0.15
    assert any(email and "@" not in email for email in emails)
    assert any(email != email.strip() for email in emails if email)
    assert None in emails
    assert "" in emails


def test_some_patients_are_registered_twice(clinic: ClinicPlace) -> None:
    who = Counter(
        (row["first_name"], row["last_name"], row["date_of_birth"], row["email"], row["phone"])
        for row in clinic.rows("patients")
        if row["email"] and row["phone"]
    )
    assert max(who.values()) == 2


def test_values_that_no_system_takes(clinic: ClinicPlace) -> None:
    patients = list(clinic.rows("patients"))
    assert any(row["date_of_birth"] == "2023-02-30" for row in patients)
    assert any(row["phone"] and not values.digits(row["phone"]) for row in patients)
    assert any(row["billing_status"] == "collections" for row in patients)
    assert any("'" in row["last_name"] for row in patients)
    assert any(not row["first_name"].isascii() for row in patients)
    assert any(row["first_name"].endswith(" ") for row in patients)
    bodies = [body for body in column(clinic, "clinical_notes", "body") if body]
    assert any("\\" in body for body in bodies)
    assert any("😀" in body for body in bodies)
    assert max(map(len, bodies)) > 50_000
    starts = column(clinic, "appointments", "starts_at")
    assert any(values.instant(start, ZONE)[1] for start in starts)


def test_names_of_carriers_and_locations_differ_in_case_and_space_only(clinic: ClinicPlace) -> None:
    patients = list(clinic.rows("patients"))
    carriers = {row[name] for row in patients for name in ("insurer_1", "insurer_2") if row[name]}
    locations = {row["location_name"] for row in patients if row["location_name"]}
    assert len({values.natural(name) for name in carriers}) == 12 < len(carriers)
    assert len({values.natural(name) for name in locations}) == 15 < len(locations)
    assert all(
        values.natural(row["insurer_1"]) != values.natural(row["insurer_2"]) or not row["insurer_1"] for row in patients
    )


@pytest.mark.parametrize("table", ["appointments", "clinical_notes", "invoices", "emergency_contacts", "activities"])
def test_orphans_exist(clinic: ClinicPlace, table: str) -> None:
    numbers = [int(patient[2:]) for patient in column(clinic, table, "patient_id")]
    orphans = sum(number >= rows.NEVER_ISSUED for number in numbers)
    assert 0 < orphans / len(numbers) < 0.05
    assert set(numbers) - {number for number in numbers if number >= rows.NEVER_ISSUED} <= set(range(1, 1001))


def test_emergency_contacts_are_strangers_one_patient_or_two(clinic: ClinicPlace) -> None:
    named = Counter(
        (values.natural(f"{row['first_name']} {row['last_name']}"), values.digits(row["phone"]))
        for row in clinic.rows("patients")
        if values.digits(row["phone"])
    )
    matches = Counter(
        min(2, named[values.natural(row["name"]), values.digits(row["phone"])])
        for row in clinic.rows("emergency_contacts")
    )
    assert min(matches[0], matches[1], matches[2]) > 0


def test_balances_are_in_one_currency_per_patient(clinic: ClinicPlace) -> None:
    currencies = {(row["patient_id"], row["currency"]) for row in clinic.rows("invoices")}
    assert len({patient for patient, _ in currencies}) == len(currencies)
    assert {currency for _, currency in currencies} == {"USD", "CAD"}
    for row in clinic.rows("invoices"):
        assert 0 <= row["amount_paid"] <= row["amount_billed"]
        assert (row["status"] == "paid") == (row["amount_paid"] == row["amount_billed"])


def test_some_staff_have_no_account(clinic: ClinicPlace) -> None:
    accounts = {account.email for account in clinic.accounts}
    emails = {email.strip().lower() for email in column(clinic, "staff", "email")}
    assert set() != accounts < emails


def test_one_scan_is_too_large_to_upload_and_takes_no_room(tmp_path: Path) -> None:
    clinic = ClinicPlace(3, 40, tmp_path)
    documents = list(clinic.rows("documents"))
    for row in documents:
        clinic.write_document(row)
    large = [row for row in documents if row["size_bytes"] > 25 * 1024 * 1024]
    assert len(large) == 1
    stat = (tmp_path / large[0]["path"]).stat()
    assert stat.st_size == large[0]["size_bytes"]
    assert stat.st_blocks * 512 < 1024 * 1024
    small = next(row for row in documents if row not in large)
    before = (tmp_path / small["path"]).read_bytes()
    clinic.write_document(small)
    assert (tmp_path / small["path"]).read_bytes() == before
    assert len(before) == small["size_bytes"]
