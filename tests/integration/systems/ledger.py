"""What the tests of a system have shown of what its rows ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from infra.clinics.comparison import Comparison
from infra.clinics.needs import Need, ReadBack, Row, rows
from infra.clinics.values import Expected
from infra.showcase import Showcase
from schemas.mapping import load_mapping
from tests.integration.systems.customer import settled


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


class Shows(Protocol):
    def __call__(self, row: str, needs: str | tuple[str, ...], read: Callable[[], Any], wanted: Any) -> None: ...


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
