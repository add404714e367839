"""Core Practice: a dental clinic whose software drops its tables as CSV files."""

from infra.clinics.core_practice.drops import Drops
from infra.clinics.core_practice.expected import expected
from infra.clinics.core_practice.generator import CorePractice
from infra.clinics.core_practice.life import CorePracticeLife

__all__ = ["CorePractice", "CorePracticeLife", "Drops", "expected"]
