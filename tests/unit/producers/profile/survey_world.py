"""A small clinic in memory, with one of each thing that a profile finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from producers.memory import MemoryDatabase, MemorySource
from producers.profile.facts import Profile
from producers.profile.store import Store
from producers.profile.survey import ROW_NUMBER, Subject, Survey
from schemas.source import SourceObject

NOW = datetime(2025, 6, 1, tzinfo=UTC)
CANARY = "Zanzibar"
Rows = Sequence[Mapping[str, Any]]


def survey(
    tables: Mapping[str, Rows], directory: Path, *, keys: Mapping[str, str] | None = None, **more: Any
) -> Profile:
    """The profile of these tables. keys: table -> its key; without one it has to be found. more: of a ``Subject``."""
    database = MemoryDatabase(NOW)
    source, subjects = MemorySource(database), []
    for name, rows in tables.items():
        key = (keys or {}).get(name)
        if key:
            what = SourceObject(name, (key,), name)
            database.tables[name] = {(str(row[key]),): dict(row) for row in rows}
        else:
            what = SourceObject(name, (ROW_NUMBER,), query=f"numbered {name}")
            database.tables[name] = {(str(n),): {ROW_NUMBER: n, **row} for n, row in enumerate(rows)}
        subjects.append(Subject(source, what, name, **more))
    with Store(directory) as store:
        return Survey(store, monotonic=lambda: 0.0, sleep=lambda _: None).take("sunrise", "memory", subjects, NOW)


def patients() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {
            "PatNo": number,
            "nm_first": f"Given{'abcdefghijklmnopqrstuvwxyz'[number]}",
            "nm_last": CANARY,
            "dob": f"{number % 12 + 1:02}/0{number % 9 + 1}/1980",
            "email": f"patient{number}@home.example",
            "tel": f"(617) 555-01{number:02}",
            "guarantor_no": number,
            "sex": "FM"[number % 2],
            "notes_old": None,
        }
        for number in range(1, 21)
    ]
    made[4] |= {name: made[3][name] for name in ("nm_first", "dob")}
    made[4]["nm_first"] = f" {made[3]['nm_first'].upper()} "
    made[6]["email"] = made[5]["email"]
    made[7]["email"], made[8]["email"] = None, "none"
    made[10]["guarantor_no"], made[11]["guarantor_no"], made[12]["guarantor_no"] = 12, 13, 11
    made[13]["guarantor_no"] = 11
    return made


def visits() -> list[dict[str, Any]]:
    return [
        {
            "visit_id": f"V-{number}",
            "PatNo": 99 if number in (3, 4) else number,
            "seen_on": date(2019 if number < 11 else 2025, 1, number),
            "kind": ("Exam", "Cleaning")[number % 2],
            "remark": f"{CANARY} said so",
        }
        for number in range(1, 21)
    ]
