"""The made-up customer of Jiva, and what Twenty should hold of rows written by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.jiva import LISTS, Jiva, expected, options, rows, words
from infra.clinics.jiva.generator import CHILDREN
from infra.clinics.jiva.rows import identifier
from infra.clinics.values import Content, Email, Expected, Reference
from schemas.mapping import load_mapping
from schemas.mapping.richtext import escaped, html_text

NOWHERE = Path("/nowhere")
LEAD = Reference("workspaceMember", "lead@care.example.com")
MEMBER, PLAN = "jiva/member/mbr000000001", "jiva/care_plan/cpl000000010"


@pytest.fixture(scope="module")
def jiva() -> Jiva:
    return Jiva(3, 1000, NOWHERE)


@pytest.mark.parametrize("table", words.PREFIXES)
def test_rows_are_in_the_order_of_their_identifiers(table: str) -> None:
    found = [row["id"] for row in Jiva(3, 120, NOWHERE).rows(table)]
    assert found == sorted(found)


def test_members_are_as_ugly_as_promised(jiva: Jiva) -> None:
    members = list(jiva.rows("members"))
    emails = [row["email"] for row in members]
    shared = Counter(email.strip().lower() for email in emails if email)
    assert 0.10 < sum(not email for email in emails) / len(emails) < 0.2
    assert 0.05 < sum(count for count in shared.values() if count > 1) / len(emails) < 0.2
    people = Counter((row["first_name"], row["last_name"], row["birth_date"]) for row in members)
    assert 0.02 < sum(count - 1 for count in people.values()) / len(members) < 0.05
    assert {"2023-02-30", "unknown", "", None} <= {row["birth_date"] for row in members}
    assert {"gold ", "Legacy", ""} < {row["coverage_tier"] for row in members}
    replaced = [row for row in members if row["replaced_by"]]
    assert 0.005 < len(replaced) / len(members) < 0.05
    assert all(rows.number_of(row["replaced_by"]) == rows.number_of(row["id"]) - 1 for row in replaced)
    assert "Catastrophic" not in {row["coverage_tier"] for row in members}, "an option that nobody uses"


def test_organizations_stand_in_circles_and_above_themselves(jiva: Jiva) -> None:
    parents = {row["id"]: row["parent_id"] for row in jiva.rows("organizations")}
    assert any(parents.get(other) == one != other for one, other in parents.items())
    assert any(one == other for one, other in parents.items())


def test_times_fall_into_the_hours_that_clock_changes_double_and_drop(jiva: Jiva) -> None:
    times = {row["occurred_at"] for row in jiva.rows("encounters")}
    assert {"tbd", "", None, "2024-11-03T01:30:00", "2024-03-10T02:30:00"} < times


@pytest.mark.parametrize("table", CHILDREN)
def test_orphans_exist(jiva: Jiva, table: str) -> None:
    children = list(jiva.rows(table))
    parent = "about_id" if "about_id" in children[0] else "member_id"
    orphans = [row for row in children if rows.number_of(row[parent]) >= rows.NEVER_ISSUED]
    assert 0 < len(orphans) / len(children) < 0.05


def test_one_file_is_too_large(jiva: Jiva) -> None:
    sizes = [row["size_bytes"] for row in jiva.rows("attachments")]
    assert sum(size >= rows.OVERSIZE_BYTES for size in sizes) == 1


def test_the_mapping_reads_every_list_of_the_api() -> None:
    mapping = load_mapping(options.SYSTEM)
    relations = {source.name: source.relation for source in (*mapping.sources, *mapping.exported)}
    assert set(relations.values()) == words.PREFIXES.keys()
    assert {name: resource["path"] for name, resource in LISTS.items()} == {
        name: f"/v1/{relation}" for name, relation in relations.items()
    }


@pytest.mark.parametrize(("written", "shown"), words.NOTES.items())
def test_notes_are_flattened(written: str, shown: str) -> None:
    assert escaped(html_text(written)) == shown


def wanted(documents: Path = NOWHERE, **tables: list[dict[str, Any]]) -> Expected:
    made = Jiva(1, 30, NOWHERE)
    empty = {table: dict.fromkeys(next(made.rows(table))) for table in words.PREFIXES}
    return expected(
        {name: [{**empty[name], **row} for row in tables.get(name, [])] for name in words.PREFIXES},
        ["Nurse@care.example.com", LEAD.key],
        documents=documents,
        workspace_url="https://crm.example.com",
        fallback_owner=LEAD.key,
    )


def test_a_member_with_coordinator_facility_and_payer() -> None:
    member = {
        "id": "mbr000000001",
        "first_name": "Ana",
        "email": " Ana@Example.com",
        "birth_date": "1980-02-29",
        "member_type": "MEMBER",
        "coverage_tier": "Legacy",
        "coordinator_id": "cco000000001",
        "org_id": "org000000002",
        "payer_id": "pay000000999",
        "enrolled_at": "2024-11-03T01:30:00",
    }
    nurses = [
        {"id": "cco000000001", "email": " nurse@care.example.com"},
        {"id": "cco000000002", "email": "new@care.example.com"},
    ]
    clinics: list[dict[str, Any]] = [
        {"id": "org000000001", "parent_id": "org000000002", "licensed_states": ["WI", "IL", "Ontario"]},
        {"id": "org000000002", "parent_id": "org000000001"},
    ]
    payers = [{"id": "pay000000001", "plans": ["PPO", "HMO"], "payer_code": "P1"}]
    found = wanted(members=[member], coordinators=nurses, organizations=clinics, payers=payers)
    person = found.rows["person"][MEMBER].fields
    assert (person["emails"], person["dateOfBirth"]) == (Email("ana@example.com"), "1980-02-29")
    assert (person["personRole"], person["coverageTier"]) == ("MEMBER", None)
    assert person["owner"] == Reference("workspaceMember", "nurse@care.example.com")
    assert person["company"] == Reference("company", "jiva/organization/org000000002")
    assert person["payer"] is None
    assert person["enrolledAt"] == datetime(2024, 11, 3, 6, 30, tzinfo=UTC)
    company = found.rows["company"]["jiva/organization/org000000001"].fields
    assert company["stateLicensing"] == ["ILLINOIS", "WISCONSIN"]
    assert company["parentCompany"] == Reference("company", "jiva/organization/org000000002")
    assert company["accountOwner"] == LEAD
    payer = found.rows["company"]["jiva/payer/pay000000001"].fields
    assert (payer["companyType"], payer["payerId"], payer["contractedPlans"]) == ("PAYER", "P1", ["HMO", "PPO"])
    assert found.skipped == {"jiva/coordinator/cco000000002"}
    assert found.flagged == {
        (MEMBER, "coverageTier"),
        (MEMBER, "enrolledAt"),
        ("jiva/organization/org000000001", "stateLicensing"),
    }


def test_what_a_replaced_member_has_leads_to_the_one_who_replaced() -> None:
    first, second, third = (identifier("members", number) for number in (1, 2, 3))
    members = [
        {"id": first},
        {"id": second, "replaced_by": first},
        {"id": third, "replaced_by": second},
        {"id": identifier("members", 4), "replaced_by": identifier("members", 5)},
    ]
    notes = [{"id": "nte000000001", "about_type": "member", "about_id": third}]
    encounters = [{"id": "enc000000001", "member_id": second}]
    plans = [{"id": "cpl000000010", "member_id": third, "org_id": "org000000001"}]
    clinics = [{"id": "org000000001"}]
    found = wanted(
        members=members, clinical_notes=notes, encounters=encounters, care_plans=plans, organizations=clinics
    )
    assert found.rows["person"].keys() == {MEMBER, "jiva/member/mbr000000004"}
    assert found.rows["noteTarget"].keys() == {f"jiva/clinical_note/nte000000001 -> {MEMBER}"}
    assert found.rows["taskTarget"].keys() == {f"jiva/encounter/enc000000001 -> {MEMBER}"}
    assert found.rows["carePlan"][PLAN].fields["patient"] == Reference("person", MEMBER)


def test_what_hangs_on_a_care_plan_waits_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"scan")
    gone = identifier("members", rows.NEVER_ISSUED + 7)
    plans = [
        {"id": "cpl000000010", "member_id": "mbr000000001", "org_id": "org000000001"},
        {"id": "cpl000000020", "member_id": gone, "org_id": "org000000001"},
    ]
    about = {"about_type": "care_plan"}
    notes = [
        {"id": "nte000000001", "about_id": "cpl000000010", "body": "<p>Dose * 2, see chart_7</p>", **about},
        {"id": "nte000000002", "about_id": "cpl000000020", **about},
        {"id": "nte000000003", "about_id": "cpl000000030", **about},
    ]
    files = [
        {"id": "att000000001", "about_id": "cpl000000010", "file_name": "a.pdf", "path": "a.bin", "size_bytes": 4},
        {"id": "att000000002", "about_id": "cpl000000010", "file_name": "b.pdf", "size_bytes": rows.OVERSIZE_BYTES},
    ]
    found = wanted(
        tmp_path,
        members=[{"id": "mbr000000001"}],
        organizations=[{"id": "org000000001"}],
        care_plans=plans,
        clinical_notes=notes,
        attachments=[{**file, **about} for file in files],
        action_items=[{"id": "act000000001", "member_id": "mbr000000001", "care_plan_id": "cpl000000020"}],
    )
    assert found.rows["carePlan"].keys() == {PLAN}
    assert found.rows["noteTarget"].keys() == {f"jiva/clinical_note/nte000000001 -> {PLAN}"}
    note = found.rows["note"]["jiva/clinical_note/nte000000001"].fields
    assert note["bodyV2"] == {"markdown": "Dose \\* 2, see chart\\_7"}
    assert found.parked == {"jiva/care_plan/cpl000000020", "jiva/clinical_note/nte000000002"}
    assert found.orphans - found.parked == {"jiva/clinical_note/nte000000003"}
    assert found.rows["task"]["jiva/action_item/act000000001"].fields["carePlan"] is None
    assert found.oversize == {"jiva/attachment/att000000002"}
    (file,) = found.rows["attachment"].values()
    assert file.fields["carePlan"] == Reference("carePlan", PLAN)
    assert file.fields["fullPath"] == Content(4, hashlib.sha256(b"scan").hexdigest())


def test_an_encounter_is_a_task_on_the_member_and_the_facility() -> None:
    encounters = [
        {"id": "enc000000001", "member_id": "mbr000000001", "org_id": "org000000001", "state": "Planned",
         "visit_type": "Home visit", "occurred_at": "2024-03-10T02:30:00"},
        {"id": "enc000000002", "member_id": "mbr000000001", "state": "?"},
    ]  # fmt: skip
    found = wanted(members=[{"id": "mbr000000001"}], organizations=[{"id": "org000000001"}], encounters=encounters)
    task = found.rows["task"]["jiva/encounter/enc000000001"].fields
    assert (task["taskType"], task["visitType"], task["status"]) == ("ENCOUNTER", "HOME_VISIT", "TODO")
    assert task["encounterDate"] == task["dueAt"] == datetime(2024, 3, 10, 8, 30, tzinfo=UTC)
    assert found.rows["taskTarget"].keys() == {
        f"jiva/encounter/enc000000001 -> {MEMBER}",
        "jiva/encounter/enc000000001 -> jiva/organization/org000000001",
        f"jiva/encounter/enc000000002 -> {MEMBER}",
    }
    assert ("jiva/encounter/enc000000002", "status") in found.flagged
