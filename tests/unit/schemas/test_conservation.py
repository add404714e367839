"""A unit is accounted for by final outcomes of all its parts, or by an obligation; nothing else counts."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.conservation import Ledger
from schemas.records import AuditEvent, Outcome, Unit, Version

UNIT = Unit("cdc", 0, 7)


def event(outcome: Outcome, part: str | None = None, parts: tuple[str, ...] = (), unit: Unit = UNIT) -> AuditEvent:
    return AuditEvent(unit, "k", part, parts, Version(1, 1, 7, 1), outcome, datetime(2026, 1, 1, tzinfo=UTC))


def test_one_part_of_two_is_not_enough() -> None:
    ledger = Ledger()
    ledger.audited(event(Outcome.CREATED, "", ("", "target")))
    assert ledger.unaccounted([UNIT]) == [UNIT]
    ledger.audited(event(Outcome.CREATED, "target", ("", "target")))
    assert ledger.unaccounted([UNIT]) == []


def test_flags_and_links_are_no_outcome() -> None:
    ledger = Ledger()
    for outcome in (Outcome.FLAGGED, Outcome.LINKED, Outcome.PARKED, Outcome.ADOPTING):
        ledger.audited(event(outcome, "", ("",)))
    assert ledger.unaccounted([UNIT]) == [UNIT]


def test_a_part_that_is_no_longer_named_does_not_stand_for_one_that_is() -> None:
    ledger = Ledger()
    ledger.audited(event(Outcome.DELETED, "coverage:old", ("",)))
    assert ledger.unaccounted([UNIT]) == [UNIT]


def test_an_obligation_is_an_account() -> None:
    ledger = Ledger()
    ledger.owed([UNIT])
    assert ledger.unaccounted([UNIT, Unit("cdc", 0, 8)]) == [Unit("cdc", 0, 8)]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Outcome)))))
def test_repeats_and_order_do_not_matter(seen: list[tuple[int, Outcome]]) -> None:
    units = {Unit("cdc", 0, offset) for offset in range(6)}
    once, twice = Ledger(), Ledger()
    for offset, outcome in seen:
        once.audited(event(outcome, None, (), Unit("cdc", 0, offset)))
    for offset, outcome in [*reversed(seen), *seen]:
        twice.audited(event(outcome, None, (), Unit("cdc", 0, offset)))
    assert once.unaccounted(units) == twice.unaccounted(units)
    assert set(once.unaccounted(units)) == units - {Unit("cdc", 0, o) for o, outcome in seen if outcome.final}
