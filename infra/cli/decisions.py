"""``dualrun decisions``: what a person decides about duplicates, circles and orphans, kept in a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer

from infra.cli.components import SettingsPath
from infra.settings import SettingsError
from infra.wiring import Deployment
from producers.profile.report import counted
from schemas.decisions import Decisions, check_decisions, load_decisions, useless
from schemas.mapping import SystemMapping, load_mapping

app = typer.Typer(no_args_is_help=True, help="Decide about duplicates, circles and orphans.")

File = Annotated[Path, typer.Argument(metavar="DECISIONS", help="The decisions file.")]


@app.command()
def draft(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE", help="What `dualrun profile --json` said.")],
    decisions: File,
) -> None:
    """Write an entry for each finding of a profile; what was decided before stays."""
    try:
        findings = orjson.loads(profile.read_bytes())["findings"]
        before = load_decisions(decisions) if decisions.exists() else None
        drafted = Decisions.drafted(findings, before)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ValueError) and decisions.name in str(error):
            raise
        raise SettingsError(f"{profile}: expected what `dualrun profile --json` writes") from None
    decisions.write_text(drafted.text(), "utf-8")
    typer.echo(_told(drafted))


@app.command()
def check(
    decisions: File,
    mapping: Annotated[str, typer.Argument(help="The mapping that is to obey it: a name, or the path of a file.")],
) -> None:
    """Name every mistake with its line. Exit codes: 0 all is well, 2 mistakes."""
    chosen = load_mapping(mapping)
    typer.echo(_told(check_decisions(decisions, chosen), chosen))


@app.command()
def status(settings: SettingsPath = None) -> None:
    """What is decided and what is open, in the file that the settings name. Exit code 1 where something is open."""
    deployment = Deployment.load(settings)
    if deployment.settings.decisions is None:
        raise SettingsError("the settings name no decisions file: expected `decisions: PATH`")
    found, mapping = deployment.decisions, deployment.mapping
    typer.echo(_told(found, mapping))
    for entry in found.open:
        reference = f" by {entry.reference}" if entry.kind != "duplicate" else ""
        why = useless(entry, mapping)
        said = f"nothing to decide ({why})" if why else "open"
        typer.echo(f"{said}: {entry.kind} of {entry.object}{reference}: {', '.join(entry.keys)}")
    raise typer.Exit(1 if any(not useless(entry, mapping) for entry in found.open) else 0)


def _told(decisions: Decisions, mapping: SystemMapping | None = None) -> str:
    kinds = Counter(entry.kind for entry in decisions.decisions)
    counts = ", ".join(counted(kinds[kind], kind) for kind in ("duplicate", "cycle", "orphan"))
    idle = sum(bool(useless(entry, mapping)) for entry in decisions.open) if mapping else 0
    beside = f"; of {idle} more the mapping makes nothing" if idle else ""
    return f"{counts}; {len(decisions.open) - idle} not decided yet{beside}"
