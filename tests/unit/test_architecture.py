"""The folders show the architecture, and imports keep to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "schemas": set(),
    "producers": {"schemas"},
    "processors": {"schemas"},
    "sinks": {"schemas"},
    "infra": {"schemas", "producers", "processors", "sinks"},
}
PURE = (
    "schemas/records.py",
    "schemas/keys.py",
    "schemas/conservation.py",
    "schemas/topics.py",
    "schemas/source.py",
    "producers/source.py",
    "producers/poller.py",
    "producers/batch.py",
    "producers/cursor.py",
    "producers/guards.py",
    "producers/limits.py",
    "producers/sweep.py",
    "producers/drops.py",
    "producers/dialect.py",
    "producers/paging.py",
    "producers/selection.py",
    "producers/profile/concepts.py",
    "producers/profile/facts.py",
    "producers/profile/relations.py",
    "producers/profile/report.py",
    "producers/profile/shapes.py",
    "producers/profile/vocabulary.py",
    "producers/profile/words.py",
    "schemas/change_writer.py",
    "schemas/columns.py",
    "processors/hold.py",
    "processors/holding.py",
    "processors/intake.py",
    "processors/ledger.py",
    "processors/links.py",
    "processors/outbox.py",
    "processors/parents.py",
    "processors/register.py",
    "processors/skips.py",
    "processors/slots.py",
    "processors/transform.py",
    "sinks/lanes.py",
    "sinks/batch.py",
    "sinks/budget.py",
    "sinks/identity.py",
    "sinks/adoption.py",
    "sinks/book.py",
    "sinks/duplicates.py",
    "sinks/edits.py",
    "sinks/pending.py",
    "sinks/removal.py",
    "sinks/rows.py",
    "sinks/unique.py",
    "sinks/twenty/schema/actions.py",
    "sinks/twenty/schema/checklist.py",
    "sinks/twenty/schema/definitions.py",
    "sinks/twenty/schema/planner.py",
    "sinks/twenty/schema/rendering.py",
    "sinks/twenty/schema/rules.py",
)
"""The core: decisions as functions of values."""
IO = {
    "confluent_kafka",
    "httpx",
    "psycopg",
    "faust",
    "socket",
    "subprocess",
    "requests",
    "threading",
    "asyncio",
    "random",
    "time",
}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module


@pytest.mark.parametrize("package", ALLOWED)
def test_components_meet_only_in_topics(package: str) -> None:
    forbidden = set(ALLOWED) - ALLOWED[package] - {package}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in (ROOT / package).rglob("*.py")
        for line, module in imports(path)
        if module.split(".")[0] in forbidden
    ]
    assert wrong == []


@pytest.mark.parametrize("name", PURE)
def test_the_core_does_no_io(name: str) -> None:
    wrong = [f"{name}:{line} imports {module}" for line, module in imports(ROOT / name) if module.split(".")[0] in IO]
    assert wrong == []


@pytest.mark.parametrize("name", PURE)
def test_the_core_asks_no_clock(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text())
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {"now", "utcnow", "today", "uuid4"} & {call.attr for call in calls if isinstance(call, ast.Attribute)}


def test_the_top_level_holds_what_the_architecture_names() -> None:
    tracked = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    known = set(ALLOWED) | {"tests", "docs", "pyproject.toml", "README.md", "LICENSE", "Makefile", "uv.lock"}
    assert tracked - known == set()
