"""The made-up clinics: what fills each system's source, what happens there, and what Twenty should hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from infra.clinics import advance_practice, clinic_management, clinic_place, core_practice, jiva
from infra.clinics.clinic import Clinic, Row
from infra.clinics.life import Life
from infra.clinics.values import Expected


class Expecting(Protocol):
    def __call__(
        self,
        tables: Mapping[str, list[Row]],
        accounts: Collection[str],
        *,
        documents: Path,
        workspace_url: str,
        fallback_owner: str,
    ) -> Expected:
        """Expectations from one snapshot of the source.

        tables: all rows (``read_tables``). accounts: e-mails of Twenty's members. documents: where the documents' files
        lie. workspace_url: where people open Twenty. fallback_owner: e-mail of the member who answers for a record that
        nobody else does.
        """
        ...


class Outlet(Protocol):
    """A context manager: what lets rows out of a database that nobody else may read, while it is entered."""

    def __init__(self, url: str, directory: Path) -> None:
        """url: of the clinic's database. directory: what the outlet may write into."""
        ...

    @staticmethod
    def source(directory: Path) -> dict[str, Any]:
        """The settings' section for what comes out."""
        ...

    def export(self) -> float:
        """Lets all out that is committed now. In how many seconds a reader has seen it for certain."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """title: as people call the system. clinic, life: what makes them.

    outlet: what exports tables. api: ``source.objects`` of the settings, where a REST API serves the tables, alone or
    with files of the outlet beside it. Where there is neither, the database is read.
    """

    title: str
    clinic: type[Clinic]
    life: type[Life[Any]]
    expected: Expecting
    outlet: type[Outlet] | None = None
    api: Mapping[str, Mapping[str, Any]] | None = None


WORLDS: Mapping[str, World] = {
    "clinic_place": World(
        "The Clinic Place", clinic_place.ClinicPlace, clinic_place.ClinicPlaceLife, clinic_place.expected
    ),
    "clinic_management": World(
        "Clinic Management Software",
        clinic_management.ClinicManagement,
        clinic_management.ClinicManagementLife,
        clinic_management.expected,
    ),
    "core_practice": World(
        "Core Practice",
        core_practice.CorePractice,
        core_practice.CorePracticeLife,
        core_practice.expected,
        core_practice.Drops,
    ),
    "advance_practice": World(
        "Advance Practice Management Suite",
        advance_practice.AdvancePractice,
        advance_practice.AdvancePracticeLife,
        advance_practice.expected,
        advance_practice.AdvancePracticeDrops,
        advance_practice.API,
    ),
    "jiva": World("Jiva", jiva.Jiva, jiva.JivaLife, jiva.expected, jiva.Api),
}
"""By the name of the system, which is that of its mapping."""
