"""``dualrun rebuild-package``: what does not migrate, as JSON to rebuild it from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.components import SettingsPath
from infra.rebuild import Definition, by_query, by_relation, write_package
from infra.settings import SettingsError
from infra.sources.build import build
from infra.sources.settings import PostgresSection
from infra.wiring import Deployment


def rebuild_package(
    directory: Annotated[Path, typer.Argument(help="Where the JSON files and the inventory go.")],
    settings: SettingsPath = None,
) -> None:
    """Export workflow definitions and the like as reference JSON with an inventory."""
    deployment = Deployment.load(settings)
    mapping, section = deployment.mapping, deployment.settings.source
    queries = [one.name for one in mapping.exports if one.query]
    found: dict[str, list[Definition]] = {}
    if isinstance(section, PostgresSection):
        found |= by_query(mapping, section.url.get_secret_value())
    elif queries:
        raise SettingsError(
            f"source.kind is {section.kind}, and of the mapping's exports {', '.join(queries)} is a query, which takes"
            " postgres: name a relation and its key instead"
        )
    if mapping.exported:
        work = deployment.settings.data_dir / "drops" / "exports"
        source, objects = build(section, mapping.exported, work=work, documents=deployment.settings.documents)
        try:
            found |= by_relation(source, objects)
        finally:
            source.close()
    inventory = write_package(mapping, found, directory)
    for name, count in inventory.items():
        typer.echo(f"{directory / name}.json: {count} definitions")
