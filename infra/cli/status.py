"""``dualrun status``: where everything stands."""

from __future__ import annotations

import json as jsonlib
import sys
from typing import Annotated

import typer
from rich.console import Console

from infra.cli.components import SettingsPath
from infra.cli.view import render
from infra.monitor import Monitor
from infra.wiring import Deployment
from schemas.control import read_control
from sinks.signals import WAITING

Json = Annotated[bool, typer.Option("--json", help="The report as JSON on standard output, alone.")]


def status(settings: SettingsPath = None, json: Json = False) -> None:
    """Captured, held, written and unaccounted changes. Exit code 1 where a change has no account."""
    deployment = Deployment.load(settings)
    monitor = Monitor(deployment)
    try:
        look = monitor.look()
    finally:
        monitor.close()
    waiting = _waiting(deployment)
    if json:
        sys.stdout.write(jsonlib.dumps({**look.as_json(), "sink_waits": waiting}) + "\n")
    else:
        Console().print(render(f"{deployment.mapping.system}, prefix {deployment.settings.prefix}", look, ""))
        if waiting:
            Console().print(f"the sink waits: {waiting}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1 if look.account.unaccounted else 0)


def _waiting(deployment: Deployment) -> str:
    """Why the sink writes nothing, as it said last."""
    said = read_control(deployment.kafka, deployment.topics, deployment.codec)
    return next((str(one.value["reason"]) for one in reversed(said) if one.kind == WAITING), "")
