"""``dualrun mapping``: check a mapping file, explain it, compare two, and export the sheet that a clinic signs."""

from __future__ import annotations

import csv
import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.status import Json
from infra.field_sheet import write_sheet
from infra.settings import SettingsError, load_settings
from infra.sources.check import source_mistakes
from producers.view_check import query_doubts, view_mistakes
from schemas.mapping import MappingError, SystemMapping, load_mapping, wording
from schemas.mapping.comparison import compare
from schemas.mapping.document import Problem
from schemas.mapping.fields import field_types
from schemas.mapping.inference import as_yaml, properties
from schemas.mapping.mistakes import suggestion
from schemas.mapping.sheet import Line, lines
from schemas.mapping.standard import STANDARD

app = typer.Typer(
    help="Check, explain, compare and export mappings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

File = Annotated[str, typer.Argument(metavar="MAPPING", help="Path of a mapping file, or the name of a built-in one.")]
AskSource = Annotated[
    Path | None,
    typer.Option("--settings", help="Ask the source of these settings, too: a database without reading a row."),
]


@app.command()
def check(mapping: File, settings: AskSource = None, json: Json = False) -> None:
    """Name every mistake in a mapping file, with its line and what may have been meant.

    Exit codes: 0 there is none, 1 there is one.
    """
    doubts: tuple[Problem, ...] = ()
    try:
        if settings is None:
            found = load_mapping(mapping, view_mistakes)
            doubts = _doubts(mapping)
        else:
            chosen = load_settings(settings)
            found = load_mapping(mapping, view_mistakes, lambda one: source_mistakes(one, chosen))
    except MappingError as error:
        if json:
            typer.echo(jsonlib.dumps([asdict(problem) for problem in error.problems], indent=2))
        else:
            typer.echo(str(error))
        raise typer.Exit(1) from None
    for doubt in doubts:
        typer.echo(str(doubt), err=True)
    if json:
        typer.echo("[]")
        return
    count = sum(1 for _ in lines(found))
    typer.echo(f"{found.system}, revision {found.revision}: {len(found.objects)} objects, {count} fields. No mistakes.")


def _doubts(mapping: str) -> tuple[Problem, ...]:
    """What only the database can judge."""
    try:
        load_mapping(mapping, query_doubts)
    except MappingError as error:
        return error.problems
    return ()


@app.command()
def explain(
    mapping: File,
    name: Annotated[str, typer.Argument(metavar="OBJECT", help="A source object; ~name for a derived one.")],
    field: Annotated[str, typer.Argument(help="One field of Twenty; all of them if left out.")] = "",
    json: Json = False,
) -> None:
    """Say in plain words what becomes of a source object, or where one field comes from."""
    found = load_mapping(mapping)
    parts = found.all_parts()
    if name not in parts:
        raise SettingsError(
            f"{name}: no such object in this mapping{suggestion(name, parts)}. It has {', '.join(parts)}"
        )
    chosen = [line for line in lines(found) if line.source == name and field in ("", line.field)]
    if not chosen and (field or parts[name]):
        known = sorted({line.field for line in lines(found) if line.source == name})
        raise SettingsError(f"{name} fills no field {field!r}{suggestion(field, known)}. It fills {', '.join(known)}")
    if json:
        typer.echo(jsonlib.dumps([asdict(line) for line in chosen], indent=2))
        return
    if not field:
        _tell_object(found, name)
    _tell_lines(chosen)


def _tell_object(mapping: SystemMapping, name: str) -> None:
    mapped = mapping.objects.get(name)
    if mapped is None:
        naming = [
            one for one, other in mapping.objects.items() if any(f"~{rule.object}" == name for rule in other.derives)
        ]
        typer.echo(f"{name}: named in rows of {wording.listed(naming)}")
        return
    source = mapped.source
    typer.echo(
        f"{name}: from {source.relation or ('a view' if source.view else 'a query')}, key {wording.listed(source.key)}"
    )
    by = f"by {source.changed_at}" if source.changed_at else "by comparing all rows"
    typer.echo(f"Changes are found {by}. Times without a zone are local to {mapping.zone_of(name)}.")
    for rule in mapped.skip:
        typer.echo(wording.skip(rule))
    if mapped.merged_into is not None:
        typer.echo(wording.merged_into(mapped.merged_into))
    if mapped.merges is not None:
        typer.echo(wording.merges(mapped.merges))
    if not mapped.parts and mapped.merges is None:
        typer.echo("Read for views alone: none of its rows becomes a record.")
    for derivation in mapped.derives:
        typer.echo(f"{derivation.key} also names a {derivation.object}: see ~{derivation.object}.")


def _tell_lines(chosen: list[Line]) -> None:
    record = None
    for line in chosen:
        if record != (line.target, line.part):
            record = (line.target, line.part)
            typer.echo(f"\n{line.target}{f' ({line.part})' if line.part else ''}")
        typer.echo(f"  {line.field}: {line.how}{f'; {line.otherwise}' if line.otherwise else ''}")
        for text, option in line.values:
            typer.echo(f"      {text} → {option}")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The mapping in use.")],
    new: Annotated[str, typer.Argument(help="The one to review.")],
    json: Json = False,
) -> None:
    """What a reviewer must know of a new version of a mapping: what is added, removed, changed, and what follows.

    Exit codes: 0 nothing differs, 2 something does.
    """
    found = compare(load_mapping(old), load_mapping(new))
    if json:
        typer.echo(jsonlib.dumps(asdict(found), indent=2))
    else:
        for one in found.differences:
            typer.echo(f"{one.sign} {one.what}")
            for detail in one.details:
                typer.echo(f"    {detail}")
        for warning in found.warnings:
            typer.echo(f"! {warning}")
        counts = {sign: sum(one.sign == sign for one in found.differences) for sign in "+~-"}
        typer.echo(f"{counts['+']} added, {counts['~']} changed, {counts['-']} removed.")
        if found.rewritten:
            typer.echo(
                f"Looked at again with the next full run: every record of {wording.listed(list(found.rewritten))}."
            )
    raise typer.Exit(2 if found.differences or found.warnings else 0)


@app.command()
def export(
    mapping: File,
    to: Annotated[Path, typer.Argument(help="The file to write: .xlsx to sign, .csv for tools.")],
) -> None:
    """Write the field sheet that a clinic reads and signs: every field, where it comes from, what if it is empty."""
    if to.suffix not in (".xlsx", ".csv"):
        raise SettingsError(f"{to}: expected a file that ends in .xlsx or .csv")
    count = write_sheet(load_mapping(mapping), to)
    typer.echo(f"{to}: {count} fields")


@app.command("properties")
def properties_(
    rows: Annotated[Path, typer.Argument(help="A CSV file with a header: one property of one record in each row.")],
    mapping: Annotated[str, typer.Option(help="A mapping whose fields are there already.")] = "",
    name: Annotated[str, typer.Option(help="Column of the property's name.")] = "name",
    value: Annotated[str, typer.Option(help="Column of its value.")] = "value",
    target: Annotated[str, typer.Option(help="Twenty object that gets the fields.")] = "person",
) -> None:
    """Infer the types of custom properties (text, choice, date), as YAML for a mapping; a person reviews it."""
    with rows.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [column for column in (name, value) if column not in (reader.fieldnames or ())]
        if missing:
            known = ", ".join(reader.fieldnames or ()) or "none"
            raise SettingsError(f"{rows}: no column {missing[0]!r}; it has {known}. Name it with --name or --value")
        pairs = [(row[name] or "", row[value] or "") for row in reader]
    taken = field_types(load_mapping(mapping), target) if mapping else STANDARD.get(target, {})
    typer.echo(as_yaml(properties(pairs, taken)), nl=False)
