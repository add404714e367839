"""``dualrun schema``: the objects, fields and options that the mapping needs in Twenty, planned, applied, verified."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.owners import Workspace
from infra.settings import SettingsError
from infra.wiring import Deployment
from schemas.mapping import MappingError, requirements
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import TwentyError
from sinks.twenty.schema.actions import Action, Plan
from sinks.twenty.schema.checklist import checklist
from sinks.twenty.schema.provisioner import SchemaError, apply, examine
from sinks.twenty.schema.rendering import as_json, describe, render

app = typer.Typer(
    help="The objects, fields and options that the mapping needs in Twenty.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Checklist = Annotated[
    bool, typer.Option("--checklist", help="The plan as Markdown, for an administrator who makes it by hand.")
]


def twenty_client(deployment: Deployment) -> TwentyClient:
    twenty = deployment.settings.twenty
    return TwentyClient(twenty.url, twenty.api_key.get_secret_value(), timeout=twenty.timeout_seconds)


@app.command("plan")
def plan_schema(settings: SettingsPath = None, json: Json = False, checklist_: Checklist = False) -> None:
    """What is to be made in Twenty. Changes nothing.

    Exit codes: 0 nothing to do, 2 changes are pending, 1 something is blocked or cannot be read.
    """
    with _errors_told():
        deployment = Deployment.load(settings)
        with twenty_client(deployment) as client:
            found, workspace = examine(client, requirements(deployment.mapping))
    if checklist_:
        typer.echo(checklist(found, workspace), nl=False)
    else:
        _show(found, json=json)
    raise typer.Exit(1 if found.blocked else 2 if found.actions else 0)


@app.command("apply")
def apply_schema(settings: SettingsPath = None) -> None:
    """Make what the plan says, wait until it can be used, and read it back. A second run changes nothing.

    Exit codes: 0 Twenty has everything, 1 something is blocked, refused or still missing.
    """
    with _errors_told():
        deployment = Deployment.load(settings)
        with twenty_client(deployment) as client:
            made = apply(client, requirements(deployment.mapping), tell=_tell)
    done = "1 change" if len(made) == 1 else f"{len(made)} changes"
    typer.echo(f"Applied {done}; Twenty has everything that the mapping needs.")


@app.command("verify")
def verify_schema(settings: SettingsPath = None, json: Json = False) -> None:
    """Compare Twenty with the mapping and name every difference. Exit codes: 0 there is none, 1 there is one."""
    with _errors_told():
        deployment = Deployment.load(settings)
        wanted = requirements(deployment.mapping)
        with twenty_client(deployment) as client:
            found, _ = examine(client, wanted)
    if json or not found.is_empty:
        _show(found, json=json)
        raise typer.Exit(0 if found.is_empty else 1)
    fields = sum(len(one.fields) for one in wanted)
    typer.echo(f"Twenty agrees with the mapping: {len(wanted)} objects, {fields} fields.")


@app.command("unused")
def unused_options(settings: SettingsPath = None, json: Json = False) -> None:
    """Options of the mapping's selects that no record in Twenty has: a typing error, or what the clinic does no more.

    After a full run. Exit codes: 0 every option is used, 2 some are not, 1 Twenty cannot be read.
    """
    with _errors_told():
        deployment = Deployment.load(settings)
        with Workspace(deployment.settings.twenty) as workspace:
            found = workspace.unused(deployment.mapping)
    if json:
        typer.echo(jsonlib.dumps(found))
    else:
        for field, left in found.items():
            typer.echo(f"{field}: nobody has {', '.join(left)}")
        typer.echo(
            "Every option is used." if not found else "Check them against the source's texts: dualrun mapping explain."
        )
    raise typer.Exit(2 if found else 0)


def _show(found: Plan, *, json: bool) -> None:
    typer.echo(jsonlib.dumps(as_json(found), indent=2) if json else render(found))


def _tell(action: Action) -> None:
    typer.echo(next(describe(action)))


@contextmanager
def _errors_told() -> Iterator[None]:
    """Every failure is exit code 1: as with `terraform plan`, 2 is kept for changes that are pending."""
    try:
        yield
    except (SettingsError, MappingError, SchemaError, TwentyError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
