"""A small customer of one of the five systems, its settings at work, and what is seen of it in Twenty."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner

from infra.cli.main import app
from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import Page, Record, TwentyClient
from tests.waiting import until


def settled(showcase: Showcase) -> Look:
    moment = showcase.source_now()
    return until(lambda: showcase.settled(moment), 180)


@contextmanager
def arrived(system: str, patients: int, **source: float) -> Iterator[Showcase]:
    """A small customer of the system, when all that it had has arrived. ``source``: settings of that section."""
    overrides: dict[str, dict[str, Any]] = {"hold": {"park_seconds": 3}, "source": source}
    options = ShowcaseOptions(system=system, patients=patients, seed=5, requests=0, overrides=overrides)
    with Showcase(Path(tempfile.mkdtemp(prefix="dualrun-clinic-")), options, keep=False) as showcase:
        showcase.start_systems()
        showcase.start_components()
        settled(showcase)
        yield showcase


def at_the_source(showcase: Showcase, *statements: str) -> None:
    """Each in a transaction of its own."""
    with psycopg.connect(showcase.source_url, autocommit=True) as source:
        for statement in statements:
            source.execute(statement.encode())


class Reading(TwentyClient):
    """``read``: how often Twenty was asked what it holds."""

    read = 0

    def __init__(self, showcase: Showcase) -> None:
        super().__init__(showcase.twenty_url, showcase.twenty_api_key, timeout=30)
        self._system = showcase.system

    def live(self, plural: str, key: str) -> list[Record]:
        """Rows of a record that are not in the trash; ``key`` is ``object/id``."""
        return self.list_page(plural, filter=f'sourceSystemId[eq]:"{self._system}/{key}"').records

    def list_page(self, plural: str, **wanted: Any) -> Page:
        self.read += 1
        return super().list_page(plural, **wanted)

    def objects(self) -> list[Record]:
        self.read += 1
        return super().objects()


def dualrun(showcase: Showcase, *arguments: str, exit_code: int = 0) -> str:
    """What a command says on this customer's settings."""
    result = CliRunner().invoke(app, [*arguments, "--settings", str(showcase.settings_path)], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.stdout


def exported(showcase: Showcase, directory: Path, name: str) -> Any:
    """What the rebuild package holds under a name; the inventory lists how much that is."""
    dualrun(showcase, "rebuild-package", str(directory))
    found = json.loads((directory / f"{name}.json").read_text())
    told = json.loads((directory / "inventory.json").read_text())
    assert told["system"] == showcase.system
    assert [one["definitions"] for one in told["definitions"] if one["name"] == name] == [len(found)]
    return found
