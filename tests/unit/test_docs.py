"""What the README and the how-tos show exists: commands, targets, files, metrics."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from infra.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
CODE = "".join(path.read_text() for name in ("producers", "processors", "sinks") for path in (ROOT / name).glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_exist(page: Path) -> None:
    shown = re.findall(r"(?:\$ |`)dualrun ([a-z-]+)", page.read_text())
    assert set(shown) <= COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_targets_exist(page: Path) -> None:
    assert set(re.findall(r"(?:\$ |`)make ([a-z]+)", page.read_text())) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_metrics_exist(page: Path) -> None:
    for metric in re.findall(r"`(dualrun_[a-z_]+)`", page.read_text()):
        assert metric.removesuffix("_total") in CODE, metric


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tests_that_are_named_exist(page: Path) -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", page.read_text()):
        assert f"def {name}(" in tests, name
