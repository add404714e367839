"""The sources that proposals are measured on: five clinics that have mappings, and others with written answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.cli.profile import take
from infra.clinics.worlds import WORLDS
from infra.proposals import (
    aesthetic,
    allied,
    australian,
    behavioral,
    british,
    canadian,
    counselling,
    dental,
    desktop,
    erp,
    exports,
    hosted,
    medical,
    optical,
    polyclinic,
    praxis,
    prefixed,
)
from infra.proposals.answers import Answer, signed, written
from infra.settings import SourceSettings
from producers.memory import MemoryDatabase, MemorySource
from producers.profile.facts import Profile
from producers.profile.store import Store
from producers.profile.survey import ROW_NUMBER, Subject, Survey
from schemas.mapping import load_mapping
from schemas.records import Json
from schemas.source import SourceObject

KEYS = Path(__file__).parent / "keys"
PATIENTS = 120
FIRST_SIGHT: Mapping[str, tuple[int, int, int, int]] = {
    "synthea": (234, 253, 228, 261),
    "dental": (102, 111, 99, 126),
    "medical": (120, 142, 115, 142),
    "exports": (68, 75, 67, 83),
    "praxis": (63, 78, 62, 76),
    "behavioral": (91, 95, 88, 92),
    "canadian": (256, 270, 224, 249),
    "hosted": (261, 266, 245, 260),
    "prefixed": (87, 104, 73, 208),
    "british": (117, 132, 105, 121),
    "erp": (118, 132, 96, 165),
    "australian": (158, 166, 146, 169),
    "desktop": (240, 263, 217, 249),
    "allied": (245, 251, 230, 256),
    "aesthetic": (202, 210, 192, 270),
    "optical": (194, 199, 187, 236),
    "counselling": (217, 223, 208, 239),
    "polyclinic": (217, 230, 196, 229),
}
"""What was said rightly, said, found and wanted when the source was met for the first time, in this order."""
_NOW = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    profile: Profile
    answers: Mapping[str, Answer]


def all_sources(directory: Path) -> Iterator[Measured]:
    """Every source that the project brings along. ``directory``: for files."""
    for name, world in WORLDS.items():
        clinic = world.clinic(1, PATIENTS, directory)
        tables = {table: clinic.rows(table) for table in clinic.keys}
        keys = {} if world.outlet and name != "jiva" else clinic.keys
        yield Measured(name, in_memory(name, tables, keys, directory), signed(load_mapping(name)))
    for name, made in (("dental", dental), ("medical", medical), ("behavioral", behavioral)):
        rows = made.tables()
        keys = {table: next(iter(found[0])) for table, found in rows.items()}
        yield Measured(name, in_memory(name, rows, keys, directory), written(KEYS / f"{name}.yaml"))
    for name, files in (("exports", exports), ("praxis", praxis)):
        files.write(directory / name)
        yield of_files(name, directory / name, directory / "work")
    yield from seen(directory)


def seen(directory: Path) -> Iterator[Measured]:
    """Sources of another hand, from which proposals have learned since they were measured.

    Whoever measures another notes its first figures.
    """
    made_in_tables = (
        ("canadian", canadian),
        ("hosted", hosted),
        ("prefixed", prefixed),
        ("erp", erp),
        ("desktop", desktop),
        ("allied", allied),
        ("aesthetic", aesthetic),
        ("optical", optical),
        ("counselling", counselling),
        ("polyclinic", polyclinic),
    )
    for name, made in made_in_tables:
        yield Measured(name, in_memory(name, made.tables(), made.KEYS, directory), written(KEYS / f"{name}.yaml"))
    for name, files in (("british", british), ("australian", australian)):
        files.write(directory / name)
        yield of_files(name, directory / name, directory / "work")


def of_files(name: str, files: Path, work: Path) -> Measured:
    """CSV files with answers written for them."""
    source = {"kind": "csv", "directory": str(files), "settle_seconds": 0.05}
    # a name that no mapping has: Synthea has one, which would tell the answers
    settings = SourceSettings.model_validate({"system": f"unmapped_{name}", "source": source, "data_dir": str(work)})
    return Measured(name, take(settings, (), console=Console(quiet=True)), written(KEYS / f"{name}.yaml"))


def in_memory(
    name: str, tables: Mapping[str, Iterable[Mapping[str, Any]]], keys: Mapping[str, str], work: Path
) -> Profile:
    """keys: table -> its declared key; tables without one are as files are."""
    database = MemoryDatabase(_NOW)
    source, subjects = MemorySource(database), []
    for table, rows in tables.items():
        key = keys.get(table)
        if key:
            what = SourceObject(table, (key,), table)
            database.tables[table] = {(str(row[key]),): _values(row) for row in rows}
        else:
            what = SourceObject(table, (ROW_NUMBER,), query=f"numbered {table}")
            numbered = enumerate(rows)
            database.tables[table] = {(str(n),): {ROW_NUMBER: n, **_values(row)} for n, row in numbered}
        subjects.append(Subject(source, what, table))
    with Store(work) as store:
        survey = Survey(store, monotonic=time.monotonic, sleep=time.sleep)
        return survey.take(name, "postgres" if keys else "csv", subjects, _NOW)


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Json(value) if isinstance(value, (list, dict)) else value for name, value in row.items()}
