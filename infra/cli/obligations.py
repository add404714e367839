"""``dualrun held``: which records wait, and for whom."""

from __future__ import annotations

import json as jsonlib
import sys
from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.wiring import Deployment
from processors.obligations import Obligation, read_obligations
from schemas.keys import split_token


def held(
    settings: SettingsPath = None,
    json: Json = False,
    links: Annotated[
        bool,
        typer.Option("--links", help="Instead: records in Twenty whose optional reference leads to nobody, yet."),
    ] = False,
) -> None:
    """Records that wait for a parent, by parent; parked ones wait for a parent that is not on its way."""
    deployment, kind = Deployment.load(settings), "link" if links else "held"
    waiting = [
        o for o in read_obligations(deployment.kafka, deployment.topics) if o.kind == kind and (o.missing or not links)
    ]
    if json:
        sys.stdout.write(jsonlib.dumps([_as_json(obligation) for obligation in waiting]) + "\n")
        return
    by_parent: dict[str, list[Obligation]] = defaultdict(list)
    for obligation in waiting:
        for token in obligation.missing:
            by_parent[_name(token)].append(obligation)
    table = Table(Column("missing parent", overflow="fold"), "state", Column("children", overflow="fold"), "oldest")
    for parent, children in sorted(by_parent.items()):
        oldest = min(child.since for child in children)
        table.add_row(
            parent,
            _state(children),
            ", ".join(sorted(child.key for child in children)[:5]) + (" …" if len(children) > 5 else ""),
            f"{datetime.now(UTC).timestamp() - oldest:.0f} s",
        )
    Console().print(table if by_parent else "nothing waits")
    if by_parent and not links:
        typer.echo("A parked record is released when its parent arrives; correct it at the source, or add the parent.")


def _state(children: list[Obligation]) -> str:
    if all(child.kind == "link" for child in children):
        return "owed"
    if all(child.skipped for child in children):
        return "skipped"
    return "parked" if all(child.parked for child in children) else "held"


def _name(token: str) -> str:
    key, part = split_token(token)
    return f"{key}#{part}" if part else key


def _as_json(obligation: Obligation) -> dict[str, object]:
    return {
        "key": obligation.key,
        "missing": [_name(token) for token in obligation.missing],
        "since": datetime.fromtimestamp(obligation.since, UTC).isoformat(),
        "parked": obligation.parked and not obligation.skipped,
        "skipped": obligation.skipped,
    }
