"""``dualrun conflicts`` and ``dualrun side-effects``: what people do in Twenty, and what our writes set off there."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.wiring import Deployment
from schemas.broker import BrokerError, producer, read_to_end
from schemas.control import publish_control, read_control
from schemas.records import Control, Identity
from sinks.conflicts import RESOLVE
from sinks.edits import open_edits
from sinks.side_effects import ACKNOWLEDGE, SideEffect, listed
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover

conflicts = typer.Typer(help="Edits in Twenty that wait for a person to decide.", no_args_is_help=True)
side_effects = typer.Typer(help="Workflows and webhooks in Twenty that our writes would set off.")

PartName = Annotated[str, typer.Option(help="The part of the record, where it has several rows in Twenty.")]


class Take(StrEnum):
    SOURCE = "source"
    TWENTY = "twenty"


@conflicts.command("list")
def list_conflicts(settings: SettingsPath = None, json: Json = False) -> None:
    """Which rows and fields wait. Values are not shown: open the row in Twenty. Exit code 1 where there are any."""
    deployment = Deployment.load(settings)
    waiting = _waiting(deployment)
    twenty = deployment.settings.twenty
    base = (twenty.public_url or twenty.url).rstrip("/")
    rows = [
        {
            "key": known.key,
            "part": known.part,
            "fields": sorted(open_edits(known)),
            "url": f"{base}/object/{known.target}/{known.twenty_id}",
        }
        for known in waiting
    ]
    if json:
        sys.stdout.write(jsonlib.dumps(rows) + "\n")
    elif not rows:
        typer.echo("nobody's edit waits for a decision")
    else:
        table = Table("record", "part", "fields", "in Twenty")
        for row in rows:
            table.add_row(str(row["key"]), str(row["part"]), ", ".join(row["fields"]), str(row["url"]))
        Console().print(table)
        typer.echo("Decide with `dualrun conflicts resolve KEY --take source` or `--take twenty`.")
    raise typer.Exit(1 if rows else 0)


@conflicts.command()
def resolve(
    key: Annotated[str, typer.Argument(help="Record key as `conflicts list` shows it: system/object/id.")],
    take: Annotated[Take, typer.Option(help="Whose value it is to be.")],
    part: PartName = "",
    field: Annotated[list[str] | None, typer.Option(help="Only this field; several times for several.")] = None,
    settings: SettingsPath = None,
) -> None:
    """Decide about a record's open edits: `source` sends the source's values again; `twenty` keeps what is there."""
    deployment = Deployment.load(settings)
    known = next((one for one in _waiting(deployment) if (one.key, one.part) == (key, part)), None)
    edits = {name: edit.digest for name, edit in open_edits(known).items()} if known else {}
    chosen = {name: seen for name, seen in edits.items() if not field or name in field}
    if not chosen:
        raise typer.BadParameter(f"no open edit of {key}: `dualrun conflicts list` shows what waits", param_hint="KEY")
    _publish(deployment, Control(RESOLVE, key, {"part": part, "take": take.value, "edits": chosen}, datetime.now(UTC)))
    typer.echo(f"{key}: {take.value} wins for {', '.join(sorted(chosen))}; the sink does it next")


@side_effects.callback(invoke_without_command=True)
def list_side_effects(context: typer.Context, settings: SettingsPath = None, json: Json = False) -> None:
    """What is active on synced objects, and whether it is acknowledged. Exit code 1 where something is not."""
    if context.invoked_subcommand:
        return
    deployment = Deployment.load(settings)
    acknowledged = {*deployment.settings.twenty.side_effects.acknowledged, *_acknowledged(deployment)}
    found = _active(deployment)
    if json:
        rows = [
            {
                "kind": one.kind,
                "id": one.id,
                "name": one.name,
                "events": one.events,
                "acknowledged": one.id in acknowledged,
            }
            for one in found
        ]
        sys.stdout.write(jsonlib.dumps(rows) + "\n")
    elif not found:
        typer.echo("no active workflow or webhook in Twenty reacts to what is written")
    else:
        table = Table("kind", "id", "name or URL", "events", "acknowledged")
        for one in found:
            known = "yes" if one.id in acknowledged else "no"
            table.add_row(one.kind, one.id, one.name, ", ".join(one.events), known)
        Console().print(table)
        typer.echo("Switch them off in Twenty, or let them be with `dualrun side-effects ack ID`.")
    raise typer.Exit(1 if any(one.id not in acknowledged for one in found) else 0)


@side_effects.command()
def ack(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Of the workflow or webhook.")],
    settings: SettingsPath = None,
) -> None:
    """Let a workflow or webhook react to what is written."""
    deployment = Deployment.load(settings)
    if identity not in {one.id for one in _active(deployment)}:
        raise typer.BadParameter(f"no active workflow or webhook {identity}: see `dualrun side-effects`")
    _publish(deployment, Control(ACKNOWLEDGE, identity, {}, datetime.now(UTC)))
    typer.echo(f"{identity}: acknowledged")


def _waiting(deployment: Deployment) -> list[Identity]:
    newest: dict[tuple[str, str], Identity] = {}
    topics = deployment.topics
    for message in read_to_end(deployment.kafka, topics.identities, range(topics.partitions)):
        value = message.value()
        record = deployment.codec.decode(value) if value else None
        if isinstance(record, Identity):
            newest[record.key, record.part] = record
    return [one for _, one in sorted(newest.items()) if open_edits(one)]


def _acknowledged(deployment: Deployment) -> set[str]:
    signals = read_control(deployment.kafka, deployment.topics, deployment.codec)
    return {signal.subject for signal in signals if signal.kind == ACKNOWLEDGE}


def _active(deployment: Deployment) -> list[SideEffect]:
    twenty = deployment.settings.twenty

    def read(_operation: str, call: Callable[[], Any]) -> Any:
        return call()

    with TwentyClient(twenty.url, twenty.api_key.get_secret_value(), timeout=twenty.timeout_seconds) as client:
        return listed(client, read, discover(client).objects, deployment.mapping.synced)


def _publish(deployment: Deployment, signal: Control) -> None:
    client = producer(deployment.kafka)
    publish_control(client, deployment.topics, deployment.codec, signal)
    if client.flush(30):
        raise BrokerError(f"{deployment.topics.control}: the broker did not acknowledge within 30 s")
