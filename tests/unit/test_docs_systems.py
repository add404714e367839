"""What the rows of the five systems ask for is shown, and docs/systems.md says how.

Whether it was shown is judged where Twenty is read, at the end of each system's integration tests (``Ledger``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from infra.clinics.comparison import Comparison, Mismatch
from infra.clinics.needs import NeedsError, ReadBack, page, parsed, rows, written
from infra.clinics.values import Expected, ExpectedRow
from infra.clinics.worlds import WORLDS
from schemas.mapping import load_mapping, producible
from tests.integration.systems.ledger import Ledger

PAGE = (Path(__file__).parents[2] / "docs" / "systems.md").read_text()
ROWS = {"clinic_place": 14, "clinic_management": 14, "core_practice": 14, "advance_practice": 12, "jiva": 13}
EVERYTHING = 10**9
A_FEW = 30


@cache
def expectation(system: str, documents: Path, patients: int = 150) -> Expected:
    world = WORLDS[system]
    clinic = world.clinic(4, patients, documents)
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


@cache
def ledger_of(system: str) -> Ledger:
    """After all that tests show, and before anything was compared."""
    ledger = Ledger(system)
    for row in ledger.rows.values():
        for need in row.needs:
            for test in need.tests:
                ledger.shown(row.source, need.words, test)
    return ledger


def unshown(system: str, expected: Expected, flags: set[tuple[str, str]] | None = None) -> set[str]:
    """What the tests of a system would leave unshown had they read all this back."""
    ledger = ledger_of(system)
    ledger.read.clear()
    ledger.compared(expected, Comparison(EVERYTHING, ()), expected.flagged if flags is None else flags)
    return set(ledger.unshown())


def without(expected: Expected, target: str, field: str, lost: Callable[[Any], bool] = lambda _: True) -> Expected:
    """The expectation without one field of an object's rows, or without such values of it."""
    kept = {
        key: ExpectedRow(row.source, {name: one for name, one in row.fields.items() if name != field or not lost(one)})
        for key, row in expected.rows[target].items()
    }
    return replace(expected, rows={**expected.rows, target: kept})


def holds(option: str, value: Any) -> bool:
    return value == option or (isinstance(value, list) and option in value)


def test_every_system_has_its_rows() -> None:
    assert {system: len(rows(system)) for system in WORLDS} == ROWS


def test_the_page_has_the_tables_that_are_made() -> None:
    assert page(PAGE) == PAGE
    for system in WORLDS:
        assert f"`{system}`\n" in PAGE
    assert PAGE.count("\n| Source | Twenty | ") == len(WORLDS)
    broken = PAGE.replace("`person.billingStatus=*`", "`person.colour`")
    assert broken != PAGE == page(broken)


@pytest.mark.parametrize("system", WORLDS)
def test_every_test_that_a_need_names_shows_it(system: str) -> None:
    module = import_module(f"tests.integration.systems.test_{system}")
    for row in rows(system):
        for need in row.needs:
            for test in need.tests:
                assert "shows" in inspect.signature(getattr(module, test)).parameters, test


@pytest.mark.parametrize("system", WORLDS)
def test_all_that_the_mapping_writes_is_compared(system: str, documents: Path) -> None:
    read = ReadBack(load_mapping(system), expectation(system, documents), Comparison(EVERYTHING, ()), ())
    assert [one for one in read.unread() if "=" not in one] == []


@pytest.mark.parametrize("system", WORLDS)
def test_a_field_that_nobody_compared_leaves_a_need_or_the_field_unshown(system: str, documents: Path) -> None:
    expected = expectation(system, documents, A_FEW)
    before = unshown(system, expected)
    for target in expected.rows:
        for field in {place.field for place in written(load_mapping(system)) if place.target == target}:
            lost = unshown(system, without(expected, target, field)) - before
            assert any(f"{target}.{field}" in one for one in lost), f"{target}.{field}"


@pytest.mark.parametrize("system", WORLDS)
def test_an_option_that_nobody_had_is_unshown(system: str, documents: Path) -> None:
    expected = expectation(system, documents, A_FEW)
    before = unshown(system, expected)
    for (_, target, field), options in producible(load_mapping(system)).items():
        for option in options:
            after = unshown(system, without(expected, target, field, partial(holds, option)))
            assert any(f"{target}.{field}={option}" in one for one in after | before), (target, field, option)


@pytest.mark.parametrize("system", WORLDS)
def test_no_need_is_shown_where_nothing_was_read(system: str) -> None:
    ledger = Ledger(system)
    left = ledger.unshown()
    needs = [(row.source, need.words) for row in ledger.rows.values() for need in row.needs]
    assert len(needs) == len(set(needs))
    for source, words in needs:
        assert any(one.startswith(f"{source}: {words}: ") for one in left)


def test_what_differs_or_was_not_compared_shows_nothing(documents: Path) -> None:
    expected = expectation("jiva", documents, A_FEW)
    wrong = (Mismatch("person", "jiva/member/1", "city", "differs"),)
    for comparison in (Comparison(EVERYTHING, wrong), Comparison(100, ())):
        with pytest.raises(ValueError, match="shows nothing"):
            ReadBack(load_mapping("jiva"), expected, comparison, ())


def test_a_flag_that_was_not_audited_shows_nothing(documents: Path) -> None:
    left = unshown("core_practice", expectation("core_practice", documents), flags=set())
    assert any(one.endswith(": flagged patient.emails") for one in left)


@pytest.mark.parametrize(
    ("shown_by", "said"),
    [
        ([], "nothing shows it; name a field of Twenty, or a test"),
        (["the transform's output"], 'expected evidence as in Need, not "the transform\'s output"'),
    ],
)
def test_a_need_without_evidence_is_refused(shown_by: list[str], said: str) -> None:
    stated: Mapping[str, Any] = {"Patient": {"twenty": "person", "objects": [], "needs": {"a name": shown_by}}}
    with pytest.raises(NeedsError, match="tiny: Patient: a name: ") as error:
        parsed("tiny", stated)
    assert said in str(error.value)
