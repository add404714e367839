"""The made-up clinics: what fills each system's source, what happens there, and what Twenty should hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from infra.clinics import clinic_management, clinic_place, jiva
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


@dataclass(frozen=True, slots=True)
class World:
    """title: as people call the system. clinic, life: what makes them."""

    title: str
    clinic: type[Clinic]
    life: type[Life[Any]]
    expected: Expecting
    api: Mapping[str, Mapping[str, Any]] | None = None
    """``source.objects`` of the settings, where the system is read through its REST API and not in its database."""


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
    "jiva": World("Jiva", jiva.Jiva, jiva.JivaLife, jiva.expected, jiva.API),
}
"""By the name of the system, which is that of its mapping."""
