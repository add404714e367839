"""The clinic management software: codes and text in many small tables, scans in a column."""

from infra.clinics.clinic_management.expected import expected
from infra.clinics.clinic_management.generator import ClinicManagement
from infra.clinics.clinic_management.life import ClinicManagementLife

__all__ = ["ClinicManagement", "ClinicManagementLife", "expected"]
