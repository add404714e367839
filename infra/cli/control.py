"""``dualrun sources``, ``pause``, ``resume``, ``approve``, ``resnapshot``: the pollers, seen and told what to do.

A signal goes through the control topic, so it reaches a poller wherever it runs, and one that starts later. Each
command waits until every object's poller has followed it.
"""

from __future__ import annotations

import json as jsonlib
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.settings import SettingsError
from infra.wiring import Deployment
from producers.checkpoint import read_checkpoints
from producers.selection import SelectionError, parse
from producers.signals import ALL
from schemas.broker import BrokerError
from schemas.control import send_control
from schemas.records import Control

Objects = Annotated[list[str] | None, typer.Argument(help="Source objects; all of them unless named.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the poller; 0: do not wait.")]
Snapshot = Annotated[bool, typer.Option("--snapshot", help="The snapshot alone; changes go on.")]

_LOOK_SECONDS = 0.3


def sources(settings: SettingsPath = None, json: Json = False) -> None:
    """Each source object: how far it is, and what stops it. Exit code 1 where something waits for a person."""
    deployment = Deployment.load(settings)
    found = {
        name: {
            "run": position["run"],
            "snapshot": position["snapshot"]["state"],
            "rows": position["snapshot"]["rows"],
            "cursor": position["cursor"],
            "swept_at": position["sweep"]["at"],
            "paused": sorted(position["paused"]),
            "health": position["health"],
            "heard_at": checkpoint.at.isoformat(),
        }
        for name, checkpoint in read_checkpoints(deployment.kafka, deployment.topics, deployment.codec).items()
        for position in [checkpoint.position]
    }
    if json:
        sys.stdout.write(jsonlib.dumps(found) + "\n")
    else:
        table = Table("object", "run", "snapshot", "changes up to", "heard of", "health")
        for source in deployment.mapping.sources:
            one: dict[str, Any] = found.get(source.name, {})
            table.add_row(
                source.name,
                str(one.get("run", "")),
                one.get("snapshot", "not polled yet") + (f" ({one['rows']} rows)" if one.get("rows") else ""),
                str(one.get("cursor") or ""),
                str(one.get("heard_at", "")),
                str(one.get("health", "")) or ("well" if one else ""),
            )
        Console().print(table)
    raise typer.Exit(1 if any(one["paused"] for one in found.values()) else 0)


def pause(objects: Objects = None, snapshot: Snapshot = False, wait: Wait = 30, settings: SettingsPath = None) -> None:
    """Stop reading these objects, or their snapshots alone, until `dualrun resume`."""
    _signal(settings, "pause", objects, {"snapshot": True} if snapshot else {}, wait)


def resume(objects: Objects = None, snapshot: Snapshot = False, wait: Wait = 30, settings: SettingsPath = None) -> None:
    """Go on with what `dualrun pause` stopped, where it stopped."""
    _signal(settings, "resume", objects, {"snapshot": True} if snapshot else {}, wait)


def approve(objects: Objects = None, wait: Wait = 30, settings: SettingsPath = None) -> None:
    """Let these objects do, this once, what a guard has stopped; `dualrun sources` says what that is."""
    _signal(settings, "approve", objects, {}, wait)


def resnapshot(
    objects: Annotated[list[str], typer.Argument(help="Source objects; '*' for all of them.")],
    first: Annotated[str | None, typer.Option("--from", help="The first key.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last key.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Rows for which this holds, such as 'state = NY'; all of several.")
    ] = None,
    wait: Wait = 30,
    settings: SettingsPath = None,
) -> None:
    """Publish rows again as they are now: all, a range of keys, or those that fulfil conditions; changes go on."""
    value = {"first": first, "last": last, "where": where or []}
    try:
        parse(value)
    except SelectionError as error:
        raise SettingsError(f"--where: {error}") from None
    _signal(settings, "resnapshot", None if objects == [ALL] else objects, value, wait)


def _signal(
    settings: SettingsPath, kind: str, objects: Sequence[str] | None, value: dict[str, Any], wait: float
) -> None:
    deployment = Deployment.load(settings)
    known = {source.name for source in deployment.mapping.sources}
    unknown = set(objects or ()) - known
    if unknown:
        raise SettingsError(f"no object {', '.join(sorted(unknown))}: there are {', '.join(sorted(known))}")
    now = datetime.now(UTC)
    records = [Control(kind, subject, value, now) for subject in objects or [ALL]]
    offset = send_control(deployment.kafka, deployment.topics, deployment.codec, records)
    if wait and not _followed(deployment, set(objects or known), offset, wait):
        raise BrokerError(
            f"{kind} is on the control topic, but no poller has followed it within {wait:.0f} s: is `dualrun poll`"
            " running? It will follow when it does"
        )
    typer.echo(f"{kind}: {'followed' if wait else 'sent'}: {', '.join(sorted(objects or known))}")


def _followed(deployment: Deployment, objects: set[str], offset: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        found = read_checkpoints(deployment.kafka, deployment.topics, deployment.codec)
        if all(name in found and int(found[name].position["control"]) > offset for name in objects):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
