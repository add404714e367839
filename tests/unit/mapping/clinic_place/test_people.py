"""The Clinic Place's patients, physicians and staff, with insurers and places: every object, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.keys import alias_key
from schemas.records import (
    Flag,
    Link,
    Match,
    Operation,
    PartMode,
    Value,
)
from tests.unit.mapping.clinic_place.rows import (
    CAPTURED,
    CHANGED,
    PATIENT,
    VERSION,
    link,
    parts,
    transformed,
)


def test_a_patient_is_a_person() -> None:
    person = parts("patient", "P-000001", PATIENT)[""]
    assert person.target == "person"
    assert person.mode is PartMode.OWN
    assert person.fields == {
        "sourceSystemId": "clinic_place/patient/P-000001",
        "name": {"firstName": "Zoë", "lastName": "O'Hara "},
        "emails": {"primaryEmail": "zoe@example.test", "additionalEmails": []},
        "phones": {
            "primaryPhoneNumber": "6172530000",
            "primaryPhoneCountryCode": "US",
            "primaryPhoneCallingCode": "+1",
            "additionalPhones": [],
        },
        "city": "Boston",
        "homeAddress": {
            "addressStreet1": "1 Main St",
            "addressStreet2": "",
            "addressCity": "Boston",
            "addressState": "MA",
            "addressPostcode": "02139",
            "addressCountry": "United States",
            "addressLat": None,
            "addressLng": None,
        },
        "dateOfBirth": "1980-02-29",
        "patientId": "P-000001",
        "personRole": "PATIENT",
        "billingStatus": "INSURANCE_PENDING",
        "insuranceProvider": "CEDAR health plan",
        "createdAt": "2024-01-02T14:30:00.123Z",
    }
    assert person.links == (
        link("primaryInsurer", "~carrier/cedar health plan"),
        link("clinicLocation", "~location/back bay"),
        link("referringPhysician", "physician/D-00007"),
    )
    assert person.aliases == (alias_key("clinic_place", "patient_contact", "zoë o'hara", "+16172530000"),)
    confirm = {"name.firstName": "Zoë", "name.lastName": "O'Hara ", "dateOfBirth": "1980-02-29"}
    assert person.matches == (Match("emails.primaryEmail", "zoe@example.test", confirm),)
    assert person.flags == ()


def test_each_insurer_is_a_coverage() -> None:
    found = parts("patient", "P-000001", PATIENT)
    assert set(found) == {"", "coverage:blue harbor", "coverage:cedar health plan"}
    second = found["coverage:cedar health plan"]
    assert second.fields == {
        "sourceSystemId": "clinic_place/patient/P-000001#coverage:cedar health plan",
        "name": "CEDAR health plan",
        "planName": "",
        "policyNumber": "0002",
        "isPrimary": True,
    }
    assert second.internal == {"patient": ""}
    assert second.links == (link("carrier", "~carrier/cedar health plan", required=True),)
    assert found["coverage:blue harbor"].fields["name"] == "Blue  Harbor – Gold"
    assert found["coverage:blue harbor"].fields["isPrimary"] is False


def test_a_coverage_keeps_its_name_when_the_columns_change_places() -> None:
    swapped = dict(PATIENT)
    for name in ("insurer", "plan", "policy"):
        swapped[f"{name}_1"], swapped[f"{name}_2"] = PATIENT[f"{name}_2"], PATIENT[f"{name}_1"]
    swapped["primary_insurer"] = 1
    before, after = parts("patient", "P-000001", PATIENT), parts("patient", "P-000001", swapped)
    assert {name: part.content_hash for name, part in before.items()} == {
        name: part.content_hash for name, part in after.items()
    }


def test_two_plans_of_one_carrier_are_two_coverages() -> None:
    row = {**PATIENT, "insurer_2": "blue harbor", "plan_2": "Silver"}
    assert set(parts("patient", "P-000001", row)) == {"", "coverage:blue harbor", "coverage:blue harbor:silver"}


def test_a_plan_without_an_insurer_is_flagged() -> None:
    row = {**PATIENT, "insurer_2": " ", "primary_insurer": 1}
    found = parts("patient", "P-000001", row)
    assert set(found) == {"", "coverage:blue harbor"}
    assert found[""].flags == (Flag("coverage", "policy_2 without insurer_2", "0002"),)


def test_the_row_speaks_of_its_carriers_and_its_location() -> None:
    derived = transformed("patient", "P-000001", PATIENT).derived
    assert [one.key for one in derived] == [
        "clinic_place/~carrier/blue harbor",
        "clinic_place/~carrier/cedar health plan",
        "clinic_place/~location/back bay",
    ]
    for one in derived:
        assert (one.origin_key, one.origin_version) == ("clinic_place/patient/P-000001", VERSION)
        assert (one.source_changed_at, one.captured_at, one.run) == (CHANGED, CAPTURED, 1)
        assert one.operation is Operation.UPSERT
    again = transformed("patient", "P-000002", {**PATIENT, "patient_id": "P-000002"}).derived
    assert [one.content_hash for one in again] == [one.content_hash for one in derived]
    other = transformed("patient", "P-000001", {**PATIENT, "location_hours": "8 to 4"}).derived
    assert [a.content_hash == b.content_hash for a, b in zip(derived, other, strict=True)] == [True, True, False]


def test_a_derived_record_is_a_company() -> None:
    carrier, _, location = transformed("patient", "P-000001", PATIENT).derived
    (part,) = parts(carrier.object, carrier.record_id, carrier.record).values()
    assert part.fields == {
        "sourceSystemId": "clinic_place/~carrier/blue harbor",
        "name": "Blue  Harbor",
        "insuranceCarrier": True,
    }
    (part,) = parts(location.object, location.record_id, location.record).values()
    assert part.target == "company"
    assert part.fields["name"] == "Back Bay "
    assert part.fields["address"]["addressPostcode"] == "02116"
    assert part.fields["companyPhones"]["primaryPhoneNumber"] == "6172530001"
    assert part.fields["operatingHours"] == "9 to 5"
    assert (part.fields["isHeadquarters"], part.fields["insuranceCarrier"]) == (True, False)


def test_two_ways_to_write_a_carrier_in_one_row_speak_once() -> None:
    derived = transformed("patient", "P-000001", {**PATIENT, "insurer_2": " BLUE harbor"}).derived
    assert [one.record_id for one in derived if one.object == "~carrier"] == ["blue harbor"]


def test_what_cannot_be_written_is_empty_and_flagged() -> None:
    row = {
        **PATIENT,
        "email": "none",
        "phone": "call front desk",
        "date_of_birth": "2023-02-30",
        "billing_status": "collections",
        "country": "Narnia",
        "primary_insurer": 3,
        "street": "1\0 Main St",
        "created_at": datetime(2024, 11, 3, 1, 30),  # noqa: DTZ001
    }
    person = parts("patient", "P-000001", row)[""]
    assert person.fields["emails"] == {"primaryEmail": "", "additionalEmails": []}
    assert person.fields["phones"]["primaryPhoneNumber"] == ""
    assert (person.fields["dateOfBirth"], person.fields["billingStatus"]) == (None, None)
    assert person.fields["homeAddress"]["addressCountry"] == ""
    assert person.fields["homeAddress"]["addressStreet1"] == "1 Main St"
    assert person.fields["insuranceProvider"] == ""
    assert person.fields["createdAt"] == "2024-11-03T05:30:00.000Z"
    assert person.matches == ()
    assert person.aliases == ()
    assert {(flag.field, flag.raw) for flag in person.flags} == {
        ("emails", "none"),
        ("phones", "call front desk"),
        ("dateOfBirth", "2023-02-30"),
        ("billingStatus", "collections"),
        ("homeAddress.addressCountry", "Narnia"),
        ("homeAddress.addressStreet1", "1\0 Main St"),
        ("insuranceProvider", "3"),
        ("primaryInsurer", "3"),
        ("createdAt", "2024-11-03T01:30:00"),
    }


def test_a_patient_of_whom_nothing_is_known_is_a_person_with_empty_fields() -> None:
    found = parts("patient", "P-2", {**dict.fromkeys(PATIENT), "patient_id": "P-2"})
    person = found.pop("")
    assert found == {}
    assert person.flags == ()
    assert person.links == ()
    assert "createdAt" not in person.fields
    assert person.fields["name"] == {"firstName": "", "lastName": ""}
    assert (person.fields["dateOfBirth"], person.fields["billingStatus"]) == (None, None)
    assert transformed("patient", "P-2", {"patient_id": "P-2"}).derived == ()


def test_a_column_that_is_gone_is_flagged() -> None:
    row = {name: value for name, value in PATIENT.items() if name not in ("city", "referring_physician_id")}
    person = parts("patient", "P-000001", row)[""]
    assert {flag.field: flag.reason for flag in person.flags} == {
        "city": "the source has no column city",
        "homeAddress.addressCity": "the source has no column city",
        "referringPhysician": "the source has no column referring_physician_id",
    }


def test_a_physician_is_a_person_of_another_role() -> None:
    row: dict[str, Value] = {
        "physician_id": "D-00007",
        "first_name": "Ada",
        "last_name": "Lee",
        "practice": "Lee & Co",
        "email": "ada@lee.test",
        "phone": None,
        "updated_at": CHANGED,
    }
    (part,) = parts("physician", "D-00007", row).values()
    assert part.fields["personRole"] == "REFERRING_PHYSICIAN"
    assert part.fields["practice"] == "Lee & Co"
    assert "patientId" not in part.fields  # unique: Twenty's own '' is exempt
    assert part.matches == (
        Match("emails.primaryEmail", "ada@lee.test", {"name.firstName": "Ada", "name.lastName": "Lee"}),
    )


@pytest.mark.parametrize(
    ("email", "matches"), [(" Ann@Clinic.TEST ", (Match("userEmail", "ann@clinic.test"),)), (None, ())]
)
def test_staff_are_matched_to_members_by_email(email: str | None, matches: tuple[Match, ...]) -> None:
    row: dict[str, Value] = {
        "staff_id": "S-003",
        "email": email,
        "specialty": "Cardiology",
        "licence_number": "L1",
        "location_name": "Back Bay",
    }
    (part,) = parts("staff", "S-003", row).values()
    assert (part.target, part.mode) == ("workspaceMember", PartMode.MATCH)
    assert part.matches == matches
    assert part.fields == {"specialty": "Cardiology", "licenceNumber": "L1", "clinicLocationName": "Back Bay"}
    assert [flag.field for flag in part.flags] == ([] if matches else ["userEmail"])


def test_an_emergency_contact_is_a_share_in_the_patient() -> None:
    row: dict[str, Value] = {
        "contact_id": 3,
        "patient_id": "P-000009",
        "name": " zoë  O'HARA",
        "phone": "617.253.0000",
        "relation": "sister",
    }
    (part,) = parts("emergency_contact", "3", row).values()
    assert (part.target, part.mode) == ("person", PartMode.FRAGMENT)
    assert part.anchor == link("anchor", "patient/P-000009", required=True)
    assert part.fields["emergencyContactName"] == " zoë  O'HARA"
    assert part.fields["emergencyContactPhone"]["primaryPhoneNumber"] == "6172530000"
    assert part.fields["emergencyContactRelation"] == "sister"
    assert "sourceSystemId" not in part.fields
    alias = parts("patient", "P-000001", PATIENT)[""].aliases[0]
    assert part.links == (Link("emergencyContact", alias, required=False),)
    (part,) = parts("emergency_contact", "3", {**row, "phone": "same as mine"}).values()
    assert part.links == ()
    assert {flag.field for flag in part.flags} == {"emergencyContactPhone", "emergencyContact"}


def test_a_balance_is_a_share_in_the_patient() -> None:
    row: dict[str, Value] = {"patient_id": "P-1", "outstanding": Decimal("10.00"), "overdue": 0, "currency": "USD"}
    (part,) = parts("patient_balance", "P-1", row).values()
    assert part.mode is PartMode.FRAGMENT
    assert part.anchor == link("anchor", "patient/P-1", required=True)
    assert part.fields == {
        "outstandingBalance": {"amountMicros": 10_000_000, "currencyCode": "USD"},
        "overdueBalance": {"amountMicros": 0, "currencyCode": "USD"},
    }


def test_values_of_every_kind_have_their_empty_form() -> None:
    """Twenty answers 400 to a null composite and 500 to a null text."""
    empty: Mapping[str, Any] = parts("patient", "P-2", {**dict.fromkeys(PATIENT), "patient_id": "P-2"})[""].fields
    assert empty["emails"] == {"primaryEmail": "", "additionalEmails": []}
    assert empty["phones"] == {
        "primaryPhoneNumber": "",
        "primaryPhoneCountryCode": "",
        "primaryPhoneCallingCode": "",
        "additionalPhones": [],
    }
    assert empty["insuranceProvider"] == ""
