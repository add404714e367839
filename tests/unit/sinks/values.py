"""Short ways to make the sink's values in tests."""

from __future__ import annotations

from typing import Any

from schemas.records import Part, Unit, Version, Write, WriteKind
from sinks.catalogue import TargetObject
from sinks.pending import Lane, Pending, Position

CATALOGUE = {
    "person": TargetObject(
        "person",
        "people",
        {"name": "FULL_NAME", "emails": "EMAILS", "jobTitle": "TEXT", "extId": "TEXT", "phones": "PHONES"},
        frozenset({"emails", "extId"}),
    ),
    "company": TargetObject("company", "companies", {"name": "TEXT", "domainName": "LINKS"}, frozenset({"domainName"})),
    "note": TargetObject("note", "notes", {"title": "TEXT"}),
    "noteTarget": TargetObject("noteTarget", "noteTargets", {}, columns={"person": "targetPersonId"}),
    "attachment": TargetObject("attachment", "attachments", {"name": "TEXT"}),
    "workspaceMember": TargetObject("workspaceMember", "workspaceMembers", {"locale": "TEXT"}),
}


def version(number: int, run: int = 1) -> Version:
    return Version(run, 1, number, 1)


def write(number: int, *parts: Part, key: str = "s/patient/1", **more: Any) -> Write:
    kind = more.pop("kind", WriteKind.WRITE)
    return Write(key, kind, version(number), Unit("cdc", 0, number), parts, **more)


def pending(what: Write, lane: Lane = Lane.LIVE, seq: int = 1) -> Pending:
    return Pending(what, lane, seq, 0.0)


def at(offset: int, lane: Lane = Lane.LIVE, partition: int = 0) -> Position:
    return Position(lane, partition, offset)
