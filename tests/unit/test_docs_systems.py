"""docs/systems.md lists no more than what is read back, and no less than what the mappings write."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.values import Email, Expected
from infra.clinics.worlds import WORLDS
from schemas.mapping import load_mapping

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "systems.md").read_text()
SECTIONS = {
    system: section for section in PAGE.split("\n## ")[1:] for system in re.findall(r"`(\w+)`", section.split("\n")[0])
}
TESTS = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
ROWS = {"clinic_place": 14, "clinic_management": 14, "core_practice": 14, "advance_practice": 12, "jiva": 13}


def rows(system: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[system].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def read_back(cells: list[str]) -> set[tuple[str, str]]:
    return {(target, field) for target, field in re.findall(r"`(\w+)\.(\w+)`", cells[3])}


@cache
def expectation(system: str, documents: Path) -> Expected:
    world = WORLDS[system]
    clinic = world.clinic(4, 150, documents)
    tables = {table: list(clinic.rows(table)) for table in clinic.keys}
    clinic.write_documents()
    accounts = [account.email for account in clinic.accounts]
    return world.expected(
        tables,
        accounts,
        documents=documents,
        workspace_url="https://crm.example.com",
        fallback_owner=accounts[0],
    )


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


def compared(expected: Expected) -> set[tuple[str, str]]:
    """Fields for which a value, not only its absence, is compared."""

    def told(value: Any) -> bool:
        return value not in (None, "", [], Email(""))

    return {
        (target, field)
        for target, found in expected.rows.items()
        for row in found.values()
        for field, value in row.fields.items()
        if told(value)
    }


def test_every_system_has_its_section_and_its_rows() -> None:
    assert SECTIONS.keys() == WORLDS.keys()
    assert {system: len(rows(system)) for system in SECTIONS} == ROWS


@pytest.mark.parametrize("system", WORLDS)
def test_what_is_said_to_be_read_back_is_compared(system: str, documents: Path) -> None:
    wanted = compared(expectation(system, documents))
    for cells in rows(system):
        assert read_back(cells) <= wanted, cells[0]
        tests = re.findall(r"`(test_\w+)`", cells[4])
        assert read_back(cells) or tests, f"{cells[0]}: nothing shows this row"
        for name in tests:
            assert f"def {name}(" in TESTS, name


@pytest.mark.parametrize("system", WORLDS)
def test_all_that_the_mapping_writes_is_compared(system: str, documents: Path) -> None:
    wanted = compared(expectation(system, documents))
    for parts in load_mapping(system).all_parts().values():
        for part in parts:
            written = {name for name, _ in part.rules} | part.links.keys() | part.within.keys()
            assert {(part.target, name) for name in written} <= wanted
