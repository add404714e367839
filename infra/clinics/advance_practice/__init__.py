"""The practice suite: an API for what is billed and written, files in an old code page for the rest."""

from infra.clinics.advance_practice.delivery import API, AdvancePracticeDrops
from infra.clinics.advance_practice.expected import expected
from infra.clinics.advance_practice.generator import AdvancePractice
from infra.clinics.advance_practice.life import AdvancePracticeLife

__all__ = ["API", "AdvancePractice", "AdvancePracticeDrops", "AdvancePracticeLife", "expected"]
