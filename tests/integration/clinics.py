"""What the tests of the five systems share: a clinic that works, what is seen of it in Twenty, and what that shows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from infra.clinics.comparison import Comparison
from infra.clinics.needs import Need, ReadBack, Row, rows
from infra.clinics.values import Expected
from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from schemas.mapping import load_mapping
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

    def list_page(self, plural: str, **wanted: Any) -> Page:
        self.read += 1
        return super().list_page(plural, **wanted)

    def objects(self) -> list[Record]:
        self.read += 1
        return super().objects()


@contextmanager
def client(showcase: Showcase) -> Iterator[Reading]:
    with Reading(showcase.twenty_url, showcase.twenty_api_key, timeout=30) as twenty:
        yield twenty


@pytest.fixture
def twenty(showcase: Showcase) -> Iterator[Reading]:
    with client(showcase) as twenty:
        yield twenty


def live_rows(twenty: TwentyClient, plural: str, key: str) -> list[dict[str, Any]]:
    """Rows that are not in the trash; ``key`` is ``system/object/id``."""
    return twenty.list_page(plural, filter=f'sourceSystemId[eq]:"{key}"').records


class Ledger:
    """What the tests of a system have read back from Twenty, beside what its rows ask for."""

    def __init__(self, system: str) -> None:
        self.mapping = load_mapping(system)
        self.rows = {row.source: row for row in rows(system)}
        self.read: list[ReadBack] = []
        self._shown: set[tuple[str, str, str]] = set()

    def compared(self, expected: Expected, comparison: Comparison, flags: Any) -> None:
        self.read.append(ReadBack(self.mapping, expected, comparison, flags))

    def shown(self, row: str, need: str, test: str) -> None:
        asked = {one.words: one for one in self.rows[row].needs}
        assert test in asked[need].tests, f"{row}: {need}: needs.yaml does not name {test}"
        self._shown.add((row, need, test))

    def unshown(self) -> list[str]:
        """The needs that nothing has shown, and what of the mapping was in no record that was read."""
        needs = [
            f"{row.source}: {need.words}: {one}"
            for row in self.rows.values()
            for need in row.needs
            for one in self._lacking(row, need)
        ]
        unread = [set(one.unread()) for one in self.read]
        return [*needs, *sorted(set.intersection(*unread) if unread else {"nothing was compared"})]

    def _lacking(self, row: Row, need: Need) -> Iterator[str]:
        for one in need.shown_by:
            by_test = one in need.tests
            if by_test and (row.source, need.words, one) not in self._shown:
                yield one
            if not by_test and all(back.lacks(one, row) for back in self.read):
                yield one


@pytest.fixture(scope="module", autouse=True)
def ledger(request: pytest.FixtureRequest, showcase: Showcase) -> Iterator[Ledger]:
    """Closed when the module's tests are over: an error where a need of the system was not shown.

    Where only some of them were asked for, or one has failed, nothing follows from what is missing.
    """
    made, failed = Ledger(showcase.system), request.session.testsfailed
    yield made
    module = request.node
    asked = {item.function for item in request.session.items if isinstance(item, pytest.Function)}
    every = {one for name, one in vars(module.obj).items() if name.startswith("test_")}
    if every <= asked and request.session.testsfailed == failed:
        assert made.unshown() == []


class Shows(Protocol):
    def __call__(self, row: str, needs: str | tuple[str, ...], read: Callable[[], Any], wanted: Any) -> None: ...


@pytest.fixture
def shows(request: pytest.FixtureRequest, ledger: Ledger, twenty: Reading) -> Shows:
    """``shows(row, need, read, wanted)``: what is read, from Twenty where the row has a target, becomes what is wanted;
    that shows the need."""
    test = request.function.__name__

    def show(row: str, needs: str | tuple[str, ...], read: Callable[[], Any], wanted: Any) -> None:
        assert wanted, "nothing is shown by nothing"
        before = twenty.read
        until(lambda: read() == wanted)
        assert twenty.read > before or ledger.rows[row].twenty == "none", "that was not read from Twenty"
        for need in (needs,) if isinstance(needs, str) else needs:
            ledger.shown(row, need, test)

    return show


def assert_as_the_tables_say(showcase: Showcase, ledger: Ledger, least: int) -> None:
    """Every value, and what stands aside. ``least``: values that must have been compared."""
    look, expected = settled(showcase), showcase.expected()
    comparison = showcase.compare()
    assert comparison.mismatches == ()
    assert comparison.compared > least
    assert look.account.dead_letters == () == look.account.unaccounted
    parked = {one.key for one in showcase.monitor.obligations if one.parked and not one.skipped}
    assert expected.parked <= parked <= expected.orphans
    assert expected.parked
    assert expected.flagged
    assert expected.flagged <= showcase.monitor.flags.keys()
    assert showcase.without_owner() == 0
    ledger.compared(expected, comparison, showcase.monitor.flags.keys())


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
