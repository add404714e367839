"""What our writes would set off in Twenty: active workflows that start at a record's event, and webhooks.

A full run could text thousands of patients. So nothing is written until each of them is off, or acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sinks import metrics
from sinks.catalogue import Catalogue
from sinks.gateway import Gateway
from sinks.twenty.client import TwentyClient

RECHECK_SECONDS = 60.0
ACKNOWLEDGE = "acknowledge"
"""Kind of the signal that lets one of them be; its subject is the id."""


@dataclass(frozen=True, slots=True)
class SideEffect:
    """kind: ``workflow`` or ``webhook``. events: what sets it off (``person.created``). name: as people see it."""

    kind: str
    id: str
    name: str
    events: tuple[str, ...]


def concerned(events: Iterable[str], synced: Collection[str]) -> tuple[str, ...]:
    """Of the events those that a write to a synced object may be: ``person.created``, ``*.updated``, ``person.*``."""
    return tuple(event for event in events if event.partition(".")[0] in ("*", *synced))


def workflows(versions: Iterable[Mapping[str, Any]], synced: Collection[str]) -> list[SideEffect]:
    """From the active versions of workflows; what starts by hand, by the clock or by a call is none of ours."""
    found = []
    for version in versions:
        trigger = version.get("trigger") or {}
        event = (trigger.get("settings") or {}).get("eventName")
        if version.get("deletedAt") or trigger.get("type") != "DATABASE_EVENT" or not isinstance(event, str):
            continue
        events = concerned([event], synced)
        if events:
            found.append(SideEffect("workflow", str(version["workflowId"]), str(version.get("name") or ""), events))
    return found


def webhooks(hooks: Iterable[Mapping[str, Any]], synced: Collection[str]) -> list[SideEffect]:
    found = []
    for hook in hooks:
        events = concerned(hook.get("operations") or [], synced)
        if events and not hook.get("deletedAt"):
            found.append(SideEffect("webhook", str(hook["id"]), str(hook.get("targetUrl") or ""), events))
    return found


Read = Callable[[str, Callable[[], Any]], Any]


def listed(client: TwentyClient, read: Read, objects: Collection[str], synced: Collection[str]) -> list[SideEffect]:
    """What is active now. One request that costs a token and one that does not. ``read(operation, call)`` sends them.

    Raises TwentyError. A workspace without the objects of workflows has none.
    """
    found = []
    if "workflowVersion" in objects:
        page = read("workflows", partial(client.list_page, "workflowVersions", filter="status[eq]:ACTIVE"))
        versions = page.records
        while page.has_next:
            page = read(
                "workflows",
                partial(client.list_page, "workflowVersions", filter="status[eq]:ACTIVE", after=page.end_cursor),
            )
            versions += page.records
        found += workflows(versions, synced)
    return found + webhooks(client.webhooks(), synced)


class SideEffects:
    """The gate before the writes. ``look`` costs requests, once a minute; ``acknowledged`` are ids."""

    def __init__(
        self,
        client: TwentyClient,
        gateway: Gateway,
        synced: Collection[str],
        acknowledged: Iterable[str],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._synced = frozenset(synced)
        self._acknowledged = set(acknowledged)
        self._clock = clock
        self._looked_at: float | None = None
        self._active: list[SideEffect] = []

    @property
    def due(self) -> bool:
        if not self._synced:
            return False
        return self._looked_at is None or self._clock() - self._looked_at >= RECHECK_SECONDS

    def look(self, catalogue: Catalogue) -> None:
        """Raises TwentyError: what is active is then as it was known."""
        self._active = listed(self._client, self._gateway.read, catalogue.keys(), self._synced)
        self._looked_at = self._clock()
        self._tell()

    def acknowledge(self, identity: str) -> None:
        self._acknowledged.add(identity)
        self._tell()

    @property
    def reason(self) -> str:
        """Why nothing may be written; empty when it may."""
        if self._looked_at is None and self._synced:
            return "whether workflows and webhooks are active in Twenty is not known yet"
        waiting = self._waiting()
        if not waiting:
            return ""
        ids = ", ".join(f"{effect.kind} {effect.id}" for effect in waiting[:5]) + (" …" if len(waiting) > 5 else "")
        return (
            f"{len(waiting)} active in Twenty would react to every record written ({ids}): switch them off,"
            " or acknowledge them (dualrun side-effects ack ID)"
        )

    def _waiting(self) -> list[SideEffect]:
        return [effect for effect in self._active if effect.id not in self._acknowledged]

    def _tell(self) -> None:
        metrics.SIDE_EFFECTS.set(len(self._waiting()))
