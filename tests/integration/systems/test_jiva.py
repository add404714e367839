"""Jiva in Twenty, through its REST API and the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.clinics.jiva import LISTS, rows
from infra.owners import to_invite
from infra.showcase import Showcase
from infra.sources.settings import RestSection
from tests.integration.systems.customer import Reading, arrived, at_the_source, dualrun, exported
from tests.integration.systems.ledger import Ledger, Shows, assert_as_the_tables_say
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """A small customer of Jiva after a day of work, with what hardly anybody has, when all of it has arrived."""
    with arrived("jiva", 60, sweep_seconds=2, poll_seconds=0.5) as showcase:
        showcase.life().run(120, 0)
        organization, payer, member = (rows.identifier(table, 600) for table in ("organizations", "payers", "members"))
        at_the_source(
            showcase,
            f"""insert into organizations (id, name, provider_type, licensed_states)
                values ('{organization}', 'Rare', 'Home health', '{{MO}}')""",
            f"insert into payers (id, name, payer_code, plans) values ('{payer}', 'Rare', 'P1', '{{Medicaid}}')",
            f"""insert into members (id, last_name, member_type, coverage_tier)
                values ('{member}', 'Rare', 'Member', 'Catastrophic')""",
        )
        yield showcase


def test_every_record_is_as_the_tables_say(showcase: Showcase, ledger: Ledger) -> None:
    assert_as_the_tables_say(showcase, ledger, 4000)
    assert showcase.expected().skipped


def test_long_lists_are_read_from_the_api_several_pages_at_a_time(showcase: Showcase) -> None:
    section = showcase.deployment.settings.source
    assert isinstance(section, RestSection)
    asked = httpx.get(f"{section.url}/moods").json()["asked"]
    captured = {name: one for name, one in LISTS.items() if name in showcase.deployment.mapping.objects}
    assert all(asked[resource["path"]] for resource in captured.values())
    parallel = [asked[resource["path"]] for resource in captured.values() if "parallel" in resource]
    single = [asked[resource["path"]] for resource in captured.values() if "parallel" not in resource]
    assert min(parallel) > max(single)


def test_organizations_in_a_circle_are_each_others_parents(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    first, second = (rows.identifier("organizations", number) for number in (500, 501))
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            "insert into organizations (id, name, parent_id) values (%s, 'A', %s), (%s, 'B', %s)",
            (first, second, second, first),
        )

    def parents() -> list[str | None]:
        records = [twenty.live("companies", f"organization/{one}") for one in (first, second)]
        return [record[0]["parentCompanyId"] for record in records if record]

    until(lambda: None not in (known := parents()) and len(known) == 2)
    ids = [twenty.live("companies", f"organization/{one}")[0]["id"] for one in (first, second)]
    shows("ProviderOrganization", "hierarchy, circles too", parents, ids[::-1])


def test_a_care_plan_waits_for_its_facility(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    plan, facility = rows.identifier("care_plans", 7_000_001), rows.identifier("organizations", 502)
    with psycopg.connect(showcase.source_url) as source:
        (member,) = source.execute("select id from members order by id limit 1").fetchone() or ("",)
        source.execute(
            "insert into care_plans (id, member_id, org_id, title) values (%s, %s, %s, 'Wait')",
            (plan, member, facility),
        )
    until(lambda: any(one.key == f"jiva/care_plan/{plan}" for one in look(showcase)))
    assert twenty.live("carePlans", f"care_plan/{plan}") == []
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into organizations (id, name) values (%s, 'C')", (facility,))
    (company,) = until(lambda: twenty.live("companies", f"organization/{facility}"))
    people = [one["id"] for one in twenty.live("people", f"member/{member}")]

    def related() -> list[tuple[str, str]]:
        return [(one["patientId"], one["facilityId"]) for one in twenty.live("carePlans", f"care_plan/{plan}")]

    shows("CarePlan", "both are there before it", related, [(*people, company["id"])])


def look(showcase: Showcase) -> tuple[Any, ...]:
    showcase.monitor.look()
    return tuple(showcase.monitor.obligations)


def test_the_file_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: Reading, shows: Shows) -> None:
    (key,) = showcase.expected().oversize
    with psycopg.connect(showcase.source_url) as source:
        (name,) = source.execute(
            "select file_name from attachments where id = %s", (key.rpartition("/")[2],)
        ).fetchone() or ("",)
    assert any(one == key for one, _ in showcase.monitor.flags)

    def listed_and_uploaded() -> tuple[bool, list[Any]]:
        listed = key in dualrun(showcase, "attachments", "--oversize", "--csv")
        return listed, twenty.list_page("attachments", filter=f'name[eq]:"{name}"').records

    shows("Attachment", "over 25 MB on a list", listed_and_uploaded, (True, []))


def test_coordinators_without_an_account_are_listed_to_be_invited(
    showcase: Showcase, twenty: Reading, shows: Shows
) -> None:
    expected = showcase.expected().skipped

    def listed() -> set[str]:
        members = twenty.list_page("workspaceMembers").records
        return {key for one in to_invite(showcase.deployment, members) for key in one.records}

    shows("CareCoordinator", "those without an account are listed, to be invited", listed, expected)


def test_connections_and_pathways_are_exported_through_the_api(
    showcase: Showcase, tmp_path: Path, shows: Shows
) -> None:
    def definitions(name: str, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{column: one[column] for column in made[0]} for one in exported(showcase, tmp_path, name)]

    connections, pathways = rows.connections(), rows.pathways()
    inventory, rules = "inventory of connections", "care pathways and their rules"
    shows("Integration", inventory, lambda: definitions("connections", connections), connections)
    shows("Integration", rules, lambda: definitions("care_pathways", pathways), pathways)
