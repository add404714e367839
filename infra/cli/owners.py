"""``dualrun owners``: whom to invite into Twenty, and whether every record has an owner."""

from __future__ import annotations

import csv as csvlib
import json as jsonlib
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.owners import Invitation, Workspace, to_invite
from infra.wiring import Deployment


def owners(
    settings: SettingsPath = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="The list of invitations as CSV on standard output.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Read from Twenty which records have no owner; exit code 1 where there is one."),
    ] = False,
) -> None:
    """Who is named at the source and has no account in Twenty: e-mail, name, and how many records wait for them."""
    deployment = Deployment.load(settings)
    with Workspace(deployment.settings.twenty) as workspace:
        found = to_invite(deployment, workspace.members())
        ownerless = workspace.without_owner(deployment.mapping) if check else {}
    missing = sum(map(len, ownerless.values()))
    if json:
        report: dict[str, object] = {"invitations": [_as_json(one) for one in found]}
        if check:
            report |= {"without_owner": missing, "without_owner_by_object": ownerless}
        sys.stdout.write(jsonlib.dumps(report) + "\n")
    elif csv:
        rows = csvlib.writer(sys.stdout)
        rows.writerow(["email", "name", "waiting", "records"])
        rows.writerows([one.email, one.name, one.waiting, " ".join(one.records)] for one in found)
    else:
        _print(found, ownerless, check)
    raise typer.Exit(1 if missing else 0)


def _print(found: list[Invitation], ownerless: dict[str, list[str]], check: bool) -> None:
    console = Console()
    table = Table("e-mail", "name", "records that wait")
    for one in found:
        table.add_row(one.email or f"– ({', '.join(one.records)})", one.name, f"{one.waiting:,}")
    console.print(table if found else "everybody whom the source names has an account")
    if found:
        typer.echo("Invite them in Twenty (Settings, Members): their records follow by themselves.")
    for name, keys in ownerless.items():
        shown = ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "")
        console.print(f"{name}: {len(keys):,} without an owner {shown}".rstrip(), highlight=False, markup=False)
    if check and not any(ownerless.values()):
        console.print("every record has an owner")


def _as_json(one: Invitation) -> dict[str, object]:
    return {"email": one.email, "name": one.name, "waiting": one.waiting, "records": list(one.records)}
