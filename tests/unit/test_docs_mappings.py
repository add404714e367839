"""The mappings that the how-tos show are mappings, and do what the page says of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.owners import matched_parts
from processors.transform import MappingTransform
from schemas.blobs import Stored
from schemas.mapping import SystemMapping, parse_mapping
from schemas.records import Operation, RecordChange, Unit, Value, Version, Write

DOCS = Path(__file__).parents[2] / "docs"


def shown(page: str) -> SystemMapping:
    blocks = re.findall(r"```yaml\n(system:.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert len(blocks) == 1
    return parse_mapping(blocks[0], page)


def written(mapping: SystemMapping, object_name: str, **row: Value) -> Write:
    change = RecordChange(mapping.system, object_name, "1", Operation.UPSERT, row, datetime.now(UTC))
    write = MappingTransform(mapping, workspace_url="https://crm.test")(
        change, Version(1, 1, 1, 1), Unit("t", 0, 1)
    ).write
    assert write is not None
    return write


def test_files_and_rich_text() -> None:
    row: dict[str, Value] = {
        "subject": "Letter",
        "body": '<p>Dear <b>Sir</b> <img src="https://files.clinic.example/a.png"></p>',
        "written_at": datetime(2020, 1, 2, tzinfo=UTC),
        "path": "2020/letter.pdf",
        "file_name": "letter.pdf",
        "size_bytes": 5,
        "scan": str(Stored("0" * 64, 9)),
        "scan_name": "scan.pdf",
    }
    note, file, scan, image = written(shown("attachments.md"), "letter", **row).parts
    assert note.fields["bodyV2"] == {"markdown": f"Dear **Sir** [{image.fields['name']}]"}
    assert note.fields["summary"] == "Dear Sir"
    assert [part.attachment.locator for part in (file, scan, image) if part.attachment] == [
        "file:2020/letter.pdf",
        f"blob:{'0' * 64}",
        "https://files.clinic.example/a.png",
    ]
    assert {part.fields["createdAt"] for part in (note, file, scan, image)} == {"2020-01-02T00:00:00.000Z"}


@pytest.mark.parametrize("email", [" Ann@Clinic.example", None])
def test_owners_by_e_mail_with_and_without_a_table_of_staff(email: str | None) -> None:
    mapping = shown("owners.md")
    assert mapping.owners == {"person": "owner", "task": "assignee"}
    assert [(part.object, part.name is not None) for part in matched_parts(mapping)] == [
        ("staff", True),
        ("~member", False),
    ]
    links = written(mapping, "patient", name="X", owner_email=email).parts[0].links
    assert [link.token for link in links] == (["example/~member/ann@clinic.example\0"] if email else [])
    (task,) = written(mapping, "visit", reason="check", staff_id="S-1").parts
    assert [(link.field, link.token) for link in task.links] == [("assignee", "example/staff/S-1\0")]
