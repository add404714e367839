"""What every made-up clinic promises: the same rows for the same seed, each with a key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.clinics.clinic import Clinic
from infra.clinics.worlds import WORLDS

TABLES = [(system, table) for system, world in WORLDS.items() for table in world.clinic.keys]


def made(system: str, seed: int, patients: int) -> Clinic:
    return WORLDS[system].clinic(seed, patients, Path("/nowhere"))


def everything(clinic: Clinic) -> Iterator[tuple[str, str]]:
    for table in clinic.keys:
        for row in clinic.rows(table):
            yield table, repr({name: getattr(value, "obj", value) for name, value in row.items()})


def emails(clinic: Clinic) -> list[object]:
    return [
        value for table in clinic.keys for row in clinic.rows(table) for name, value in row.items() if "email" in name
    ]


@pytest.mark.parametrize("system", WORLDS)
def test_the_same_seed_makes_the_same_clinic_and_another_seed_another(system: str) -> None:
    one, again, other = made(system, 5, 60), made(system, 5, 60), made(system, 6, 60)
    assert list(everything(one)) == list(everything(again))
    assert one.accounts == again.accounts
    assert emails(one) != emails(other)


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_keys_are_unique_and_every_row_has_the_same_columns(system: str, table: str) -> None:
    clinic = made(system, 3, 120)
    found = list(clinic.rows(table))
    assert len({row[clinic.keys[table]] for row in found}) == len(found) > 0
    assert len({tuple(row) for row in found}) == 1
