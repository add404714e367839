"""``dualrun attachments``: files that did not reach Twenty."""

from __future__ import annotations

import csv as csvlib
import json as jsonlib
import sys
from dataclasses import asdict, astuple, fields
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.attachments import OVERSIZE, LeftOut, read_left_out
from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.wiring import Deployment


def attachments(
    settings: SettingsPath = None,
    oversize: Annotated[bool, typer.Option("--oversize", help="Only those over 25 MB.")] = False,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="The list as CSV on standard output.")] = False,
) -> None:
    """Files that Twenty does not have, with the reason: for a person to bring over, or to leave as a link."""
    found = read_left_out(Deployment.load(settings))
    if oversize:
        found = [one for one in found if one.reason == OVERSIZE]
    if json:
        sys.stdout.write(jsonlib.dumps([asdict(one) for one in found]) + "\n")
    elif csv:
        rows = csvlib.writer(sys.stdout)
        rows.writerow([column.name for column in fields(LeftOut)])
        rows.writerows(astuple(one) for one in found)
    else:
        table = Table("record", "name", "MB", "reason")
        for one in found:
            size = "–" if one.size is None else f"{one.size / 2**20:,.1f}"
            table.add_row(one.key, one.name, size, one.reason)
        Console().print(table if found else "every file is in Twenty")
