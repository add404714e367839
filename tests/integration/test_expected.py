"""What Twenty should hold, for a clinic small enough to work out by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.clinics.clinic_place import expected
from infra.clinics.clinic_place.generator import KEYS
from infra.clinics.clinic_place.rows import OVERSIZE_BYTES
from infra.clinics.expectation import read_tables
from infra.clinics.values import Content, Email, Expected, RecordPage, Reference

MOTHER, CHILD, TWIN = "clinic_place/patient/P-000001", "clinic_place/patient/P-000002", "clinic_place/patient/P-000003"
EARLY, LATE = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)

LEAD = Reference("workspaceMember", "lead@clinic.example.com")


class Tables:
    """Hand-written rows."""

    def __init__(self, connection: psycopg.Connection[Any], documents: Path) -> None:
        self.connection = connection
        self.documents = documents

    def add(self, table: str, **row: Any) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join(map(sql.Placeholder, row))
        query = sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table), names, places)
        with self.connection.transaction():
            self.connection.execute(query, row)

    def expected(self, *accounts: str) -> Expected:
        return expected(
            read_tables(self.connection, KEYS),
            accounts,
            documents=self.documents,
            workspace_url="https://crm.example.com/",
            fallback_owner=LEAD.key,
        )


@pytest.fixture
def tables(postgres_url: str, tmp_path: Path) -> Iterator[Tables]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(files("infra.clinics.clinic_place").joinpath("schema.sql").read_bytes())
        made = Tables(connection, tmp_path)
        made.add(
            "patients",
            patient_id="P-000001",
            first_name="María",
            last_name="O'Neill",
            email=" Maria@Example.com",
            phone="(212) 555-0143",
            street="1 Elm",
            city="Boston ",
            state="MA",
            postcode="02108",
            country="usa",
            date_of_birth="1980-02-29",
            billing_status="insurance-pending",
            insurer_1="Blue  Harbor",
            plan_1="Gold",
            policy_1="1",
            insurer_2="First Granite",
            plan_2="PPO",
            policy_2="2",
            primary_insurer=2,
            location_name="Main Clinic",
            location_phone="(617) 555-0100",
            location_hours="9-5",
            location_is_hq=True,
            referring_physician_id="D-00001",
            created_at="2024-11-03 01:30",
            updated_at=EARLY,
        )
        made.add(
            "patients",
            patient_id="P-000002",
            first_name="Ana",
            last_name="O'Neill",
            email="maria@example.com",
            phone="call mom",
            date_of_birth="2023-02-30",
            billing_status="collections",
            country="Narnia",
            insurer_1="BLUE harbor ",
            plan_1="Kids",
            location_name=" main clinic",
            location_phone="see website",
            location_hours="8-6",
            referring_physician_id="D-99901",
            updated_at=LATE,
        )
        made.add(
            "physicians", physician_id="D-00001", first_name="Jo", last_name="Weiß", email="nobody", practice="Uptown"
        )
        yield made


def test_a_patient_is_a_person_with_coverages_and_companies(tables: Tables) -> None:
    wanted = tables.expected()
    mother = wanted.rows["person"][MOTHER].fields
    assert mother["name"] == {"firstName": "María", "lastName": "O'Neill"}
    assert mother["emails"] == Email("maria@example.com")
    assert mother["phones"]["primaryPhoneNumber"] == "2125550143"
    assert mother["city"] == "Boston "
    assert mother["homeAddress"]["addressCountry"] == "United States"
    assert (mother["dateOfBirth"], mother["billingStatus"]) == ("1980-02-29", "INSURANCE_PENDING")
    assert mother["insuranceProvider"] == "First Granite"
    assert mother["primaryInsurer"] == Reference("company", "clinic_place/~carrier/first granite")
    assert mother["clinicLocation"] == Reference("company", "clinic_place/~location/main clinic")
    assert mother["referringPhysician"] == Reference("person", "clinic_place/physician/D-00001")
    assert mother["createdAt"] == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    assert mother["outstandingBalance"] is None

    assert {key: row.fields["isPrimary"] for key, row in wanted.rows["coverage"].items()} == {
        f"{MOTHER}#coverage:blue harbor": False,
        f"{MOTHER}#coverage:first granite": True,
        f"{CHILD}#coverage:blue harbor": False,
    }
    coverage = wanted.rows["coverage"][f"{MOTHER}#coverage:blue harbor"].fields
    assert coverage["name"] == "Blue  Harbor – Gold"
    assert coverage["carrier"] == Reference("company", "clinic_place/~carrier/blue harbor")
    assert coverage["patient"] == Reference("person", MOTHER)


def test_a_company_has_the_values_of_the_row_that_changed_last(tables: Tables) -> None:
    wanted = tables.expected()
    assert wanted.rows["company"].keys() == {
        "clinic_place/~carrier/blue harbor",
        "clinic_place/~carrier/first granite",
        "clinic_place/~location/main clinic",
    }
    assert wanted.rows["company"]["clinic_place/~carrier/blue harbor"].fields == {
        "name": "BLUE harbor ",
        "insuranceCarrier": True,
        "accountOwner": LEAD,
    }
    location = wanted.rows["company"]["clinic_place/~location/main clinic"].fields
    assert (location["name"], location["operatingHours"], location["isHeadquarters"]) == (" main clinic", "8-6", False)
    assert location["companyPhones"] is None
    assert ("clinic_place/~location/main clinic", "companyPhones") in wanted.flagged


def test_what_cannot_be_written_is_empty_and_flagged(tables: Tables) -> None:
    wanted = tables.expected()
    child = wanted.rows["person"][CHILD].fields
    assert (child["phones"], child["dateOfBirth"], child["billingStatus"]) == (None, None, None)
    assert "createdAt" not in child
    assert wanted.flagged >= {
        (MOTHER, "createdAt"),
        (CHILD, "phones"),
        (CHILD, "dateOfBirth"),
        (CHILD, "billingStatus"),
        (CHILD, "homeAddress.addressCountry"),
        ("clinic_place/physician/D-00001", "emails"),
    }
    assert child["referringPhysician"] is None
    assert (CHILD, "referringPhysician") in wanted.unresolved


def test_balances_are_summed_and_orphans_held(tables: Tables) -> None:
    for number, (patient, billed, paid, status) in enumerate(
        [
            ("P-000001", "100.10", "0", "overdue"),
            ("P-000001", "50.05", "20.00", "pending"),
            ("P-000001", "9.99", "9.99", "paid"),
            ("P-900001", "5.00", "0", "overdue"),
            ("P-000077", "5.00", "0", "overdue"),
        ]
    ):
        row = {"invoice_id": number, "patient_id": patient, "amount_billed": billed, "amount_paid": paid}
        tables.add("invoices", **row, currency="USD", status=status, invoice_number=f"I{number}")
    wanted = tables.expected()
    mother = wanted.rows["person"][MOTHER].fields
    assert mother["outstandingBalance"] == {"amountMicros": 130_150_000, "currencyCode": "USD"}
    assert mother["overdueBalance"] == {"amountMicros": 100_100_000, "currencyCode": "USD"}
    payment = wanted.rows["payment"]["clinic_place/invoice/1"].fields
    assert payment["balanceDue"] == {"amountMicros": 30_050_000, "currencyCode": "USD"}
    assert payment["patient"] == Reference("person", MOTHER)
    assert wanted.parked == {"clinic_place/invoice/3", "clinic_place/patient_balance/P-900001"}
    assert wanted.orphans - wanted.parked == {"clinic_place/invoice/4", "clinic_place/patient_balance/P-000077"}


@pytest.mark.parametrize(
    ("caller", "name", "phone", "link"),
    [
        (CHILD, " maría  O'NEILL", "1-212-555-0143", MOTHER),
        (CHILD, "María O'Neill", "212 555 0144", None),
        (CHILD, "Maria O'Neill", "212 555 0143", None),
        (CHILD, "Ana O'Neill", "call mom", None),
        (MOTHER, "María O'Neill", "2125550143", None),
    ],
)
def test_who_is_called_in_an_emergency(tables: Tables, caller: str, name: str, phone: str, link: str | None) -> None:
    row = {"contact_id": 1, "patient_id": caller.rpartition("/")[2], "name": name, "phone": phone, "relation": "mother"}
    tables.add("emergency_contacts", **row)
    wanted = tables.expected()
    fields = wanted.rows["person"][caller].fields
    assert fields["emergencyContactName"] == name
    assert fields["emergencyContact"] == (Reference("person", link) if link else None)
    unresolved = ("clinic_place/emergency_contact/1", "emergencyContact") in wanted.unresolved
    assert unresolved == (link is None)

    again = {"patient_id": "P-000003", "first_name": "MARÍA", "last_name": "O'Neill ", "phone": "+1 212 555 0143"}
    tables.add("patients", **again)
    assert tables.expected().rows["person"][caller].fields["emergencyContact"] is None


def test_an_appointment_is_a_task_of_the_member_who_is_the_staff(tables: Tables) -> None:
    tables.add("staff", staff_id="S-001", email=" Dr@Clinic.example.com", specialty="Eyes", location_name="Main Clinic")
    tables.add("staff", staff_id="S-002", email="new@clinic.example.com")
    for number, staff in enumerate(("S-001", "S-002", "S-404", None)):
        row = {"appointment_id": number, "patient_id": "P-000001", "staff_id": staff, "type": "walk-in"}
        tables.add("appointments", **row, starts_at="2024-03-10 02:30", status="no-show", duration_minutes=15)
    wanted = tables.expected("DR@clinic.example.com")
    task = wanted.rows["task"]["clinic_place/appointment/0"].fields
    assert task["assignee"] == Reference("workspaceMember", "dr@clinic.example.com")
    assert task["dueAt"] == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)
    assert (task["status"], task["appointmentStatus"], task["appointmentType"]) == ("DONE", "NO_SHOW", None)
    assert (task["title"], task["providerStaffId"], task["durationMinutes"]) == ("walk-in", "S-001", 15)
    assert [row.fields["assignee"] for row in list(wanted.rows["task"].values())[1:]] == [LEAD, LEAD, LEAD]
    assert wanted.unresolved >= {(f"clinic_place/appointment/{number}", "assignee") for number in (1, 2)}
    assert wanted.flagged >= {(f"clinic_place/appointment/{number}", "dueAt") for number in range(4)}
    target = wanted.rows["taskTarget"][f"clinic_place/appointment/0 -> {MOTHER}"].fields
    assert target["person"] == Reference("person", MOTHER)
    assert wanted.skipped == {"clinic_place/staff/S-002"}
    assert wanted.rows["workspaceMember"]["dr@clinic.example.com"].fields["specialty"] == "Eyes"


def test_notes_and_activities(tables: Tables) -> None:
    tables.add(
        "clinical_notes", note_id=1, patient_id="P-000001", kind="lab", body=r"C:\temp", written_at="2024-07-01 08:00"
    )
    for number, kind in enumerate(("call", "email", "meeting")):
        row = {"activity_id": number, "patient_id": "P-000002", "kind": kind, "direction": "inbound"}
        tables.add("activities", **row, happened_at="2024-01-01 08:00", subject="s")
    wanted = tables.expected()
    note = wanted.rows["note"]["clinic_place/clinical_note/1"].fields
    assert (note["noteType"], note["bodyV2"]) == ("LAB_RESULT", {"markdown": r"C:\temp"})
    assert note["createdAt"] == datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert {key: row.fields["activityKind"] for key, row in wanted.rows["note"].items() if "activity" in key} == {
        "clinic_place/activity/0": "CALL",
        "clinic_place/activity/1": "EMAIL",
    }
    meeting = wanted.rows["task"]["clinic_place/activity/2"].fields
    assert (meeting["status"], meeting["activityKind"], meeting["activityDirection"]) == ("DONE", "MEETING", "INBOUND")
    assert meeting["dueAt"] == datetime(2024, 1, 1, 13, tzinfo=UTC)
    assert wanted.rows["taskTarget"].keys() == {f"clinic_place/activity/2 -> {CHILD}"}
    assert len(wanted.rows["noteTarget"]) == 3


def test_documents_are_notes_with_files_but_for_the_oversize(tables: Tables) -> None:
    (tables.documents / "a.bin").write_bytes(b"scan")
    for number, size in enumerate((4, OVERSIZE_BYTES)):
        row = {"document_id": number, "patient_id": "P-000001", "kind": "scan", "file_name": f"{number}.pdf"}
        tables.add("documents", **row, path="a.bin", size_bytes=size, uploaded_at="2024-01-01 08:00")
    wanted = tables.expected()
    first = wanted.rows["note"]["clinic_place/document/0"].fields
    assert (first["title"], first["hasAttachment"]) == ("0.pdf", True)
    assert first["attachmentUrl"] == RecordPage("https://crm.example.com/object/note/")
    assert wanted.oversize == {"clinic_place/document/1"}
    assert "clinic_place/document/1" in wanted.rows["note"]
    assert {row.source: row.fields["fullPath"] for row in wanted.rows["attachment"].values()} == {
        "clinic_place/document/0#file": Content(4, hashlib.sha256(b"scan").hexdigest())
    }
