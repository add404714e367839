"""``dualrun rebuild-package``: what does not migrate, as JSON to rebuild it from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.components import SettingsPath
from infra.rebuild import write_package
from infra.settings import SettingsError
from infra.sources.settings import PostgresSection
from infra.wiring import Deployment


def rebuild_package(
    directory: Annotated[Path, typer.Argument(help="Where the JSON files and the inventory go.")],
    settings: SettingsPath = None,
) -> None:
    """Export workflow definitions and the like as reference JSON with an inventory."""
    deployment = Deployment.load(settings)
    source = deployment.settings.source
    if not isinstance(source, PostgresSection):
        raise SettingsError(f"source.kind is {source.kind}: definitions are exported by queries, which take postgres")
    inventory = write_package(deployment.mapping, source.url.get_secret_value(), directory)
    for name, count in inventory.items():
        typer.echo(f"{directory / name}.json: {count} definitions")
