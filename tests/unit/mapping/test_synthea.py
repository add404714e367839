"""A second system through the same language: Synthea's export, where every value is text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from processors.ports import TransformError
from processors.transform import MappingTransform
from schemas.keys import part_key
from schemas.mapping import load_mapping
from schemas.records import Link, Operation, Part, RecordChange, Unit, Value, Version

MAPPING = load_mapping("synthea")
TRANSFORM = MappingTransform(MAPPING, workspace_url="https://crm.test")
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def parts(object_name: str, row: Mapping[str, Value]) -> dict[str, Part]:
    change = RecordChange("synthea", object_name, str(row["id"]), Operation.SNAPSHOT, row, NOW, NOW)
    write = TRANSFORM(change, Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert write is not None
    return {part.name: part for part in write.parts}


def link(field: str, key: str, *, required: bool = False) -> Link:
    return Link(field, part_key(f"synthea/{key}", ""), required)


def test_an_organization_is_a_company() -> None:
    row: dict[str, Value] = {
        "id": "o1",
        "name": "STURDY HOSPITAL",
        "address": "211 PARK STREET",
        "city": "ATTLEBORO",
        "state": "MA",
        "zip": "02703",
        "lat": "41.931653",
        "lon": "-71.294503",
        "phone": "5082225200",
    }
    (part,) = parts("organization", row).values()
    assert part.target == "company"
    assert part.fields["address"]["addressLng"] == -71.294503
    assert part.fields["companyPhones"]["primaryPhoneNumber"] == "5082225200"
    assert part.flags == ()
    (part,) = parts("organization", {**row, "phone": "508-222-5200 Or 508-222-5201"}).values()
    assert [(flag.field, flag.raw) for flag in part.flags] == [("companyPhones", "508-222-5200 Or 508-222-5201")]


def test_a_patient_is_a_person_without_identity_papers() -> None:
    columns = "id first last prefix suffix maiden birthdate deathdate gender marital race ethnicity birthplace county"
    row: dict[str, Value] = dict.fromkeys(f"{columns} address city state zip lat lon".split())
    row |= {
        "id": "p1",
        "first": "Maynard46",
        "last": "Mosciski958",
        "birthdate": "2014-10-06",
        "gender": "M",
        "marital": "S",
    }
    (part,) = parts("patient", row).values()
    assert part.fields["name"] == {"firstName": "Maynard46", "lastName": "Mosciski958"}
    assert (part.fields["dateOfBirth"], part.fields["dateOfDeath"]) == ("2014-10-06", None)
    assert (part.fields["gender"], part.fields["maritalStatus"]) == ("MALE", "SINGLE")
    assert part.fields["homeAddress"]["addressLat"] is None
    assert part.flags == ()
    (source,) = [source for source in MAPPING.sources if source.name == "patient"]
    assert source.exclude == ("ssn", "drivers", "passport")


ENCOUNTER: Mapping[str, Value] = {
    "id": "e1",
    "start": "2023-01-27T16:17:47Z",
    "stop": "2023-01-27T16:32:47Z",
    "patient": "p1",
    "organization": "o1",
    "provider": "d1",
    "payer": "y1",
    "encounterclass": "ambulatory",
    "code": "185345009",
    "description": "Encounter for symptom",
    "base_encounter_cost": "77.49",
    "total_claim_cost": "3798.09",
    "payer_coverage": "0.00",
    "reasoncode": None,
    "reasondescription": None,
}


def test_an_encounter_is_a_task_of_the_patient_at_a_facility() -> None:
    found = parts("encounter", ENCOUNTER)
    task = found[""]
    assert task.fields["dueAt"] == "2023-01-27T16:17:47.000Z"
    assert task.fields["encounterClass"] == "AMBULATORY"
    assert task.fields["totalClaimCost"] == {"amountMicros": 3_798_090_000, "currencyCode": "USD"}
    assert task.fields["bodyV2"] == {"markdown": ""}
    assert task.links == (
        link("facility", "organization/o1"),
        link("provider", "provider/d1"),
        link("payer", "payer/y1"),
    )
    assert found["target"].links == (link("person", "patient/p1", required=True),)
    assert task.flags == ()
    assert set(parts("encounter", {**ENCOUNTER, "patient": None, "organization": None})) == {""}


CLAIM: Mapping[str, Value] = {
    "id": "c1",
    "patientid": "p1",
    "providerid": "d1",
    "primarypatientinsuranceid": "y1",
    "secondarypatientinsuranceid": "0",
    **{f"diagnosis{number}": None for number in range(1, 9)},
    "diagnosis1": "185",
    "diagnosis3": "196",
    "appointmentid": "e1",
    "servicedate": "2023-01-27T16:17:47Z",
    "status1": "CLOSED",
    "outstanding1": "0",
    "lastbilleddate1": None,
}


def test_a_claim_belongs_to_the_patient_and_perhaps_to_an_encounter() -> None:
    (part,) = parts("claim", CLAIM).values()
    assert part.target == "claim"
    assert part.fields == {
        "sourceSystemId": "synthea/claim/c1",
        "name": "Claim c1",
        "claimStatus": "CLOSED",
        "serviceDate": "2023-01-27T16:17:47.000Z",
        "lastBilledDate": None,
        "diagnoses": "185 196",
        "outstanding": {"amountMicros": 0, "currencyCode": "USD"},
    }
    payer, provider = link("payer", "payer/y1"), link("provider", "provider/d1")
    patient = link("patient", "patient/p1", required=True)
    assert part.links == (payer, provider, patient, link("encounter", "encounter/e1")), "0 is no insurance"
    (part,) = parts("claim", {**CLAIM, "appointmentid": "", "secondarypatientinsuranceid": "y2"}).values()
    assert part.links == (payer, link("secondaryPayer", "payer/y2"), provider, patient)
    with pytest.raises(TransformError, match="patient: a required reference is empty"):
        parts("claim", {**CLAIM, "patientid": None})


def test_a_payment_belongs_to_its_claim_and_other_transactions_stay_away() -> None:
    row = {"id": "t1", "claimid": "c1", "patientid": "p1", "type": "PAYMENT", "payments": "77.49", "method": "CASH",
           "todate": "2023-01-27T16:32:47Z"}  # fmt: skip
    (part,) = parts("payment", row).values()
    assert part.fields["amount"] == {"amountMicros": 77_490_000, "currencyCode": "USD"}
    assert part.fields["paymentMethod"] == "CASH"
    assert part.links == (link("claim", "claim/c1", required=True), link("patient", "patient/p1"))
    change = RecordChange("synthea", "payment", "t2", Operation.SNAPSHOT, {**row, "type": "CHARGE"}, NOW, NOW)
    write = TRANSFORM(change, Version(1, 1, 1, 1), Unit("cdc", 0, 1)).write
    assert write is not None and (write.parts, write.skip) == ((), "no payment")


def test_a_finding_is_a_note_of_the_patient_at_the_encounter() -> None:
    row = {"id": "x", "start": "2023-01-27", "stop": None, "patient": "p1", "encounter": "e1", "code": "195662009",
           "description": "Acute viral pharyngitis (disorder)"}  # fmt: skip
    found = parts("condition", row)
    assert found[""].fields["noteType"] == "CONDITION"
    assert (found[""].fields["startedOn"], found[""].fields["endedOn"]) == ("2023-01-27", None)
    assert found[""].links == (link("encounter", "encounter/e1"),)
    assert found["target"].links == (link("person", "patient/p1", required=True),)


def test_parents_come_first() -> None:
    parents = {source.name: source.parents for source in MAPPING.sources}
    assert parents["encounter"] == ("organization", "patient", "payer", "provider")
    assert parents["claim"] == ("encounter", "patient", "payer", "provider")
    assert parents["payment"] == ("claim", "patient")
