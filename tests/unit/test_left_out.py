"""The list of files that Twenty does not have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.attachments import LeftOut, left_out
from schemas.records import AuditEvent, Outcome, Unit, Version

PARTS = ("", "file")
TOLD = {"name": "scan.dcm", "size": 30_000_000, "locator": "file:1/scan.dcm", "createdAt": "2026-01-01T00:00:00.000Z"}


def event(
    part: str | None, outcome: Outcome, offset: int = 1, parts: tuple[str, ...] = PARTS, target: str = "attachment",
    after: Mapping[str, Any] | None = None, key: str = "s/document/1",
) -> AuditEvent:  # fmt: skip
    return AuditEvent(
        Unit("cdc", 0, offset), key, part, parts, Version(1, 1, offset, 1), outcome, datetime.now(UTC), target,
        reason="oversize" if outcome is Outcome.SKIPPED else "", after=after,
    )  # fmt: skip


SKIPPED = event("file", Outcome.SKIPPED, after=TOLD)


def test_a_file_that_was_left_out_is_listed_once_with_what_a_person_needs() -> None:
    again = event("file", Outcome.SKIPPED, 2, after=TOLD)
    assert left_out([SKIPPED, event("", Outcome.CREATED, target="note"), again]) == [
        LeftOut("s/document/1", "file", "scan.dcm", 30_000_000, "oversize", "file:1/scan.dcm")
    ]


def test_a_file_that_arrived_later_is_not() -> None:
    assert left_out([SKIPPED, event("file", Outcome.CREATED, 2)]) == []


def test_nor_one_that_the_record_names_no_more() -> None:
    assert left_out([SKIPPED, event("", Outcome.UPDATED, 2, parts=("",), target="note")]) == []


def test_nor_one_whose_record_is_gone() -> None:
    gone = event(None, Outcome.DELETED, 2, parts=())
    assert left_out([SKIPPED, event("", Outcome.DELETED, 2, parts=(), target="note"), gone]) == []


def test_other_records_and_what_is_no_outcome_change_nothing() -> None:
    others = [event("file", Outcome.CREATED, 2, key="s/document/2"), event("file", Outcome.FLAGGED, 1)]
    others.append(event(None, Outcome.SUPERSEDED, 1, parts=()))
    assert len(left_out([SKIPPED, *others])) == 1


def test_a_member_without_an_account_is_no_file() -> None:
    assert left_out([event("", Outcome.SKIPPED, target="workspaceMember")]) == []
