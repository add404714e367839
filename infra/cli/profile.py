"""``dualrun profile`` and ``propose``: what a source holds, and a first draft of what becomes of it."""

from __future__ import annotations

import json as jsonlib
import time
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from infra.cli.components import SettingsPath
from infra.cli.status import Json
from infra.settings import SettingsError, SourceSettings, load_source_settings
from infra.sources.build import now
from infra.sources.discovery import discovered, snake
from producers.profile.facts import Profile
from producers.profile.report import counted, page
from producers.profile.store import Store
from producers.profile.survey import Survey
from producers.propose.draft import Head, draft
from producers.propose.proposal import ObjectProposal
from producers.propose.proposal import propose as propose_all
from producers.propose.writing import as_yaml
from producers.source import SourceError
from schemas.mapping import SystemMapping, load_mapping
from schemas.mapping.document import built_in, parse_mapping
from schemas.mapping.mistakes import suggestion

_HEAD = Head()


def profile(
    settings: SettingsPath = None,
    object_: Annotated[list[str] | None, typer.Option("--object", help="Only this object; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report for the clinic here, as one HTML page.")] = None,
    json: Json = False,
) -> None:
    """Tell what a source holds: objects, fields, relations, duplicates, orphans, circles. Reads only.

    Of patients and free text no value is told: counts, record keys, and how values are built.
    """
    chosen = load_source_settings(settings)
    found = take(chosen, tuple(object_ or ()), console=Console(stderr=True))
    for one in found.objects:
        if one.trouble:
            typer.echo(f"{one.name}: {one.trouble}", err=True)
    if out is not None:
        out.write_text(page(found), "utf-8")
    if json:
        typer.echo(found.model_dump_json(indent=2, exclude_none=True))
    elif out is not None:
        typer.echo(
            f"{out}: {counted(len(found.objects), 'object')}, {counted(len(found.findings), 'finding')} to decide"
        )
    else:
        Console().print(_summary(found))


def propose(
    profiled: Annotated[
        Path, typer.Argument(metavar="PROFILE", exists=True, dir_okay=False, help="What profile --json printed.")
    ],
    out: Annotated[Path, typer.Argument(metavar="MAPPING", help="The mapping file to write.")],
    zone: Annotated[str, typer.Option(help="The clinic's zone.")] = _HEAD.zone,
    region: Annotated[str, typer.Option(help="Its country, for phones, states and postal codes.")] = _HEAD.region,
    currency: Annotated[str, typer.Option(help="Its currency.")] = _HEAD.currency,
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
    json: Json = False,
) -> None:
    """Draft a mapping from a profile, for a person to confirm: a confidence behind each line, questions in comments."""
    try:
        found = Profile.model_validate_json(profiled.read_bytes())
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise SettingsError(f"{profiled}: {place or 'it'} is not as `dualrun profile --json` prints it") from None
    if out.exists() and not force:
        raise SettingsError(f"{out} is there already, and may hold what a person wrote: name another file, or --force")
    proposals = propose_all(found)
    text = as_yaml(snake(found.system), draft(proposals), Head(zone, region, currency))
    parse_mapping(text, out.name)
    out.write_text(text, "utf-8")
    certain = sum(len(one.certain) for one in proposals)
    doubtful = sum(len(one.doubtful) for one in proposals)
    if json:
        typer.echo(jsonlib.dumps([_told(one) for one in proposals], indent=2))
    else:
        typer.echo(f"{out}: {certain} lines to confirm, {doubtful} questions")


def _told(one: ObjectProposal) -> dict[str, object]:
    certain = set(map(id, one.certain))
    return {
        "object": one.facts.name,
        "target": one.kind.target or None,
        "confidence": one.kind.confidence,
        "why": one.kind.why,
        "key": list(one.key),
        "changed_at": one.changed_at,
        "columns": [
            {
                "column": line.column,
                "place": line.place,
                "confidence": line.confidence,
                "drafted": id(line) in certain,
                "why": line.why,
            }
            for line in one.lines
        ],
    }


def take(settings: SourceSettings, names: tuple[str, ...], *, console: Console) -> Profile:
    """Profiles the source that the settings name. Raises SettingsError, MappingError, SourceError."""
    mapping = _mapping(settings)
    system = mapping.system if mapping else Path(settings.system).stem
    progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True)
    with discovered(settings, mapping) as subjects, progress:
        known = [subject.what.name for subject in subjects]
        for name in names:
            if name not in known:
                raise SettingsError(
                    f"{name}: no such object in the source{suggestion(name, known)}. It has {', '.join(sorted(known))}"
                )
        line = progress.add_task("")
        try:
            with Store(settings.data_dir / "profile") as store:
                survey = Survey(
                    store,
                    monotonic=time.monotonic,
                    sleep=time.sleep,
                    told=lambda name, rows: progress.update(line, description=f"{name}: {rows:,} rows"),
                )
                wanted = [subject for subject in subjects if not names or subject.what.name in names]
                return survey.take(system, settings.source.kind, wanted, now())
        except duckdb.Error as error:
            # DuckDB's messages can quote values
            kind = type(error).__name__
            raise SourceError(f"the rows could not be counted ({kind}): is {settings.data_dir} full?") from None


def _mapping(settings: SourceSettings) -> SystemMapping | None:
    """The mapping that the settings name, where there is one already: it tells what holds no patient data."""
    written = settings.system in built_in() or Path(settings.system).exists()
    return load_mapping(settings.system) if written else None


def _summary(found: Profile) -> Table:
    table = Table("object", "rows", "fields", "key", "no e-mail", "stale", "to decide", box=None)
    for one in found.objects:
        decisions = sum(finding.object == one.name for finding in found.findings)
        table.add_row(
            one.name,
            f"{one.rows:,}",
            str(len(one.columns)),
            ", ".join(one.key) or "none",
            *("" if count is None else f"{count:,}" for count in (one.without_email, one.stale)),
            str(decisions or ""),
        )
    return table
