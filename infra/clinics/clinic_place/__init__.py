"""The Clinic Place: one wide patient record, and documents in a directory."""

from infra.clinics.clinic_place.expected import expected
from infra.clinics.clinic_place.generator import ClinicPlace
from infra.clinics.clinic_place.life import ClinicPlaceLife

__all__ = ["ClinicPlace", "ClinicPlaceLife", "expected"]
