"""A workspace lasts: what was acknowledged is there again after a restart, and a refused call leaves nothing."""

from __future__ import annotations

import uuid
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.standin.eras import NEWEST, V1_10, Era
from infra.standin.errors import ApiError
from infra.standin.journal import JournalFormatError
from infra.standin.metadata import Metadata
from infra.standin.workspace import Workspace


def opened(directory: Path, *, cap: int = 200, era: Era = V1_10) -> Workspace:
    return Workspace(directory, era=era, clock=lambda: 1_700_000_000.0, random=Random(1), batch_cap=cap)


def state(workspace: Workspace) -> dict[str, Any]:
    return {name: (table.of, table.rows) for name, table in workspace.tables.items()}


def new_ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def busy(workspace: Workspace) -> None:
    """One of everything that is written."""
    metadata = Metadata(workspace)
    visit = metadata.create_object(
        {"nameSingular": "visit", "namePlural": "visits", "labelSingular": "Visit", "labelPlural": "Visits"}
    )
    other = metadata.create_object(
        {"nameSingular": "gone", "namePlural": "gones", "labelSingular": "Gone", "labelPlural": "Gones"}
    )
    _, number = metadata.create_field({"objectMetadataId": visit.id, "type": "NUMBER", "name": "rank", "label": "Rank"})
    people, companies = workspace.tables["person"], workspace.tables["company"]
    company, *humans = new_ids(5)
    workspace.create(companies, [{"id": company, "name": "K"}], upsert=False)
    workspace.create(people, [{"id": one, "companyId": company} for one in humans], upsert=False)
    workspace.update(people, [people.rows[humans[0]]], {"emails": {"primaryEmail": "a@x.test"}})
    workspace.trash(people, [people.rows[humans[1]], people.rows[humans[2]]])
    workspace.restore(people, [people.rows[humans[2]]])
    workspace.destroy(people, [people.rows[humans[3]]])
    visits = new_ids(2)
    workspace.create(workspace.tables["visit"], [{"id": one, "rank": 3} for one in visits], upsert=True)
    metadata.update_field(number.id, {"isActive": False})
    metadata.delete_field(number.id)
    metadata.create_field({"objectMetadataId": visit.id, "type": "TEXT", "name": "rank", "label": "Rank"})
    metadata.delete_object(other.id)
    workspace.destroy(companies, [companies.rows[company]])


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    first = opened(tmp_path)
    busy(first)
    first.close()
    second = opened(tmp_path)
    assert state(second) == state(first)
    assert {row["rank"] for row in second.tables["visit"].rows.values()} == {""}
    assert all(row["companyId"] is None for row in second.tables["person"].rows.values())
    with pytest.raises(ApiError, match=r"Duplicate Emails with value a@x\.test"):
        second.create(second.tables["person"], [{"emails": {"primaryEmail": "a@x.test"}}], upsert=False)
    second.close()
    third = opened(tmp_path)
    assert state(third) == state(first)
    third.close()


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    first = opened(tmp_path)
    busy(first)
    first.close()
    path = tmp_path / "journal.jsonl"
    with path.open("ab") as file:
        file.write(b'{"ops":[{"op":"rows","object":"person","ro')
    second = opened(tmp_path)
    assert state(second) == state(first)
    second.create(second.tables["note"], [{"title": "after"}], upsert=False)
    second.close()
    third = opened(tmp_path)
    assert [row["title"] for row in third.tables["note"].rows.values()] == ["after"]
    third.close()


def test_a_journal_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b'{"format":99}\n')
    with pytest.raises(JournalFormatError, match="expected journal format 2, found 99"):
        opened(tmp_path)


def test_a_workspace_of_another_era_is_refused(tmp_path: Path) -> None:
    opened(tmp_path, era=NEWEST).close()
    with pytest.raises(JournalFormatError, match=r"holds a workspace of era newest, not 1\.10"):
        opened(tmp_path)
    opened(tmp_path, era=NEWEST).close()


def test_what_a_fresh_workspace_has_stays_away_once_removed(tmp_path: Path) -> None:
    first = opened(tmp_path)
    members = first.tables["workspaceMember"]
    first.destroy(members, list(members.rows.values()))
    first.close()
    for _ in range(2):
        again = opened(tmp_path)
        assert again.tables["workspaceMember"].rows == {}
        again.close()


def test_a_refused_call_leaves_nothing(tmp_path: Path) -> None:
    workspace = opened(tmp_path, cap=3)
    people = workspace.tables["person"]
    taken, good = new_ids(2)
    workspace.create(people, [{"id": taken, "emails": {"primaryEmail": "a@x.test"}}], upsert=False)
    journal = (tmp_path / "journal.jsonl").read_bytes()
    batches: list[list[dict[str, Any]]] = [
        [{"id": good}, {"id": taken}],
        [{"id": good}, {"emails": {"primaryEmail": "A@x.test"}}],
        [{"id": good}, {"nosuch": 1}],
        [{"id": good}, {"companyId": str(uuid.uuid4())}],
        [{"id": good}, {"id": good}],
        [{"id": good}, {}, {}, {}],
    ]
    for batch in batches:
        with pytest.raises(ApiError):
            workspace.create(people, batch, upsert=False)
    for batch in batches[2:]:
        with pytest.raises(ApiError):
            workspace.create(people, batch, upsert=True)
    assert set(people.rows) == {taken}
    assert (tmp_path / "journal.jsonl").read_bytes() == journal
    workspace.close()


def test_positions_grow_downwards_for_upserted_rows_too(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    notes = workspace.tables["note"]
    first, second, third = new_ids(3)
    workspace.create(notes, [{"id": first}], upsert=False)
    workspace.create(notes, [{"id": second}, {"id": third}], upsert=True)
    workspace.create(notes, [{"id": first}], upsert=True)
    workspace.create(notes, [{"id": second, "position": 9.5}], upsert=True)
    assert {key: row["position"] for key, row in notes.rows.items()} == {first: -3, second: 9.5, third: -2}
    workspace.close()


def test_a_self_reference_may_go_in_one_batch(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    metadata = Metadata(workspace)
    company = workspace.tables["company"].of
    payload = {"type": "MANY_TO_ONE", "targetObjectMetadataId": company.id, "targetFieldLabel": "Daughters"}
    wanted = {"objectMetadataId": company.id, "type": "RELATION", "name": "mother", "label": "Mother"}
    metadata.create_field({**wanted, "relationCreationPayload": payload})
    mother, daughter = new_ids(2)
    table = workspace.tables["company"]
    workspace.create(table, [{"id": daughter, "motherId": mother}, {"id": mother}], upsert=False)
    assert table.rows[daughter]["motherId"] == mother
    workspace.close()
