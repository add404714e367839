"""Files that did not reach Twenty: too large, missing, or out of reach, as the audit tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.wiring import Deployment
from schemas.broker import read_to_end
from schemas.records import AuditEvent, Outcome

OVERSIZE = "oversize"
TARGET = "attachment"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file for a person to deal with. ``name`` and ``locator`` are patient data; ``size`` in bytes where known."""

    key: str
    part: str
    name: str
    size: int | None
    reason: str
    locator: str


def left_out(events: Iterable[AuditEvent]) -> list[LeftOut]:
    """Files whose newest version was left out and whose record is still there. Events of one record come in order."""
    found: dict[tuple[str, str], LeftOut] = {}
    for event in events:
        if not event.outcome.final or event.outcome is Outcome.SUPERSEDED:
            continue
        if event.part is not None and event.outcome is Outcome.SKIPPED and event.target == TARGET:
            told = event.after or {}
            found[event.key, event.part] = LeftOut(
                event.key, event.part, str(told.get("name", "")), told.get("size"), event.reason,
                str(told.get("locator", "")),
            )  # fmt: skip
            continue
        # written by now, named no more, or gone with its record
        deleted = event.part is None and event.outcome is Outcome.DELETED
        for key, part in list(found):
            if key == event.key and (deleted or part == event.part or (event.parts and part not in event.parts)):
                del found[key, part]
    return sorted(found.values(), key=lambda one: (one.key, one.part))


def read_left_out(deployment: Deployment) -> list[LeftOut]:
    def events() -> Iterable[AuditEvent]:
        topics = deployment.topics
        for message in read_to_end(deployment.kafka, topics.audit, range(topics.partitions)):
            event = deployment.codec.decode(message.value() or b"")
            if isinstance(event, AuditEvent):
                yield event

    return left_out(events())
