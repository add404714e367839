"""Jiva in Twenty, through its REST API and the whole pipeline: every value read back over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.clinics.jiva import LISTS, rows
from infra.owners import Workspace, to_invite
from infra.showcase import Showcase
from infra.sources.settings import RestSection
from sinks.twenty.client import TwentyClient
from tests.integration.clinics import arrived, assert_as_the_tables_say, client, live_rows, until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def showcase() -> Iterator[Showcase]:
    """A small customer of Jiva after a day of work, when all of it has arrived."""
    with arrived("jiva", 60, sweep_seconds=2, poll_seconds=0.5) as showcase:
        showcase.life().run(120, 0)
        yield showcase


@pytest.fixture
def twenty(showcase: Showcase) -> Iterator[TwentyClient]:
    with client(showcase) as twenty:
        yield twenty


def found(twenty: TwentyClient, plural: str, key: str) -> list[dict[str, Any]]:
    return live_rows(twenty, plural, f"jiva/{key}")


def test_every_record_is_as_the_tables_say(showcase: Showcase) -> None:
    assert_as_the_tables_say(showcase, 4000)
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


def test_organizations_in_a_circle_are_each_others_parents(showcase: Showcase, twenty: TwentyClient) -> None:
    first, second = (rows.identifier("organizations", number) for number in (500, 501))
    with psycopg.connect(showcase.source_url) as source:
        source.execute(
            "insert into organizations (id, name, parent_id) values (%s, 'A', %s), (%s, 'B', %s)",
            (first, second, second, first),
        )

    def parents() -> list[str | None]:
        records = [found(twenty, "companies", f"organization/{one}") for one in (first, second)]
        return [record[0]["parentCompanyId"] for record in records if record]

    until(lambda: None not in (known := parents()) and len(known) == 2)
    ids = [found(twenty, "companies", f"organization/{one}")[0]["id"] for one in (first, second)]
    assert parents() == ids[::-1]


def test_a_care_plan_waits_for_its_facility(showcase: Showcase, twenty: TwentyClient) -> None:
    plan, facility = rows.identifier("care_plans", 7_000_001), rows.identifier("organizations", 502)
    with psycopg.connect(showcase.source_url) as source:
        (member,) = source.execute("select id from members order by id limit 1").fetchone() or ("",)
        source.execute(
            "insert into care_plans (id, member_id, org_id, title) values (%s, %s, %s, 'Wait')",
            (plan, member, facility),
        )
    until(lambda: any(one.key == f"jiva/care_plan/{plan}" for one in look(showcase)))
    assert found(twenty, "carePlans", f"care_plan/{plan}") == []
    with psycopg.connect(showcase.source_url) as source:
        source.execute("insert into organizations (id, name) values (%s, 'C')", (facility,))
    (arrived,) = until(lambda: found(twenty, "carePlans", f"care_plan/{plan}"))
    assert arrived["facilityId"] == found(twenty, "companies", f"organization/{facility}")[0]["id"]


def look(showcase: Showcase) -> tuple[Any, ...]:
    showcase.monitor.look()
    return tuple(showcase.monitor.obligations)


def test_the_file_over_the_limit_is_listed_and_not_uploaded(showcase: Showcase, twenty: TwentyClient) -> None:
    (key,) = showcase.expected().oversize
    with psycopg.connect(showcase.source_url) as source:
        (name,) = source.execute(
            "select file_name from attachments where id = %s", (key.rpartition("/")[2],)
        ).fetchone() or ("",)
    assert any(one == key for one, _ in showcase.monitor.flags)
    assert twenty.list_page("attachments", filter=f'name[eq]:"{name}"').records == []


def test_coordinators_without_an_account_are_listed_to_be_invited(showcase: Showcase) -> None:
    with Workspace(showcase.deployment.settings.twenty) as workspace:
        listed = to_invite(showcase.deployment, workspace.members())
    expected = showcase.expected().skipped
    assert expected
    assert {key for one in listed for key in one.records} == expected


def test_connections_and_pathways_are_exported_through_the_api(showcase: Showcase, tmp_path: Path) -> None:
    arguments = ["rebuild-package", str(tmp_path / "package"), "--settings", str(showcase.settings_path)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    exported = {
        name: json.loads((tmp_path / "package" / f"{name}.json").read_text())
        for name in ("connections", "care_pathways")
    }
    for name, made in (("connections", rows.connections()), ("care_pathways", rows.pathways())):
        assert [{column: one[column] for column in made[0]} for one in exported[name]] == made
